"""Frames made smaller by whole numbers, compiled; what is made is said in :mod:`seqdl.video.downsample`."""

import numpy as np

from seqdl.kernels.vector.jit import exact

U8, U32, U64 = np.uint8, np.uint32, np.uint64
BITS = 40
"""Of one over the number of pixels in a block: enough for the exact quotient up to a factor of 255."""


@exact
def shrink(frames: np.ndarray, factor: int, out: np.ndarray) -> None:
    """The means over blocks of ``factor`` x ``factor`` pixels of ``frames`` (T, height, width): ``out`` (T, Y, X).

    All of uint8, and rounded.
    """
    count, rows, columns = out.shape
    total = np.empty(columns * factor, U32)
    half, inverse = U32(factor * factor // 2), U64(-(-(2**BITS) // (factor * factor)))
    for t in range(count):
        for y in range(rows):
            row = frames[t, y * factor]
            for x in range(len(total)):
                total[x] = row[x]
            for k in range(1, factor):
                row = frames[t, y * factor + k]
                for x in range(len(total)):
                    total[x] = U32(total[x] + row[x])
            if factor == 2:
                for x in range(columns):
                    out[t, y, x] = U8((total[2 * x] + total[2 * x + 1] + half) >> U32(2))
                continue
            for x in range(columns):
                whole = half
                for k in range(factor):
                    whole = U32(whole + total[x * factor + k])
                out[t, y, x] = U8((U64(whole) * inverse) >> U64(BITS))
