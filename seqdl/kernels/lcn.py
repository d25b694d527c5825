"""3D local contrast normalisation, compiled; the formulas are those of :mod:`seqdl.ops.lcn`.

The window is separable: a frame is blurred along time, then down its rows, then along its columns::

    7 frames of the clip       the frame blurred       and down its rows, each row
    (pointers, no copies)      along time, its first   with its ends repeated
                               and last row repeated
    x[t-3] .. x[t+3]     ->    tall               ->   wide                        ->   mean of each unit

Each arrow is a sum of 7 vectors times 7 numbers; a vector is 16 neighbours in a row, and along the columns the vectors
are the same row moved by one unit, from the memory (a load that crosses two lines of the cache costs no more than
picking lanes out of registers).

The second blur looks at the differences v of 7 frames, so it follows the first 3 frames later, and only the last 7
differences are kept, in a ring. Everything that is touched more than once fits into the first two levels of the cache;
of the whole clip, only the output and, if c is a mean over the sequence, the deviations are written.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from seqdl.kernels.conv3d import aligned
from seqdl.kernels.jit import jit
from seqdl.kernels.simd import target, vector_kernel
from seqdl.kernels.sizes import Sizes
from seqdl.ops.lcn import TINY

F = np.float32


@dataclass(frozen=True)
class Contrast(Sizes):
    """The sizes of a normalisation.

    Parameters
    ----------
    rows, columns : int
        Of a frame.
    size : int
        Of the window, odd.
    lanes : int
        Of the processor; see :func:`seqdl.kernels.simd.target`.
    """

    rows: int
    columns: int
    size: int
    lanes: int

    @property
    def border(self) -> int:
        """What is cut off on each side."""
        return self.size // 2

    @property
    def frame(self) -> int:
        """Units of a frame."""
        return self.rows * self.columns

    @property
    def rows_out(self) -> int:
        """Rows of the output."""
        return self.rows - 2 * self.border

    @property
    def columns_out(self) -> int:
        """Columns of the output."""
        return self.columns - 2 * self.border

    @property
    def frame_out(self) -> int:
        """Units of a frame of the output."""
        return self.rows_out * self.columns_out

    @property
    def pitch(self) -> int:
        """Units of a row, rounded up to vectors."""
        return math.ceil(self.columns / self.lanes) * self.lanes

    @property
    def lead(self) -> int:
        """Units before a row whose ends are repeated, in whole vectors."""
        return math.ceil(self.border / self.lanes) * self.lanes

    @property
    def wide(self) -> int:
        """Units of a row whose ends are repeated."""
        return self.lead + self.pitch + self.lead


class Room(NamedTuple):
    """What lies between a clip and its normalised form.

    Parameters
    ----------
    tall : array, ((rows + 2 border) * pitch,)
        A frame blurred along time.
    wide : array, (rows * wide,)
        A frame blurred along time and rows.
    ring : array, (size * frame,)
        The differences of the last frames.
    frames : array of int64, (size,)
        Where the frames begin that the window sees.
    deviations : array, (frames * frame_out,)
        Of the frames that wait for c.
    total : array, (1,)
        The sum of a frame's deviations.
    """

    tall: np.ndarray
    wide: np.ndarray
    ring: np.ndarray
    frames: np.ndarray
    deviations: np.ndarray
    total: np.ndarray


def _along(v: Any, length: int, body: Callable[[Any, int], None]) -> None:
    """``body(first unit, how many)`` for each vector of a row."""
    whole = length // v.lanes
    if whole:
        v.each(whole, lambda k: body(k * v.lanes, v.lanes))
    if length % v.lanes:
        body(whole * v.lanes, length % v.lanes)


def _window(v: Any, g: Contrast, w: Any) -> list[Any]:
    """The window's numbers, each in all lanes."""
    return [v.broadcast(w + k) for k in range(g.size)]


def _blur(v: Any, weights: list[Any], vectors: list[Any]) -> Any:
    """The weighted mean of vectors."""
    total = vectors[0] * weights[0]
    for weight, vector in zip(weights[1:], vectors[1:]):
        total = v.fma(vector, weight, total)
    return total


def _along_time(v: Any, g: Contrast, x: Any, frames: Any, w: Any, tall: Any, squared: bool) -> None:
    weights, sources = _window(v, g, w), [x + v.offset(frames + k) for k in range(g.size)]

    def vector(y: Any, at: Any, count: int) -> None:
        values = [v.load_some(source + (y * g.columns + at), count) for source in sources]
        values = [value * value for value in values] if squared else values
        v.store(_blur(v, weights, values), tall + ((y + g.border) * g.pitch + at))

    def repeat(source: int, to: Any) -> None:
        v.each(g.pitch // v.lanes, lambda k: v.store(v.load(tall + (k * v.lanes + source)), tall + (k * v.lanes + to)))

    v.each(g.rows, lambda y: _along(v, g.columns, lambda at, count: vector(y, at, count)))
    if not squared:  # the second blur never looks beyond the frame
        first, last = g.border * g.pitch, (g.border + g.rows - 1) * g.pitch
        v.each(g.border, lambda k: repeat(first, k * g.pitch))
        v.each(g.border, lambda k: repeat(last, (k + 1) * g.pitch + last))


@vector_kernel
def along_time(v: Any, g: Contrast, x: Any, frames: Any, w: Any, tall: Any) -> None:
    """Blur along time, and repeat the first and the last row."""
    _along_time(v, g, x, frames, w, tall, squared=False)


@vector_kernel
def squares_along_time(v: Any, g: Contrast, x: Any, frames: Any, w: Any, tall: Any) -> None:
    """Blur the squares along time."""
    _along_time(v, g, x, frames, w, tall, squared=True)


@vector_kernel
def down_rows(v: Any, g: Contrast, tall: Any, w: Any, wide: Any) -> None:
    """Blur down the rows, and repeat the ends of each row."""
    weights = _window(v, g, w)

    def row(y: Any) -> None:
        source, line = tall + y * g.pitch, wide + (y * g.wide + g.lead)

        def vector(k: Any) -> None:
            values = [v.load(source + (k * v.lanes + n * g.pitch)) for n in range(g.size)]
            v.store(_blur(v, weights, values), line + k * v.lanes)

        v.each(g.pitch // v.lanes, vector)
        first, last = v.broadcast(line), v.broadcast(line + (g.columns - 1))
        for k in range(0, g.border, v.lanes):
            v.store(first, line + (k - g.lead))
            v.store_some(last, line + (g.columns + k), g.border - k)

    v.each(g.rows, row)


@vector_kernel
def centre(v: Any, g: Contrast, x: Any, wide: Any, w: Any, ring: Any) -> None:
    """Blur along the columns; the differences from that mean."""
    weights = _window(v, g, w)

    def vector(y: Any, at: Any, count: int) -> None:
        line, place = wide + (y * g.wide + at), y * g.columns + at
        mean = _blur(v, weights, [v.load(line + (g.lead - g.border + k)) for k in range(g.size)])
        v.store_some(v.load_some(x + place, count) - mean, ring + place, count)

    v.each(g.rows, lambda y: _along(v, g.columns, lambda at, count: vector(y, at, count)))


def _deviate(
    v: Any, g: Contrast, x: Any, wide: Any, w: Any, ring: Any, out: Any, to: Any, total: Any, two: bool
) -> None:
    weights = _window(v, g, w)

    def vector(y: Any, at: Any, count: int, total: Any) -> Any:
        line = wide + ((y + g.border) * g.wide + at)
        inside, place = (y + g.border) * g.columns + at + g.border, y * g.columns_out + at
        variance = _blur(v, weights, [v.load(line + (g.lead + k)) for k in range(g.size)])
        difference = v.load_some(ring + inside, count)
        if not two:
            mean = v.load_some(x + inside, count) - difference
            variance = variance - mean * mean
        deviation = v.root(v.select(variance > 0.0, variance, v.zeros()))
        v.store_some(difference, out + place, count)
        v.store_some(deviation, to + place, count)
        if count < v.lanes:
            deviation = v.pick([deviation, v.zeros()], [k if k < count else v.lanes for k in range(v.lanes)])
        return total + deviation

    def row(y: Any, totals: list[Any]) -> list[Any]:
        whole = g.columns_out // v.lanes
        if whole:
            totals = v.loop(whole, totals, lambda k, totals: [vector(y, k * v.lanes, v.lanes, totals[0])])
        if g.columns_out % v.lanes:
            totals = [vector(y, whole * v.lanes, g.columns_out % v.lanes, totals[0])]
        return totals

    [sums] = v.loop(g.rows_out, [v.zeros()], row)
    v.store(v.total(sums), total)


@vector_kernel
def deviate(v: Any, g: Contrast, wide: Any, w: Any, ring: Any, out: Any, to: Any, total: Any) -> None:
    """Blur along the columns; deviations, their sum, and the differences where they will be divided."""
    _deviate(v, g, None, wide, w, ring, out, to, total, two=True)


@vector_kernel
def deviate_at_once(v: Any, g: Contrast, x: Any, wide: Any, w: Any, ring: Any, out: Any, to: Any, total: Any) -> None:
    """The same from the mean of the squares; the mean's square is taken off."""
    _deviate(v, g, x, wide, w, ring, out, to, total, two=False)


@vector_kernel
def divide(v: Any, g: Contrast, deviations: Any, least: Any, out: Any) -> None:
    """Divide a frame by its deviations, but by no less than ``least``."""
    least = v.broadcast(least)

    def vector(at: Any, count: int) -> None:
        deviation = v.load_some(deviations + at, count)
        v.store_some(v.load_some(out + at, count) / v.select(deviation > least, deviation, least), out + at, count)

    _along(v, g.frame_out, vector)


@jit
def run(
    g: Contrast, x: np.ndarray, w: np.ndarray, two_pass: bool, constant: int, value: float, room: Room, out: np.ndarray
) -> None:
    """Normalise the contrast of a clip.

    Parameters
    ----------
    g : Contrast
        The sizes.
    x : array, (T * frame,)
        Grey values in 0..1.
    w, two_pass, constant, value
        As in :func:`normalise`.
    room : Room
        Overwritten.
    out : array, (T * frame_out,)
        Overwritten.
    """
    count = len(x) // g.frame
    total, least = 0.0, np.empty(1, F)
    for t in range(count + g.border):
        if t < count:
            for k in range(g.size):
                room.frames[k] = min(max(t + k - g.border, 0), count - 1) * g.frame
            along_time(g, x, room.frames, w, room.tall)
            down_rows(g, room.tall, w, room.wide)
            centre(g, x[t * g.frame :], room.wide, w, room.ring[t % g.size * g.frame :])
        u = t - g.border
        if u < 0:
            continue
        for k in range(g.size):
            frame = min(max(u + k - g.border, 0), count - 1)
            room.frames[k] = (frame % g.size if two_pass else frame) * g.frame
        here, deviations = out[u * g.frame_out :], room.deviations[(u * g.frame_out if constant == 0 else 0) :]
        difference = room.ring[u % g.size * g.frame :]
        squares_along_time(g, room.ring if two_pass else x, room.frames, w, room.tall)
        down_rows(g, room.tall, w, room.wide)
        if two_pass:
            deviate(g, room.wide, w, difference, here, deviations, room.total)
        else:
            deviate_at_once(g, x[u * g.frame :], room.wide, w, difference, here, deviations, room.total)
        total += room.total[0]
        if constant != 0:
            least[0] = max(value if constant == 2 else room.total[0] / F(g.frame_out), F(TINY))
            divide(g, deviations, least, here)
    if constant == 0:
        least[0] = max(F(total / (count * g.frame_out)), F(TINY))
        for u in range(count):
            divide(g, room.deviations[u * g.frame_out :], least, out[u * g.frame_out :])


def normalise(x: np.ndarray, w: np.ndarray, two_pass: bool, constant: int, value: float, out: np.ndarray) -> None:
    """Normalise the contrast of a clip.

    Parameters
    ----------
    x : array, (T, Y, X)
        Grey values in 0..1.
    w : array, (size,)
        The window along one axis.
    two_pass : bool
        Which of the two formulas.
    constant : int
        What c is: 0 the mean over the sequence, 1 over each frame, 2 ``value``.
    value : float32
        c where it is fixed.
    out : array, (T, Y - size + 1, X - size + 1)
        Overwritten.
    """
    g = Contrast(*x.shape[1:], len(w), target().lanes)
    count = len(x) if constant == 0 else 1
    room = Room(
        aligned((g.rows + 2 * g.border) * g.pitch),
        aligned(g.rows * g.wide),
        aligned(g.size * g.frame),
        np.empty(g.size, np.int64),
        np.empty(count * g.frame_out, F),
        np.empty(1, F),
    )
    run(g, x.reshape(-1), w, two_pass, constant, F(value), room, out.reshape(-1))
