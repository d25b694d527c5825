"""Copies that vary as people and cameras do: size, place, rotation, speed, contrast, noise, blur, a bar, jitter.

A copy is made of prepared frames, which are normalised; a :class:`Variation` has its numbers. Its frame t is the frame
of the sequence that is nearest to ``origin + speed t``, moved by a few whole pixels j_t, as if the person's box had
jittered. Its pixel (y, x) is looked up there, between four pixels, where that place was before the picture around its
middle m was made larger or smaller, turned by the angle r, and moved::

    s_y = size sqrt(proportion)     s_x = size / sqrt(proportion)       (d_y, d_x) = (y, x) - m - (down, right)
    y' = m_y + (d_y cos r + d_x sin r) / s_y        x' = m_x + (d_x cos r - d_y sin r) / s_x

Beyond a picture its border is repeated, as where windows are shifted, and so are a sequence's first and last frame.
What is found is blurred by a Gaussian of 7 x 7 pixels, and becomes::

    out = contrast a + brightness b_t + noise e         and 0, the local mean, where a bar covers it

j_t, b_t and e are normal numbers, the first rounded: one for each frame, and e one for each pixel of it. They are taken
from one table, at places that are a function of a seed and of t (the numbers of :mod:`seqdl.ops.dropout`), so that the
compiled form has the same ones.

Choice: light that changes *before* normalisation changes nothing, as long as it does so everywhere alike: where grey
values become ``g x + h``, v, sigma and c of :mod:`seqdl.ops.lcn` are g times what they were. What is left is a c, the
mean over the whole sequence, that is another one because there is other contrast elsewhere: where the local contrast is
below it, v / c is smaller or larger by a factor, ``contrast``. And light that flickers is not a mean over seven frames:
what is left of it is added to whole frames, ``brightness``. Not in the paper.
"""

import functools
from typing import NamedTuple

import numpy as np

from seqdl.base.arrays import MANY, check_number
from seqdl.base.doors import Array, Kind, Number, Whole, door
from seqdl.ops.copies import copy
from seqdl.ops.dropout import numbers
from seqdl.ops.lcn import gaussian

RADIUS = 3
"""Pixels to each side that blurring reaches."""
BITS = 14
"""The table has 2 to the power of this many normal numbers."""


LIMITS = dict.fromkeys(("size", "proportion", "speed"), (0.1, 10)) | {"seed": (0, 2**53)}
"""What these numbers may be; the others reach from -1000 to 1000."""


class Variation(NamedTuple):
    """How one copy differs from what it is a copy of; by default not at all.

    Parameters
    ----------
    size, proportion : float
        Factor on the person's size; on height by width.
    down, right : float
        Rows and columns by which the picture is moved.
    rotation : float
        The angle by which it is turned, in degrees, counterclockwise.
    speed : float
        Frames of the sequence for each frame of the copy.
    contrast, brightness, noise : float
        Factor on the normalised values; deviation of what is added to whole frames and to single pixels.
    blur : float
        Deviation of the Gaussian, in pixels.
    bar, upright, at : float
        Width of the bar as a share of the picture's side; whether it goes from top to bottom (1) or from left to right
        (0); where its middle is, as a share of the side.
    jitter : float
        Deviation by which every frame is moved on its own, in pixels, before they are rounded.
    seed : float
        A whole number, for what is drawn for each frame.
    """

    size: float = 1.0
    proportion: float = 1.0
    down: float = 0.0
    right: float = 0.0
    rotation: float = 0.0
    speed: float = 1.0
    contrast: float = 1.0
    brightness: float = 0.0
    noise: float = 0.0
    blur: float = 0.0
    bar: float = 0.0
    upright: float = 0.0
    at: float = 0.5
    jitter: float = 0.0
    seed: float = 0.0


@functools.cache
def table() -> np.ndarray:
    """The normal numbers, (2**BITS,) of float32, read-only: sums of eight bytes each, with deviation 1."""
    sums = numbers(0, 2**BITS).view(np.uint8).reshape(-1, 8).sum(axis=1, dtype=np.int64)
    made = ((sums - 8 * 255 / 2) / np.sqrt(8 * (256**2 - 1) / 12)).astype(np.float32)
    made.flags.writeable = False
    return made


@door(
    frames=Array("T Y X", (np.float32, np.float64)),
    variation=Kind((Variation,)),
    origin=Number(),
    count=Whole(0, MANY),
)
def render(frames: np.ndarray, variation: Variation, origin: float = 0.0, count: int = 0) -> np.ndarray:
    """A varied copy of a sequence, or of some frames of it, (count, Y, X).

    Parameters
    ----------
    frames : array, (T, Y, X)
        The normalised frames of a sequence.
    variation : Variation
        How the copy differs.
    origin : float
        Which of the frames is the copy's first, possibly between two or beyond the ends.
    count : int
        Frames of the copy; 0 for as many as there are at this speed.
    """
    one, (length, rows, columns) = variation, frames.shape
    for name, value in one._asdict().items():
        check_number(value, f"variation.{name}", *LIMITS.get(name, (-1000, 1000)))
    count = count or duration(length, one.speed)
    drawn = numbers(int(one.seed), 4 * count) >> np.uint64(64 - BITS)
    first, *normal = drawn.reshape(count, 4).T.astype(np.int64)
    down, right, light = table()[normal]
    jitter = np.rint(one.jitter * np.stack([down, right], axis=1).astype(float)).astype(int).tolist()
    sources = nearest(length, origin, one.speed, count)
    moved = (copy(frames[k : k + 1], shift=(y, x))[0] for k, (y, x) in zip(sources, jitter))
    found = np.stack([_look_up(frame, one) for frame in moved])
    e = table()[(first[:, None] + np.arange(rows * columns)) % 2**BITS].reshape(-1, rows, columns)
    out = one.contrast * found + (one.brightness * light)[:, None, None] + one.noise * e
    if one.upright:
        out[:, :, _covered(columns, one)] = 0
    else:
        out[:, _covered(rows, one)] = 0
    return out.astype(frames.dtype)


@door(length=Whole(1), origin=Number(), speed=Number(0.1, 10), count=Whole(1))
def nearest(length: int, origin: float, speed: float, count: int) -> np.ndarray:
    """Which frames, of a sequence of ``length``, are the ``count`` frames of a copy, (count,) of int64.

    The nearest to ``origin + speed t``, of two equally near the earlier.
    """
    return np.ceil(origin + speed * np.arange(count) - 0.5).clip(0, length - 1).astype(np.int64)


@door(length=Whole(1), speed=Number(0.1, 10))
def duration(length: int, speed: float) -> int:
    """How many frames a copy has of a sequence of ``length`` frames, at some ``speed``: at least one."""
    return int((length - 1) / speed + 1e-9) + 1


def _look_up(frame: np.ndarray, one: Variation) -> np.ndarray:
    """A frame (Y, X) of another size, turned, moved and blurred."""
    rows, columns = frame.shape
    margin = RADIUS if one.blur > 0 else 0
    high, wide = one.size * np.sqrt(one.proportion), one.size / np.sqrt(one.proportion)
    cos, sin = np.cos(np.radians(one.rotation)), np.sin(np.radians(one.rotation))
    middle_y, middle_x = (rows - 1) / 2, (columns - 1) / 2
    y = np.arange(-margin, rows + margin)[:, None] - middle_y - one.down
    x = np.arange(-margin, columns + margin) - middle_x - one.right
    there_y = (middle_y + (cos * y + sin * x) / high).clip(0, rows - 1)
    there_x = (middle_x + (cos * x - sin * y) / wide).clip(0, columns - 1)
    top, left = there_y.astype(int), there_x.astype(int)
    below, beside = np.minimum(top + 1, rows - 1), np.minimum(left + 1, columns - 1)
    u, v = there_y - top, there_x - left
    above = (1 - v) * frame[top, left] + v * frame[top, beside]
    found = (1 - u) * above + u * ((1 - v) * frame[below, left] + v * frame[below, beside])
    if not margin:
        return found
    w = gaussian(2 * RADIUS + 1, one.blur)
    across = sum(w[k] * found[:, k : k + columns] for k in range(len(w)))
    return sum(w[k] * across[k : k + rows] for k in range(len(w)))


def _covered(side: int, one: Variation) -> slice:
    """What of a ``side`` of the picture, so many pixels long, the bar covers."""
    middle, half = one.at * side, one.bar * side / 2
    return slice(*(min(max(round(end), 0), side) for end in (middle - half, middle + half)))
