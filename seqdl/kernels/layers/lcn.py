"""3D local contrast normalisation, compiled; the formulas are those of :mod:`seqdl.ops.lcn`.

The window is separable: a frame is blurred along time, then down its rows, then along its columns::

    7 frames of the clip       the frame blurred       and down its rows, each row
    (pointers, no copies)      along time, its first   with its ends repeated
                               and last row repeated
    x[t-3] .. x[t+3]     ->    tall               ->   wide                        ->   mean of each unit

Each arrow is a sum of 7 vectors times 7 numbers; a vector is 16 neighbours in a row, and along the columns the vectors
are the same row moved by one unit: half of them from the memory, across two lines of the cache, the others picked out
of registers.

The second blur looks at the differences v of 7 frames, so it follows the first 3 frames later, and only the last
differences are kept, in a ring. Four frames are blurred along time at once: together they look at 10 frames, not at 28.
Everything that is touched more than once fits into the first two levels of the cache; of the whole clip, only the
output and, if c is a mean over the sequence, one over the deviations are written.
"""

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from seqdl.kernels.layers.layout import aligned
from seqdl.kernels.vector.records import record
from seqdl.kernels.vector.simd import target, vector_kernel
from seqdl.kernels.vector.sizes import Sizes
from seqdl.ops.lcn import TINY

F = np.float32


@dataclass(frozen=True)
class Contrast(Sizes):
    """The sizes of a normalisation.

    Parameters
    ----------
    rows, columns, size : int
        Of a frame; of the window, odd.
    two_pass : bool
        Which of the two formulas.
    lanes : int
        Of the processor; see :func:`seqdl.kernels.vector.simd.target`.
    together : int
        Frames that are blurred along time at once.
    """

    rows: int
    columns: int
    size: int
    two_pass: bool
    lanes: int
    together: int = 4

    @property
    def seen(self) -> int:
        """Frames that those blurred at once look at."""
        return self.size + self.together - 1

    @property
    def border(self) -> int:
        """What is cut off on each side."""
        return self.size // 2

    @property
    def frame(self) -> int:
        """Values of a frame."""
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
        """Values of a frame of the output."""
        return self.rows_out * self.columns_out

    @property
    def pitch(self) -> int:
        """Values of a row, rounded up to vectors."""
        return math.ceil(self.columns / self.lanes) * self.lanes

    @property
    def pitch_out(self) -> int:
        """The same of the output."""
        return math.ceil(self.columns_out / self.lanes) * self.lanes

    @property
    def tall(self) -> int:
        """Values of a frame whose first and last rows are repeated."""
        return (self.rows + 2 * self.border) * self.pitch

    @property
    def lead(self) -> int:
        """Values before a row whose ends are repeated, in whole vectors."""
        return math.ceil(self.border / self.lanes) * self.lanes

    @property
    def wide(self) -> int:
        """Values of a row whose ends are repeated."""
        return self.lead + self.pitch + self.lead


class Workspace(NamedTuple):
    """What lies between a clip and its normalised form.

    Parameters
    ----------
    tall, wide : array, (together * tall,) and (rows * wide,)
        A few frames blurred along time; one of them blurred along its rows too.
    ring, frames : array, (seen * frame,) and (seen,)
        The differences of the last frames; where the frames begin that are blurred along time (int64).
    variances : array, (rows_out * pitch_out,)
        Of one frame; what fills its rows up is 0.
    inverses, totals : array, (frames * frame_out,) and (T,)
        One over the deviations, of the frames that wait for c; the sum of each frame's deviations.
    """

    tall: np.ndarray
    wide: np.ndarray
    ring: np.ndarray
    frames: np.ndarray
    variances: np.ndarray
    inverses: np.ndarray
    totals: np.ndarray


def _window(v: Any, g: Contrast, w: Any) -> list[Any]:
    """The window's numbers, each in all lanes."""
    return [v.broadcast(w + k) for k in range(g.size)]


def _blur(v: Any, weights: list[Any], vectors: list[Any]) -> Any:
    """The weighted mean of vectors."""
    total = vectors[0] * weights[0]
    for weight, vector in zip(weights[1:], vectors[1:]):
        total = v.fma(vector, weight, total)
    return total


def _neighbours(v: Any, g: Contrast, line: Any, first: int) -> list[Any]:
    """Vectors along a row, each beginning a unit further on than the one before, from ``first`` on.

    The first half is loaded as it lies, across two lines of the cache; the others are picked out of vectors that fill a
    line. All in one way would keep one part of the processor busy while the other waits, and take a third longer.
    """
    whole = {k: v.load(line + k * v.lanes) for k in range(first // v.lanes, (first + g.size - 2) // v.lanes + 2)}

    def one(n: int) -> Any:
        k, rest = divmod(first + n, v.lanes)
        if not rest:
            return whole[k]
        if n < g.size // 2:
            return v.load(line + (first + n))
        return v.shuffle(whole[k], whole[k + 1], range(rest, rest + v.lanes))

    return [one(n) for n in range(g.size)]


def _along_time(v: Any, g: Contrast, x: Any, frames: Any, w: Any, tall: Any, squared: bool) -> None:
    weights, sources = _window(v, g, w), [x + v.offset(frames + k) for k in range(g.seen)]

    def vector(y: Any, at: Any, count: int) -> None:
        values = [v.load_some(source + (y * g.columns + at), count) for source in sources]
        values = [value * value for value in values] if squared else values
        for n in range(g.together):
            v.store(_blur(v, weights, values[n : n + g.size]), tall + ((y + g.border) * g.pitch + at + n * g.tall))

    v.each(g.rows, lambda y: v.pieces(g.columns, v.lanes, lambda at, count: vector(y, at, count)))


@vector_kernel
def along_time(v: Any, g: Contrast, x: Any, frames: Any, w: Any, tall: Any) -> None:
    """Blur a few frames along time, and repeat their first and last rows."""
    _along_time(v, g, x, frames, w, tall, squared=False)

    def one(n: Any) -> None:
        first = tall + (n * g.tall + g.border * g.pitch)
        last = first + (g.rows - 1) * g.pitch
        v.each(g.border, lambda k: v.copy(first, first + (k - g.border) * g.pitch, g.pitch))
        v.each(g.border, lambda k: v.copy(last, last + (k + 1) * g.pitch, g.pitch))

    v.each(g.together, one)


@vector_kernel
def squares_along_time(v: Any, g: Contrast, x: Any, frames: Any, w: Any, tall: Any) -> None:
    """Blur the squares of a few frames along time; nothing looks beyond their rows."""
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
        mean = _blur(v, weights, _neighbours(v, g, line, g.lead - g.border))
        v.store_some(v.load_some(x + place, count) - mean, ring + place, count)

    v.each(g.rows, lambda y: v.pieces(g.columns, v.lanes, lambda at, count: vector(y, at, count)))


@vector_kernel
def deviate(v: Any, g: Contrast, x: Any, wide: Any, w: Any, ring: Any, variances: Any) -> None:
    """Blur along the columns; the variances."""
    weights = _window(v, g, w)

    def vector(y: Any, at: Any, count: int) -> None:
        line, inside = wide + ((y + g.border) * g.wide + at), (y + g.border) * g.columns + at + g.border
        variance = _blur(v, weights, _neighbours(v, g, line, g.lead))
        if not g.two_pass:
            mean = v.load_some(x + inside, count) - v.load_some(ring + inside, count)
            variance = variance - mean * mean
        v.store_some(v.select(variance > 0.0, variance, v.zeros()), variances + (y * g.pitch_out + at), count)

    v.each(g.rows_out, lambda y: v.pieces(g.columns_out, v.lanes, lambda at, count: vector(y, at, count)))


@vector_kernel
def invert(v: Any, g: Contrast, variances: Any, ring: Any, out: Any, to: Any, total: Any) -> None:
    """One over the deviations, their sum, and the differences where they will be divided.

    A root is a long chain of operations that wait for each other. Behind the chains of :func:`deviate`, in one kernel,
    it would be a longer one, and the processor looks ahead only so far: both together took a third more.
    """

    def vector(y: Any, at: Any, count: int, total: Any) -> Any:
        inside, place = (y + g.border) * g.columns + at + g.border, y * g.columns_out + at
        variance = v.load(variances + (y * g.pitch_out + at))
        inverse = v.reciprocal_root(variance)
        v.store_some(v.load_some(ring + inside, count), out + place, count)
        v.store_some(inverse, to + place, count)
        return total + variance * inverse  # 0 beyond the row

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
def finish(v: Any, g: Contrast, variances: Any, ring: Any, most: Any, out: Any) -> None:
    """Divide the differences by their deviations: multiply by the inverses, but by no more than ``most``."""
    most = v.broadcast(most)

    def vector(y: Any, at: Any, count: int) -> None:
        inside, place = (y + g.border) * g.columns + at + g.border, y * g.columns_out + at
        inverse = v.reciprocal_root(v.load(variances + (y * g.pitch_out + at)))
        factor = v.select(inverse < most, inverse, most)
        v.store_some(v.load_some(ring + inside, count) * factor, out + place, count)

    v.each(g.rows_out, lambda y: v.pieces(g.columns_out, v.lanes, lambda at, count: vector(y, at, count)))


@vector_kernel
def divide(v: Any, g: Contrast, inverses: Any, most: Any, out: Any) -> None:
    """Divide a frame by its deviations: multiply by their inverses, but by no more than ``most``."""
    most = v.broadcast(most)

    def vector(at: Any, count: int) -> None:
        inverse = v.load_some(inverses + at, count)
        v.store_some(v.load_some(out + at, count) * v.select(inverse < most, inverse, most), out + at, count)

    v.pieces(g.frame_out, v.lanes, vector)


def look(v: Any, g: Contrast, start: Any, count: Any, period: Any, frames: Any) -> None:
    """Where the frames begin at which the window looks around ``start`` and the next ones: ``frames``, overwritten.

    The memory begins again after ``period`` of the ``count`` frames of the clip; ``v`` is the writer, ``g`` the sizes.
    """

    def one(k: Any) -> None:
        v.put(v.least(v.greatest(k + (start - g.border), 0), count - 1) % period * g.frame, frames + k)

    v.each(g.seen, one)


@vector_kernel
def run(v: Any, g: Contrast, x: Any, w: Any, constant: Any, most: Any, work: Workspace, out: Any, count: Any) -> None:
    """Normalise the contrast of a clip ``x`` (T * frame,), in 0..1, into ``out`` (T * frame_out,), of ``count`` frames.

    ``v`` is the writer, ``g`` the sizes, ``work`` is overwritten; ``w`` and ``constant`` are as :func:`normalise` has
    them. Where c is a mean over the sequence, nothing is divided yet; where it is given, ``most`` is one over it.
    """

    def some(n: Any) -> None:
        start = n * g.together
        first = start - g.border
        v.when(start < count, lambda: ahead(start))
        v.each(v.least(start + g.together, count), lambda t: difference(t, t - start), start=start)
        look(v, g, first, count, g.seen if g.two_pass else count, work.frames)
        squares_along_time(v, g, work.ring if g.two_pass else x, work.frames, w, work.tall)
        v.each(v.least(first + g.together, count), lambda t: deviation(t, t - first), start=v.greatest(first, 0))

    def ahead(start: Any) -> None:
        look(v, g, start, count, count, work.frames)
        along_time(v, g, x, work.frames, w, work.tall)

    def difference(t: Any, n: Any) -> None:
        down_rows(v, g, work.tall + n * g.tall, w, work.wide)
        centre(v, g, x + t * g.frame, work.wide, w, work.ring + t % g.seen * g.frame)

    def deviation(t: Any, n: Any) -> None:
        ring, here = work.ring + t % g.seen * g.frame, out + t * g.frame_out
        down_rows(v, g, work.tall + n * g.tall, w, work.wide)
        deviate(v, g, x + t * g.frame, work.wide, w, ring, work.variances)
        v.when(v.equal(constant, 2), lambda: finish(v, g, work.variances, ring, most, here))
        v.when(constant < 2, lambda: from_these(t, ring, here))

    def from_these(t: Any, ring: Any, here: Any) -> None:
        inverses, total = work.inverses + v.select(constant > 0, 0, t) * g.frame_out, work.totals + t
        invert(v, g, work.variances, ring, here, inverses, total)

        def of_the_frame() -> None:
            value, least = v.load(total, 1) / float(g.frame_out), v.constant(TINY, 1)
            v.store(v.constant(1.0, 1) / v.select(value > least, value, least), most)
            divide(v, g, inverses, most, here)

        v.when(v.equal(constant, 1), of_the_frame)

    v.each((count + (g.border + g.together - 1)) // g.together, some)


@vector_kernel
def divide_all(v: Any, g: Contrast, inverses: Any, most: Any, out: Any, count: Any) -> None:
    """Divide ``count`` frames."""
    v.each(count, lambda t: divide(v, g, inverses + t * g.frame_out, most, out + t * g.frame_out))


def normalise(x: np.ndarray, w: np.ndarray, two_pass: bool, constant: int, value: float, out: np.ndarray) -> np.ndarray:
    """Normalise the contrast of a clip ``x`` (T, Y, X), in 0..1, into ``out`` (T, Y - size + 1, X - size + 1).

    ``w`` (size,) is the window along one axis, ``two_pass`` which of the two formulas. c is the mean over the sequence
    where ``constant`` is 0, over each frame where it is 1, and ``value`` where it is 2. The sums of each frame's sigma
    (T,) are returned, zeros where c is fixed.
    """
    if not len(x):
        return np.zeros(0, F)
    g = Contrast(*x.shape[1:], len(w), two_pass, target().lanes)
    count = len(x) if constant == 0 else 1
    work = Workspace(
        aligned(g.together * g.tall),
        aligned(g.rows * g.wide),
        aligned(g.seen * g.frame, np.empty),
        np.empty(g.seen, np.int64),
        aligned(g.rows_out * g.pitch_out),
        np.empty(count * g.frame_out, F),
        np.zeros(len(x), F),
    )
    most = np.full(1, _inverse(value), F)
    run(g, x, w, constant, most, record(work), out, len(x))
    if constant == 0:
        total = np.cumsum(work.totals, dtype=np.float64)[-1]
        most[0] = _inverse(total / (len(x) * g.frame_out))
        divide_all(g, work.inverses, most, out, len(x))
    return work.totals


def _inverse(c: float) -> np.float32:
    """One over c, which is at least ``TINY``."""
    return F(1) / max(F(c), F(TINY))
