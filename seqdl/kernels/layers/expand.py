"""Luma expanded to the full range of grey values, compiled; see :func:`seqdl.video.grey.grey`."""

import numpy as np

from seqdl.kernels.vector.jit import exact

U8, U16, U32 = np.uint8, np.uint16, np.uint32
INVERSE = U32(898)
"""Of 73, times 2^16: enough for the exact quotient of all values, and products of 16 bits, which are fast."""


@exact
def expand(plane: np.ndarray, out: np.ndarray) -> None:
    """Values 16..235 of a ``plane`` (height, width) as 0..255, rounded and cut off, in ``out``; both of uint8.

    255 / 219 is 1 + 12 / 73; a half never has to be rounded.
    """
    for y in range(len(out)):
        for x in range(out.shape[1]):
            value = U16(min(max(plane[y, x], U8(16)), U8(235)) - U8(16))
            above = U32(U16(U16(12) * value + U16(36)))
            out[y, x] = U8(value + U16((above * INVERSE) >> U32(16)))
