"""3D convolution, compiled: forward, and what both gradients share.

All layers are one kernel. A layer has *sources*, each of which feeds the same number of *targets* (``targets[i, k]`` is
the k-th map that source i feeds): C1 has one source and 7 targets, C2 has 7 sources with 8 targets each by the
connection table, C3 has 35 with 5.

**Blocking.** The lanes of a vector are neighbours in a plane. For one tap of the kernels, a few vectors of the input
are multiplied by one weight for each target; all sums stay in registers until every tap has been added. For C1, a row
of 48 outputs and 7 targets on 16 lanes::

                 three vectors of the input, at tap (r, s, q)
                 x[.. 16]   x[.. 16]   x[.. 16]
      w[map 0]   sum 0.0    sum 0.1    sum 0.2      10 loads, of which 7 repeat one number,
      w[map 1]   sum 1.0    sum 1.1    sum 1.2      for 21 fused multiply-adds:
        ...                                         the arithmetic is the limit, not the memory
      w[map 6]   sum 6.0    sum 6.1    sum 6.2      21 + 3 + 1 of 32 registers

Outputs are computed in *runs*. If the output's rows fill whole vectors well, a run is a row (C1). Otherwise it is a
whole plane whose rows keep the input's length, so that a tap is one shift of everything; the last numbers of each row
then mix two rows and are not used (C2: 20 of 24 count).

**Time.** Directly, the planes that belong to the frames of the kernel are added up (``depth`` of them). With Toom-Cook
(:mod:`seqdl.kernels.layers.toom_cook`), planes and kernels are mixed first, each product has depth 1, and products are
mixed into outputs when bias and squashing are applied.

**Rows.** Where they are transformed as well (:mod:`seqdl.kernels.layers.cyclic`), what is left to multiply is a
convolution of the same form, whose planes are the points of a tile's rows and whose kernels are one row high.
"""

from typing import Any, NamedTuple

import numpy as np

from seqdl.kernels.layers import cyclic, layout, squash, toom_cook
from seqdl.kernels.layers.layout import Convolution, aligned
from seqdl.kernels.vector.blocks import blocks, parts
from seqdl.kernels.vector.simd import vector_kernel
from seqdl.kernels.vector.vocabulary import View


class Workspace(NamedTuple):
    """Where a layer keeps what lies between its input and its output.

    Parameters
    ----------
    x, w : array
        Transformed inputs and kernels; with the direct algorithm they are not used.
    products : array
        One run (C1) or plane of every product, before it is mixed into outputs.
    """

    x: np.ndarray
    w: np.ndarray
    products: np.ndarray


def workspace(g: Convolution) -> Workspace:
    """Allocate."""
    x = g.points + g.slack if g.toom_cook else 0
    w = g.sources * g.w_planes * g.taps if g.toom_cook else 0
    products = g.products * g.maps * g.run
    if g.cyclic:
        c = g.of_rows
        x += g.frames * c.points
        w += g.frames * c.frames * c.taps
        products = (c.frames + g.frames * g.tile) * c.maps * c.run
    return Workspace(aligned(x), aligned(w), aligned(products))


def linear(v: Any, matrix: np.ndarray, x: Any, y: Any, length: int) -> None:
    """``y[f] = sum_t matrix[f, t] x[t]`` for planes of ``length`` numbers that follow each other."""

    def some(at: Any, count: int) -> None:
        mixed = toom_cook.mix(v, matrix, [v.load_some(x + (at + t * length), count) for t in range(matrix.shape[1])])
        for f, value in enumerate(mixed):
            v.store_some(value, y + (at + f * length), count)

    v.pieces(length, v.lanes, some)


def transform_inputs(v: Any, g: Convolution, x: Any, out: Any) -> None:
    """The points of the input planes: ``B x``."""
    linear(v, toom_cook.matrices(g.frames_out, g.depth).b, x, out, g.sources * g.plane)


def transform_kernels(v: Any, g: Convolution, w: Any, out: Any) -> None:
    """The points of the kernels: ``G w``, for every source."""
    matrix = toom_cook.matrices(g.frames_out, g.depth).g
    v.each(g.sources, lambda i: linear(v, matrix, w + i * (g.depth * g.taps), out + i * (g.frames * g.taps), g.taps))


def transform_outputs_back(v: Any, g: Convolution, dz: Any, out: Any) -> None:
    """The points of the gradient by the outputs: ``A dz``."""
    linear(v, toom_cook.matrices(g.frames_out, g.depth).a, dz, out, g.maps * g.plane_out)


def transform_kernels_back(v: Any, g: Convolution, points: Any, dw: Any) -> None:
    """The gradient by the kernels; with Toom-Cook from that by their points, ``G^T``, for every source."""
    matrix = toom_cook.matrices(g.frames_out, g.depth).g.T if g.toom_cook else np.eye(g.depth)
    here, there = g.w_planes * g.taps, g.depth * g.taps
    v.each(g.sources, lambda i: linear(v, matrix, points + i * here, dw + i * there, g.taps))


def transform_inputs_back(v: Any, g: Convolution, points: Any, dx: Any) -> None:
    """The gradient by the inputs, from that by their points: ``B^T``."""
    linear(v, toom_cook.matrices(g.frames_out, g.depth).b.T, points, dx, g.sources * g.plane)


def multiply(v: Any, g: Convolution, x: Any, w: Any, targets: Any, out: Any, at: Any) -> None:
    """All products of one run: ``out[product, target] = sum over sources, frames and taps``; ``at`` is the run."""
    some_kernels, some_vectors = blocks(g.kernels, g.vectors, v.registers)
    inputs, weights, products = layout.input_view(g, x), layout.weight_view(g, w), View(out, g.maps * g.run, g.run, 1)

    def row(x: View, w: View, s: Any, sums: list[Any], kernels: range, vectors: int) -> list[Any]:
        sums = list(sums)
        for q in range(g.width):
            line = [v.load(x[0, 0, s, q + c * v.lanes]) for c in range(vectors)]
            for n, k in enumerate(kernels):
                weight = v.broadcast(w[0, 0, s, q, k])
                for c in range(vectors):
                    sums[n * vectors + c] = v.fma(line[c], weight, sums[n * vectors + c])
        return sums

    def block(x: View, w: View, places: list[Any], kernels: range, vectors: int) -> None:
        def frame(r: Any, sums: list[Any]) -> list[Any]:
            a, b = x.at(r), w.at(0, r)
            return v.loop(g.height, sums, lambda s, sums: row(a, b, s, sums, kernels, vectors))

        there = [place + c * v.lanes for place in places for c in range(vectors)]
        sums = [v.load(place) if g.sources > 1 else v.zeros() for place in there]
        sums = v.loop(g.summed, sums, frame) if g.summed > 1 else frame(0, sums)
        for place, value in zip(there, sums):
            v.store(value, place)

    def source(i: Any, j: Any) -> None:
        a, b = inputs.at(j, i, at), weights.at(i, j if g.toom_cook else 0)
        for kernels in parts(g.kernels, some_kernels):
            places = [products[j, v.offset(targets + (i * g.kernels + k))] for k in kernels]

            def some(first: Any, count: int, kernels: range = kernels, places: list = places) -> None:
                shift = first * v.lanes
                block(a.at(0, 0, 0, shift), b, [place + shift for place in places], kernels, count)

            v.pieces(g.vectors, some_vectors, some)

    def product(j: Any) -> None:
        if g.sources > 1:
            v.each(g.maps * g.vectors, lambda k: v.store(v.zeros(), products[j, 0, k * v.lanes]))
            v.each(g.sources, lambda i: source(i, j))
        else:
            source(0, j)

    v.each(g.products, product)


def finish(v: Any, g: Convolution, products: Any, apart: int, b: Any, z: Any, at: Any) -> None:
    """The outputs of one run: products, so far ``apart``, mixed along time, biases added, squashed."""
    back = toom_cook.matrices(g.frames_out, g.depth).a.T if g.toom_cook else np.eye(g.frames_out)
    sums, outputs = View(products, apart, g.run, 1), layout.output_view(g, z)

    def one(m: Any) -> None:
        bias = v.broadcast(b + m)

        def vector(c: Any) -> None:
            values = [v.load(sums[j, m, c * v.lanes]) for j in range(g.products)]
            # all of them before the first is stored: a store after each would cost C1 an eighth of its time
            squashed = [squash.apply(v, value + bias, g.squashing) for value in toom_cook.mix(v, back, values)]
            for t, value in enumerate(squashed):
                v.store(value, outputs[t, m, at, c * v.lanes])

        v.each(g.vectors, vector)

    v.each(g.maps, one)


def transform_rows(v: Any, g: Convolution, x: Any, out: Any) -> None:
    """The points of the rows of each tile, of planes that are points in time."""
    c, chain = g.of_rows, cyclic.chains(g.cyclic, g.height).forward

    def tile(j: Any, k: Any) -> None:
        rows, there = x + (j * g.plane + k * (g.tile * g.columns)), out + (j * c.points + k * c.columns)

        def some(at: Any, count: int) -> None:
            values = [v.load_some(rows + (at + s * g.columns), count) for s in range(g.cyclic)]
            for n, value in enumerate(cyclic.mix(v, chain, values)):
                v.store_some(value, there + (at + n * c.plane), count)

        v.pieces(g.columns, v.lanes, some)

    v.each(g.frames, lambda j: v.each(g.tiles, lambda k: tile(j, k)))


def transform_kernel_rows(v: Any, g: Convolution, w: Any, out: Any) -> None:
    """The points of the kernels' rows, of kernels that are points in time."""
    c, matrix = g.of_rows, cyclic.chains(g.cyclic, g.height).g
    v.each(g.frames, lambda j: linear(v, matrix, w + j * g.taps, out + j * (c.frames * c.taps), c.taps))


def transform_rows_forth(v: Any, g: Convolution, products: Any, out: Any) -> None:
    """The rows of a tile, of one point in time, from the products of theirs."""
    c, chain = g.of_rows, cyclic.chains(g.cyclic, g.height).inverse
    size = c.maps * c.run

    def some(at: Any, count: int) -> None:
        for i, value in enumerate(cyclic.mix(v, chain, [v.load(products + (at + n * size)) for n in range(c.frames)])):
            v.store(value, out + (at + i * size))

    v.pieces(size, v.lanes, some)


def forward_cyclic(v: Any, g: Convolution, x: Any, w: Any, b: Any, targets: Any, work: Workspace, z: Any) -> None:
    """As :func:`forward`, with rows transformed as well as time."""
    c = g.of_rows
    points, kernels = work.x + g.points, work.w + g.frames * g.taps
    size = c.maps * c.run
    rows = work.products + c.frames * size
    transform_inputs(v, g, x, work.x)
    transform_rows(v, g, work.x, points)
    transform_kernels(v, g, w, work.w)
    transform_kernel_rows(v, g, work.w, kernels)

    def point(k: Any, j: Any) -> None:
        multiply(v, c, points + j * c.points, kernels + j * (c.frames * c.taps), targets, work.products, k)
        transform_rows_forth(v, g, work.products, rows + j * (g.tile * size))

    def tile(k: Any) -> None:
        v.each(g.frames, lambda j: point(k, j))
        v.each(g.tile, lambda i: finish(v, g, rows + i * size, g.tile * size, b, z, k * g.tile + i))

    v.each(g.tiles, tile)


@vector_kernel
def forward(v: Any, g: Convolution, x: Any, w: Any, b: Any, targets: Any, work: Workspace, z: Any) -> None:
    """Convolve and squash.

    ``v`` is the writer and ``g`` the sizes. ``x`` (frames * sources * plane + slack,) are the input planes, ``w``
    (sources * depth * height * width * kernels,) the weights, ``b`` (maps,) the biases, ``targets`` (sources *
    kernels,) the connection table in int64. ``work`` and the output planes ``z`` (frames_out * maps * plane_out,) are
    overwritten.
    """
    if g.cyclic:
        forward_cyclic(v, g, x, w, b, targets, work, z)
        return
    inputs, weights = (work.x, work.w) if g.toom_cook else (x, w)
    if g.toom_cook:
        transform_inputs(v, g, x, inputs)
        transform_kernels(v, g, w, weights)

    def run(at: Any) -> None:
        multiply(v, g, inputs, weights, targets, work.products, at)
        finish(v, g, work.products, g.maps * g.run, b, z, at)

    v.each(g.runs, run)
