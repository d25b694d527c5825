"""How a stored picture is shown upright: the display matrix of phones and cameras, and pixels that are not square.

The rules are those of the ffmpeg program (its automatic rotation, followed by ``scale=iw*sar:ih``), so that a frame is
what any player shows.
"""

import math
import struct
from fractions import Fraction
from typing import NamedTuple

import numpy as np

LEAST_SHAPE, LARGEST_SHAPE = Fraction(1, 16), Fraction(16)
"""Pixels further from square are no camera's but a damaged header's."""


class Turn(NamedTuple):
    """What makes a stored picture upright: transposed first, then mirrored; or turned by an odd angle.

    Parameters
    ----------
    transpose, down, across : bool
        Whether rows and columns change places, then whether rows, and columns, are reversed.
    angle : float
        Clockwise degrees where that is no multiple of 90; the picture keeps its size then.
    """

    transpose: bool = False
    down: bool = False
    across: bool = False
    angle: float = 0.0

    def __call__(self, image: np.ndarray) -> np.ndarray:
        """An ``image`` (Y, X) turned upright, in C order; an odd angle is left to :func:`rotated`."""
        image = image.T if self.transpose else image
        return np.ascontiguousarray(image[:: -1 if self.down else 1, :: -1 if self.across else 1])

    def __str__(self) -> str:
        if self.angle:
            return f"turned by {self.angle:g} degrees to the right"
        words = {
            (False, True, True): "turned upside down",
            (True, False, True): "turned by 90 degrees to the right",
            (True, True, False): "turned by 90 degrees to the left",
            (False, False, True): "mirrored",
            (False, True, False): "mirrored from top to bottom",
            (True, False, False): "turned by 90 degrees to the right and mirrored",
            (True, True, True): "turned by 90 degrees to the left and mirrored",
        }
        return words.get(self[:3], "")


UPRIGHT = Turn()


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
        return Turn(True, False, c <= 0)
    if theta == 180:
        return Turn(False, d < 0, a < 0)
    if theta == 270:
        return Turn(True, True, c < 0)
    if theta > 1:
        return Turn(angle=float(theta))
    return Turn(False, True, False) if theta == 0 and d < 0 else UPRIGHT


def shown_size(width: int, height: int, shape: Fraction, transpose: bool) -> tuple[int, int]:
    """Width and height of a stored picture as it is shown, upright and with square pixels.

    ``shape`` is a stored pixel's width by its height. Choice: the upright picture keeps its height.
    """
    if transpose:
        width, height, shape = height, width, 1 / shape
    return max(1, int(width * (shape.numerator / shape.denominator))), height


def sane_shape(shape: Fraction | None) -> Fraction:
    """The shape of the pixels that a file gives; square where it gives none, or one that cannot be."""
    return shape if shape and LEAST_SHAPE <= shape <= LARGEST_SHAPE else Fraction(1)
