"""C1 forward in four ways, each one change away from the one before; docs/ladder.md walks up.

All give :func:`seqdl.ops.conv3d.forward` for one input map of frames a and M kernels,

    z[t,m,y,x] = b[m] + sum_{r,s,q} w[r,s,q,m] a[t+r, y+s, x+q]

and keep it as the product's kernels do: the maps of a frame side by side, the weights of a tap side by side.
"""

import itertools
from typing import Any

import numpy as np

from seqdl.kernels.layers import conv3d
from seqdl.kernels.layers.layout import Convolution
from seqdl.kernels.vector.blocks import blocks, parts
from seqdl.kernels.vector.jit import jit
from seqdl.kernels.vector.simd import vector_kernel


@jit
def loops(a: np.ndarray, w: np.ndarray, b: np.ndarray, z: np.ndarray) -> None:
    """One loop for each letter of the sum."""
    frames, maps, rows, columns = z.shape
    depth, height, width, _ = w.shape
    for t in range(frames):
        for m in range(maps):
            for y in range(rows):
                for x in range(columns):
                    total = b[m]
                    for r in range(depth):
                        for s in range(height):
                            for q in range(width):
                                total += w[r, s, q, m] * a[t + r, y + s, x + q]
                    z[t, m, y, x] = total


@vector_kernel
def vectors(v: Any, g: Convolution, a: Any, w: Any, b: Any, z: Any) -> None:
    """A vector of neighbours in a row at a time, in one sum."""

    def one(t: Any, m: Any, y: Any, x: Any) -> None:
        def frame(r: Any, total: list[Any]) -> list[Any]:
            def row(s: Any, total: list[Any]) -> list[Any]:
                for q in range(g.width):
                    line = v.load(a + ((t + r) * g.plane + (y + s) * g.columns + x + q))
                    weight = v.broadcast(w + (((r * g.height + s) * g.width + q) * g.maps + m))
                    total = [v.fma(line, weight, total[0])]
                return total

            return v.loop(g.height, total, row)

        [total] = v.loop(g.depth, [v.broadcast(b + m)], frame)
        v.store(total, z + ((t * g.maps + m) * g.plane_out + y * g.run + x))

    def output_row(t: Any, m: Any, y: Any) -> None:
        v.each(g.vectors, lambda c: one(t, m, y, c * v.lanes))

    v.each(g.frames_out, lambda t: v.each(g.maps, lambda m: v.each(g.rows_out, lambda y: output_row(t, m, y))))


@vector_kernel
def blocked(v: Any, g: Convolution, a: Any, w: Any, b: Any, z: Any) -> None:
    """A block of sums at a time: some maps times some vectors of a row, as many as there are registers for."""
    some_maps, some_vectors = blocks(g.maps, g.vectors, v.registers)

    def block(t: Any, y: Any, maps: range, chunks: range) -> None:
        def frame(r: Any, totals: list[Any]) -> list[Any]:
            def row(s: Any, totals: list[Any]) -> list[Any]:
                for q in range(g.width):
                    line, tap = (t + r) * g.plane + (y + s) * g.columns + q, (r * g.height + s) * g.width + q
                    lines = [v.load(a + (line + c * v.lanes)) for c in chunks]
                    weights = [v.broadcast(w + (tap * g.maps + m)) for m in maps]
                    pairs = itertools.product(weights, lines)
                    totals = [v.fma(line, weight, total) for (weight, line), total in zip(pairs, totals)]
                return totals

            return v.loop(g.height, totals, row)

        totals = v.loop(g.depth, [v.broadcast(b + m) for m in maps for _ in chunks], frame)
        for (m, c), total in zip(itertools.product(maps, chunks), totals):
            v.store(total, z + ((t * g.maps + m) * g.plane_out + y * g.run + c * v.lanes))

    def output_row(t: Any, y: Any) -> None:
        for maps, chunks in itertools.product(parts(g.maps, some_maps), parts(g.vectors, some_vectors)):
            block(t, y, maps, chunks)

    v.each(g.frames_out, lambda t: v.each(g.rows_out, lambda y: output_row(t, y)))


@jit
def run_vectors(g: Convolution, a: np.ndarray, w: np.ndarray, b: np.ndarray, z: np.ndarray) -> None:
    """Vector kernels are called from compiled code."""
    vectors(g, a, w, b, z)


@jit
def run_blocked(g: Convolution, a: np.ndarray, w: np.ndarray, b: np.ndarray, z: np.ndarray) -> None:
    """The same for the third rung."""
    blocked(g, a, w, b, z)


@jit
def toom_cook(
    g: Convolution, a: np.ndarray, w: np.ndarray, b: np.ndarray, targets: np.ndarray, work: Any, z: np.ndarray
) -> None:
    """The product's own kernel: frames and kernels are mixed, planes multiplied, products mixed into outputs."""
    conv3d.forward(g, a, w, b, targets, work, z)
