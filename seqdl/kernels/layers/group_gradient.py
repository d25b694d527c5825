"""The gradients of a layer with many sources and small planes (C2, C3), compiled.

Each source feeds a *group* of targets, and the lanes are the targets of one source: 8 for C2. A vector of 16 lanes
holds two parts of the picture side by side, its upper and its lower half::

    lane           0      1      2      3      4   ...  15
    target         0      0      1      1      2         7          d[row, column], a vector of the group
    part          upper  lower  upper  lower  upper     lower

    weights        dw[s, q] += a[row + s, column + q] * d[row, column]      12 or 13 of the 5 x 5 taps at once
    inputs         da[row + s, column + q] += w[s, q] * d[row, column]      a row of da in registers

``a`` is packed so that the two numbers which the parts need lie side by side and repeat over the vector with one load.
At the end the parts of ``dw`` are added; the lanes of ``da`` are added up over the targets, and its two parts,
which overlap by a few rows, are laid over each other.

Where a layer connects all with all and has more use for lanes that are sources (C3), those are taken:
:mod:`seqdl.kernels.layers.source_gradient`.

What is gained: no lane is wasted on the ends of short rows, and no sum over a vector is needed for each of the 4,200
weights of C2.
"""

import itertools
import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from seqdl.kernels.layers import source_gradient, toom_cook
from seqdl.kernels.layers.conv3d import transform_inputs_back, transform_kernels_back
from seqdl.kernels.layers.layout import Convolution, aligned
from seqdl.kernels.vector.blocks import parts
from seqdl.kernels.vector.simd import vector_kernel
from seqdl.kernels.vector.sizes import Sizes


@dataclass(frozen=True)
class Groups(Sizes):
    """How the targets of a layer ``c`` lie in vectors.

    Parameters
    ----------
    c : Convolution
        The layer.
    """

    c: Convolution

    @property
    def width(self) -> int:
        """Lanes of a group: targets, rounded up to a power of two, at most a whole vector."""
        return min(1 << (self.c.kernels - 1).bit_length(), self.c.lanes)

    @property
    def chunks(self) -> int:
        """Vectors that hold all targets of a source."""
        return math.ceil(self.c.kernels / self.width)

    @property
    def parts(self) -> int:
        """Parts of the picture in one vector."""
        return self.c.lanes // self.width

    @property
    def by_sources(self) -> bool:
        """Whether the lanes are sources instead: where all feed all, and fewer lanes are empty then."""
        c = self.c
        by_targets = c.kernels * c.rows_out / (self.chunks * c.lanes * self.rows)
        return c.kernels == c.maps and c.sources / source_gradient.deep(c) > by_targets

    @property
    def rows(self) -> int:
        """Rows of the outputs in one part."""
        return math.ceil(self.c.rows_out / self.parts)

    @property
    def rows_in(self) -> int:
        """Rows of the inputs that one part needs."""
        return self.rows + self.c.height - 1

    @property
    def d_plane(self) -> int:
        """Numbers of one plane of one group of gradients."""
        return self.rows * self.c.columns_out * self.c.lanes

    @property
    def a_plane(self) -> int:
        """Numbers of one packed plane of inputs."""
        return self.rows_in * self.c.columns * self.parts

    @property
    def w_plane(self) -> int:
        """Numbers of one plane of one group of kernels."""
        return self.c.height * self.c.width * self.c.lanes

    def valid(self, total: int, rows: int) -> list[tuple[int, int, list[int]]]:
        """From which row to which row the same parts lie within a picture, and which."""
        ends = [max(0, min(rows, total - p * self.rows)) for p in range(self.parts)]
        borders = sorted({0, rows, *ends})
        return [(a, b, [p for p, end in enumerate(ends) if a < end]) for a, b in itertools.pairwise(borders)]


class Workspace(NamedTuple):
    """Where the gradients' packed forms are kept.

    Parameters
    ----------
    d, a, w : array
        Gradients by the outputs or their points, in groups; inputs, packed, and afterwards the gradients by them;
        kernels, in groups.
    points : array
        The gradient by the kernels or their points; afterwards, with Toom-Cook, that by the points of the inputs.
    """

    d: np.ndarray
    a: np.ndarray
    w: np.ndarray
    points: np.ndarray


def workspace(g: Groups) -> Workspace:
    """Allocate."""
    c, groups = g.c, g.c.sources * g.chunks
    points = c.sources * max(c.w_planes * c.taps, c.frames * c.plane) + c.lanes
    if g.by_sources:
        lanes, d = source_gradient.deep(c), c.products * c.maps * c.plane_out if c.toom_cook else 0
        return Workspace(*map(aligned, (d, c.frames * c.plane * lanes, c.w_planes * c.taps * lanes, points)))
    return Workspace(
        aligned(groups * c.products * g.d_plane),
        aligned(c.sources * c.frames * g.a_plane + c.lanes),
        aligned(groups * c.w_planes * g.w_plane),
        aligned(points),
    )


def spread(v: Any, g: Groups, dz: Any, targets: Any, out: Any) -> None:
    """Bring the gradients by the outputs into groups: rows of maps become vectors of targets.

    With Toom-Cook these are mixed along time into points, ``A dz``.
    """
    c = g.c
    matrix = toom_cook.matrices(c.frames_out, c.depth).a if c.toom_cook else np.eye(c.frames_out)

    def columns(place: list[Any], at: Any, count: int, present: list[int]) -> list[Any]:
        lanes = []
        for k in range(g.width):
            for p in range(g.parts):
                there = k < len(place) and p in present
                lanes.append(v.load_some(place[k] + (at + p * g.rows * c.pitch), count) if there else v.zeros())
        return v.transpose(lanes, count)

    def rows(place: list[Any], h: Any, present: list[int], out: Any) -> None:
        for first in range(0, c.columns_out, v.lanes):
            count = min(v.lanes, c.columns_out - first)
            step, at = c.maps * c.plane_out, h * c.pitch + first
            frames = [columns(place, at + t * step, count, present) for t in range(c.frames_out)]
            for x, vectors in enumerate(zip(*frames)):
                to = out + (h * c.columns_out + (first + x)) * v.lanes
                for j, value in enumerate(toom_cook.mix(v, matrix, vectors)):
                    v.store(value, to + j * g.d_plane)

    def group(i: Any, chunk: int) -> None:
        kernels = range(chunk * g.width, min((chunk + 1) * g.width, c.kernels))
        place = [dz + v.offset(targets + (i * c.kernels + k)) * c.plane_out for k in kernels]
        there = out + (i * g.chunks + chunk) * (c.products * g.d_plane)
        for first, end, present in g.valid(c.rows_out, g.rows):
            v.each(end, lambda h, present=present: rows(place, h, present, there), start=first)

    for chunk in range(g.chunks):
        v.each(c.sources, lambda i, chunk=chunk: group(i, chunk))


def pack(v: Any, g: Groups, a: Any, out: Any) -> None:
    """Lay the parts of the inputs' planes side by side, number by number."""
    c, wide = g.c, v.lanes // g.parts

    def row(plane: Any, there: Any, h: Any, present: list[int]) -> None:
        for first in range(0, c.columns, wide):
            count = min(wide, c.columns - first)
            lines = [
                v.load_some(plane + (h * c.columns + (p * g.rows * c.columns + first)), count, wide)
                if p in present
                else v.zeros(wide)
                for p in range(g.parts)
            ]
            mixed = v.pick(lines, [p * wide + x for x in range(wide) for p in range(g.parts)])
            v.store_some(mixed, there + (h * c.columns + first) * g.parts, count * g.parts)

    def one(k: Any) -> None:
        for first, end, present in g.valid(c.rows, g.rows_in):
            v.each(end, lambda h, some=present: row(a + k * c.plane, out + k * g.a_plane, h, some), start=first)

    v.each(c.sources * c.frames, one)


def unpack(v: Any, g: Groups, packed: Any, da: Any) -> None:
    """Lay the parts of the gradients' planes over each other where they belong."""
    c, wide = g.c, v.lanes // g.parts

    def row(there: Any, y: Any, plane: Any, present: list[int]) -> None:
        for first in range(0, c.columns, wide):
            count, total = min(wide, c.columns - first), None
            for p in present:
                at = there + ((y - p * g.rows) * c.columns + first) * g.parts
                mixed = v.load_some(at, count * g.parts)
                mine = v.pick([mixed], [x * g.parts + p for x in range(wide)])
                total = mine if total is None else total + mine
            v.store_some(v.zeros(wide) if total is None else total, plane + (y * c.columns + first), count)

    def parts_at(y: int) -> list[int]:
        return [p for p in range(g.parts) if p * g.rows <= y < p * g.rows + g.rows_in]

    def some(there: Any, plane: Any, rows: list[int], present: list[int]) -> None:
        v.each(rows[-1] + 1, lambda y: row(there, y, plane, present), start=rows[0])

    def one(k: Any) -> None:
        for present, rows in itertools.groupby(range(c.rows), parts_at):
            some(packed + k * g.a_plane, da + k * c.plane, list(rows), present)

    v.each(c.sources * c.frames, one)


def group_kernels(v: Any, g: Groups, w: Any, out: Any) -> None:
    """Kernels with their targets in groups, repeated for each part."""
    c = g.c

    def one(i: Any, plane: Any, tap: Any) -> None:
        for chunk in range(g.chunks):
            first = chunk * g.width
            at = w + (((i * c.w_planes + plane) * (c.height * c.width) + tap) * c.kernels + first)
            few = v.load_some(at, c.kernels - first, g.width)
            there = out + (((i * g.chunks + chunk) * c.w_planes + plane) * (c.height * c.width) + tap) * v.lanes
            v.store(v.pick([few], [lane // g.parts for lane in range(v.lanes)]), there)

    v.each(c.sources, lambda i: v.each(c.w_planes, lambda r: v.each(c.height * c.width, lambda k: one(i, r, k))))


def weights_plane(v: Any, g: Groups, a: Any, d: Any, out: Any) -> None:
    """The gradient by one plane of one source's kernels; ``a`` and ``d`` are the first planes it meets."""
    c = g.c

    def some(taps: range, chunk: int) -> None:
        rows = range(taps.start // c.width, (taps.stop - 1) // c.width + 1)

        def row(frame: Any, h: Any, sums: list[Any]) -> list[Any]:
            sums, window = list(sums), {}
            left = a + (frame * (c.sources * g.a_plane) + h * (c.columns * g.parts))
            right = d + ((frame + chunk * c.products) * g.d_plane + h * (c.columns_out * v.lanes))
            for x in range(c.columns):
                if x < c.columns_out:
                    window[x] = v.load(right + x * v.lanes)
                for s in rows:
                    number = v.broadcast(left + (s * c.columns + x) * g.parts, period=g.parts)
                    for q in range(c.width):
                        k = s * c.width + q
                        if k in taps and x - q in window:
                            sums[k - taps.start] = v.fma(number, window[x - q], sums[k - taps.start])
                window.pop(x - c.width + 1, None)
            return sums

        def frame(t: Any, sums: list[Any]) -> list[Any]:
            return v.loop(g.rows, sums, lambda h, sums: row(t, h, sums))

        sums = [v.zeros()] * len(taps)
        sums = frame(0, sums) if c.toom_cook else v.loop(c.frames_out, sums, frame)
        count = min(g.width, c.kernels - chunk * g.width)
        for k, value in zip(taps, sums):
            place = out + (k * c.kernels + chunk * g.width)
            total = value if g.parts == 1 else None
            for p in range(g.parts if total is None else 0):
                part = v.pick([value], [lane * g.parts + p for lane in range(g.width)])
                total = part if total is None else total + part
            # lanes that are too many are overwritten by the next tap
            v.store(total, place) if g.chunks == 1 else v.store_some(total, place, count)

    # the compiler wants the other registers for what is multiplied: with more sums it keeps some of them in memory
    for taps in parts(c.height * c.width, v.registers // 2 + 1):
        for chunk in range(g.chunks):
            some(taps, chunk)


def input_row(
    v: Any, g: Groups, d: Any, w: Any, out: Any, h: Any, frames: tuple[Any, Any], rows: tuple[Any, Any]
) -> None:
    """Row ``h`` of the gradient by one packed plane of a source.

    ``frames`` and ``rows`` are the first and the end of those of its kernels that meet it; ``d`` is the plane that
    frame 0 of the kernels meets, frame r meets the r-th before it.
    """
    c, wide = g.c, v.lanes // g.parts

    def some(columns: range) -> None:
        def row(chunk: int, r: Any, s: Any, sums: list[Any]) -> list[Any]:
            sums = list(sums)
            at = (chunk * c.products - r) * g.d_plane + (h - s) * (c.columns_out * v.lanes)
            plane = chunk * c.w_planes + r
            kernel = w + (plane * g.w_plane + s * (c.width * v.lanes))
            taps = [v.load(kernel + q * v.lanes) for q in range(c.width)]
            for x in range(max(0, columns.start - c.width + 1), min(c.columns_out, columns.stop)):
                value = v.load(d + (at + x * v.lanes))
                for q in range(c.width):
                    if x + q in columns:
                        k = x + q - columns.start
                        sums[k] = v.fma(value, taps[q], sums[k])
            return sums

        sums = [v.zeros()] * len(columns)
        for chunk in range(g.chunks):

            def frame(r: Any, sums: list[Any], chunk: int = chunk) -> list[Any]:
                return v.loop(rows[1], sums, lambda s, sums: row(chunk, r, s, sums), start=rows[0])

            sums = frame(0, sums) if c.toom_cook else v.loop(frames[1], sums, frame, start=frames[0])
        there = out + (h * c.columns + columns.start) * g.parts
        for first in range(0, len(columns), wide):
            few = sums[first : first + wide]
            width = 1 << (len(few) - 1).bit_length()
            totals = v.totals(few + [v.zeros()] * (width - len(few)), g.parts)
            v.store_some(totals, there + first * g.parts, len(few) * g.parts)

    for columns in parts(c.columns, v.registers * 3 // 4):
        some(columns)


@vector_kernel
def backward(v: Any, g: Groups, w: Any, a: Any, dz: Any, targets: Any, work: Workspace, dw: Any, da: Any) -> None:
    """The gradients by the kernels and by the inputs.

    ``v`` is the writer and ``g`` the sizes. ``w`` and ``a`` are kernels and inputs, or with Toom-Cook their points, as
    :func:`seqdl.kernels.layers.conv3d.forward` left them; ``dz`` (frames_out * maps * plane_out,) is the gradient by
    the outputs, ``targets`` the connection table. ``work``, ``dw`` (sources * depth * taps,) and ``da`` (frames *
    sources * plane,) are overwritten.
    """
    if g.by_sources:
        source_gradient.backward(v, g.c, w, a, dz, work, dw, da)
        return
    group_kernels(v, g, w, work.w)
    pack(v, g, a, work.a)
    spread(v, g, dz, targets, work.d)
    backward_weights(v, g, work, dw)
    backward_input(v, g, work, da)


def backward_weights(v: Any, g: Groups, work: Workspace, dw: Any) -> None:
    """The gradient by the kernels, plane by plane."""
    c = g.c

    def plane(i: Any, r: Any) -> None:
        a = work.a + (r * c.sources + i) * g.a_plane
        d = work.d + i * (g.chunks * c.products * g.d_plane)
        weights_plane(v, g, a, d + r * g.d_plane if c.toom_cook else d, work.points + (i * c.w_planes + r) * c.taps)

    v.each(c.sources, lambda i: v.each(c.w_planes, lambda r: plane(i, r)))
    transform_kernels_back(v, c, work.points, dw)


def backward_input(v: Any, g: Groups, work: Workspace, da: Any) -> None:
    """The gradient by the inputs, row by row; overwrites the packed inputs."""
    c = g.c

    def row(i: Any, t: Any, h: Any) -> None:
        d = work.d + (i * (g.chunks * c.products) + t) * g.d_plane
        w = work.w + i * (g.chunks * c.w_planes * g.w_plane)
        out = work.a + (t * c.sources + i) * g.a_plane
        # a row of the inputs meets those rows of the kernels whose output row exists; so do frames
        rows = v.greatest(h - (g.rows - 1), 0), v.least(h + 1, c.height)
        frames = (0, 1) if c.toom_cook else (v.greatest(t - (c.frames_out - 1), 0), v.least(t + 1, c.depth))
        input_row(v, g, d, w + t * g.w_plane if c.toom_cook else w, out, h, frames, rows)

    v.each(c.sources, lambda i: v.each(c.frames, lambda t: v.each(g.rows_in, lambda h: row(i, t, h))))
    if c.toom_cook:
        unpack(v, g, work.a, work.points)
        transform_inputs_back(v, c, work.points, da)
    else:
        unpack(v, g, work.a, da)
