"""Convolution along rows by a discrete Fourier transform of few rows: fewer multiplications for the same sums.

What Toom-Cook's points do for time (:mod:`seqdl.kernels.layers.toom_cook`), the roots of unity do for rows: the
transform of N rows turns a convolution that goes round in a circle into products, and of the N sums those that do not
reach over the end are what is wanted. For C1, N = 20 rows and a kernel of 7 give 14 rows of outputs::

    direct         14 x 7 = 98 products of rows
    transformed    2 real and 9 complex products, which take three real ones each: 29

Roots of unity lie on the circle, so that no power of them grows: the rounding error stays that of the direct sum, where
real points, at these lengths and together with those of time, would lose a digit. As in
:mod:`~seqdl.kernels.layers.toom_cook`, ``y = A^T ((G w) . (B x))``, but A and B are chains of sparse matrices, most of
their entries 1 and -1: a fast transform.

N is 2 p or 4 p with p an odd prime, so that the rows can be laid out as a table of 2 or 4 times p, in an order in which
the two transforms do not mix (I. J. Good 1958): no factors stand between them. The product of a + bi and c + di is that
of C. F. Gauss, ``c (a + b) - b (c + d)`` and ``c (a + b) + a (d - c)``: three products of real numbers.
"""

import functools
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

LENGTHS = (6, 10, 12, 14, 20, 28)
"""How many rows can be transformed: 2 or 4 times 3, 5 or 7."""
GAIN = 0.5
"""Of the direct products at most so many are left where rows are transformed: transforms take time too."""


class Chains(NamedTuple):
    """The transforms of N rows.

    Parameters
    ----------
    inverse, forward : tuple of array
        Sparse matrices, the first to be applied first: from products to outputs, from inputs to their points.
    g : array, (points, r)
        Transforms kernels.
    """

    inverse: tuple[np.ndarray, ...]
    forward: tuple[np.ndarray, ...]
    g: np.ndarray


def points(n: int) -> int:
    """Products of a transform of ``n`` rows: two real ones, the others complex."""
    return 2 + 3 * (n // 2 - 1)


def best(rows: int, r: int) -> int:
    """How many rows to transform for so many ``rows`` of outputs and a kernel of ``r``; 0 where nothing is gained.

    The outputs of one transform are a tile; all rows are so many whole tiles.
    """
    products = {n: rows // (n - r + 1) * points(n) for n in LENGTHS if n >= r and rows % (n - r + 1) == 0}
    least = min(products, key=products.__getitem__, default=0)
    return least if least and products[least] <= GAIN * rows * r else 0


def _odd(p: int) -> list[np.ndarray]:
    """The transform of ``p`` rows, an odd number: the real sum, then real and imaginary parts of each frequency."""
    half = range(1, p // 2 + 1)
    fold, turn = np.zeros((p, p)), np.zeros((p, p))
    fold[0, 0], turn[0, 0] = 1, 1
    for k in half:
        fold[2 * k - 1, [k, p - k]] = 1, 1
        fold[2 * k, [k, p - k]] = 1, -1
        turn[0, 2 * k - 1], turn[2 * k - 1, 0] = 1, 1
        for j in half:
            angle = 2 * np.pi * k * j / p
            turn[2 * k - 1, 2 * j - 1], turn[2 * k, 2 * j] = np.cos(angle), -np.sin(angle)
    return [fold, turn]


def _even(f: int) -> list[np.ndarray]:
    """The transform of 2 or 4 rows: one or two frequencies that are real, and with 4 the parts of the one between."""
    if f == 2:
        return [np.array([[1.0, 1], [1, -1]])]
    fold = np.array([[1.0, 0, 1, 0], [0, 1, 0, 1], [1, 0, -1, 0], [0, 1, 0, -1]])
    turn = np.array([[1.0, 1, 0, 0], [1, -1, 0, 0], [0, 0, 1, 0], [0, 0, 0, -1]])
    return [fold, turn]


def _transform(n: int) -> tuple[list[np.ndarray], list[int], list[tuple[int, int]]]:
    """The real form of the transform, and where in it real frequencies and the parts of complex ones lie."""
    f = 4 if n % 4 == 0 else 2
    p = n // f
    order = np.zeros((n, n))
    for a in range(f):
        for b in range(p):
            order[a * p + b, (a * p + b * f) % n] = 1
    chain = [np.kron(one, np.eye(p)) for one in _even(f)] + [np.kron(np.eye(f), one) for one in _odd(p)]
    chain[0] = chain[0] @ order
    reals, complexes = [0, p], [(a * p + b, a * p + b + 1) for a in (0, 1) for b in range(1, p, 2)]
    if f == 4:  # a complex row's transform: those of its two parts, the second turned by a right angle
        cross, re, im = np.eye(n), 2 * p, 3 * p
        complexes.append((re, im))
        for b in range(1, p, 2):
            rows = [re + b, re + b + 1, im + b, im + b + 1]
            cross[np.ix_(rows, rows)] = [[1, 0, 0, -1], [0, 1, 1, 0], [1, 0, 0, 1], [0, -1, 1, 0]]
            complexes += [(re + b, re + b + 1), (im + b, im + b + 1)]
        chain.append(cross)
    return chain, reals, complexes


@functools.cache
def chains(n: int, r: int) -> Chains:
    """The transforms of ``n`` rows for a kernel of ``r``; outputs are the first n - r + 1."""
    chain, reals, complexes = _transform(n)
    whole = functools.reduce(lambda product, one: one @ product, chain)
    turned = whole @ np.eye(n)[:, -np.arange(r) % n] / np.sum(whole**2, axis=1)[:, None]  # the kernel, backwards
    split, joined, g = np.zeros((points(n), n)), np.zeros((n, points(n))), np.zeros((points(n), r))
    for k, one in enumerate(reals):
        split[k, one], joined[one, k], g[k] = 1, 1, turned[one]
    for k, (re, im) in zip(range(2, points(n), 3), complexes):
        c, d = turned[re], turned[im]
        split[k, [re, im]], split[k + 1, re], split[k + 2, im] = 1, 1, 1
        joined[re, [k, k + 2]], joined[im, [k, k + 1]] = (1, -1), (1, 1)
        g[k : k + 3] = c, d - c, c + d
    back = [joined, *(one.T for one in reversed(chain))]
    return Chains(_pruned(back, n - r + 1), (*chain, split), g)


def _pruned(chain: Sequence[np.ndarray], outputs: int) -> tuple[np.ndarray, ...]:
    """A chain that makes the first ``outputs`` alone, and nothing on the way that they do not need."""
    result, keep = [], np.arange(outputs)
    for matrix in reversed(chain[1:]):
        needed = np.flatnonzero(matrix[keep].any(axis=0))
        result.append(matrix[np.ix_(keep, needed)])
        keep = needed
    return (chain[0][keep], *reversed(result))


def mix(v: Any, chain: Sequence[np.ndarray], vectors: Sequence[Any]) -> list[Any]:
    """A column of vectors through a chain of matrices of constants."""
    for matrix in chain:
        vectors = [v.combine(row, vectors) for row in matrix]
    return list(vectors)
