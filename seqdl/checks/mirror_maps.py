"""The kernels that work on maps behind the ops' own interface, as :mod:`seqdl.checks.mirror` has the others.

The kernels keep maps, weights and gradients in their own order (:mod:`seqdl.kernels.layers.layout`); here they are
brought into it and back. What kernels overwrite is poisoned; beyond the end of inputs there are zeros, as they ask for.
"""

from typing import Any

import numpy as np

from seqdl.checks.case import Buffers
from seqdl.checks.mirror import Mirror, Output
from seqdl.kernels.layers import (
    conv3d,
    copies,
    group_gradient,
    layout,
    plane_gradient,
    rectify_subsample,
    squash,
    toom_cook,
)
from seqdl.kernels.layers.group_gradient import Groups
from seqdl.kernels.layers.layout import Convolution
from seqdl.kernels.layers.rectify_subsample import Stage
from seqdl.kernels.vector.records import record
from seqdl.kernels.vector.simd import target

F = np.float32


def _poisoned(work: Any, buffers: Buffers, zeros: tuple[str, ...] = ()) -> Any:
    values = {name: buffers.over(value.size) for name, value in work._asdict().items() if name not in zeros}
    return work._replace(**values)


def convolution(algorithm: str, links: np.ndarray | None = None, cyclic: int = 0) -> Mirror:
    """A convolution, of all maps with all maps or through the table ``links``.

    ``algorithm`` is "direct" or "toom_cook"; with the latter, ``cyclic`` rows at a time are transformed as well.
    """

    def run(d: np.ndarray, buffers: Buffers, a: np.ndarray, w: np.ndarray, b: np.ndarray) -> Output:
        table = layout.all_links(len(a), len(b)) if links is None else links
        (sources, frames, rows, columns), (depth, height, width) = a.shape, w.shape[-3:]
        transformed = algorithm == "toom_cook" and toom_cook.applies(frames - depth + 1, depth)
        sizes = (sources, len(table) // sources, len(b), frames, rows, columns, depth, height, width)
        c = Convolution(*sizes, "linear", transformed, *target(), cyclic)
        targets, at, inside = layout.targets(table), layout.outputs(c), layout.inputs(c)
        where = layout.weights(c, table).reshape(w.shape)
        x, packed = np.zeros(a.size + c.slack, F), np.empty(w.size, F)
        x[inside], packed[where] = a, w
        work = _poisoned(conv3d.workspace(c), buffers)
        if transformed:
            work.x[-c.slack :] = 0
        z = buffers.over(c.frames_out * c.maps * c.plane_out)
        conv3d.forward(c, x, packed, b, targets, record(work), z)
        dz = np.zeros_like(z)
        dz[at] = d
        dw, da = buffers.over(w.size), buffers.over(a.size)
        inputs, weights = (work.x, work.w) if transformed else (x, packed)
        back = _poisoned(group_gradient.workspace(Groups(c)), buffers)
        if len(a) == 1:  # as for C1, by its own kernel; the groups' kernel gives the gradient by the input
            group_gradient.backward(Groups(c), weights, inputs, dz, targets, record(back), buffers.over(w.size), da)
            plane_gradient.backward_weights(
                c, inputs, dz, record(_poisoned(plane_gradient.workspace(c), buffers, ("sums",))), dw
            )
        else:
            group_gradient.backward(Groups(c), weights, inputs, dz, targets, record(back), dw, da)
        return z[at], {"a": da[inside], "w": dw[where]}

    return run


def stage(n: int, kind: str, pooling: str, inside: str, outside: str) -> Mirror:
    """Squashing, rectification, sub-sampling and squashing again.

    ``n``, ``kind``, ``pooling``, ``inside`` and ``outside`` are as :func:`seqdl.checks.cases.stage_case` has them.
    """

    def run(d: np.ndarray, buffers: Buffers, sums: np.ndarray, p: np.ndarray, c: np.ndarray, b: np.ndarray) -> Output:
        maps, frames, rows, columns = sums.shape
        layer = Convolution(1, maps, maps, frames, rows, columns + 3, 1, 1, 4, inside, False, *target())
        g, at = Stage(layer, n, pooling == "mean", kind == "gain", outside), layout.outputs(layer)
        _, _, *picture = d.shape
        following = layout.inputs(
            Convolution(maps, 1, 1, frames, picture[0], picture[1], 1, 1, 1, inside, False, *target())
        )
        z = buffers.over(frames * maps * layer.plane_out)
        squashed = sums.reshape(-1).copy()
        squash.forward(squash.Kind(inside), squashed, squashed.size)
        z[at] = squashed.reshape(sums.shape)
        means, out = buffers.over(d.size), buffers.over(d.size)
        rectify_subsample.forward(g, z, p, c, b, means, out)
        dz = np.zeros_like(z)
        dz[at] = buffers.over(*sums.shape)
        db, dp, dc, dd = (buffers.over(maps) for _ in range(4))
        by_output = np.empty(d.size, F)
        by_output[following] = d
        rectify_subsample.backward(g, by_output, z, means, out, p, c, dz, db, dp, dc, dd)
        found, dz[at] = dz[at], 0
        unused = dz.sum()  # must be zero: every unit is wrong where it is not
        return out[following], {"sums": found + unused, "p": dp, "c": dc, "b": dd}

    return run


def window(mirror: bool, flip: bool, shift: tuple[int, int], transposed: bool) -> Mirror:
    """A copy of a window: ``mirror``, ``flip`` and ``shift``; where the kernel works ``transposed``, brought back."""

    def run(d: np.ndarray, buffers: Buffers, window: np.ndarray) -> Output:
        frames, rows, columns = window.shape
        g, out = copies.Window(frames, rows, columns, transposed), buffers.over(window.size)
        tables, picture = np.full(rows + columns, -1), buffers.over(rows * columns)
        before = np.concatenate([buffers.over(2, rows, columns), window])
        copies.copy(g, before, 2, mirror, flip, *shift, tables, picture, out)
        if transposed:
            return out.reshape(frames, columns, rows).swapaxes(1, 2), {}
        return out.reshape(window.shape), {}

    return run
