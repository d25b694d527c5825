"""HOG and HOF around points, compiled; as :mod:`seqdl.baseline.equations` has them.

Nothing is made for a whole video: the gradients of a patch are found where there is a point. A row's are added up over
the frames of a block before anything else, so that of rows and columns, which blocks share and which count once more
where a block ends beyond the border, there are only sums left to be weighted.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from seqdl.kernels.layers.gauss3d import Extent
from seqdl.kernels.layers.harris3d import sobel
from seqdl.kernels.vector.jit import jit
from seqdl.kernels.vector.simd import vector_kernel
from seqdl.kernels.vector.sizes import Sizes

F = np.float32


@dataclass(frozen=True)
class Patch(Sizes):
    """The sizes of a patch.

    Parameters
    ----------
    vectors, lanes : int
        Vectors that hold its columns, and their lanes.
    """

    vectors: int
    lanes: int

    @property
    def width(self) -> int:
        """Columns, rounded up."""
        return self.vectors * self.lanes


def directions(v: Any, dy: Any, dx: Any) -> list[Any]:
    """The gradient of each pixel by direction: its weight in the bin of its direction, 0 in the other three."""
    diagonal, zero = float(np.sqrt(0.5)), v.zeros()
    a, b = v.absolute(dx), v.absolute((dx + dy) * diagonal)
    c, d = v.absolute(dy), v.absolute((dy - dx) * diagonal)
    second, fourth = b > a, d > c  # the first of equals gets it
    first, third = v.select(second, b, a), v.select(fourth, d, c)
    later = third > first
    first, third = v.select(later, zero, first), v.select(later, third, zero)
    bins = [(second, zero, first), (second, first, zero), (fourth, zero, third), (fourth, third, zero)]
    return [v.select(*one) for one in bins]


@vector_kernel
def block_sums(v, g, e, smoothed, times, count, left, top, stop, across, down, sums, out):
    """Histograms of gradients in 3 x 3 blocks of a patch, added up over ``count`` frames, not yet divided.

    ``times`` (count,) say where in ``smoothed`` the frames begin; the patch has the rows ``top`` to before ``stop``
    and the columns from ``left`` on, counted with the room before a row. ``across`` (3, width) says how often a column
    counts in each of three blocks, ``down`` (rows, 3) a row; ``sums`` (3, 4, width) is overwritten, and in ``out``
    (3, 3, 2, 4) the first of each two histograms: columns, rows.
    """
    v.each(12 * g.vectors, lambda n: v.store(v.zeros(), sums + n * g.lanes))

    def row(y: Any) -> None:
        near = [k * e.pitch for k in (v.greatest(y - 1, 0), y, v.least(y + 1, e.rows - 1))]

        def column(i: Any) -> None:
            here = smoothed + left + i * g.lanes

            def frame(k: Any, bins: list[Any]) -> list[Any]:
                begin = here + v.offset(times + k)
                return [one + more for one, more in zip(bins, directions(v, *sobel(v, *(begin + k for k in near))))]

            bins = v.loop(count, [v.zeros()] * 4, frame)
            for j in range(3):
                weight = v.broadcast(down + ((y - top) * 3 + j))
                for b in range(4):
                    place = sums + (4 * j + b) * g.width + i * g.lanes
                    v.store(v.fma(bins[b], weight, v.load(place)), place)

        v.each(g.vectors, column)

    def block(i: Any, j: Any) -> None:
        for b in range(4):
            total = v.zeros()
            for n in range(g.vectors):
                weight, one = (
                    v.load(across + i * g.width + n * g.lanes),
                    v.load(sums + (j * 4 + b) * g.width + n * g.lanes),
                )
                total = v.fma(weight, one, total)
            v.store(v.total(total), out + (i * 3 + j) * 8 + b)

    v.each(stop, row, start=top)
    v.each(3, lambda i: v.each(3, lambda j: block(i, j)))


@jit
def clipped(k: int, end: int) -> int:
    """The index, or the end that it lies beyond."""
    return min(max(k, 0), end - 1)


@jit
def overlap(start: int, size: int, end: int, cell: int, counts: np.ndarray) -> tuple[int, int]:
    """The first and the last cell that has any of a block's rows, or columns; ``counts`` how many each has.

    The block begins at ``start`` and has ``size`` of them, the level ``end``, a cell ``cell``.
    """
    counts[:] = F(0)
    for k in range(start, start + size):
        counts[clipped(k, end) // cell] += F(1)
    return clipped(start, end) // cell, clipped(start + size - 1, end) // cell


@jit
def normalise(out: np.ndarray) -> None:
    """Divide each histogram of ``out`` (n, bins) by its sum, where that is not 0."""
    for target in out:
        total = target.sum()
        if total > 0:
            target /= total


@jit
def hog(g: Patch, e: Extent, smoothed: np.ndarray, places: np.ndarray, blocks: np.ndarray, out: np.ndarray) -> None:
    """Histograms of oriented gradients around points.

    ``g`` and ``e`` are sizes, ``smoothed`` (T, Y, pitch) is L, ``places`` (n, 3) are t, y, x, ``blocks`` (8,) the size
    of a block, its three starts in space, first and last frame of the first and of the second in time. ``out`` (n, 3,
    3, 2, 4) is overwritten: columns, rows, time, bins.
    """
    size, starts, last = blocks[0], blocks[1:4], len(smoothed) - 1
    across, down, sums = np.zeros(3 * g.width, F), np.empty(3 * e.rows, F), np.empty(12 * g.width, F)
    counts = np.empty(max(e.rows, e.columns) + g.width, F)
    times = np.empty(blocks.max() - blocks.min() + 1, np.int64)
    for n in range(len(places)):
        t, y, x = places[n]
        left, top = clipped(x + starts[0], e.columns), clipped(y + starts[0], e.rows)
        stop = clipped(y + starts[2] + size - 1, e.rows) + 1
        for i in range(3):
            overlap(x + starts[i], size, e.columns, 1, counts)
            across[i * g.width : (i + 1) * g.width] = counts[left : left + g.width]
            overlap(y + starts[i], size, e.rows, 1, counts)
            for k in range(top, stop):
                down[(k - top) * 3 + i] = counts[k]
        for k in range(2):
            count = blocks[5 + 2 * k] - blocks[4 + 2 * k] + 1
            for m in range(count):
                times[m] = clipped(t + blocks[4 + 2 * k] + m, last + 1) * e.frame
            target = out[n:].reshape(-1)[4 * k :]
            block_sums(g, e, smoothed, times, count, g.lanes + left, top, stop, across, down, sums, target)
        normalise(out[n].reshape(-1, 4))


@jit
def mark(places: np.ndarray, cell: int, blocks: np.ndarray, shape: tuple[int, int], wanted: np.ndarray) -> None:
    """Set ``wanted`` (T, rows, columns) where :func:`hof` looks.

    ``places``, ``cell``, ``blocks`` and ``shape`` are as there.
    """
    last, (rows, columns) = len(wanted) - 1, shape
    reach = blocks[3] + blocks[0] - 1
    for n in range(len(places)):
        t, y, x = places[n]
        top, bottom = clipped(y + blocks[1], rows) // cell, clipped(y + reach, rows) // cell
        left, right = clipped(x + blocks[1], columns) // cell, clipped(x + reach, columns) // cell
        for k in range(clipped(t + blocks[4], last + 1), clipped(t + blocks[7], last + 1) + 1):
            wanted[k, top : bottom + 1, left : right + 1] = True


@jit
def hof(
    bins: np.ndarray, cell: int, places: np.ndarray, blocks: np.ndarray, shape: tuple[int, int], out: np.ndarray
) -> None:
    """Histograms of optical flow around points.

    ``bins`` (T, rows, columns) says what each ``cell`` x ``cell`` pixels do; ``shape`` are rows and columns of the
    level. ``places`` and ``blocks`` are as for :func:`hog`, and ``out`` (n, 3, 3, 2, 5) is overwritten.
    """
    size, last = blocks[0], len(bins) - 1
    down, across = np.empty(bins.shape[1], F), np.empty(bins.shape[2], F)
    out[:] = F(0)
    for n in range(len(places)):
        t, y, x = places[n]
        for i in range(3):
            left, right = overlap(x + blocks[1 + i], size, shape[1], cell, across)
            for j in range(3):
                top, bottom = overlap(y + blocks[1 + j], size, shape[0], cell, down)
                for k in range(2):
                    target = out[n, i, j, k]
                    for time in range(blocks[4 + 2 * k], blocks[5 + 2 * k] + 1):
                        frame = bins[clipped(t + time, last + 1)]
                        for row in range(top, bottom + 1):
                            for column in range(left, right + 1):
                                target[frame[row, column]] += down[row] * across[column]
        normalise(out[n].reshape(-1, 5))


@jit
def motions(v: np.ndarray, still: float, out: np.ndarray) -> None:
    """The bin of each cell's flow ``v`` (n, 2): 0 up to a speed of ``still``, else 1 + its quadrant."""
    for n in range(len(v)):
        y, x = v[n, 0], v[n, 1]
        if np.hypot(y, x) <= still:
            out[n] = 0
        elif y >= 0:
            out[n] = 1 if x >= 0 else 2
        else:
            out[n] = 3 if x < 0 else 4
