"""The functions of :mod:`seqdl.baseline.equations`, compiled: same names, same meaning."""

import numpy as np

from seqdl.baseline.equations import PYRAMID, SINGULAR, motions
from seqdl.baseline.scales import BORDER, CELL, SHARE, THRESHOLD, Blocks, space_window, time_window
from seqdl.kernels.layers import flow as flow_kernels
from seqdl.kernels.layers import harris3d as harris_kernels
from seqdl.kernels.layers import histograms as histogram_kernels

__all__ = ["directions", "flow", "histograms", "maxima", "motions", "response", "smooth"]

F = np.float32


def smooth(frames: np.ndarray, sigma2: int, tau2: int) -> np.ndarray:
    """The scale-space L of a level, float32; the variances are in square pixels of the level and in square frames."""
    out = np.empty(frames.shape, F)
    harris_kernels.smooth(np.ascontiguousarray(frames), space_window(sigma2), time_window(tau2), out)
    return out


def response(smoothed: np.ndarray, sigma2: int, tau2: int) -> np.ndarray:
    """The space-time Harris response (T, Y, X) of L, ``smoothed``; ``sigma2`` and ``tau2`` as for :func:`smooth`."""
    out = np.empty_like(smoothed)
    factor = 0.5 * np.sqrt(np.array([sigma2, sigma2, tau2], F))
    space, time = space_window(2 * sigma2), time_window(2 * tau2)
    harris_kernels.response(smoothed, space, time, factor, F(SHARE), out)
    return out


def maxima(response: np.ndarray, first: int, last: int) -> np.ndarray:
    """t, y, x (n, 3) where the response is above the threshold and none of the 26 neighbours is larger.

    Of frames ``first`` to ``last`` of ``response``, both included; 1 .. T - 2 have all their neighbours.
    """
    found = np.empty((256, 3), np.int64)
    number = harris_kernels.maxima(response, first, last, BORDER, F(THRESHOLD), found)
    if number > len(found):
        found = np.empty((number, 3), np.int64)
        harris_kernels.maxima(response, first, last, BORDER, F(THRESHOLD), found)
    return found[:number]


def directions(smoothed: np.ndarray) -> np.ndarray:
    """For HOG: the spatial gradient of each pixel, its weight in the bin of its direction; (T, Y, X, 4)."""
    out = np.empty((*smoothed.shape, 4), F)
    harris_kernels.directions(smoothed, out)
    return out


def flow(frames: np.ndarray) -> np.ndarray:
    """Sparse optical flow of a level (T, Y, X) of the detector's pyramid: rows and columns a frame, to the next frame.

    float32, (T - 1, ceil(Y / 5), ceil(X / 5), 2).
    """
    levels = [frames.astype(F)]
    while len(levels) < PYRAMID and min(-(-n // 2) for n in levels[-1].shape[1:]) > CELL:
        rows, columns = (-(-n // 2) for n in levels[-1].shape[1:])
        levels.append(np.empty((len(frames), rows, columns), F))
        flow_kernels.half(levels[-2], levels[-1])
    rows, columns = (-(-n // CELL) for n in frames.shape[1:])
    v = np.zeros((len(frames) - 1, rows, columns, 2), F)
    for level in reversed(range(len(levels))):
        v *= 2
        flow_kernels.refine(levels[level], 2.0**-level, SINGULAR, v)
    return v


def histograms(values: np.ndarray, places: np.ndarray, where: Blocks, cell: int, shape: tuple[int, int]) -> np.ndarray:
    """The blocks' histograms around points, each divided by its own sum: float32, (n, 3 x 3 x 2 x bins).

    ``values``, ``places``, ``where``, ``cell`` and ``shape`` are as :func:`seqdl.baseline.equations.histograms` has
    them.
    """
    bins = values.shape[-1]
    out = np.empty((len(places), 3, 3, 2, bins), F)
    numbers = np.array([where.size, *where.starts, *where.times[0], *where.times[1]])
    add = {4: histogram_kernels.of_4, 5: histogram_kernels.of_5}[bins]
    add(values, cell, np.ascontiguousarray(places), numbers, np.array(shape), out)
    return out.reshape(len(places), -1)
