"""Squashing, compiled: the hyperbolic tangent as a rational function, of a vector at once.

tanh(x) = x P(x^2) / Q(x^2) with P and Q of degree 4, fitted for the least relative error on |x| <= 9, beyond which
float32 cannot tell tanh from 1: the fit is within 2e-8, evaluated in float32 within 4e-7.
"""

import itertools
from dataclasses import dataclass
from typing import Any

import numpy as np

from seqdl.kernels.vector.simd import vector_kernel
from seqdl.kernels.vector.sizes import Sizes
from seqdl.ops.squash import SHAPES

F = np.float32
LIMIT = F(9.0)
P1, P2, P3, P4 = F(0.13381022961984157), F(0.0034955848854448476), F(2.0609028520630297e-05), F(1.3354588368825765e-08)
Q1, Q2, Q3, Q4 = F(0.46714338570794467), F(0.025876969988894296), F(0.000328562947860664), F(7.776527976586723e-07)


@dataclass(frozen=True)
class Kind(Sizes):
    """Which squashing function.

    Parameters
    ----------
    name : str
        "plain", "scaled" or "linear".
    """

    name: str


def apply(v: Any, x: Any, kind: str) -> Any:
    """Squash a vector ``x``, in a kernel that ``v`` writes; ``kind`` is "plain", "scaled" or "linear"."""
    if kind == "linear":
        return x
    amplitude, slope = shape(kind)
    top, bottom = _fraction(v, x if slope == 1 else x * float(slope))
    y = top / bottom
    return y if amplitude == 1 else y * float(amplitude)


def tanh_of(v: Any, vectors: list[Any]) -> list[Any]:
    """Hyperbolic tangents of a few vectors, at most ten, with a single division, the slowest of all arithmetic.

    1 / (q0 q1 q2) times q0 q1 is 1 / q2, and so on; Q is between 1 and 420, so that ten of them do not overflow.
    """
    fractions = [_fraction(v, x) for x in vectors]
    products = list(itertools.accumulate((bottom for _, bottom in fractions), lambda a, b: a * b))
    inverse, results = v.constant(1.0, v.count(products[-1])) / products[-1], []
    for k in range(len(fractions) - 1, 0, -1):
        top, bottom = fractions[k]
        results.append(top * (inverse * products[k - 1]))
        inverse = inverse * bottom
    return [fractions[0][0] * inverse, *reversed(results)]


def _fraction(v: Any, x: Any) -> tuple[Any, Any]:
    """Numerator and denominator of tanh(x)."""
    count = v.count(x)
    limit = v.constant(LIMIT, count)
    x = v.select(x > limit, limit, x)
    x = v.select(x < -float(LIMIT), v.constant(-LIMIT, count), x)
    s = x * x
    p, q = v.constant(P4, count), v.constant(Q4, count)
    for a, b in ((P3, Q3), (P2, Q2), (P1, Q1), (1, 1)):
        p, q = v.fma(p, s, v.constant(a, count)), v.fma(q, s, v.constant(b, count))
    return x * p, q


def backward(v: Any, dy: Any, y: Any, kind: str) -> Any:
    """The gradient by what was squashed, written by ``v``, from that by the result, ``dy``, and the result ``y``.

    ``kind`` is as in :func:`apply`.
    """
    if kind == "linear":
        return dy
    k0, k1 = derivative(kind)
    return dy * (k0 - y * y * k1 if k1 != 1 else k0 - y * y)


@vector_kernel
def forward(v: Any, g: Kind, x: Any, count: Any) -> None:
    """Squash ``count`` numbers in place: ``amplitude * tanh(slope * x)``."""
    v.numbers(count, lambda at, lanes: v.store(apply(v, v.load(x + at, lanes), g.name), x + at))


def shape(kind: str) -> tuple[np.float32, np.float32]:
    """Amplitude and slope of a squashing function, (0, 0) for the linear one."""
    amplitude, slope = SHAPES[kind] or (0.0, 0.0)
    return F(amplitude), F(slope)


def derivative(kind: str) -> tuple[float, float]:
    """The constants (k0, k1) with which dy/dx = k0 - k1 y^2."""
    if kind == "linear":
        return 1.0, 0.0
    amplitude, slope = shape(kind)
    return float(slope * amplitude), float(slope / amplitude)
