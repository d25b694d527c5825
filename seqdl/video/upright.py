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
import av.sidedata.sidedata

LEAST_SHAPE, LARGEST_SHAPE = Fraction(1, 16), Fraction(16)
"""Pixels further from square are no camera's but a damaged header's."""
Filter = tuple[str, str]
"""A filter of libav, and its arguments."""
UNKNOWN = tuple(("sidedata", f"mode=delete:type={number}") for number in range(len(av.sidedata.sidedata.Type), 40))
"""What takes away side data of the kinds that PyAV has no names for and cannot pass over."""


class Turn(NamedTuple):
    """What makes a stored picture upright.

    Parameters
    ----------
    filters : tuple of Filter
        What does it, in order.
    words : str
        What they do, for people.
    """

    filters: tuple[Filter, ...] = ()
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


def sane_shape(shape: Fraction | None) -> Fraction:
    """The shape of the pixels that a file gives; square where it gives none, or one that cannot be."""
    return shape if shape and LEAST_SHAPE <= shape <= LARGEST_SHAPE else Fraction(1)


class Turns:
    """The turn of each frame of a video: what was told last holds until something else is told, as in ffmpeg.

    Parameters
    ----------
    tell : {"all", "first", "none"}
        Which frames may tell one.
    """

    def __init__(self, tell: str) -> None:
        self._tell, self._last = tell, UPRIGHT
        self._graphs = Graphs()

    def __call__(self, frame: Any) -> Turn:
        """The turn of the next ``frame`` of libav."""
        if self._tell != "none":
            if self._tell == "first":
                self._tell = "none"
            # Whoever looks at a frame's side data ties it to them, so that it stays until Python's collector comes: the
            # side data of a corner of it. And PyAV does not know the newest kinds.
            corner = self._graphs(frame, (*UNKNOWN, ("crop", "min(16,iw):min(16,ih):0:0"), ("scale", "8:8")))
            for beside in corner.side_data:
                if beside.type.name == "DISPLAYMATRIX":
                    self._last = turn(bytes(beside))
                    break
        return self._last


class Upright:
    """Makes stored frames upright, with square pixels and of one size, by the filters that ffmpeg uses.

    Parameters
    ----------
    size : tuple of int
        Width and height of the pictures that are made.
    shape : Fraction
        A stored pixel's width by its height.
    form : str
        The pixel format that is made; empty for the frames' own.
    """

    def __init__(self, size: tuple[int, int], shape: Fraction, form: str) -> None:
        self.size, self.shape, self.form = size, shape, form
        self._graphs = Graphs()

    def __call__(self, frame: Any, turned: Turn) -> Any:
        """The ``frame`` of libav ``turned`` and scaled, by bicubic interpolation; where sizes change twice."""
        width, height = (frame.height, frame.width) if turned.swaps else (frame.width, frame.height)
        filters = turned.filters
        for size in (shown_size(frame.width, frame.height, self.shape, turned.swaps), self.size):
            if size != (width, height):
                filters += (("scale", f"{size[0]}:{size[1]}:flags=bicubic"),)
            width, height = size
        return self._graphs(frame, filters + (("format", self.form),) * bool(self.form))


class Graphs:
    """Chains of libav's filters, of which the last one is kept: frames are alike, as a rule."""

    def __init__(self) -> None:
        self._key: tuple[object, ...] = ()
        self._graph: Any = None

    def __call__(self, frame: Any, filters: tuple[Filter, ...]) -> Any:
        """The ``frame`` of libav after some ``filters``."""
        key = (frame.width, frame.height, frame.format.name, int(frame.color_range), int(frame.colorspace), filters)
        if key != self._key:
            self._key, self._graph = key, _graph(*key)
        self._graph.push(frame)
        return self._graph.pull()


def _graph(width: int, height: int, form: str, span: int, space: int, filters: tuple[Filter, ...]) -> Any:
    graph = av.filter.Graph()
    graph.threads = 1
    told = f"video_size={width}x{height}:pix_fmt={form}:time_base=1/1000:range={span}:colorspace={space}"
    nodes = [graph.add(name, arguments) if arguments else graph.add(name) for name, arguments in filters]
    graph.link_nodes(graph.add("buffer", told), *nodes, graph.add("buffersink")).configure()
    return graph
