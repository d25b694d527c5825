"""The numbers by which the signs of a person are weighed, and the windows that blur."""

import functools
import math

import numpy as np

CAP = 3.0
"""The most that one sign in one pixel counts: a bright spot is no crowd."""
FINE = 0.6
"""Standard deviation, in pixels of the grid, of the blur that takes the finest noise away."""
THRESHOLDS = (3.5, 5.0, 8.0)
"""Multiples of the noise above which motion, what is unusual and what differs from its row count."""
MEDIANS = (6.0, 4.0)
"""Multiples of their median in a frame above which what is unusual and what differs from its row count, besides."""
STANDING = 0.5
"""What differs from its row counts so much beside the others."""
MOVED, LARGE = 0.05, 0.3
"""A patch counts of which more than this share moves, and which covers less than this share of the picture."""
SPEED = 0.032
"""Price of moving by one column of the grid in a frame, squared; a clear person is worth about 1 a frame."""


@functools.cache
def gaussian(sigma: float) -> np.ndarray:
    """A Gaussian window of four standard deviations ``sigma`` on either side, (2 radius + 1,), float64; read only.

    These are the weights of ``scipy.ndimage.gaussian_filter1d``.
    """
    radius = math.floor(4 * sigma + 0.5)
    w = np.exp(-0.5 / (sigma * sigma) * np.arange(-radius, radius + 1) ** 2)
    w /= w.sum()
    w.flags.writeable = False
    return w


def blurred(values: np.ndarray, sigma: float) -> np.ndarray:
    """Blur ``values`` (..., n) along the last axis by a Gaussian, (..., n - 2 radius), where all of its window lies.

    In float64, and added in the order of ``scipy.ndimage.correlate1d``, for the same bits.
    """
    window = gaussian(sigma)
    radius = len(window) // 2
    count = values.shape[-1] - 2 * radius
    total = values[..., radius : radius + count] * window[radius]
    for k in range(radius):
        pair = values[..., k : k + count] + values[..., 2 * radius - k : 2 * radius - k + count]
        pair *= window[k]
        total += pair
    return total


@functools.cache
def price(columns: int) -> np.ndarray:
    """What it costs to move from one of so many columns to another, (columns, columns); read only."""
    x = np.arange(columns)
    p = SPEED * (x[:, None] - x) ** 2
    p.flags.writeable = False
    return p
