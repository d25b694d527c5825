"""Luma expanded to the full range of grey values, compiled; see :func:`seqdl.video.grey.grey`."""

import numpy as np

from seqdl.kernels.vector.jit import exact

N = np.int32


@exact
def expand(plane: np.ndarray, out: np.ndarray) -> None:
    """Values 16..235 of a ``plane`` (height, width) as 0..255, rounded and cut off, in ``out``; both of uint8.

    A half never has to be rounded: 255 / 219 is 85 / 73.
    """
    for y in range(len(out)):
        for x in range(out.shape[1]):
            value = N(N(N(plane[y, x]) * N(510)) - N(16 * 510 - 219)) // N(438)
            out[y, x] = np.uint8(min(max(value, N(0)), N(255)))
