"""Copies of a training window: mirrored, vertically flipped (Section 4.2) and, beyond the paper, shifted."""

import numpy as np

from seqdl.base.arrays import MANY
from seqdl.base.doors import FLAG, Array, Sizes, door


@door(window=Array("T Y X", (np.floating, np.integer)), mirror=FLAG, flip=FLAG, shift=Sizes("rows columns", -MANY))
def copy(window: np.ndarray, mirror: bool = False, flip: bool = False, shift: tuple[int, int] = (0, 0)) -> np.ndarray:
    """One copy of a window, (T, Y, X) like the window itself.

    Parameters
    ----------
    window : array, (T, Y, X)
        Frames.
    mirror, flip : bool
        Swap left and right; swap top and bottom.
    shift : tuple of int
        Rows and columns by which the picture is moved, after mirroring and flipping; borders are repeated.
    """
    _, rows, columns = window.shape
    y = np.clip(np.arange(rows) - shift[0], 0, rows - 1)
    x = np.clip(np.arange(columns) - shift[1], 0, columns - 1)
    return window[:, (rows - 1 - y if flip else y)[:, None], columns - 1 - x if mirror else x]
