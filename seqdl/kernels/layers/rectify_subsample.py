"""Rectification, sub-sampling and squashing in one pass, compiled.

The fusion of :mod:`seqdl.ops.rectify`, :mod:`seqdl.ops.subsample` and :mod:`seqdl.ops.squash`, as they follow each
other between a convolution and the next layer (R, S); tested against their composition.

A vector is a piece of a row. Rows of a window are added first, lane by lane; then neighbours in the row, by picking
every n-th lane::

    row 2y    |z0| |z1| |z2| |z3| ...        even lanes  s0 s2 s4 ...
    row 2y+1  |z'0| ...                  ->  odd lanes   s1 s3 s5 ...   ->  v = (even + odd) / 4
    sum       s0   s1   s2   s3

Backward, each sub-sampled activation's gradient is repeated over its window.
"""

import math
from dataclasses import dataclass
from typing import Any

from seqdl.kernels.layers import squash
from seqdl.kernels.layers.layout import Convolution
from seqdl.kernels.vector.simd import vector_kernel
from seqdl.kernels.vector.sizes import Sizes


@dataclass(frozen=True)
class Stage(Sizes):
    """The sizes and choices of a C, R, S stage.

    Parameters
    ----------
    c, pool : Convolution and int
        The convolution before it; side of the sub-sampling window.
    mean : bool
        Whether the window's activations are averaged; otherwise they are added.
    gain : bool
        Whether the scalar before rectification is a gain; otherwise it is a bias.
    squashing : str
        The function after sub-sampling.
    """

    c: Convolution
    pool: int
    mean: bool
    gain: bool
    squashing: str

    @property
    def rows(self) -> int:
        """Rows of the output."""
        return self.c.rows_out // self.pool

    @property
    def columns(self) -> int:
        """Columns of the output."""
        return self.c.columns_out // self.pool

    @property
    def weight(self) -> float:
        """Of an activation within its window."""
        return 1 / self.pool**2 if self.mean else 1.0


def _rectified(v: Any, g: Stage, p: Any, z: Any) -> Any:
    """What is rectified: ``p z`` or ``z + p``."""
    return z * p if g.gain else z + p


def forward_map(v: Any, g: Stage, z: Any, p: Any, c: Any, d: Any, means: Any, a: Any, m: Any) -> None:
    """Map ``m``, from the convolution's squashed outputs to the windows' means (or sums) and the sub-sampled map."""
    n, lanes = g.pool, v.lanes
    p, c, d = (v.broadcast(x + m) for x in (p, c, d))

    def row(t: Any, y: Any) -> None:
        source = z + ((t * g.c.maps + m) * g.c.plane_out + y * (n * g.c.pitch))
        to = ((t * g.c.maps + m) * g.rows + y) * g.columns
        for first in range(0, g.columns, lanes):
            lines = []
            for k in range(math.ceil(min(lanes, g.columns - first) * n / lanes)):
                at = first * n + k * lanes
                count = min(lanes, g.columns * n - at)
                line = None
                for j in range(n):
                    value = v.load_some(source + (at + j * g.c.pitch), count)
                    value = v.absolute(_rectified(v, g, p, value))
                    line = value if line is None else line + value
                lines.append(line)
            total = None
            for i in range(n):
                part = v.pick(lines, [min(n * lane + i, len(lines) * lanes - 1) for lane in range(lanes)])
                total = part if total is None else total + part
            mean = total if g.weight == 1 else total * g.weight
            count = g.columns - first
            v.store_some(mean, means + (to + first), count)
            v.store_some(squash.apply(v, v.fma(mean, c, d), g.squashing), a + (to + first), count)

    v.each(g.c.frames_out, lambda t: v.each(g.rows, lambda y: row(t, y)))


def backward_map(
    v: Any,
    g: Stage,
    da: Any,
    z: Any,
    means: Any,
    a: Any,
    p: Any,
    c: Any,
    dz: Any,
    others: tuple[Any, Any, Any, Any],
    m: Any,
) -> None:
    """Map ``m`` of the gradient by the convolution's sums; those by biases, p, c and d go into ``others``."""
    n, lanes = g.pool, v.lanes
    p, c = v.broadcast(p + m), v.broadcast(c + m)

    def window_gradient(to: Any, first: int, sums: list[Any]) -> Any:
        count = g.columns - first
        out, mean, d = (v.load_some(x + (to + first), count) for x in (a, means, da))
        du = squash.backward(v, d, out, g.squashing)
        sums[2], sums[3] = v.fma(du, mean, sums[2]), sums[3] + du
        return du * c if g.weight == 1 else du * c * g.weight

    def unit(place: Any, to: Any, count: int, up: Any, sums: list[Any]) -> None:
        value = v.load_some(place, count)
        inside = _rectified(v, g, p, value)
        signed = v.select(inside > 0.0, up, v.select(inside < 0.0, v.zeros() - up, v.zeros()))
        sums[1] = v.fma(signed, value, sums[1]) if g.gain else sums[1] + signed
        result = squash.backward(v, signed * p if g.gain else signed, value, g.c.squashing)
        sums[0] = sums[0] + result
        # a run that is a row is filled up with zeros, for what adds up whole runs
        v.store_some(result, to, v.lanes if g.c.by_rows else count)

    def row(t: Any, y: Any, sums: list[Any]) -> list[Any]:
        sums = list(sums)
        start = (t * g.c.maps + m) * g.c.plane_out + y * (n * g.c.pitch)
        to = ((t * g.c.maps + m) * g.rows + y) * g.columns
        for first in range(0, g.columns, lanes):
            up = window_gradient(to, first, sums)
            for k in range(math.ceil(min(lanes, g.columns - first) * n / lanes)):
                repeated = v.pick([up], [(k * lanes + lane) // n for lane in range(lanes)])
                at = first * n + k * lanes
                for j in range(n):
                    place = start + (at + j * g.c.pitch)
                    unit(z + place, dz + place, min(lanes, g.columns * n - at), repeated, sums)
        return sums

    def frame(t: Any, sums: list[Any]) -> list[Any]:
        return v.loop(g.rows, sums, lambda y, sums: row(t, y, sums))

    for to, value in zip(others, v.loop(g.c.frames_out, [v.zeros()] * 4, frame)):
        v.store(v.total(value), to + m)


@vector_kernel
def forward(v: Any, g: Stage, z: Any, p: Any, c: Any, d: Any, means: Any, a: Any) -> None:
    """From the convolution's squashed outputs ``z`` (frames * maps * plane_out,) to the sub-sampled maps ``a``.

    ``v`` is the writer and ``g`` the sizes; per map, ``p`` is the gain or bias before rectification, ``c`` and ``d``
    are coefficient and bias of the sub-sampling: :mod:`seqdl.ops.subsample` calls the bias b, which is the
    convolution's here. The windows' ``means`` (or sums) and ``a`` (frames * maps * rows * columns,) are overwritten.
    """
    v.each(g.c.maps, lambda m: forward_map(v, g, z, p, c, d, means, a, m))


@vector_kernel
def backward(
    v: Any, g: Stage, da: Any, z: Any, means: Any, a: Any, p: Any, c: Any, dz: Any, db: Any, dp: Any, dc: Any, dd: Any
) -> None:
    """Gradients by the convolution's sums, ``dz``, and by the parameters, from that by the output, ``da``.

    ``v`` is the writer and ``g`` the sizes; ``z``, ``p`` and ``c`` are as :func:`forward` took them, ``means`` and
    ``a`` as it left them. Of ``dz``, which may be ``z`` itself, what counts is overwritten, and where runs are rows
    their ends with zeros; so are ``db``, by the convolution's biases, and ``dp``, ``dc`` and ``dd`` (maps,).
    """
    v.each(g.c.maps, lambda m: backward_map(v, g, da, z, means, a, p, c, dz, (db, dp, dc, dd), m))
