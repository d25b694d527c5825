"""The kernels that work on maps behind the ops' own interface, as :mod:`seqdl.checks.mirror` has the others.

The kernels keep maps, weights and gradients in their own order (see :mod:`seqdl.kernels.layers.conv3d`); here they are
brought into it and back. What kernels overwrite is poisoned; beyond the end of inputs there are zeros, as they ask for.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from seqdl.checks.case import Buffers
from seqdl.checks.mirror import Mirror, Output
from seqdl.kernels.layers import conv3d, copies, group_gradient, plane_gradient, rectify_subsample, squash, toom_cook
from seqdl.kernels.layers.conv3d import Convolution
from seqdl.kernels.layers.group_gradient import Groups
from seqdl.kernels.layers.rectify_subsample import Stage
from seqdl.kernels.vector.jit import jit
from seqdl.kernels.vector.simd import target

F = np.float32


@jit
def _forward(g: Any, x: Any, w: Any, b: Any, targets: Any, room: Any, z: Any) -> None:
    conv3d.forward(g, x, w, b, targets, room, z)


@jit
def _by_planes(g: Any, x: Any, dz: Any, room: Any, dw: Any) -> None:
    plane_gradient.backward_weights(g, x, dz, room, dw)


@jit
def _by_groups(g: Any, w: Any, a: Any, dz: Any, targets: Any, room: Any, dw: Any, da: Any) -> None:
    group_gradient.backward(g, w, a, dz, targets, room, dw, da)


@jit
def _pool(g: Any, z: Any, p: Any, c: Any, d: Any, means: Any, a: Any) -> None:
    rectify_subsample.forward(g, z, p, c, d, means, a)


@jit
def _pool_back(
    g: Any, da: Any, z: Any, means: Any, a: Any, p: Any, c: Any, dz: Any, db: Any, dp: Any, dc: Any, dd: Any
) -> None:
    rectify_subsample.backward(g, da, z, means, a, p, c, dz, db, dp, dc, dd)


def places(c: Convolution) -> np.ndarray:
    """Where in a layer's output its units are.

    Parameters
    ----------
    c : Convolution
        The sizes.

    Returns
    -------
    array of int, (maps, frames, rows, columns)
    """
    m, t, y, x = np.indices((c.maps, c.frames_out, c.rows_out, c.columns_out))
    return (t * c.maps + m) * c.plane_out + y * c.pitch + x


def _poisoned(room: Any, buffers: Buffers, zeros: tuple[str, ...] = ()) -> Any:
    values = {name: buffers.over(value.size) for name, value in room._asdict().items() if name not in zeros}
    return room._replace(**values)


def _by_frames(maps: np.ndarray, slack: int = 0) -> np.ndarray:
    """Maps (map, frame, row, column) as the kernels have them, the maps of a frame side by side."""
    return np.concatenate([maps.swapaxes(0, 1).reshape(-1), np.zeros(slack, F)])


def _by_maps(planes: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    maps, frames, *picture = shape
    return planes.reshape(frames, maps, *picture).swapaxes(0, 1)


def convolution(algorithm: str, links: np.ndarray | None = None) -> Mirror:
    """A convolution, of all maps with all maps or through a table.

    Parameters
    ----------
    algorithm : {"direct", "toom_cook"}
        How time is convolved.
    links : array of int, (K, 2), optional
        The table.

    Returns
    -------
    callable
    """

    def run(d: np.ndarray, buffers: Buffers, a: np.ndarray, w: np.ndarray, b: np.ndarray) -> Output:
        if links is None:
            targets, packed = np.tile(np.arange(len(w)), (len(a), 1)), w.transpose(1, 0, 2, 3, 4)
        else:
            leaving = np.stack([np.flatnonzero(links[:, 0] == source) for source in range(len(a))])
            targets, packed = links[leaving, 1], w[leaving]
        packed = np.ascontiguousarray(packed.transpose(0, 2, 3, 4, 1))  # sources, frames, rows, columns, targets
        _, depth, *picture, kernels = packed.shape
        transformed = algorithm == "toom_cook" and toom_cook.applies(a.shape[1] - depth + 1, depth)
        sizes = (len(a), kernels, len(b), *a.shape[1:], depth, *picture)
        c = Convolution(*sizes, "linear", transformed, *target())
        at, flat, x = places(c), targets.reshape(-1), _by_frames(a, c.slack)
        room = _poisoned(conv3d.room(c), buffers)
        if transformed:
            room.x[-c.slack :] = 0
        z = buffers.over(c.frames_out * c.maps * c.plane_out)
        _forward(c, x, packed.reshape(-1), b, flat, room, z)
        dz = np.zeros_like(z)
        dz[at] = d
        dw, da = buffers.add("w", packed.reshape(-1)), buffers.over(a.size)
        inputs, weights = (room.x, room.w) if transformed else (x, packed.reshape(-1))
        back = _poisoned(group_gradient.room(Groups(c)), buffers)
        if len(a) == 1:  # as for C1, by its own kernel; the groups' kernel gives the gradient by the input
            _by_groups(Groups(c), weights, inputs, dz, flat, back, np.zeros_like(dw), da)
            _by_planes(c, inputs, dz, _poisoned(plane_gradient.room(c), buffers, ("sums",)), dw)
        else:
            _by_groups(Groups(c), weights, inputs, dz, flat, back, dw, da)
        found = dw.reshape(packed.shape).transpose(0, 4, 1, 2, 3)
        found = found.swapaxes(0, 1) if links is None else found.reshape(w.shape)[np.argsort(leaving.reshape(-1))]
        return z[at], {"a": _by_maps(da, a.shape), "w": found}

    return run


def stage(n: int, kind: str, pooling: str, inside: str, outside: str) -> Mirror:
    """Squashing, rectification, sub-sampling and squashing again.

    Parameters
    ----------
    n : int
        Side of the sub-sampling window.
    kind, pooling, inside, outside : str
        The readings of rectification, sub-sampling and the two squashing functions.

    Returns
    -------
    callable
    """

    def run(d: np.ndarray, buffers: Buffers, sums: np.ndarray, p: np.ndarray, c: np.ndarray, d_: np.ndarray) -> Output:
        maps, frames, rows, columns = sums.shape
        layer = Convolution(1, maps, maps, frames, rows, columns + 3, 1, 1, 4, inside, False, *target())
        g, at = Stage(layer, n, pooling == "mean", kind == "gain", outside), places(layer)
        z = buffers.over(frames * maps * layer.plane_out)
        squashed = sums.reshape(-1).copy()
        squash.forward(squashed, *squash.shape(inside))
        z[at] = squashed.reshape(sums.shape)
        means, out = buffers.over(d.size), buffers.over(d.size)
        _pool(g, z, p, c, d_, means, out)
        dz = np.zeros_like(z)
        dz[at] = buffers.over(*sums.shape)
        added = [buffers.add(name, value) for name, value in (("p", p), ("c", c), ("d_", d_))]
        _pool_back(g, _by_frames(d), z, means, out, p, c, dz, np.zeros(maps, F), *added)
        found, dz[at] = dz[at], 0
        unused = dz.sum()  # must be zero: every unit is wrong where it is not
        return _by_maps(out, d.shape), {"sums": found + unused, "p": added[0], "c": added[1], "d_": added[2]}

    return run


def window(mirror: bool, flip: bool, shift: tuple[int, int], turned: bool) -> Mirror:
    """A copy of a window.

    Parameters
    ----------
    mirror, flip : bool
        Swap left and right; top and bottom.
    shift : tuple of int
        Rows and columns.
    turned : bool
        Whether the kernel turns its pictures; they are turned back here.

    Returns
    -------
    callable
    """

    def run(d: np.ndarray, buffers: Buffers, window: np.ndarray) -> Output:
        frames, rows, columns = window.shape
        g, out = copies.Window(frames, rows, columns, turned), buffers.over(window.size)
        tables, picture = np.full(rows + columns, -1), buffers.over(rows * columns)
        before = np.concatenate([buffers.over(2, rows, columns), window])
        copies.copy(g, before, 2, mirror, flip, *shift, tables, picture, out)
        if turned:
            return out.reshape(frames, columns, rows).swapaxes(1, 2), {}
        return out.reshape(window.shape), {}

    return run
