"""Fully connected neurons, compiled."""

from dataclasses import dataclass
from typing import Any

from seqdl.kernels.vector.blocks import parts
from seqdl.kernels.vector.simd import vector_kernel
from seqdl.kernels.vector.sizes import Sizes

VECTORS = 8
"""Of the inputs' gradients, that are summed up at once."""


@dataclass(frozen=True)
class Inputs(Sizes):
    """How many values the neurons see; how many neurons there are is an argument.

    Parameters
    ----------
    count : int
        N.
    """

    count: int


@vector_kernel
def forward(v: Any, g: Inputs, x: Any, w: Any, b: Any, z: Any, neurons: Any) -> None:
    """Weighted sums ``z`` (M,), overwritten, of inputs ``x`` (N,) with weights ``w`` (M, N) and biases ``b`` (M,).

    ``v`` is the writer, ``g`` the sizes, M the number of ``neurons``.
    """

    def one(m: Any) -> None:
        total = v.zeros()
        for at in range(0, g.count, v.lanes):
            some = g.count - at
            total = v.fma(v.load_some(w + (m * g.count + at), some), v.load_some(x + at, some), total)
        v.store(v.load(b + m, 1) + v.total(total), z + m)

    v.each(neurons, one)


@vector_kernel
def backward(v: Any, g: Inputs, dz: Any, x: Any, w: Any, dx: Any, dw: Any, db: Any, neurons: Any) -> None:
    """Gradients ``dx``, ``dw`` and ``db`` from ``dz``, the gradient by the sums, inputs ``x`` and weights ``w``.

    ``v`` is the writer, ``g`` the sizes; there are so many ``neurons``.
    """

    def some(part: range) -> None:
        places = [(k * v.lanes, g.count - k * v.lanes) for k in part]
        inputs = [v.load_some(x + at, count) for at, count in places]

        def one(m: Any, sums: list[Any]) -> list[Any]:
            factor, line = v.broadcast(dz + m), m * g.count
            for value, (at, count) in zip(inputs, places):
                v.store_some(factor * value, dw + (line + at), count)
            return [v.fma(factor, v.load_some(w + (line + at), count), s) for s, (at, count) in zip(sums, places)]

        for value, (at, count) in zip(v.loop(neurons, [v.zeros()] * len(part), one), places):
            v.store_some(value, dx + at, count)

    for part in parts(-(-g.count // v.lanes), VECTORS):
        some(part)
    v.each(neurons, lambda m: v.store(v.load(dz + m, 1), db + m))
