"""The gradient by the kernels of a layer with one source and large planes (C1), compiled.

``dw[k][r, s, q] = sum over the plane of dz[k] * x, moved by the tap``. The lanes are neighbours in a plane; each tap
and target has an accumulator of partial sums, one a lane, which are added up at the very end::

                    x at tap q  x at q+1   x at q+2
      dz[map 0]     sum 0.0     sum 0.1    sum 0.2        10 loads for 21 multiply-adds,
        ...                                               21 + 3 + 1 of 32 registers
      dz[map 6]     sum 6.0     sum 6.1    sum 6.2

The planes are worked through in blocks of rows that stay in the first-level cache while all taps pass over them.

Where rows are transformed as well as time (:mod:`seqdl.kernels.layers.cyclic`), a point of the kernels has few products
to add up, and its partial sums stay in registers.
"""

import math
from typing import Any, NamedTuple

import numpy as np

from seqdl.kernels.layers import cyclic
from seqdl.kernels.layers.conv3d import linear, transform_kernels_back, transform_outputs_back
from seqdl.kernels.layers.layout import Convolution, aligned
from seqdl.kernels.vector.blocks import blocks, parts
from seqdl.kernels.vector.simd import vector_kernel

CACHE = 28 * 1024  # bytes of the gradients' planes to be worked on at once


class Workspace(NamedTuple):
    """Where the gradient's parts are kept.

    Parameters
    ----------
    sums : array
        Partial sums of one frame or point of the kernels. Zeros between calls.
    dz, points : array
        With Toom-Cook, the points of the gradient by the outputs; the gradient by the kernels or their points.
    """

    sums: np.ndarray
    dz: np.ndarray
    points: np.ndarray


def workspace(g: Convolution) -> Workspace:
    """Allocate."""
    dz = g.products * g.maps * g.plane_out if g.toom_cook else 0
    points = g.w_planes * g.taps
    if g.cyclic:
        c = g.of_rows
        dz, points = dz + c.frames * c.maps * c.plane_out, points + c.frames * c.taps
    return Workspace(aligned(g.taps * g.lanes), aligned(dz), aligned(points))


def run_products(v: Any, g: Convolution, dz: Any, x: Any, kernels: range, columns: range, part: list[Any]) -> list[Any]:
    """Add the products of a run of outputs at ``dz`` with the inputs at ``x`` to the partial sums of some taps."""

    def vector(c: Any, part: list[Any]) -> list[Any]:
        part = list(part)
        line = [v.load(x + c * v.lanes + q) for q in columns]
        for n, k in enumerate(kernels):
            d = v.load(dz + c * v.lanes + k * g.plane_out)
            for j in range(len(columns)):
                part[n * len(columns) + j] = v.fma(d, line[j], part[n * len(columns) + j])
        return part

    if g.vectors > 4:
        return v.loop(g.vectors, part, vector)
    for c in range(g.vectors):
        part = vector(c, part)
    return part


def add_block(v: Any, g: Convolution, dz: Any, x: Any, sums: Any, first: Any, last: Any) -> None:
    """Add the products of runs ``first`` to ``last`` of all frames (or one point) to the partial sums of all taps."""
    frames = 1 if g.toom_cook else g.frames_out
    some_kernels, some_taps = blocks(g.kernels, g.width, v.registers)

    def taps(s: Any, kernels: range, columns: range) -> None:
        there = [sums + (s * (g.width * g.kernels) + (q * g.kernels + k)) * v.lanes for k in kernels for q in columns]

        def run(t: Any, at: Any, part: list[Any]) -> list[Any]:
            inputs = x + (t * g.plane + (at + s) * g.columns)
            outputs = dz + (t * (g.maps * g.plane_out) + at * g.run)
            return run_products(v, g, outputs, inputs, kernels, columns, part)

        def frame(t: Any, part: list[Any]) -> list[Any]:
            return v.loop(last, part, lambda at, part: run(t, at, part), start=first)

        part = [v.load(place) for place in there]
        part = v.loop(frames, part, frame) if frames > 1 else frame(0, part)
        for place, value in zip(there, part):
            v.store(value, place)

    def row(s: Any) -> None:
        for kernels in parts(g.kernels, some_kernels):
            for columns in parts(g.width, some_taps):
                taps(s, kernels, columns)

    v.each(g.height, row)


def add_up(v: Any, g: Convolution, sums: Any, out: Any) -> None:
    """The gradient by one frame or point of the kernels: the lanes of the partial sums together; empties them."""

    def tap(j: Any) -> None:
        for first in range(0, g.kernels, v.lanes):
            count = min(v.lanes, g.kernels - first)
            width = 1 << (count - 1).bit_length()
            there = [sums + (j * g.kernels + (first + k)) * v.lanes for k in range(count)]
            vectors = [v.load(place) for place in there] + [v.zeros()] * (width - count)
            place = out + (j * g.kernels + first)
            v.store_some(v.totals(vectors), place, count)
            for place in there:
                v.store(v.zeros(), place)

    v.each(g.height * g.width, tap)


def transform_rows_back(v: Any, g: Convolution, dz: Any, out: Any) -> None:
    """The points of the rows of each tile of a gradient by the outputs, one point in time."""
    c, chain = g.of_rows, [matrix.T for matrix in reversed(cyclic.chains(g.cyclic, g.height).inverse)]

    def vector(m: Any, k: Any, at: Any) -> None:
        rows, there = dz + (m * g.plane_out + k * (g.tile * g.run) + at), out + (m * c.plane_out + k * c.run + at)
        for n, value in enumerate(cyclic.mix(v, chain, [v.load(rows + i * g.run) for i in range(g.tile)])):
            v.store(value, there + n * (c.maps * c.plane_out))

    def tile(m: Any, k: Any) -> None:
        v.each(g.vectors, lambda at: vector(m, k, at * v.lanes))

    v.each(g.maps, lambda m: v.each(g.tiles, lambda k: tile(m, k)))


def point(v: Any, c: Convolution, dz: Any, x: Any, out: Any) -> None:
    """The gradient by one point of the kernels' rows."""
    some_kernels, some_taps = blocks(c.kernels, c.width, v.registers)
    for kernels in parts(c.kernels, min(some_kernels, v.lanes)):
        for columns in parts(c.width, some_taps):

            def run(at: Any, part: list[Any], kernels: range = kernels, columns: range = columns) -> list[Any]:
                return run_products(v, c, dz + at * c.run, x + at * c.columns, kernels, columns, part)

            part = v.loop(c.runs, [v.zeros()] * (len(kernels) * len(columns)), run)
            zeros = [v.zeros()] * ((1 << (len(kernels) - 1).bit_length()) - len(kernels))
            for n, q in enumerate(columns):
                total = v.totals(part[n :: len(columns)] + zeros)
                v.store_some(total, out + (q * c.kernels + kernels.start), len(kernels))


def backward_cyclic(v: Any, g: Convolution, x: Any, dz: Any, work: Workspace, dw: Any) -> None:
    """As :func:`backward_weights`, with rows transformed as well as time; tiles must not overlap."""
    c, step = g.of_rows, g.maps * g.plane_out
    d, own = work.dz + g.products * step, work.points + g.w_planes * g.taps
    transform_outputs_back(v, g, dz, work.dz)

    def plane(j: Any) -> None:
        transform_rows_back(v, g, work.dz + j * step, d)
        inputs = x + (g.points + j * c.points)
        v.each(c.frames, lambda n: point(v, c, d + n * (c.maps * c.plane_out), inputs + n * c.plane, own + n * c.taps))
        linear(v, cyclic.chains(g.cyclic, g.height).g.T, own, work.points + j * g.taps, c.taps)

    v.each(g.w_planes, plane)
    transform_kernels_back(v, g, work.points, dw)


@vector_kernel
def backward_weights(v: Any, g: Convolution, x: Any, dz: Any, work: Workspace, dw: Any) -> None:
    """The gradient by the kernels, ``dw`` (depth * taps,).

    ``v`` is the writer, ``g`` the sizes, with one source; ``x`` are the input planes, or with Toom-Cook their points,
    as :func:`seqdl.kernels.layers.conv3d.forward` left them; ``dz`` (frames_out * maps * plane_out,) is the gradient by
    the outputs, zero where activations do not count. ``work`` and ``dw`` are overwritten.
    """
    if g.cyclic:
        backward_cyclic(v, g, x, dz, work, dw)
        return
    step = g.maps * g.plane_out
    count = min(math.ceil(4 * step * (1 if g.toom_cook else g.frames_out) / CACHE), g.runs)
    rows = math.ceil(g.runs / count)

    def plane(j: Any) -> None:
        d, inputs = work.dz + j * step if g.toom_cook else dz, x + j * g.plane
        v.each(count, lambda k: add_block(v, g, d, inputs, work.sums, k * rows, v.least((k + 1) * rows, g.runs)))
        add_up(v, g, work.sums, work.points + j * g.taps)

    if g.toom_cook:
        transform_outputs_back(v, g, dz, work.dz)
    v.each(g.w_planes, plane)
    transform_kernels_back(v, g, work.points, dw)
