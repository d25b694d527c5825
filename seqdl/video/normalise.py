"""From boxes in frames to the network's input: cut out, resized, contrast-normalised."""

import functools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from seqdl.base.arrays import check, check_kind
from seqdl.base.doors import Sizes, door
from seqdl.base.rows import spans
from seqdl.config import LCNConfig
from seqdl.ops.lcn import gaussian
from seqdl.video.person import Boxes
from seqdl.video.resample import FAR, resampled

LONG = 2048
"""So many frames are normalised at once."""


@door(size=Sizes("rows columns"))
def crops(frames: np.ndarray, boxes: Boxes, size: tuple[int, int]) -> np.ndarray:
    """Cut ``boxes`` out of grey ``frames`` (T, Y, X), uint8, as float32 in 0..1, (T, rows, columns) of a ``size``.

    Parts outside of a frame repeat its border. A box of the result's size on whole pixels, as on all of KTH, is copied;
    that is what its weights of zeros and ones would do, only later. Frames of another type or shape, and boxes
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
    others = np.flatnonzero(~copied)
    if len(others):
        out[others] = resampled(frames[others], places[:, others], size)
    out /= np.float32(255)
    return out


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
