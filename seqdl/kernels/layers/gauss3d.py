"""Gaussian windows over space and time, compiled; the formulas are those of :mod:`seqdl.baseline.equations`.

Windows are symmetric and separable. Each axis in turn is the one that vectors are strung along::

    a frame, in stripes of       blurred down the     each square of lanes x lanes      blurred along the columns,
    as many columns as lanes  -> rows of a stripe  -> is turned over in registers,   -> which now are the rows of a
    (one vector a row)                                rows become lanes                 stripe; laid down with the other
                                                                                        frames, to be blurred along time

so that every tap is a vector at its own address, no lane is picked out of another, and no load crosses a line of the
cache. Four sums at once share what they load, and taps at the same distance share a product.

A frame's sums do not depend on the frames that are blurred with it, nor on where they begin.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from seqdl.kernels.layers.layout import aligned
from seqdl.kernels.vector.jit import jit
from seqdl.kernels.vector.simd import vector_kernel
from seqdl.kernels.vector.sizes import Sizes

F = np.float32
TOGETHER = 4
"""Sums that share their loads."""
REACH = 8
"""Frames before and after the four that are blurred at once, whatever the window: two times four."""
CHUNK = 16
"""Frames that are blurred along time in one go, at most."""


@dataclass(frozen=True)
class Blur(Sizes):
    """A window and how many planes it blurs.

    Parameters
    ----------
    weights : tuple of float
        Half of the window, from the centre outwards.
    planes : int
        Of a frame: 1 is the frame itself, 6 are the products of its derivatives.
    lanes : int
        Of the processor; see :func:`seqdl.kernels.vector.simd.target`.
    """

    weights: tuple[float, ...]
    planes: int
    lanes: int

    @property
    def radius(self) -> int:
        """How far the window reaches."""
        return len(self.weights) - 1

    @property
    def square(self) -> int:
        """Values of a square that is turned over."""
        return self.lanes * self.lanes


class Extent(NamedTuple):
    """Of the frames of a volume.

    Parameters
    ----------
    rows, columns : int
        Of a frame.
    down, across : int
        Squares of lanes x lanes that cover them, or a band of some of their rows.
    pitch, frame : int
        Values from a row to the next and from a frame to the next, where rows lie one after the other, with room for a
        vector before and after each.
    """

    rows: int
    columns: int
    down: int
    across: int
    pitch: int
    frame: int


def extent(rows: int, columns: int, lanes: int) -> Extent:
    """The extent of frames."""
    down, across = -(-rows // lanes), -(-columns // lanes)
    pitch = (across + 2) * lanes
    return Extent(rows, columns, down, across, pitch, down * lanes * pitch)


class Workspace(NamedTuple):
    """What lies between a frame and its blurred form.

    Parameters
    ----------
    stripes, stripe, turned : array
        A stripe of each plane with its ends repeated; one of them, blurred down its rows; a band of all planes, turned
        over.
    """

    stripes: np.ndarray
    stripe: np.ndarray
    turned: np.ndarray


def workspace(g: Blur, e: Extent) -> Workspace:
    """Room for one frame."""
    tall, wide = (e.down * g.lanes + 2 * g.radius) * g.lanes, (e.across * g.lanes + 2 * g.radius) * g.lanes
    return Workspace(aligned(g.planes * tall), aligned(e.down * g.square), aligned(g.planes * e.down * wide))


class Series(NamedTuple):
    """What lies between blurred series and their frames.

    Parameters
    ----------
    sums, squares : array
        Four sums of each plane; a square of each frame.
    """

    sums: np.ndarray
    squares: np.ndarray


def series(g: Blur) -> Series:
    """Room for CHUNK frames."""
    return Series(aligned(g.planes * TOGETHER * g.lanes), aligned(CHUNK * g.square))


def symmetric(v: Any, weights: tuple[float, ...], load: Callable[[int], Any]) -> list[Any]:
    """Four neighbouring sums of a window; ``load`` gives what is so many places after the first one's centre::

    s[j] = w[0] x[j] + sum over k of w[k] (x[j - k] + x[j + k])
    """
    reach = 4 if v.registers > 16 else 2  # distances whose vectors are in registers at once
    sums = [load(j) * weights[0] for j in range(TOGETHER)]
    for first in range(1, len(weights), reach):
        near = range(first, min(first + reach, len(weights)))
        known = {i: load(i) for i in sorted({j + s * k for j in range(TOGETHER) for k in near for s in (-1, 1)})}
        for k in near:
            weight = v.constant(weights[k], v.lanes)
            sums = [v.fma(v.plus(known[j - k], known[j + k]), weight, s) for j, s in enumerate(sums)]
    return sums


def repeat(v: Any, g: Blur, stripe: Any, there: Any, start: Any, stop: Any) -> None:
    """Repeat vector ``there`` of a stripe as its vectors ``start`` to before ``stop``."""
    v.each(stop, lambda k: v.store(v.load(stripe + there * g.lanes), stripe + k * g.lanes), start=start)


def blur_stripe(v: Any, g: Blur, stripe: Any, count: Any, out: Any, step: Any) -> None:
    """Blur a stripe, whose ends are repeated, to ``count`` times four vectors, ``step`` values apart in ``out``."""

    def four(k: Any) -> None:
        centre = stripe + (k * TOGETHER + g.radius) * g.lanes
        for n, s in enumerate(symmetric(v, g.weights, lambda i: v.load(centre + i * g.lanes))):
            v.store(s, out + (k * TOGETHER + n) * step)

    v.each(count, four)


def blur_band(
    v: Any, g: Blur, e: Extent, top: Any, row: Callable[[Any, Any], list], work: Workspace, out: Any, slots: Any
) -> None:
    """Blur ``e.down`` squares of the planes of a frame, from row ``top`` on, in space.

    ``row(y, i)`` are the planes' vectors ``i`` of row y. In ``out`` planes, their squares and the rows of these, which
    are the frame's columns, follow each other; from one to the next are ``slots`` vectors, so that all frames lie side
    by side.
    """
    lanes, height = g.lanes, e.down * g.lanes + 2 * g.radius
    tall, wide = height * lanes, (e.across * lanes + 2 * g.radius) * lanes
    above, first, stop = top - g.radius, v.greatest(top - g.radius, 0), v.least(top - g.radius + height, e.rows)

    def stripe(i: Any) -> None:
        def fill(y: Any) -> None:
            for n, vector in enumerate(row(y, i)):
                v.store(vector, work.stripes + n * tall + (y - above) * lanes)

        def plane(n: Any) -> None:
            here = work.stripes + n * tall
            repeat(v, g, here, first - above, 0, first - above)
            repeat(v, g, here, stop - above - 1, stop - above, height)
            blur_stripe(v, g, here, e.down * (lanes // TOGETHER), work.stripe, lanes)

            def turn(j: Any) -> None:
                rows = [v.load(work.stripe + j * g.square + k * lanes) for k in range(lanes)]
                there = work.turned + (n * e.down + j) * wide + (i * lanes + g.radius) * lanes
                for k, column in enumerate(v.transpose(rows)):
                    v.store(column, there + k * lanes)

            v.each(e.down, turn)

        v.each(stop, fill, start=first)
        v.each(g.planes, plane)

    def along(n: Any) -> None:
        turned = work.turned + n * wide
        repeat(v, g, turned, g.radius, 0, g.radius)
        repeat(v, g, turned, e.columns + (g.radius - 1), e.columns + g.radius, e.columns + 2 * g.radius)

        def square(i: Any) -> None:
            there = out + (n * e.across + i) * slots * g.square
            blur_stripe(v, g, turned + i * g.square, lanes // TOGETHER, there, lanes)

        v.each(e.across, square)

    v.each(e.across, stripe)
    v.each(e.down * g.planes, along)


@vector_kernel
def blur_space(v, g, e, top, frame, work, out, slot, slots):
    """Blur a ``frame``, whose rows lie one after the other, in space; it becomes number ``slot`` of ``slots``."""

    def row(y: Any, i: Any) -> list[Any]:
        return [v.load(frame + y * e.pitch + (i + 1) * g.lanes)]

    blur_band(v, g, e, top, row, work, out + slot * g.square, slots)


def blur_series(
    v: Any, g: Blur, e: Extent, blurred: Any, fours: Any, count: Any, slots: Any, work: Series, out: Any, last: Callable
) -> None:
    """Blur all planes along time, four frames at once, and turn the squares back.

    ``fours`` (``count`` + 4,) says where, after slot 0, the frames begin, four by four, those of the first two before
    and those of the last two after the ``count`` that are wanted, at most CHUNK frames; ``slots`` are those of
    :func:`blur_band`. ``last(sums)`` makes one vector of those of all planes. The rows of ``out`` lie one after the
    other.
    """
    plane = e.down * e.across * slots * g.square

    def square(j: Any, i: Any) -> None:
        def column(x: Any) -> None:
            here = blurred + (j * e.across + i) * slots * g.square + x * g.lanes

            def four(k: Any) -> None:
                begins = [v.offset(fours + (k + n)) for n in range(2 * REACH // TOGETHER + 1)]

                def blur(n: Any) -> None:
                    def load(t: int) -> Any:
                        which, rest = divmod(t + REACH, TOGETHER)
                        return v.load(here + n * plane + begins[which] + rest * g.square)

                    for t, s in enumerate(symmetric(v, g.weights, load)):
                        v.store(s, work.sums + (n * TOGETHER + t) * g.lanes)

                v.each(g.planes, blur)
                for t in range(TOGETHER):
                    sums = [v.load(work.sums + (n * TOGETHER + t) * g.lanes) for n in range(g.planes)]
                    v.store(last(sums), work.squares + (k * TOGETHER + t) * g.square + x * g.lanes)

            v.each(count, four)

        def turn(t: Any) -> None:
            columns = [v.load(work.squares + t * g.square + x * g.lanes) for x in range(g.lanes)]
            for y, one in enumerate(v.transpose(columns)):
                v.store(one, out + t * e.frame + (j * g.lanes + y) * e.pitch + (i + 1) * g.lanes)

        v.each(g.lanes, column)
        v.each(count * TOGETHER, turn)

    v.each(e.down, lambda j: v.each(e.across, lambda i: square(j, i)))


@vector_kernel
def blur_time(v, g, e, blurred, fours, count, slots, work, out):
    """Blur frames that :func:`blur_space` has blurred along time; see :func:`blur_series`."""
    blur_series(v, g, e, blurred, fours, count, slots, work, out, lambda sums: sums[0])


@jit
def smooth_space(g: Blur, e: Extent, frames: np.ndarray, frame: np.ndarray, work: Workspace, out: np.ndarray) -> None:
    """Blur ``frames`` (T, Y, X) of uint8, divided by 255, in space.

    ``g`` and ``e`` are sizes. ``frame`` (rows, pitch) and ``work`` are overwritten, and ``out``, squares of T + 2 REACH
    slots; before the first and after the last frame these are repeated.
    """
    count, slots = len(frames), len(frames) + 2 * REACH
    for t in range(count):
        for y in range(e.rows):
            line, source = frame[y, g.lanes :], frames[t, y]
            for x in range(e.columns):
                line[x] = F(source[x]) * F(1 / 255)
        blur_space(g, e, 0, frame, work, out, t + REACH, slots)
    series = out[: e.down * e.across * slots * g.square].reshape(-1, slots, g.square)
    for one in series:
        one[:REACH], one[REACH + count :] = one[REACH], one[REACH + count - 1]


@jit
def smooth_time(g: Blur, e: Extent, blurred: np.ndarray, count: int, work: Series, out: np.ndarray) -> None:
    """Blur ``count`` frames from :func:`smooth_space`, ``blurred``, along time.

    ``g`` and ``e`` are sizes, ``work`` is overwritten.
    ``out`` (at least ``count`` rounded up to fours, rows, pitch) has each row's first and last value once more beside
    them, and zeros in the rest of the room there.
    """
    for t in range(0, count, CHUNK):
        fours = (t + np.arange((CHUNK + 2 * REACH) // TOGETHER) * TOGETHER) * g.square
        some = (min(CHUNK, count - t) + TOGETHER - 1) // TOGETHER
        blur_time(g, e, blurred, fours, some, count + 2 * REACH, work, out[t:])
    for t in range(count):
        for y in range(e.down * g.lanes):
            row = out[t, y]
            row[: g.lanes], row[e.pitch - g.lanes :] = F(0), F(0)
            row[g.lanes - 1], row[g.lanes + e.columns] = row[g.lanes], row[g.lanes + e.columns - 1]
