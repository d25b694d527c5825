"""The gradient by the kernels of a layer with one source and large planes (C1), compiled.

``dw[k][r, s, q] = sum over the plane of dz[k] * x, moved by the tap``. The lanes are neighbours in a plane; each tap
and target has an accumulator of partial sums, one a lane, which are added up at the very end::

                    x at tap q  x at q+1   x at q+2
      dz[map 0]     sum 0.0     sum 0.1    sum 0.2        10 loads for 21 multiply-adds,
        ...                                               21 + 3 + 1 of 32 registers
      dz[map 6]     sum 6.0     sum 6.1    sum 6.2

The planes are worked through in blocks of rows that stay in the first-level cache while all taps pass over them.
"""

import math
from typing import Any, NamedTuple

import numpy as np

from seqdl.kernels.layers.conv3d import transform_kernels_back, transform_outputs_back
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
    return Workspace(aligned(g.taps * g.lanes), aligned(dz), aligned(g.w_planes * g.taps))


def add_block(v: Any, g: Convolution, dz: Any, x: Any, sums: Any, first: Any, last: Any) -> None:
    """Add the products of runs ``first`` to ``last`` of all frames (or one point) to the partial sums of all taps."""
    frames = 1 if g.toom_cook else g.frames_out
    some_kernels, some_taps = blocks(g.kernels, g.width, v.registers)

    def taps(s: Any, kernels: range, columns: range) -> None:
        there = [sums + (s * (g.width * g.kernels) + (q * g.kernels + k)) * v.lanes for k in kernels for q in columns]

        def vector(t: Any, at: Any, c: Any, part: list[Any]) -> list[Any]:
            part = list(part)
            inputs = x + (t * g.plane + (at + s) * g.columns + c * v.lanes)
            outputs = dz + (t * (g.maps * g.plane_out) + at * g.run + c * v.lanes)
            line = [v.load(inputs + q) for q in columns]
            for n, k in enumerate(kernels):
                d = v.load(outputs + k * g.plane_out)
                for j in range(len(columns)):
                    part[n * len(columns) + j] = v.fma(d, line[j], part[n * len(columns) + j])
            return part

        def run(t: Any, at: Any, part: list[Any]) -> list[Any]:
            if g.vectors > 4:
                return v.loop(g.vectors, part, lambda c, part: vector(t, at, c, part))
            for c in range(g.vectors):
                part = vector(t, at, c, part)
            return part

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


@vector_kernel
def backward_weights(v: Any, g: Convolution, x: Any, dz: Any, work: Workspace, dw: Any) -> None:
    """The gradient by the kernels, ``dw`` (depth * taps,).

    ``v`` is the writer, ``g`` the sizes, with one source; ``x`` are the input planes, or with Toom-Cook their points,
    as :func:`seqdl.kernels.layers.conv3d.forward` left them; ``dz`` (frames_out * maps * plane_out,) is the gradient by
    the outputs, zero where activations do not count. ``work`` and ``dw`` are overwritten.
    """
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
