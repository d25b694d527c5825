"""From boxes in frames to the network's input: cut out, resized, contrast-normalised."""

import functools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from seqdl.base.arrays import check, check_kind, described
from seqdl.base.doors import Sizes, Whole, door
from seqdl.base.rows import spans
from seqdl.config import LCNConfig
from seqdl.ops.lcn import gaussian
from seqdl.video.person import Boxes

FAR = 1e5
"""No box is further away, or larger, in pixels."""
LENGTH = Whole(1, 100_000)
BLOCK = 64
"""So many frames are resampled at once: their matrices stay in the second-level cache."""
LARGE = 10**6
"""Products of matrices with more multiplications are worth making smaller: BLAS shares them between its threads, which
wait for each other where other work keeps the processor busy."""
LONG = 2048
"""So many frames are normalised at once."""


@door(size=Sizes("rows columns"))
def crops(frames: np.ndarray, boxes: Boxes, size: tuple[int, int]) -> np.ndarray:
    """Cut ``boxes`` out of grey ``frames`` (T, Y, X), uint8, as float32 in 0..1, (T, rows, columns) of a ``size``.

    Parts outside of a frame repeat its border. A box of the result's size on whole pixels, as on all of KTH, is copied;
    that is what its matrices of zeros and ones would do, 20 times slower. Frames of another type or shape, and boxes
    that are no finite numbers, one for each frame, are a ValueError.
    """
    check(frames, "frames", np.uint8, ("T", "Y", "X"))
    check_kind(boxes, "boxes", Boxes)
    rows, columns = size
    try:
        top, left, height, width = places = np.array(boxes[:4], np.float64)
    except (TypeError, ValueError):
        places = np.empty(0)
    if places.shape != (4, len(frames)) or not (np.abs(places) < FAR).all() or not (places[2:] > 0).all():
        raise ValueError(f"boxes: expected finite places and sizes above 0, one for each of {len(frames)} frames")
    out = np.empty((len(frames), *size), np.float32)
    copied = (height == rows) & (width == columns) & (top % 1 == 0) & (left % 1 == 0)
    copied &= (top >= 0) & (top + rows <= frames.shape[1]) & (left >= 0) & (left + columns <= frames.shape[2])
    for t in np.flatnonzero(copied):
        y, x = int(top[t]), int(left[t])
        out[t] = frames[t, y : y + rows, x : x + columns]
    others, large = np.flatnonzero(~copied), rows * frames[0].size > LARGE
    for k in range(0, len(others), BLOCK):
        block = others[k : k + BLOCK]
        down = resampling(top[block], height[block], rows, frames.shape[1])
        across = resampling(left[block], width[block], columns, frames.shape[2])
        if not large:
            out[block] = down @ frames[block].astype(np.float32) @ across.transpose(0, 2, 1)
            continue
        for t, rows_of, columns_of in zip(block, down, across):  # what a box does not touch is multiplied by 0
            high, wide = _touched(rows_of), _touched(columns_of)
            out[t] = rows_of[:, high] @ frames[t, high, wide].astype(np.float32) @ columns_of[:, wide].T
    out /= np.float32(255)
    return out


def _touched(matrix: np.ndarray) -> slice:
    """From the first to the last pixel that a matrix (count, available) looks at."""
    used = np.flatnonzero(matrix.any(axis=0))
    return slice(int(used[0]), int(used[-1]) + 1)


@door(count=LENGTH, available=LENGTH)
def resampling(start: float | np.ndarray, length: float | np.ndarray, count: int, available: int) -> np.ndarray:
    """The matrix that resamples one axis: linear interpolation, with an area as wide as a new pixel when shrinking.

    The part from ``start`` of ``length``, in pixels, becomes ``count`` of the ``available`` pixels, outside of which
    the border is repeated: float32, (count, available), or (T, count, available) of parts (T,). Rows add up to 1.
    """
    start, length = _places(start, "start"), _places(length, "length")
    if start.shape != length.shape or not (length > 0).all():
        raise ValueError(f"length: expected numbers above 0 of the shape {start.shape}, as start has")
    # Usually one and the same part is taken from all frames: its matrix is made once.
    parts, which = np.unique(np.stack([start, length], axis=-1).reshape(-1, 2), axis=0, return_inverse=True)
    first, scale = parts[:, :1], parts[:, 1:] / count
    reach = np.maximum(scale, 1.0)
    centres = first + (np.arange(count) + 0.5) * scale - 0.5
    taps = np.floor(centres - reach).astype(int)[..., None] + np.arange(int(np.ceil(2 * reach.max())) + 2)
    weights = np.maximum(1 - np.abs(taps - centres[..., None]) / reach[..., None], 0)
    weights /= weights.sum(axis=-1, keepdims=True)
    rows = np.arange(centres.size).reshape(*centres.shape, 1)
    places = (rows * available + taps.clip(0, available - 1)).ravel()
    matrices = np.bincount(places, weights.ravel(), centres.size * available).astype(np.float32)
    return matrices.reshape(-1, count, available)[which].reshape(*start.shape, count, available)


def _places(value: float | np.ndarray, name: str) -> np.ndarray:
    array = np.asarray(value)
    if array.dtype.kind not in "iuf" or array.ndim > 1 or not array.size or not (np.abs(array) < FAR).all():
        raise ValueError(f"{name}: expected finite numbers of pixels, one or (T,), got {described(value)}")
    return array.astype(np.float64)


@functools.lru_cache
def _window(size: int, sigma: float) -> np.ndarray:
    return gaussian(size, sigma).astype(np.float32)


def normalise(clip: np.ndarray, config: LCNConfig) -> np.ndarray:
    """Normalise the local contrast of crops, by the compiled form of :mod:`seqdl.ops.lcn`.

    From float32, (T, rows, columns), in 0..1 to (T, rows - size + 1, columns - size + 1); a ValueError for crops of
    another type or shape, with NaN, or smaller than the window.
    """
    check(clip, "clip", np.float32, ("T", "rows", "columns"))
    check_kind(config, "config", LCNConfig)
    border = config.size - 1
    if min(clip.shape[1:]) <= border:
        raise ValueError(
            f"clip: crops of {clip.shape[1]} x {clip.shape[2]} are too small for a window of {config.size}"
        )
    blocks = list(normalised(lambda first, last: clip[first:last], len(clip), config))
    return blocks[0] if len(blocks) == 1 else np.concatenate(blocks)


def normalised(crops: Callable[[int, int], np.ndarray], count: int, config: LCNConfig) -> Iterator[np.ndarray]:
    """Normalise a sequence of any length, block by block; the blocks change nothing in the result.

    ``crops`` gives the crops from a frame to before another of so many as ``count`` says, ``config`` the formula. Where
    the constant is a mean over the sequence and that is longer than a block, it is gone through twice.
    """
    which = ("sequence", "frame", "fixed").index(config.constant)
    window = _window(config.size, config.sigma)

    def blocks(constant: int, value: float) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        from seqdl.kernels.layers import lcn

        for first, last in spans(count, LONG):
            # A frame looks at those half a window away, and their means at as many more.
            start, stop = max(0, first - config.size + 1), min(count, last + config.size - 1)
            clip = np.ascontiguousarray(crops(start, stop))
            rows, columns = (side - config.size + 1 for side in clip.shape[1:])
            out, two_pass = np.empty((len(clip), rows, columns), np.float32), config.reading == "two_pass"
            kind: Any = np.float32(value)
            totals = lcn.normalise(clip, window, two_pass, constant, kind, out)
            yield out[first - start : last - start], totals[first - start : last - start]

    value = config.value
    if which == 0 and count > LONG:
        parts = [(totals, out[0].size) for out, totals in blocks(which, value)]
        # Added in the kernel's order, for the same bits.
        total = np.cumsum(np.concatenate([totals for totals, _ in parts]), dtype=np.float64)[-1]
        which, value = 2, total / (count * parts[0][1])
    yield from (out for out, _ in blocks(which, value))
