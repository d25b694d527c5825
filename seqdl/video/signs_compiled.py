"""The functions of :mod:`seqdl.video.signs`, compiled: same names, same meaning, same bits."""

import numpy as np

from seqdl.base.rows import spans
from seqdl.kernels.layers import signs as kernels
from seqdl.kernels.vector.simd import target
from seqdl.video.weights import CAP, FINE, LARGE, MEDIANS, MOVED, STANDING, THRESHOLDS, gaussian, price

__all__ = ["count_steps", "follow", "leave_near", "levelled", "over_time", "weigh"]

F = np.float32
FEW = 64
"""So many frames are added up while they lie in the second-level cache."""


def levelled(frames: np.ndarray) -> np.ndarray:
    """Frames (T, Y, X) of uint8 without their finest noise, each around its median; float32."""
    out = np.empty(frames.shape, F)
    far, near, own, _, _ = gaussian(FINE).tolist()
    kernels.level(kernels.Lanes(target().lanes), np.ascontiguousarray(frames), far, near, own, out)
    return out


def over_time(values: np.ndarray) -> np.ndarray:
    """The median (Y, X) of ``values`` (n, Y, X) over time."""
    pixels = values[0].size
    columns = np.zeros((len(values), kernels.padded(pixels)), F)
    columns[:, :pixels] = values.reshape(len(values), -1)
    out = np.empty(columns.shape[1], F)
    kernels.middles(kernels.Lanes(target().lanes), columns, out)
    return out[:pixels].reshape(values.shape[1:])


def count_steps(f: np.ndarray, lag: int, count: int, upper: int | None, counts: np.ndarray) -> None:
    """Add the upper halves of the bits of differences to ``counts``, or the lower ones of those that have ``upper``."""
    kernels.count_steps(f, lag, count, -1 if upper is None else upper, counts)


def weigh(
    f: np.ndarray, start: int, places: np.ndarray, lag: int, usual: np.ndarray, noise: float, plain: bool
) -> tuple[np.ndarray, np.ndarray]:
    """How much each pixel speaks for a person: by motion and what is unusual, and by difference from its row.

    Of ``f``, from ``start`` on; ``places``, ``lag``, ``usual``, ``noise`` and ``plain`` as in the other form.
    """
    shape = (places.shape[1], *f.shape[1:])
    moving, standing = np.empty(shape, F), np.empty(shape, F)
    limits, shares = np.array([k * noise for k in THRESHOLDS], F), np.array([MOVED, LARGE])
    scales = np.array([*MEDIANS, CAP, STANDING], F)
    g, look = kernels.Lanes(target().lanes), usual.reshape(-1)
    kernels.weigh(g, f, start, places, lag, look, limits, scales, plain, shares, moving, standing)
    return moving, standing


def leave_near(moving: np.ndarray, standing: np.ndarray, near: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Sums of ``moving`` and ``standing`` along the rows where it is ``near``; over how many rows anything moves."""
    count = len(moving)
    sums, spanned = np.empty(moving.shape[:2], F), np.empty(count, np.intp)
    shown = np.empty((min(count, FEW), *moving.shape[1:]), F)
    for first, last in spans(count, FEW):
        some = shown[: last - first]
        kernels.leave_near(moving[first:last], standing[first:last], near[first:last], some, spanned[first:last])
        some.sum(axis=2, out=sums[first:last])  # in the order in which NumPy adds
    return sums, spanned


def follow(worth: np.ndarray) -> np.ndarray:
    """The path (T,) through columns that gathers most of ``worth`` (T, X), less the price of moving (Viterbi)."""
    path = np.empty(len(worth), np.int64)
    kernels.trace(np.ascontiguousarray(worth, np.float64), price(worth.shape[1]), path)
    return path
