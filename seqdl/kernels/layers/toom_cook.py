"""Toom-Cook convolution along time: fewer multiplications for the same sums.

A direct convolution of T frames with a kernel of r frames multiplies m r pairs of planes for its m = T - r + 1 outputs.
But the frames are the coefficients of a polynomial, so is the kernel, and their product is known from its values at
T points: transform both, multiply T pairs of planes, transform back (A. L. Toom 1963, S. A. Cook 1966; for networks A.
Lavin and S. Gray, CVPR 2016)::

    direct         y[t]  =  sum_r w[r] x[t + r]                          5 x 5 = 25 products for C1
    transformed    y     =  A^T ((G w) . (B x))                          9 products for C1

The transforms are small matrices that mix the planes of a map; every product is a whole 2D convolution over all maps,
so what they cost is small. The gradients follow by transposition, with the same transformed input and kernel:
``dw = G^T ((A dy) . (B x))`` and ``dx = B^T ((A dy) . (G w))``.

The numbers grow with the powers of the points, and rounding errors with them. Points near 1 in pairs of opposite signs,
and rows scaled by powers of two, keep the error that of a direct convolution, up to 9 points (see docs/performance.md).
"""

import functools
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np

HALF, QUARTER = Fraction(1, 2), Fraction(1, 4)
# The finite points; infinity always comes last. Opposite points stand side by side.
POINTS: dict[int, tuple] = {
    2: (0,),
    3: (1, -1),
    4: (1, -1, 0),
    5: (1, -1, 0, 2),
    6: (1, -1, HALF, -2, 0),
    7: (1, -1, HALF, -HALF, 2, -2),
    8: (1, -1, HALF, -HALF, 2, -2, 0),
    9: (QUARTER, -QUARTER, 3 * QUARTER, -3 * QUARTER, 5 * QUARTER, -5 * QUARTER, 2, -2),
}


class Matrices(NamedTuple):
    """The transforms of m outputs by a kernel of r.

    Parameters
    ----------
    a, g, b : array, (n, m), (n, r) and (n, n)
        The transpose of ``a`` makes outputs of products; ``g`` transforms kernels, ``b`` inputs.
    """

    a: np.ndarray
    g: np.ndarray
    b: np.ndarray


def _powers(points: Sequence[Fraction], count: int) -> list[list[Fraction]]:
    """Powers 0 .. count-1 of each point; of infinity, the highest alone."""
    return [[Fraction(p) ** k for k in range(count)] for p in points] + [
        [Fraction(k == count - 1) for k in range(count)]
    ]


def _inverse(matrix: list[list[Fraction]]) -> list[list[Fraction]]:
    size = len(matrix)
    rows = [[*row, *(Fraction(i == k) for k in range(size))] for i, row in enumerate(matrix)]
    for column in range(size):
        pivot = next(i for i in range(column, size) if rows[i][column])
        rows[column], rows[pivot] = rows[pivot], rows[column]
        head = rows[column][column]
        rows[column] = [x / head for x in rows[column]]
        for i in range(size):
            factor = rows[i][column]
            if i != column and factor:
                rows[i] = [x - factor * y for x, y in zip(rows[i], rows[column])]
    return [row[size:] for row in rows]


@functools.cache
def matrices(m: int, r: int) -> Matrices:
    """The transforms for m outputs and r taps, m + r - 1 of 2 to 9, exact, and scaled so that no row is large."""
    points = POINTS[m + r - 1]
    a, g = (np.array(_powers(points, count), float) for count in (m, r))
    b = np.array(_inverse(_powers(points, m + r - 1)), float).T
    # Each product may be scaled at will as long as its three factors together are not: by powers of two, exactly.
    sizes = [np.linalg.norm(x, axis=1) for x in (a, g, b)]
    scale_b = 2.0 ** np.round(np.log2(sizes[2]))
    scale_g = 2.0 ** np.round(np.log2(np.sqrt(sizes[2] * sizes[1] * sizes[0]) / sizes[1]))
    return Matrices(a * (scale_b / scale_g)[:, None], g * scale_g[:, None], b / scale_b[:, None])


def applies(m: int, r: int) -> bool:
    """Whether there are points for m outputs and r taps, and something to gain."""
    return m > 1 and r > 1 and m + r - 1 in POINTS


def mix(v: Any, matrix: np.ndarray, vectors: Sequence[Any]) -> list[Any]:
    """Matrix (N, M) of constants times a column of M vectors; opposite points share their even and odd halves."""
    columns, mixed, results = [], [], []
    for k, column in _paired(matrix.T):
        columns += column
        mixed += _sums(vectors[k : k + len(column)])
    for _, rows in _paired(np.array(columns).T):
        results += _sums([v.combine(row, mixed) for row in rows])
    return results


def _sums(values: Sequence[Any]) -> list[Any]:
    """Sum and difference of two; one alone as it is."""
    return [values[0] + values[1], values[0] - values[1]] if len(values) == 2 else list(values)


def _paired(rows: np.ndarray) -> Iterator[tuple[int, tuple[np.ndarray, ...]]]:
    """Each row's number and the row, or of two opposite points the first one's number and their halves."""
    k = 0
    while k < len(rows):
        halves = _halves(rows[k], rows[k + 1]) if k + 1 < len(rows) else None
        yield k, halves or (rows[k],)
        k += 2 if halves else 1


def _halves(one: np.ndarray, other: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """Even and odd part of two rows of opposite points, if they do not overlap."""
    even, odd = (one + other) / 2, (one - other) / 2
    return (even, odd) if even.any() and odd.any() and not np.any((even != 0) & (odd != 0)) else None
