"""Features of a whole sequence at once, compiled: neighbouring windows share what they have in common.

Two windows one frame apart have 4 of C1's 5 frames in common, and all but one of C2's. So each layer runs over the
whole sequence, one *tile* after the other; tiles begin as many frames apart as they give::

    frames   0 1 2 3 4 5 6 7 8 9 . . .
    C1, S1   |0 1 2 3 4|5 6 7 8 9|             from frames 0-8, from frames 5-13, ...
    C2, S2   |0 1 2 3 4|                       from S1's frames 0-6, from 5-11, ...
    C3       |0 1 2 3 4|                       from S2's frames 0-6, from 5-11, ...

The kernels are those of a single window, but tiles of C2 and C3 are longer than a window, since Toom-Cook saves more on
long ones: 7 products for 5 outputs of C3, where windows on their own take 3 for each. The maps of a frame lie side by
side, so that a tile is a piece of the sequence's S1 or S2, read and written in place.
"""

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np

from seqdl.kernels.layers import copies, loss
from seqdl.kernels.layers.group_gradient import Groups
from seqdl.kernels.layers.layout import Convolution
from seqdl.kernels.layers.toom_cook import applies
from seqdl.kernels.networks.convnet import (
    Activations,
    Network,
    Weights,
    Workspace,
    first_stage,
    gather,
    head,
    second_stage,
    third_stage,
)
from seqdl.kernels.vector.simd import vector_kernel

WINDOWS = 128
"""Windows that are read together: their S1 and S2 frames are kept in memory."""
POINTS = 7
"""Frames of a tile: more points save little more and round worse."""


def tiles(g: Network, toom_cook: bool) -> Network:
    """The sizes of the tiles, from those of a window; ``toom_cook`` says whether time may be transformed."""

    def longer(c: Convolution) -> Convolution:
        frames = max(c.frames, POINTS) if toom_cook else c.frames
        return replace(c, frames=frames, toom_cook=toom_cook and applies(frames - c.depth + 1, c.depth))

    return replace(g, stage2=replace(g.stage2, c=longer(g.stage2.c)), groups3=Groups(longer(g.groups3.c)))


def lengths(g: Network) -> tuple[int, int]:
    """Activations of S1 and S2 that windows which are read together have, and the tile that reaches beyond them."""
    c1, c2, c3 = g.stage1.c, g.stage2.c, g.groups3.c
    length2 = WINDOWS + c3.frames + c2.frames_out
    length1 = length2 + c2.frames + c1.frames_out
    return length1 * c1.maps * c2.plane + c2.slack, length2 * c2.maps * c3.plane + c3.slack


def together(starts: np.ndarray) -> np.ndarray:
    """Windows that begin at frames ``starts`` (n,), in groups that are read together: those that follow each other.

    For each group the first window and the number of windows, (groups, 2).
    """
    borders = [0, *(np.flatnonzero(np.diff(starts) != 1) + 1), len(starts)]
    groups = [(k, min(WINDOWS, end - k)) for first, end in pairwise(borders) for k in range(first, end, WINDOWS)]
    return np.array(groups, np.int64).reshape(-1, 2)


@vector_kernel
def read_together(
    v: Any,
    g: Network,
    frames: Any,
    start: Any,
    count: Any,
    mirror: Any,
    flip: Any,
    w: Weights,
    u: Activations,
    work: Workspace,
    features: Any,
    outputs: Any,
    classes: Any,
) -> None:
    """Describe and classify ``count`` windows that begin one frame after the other, the first at frame ``start``.

    ``v``, ``g``, ``frames``, ``mirror``, ``flip``, ``w``, ``u``, ``work`` and ``classes`` are as :func:`read` has them;
    ``count`` rows of ``features`` and ``outputs`` are overwritten.
    """
    c1, c2, c3 = g.stage1.c, g.stage2.c, g.groups3.c
    step1, step2, step3 = c1.maps * c2.plane, c2.maps * c3.plane, c3.maps * c3.plane_out
    length1, length2 = count + g.more1, count + g.more2

    def first(k: Any) -> None:
        at = v.least(k * c1.frames_out, length1 - c1.frames_out)
        copies.copy(v, g.window, frames, start + at, mirror, flip, 0, 0, work.tables, work.picture, u.x)
        s1 = work.s1 + at * step1
        first_stage(v, g, w, u, work, s1, s1)

    def second(k: Any) -> None:
        s2 = work.s2 + k * (c2.frames_out * step2)
        second_stage(v, g, w, u, work, work.s1 + k * (c2.frames_out * step1), s2, s2)

    def third(k: Any) -> None:
        at = k * g.together
        third_stage(v, g, w, u, work, work.s2 + at * step2)
        v.each(v.least(at + g.together, count), lambda i: window(i, (i - at) * step3), start=at)

    def window(i: Any, shift: Any) -> None:
        gather(v, g, u, work, shift)
        head(v, g, w, u, classes)
        v.copy(u.f, features + i * g.features, g.features)
        loss.outputs(v, loss.Kind(g.loss), u.o, outputs + i * classes, classes)

    def tiles(length: Any, frames: int) -> Any:
        return (length + (frames - 1)) // frames

    # what the last tiles see beyond the end is not used, but its rounding errors are
    v.each(tiles(length1, c1.frames_out), first)
    v.fill(work.s1 + length1 * step1, c2.frames_out * step1)
    v.each(tiles(length2, c2.frames_out), second)
    v.fill(work.s2 + length2 * step2, c3.frames_out * step2)
    v.each(tiles(count, g.together), third)


@vector_kernel
def read(
    v: Any,
    g: Network,
    frames: Any,
    starts: Any,
    groups: Any,
    count: Any,
    mirror: Any,
    flip: Any,
    w: Weights,
    u: Activations,
    work: Workspace,
    features: Any,
    outputs: Any,
    classes: Any,
) -> None:
    """Describe and classify windows, as many ``groups`` of them as ``count`` says, from :func:`together`.

    ``v`` is the writer, ``g`` are the sizes of the tiles, ``w`` the parameters. The windows begin at frames ``starts``
    (n,) of the normalised ``frames`` (F, Y, X); ``mirror`` and ``flip`` say which copy of them. ``u`` and ``work``, C3
    of each window, ``features`` (n, features), and ``outputs`` (n, classes) are overwritten.
    """

    def group(k: Any) -> None:
        at, windows = v.offset(groups + 2 * k), v.offset(groups + (2 * k + 1))
        out = features + at * g.features, outputs + at * classes
        read_together(v, g, frames, v.offset(starts + at), windows, mirror, flip, w, u, work, *out, classes)

    v.each(count, group)
