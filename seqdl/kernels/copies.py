"""Copies of a training window, compiled: cut out of the frames of a store in one pass."""

from __future__ import annotations

import numpy as np

from seqdl.kernels.jit import jit


@jit
def copy(window: np.ndarray, mirror: bool, flip: bool, rows: int, columns: int, out: np.ndarray) -> None:
    """One copy of a window.

    Parameters
    ----------
    window : array, (T, Y, X)
        Frames.
    mirror, flip : bool
        Swap left and right; swap top and bottom.
    rows, columns : int
        By how much the picture is moved; borders are repeated.
    out : array, (T, Y, X)
        Overwritten.
    """
    high, wide = window.shape[1], window.shape[2]
    for t in range(window.shape[0]):
        for y in range(high):
            at = min(max(y - rows, 0), high - 1)
            source, target = window[t, high - 1 - at if flip else at], out[t, y]
            if mirror or columns != 0:
                for x in range(wide):
                    at = min(max(x - columns, 0), wide - 1)
                    target[x] = source[wide - 1 - at if mirror else at]
            else:
                target[:] = source
