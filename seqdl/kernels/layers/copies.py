"""Copies of a training window, compiled: cut out of the frames of a store.

Where the network works on transposed pictures (rows for columns, because the longer side fills vectors better), they
are transposed on the way: squares of as many rows and columns as a vector has lanes are transposed in registers.
"""

from dataclasses import dataclass
from typing import Any

from seqdl.kernels.vector.simd import vector_kernel
from seqdl.kernels.vector.sizes import Sizes


@dataclass(frozen=True)
class Window(Sizes):
    """The sizes of a window.

    Parameters
    ----------
    frames, rows, columns : int
        As they are in the store.
    transposed : bool
        Whether rows and columns change places in the copy.
    """

    frames: int
    rows: int
    columns: int
    transposed: bool


def transpose(v: Any, g: Window, frame: Any, rows: Any, out: Any) -> None:
    """One transposed picture; ``rows[y]`` is which of its rows comes y-th."""

    def square(top: Any, high: int, left: Any, wide: int) -> None:
        starts = [frame + (v.offset(rows + (top + y)) * g.columns + left) for y in range(high)]
        lines = [v.load_some(start, wide) for start in starts] + [v.zeros()] * (v.lanes - high)
        for x, line in enumerate(v.transpose(lines, wide)):
            v.store_some(line, out + ((left + x) * g.rows + top), high)

    def band(top: Any, high: int) -> None:
        v.pieces(g.columns, v.lanes, lambda left, wide: square(top, high, left, wide))

    v.pieces(g.rows, v.lanes, band)


@vector_kernel
def cut(v: Any, g: Window, frames: Any, start: Any, tables: Any, picture: Any, out: Any) -> None:
    """A window whose rows and columns come in the order of the tables: the y-th row is ``tables[y]``."""
    size, columns = g.rows * g.columns, tables + g.rows

    def transposed(frame: Any, out: Any) -> None:
        transpose(v, g, frame, tables, picture)
        v.each(g.columns, lambda x: v.copy(picture + v.offset(columns + x) * g.rows, out + x * g.rows, g.rows))

    def straight(frame: Any, out: Any) -> None:
        def unit(y: Any, x: Any) -> None:
            source = frame + (v.offset(tables + y) * g.columns + v.offset(columns + x))
            v.store(v.load(source, 1), out + (y * g.columns + x))

        v.each(g.rows, lambda y: v.each(g.columns, lambda x: unit(y, x)))

    one = transposed if g.transposed else straight
    v.each(g.frames, lambda t: one(frames + (start + t) * size, out + t * size))


@vector_kernel
def copy(
    v: Any, g: Window, frames: Any, start: Any, mirror: Any, flip: Any, rows: Any, columns: Any, tables: Any,
    picture: Any, out: Any,
) -> None:  # fmt: skip
    """One copy of the window of ``frames`` (F, Y, X) that begins at frame ``start``.

    ``v`` is the writer, ``g`` the sizes.
    ``mirror`` swaps left and right, ``flip`` top and bottom; ``rows`` and ``columns`` say by how much the picture is
    moved, with borders repeated. ``tables`` (Y + X,) of int64, ``picture`` (Y * X,) and ``out`` (>= frames * Y * X,)
    are overwritten.
    """

    def table(out: Any, count: int, moved: Any, backwards: Any) -> None:
        def one(k: Any) -> None:
            at = v.least(v.greatest(k - moved, 0), count - 1)
            v.put(v.select(backwards > 0, count - 1 - at, at), out + k)

        v.each(count, one)

    table(tables, g.rows, rows, flip)
    table(tables + g.rows, g.columns, columns, mirror)
    cut(v, g, frames, start, tables, picture, out)
