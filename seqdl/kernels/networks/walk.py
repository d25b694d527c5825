"""A sequence through the ConvNet in tiles, forward and back: the single-step model's walk through space and time.

The tiles are those of :mod:`seqdl.kernels.networks.sequence`. What the way back needs of a tile (the points of its
input, C's activations, the windows' means) is kept in a *slot*; S1, S2 and the errors of them are kept for the whole
sequence, frame after frame, so that what tiles have in common is added up where it lies::

    C3 tiles       |0 1 2 3 4|5 6 7 8 9|           errors of the features, window by window
    dS2 += of each  0 1 2 3 4 5 6                  tiles overlap in what they read
                              5 6 7 8 9 10 11
    C2 tiles       |0 1 2 3 4|5 6 7 8 9|10 11      errors of S2, tile by tile

A sequence with more tiles than there are slots shares the last slot among the rest, and on the way back each of them is
computed once more. So memory grows by S1 and S2 and their errors alone, and the time by those tiles' forward pass.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from seqdl.kernels.layers import conv3d, copies, group_gradient, plane_gradient, rectify_subsample
from seqdl.kernels.layers import squash as squashing
from seqdl.kernels.layers.layout import aligned
from seqdl.kernels.networks.convnet import Activations, Network, Weights, Workspace
from seqdl.kernels.networks.lstm_classifier import Classifier
from seqdl.kernels.vector.jit import inlined
from seqdl.kernels.vector.sizes import Sizes

F = np.float32

SLOTS = 32
"""Tiles of a layer that are kept: 160 windows of the paper's."""


@dataclass(frozen=True)
class SingleStep(Sizes):
    """All sizes of both networks.

    Parameters
    ----------
    convnet, lstm : Network, Classifier
        The ConvNet's tiles, with the groups of their own sizes; the LSTM.
    step : int
        Frames from the beginning of a window to that of the next.
    first, second, third : int
        How many parameters the stages of C1, C2 and C3 have; the head's follow.
    """

    convnet: Network
    lstm: Classifier
    step: int
    first: int
    second: int
    third: int

    @property
    def constant3(self) -> float:
        """Of the derivative of C3's squashing, which is this less ``square3`` times the activation's square."""
        return squashing.derivative(self.convnet.groups3.c.squashing)[0]

    @property
    def square3(self) -> float:
        """See ``constant3``."""
        return squashing.derivative(self.convnet.groups3.c.squashing)[1]


class Sequence(NamedTuple):
    """What is kept of a sequence between the way forward and the way back.

    Parameters
    ----------
    s1, s2, d1, d2 : array
        S1 and S2, frame after frame, and the errors of them.
    x1, z1, v1, x2, z2, v2, x3 : array, (slots, numbers)
        Of each tile that is kept: the points of its input, its activations, its windows' means. With the direct
        algorithm there are no points.
    f, x, dx, mask : array, (steps, features)
        The features, as the LSTM reads them, their errors, what dropout multiplies by.
    value : array, (1,)
        A loss.
    """

    s1: np.ndarray
    s2: np.ndarray
    d1: np.ndarray
    d2: np.ndarray
    x1: np.ndarray
    z1: np.ndarray
    v1: np.ndarray
    x2: np.ndarray
    z2: np.ndarray
    v2: np.ndarray
    x3: np.ndarray
    f: np.ndarray
    x: np.ndarray
    dx: np.ndarray
    mask: np.ndarray
    value: np.ndarray


def sequence(g: SingleStep, steps: int) -> Sequence:
    """Allocate for sequences of at most so many steps."""
    n, windows = g.convnet, (steps - 1) * g.step + 1
    c1, c2, c3, length1, length2 = n.stage1.c, n.stage2.c, n.groups3.c, windows + n.more1, windows + n.more2
    step1, step2 = c1.maps * c2.plane, c2.maps * c3.plane
    size1 = (length1 + c2.frames + c1.frames_out) * step1 + c2.slack
    size2 = (length2 + c3.frames + c2.frames_out) * step2 + c3.slack
    counts = [-(-length // tile) for length, tile in ((length1, c1.frames_out), (length2, c2.frames_out))]
    slots1, slots2, slots3 = (min(count, SLOTS) for count in (*counts, -(-windows // n.together)))

    def slots(count: int, size: int) -> np.ndarray:
        size = -(-size // 16) * 16
        return aligned(count * size).reshape(count, size)

    def points(count: int, c: conv3d.Convolution) -> np.ndarray:
        return slots(count, conv3d.workspace(c).x.size)

    def kept(count: int, c: conv3d.Convolution, out: int) -> tuple[np.ndarray, np.ndarray]:
        return slots(count, c.frames_out * c.maps * c.plane_out), slots(count, c.frames_out * out)

    return Sequence(
        *(aligned(size) for size in (size1, size2, size1, size2)),
        points(slots1, c1), *kept(slots1, c1, step1), points(slots2, c2), *kept(slots2, c2, step2), points(slots3, c3),
        *(aligned(steps * n.features).reshape(steps, n.features) for _ in range(4)), aligned(1),
    )  # fmt: skip


class Copied(NamedTuple):
    """Which copy of which frames.

    Parameters
    ----------
    start : int
        The first frame.
    mirror, flip : bool
        Whether mirrored, whether turned upside down.
    rows, columns : int
        By how much the picture is moved.
    """

    start: int
    mirror: bool
    flip: bool
    rows: int
    columns: int


@inlined
def missing(tile: int, tiles: int, slots: int) -> bool:
    """Whether a tile that is walked back has left its slot to another one."""
    return tiles > slots and tile >= slots - 1


@inlined
def add(part: np.ndarray, total: np.ndarray) -> None:
    """Add what one tile gives to what all give."""
    for k in range(len(part)):
        total[k] += part[k]


@inlined
def first_stage(
    g: SingleStep, frames: np.ndarray, copy: Copied, length: int, back: bool, w: Weights, dw: Weights, u: Activations,
    du: Activations, part: np.ndarray, gradient: np.ndarray, work: Workspace, kept: Sequence,
) -> None:  # fmt: skip
    """C1 and S1 of ``length`` frames, tile by tile; or ``back``, from the errors of S1 to the gradient of C1, R1, S1.

    ``g``, ``frames``, ``copy``, ``w``, ``dw``, ``u``, ``du``, ``part``, ``gradient``, ``work`` and ``kept`` are as
    :func:`walk` has them.
    """
    n = g.convnet
    c, step, slots = n.stage1.c, n.stage1.c.maps * n.stage2.c.plane, len(kept.z1)
    tiles = (length + c.frames_out - 1) // c.frames_out
    for tile in range(tiles):
        at, slot = min(tile * c.frames_out, length - c.frames_out), min(tile, slots - 1)
        z, means, s1 = kept.z1[slot], kept.v1[slot], kept.s1[at * step :]
        again = not back or missing(tile, tiles, slots)
        if again or not c.toom_cook:
            start, (mirror, flip, rows, columns) = copy.start + at, (copy.mirror, copy.flip, copy.rows, copy.columns)
            copies.copy(n.window, frames, start, mirror, flip, rows, columns, work.tables, work.picture, u.x)
        if again:
            place = conv3d.Workspace(kept.x1[slot], work.c1.w, work.c1.products)
            conv3d.forward(c, u.x, w.w1, w.b1, work.targets1, place, z)
            rectify_subsample.forward(n.stage1, z, w.p1, w.c1, w.d1, means, s1)
        if back:  # the last tile begins within the one before it, whose frames have had their turn
            kept.d1[at * step : tile * c.frames_out * step] = F(0)
            dz = z if c.by_rows else du.z1
            d = kept.d1[at * step :]
            rectify_subsample.backward(n.stage1, d, z, means, s1, w.p1, w.c1, dz, dw.b1, dw.p1, dw.c1, dw.d1)
            plane_gradient.backward_weights(c, kept.x1[slot] if c.toom_cook else u.x, dz, work.back1, dw.w1)
            add(part[: g.first], gradient[: g.first])


@inlined
def second_stage(
    g: SingleStep, length: int, back: bool, w: Weights, dw: Weights, du: Activations, part: np.ndarray,
    gradient: np.ndarray, work: Workspace, kept: Sequence,
) -> None:  # fmt: skip
    """C2 and S2 of ``length`` frames, tile by tile; or ``back``, from the errors of S2 to those of S1 and the gradient.

    ``g``, ``w``, ``dw``, ``du``, ``part``, ``gradient``, ``work`` and ``kept`` are as :func:`walk` has them.
    """
    n = g.convnet
    c, source, slots = n.stage2.c, n.stage1.c.maps * n.stage2.c.plane, len(kept.z2)
    step, below = c.maps * n.groups3.c.plane, length + c.depth - 1
    first, end = g.first, g.first + g.second
    tiles = (length + c.frames_out - 1) // c.frames_out
    if back:
        kept.d1[: (below + n.stage1.c.frames_out) * source] = F(0)
    else:  # what the last tile sees beyond the end is not used, but its rounding errors are
        kept.s1[below * source : (below + c.frames_out) * source] = F(0)
    for tile in range(tiles):
        at, slot = tile * c.frames_out, min(tile, slots - 1)
        z, means, s1, s2 = kept.z2[slot], kept.v2[slot], kept.s1[at * source :], kept.s2[at * step :]
        if not back or missing(tile, tiles, slots):
            place = conv3d.Workspace(kept.x2[slot], work.c2.w, work.c2.products)
            conv3d.forward(c, s1, w.w2, w.b2, work.targets2, place, z)
            rectify_subsample.forward(n.stage2, z, w.p2, w.c2, w.d2, means, s2)
        if back:
            d, da = kept.d2[at * step :], du.a1
            rectify_subsample.backward(n.stage2, d, z, means, s2, w.p2, w.c2, z, dw.b2, dw.p2, dw.c2, dw.d2)
            w2, a1 = (work.c2.w, kept.x2[slot]) if c.toom_cook else (w.w2, s1)
            group_gradient.backward(n.groups2, w2, a1, z, work.targets2, work.back2, dw.w2, da)
            add(part[first:end], gradient[first:end])
            add(da[: min(c.frames, below - at) * source], kept.d1[at * source :])


@inlined
def third_stage(
    g: SingleStep, windows: int, back: bool, w: Weights, dw: Weights, u: Activations, du: Activations, part: np.ndarray,
    gradient: np.ndarray, work: Workspace, kept: Sequence,
) -> None:  # fmt: skip
    """C3 and the features, tile by tile; or ``back``, from the errors of the features to those of S2 and the gradient.

    The ``windows`` follow each other frame by frame, and every ``g.step``-th counts. ``g``, ``w``, ``dw``, ``u``,
    ``du``, ``part``, ``gradient``, ``work`` and ``kept`` are as :func:`walk` has them.
    """
    n = g.convnet
    c, source, slots = n.groups3.c, n.stage2.c.maps * n.groups3.c.plane, len(kept.x3)
    step, below = c.maps * c.plane_out, windows + n.more2
    first, end = g.first + g.second, g.first + g.second + g.third
    k0, k1 = F(g.constant3), F(g.square3)
    size, tiles = n.features // c.maps, (windows + n.together - 1) // n.together
    if back:
        kept.d2[: (below + n.stage2.c.frames_out) * source] = F(0)
    else:
        kept.s2[below * source : (below + c.frames_out) * source] = F(0)
    for tile in range(tiles):
        at, slot = tile * n.together, min(tile, slots - 1)
        s2 = kept.s2[at * source :]
        if not back or missing(tile, tiles, slots):
            place = conv3d.Workspace(kept.x3[slot], work.c3.w, work.c3.products)
            conv3d.forward(c, s2, w.w3, w.b3, work.targets3, place, u.z3)
        if back:
            du.z3[:] = F(0)
            dw.b3[:] = F(0)
        for i in range(at, min(at + n.together, windows)):
            if i % g.step == 0:
                f, dx = kept.f[i // g.step], kept.dx[i // g.step]
                for k in range(n.features):
                    there = work.place[k] + (i - at) * step
                    if back:
                        value = dx[k] * (k0 - k1 * f[k] * f[k])
                        du.z3[there] += value
                        dw.b3[k // size] += value
                    else:
                        f[k] = u.z3[there]
        if back:
            w3, a2 = (work.c3.w, kept.x3[slot]) if c.toom_cook else (w.w3, s2)
            group_gradient.backward(n.groups3, w3, a2, du.z3, work.targets3, work.back3, dw.w3, du.a2)
            add(part[first:end], gradient[first:end])
            add(du.a2[: min(c.frames, below - at) * source], kept.d2[at * source :])


@inlined
def walk(
    g: SingleStep, leg: int, frames: np.ndarray, copy: Copied, steps: int, w: Weights, dw: Weights, u: Activations,
    du: Activations, part: np.ndarray, gradient: np.ndarray, work: Workspace, kept: Sequence,
) -> None:  # fmt: skip
    """One of six legs: C1, C2, C3 forward, then C3, C2, C1 back, of a sequence of so many ``steps``.

    One place for both ways, so that each stage is compiled once. ``g`` are the sizes, ``leg`` counts from 0; ``frames``
    (F, Y, X) are the normalised ones, of which ``copy`` says which. ``w`` are the parameters, ``dw`` views of ``part``,
    the gradient of one tile, which is added to ``gradient``; ``u`` and ``du`` are activations of a tile and their
    errors. All but the first six, with ``work`` and what is ``kept`` of the sequence, are changed.
    """
    windows, back = (steps - 1) * g.step + 1, leg > 2
    if leg == 0 or leg == 5:
        length = windows + g.convnet.more1
        first_stage(g, frames, copy, length, back, w, dw, u, du, part, gradient, work, kept)
    elif leg == 1 or leg == 4:
        second_stage(g, windows + g.convnet.more2, back, w, dw, du, part, gradient, work, kept)
    else:
        third_stage(g, windows, back, w, dw, u, du, part, gradient, work, kept)
