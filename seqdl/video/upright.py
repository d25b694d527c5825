"""How a stored picture is shown upright: the display matrix of phones and cameras, and pixels that are not square.

The rules are those of the ffmpeg program (its automatic rotation, followed by ``scale=iw*sar:ih``), so that a frame is
what any player shows.
"""

import math
import struct
from fractions import Fraction
from typing import Any, NamedTuple

import av
import av.filter

LEAST_SHAPE, LARGEST_SHAPE = Fraction(1, 16), Fraction(16)
"""Pixels further from square are no camera's but a damaged header's."""
TICK = Fraction(1, 1000)
"""Filters want to be told of a time, which none of these here looks at."""


class Turn(NamedTuple):
    """What makes a stored picture upright.

    Parameters
    ----------
    filters : tuple of (str, str)
        Filters of libav with their arguments, in order.
    words : str
        What they do.
    """

    filters: tuple[tuple[str, str], ...] = ()
    words: str = ""

    @property
    def swaps(self) -> bool:
        """Whether width and height change places."""
        return any(name == "transpose" for name, _ in self.filters)


UPRIGHT = Turn()
RIGHT, LEFT = "turned by 90 degrees to the right", "turned by 90 degrees to the left"


def turn(matrix: bytes) -> Turn:
    """The turn that a display ``matrix`` asks for: 9 numbers of 32 bits in fixed point, as libav hands them out.

    Choice: scales, shears and translations in it are left out, as ffmpeg does.
    """
    if len(matrix) < 36:
        return UPRIGHT
    a, b, _, c, d = struct.unpack("=9i", bytes(matrix)[:36])[:5]
    if not math.hypot(a, c) or not math.hypot(b, d):
        return UPRIGHT
    theta = round(math.degrees(math.atan2(b / math.hypot(b, d), a / math.hypot(a, c)))) % 360
    if theta == 90:
        mirrored = c > 0
        return Turn((("transpose", "cclock_flip" if mirrored else "clock"),), RIGHT + " and mirrored" * mirrored)
    if theta == 270:
        mirrored = c < 0
        return Turn((("transpose", "clock_flip" if mirrored else "cclock"),), LEFT + " and mirrored" * mirrored)
    if theta == 180:
        flips = (("hflip", ""),) * (a < 0) + (("vflip", ""),) * (d < 0)
        return Turn(flips, "turned upside down" if len(flips) == 2 else "mirrored")
    if theta > 1:
        return Turn((("rotate", f"{theta}*PI/180"),), f"turned by {theta} degrees to the right")
    return Turn((("vflip", ""),), "mirrored from top to bottom") if theta == 0 and d < 0 else UPRIGHT


def shown_size(width: int, height: int, shape: Fraction, swaps: bool) -> tuple[int, int]:
    """Width and height of a stored picture as it is shown, upright and with square pixels.

    ``shape`` is a stored pixel's width by its height, ``swaps`` whether the picture is turned by 90 degrees. Choice: an
    upright picture keeps its height.
    """
    if swaps:
        width, height, shape = height, width, 1 / shape
    return int(width * (shape.numerator / shape.denominator)) or width, height


class Upright:
    """Makes stored frames upright and of one size, by the filters that ffmpeg uses.

    Parameters
    ----------
    size : tuple of int
        Width and height of the upright pictures.
    form : str
        The pixel format that is made; empty for the frames' own.
    """

    def __init__(self, size: tuple[int, int], form: str) -> None:
        self.size, self.form = size, form
        self._graphs: dict[tuple[object, ...], Any] = {}

    def __call__(self, frame: Any, turned: Turn) -> Any:
        """The ``frame`` of libav ``turned``, and scaled by bicubic interpolation if its size is another."""
        key = (frame.width, frame.height, frame.format.name, frame.color_range, frame.colorspace, turned)
        if key not in self._graphs:
            width, height = (frame.height, frame.width) if turned.swaps else (frame.width, frame.height)
            filters = [*turned.filters]
            if (width, height) != self.size:
                filters.append(("scale", f"{self.size[0]}:{self.size[1]}:flags=bicubic"))
            if self.form:
                filters.append(("format", self.form))
            self._graphs = {key: self._graph(frame, filters)}
        graph = self._graphs[key]
        graph.push(frame)
        return graph.pull()

    @staticmethod
    def _graph(frame: Any, filters: list[tuple[str, str]]) -> Any:
        graph = av.filter.Graph()
        graph.threads = 1
        source = graph.add_buffer(width=frame.width, height=frame.height, format=frame.format, time_base=TICK)
        nodes = [graph.add(name, arguments) if arguments else graph.add(name) for name, arguments in filters]
        graph.link_nodes(source, *nodes, graph.add("buffersink")).configure()
        return graph


def sane_shape(shape: Fraction | None) -> Fraction:
    """The shape of the pixels that a file gives; square where it gives none, or one that cannot be."""
    return shape if shape and LEAST_SHAPE <= shape <= LARGEST_SHAPE else Fraction(1)
