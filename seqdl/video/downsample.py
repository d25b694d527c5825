"""Spatial down-sampling by whole numbers (Section 4.2: "by a factor of 2 horizontally and vertically")."""

import functools
from collections.abc import Callable

import numpy as np

from seqdl.base.arrays import check, check_whole


def downsample(frame: np.ndarray, factor: int) -> np.ndarray:
    """Mean over blocks of ``factor`` x ``factor`` pixels; rows and columns that fill no block are dropped.

    One frame of uint8, (height, width), or several; a ValueError where it is something else or smaller than a block.
    """
    check(frame, "frame", np.uint8, ("...", "height", "width"))
    check_whole(factor, "factor", 1)
    if factor > min(frame.shape[-2:]):
        raise ValueError(f"factor: blocks of {factor} x {factor} do not fit into {frame.shape[-2]} x {frame.shape[-1]}")
    if factor == 1:
        return frame
    height, width = (n // factor * factor for n in frame.shape[-2:])
    kind = np.uint16 if factor < 16 else np.uint32  # 15 * 15 values of 255 fit into 16 bits
    rows = np.add(frame[..., :height:factor, :width], frame[..., 1:height:factor, :width], dtype=kind)
    for y in range(2, factor):
        rows += frame[..., y:height:factor, :width]
    total = rows[..., ::factor] + rows[..., 1::factor]
    for x in range(2, factor):
        total += rows[..., x::factor]
    total += factor * factor // 2
    total //= factor**2
    return total.astype(np.uint8)


def shrink(frames: np.ndarray, factor: int, out: np.ndarray) -> None:
    """The same of ``frames`` (T, height, width) that were checked before, by a ``factor`` that fits, into ``out``.

    That is (T, Y, X). It is compiled.
    """
    if factor == 1:
        out[:] = frames
        return
    _kernel()(np.ascontiguousarray(frames), factor, out)


@functools.cache
def _kernel() -> Callable[[np.ndarray, int, np.ndarray], object]:
    from seqdl.kernels.layers.shrink import MOST, Factor, shrink
    from seqdl.kernels.vector.native import compiling

    def run(frames: np.ndarray, factor: int, out: np.ndarray) -> None:
        if factor > MOST or not compiling():
            np.copyto(out, downsample(frames, factor))
        else:
            shrink(Factor(factor), frames, *frames.shape[1:], out, *out.shape)

    return run
