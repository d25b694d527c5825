"""Frames made smaller by whole numbers, compiled; what is made is said in :mod:`seqdl.video.downsample`.

A vector of new pixels is made of as many vectors of a row as the factor is: the rows of a block are added up, then the
lanes are picked that belong to the same pixel. All sums are whole numbers that float32 has exactly.
"""

from dataclasses import dataclass
from typing import Any

from seqdl.kernels.vector.simd import vector_kernel
from seqdl.kernels.vector.sizes import Sizes

MOST = 16
"""The largest factor: for larger ones there would be too much to pick."""


@dataclass(frozen=True)
class Factor(Sizes):
    """By how much frames are made smaller.

    Parameters
    ----------
    number : int
        At most ``MOST``.
    """

    number: int


@vector_kernel
def shrink(
    v: Any, g: Factor, frames: Any, height: Any, width: Any, out: Any, count: Any, rows: Any, columns: Any
) -> None:
    """The means over blocks of pixels of ``count`` ``frames`` (T, height, width): ``out`` (T, rows, columns).

    All of uint8, and rounded. ``v`` is the writer, ``g`` the factor.
    """
    factor = g.number
    blocks = range(factor)

    def pixels(source: Any, out: Any, lanes: int) -> None:
        def add(y: Any, sums: list[Any]) -> list[Any]:
            line = source + y * width
            return [total + v.load_bytes(line + k * lanes, lanes) for k, total in enumerate(sums)]

        sums = v.loop(factor, [v.zeros(lanes)] * factor, add)
        total = v.constant(factor**2 // 2 + 0.5, lanes)
        for k in blocks:
            total = total + v.pick(sums, [lane * factor + k for lane in range(lanes)])
        v.store_bytes(total * (1 / factor**2), out)  # what is cut off is no whole number: it is 0.5 / factor^2 away

    def row(t: Any, y: Any) -> None:
        source, line = frames + (t * height + y * factor) * width, out + (t * rows + y) * columns
        v.numbers(columns, lambda at, lanes: pixels(source + at * factor, line + at, lanes))

    v.each(count, lambda t: v.each(rows, lambda y: row(t, y)))
