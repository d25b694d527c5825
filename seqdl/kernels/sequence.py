"""Features of a whole sequence at once, compiled: neighbouring windows share what they have in common.

Two windows one frame apart have 4 of C1's 5 frames in common, and all but one of C2's. So each stage runs over the
whole sequence, one *tile* after the other: a tile is what a window's stage works on, 9 frames that give 5 of C1, or 5
frames of S1 that give 3 of C2; tiles begin as many frames apart as they give. The kernels are those of a single window.

    frames   0 1 2 3 4 5 6 7 8 9 . . .
    C1, S1   |0 1 2 3 4|5 6 7 8 9|             from frames 0-8, from frames 5-13, ...
    C2, S2   |0 1 2|3 4 5|                     from S1's frames 0-4, from 3-7, ...
    C3       0, 1, 2, ...                      from S2's frames 0-2, from 1-3, ...
"""

from __future__ import annotations

from typing import Any

import numpy as np

from seqdl.kernels import copies, loss
from seqdl.kernels.conv3d import Convolution
from seqdl.kernels.convnet import Network, Rooms, Units, Weights, first_stage, second_stage, third_stage
from seqdl.kernels.jit import inlined, jit
from seqdl.kernels.rectify_subsample import Stage
from seqdl.kernels.simd import vector_kernel

WINDOWS = 128
"""Windows that are read together: their S1 and S2 frames are kept in memory."""


def lengths(g: Network) -> tuple[int, int]:
    """Units of S1 and S2 that windows which are read together have.

    Parameters
    ----------
    g : Network
        The sizes.

    Returns
    -------
    tuple of int
    """
    c1, c2, c3 = g.stage1.c, g.stage2.c, g.groups3.c
    frames = WINDOWS + c3.frames - 1
    return (frames + c2.frames - c2.frames_out) * c1.maps * c2.plane, frames * c2.maps * c3.plane


@vector_kernel
def put(v: Any, g: Stage, maps: Any, sequence: Any, first: Any) -> None:
    """Append a tile's output to a sequence: from (map, frame, plane) to (frame, map, plane)."""
    plane, frames = g.rows * g.columns, g.c.frames_out

    def one(m: Any, t: Any) -> None:
        v.copy(maps + (m * frames + t) * plane, sequence + ((first + t) * g.c.maps + m) * plane, plane)

    v.each(g.c.maps, lambda m: v.each(frames, lambda t: one(m, t)))


@vector_kernel
def take(v: Any, g: Convolution, sequence: Any, first: Any, maps: Any) -> None:
    """Cut a tile's input out of a sequence: from (frame, map, plane) to (map, frame, plane)."""

    def one(m: Any, t: Any) -> None:
        source = sequence + ((first + t) * g.sources + m) * g.plane
        v.copy(source, maps + (m * g.frames + t) * g.plane, g.plane)

    v.each(g.sources, lambda m: v.each(g.frames, lambda t: one(m, t)))


@inlined
def read_together(
    g: Network,
    frames: np.ndarray,
    start: int,
    count: int,
    mirror: bool,
    flip: bool,
    w: Weights,
    u: Units,
    rooms: Rooms,
    features: np.ndarray,
    outputs: np.ndarray,
    begin: int,
) -> None:
    """Describe and classify windows that begin one frame after the other.

    Parameters
    ----------
    g : Network
        The sizes.
    frames : array, (F, Y, X)
        Normalised frames.
    start, count : int
        First frame of the first window, and how many windows.
    mirror, flip : bool
        Which copy of the windows.
    w : Weights
        Parameters.
    u : Units
        Overwritten.
    rooms : Rooms
        Overwritten.
    features : array, (n, features)
        ``count`` rows are overwritten.
    outputs : array, (n, classes)
        ``count`` rows are overwritten.
    begin : int
        The first of these rows.
    """
    c1, c2, c3 = g.stage1.c, g.stage2.c, g.groups3.c
    length2 = count + c3.frames - 1
    length1 = length2 + c2.frames - c2.frames_out
    for k in range(0, length1, c1.frames_out):
        first = min(k, length1 - c1.frames_out)
        copies.copy(g.window, frames, start + first, mirror, flip, 0, 0, rooms.tables, rooms.picture, u.x)
        first_stage(g, w, u, rooms)
        put(g.stage1, u.a1, rooms.s1, first)
    for k in range(0, length2, c2.frames_out):
        first = min(k, length2 - c2.frames_out)
        take(c2, rooms.s1, first, u.a1)
        second_stage(g, w, u, rooms)
        put(g.stage2, u.a2, rooms.s2, first)
    for k in range(count):
        take(c3, rooms.s2, k, u.a2)
        third_stage(g, w, u, rooms)
        for j in range(g.features):
            features[begin + k, j] = u.f[j]
        loss.outputs(u.o, g.cross_entropy, outputs[begin + k])


@jit
def read(
    g: Network,
    frames: np.ndarray,
    starts: np.ndarray,
    mirror: bool,
    flip: bool,
    w: Weights,
    u: Units,
    rooms: Rooms,
    features: np.ndarray,
    outputs: np.ndarray,
) -> None:
    """Describe and classify windows; those that follow each other frame by frame are read together.

    Parameters
    ----------
    g : Network
        The sizes.
    frames : array, (F, Y, X)
        Normalised frames.
    starts : array of int, (n,)
        First frame of each window.
    mirror, flip : bool
        Which copy of the windows.
    w : Weights
        Parameters.
    u : Units
        Overwritten.
    rooms : Rooms
        Overwritten.
    features : array, (n, features)
        C3 of each window; overwritten.
    outputs : array, (n, classes)
        Overwritten.
    """
    k = 0
    while k < len(starts):
        end = k + 1
        while end < len(starts) and end - k < WINDOWS and starts[end] == starts[end - 1] + 1:
            end += 1
        read_together(g, frames, starts[k], end - k, mirror, flip, w, u, rooms, features, outputs, k)
        k = end
