"""What Laptev's space-time interest points are measured in: scales, windows, the pyramid, the blocks of a descriptor.

The paper takes them from the "original implementation" with "standard parameters" (Section 5.2). Where neither it nor
Laptev's articles say how something is done, it is done as the output of his program STIP 2.0 shows.

Choice: spatial windows are cut at 4 sigma, temporal ones at 3 tau; the response hardly changes with either.

References
----------
.. [1] I. Laptev, On space-time interest points, International Journal of Computer Vision 64, 2005.
.. [2] I. Laptev, M. Marszalek, C. Schmid, B. Rozenfeld, Learning realistic human actions from movies, CVPR 2008.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from seqdl.base.arrays import described, is_array, is_whole
from seqdl.base.doors import Array, Number, door

VARIANCE, GREY = Number(1e-3, 1e4), Array("T Y X", (np.uint8,))
LEVELS = 3
"""Levels of the pyramid, each half as large as the one below."""
SIGMA2 = (4, 8)
"""Spatial variances at each level, in square pixels of that level."""
TAU2 = (2, 4)
"""Temporal variances, in square frames."""
BORDER = 5
"""So many pixels of its level a point is away from the frame's border, at least."""
CELL = 5
"""The flow is known once for so many rows and columns."""
SHARE = 0.0005
"""k of the response: what trace(mu)^3 counts."""
THRESHOLD = 1e-9
"""Maxima of the response up to this are noise."""

POINT = np.dtype([("y", "i4"), ("x", "i4"), ("t", "i4"), ("sigma2", "i4"), ("tau2", "i4"), ("response", "f4")])
"""A point: its place in pixels of the video and in frames, counted from 0; both variances, in square pixels of the
video and in square frames; the response there."""


def check_points(points: np.ndarray) -> None:
    """Refuse what is no array of points, (n,), by a ValueError."""
    if not is_array(points) or points.dtype != POINT or points.ndim != 1:
        raise ValueError(f"points: expected an array of seqdl.baseline.scales.POINT, (n,), got {described(points)}")


class Scale(NamedTuple):
    """A pair of variances at a level of the pyramid.

    Parameters
    ----------
    level : int
        0 is the video itself.
    sigma2, tau2 : int
        Variances in square pixels of the level and in square frames.
    """

    level: int
    sigma2: int
    tau2: int

    @property
    def name(self) -> tuple[int, int]:
        """Both variances as points carry them: in pixels of the video."""
        return self.sigma2 * 4**self.level, self.tau2


def scales() -> Iterator[Scale]:
    """Every scale, from the finest on."""
    for level in range(LEVELS):
        for sigma2 in SIGMA2:
            for tau2 in TAU2:
                yield Scale(level, sigma2, tau2)


@door(variance=VARIANCE)
def space_window(variance: float) -> np.ndarray:
    """Half of a sampled Gaussian, cut at four standard deviations: weights from the centre outwards (radius + 1,).

    The variance is in square pixels; with the other half the weights add up to 1.
    """
    return _half_window(variance, 4)


@door(variance=VARIANCE)
def time_window(variance: float) -> np.ndarray:
    """Half of a sampled Gaussian, cut at three standard deviations, as :func:`space_window`; in square frames."""
    return _half_window(variance, 3)


def _half_window(variance: float, cut: float) -> np.ndarray:
    x = np.arange(int(cut * np.sqrt(variance) + 0.5) + 1)
    w = np.exp(-x * x / (2 * variance))
    return (w / (2 * w.sum() - w[0])).astype(np.float32)


@door(tau2=VARIANCE)
def time_border(tau2: int) -> int:
    """How many frames a point is away from the first and the last one, at least, so that the window of mu fits in.

    Choice: the same at both ends. STIP 2.0 begins there too, but gives up at the end 13 to 15 frames more.
    """
    return len(time_window(2 * tau2)) - 1


SHORTEST = 2 * time_border(max(TAU2)) + 1
"""A video with fewer frames is too short for the longest temporal window."""
HALO = max(len(time_window(tau2)) + len(time_window(2 * tau2)) for tau2 in TAU2)
"""A point at frame t and its descriptors depend on frames t - HALO .. t + HALO, and on no others."""


class Blocks(NamedTuple):
    """The 3 x 3 x 2 blocks of a descriptor.

    Parameters
    ----------
    size : int
        Rows and columns of a block, in pixels of its level.
    starts, times : tuple
        Where the three begin, in both directions of space, and first and last frame of the two; counted from the point.
    lag : int
        So many frames later HOF looks, as STIP 2.0 does.
    """

    size: int
    starts: tuple[int, int, int]
    times: tuple[tuple[int, int], tuple[int, int]]
    lag: int


def blocks(sigma2: int, tau2: int) -> Blocks:
    """The blocks of a scale: they fill 18 sigma in space and 8 tau in time; neighbours share their end rows."""
    for name, value, known in (("sigma2", sigma2, SIGMA2), ("tau2", tau2, TAU2)):
        if not is_whole(value) or value not in known:
            raise ValueError(f"{name}: expected one of {known}, got {value!r}")
    size, starts = {4: (13, (-18, -6, 6)), 8: (18, (-26, -9, 8))}[sigma2]
    times, lag = {2: (((-6, 0), (0, 5)), 5), 4: (((-8, 0), (0, 8)), 7)}[tau2]
    return Blocks(size, starts, times, lag)


SMALLEST = 37
"""Rows and columns of the smallest patch: a video's frames need both."""


@door(frames=GREY, where={"frames": "Y > 1 and X > 1"})
def next_level(frames: np.ndarray) -> np.ndarray:
    """The pyramid's next level: a 3 x 3 binomial blur, and every second pixel of every second row.

    (T, ceil(Y / 2), ceil(X / 2)), rounded; beyond its border a frame is mirrored.
    """
    rows = np.pad(frames, ((0, 0), (1, 1), (0, 0)), mode="reflect").astype(np.uint16)
    rows = rows[:, :-2:2] + 2 * rows[:, 1:-1:2] + rows[:, 2::2]
    both = np.pad(rows, ((0, 0), (0, 0), (1, 1)), mode="reflect")
    return ((both[..., :-2:2] + 2 * both[..., 1:-1:2] + both[..., 2::2] + 8) // 16).astype(np.uint8)


@door(frames=GREY, where={"frames": "Y > 1 and X > 1"})
def pyramid(frames: np.ndarray) -> list[np.ndarray]:
    """The levels of a video, or of a part of it, whose frames are large enough for a point."""
    levels = [frames]
    while len(levels) < LEVELS:
        smaller = next_level(levels[-1])
        if min(smaller.shape[1:]) <= 2 * BORDER:
            break
        levels.append(smaller)
    return levels
