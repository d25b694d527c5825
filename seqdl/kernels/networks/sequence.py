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
    neurons,
    second_stage,
    third_stage,
)
from seqdl.kernels.vector.jit import borrowing, inlined

F = np.float32

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


@inlined
def read_together(
    g: Network,
    frames: np.ndarray,
    start: int,
    count: int,
    mirror: bool,
    flip: bool,
    w: Weights,
    u: Activations,
    work: Workspace,
    features: np.ndarray,
    outputs: np.ndarray,
    begin: int,
) -> None:
    """Describe and classify ``count`` windows that begin one frame after the other, the first at frame ``start``.

    ``g``, ``frames``, ``mirror``, ``flip``, ``w``, ``u`` and ``work`` are as :func:`read` has them; of ``features`` and
    ``outputs``, ``count`` rows from ``begin`` on are overwritten.
    """
    c1, c2, c3 = g.stage1.c, g.stage2.c, g.groups3.c
    step1, step2, step3 = c1.maps * c2.plane, c2.maps * c3.plane, c3.maps * c3.plane_out
    length1, length2 = count + g.more1, count + g.more2
    for k in range(0, length1, c1.frames_out):
        first = min(k, length1 - c1.frames_out)
        copies.copy(g.window, frames, start + first, mirror, flip, 0, 0, work.tables, work.picture, u.x)
        s1 = work.s1[first * step1 :]
        first_stage(g, w, u, work, s1, s1)
    # what the last tiles see beyond the end is not used, but its rounding errors are
    work.s1[length1 * step1 : (length1 + c2.frames_out) * step1] = F(0)
    for k in range(0, length2, c2.frames_out):
        s2 = work.s2[k * step2 :]
        second_stage(g, w, u, work, work.s1[k * step1 :], s2, s2)
    work.s2[length2 * step2 : (length2 + c3.frames_out) * step2] = F(0)
    for k in range(0, count, g.together):
        third_stage(g, w, u, work, work.s2[k * step2 :])
        for i in range(k, min(k + g.together, count)):
            neurons(g, w, u, work, (i - k) * step3)
            for j in range(g.features):
                features[begin + i, j] = u.f[j]
            loss.outputs(u.o, g.loss, outputs[begin + i])


@borrowing
def read(
    g: Network,
    frames: np.ndarray,
    starts: np.ndarray,
    mirror: bool,
    flip: bool,
    w: Weights,
    u: Activations,
    work: Workspace,
    features: np.ndarray,
    outputs: np.ndarray,
) -> None:
    """Describe and classify windows; those that follow each other frame by frame are read together.

    ``g`` are the sizes of the tiles, ``w`` the parameters. The windows begin at frames ``starts`` (n,) of the
    normalised ``frames`` (F, Y, X); ``mirror`` and ``flip`` say which copy of them. ``u`` and ``work``, C3 of each
    window, ``features`` (n, features), and ``outputs`` (n, classes) are overwritten.
    """
    k = 0
    while k < len(starts):
        end = k + 1
        while end < len(starts) and end - k < WINDOWS and starts[end] == starts[end - 1] + 1:
            end += 1
        read_together(g, frames, starts[k], end - k, mirror, flip, w, u, work, features, outputs, k)
        k = end
