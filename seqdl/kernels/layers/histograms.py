"""Block histograms around points, compiled; as :mod:`seqdl.baseline.equations` has them.

Beyond their ends frames are repeated: a cell at the border then counts as often as it is repeated. For each number of
bins there is a kernel of its own, whose sums stay in registers.
"""

from collections.abc import Callable

import numpy as np

from seqdl.kernels.vector.jit import jit

F = np.float32


@jit
def overlap(start: int, size: int, end: int, cell: int, counts: np.ndarray) -> tuple[int, int]:
    """The first and the last cell that has any of a block's rows, or columns; ``counts`` how many each has.

    The block begins at ``start`` and has ``size`` of them, the level ``end``, a cell ``cell``.
    """
    counts[:] = F(0)
    for k in range(start, start + size):
        counts[min(max(k, 0), end - 1) // cell] += F(1)
    return min(max(start, 0), end - 1) // cell, min(max(start + size - 1, 0), end - 1) // cell


def _of(bins: int) -> Callable:
    """The kernel for 4 or 5 bins."""

    @jit
    def add(
        values: np.ndarray, cell: int, places: np.ndarray, blocks: np.ndarray, shape: np.ndarray, out: np.ndarray
    ) -> None:
        size, count = blocks[0], len(values)
        down, across = np.empty(values.shape[1], F), np.empty(values.shape[2], F)
        for n in range(len(places)):
            for i in range(3):
                left, right = overlap(places[n, 2] + blocks[1 + i], size, shape[1], cell, across)
                for j in range(3):
                    top, bottom = overlap(places[n, 1] + blocks[1 + j], size, shape[0], cell, down)
                    for k in range(2):
                        target = out[n, i, j, k]
                        a, b, c, d, e = F(0), F(0), F(0), F(0), F(0)
                        for time in range(blocks[4 + 2 * k], blocks[5 + 2 * k] + 1):
                            t = min(max(places[n, 0] + time, 0), count - 1)
                            for y in range(top, bottom + 1):
                                for x in range(left, right + 1):
                                    w = down[y] * across[x]
                                    a += w * values[t, y, x, 0]
                                    b += w * values[t, y, x, 1]
                                    c += w * values[t, y, x, 2]
                                    d += w * values[t, y, x, 3]
                                    if bins == 5:
                                        e += w * values[t, y, x, 4]
                        target[0], target[1], target[2], target[3] = a, b, c, d
                        if bins == 5:
                            target[4] = e
                        normalise(target)

    return add


@jit
def normalise(target: np.ndarray) -> None:
    """Divide a histogram by its sum, where that is not 0."""
    total = target.sum()
    if total > 0:
        target /= total


of_4, of_5 = _of(4), _of(5)
"""Histograms of 4 and of 5 bins around points: ``of_4(values, cell, places, blocks, shape, out)``.

``values`` (T, rows, columns, bins) are what each pixel of a cell adds to each bin, ``cell`` its rows and columns in
pixels, ``places`` (n, 3) the points' t, y, x. ``blocks`` (8,) holds the size of a block, its three starts in space,
first and last frame of the first and of the second in time; ``shape`` rows and columns of the level. ``out``
(n, 3, 3, 2, bins) is overwritten: columns, rows, time, bins.
"""
