"""The gradients of a layer of many sources with tiny planes, all of which feed all targets (C3), compiled.

A plane of 5 x 10 units has no whole vector in a row, and 5 targets fill none either. But there are 35 sources, each of
which is treated like the others: the lanes are the sources, and everything else is a number that all of them share::

    weights        dw[r, s, q, target]     += a[frame + r, row + s, column + q] * dz[frame, target, row, column]
    inputs         da[frame, row + s, column + q] += w[r, s, q, target]         * dz[frame, target, row, column]
                   a vector of sources                a vector of sources         one number for all lanes

Inputs and kernels are transposed, so that sources lie side by side, and their gradients are transposed back; that takes
a quarter of the time.
"""

import itertools
import math
from typing import Any

from seqdl.kernels.layers.conv3d import transform_inputs_back, transform_kernels_back, transform_outputs_back
from seqdl.kernels.layers.layout import Convolution
from seqdl.kernels.vector.blocks import blocks, parts
from seqdl.kernels.vector.vocabulary import View


def deep(c: Convolution) -> int:
    """Lanes of the vectors that hold all sources."""
    return math.ceil(c.sources / c.lanes) * c.lanes


def transpose(v: Any, rows: int, columns: int, x: Any, pitch: int, out: Any, pitch_out: int) -> None:
    """``out[k, r] = x[r, k]``, by squares of as many rows as a vector has lanes.

    Where lines of ``out`` are made of whole vectors, these are stored, with zeros beyond the last row.
    """

    def square(top: Any, high: int, left: Any, wide: int) -> None:
        lines = [v.load_some(x + ((top + r) * pitch + left), wide) for r in range(high)]
        lines += [v.zeros()] * (v.lanes - high)
        for k, line in enumerate(v.transpose(lines, wide)):
            v.store_some(line, out + ((left + k) * pitch_out + top), high if pitch_out % v.lanes else v.lanes)

    def band(top: Any, high: int) -> None:
        v.pieces(columns, v.lanes, lambda left, wide: square(top, high, left, wide))

    v.pieces(rows, v.lanes, band)


def by_weights(v: Any, c: Convolution, a: Any, dz: Any, out: Any) -> None:
    """The gradient by the kernels, or by their points; all but ``dz`` with the sources side by side."""
    inputs, kernels = _maps(c, a), _kernels(c, out)
    some_targets, some_columns = blocks(c.kernels, c.width, v.registers)

    def taps(r: Any, s: Any, lanes: Any, targets: range, columns: range) -> None:
        errors = _errors(c, dz).at(r if c.toom_cook else 0)

        def row(t: Any, y: Any, sums: list[Any]) -> list[Any]:
            sums, line = list(sums), {}
            for x in range(c.columns_out):
                for q in columns:
                    if x + q not in line:
                        line[x + q] = v.load(inputs[r + t, y + s, x + q, lanes])
                numbers = [v.broadcast(errors[t, k, y, x]) for k in targets]
                for n, (d, q) in enumerate(itertools.product(numbers, columns)):
                    sums[n] = v.fma(line[x + q], d, sums[n])
            return sums

        def frame(t: Any, sums: list[Any]) -> list[Any]:
            return v.loop(c.rows_out, sums, lambda y, sums: row(t, y, sums))

        sums = [v.zeros()] * (len(targets) * len(columns))
        sums = frame(0, sums) if c.toom_cook else v.loop(c.frames_out, sums, frame)
        for (k, q), value in zip(itertools.product(targets, columns), sums):
            v.store(value, kernels[r, s, q, k, lanes])

    def line(r: Any, s: Any, lanes: Any) -> None:
        for targets in parts(c.kernels, some_targets):
            for columns in parts(c.width, some_columns):
                taps(r, s, lanes, targets, columns)

    vectors = deep(c) // v.lanes
    v.each(c.w_planes, lambda r: v.each(c.height, lambda s: v.each(vectors, lambda k: line(r, s, k * v.lanes))))


def by_inputs(v: Any, c: Convolution, w: Any, dz: Any, out: Any) -> None:
    """The gradient by the inputs, or by their points; all but ``dz`` with the sources side by side."""
    inputs, kernels, errors = _maps(c, out), _kernels(c, w), _errors(c, dz)

    def some(t: Any, y: Any, lanes: Any, columns: range) -> None:
        def target(r: Any, s: Any, k: Any, sums: list[Any]) -> list[Any]:
            sums = list(sums)
            taps = [v.load(kernels[r, s, q, k, lanes]) for q in range(c.width)]
            for x in range(max(0, columns.start - c.width + 1), min(c.columns_out, columns.stop)):
                d = v.broadcast(errors[t if c.toom_cook else t - r, k, y - s, x])
                for q, tap in enumerate(taps):
                    if x + q in columns:
                        sums[x + q - columns.start] = v.fma(tap, d, sums[x + q - columns.start])
            return sums

        def row(r: Any, s: Any, sums: list[Any]) -> list[Any]:
            return v.loop(c.kernels, sums, lambda k, sums: target(r, s, k, sums))

        def frame(r: Any, sums: list[Any]) -> list[Any]:
            # a row of the inputs meets those rows of the kernels whose output row exists; so do frames
            first, end = v.greatest(y - (c.rows_out - 1), 0), v.least(y + 1, c.height)
            return v.loop(end, sums, lambda s, sums: row(r, s, sums), start=first)

        sums = [v.zeros()] * len(columns)
        if c.toom_cook:
            sums = frame(t, sums)
        else:
            first, end = v.greatest(t - (c.frames_out - 1), 0), v.least(t + 1, c.depth)
            sums = v.loop(end, sums, frame, start=first)
        for x, value in zip(columns, sums):
            v.store(value, inputs[t, y, x, lanes])

    def line(t: Any, y: Any, lanes: Any) -> None:
        for columns in parts(c.columns, v.registers * 3 // 4):
            some(t, y, lanes, columns)

    vectors = deep(c) // v.lanes
    v.each(c.frames, lambda t: v.each(c.rows, lambda y: v.each(vectors, lambda k: line(t, y, k * v.lanes))))


def backward(v: Any, c: Convolution, w: Any, a: Any, dz: Any, work: Any, dw: Any, da: Any) -> None:
    """As :func:`seqdl.kernels.layers.group_gradient.backward`, whose ``work`` this is."""
    lanes, taps = deep(c), c.w_planes * c.taps

    def planes(turn: Any) -> None:
        v.each(c.frames, lambda t: turn(t * (c.sources * c.plane), t * (c.plane * lanes)))

    if c.toom_cook:
        transform_outputs_back(v, c, dz, work.d)
        dz = work.d
    planes(lambda at, to: transpose(v, c.sources, c.plane, a + at, c.plane, work.a + to, lanes))
    by_weights(v, c, work.a, dz, work.w)
    transpose(v, taps, c.sources, work.w, lanes, work.points if c.toom_cook else dw, taps)
    if c.toom_cook:
        transform_kernels_back(v, c, work.points, dw)
    transpose(v, c.sources, taps, w, taps, work.w, lanes)
    by_inputs(v, c, work.w, dz, work.a)
    out = work.points if c.toom_cook else da
    planes(lambda at, to: transpose(v, c.plane, c.sources, work.a + to, lanes, out + at, c.plane))
    if c.toom_cook:
        transform_inputs_back(v, c, work.points, da)


def _maps(c: Convolution, x: Any) -> View:
    """Inputs with their sources side by side; [frame, row, column, source]."""
    return View(x, c.plane * deep(c), c.columns * deep(c), deep(c), 1)


def _kernels(c: Convolution, w: Any) -> View:
    """Kernels with their sources side by side; [frame, row, column, target, source]."""
    return View(w, c.taps * deep(c), c.width * c.kernels * deep(c), c.kernels * deep(c), deep(c), 1)


def _errors(c: Convolution, dz: Any) -> View:
    """Gradients by the outputs; [frame, target, row, column]."""
    return View(dz, c.maps * c.plane_out, c.plane_out, c.pitch, 1)
