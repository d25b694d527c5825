"""Copies of a training window, compiled: cut out of the frames of a store.

Where the network works on turned pictures (rows for columns, because the longer side fills vectors better), they are
turned on the way: squares of as many rows and columns as a vector has lanes are transposed in registers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from seqdl.kernels.jit import jit
from seqdl.kernels.simd import vector_kernel
from seqdl.kernels.sizes import Sizes


@dataclass(frozen=True)
class Window(Sizes):
    """The sizes of a window.

    Parameters
    ----------
    frames, rows, columns : int
        As they are in the store.
    turned : bool
        Whether rows and columns change places in the copy.
    """

    frames: int
    rows: int
    columns: int
    turned: bool


@vector_kernel
def turn(v: Any, g: Window, frames: Any, place: Any, rows: Any, out: Any) -> None:
    """One turned picture; ``place`` is where it begins in ``frames``, ``rows[y]`` which of its rows comes y-th."""
    for top in range(0, g.rows, v.lanes):
        high = min(v.lanes, g.rows - top)
        starts = [frames + (place + v.offset(rows + (top + y)) * g.columns) for y in range(high)]
        for left in range(0, g.columns, v.lanes):
            wide = min(v.lanes, g.columns - left)
            lines = [v.load_some(start + left, wide) for start in starts] + [v.zeros()] * (v.lanes - high)
            for x, line in enumerate(v.transpose(lines, wide)):
                v.store_some(line, out + ((left + x) * g.rows + top), high)


@jit
def copy(
    g: Window,
    frames: np.ndarray,
    start: int,
    mirror: bool,
    flip: bool,
    rows: int,
    columns: int,
    tables: np.ndarray,
    picture: np.ndarray,
    out: np.ndarray,
) -> None:
    """One copy of a window.

    Parameters
    ----------
    g : Window
        The sizes.
    frames : array, (F, Y, X)
        Frames.
    start : int
        The window's first frame.
    mirror, flip : bool
        Swap left and right; swap top and bottom.
    rows, columns : int
        By how much the picture is moved; borders are repeated.
    tables : array of int64, (Y + X,)
        Overwritten.
    picture : array, (Y * X,)
        Room for a turned picture; overwritten.
    out : array, (>= frames * Y * X,)
        Overwritten.
    """
    of_row, of_column = tables[: g.rows], tables[g.rows :]
    for y in range(g.rows):
        at = min(max(y - rows, 0), g.rows - 1)
        of_row[y] = g.rows - 1 - at if flip else at
    for x in range(g.columns):
        at = min(max(x - columns, 0), g.columns - 1)
        of_column[x] = g.columns - 1 - at if mirror else at
    size = g.rows * g.columns
    for t in range(g.frames):
        target = out[t * size : (t + 1) * size]
        if g.turned:
            turn(g, frames, (start + t) * size, of_row, picture)
            for x in range(g.columns):
                column = picture[of_column[x] * g.rows : (of_column[x] + 1) * g.rows]
                target[x * g.rows : (x + 1) * g.rows] = column
        else:
            for y in range(g.rows):
                row = frames[start + t, of_row[y]]
                for x in range(g.columns):
                    target[y * g.columns + x] = row[of_column[x]]
