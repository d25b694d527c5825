"""The functions of :mod:`seqdl.baseline.equations`, compiled: same names, same meaning."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from seqdl.baseline.equations import PYRAMID, SINGULAR, STILL
from seqdl.baseline.scales import BORDER, CELL, SHARE, THRESHOLD, Blocks, space_window, time_window
from seqdl.kernels.layers import flow as flow_kernels
from seqdl.kernels.layers import gauss3d, harris3d, histograms
from seqdl.kernels.layers.gauss3d import REACH, TOGETHER, Blur
from seqdl.kernels.layers.layout import aligned
from seqdl.kernels.vector.simd import target

__all__ = ["flow", "hof", "hog", "maxima", "response", "smooth"]

F = np.float32
RING = 6 * 2**20
"""Bytes that the blurred products of a band of rows should take, so that they stay in the cache."""


class Volume:
    """A video (T, Y, X) of float32 whose rows have room around them, as kernels want it.

    Parameters
    ----------
    frames, rows, columns : int
        Its shape.
    """

    def __init__(self, frames: int, rows: int, columns: int) -> None:
        lanes = target().lanes
        self.shape, self.extent = (frames, rows, columns), gauss3d.extent(rows, columns, lanes)
        fours = -(-frames // TOGETHER) * TOGETHER
        beyond = BORDER * self.extent.pitch  # a square at the end of the last frame may begin in its middle
        self.flat = _room(fours * self.extent.frame + beyond)
        self.flat[frames * self.extent.frame :] = 0  # what is there is read, and counts for nothing: not if it is NaN
        self.all = self.flat[:-beyond].reshape(fours, -1, self.extent.pitch)
        self.values = self.all[:frames]
        self.video = self.values[:, :rows, lanes : lanes + columns]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        """The video, for NumPy."""
        return np.array(self.video, dtype or F)


def _room(count: int) -> np.ndarray:
    """So many values that nobody has written yet."""
    return aligned(count, np.empty)


def _blur(window: np.ndarray, planes: int = 1) -> Blur:
    return Blur(tuple(map(float, window)), planes, target().lanes)


def smooth(frames: np.ndarray, sigma2: int, tau2: tuple[int, ...]) -> list[Volume]:
    """The scale-space L of a level's ``frames``, for each of the temporal variances ``tau2``, in square frames.

    ``sigma2`` is the spatial one, in square pixels of the level.
    """
    frames, space = np.ascontiguousarray(frames), _blur(space_window(sigma2))
    volumes = [Volume(*frames.shape) for _ in tau2]
    e = volumes[0].extent
    blurred = _room((len(frames) + 2 * REACH) * e.down * e.across * space.square + TOGETHER * space.square)
    blurred[-TOGETHER * space.square :] = 0
    line = np.zeros((e.rows, e.pitch), F)
    gauss3d.smooth_space(space, e, frames, line, gauss3d.workspace(space, e), blurred)
    for volume, variance in zip(volumes, tau2, strict=True):
        time = _blur(time_window(variance))
        gauss3d.smooth_time(time, e, blurred, len(frames), gauss3d.series(time), volume.all)
    return volumes


def response(smoothed: Volume, sigma2: int, tau2: int, first: int, stop: int) -> Volume:
    """The space-time Harris response of L, ``smoothed``, in frames ``first`` to before ``stop``.

    ``sigma2`` and ``tau2`` are L's variances. The first and last four rows, which no point is in or beside, hold
    nothing.
    """
    space, time = _blur(space_window(2 * sigma2), 6), _blur(time_window(2 * tau2), 6)
    out, e = Volume(stop - first, *smoothed.shape[1:]), smoothed.extent
    row = 6 * e.across * harris3d.RING * space.square
    squares = min(e.down, max(1, RING // (4 * row)))
    halves, share = F(0.5) * np.sqrt(np.array([sigma2, tau2], F)), np.array([SHARE], F)
    work, series = gauss3d.workspace(space, e._replace(down=squares)), gauss3d.series(time)
    ring = _room(squares * row)
    where, room = (BORDER - 1, squares), (work, ring, series, out.flat)
    harris3d.response(space, time, e, *where, smoothed.values, halves, share, first, stop, *room)
    return out


def maxima(response: Volume) -> tuple[np.ndarray, np.ndarray]:
    """t, y, x (n, 3) where the response is above the threshold and none of the 26 neighbours is larger; it, there.

    Of frames 1 .. T - 2, which have all their neighbours.
    """
    e, room = response.extent, 64 * len(response.values)
    lines, threshold = np.zeros((2, max(e.pitch + target().lanes, e.rows)), F), np.array([THRESHOLD], F)
    while True:
        found, heights = np.empty((room, 3), np.int64), np.empty(room, F)
        space = _blur(space_window(1))
        number = harris3d.maxima(space, e, response.values, BORDER, threshold, lines, found, heights)
        if number <= room:
            return found[:number], heights[:number]
        room = number


def hog(smoothed: Volume, places: np.ndarray, where: Blocks) -> np.ndarray:
    """Histograms of oriented gradients of L, ``smoothed``, around ``places`` (n, 3): t, y, x.

    float32, (n, 3 x 3 x 2 x 4); ``where`` are the blocks.
    """
    lanes = target().lanes
    patch = histograms.Patch(-(-(where.starts[2] - where.starts[0] + where.size) // lanes), lanes)
    out = np.zeros((len(places), 3, 3, 2, 4), F)
    histograms.hog(patch, smoothed.extent, smoothed.values, np.ascontiguousarray(places), _numbers(where), out)
    return out.reshape(len(places), 3 * 3 * 2 * 4)


def flow(frames: np.ndarray) -> np.ndarray:
    """Sparse optical flow of a level (T, Y, X) of the detector's pyramid: rows and columns a frame, to the next frame.

    float32, (T - 1, ceil(Y / 5), ceil(X / 5), 2).
    """
    return _flow(frames, np.ones(_cells(frames), bool))


def _cells(frames: np.ndarray) -> tuple[int, int, int]:
    """The shape of a level's flow."""
    return len(frames) - 1, -(-frames.shape[1] // CELL), -(-frames.shape[2] // CELL)


def _flow(frames: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """The flow where it is ``wanted``, elsewhere 0."""
    levels, v = 1, np.empty((*wanted.shape, 2), F)
    while levels < PYRAMID and -(-min(frames.shape[1:]) // 2**levels) > CELL:
        levels += 1
    flow_kernels.flow(flow_kernels.Window(), np.ascontiguousarray(frames), levels, SINGULAR, wanted, v)
    return v


def hof(frames: np.ndarray, asked: Sequence[tuple[np.ndarray, Blocks]]) -> list[np.ndarray]:
    """Histograms of the optical flow of a level, for each of the places (n, 3) ``asked`` for: t, y, x, in its blocks.

    t counts the flow's frames. Each is float32, (n, 3 x 3 x 2 x 5).
    """
    shape, wanted = frames.shape[1:], np.zeros(_cells(frames), bool)
    given = [(np.ascontiguousarray(places), _numbers(where)) for places, where in asked]
    for places, numbers in given:
        histograms.mark(places, CELL, numbers, shape, wanted)
    bins = np.empty(wanted.shape, np.uint8)
    histograms.motions(_flow(frames, wanted).reshape(-1, 2), STILL, bins.reshape(-1))
    found = []
    for places, numbers in given:
        out = np.empty((len(places), 3, 3, 2, 5), F)
        histograms.hof(bins, CELL, places, numbers, shape, out)
        found.append(out.reshape(len(places), 3 * 3 * 2 * 5))
    return found


def _numbers(where: Blocks) -> np.ndarray:
    return np.array([where.size, *where.starts, *where.times[0], *where.times[1]])
