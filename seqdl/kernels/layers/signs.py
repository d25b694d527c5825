"""The signs of a person, compiled: the functions of :mod:`seqdl.video.signs` under the same names, to the same bits.

What takes the time there are medians. Here a median is found by halving: how many values lie below the middle of an
interval that holds it? Comparing and counting is what vectors do best. After a few halvings the largest value in the
interval is looked at; mostly it is the median by then, and else one less is left. Of many medians at once each lane
halves an interval of its own.

A frame is small, and everything is done to it while it lies in the first-level cache.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from seqdl.kernels.vector.jit import exact
from seqdl.kernels.vector.simd import vector_kernel
from seqdl.kernels.vector.sizes import Sizes

F = np.float32
PAIR = 32
"""Numbers in two of the widest vectors: columns that are looked at together are filled up to a multiple of it."""
HALVINGS = 6
"""Steps of halving between two looks at whether a median is found."""
LOWEST = float(np.finfo(F).min)
RADIUS = 2
"""Of the window that is written out in :func:`level`."""


@dataclass(frozen=True)
class Lanes(Sizes):
    """All that the vectors here depend on.

    Parameters
    ----------
    lanes : int
        Of the processor; see :func:`seqdl.kernels.vector.simd.target`.
    """

    lanes: int


@exact
def padded(count: int) -> int:
    """So many columns, filled up."""
    return -(-count // PAIR) * PAIR


def _smaller(v: Any, values: Any, limits: list[Any], rows: Any, pitch: Any) -> list[Any]:
    """How many values of some vectors of columns are smaller than their limits."""
    one = v.constant(1.0, v.lanes)

    def row(k: Any, counts: list[Any]) -> list[Any]:
        found = [v.load(values + (k * pitch + i * v.lanes)) for i in range(len(limits))]
        return [n + v.select(x < limit, one, v.zeros()) for n, x, limit in zip(counts, found, limits)]

    return v.loop(rows, [v.zeros() for _ in limits], row)  # type: ignore[no-any-return]


@vector_kernel
def halve(v: Any, g: Lanes, values: Any, rank: Any, first: Any, last: Any, rows: Any, blocks: Any) -> None:
    """Halve the interval ``first``, ``last`` that holds each column's value of a ``rank``, several times.

    ``values`` are (rows, 2 ``blocks`` lanes); at most ``rank`` of a column are smaller than first, more than last.
    """
    pitch, half = blocks * (2 * v.lanes), v.constant(0.5, v.lanes)
    wanted = v.broadcast(rank)

    def pair(block: Any) -> None:
        places = [block * (2 * v.lanes), block * (2 * v.lanes) + v.lanes]
        ends = [v.load(end + at) for at in places for end in (first, last)]

        def once(_: Any, ends: list[Any]) -> list[Any]:
            middles = [(ends[0] + ends[1]) * half, (ends[2] + ends[3]) * half]
            counts = _smaller(v, values + places[0], middles, rows, pitch)
            made = []
            for k, (count, middle) in enumerate(zip(counts, middles)):
                made.append(v.select(wanted < count, ends[2 * k], middle))
                made.append(v.select(wanted < count, middle, ends[2 * k + 1]))
            return made

        ends = v.loop(HALVINGS, ends, once)
        for k, at in enumerate(places):
            v.store(ends[2 * k], first + at)
            v.store(ends[2 * k + 1], last + at)

    v.each(blocks, pair)


@vector_kernel
def look_below(v: Any, g: Lanes, values: Any, limits: Any, rows: Any, blocks: Any, largest: Any, count: Any) -> None:
    """The largest of each column's values that is smaller than its limit, ``LOWEST`` for none.

    And how many are smaller than that one.
    """
    lowest, pitch = v.constant(LOWEST, v.lanes), blocks * (2 * v.lanes)

    def one(block: Any) -> None:
        at = block * v.lanes
        limit = v.load(limits + at)

        def row(k: Any, found: list[Any]) -> list[Any]:
            x = v.load(values + (k * pitch + at))
            x = v.select(x < limit, x, lowest)
            return [v.select(found[0] < x, x, found[0])]

        found = v.loop(rows, [lowest], row)
        v.store(found[0], largest + at)
        v.store(_smaller(v, values + at, found, rows, pitch)[0], count + at)

    v.each(blocks * 2, one)


@exact
def middles(g: Lanes, values: np.ndarray, out: np.ndarray) -> None:
    """The medians over the first axis of ``values`` (n, m) into ``out`` (m,); m are whole pairs of vectors of ``g``."""
    n, m = values.shape
    rank, blocks = np.full(1, n // 2, F), m // (2 * g.lanes)
    first, last, upper, count = values[0].copy(), np.full(m, F(np.inf)), np.empty(m, F), np.empty(m, F)
    for i in range(1, n):
        for j in range(m):
            first[j] = values[i, j] if values[i, j] < first[j] else first[j]
    while True:
        look_below(g, values, last, n, blocks, upper, count)
        waiting = False
        for j in range(m):
            last[j] = upper[j] if count[j] > rank[0] else last[j]
            waiting |= count[j] > rank[0]
        if not waiting:
            break
        halve(g, values, rank, first, last, n, blocks)
    twice = count < rank[0]
    look_below(g, values, upper, n, blocks, out, count)
    for j in range(m):
        out[j] = ((upper[j] if n % 2 or twice[j] else out[j]) + upper[j]) / F(2)


@exact
def infinite(count: int) -> np.ndarray:
    """Room for so many numbers, filled up."""
    values = np.empty(padded(count), F)
    for i in range(len(values)):
        values[i] = np.inf
    return values


@vector_kernel
def look_anywhere(v: Any, g: Lanes, values: Any, limit: Any, rows: Any, largest: Any, count: Any) -> None:
    """The largest of ``values`` (rows, 2 lanes) that is smaller than a limit, and how many are."""
    lowest, one, bound = v.constant(LOWEST, v.lanes), v.constant(1.0, v.lanes), v.broadcast(limit)

    def row(k: Any, found: list[Any]) -> list[Any]:
        made = []
        for i, (most, smaller) in enumerate(zip(found[::2], found[1::2])):
            x = v.load(values + (k * (2 * v.lanes) + i * v.lanes))
            below = v.select(x < bound, x, lowest)
            made += [v.select(most < below, below, most), smaller + v.select(x < bound, one, v.zeros())]
        return made

    first, few, second, many = v.loop(rows, [lowest, v.zeros(), lowest, v.zeros()], row)
    highest = v.select(first < second, second, first)
    width = v.lanes // 2
    while width:
        other = v.shuffle(highest, highest, [k ^ width for k in range(v.lanes)])
        highest = v.select(highest < other, other, highest)
        width //= 2
    v.store_some(highest, largest, 1)
    v.store(v.total(few + many), count)


@exact
def middle(g: Lanes, values: np.ndarray, size: int) -> float:
    """The median of the first ``size`` of ``values`` (whole pairs of vectors of ``g``,), of which none is below 0.

    Those behind are infinite.
    """
    rows, rank = len(values) // (2 * g.lanes), F(size // 2)
    limit, largest, count = np.empty(1, F), np.empty(1, F), np.empty(1, F)
    first, last = F(0), F(np.inf)
    while True:
        limit[0] = last
        look_anywhere(g, values, limit, rows, largest, count)
        limit[0] = upper = largest[0]
        look_anywhere(g, values, limit, rows, largest, count)
        if count[0] <= rank:
            break
        last = upper
        for _ in range(HALVINGS):
            limit[0] = half = (first + last) / F(2)
            look_anywhere(g, values, limit, rows, largest, count)
            first, last = (first, half) if count[0] > rank else (half, last)
    lower = upper if size % 2 or count[0] < rank else largest[0]
    return (lower + upper) / F(2)


@exact
def reflected(place: int, count: int) -> int:
    """Which of ``count`` pixels stands at a ``place`` that may lie outside, where they are mirrored at their border."""
    place %= 2 * count
    return place if place < count else 2 * count - 1 - place


@exact
def level(g: Lanes, frames: np.ndarray, far: float, near: float, own: float, out: np.ndarray) -> None:
    """Blur ``frames`` (T, Y, X) of uint8 and take each one's median away, into ``out``.

    ``g`` are the vectors' lanes. The window is ``far``, ``near``, ``own``, near, far: a loop over it would take half as
    long again.
    """
    count, rows, columns = frames.shape
    tall, wide = np.empty((rows + 2 * RADIUS, columns)), np.empty(columns + 2 * RADIUS)
    held = infinite(rows * columns)
    for t in range(count):
        for y in range(len(tall)):
            source = frames[t, reflected(y - RADIUS, rows)]
            for x in range(columns):
                tall[y, x] = source[x]
        for y in range(rows):
            for x in range(columns):
                total = tall[y + 2, x] * own
                total += (tall[y, x] + tall[y + 4, x]) * far
                total += (tall[y + 1, x] + tall[y + 3, x]) * near
                wide[x + RADIUS] = F(total)
            for k in range(1, RADIUS + 1):
                wide[RADIUS - k] = wide[RADIUS + reflected(-k, columns)]
                wide[RADIUS + columns - 1 + k] = wide[RADIUS + reflected(columns - 1 + k, columns)]
            for x in range(columns):
                total = wide[x + 2] * own
                total += (wide[x] + wide[x + 4]) * far
                total += (wide[x + 1] + wide[x + 3]) * near
                out[t, y, x] = F(total)
        frame = out[t].reshape(-1)
        for i in range(len(frame)):
            held[i] = frame[i]
        median = middle(g, held, len(frame))
        for i in range(len(frame)):
            frame[i] -= median


@exact
def differ(a: np.ndarray, b: np.ndarray, out: np.ndarray) -> None:
    """The distances of numbers."""
    for i in range(len(out)):
        out[i] = abs(a[i] - b[i])


@exact
def count_steps(f: np.ndarray, lag: int, count: int, upper: int, counts: np.ndarray) -> None:
    """Count differences between frames of ``f`` (T, Y, X) and those ``lag`` later, by halves of their bits.

    Those of the first ``count`` frames, in ``counts`` (65536,): by the upper halves; or where ``upper`` is not negative
    by the lower halves of those that have it.
    """
    step = np.empty(f[0].size, F)
    bits = step.view(np.uint32)
    for t in range(count):
        differ(f[t].reshape(-1), f[t + lag].reshape(-1), step)
        for i in range(len(step)):
            if upper < 0:
                counts[bits[i] >> 16] += 1
            elif bits[i] >> 16 == upper:
                counts[bits[i] & 0xFFFF] += 1


@exact
def above(value: float, threshold: float, most: float) -> float:
    """By how much a value is above a threshold, in multiples of it."""
    return min(max(value / threshold - F(1), F(0)), most)


@exact
def keep_touching(standing: np.ndarray, moving: np.ndarray, shares: np.ndarray, place: np.ndarray) -> None:
    """Set ``standing`` (Y, X) to 0 in patches that are hardly ``moving`` (Y, X) or are large.

    Their ``shares`` (2,) are of the patch's area and of the picture's. A patch is what hangs together, corners
    included; ``place`` (Y * X,) is overwritten.
    """
    rows, columns = standing.shape
    fresh = np.empty((rows, columns), np.bool_)
    for y in range(rows):
        for x in range(columns):
            fresh[y, x] = standing[y, x] > 0 or moving[y, x] > 0
    for start in range(rows * columns):
        if not fresh[start // columns, start % columns]:
            continue
        fresh[start // columns, start % columns] = False
        place[0], area, looked, moved = start, 1, 0, 0
        while looked < area:
            y, x = place[looked] // columns, place[looked] % columns
            looked += 1
            moved += moving[y, x] > 0
            for v in range(max(y - 1, 0), min(y + 2, rows)):
                for u in range(max(x - 1, 0), min(x + 2, columns)):
                    if fresh[v, u]:
                        fresh[v, u] = False
                        place[area] = v * columns + u
                        area += 1
        if not (moved > shares[0] * area and area < shares[1] * (rows * columns)):
            for k in range(area):
                standing[place[k] // columns, place[k] % columns] = 0


@exact
def weigh(
    g: Lanes,
    f: np.ndarray,
    start: int,
    places: np.ndarray,
    lag: int,
    usual: np.ndarray,
    limits: np.ndarray,
    scales: np.ndarray,
    plain: bool,
    shares: np.ndarray,
    moving: np.ndarray,
    standing: np.ndarray,
) -> None:
    """What each pixel of ``f`` says, as :func:`seqdl.video.signs.weigh`, into ``moving`` and ``standing`` (T, Y, X).

    ``g`` are the vectors' lanes; ``start``, ``places``, ``lag`` and ``plain`` as there; ``usual`` is a frame in a row;
    ``limits`` (3,) are the least of the thresholds, for motion, the unusual and the rest of the row; ``scales`` (4,)
    the multiples of the last two's medians below which they do not lie, the most that one sign counts, and how much the
    last one does beside the others; ``shares`` are for :func:`keep_touching`.
    """
    count, rows, columns = moving.shape
    size, place, most = rows * columns, np.empty(rows * columns, np.int32), scales[2]
    turned = np.zeros((columns, padded(rows)), F)
    distance, medians = infinite(size), np.empty(turned.shape[1], F)
    for t in range(count):
        frame, moves, stands = f[start + t].reshape(-1), moving[t].reshape(-1), standing[t].reshape(-1)
        differ(f[places[0, t]].reshape(-1), f[places[0, t] + lag].reshape(-1), moves)
        differ(f[places[1, t]].reshape(-1), f[places[1, t] + lag].reshape(-1), distance[:size])
        for i in range(len(frame)):
            moves[i] = above(min(moves[i], distance[i]), limits[0], most)
        differ(frame, usual, distance[:size])
        threshold = max(limits[1], scales[0] * middle(g, distance, size))
        for i in range(len(frame)):
            moves[i] += above(distance[i], threshold, most)
        for y in range(rows):
            for x in range(columns):
                turned[x, y] = f[start + t, y, x]
        middles(g, turned, medians)
        for y in range(rows):
            for i in range(y * columns, (y + 1) * columns):
                distance[i] = abs(frame[i] - medians[y])
        threshold = max(limits[2], scales[1] * middle(g, distance, size))
        for i in range(len(frame)):
            stands[i] = scales[3] * above(distance[i], threshold, most)
        if not plain:
            keep_touching(standing[t], moving[t], shares, place)


@exact
def leave_near(
    moving: np.ndarray, standing: np.ndarray, near: np.ndarray, shown: np.ndarray, spanned: np.ndarray
) -> None:
    """``moving`` and ``standing`` (T, Y, X) together where it is ``near`` (T, X), into ``shown``.

    And over how many rows anything moves there, into ``spanned`` (T,).
    """
    for t in range(len(moving)):
        spanned[t] = 0
        for y in range(moving.shape[1]):
            found = False
            for x in range(moving.shape[2]):
                shown[t, y, x] = moving[t, y, x] + standing[t, y, x] if near[t, x] else F(0)
                found |= near[t, x] and moving[t, y, x] > 0
            spanned[t] += found


@exact
def trace(worth: np.ndarray, price: np.ndarray, path: np.ndarray) -> None:
    """Viterbi's algorithm: the ``path`` (T,) through columns that are ``worth`` (T, X) something, less the ``price``.

    That is (X, X), float64, of moving from one to another.
    """
    count, columns = worth.shape
    total, best = worth[0].astype(np.float64), np.empty(columns)
    came_from = np.empty((count, columns), np.int64)
    for t in range(1, count):
        source = came_from[t]
        for x in range(columns):
            best[x], source[x] = total[0] - price[0, x], 0
        for k in range(1, columns):
            for x in range(columns):
                option = total[k] - price[k, x]
                source[x] = k if option > best[x] else source[x]
                best[x] = option if option > best[x] else best[x]
        for x in range(columns):
            total[x] = best[x] + worth[t, x]
    at = np.argmax(total)
    for t in range(count - 1, -1, -1):
        path[t] = at
        at = came_from[t, at] if t else at
