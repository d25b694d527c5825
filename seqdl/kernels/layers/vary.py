"""Varied copies, compiled: what :mod:`seqdl.ops.vary` says, for all frames of a window at once.

All frames of a copy look up the same places. So they are first laid side by side, pixel by pixel: the lanes of a vector
are a pixel's values in all frames, and to look up or to blur takes the same few vectors for nine frames as for one::

    frame 0   a b c ...                 a k r ... | b l s ... | c m t ...
    frame 1   k l m ...      spread
    frame 2   r s t ...       -->       look up, blur; and back, with contrast, brightness and noise
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from seqdl.kernels.layers import dropout
from seqdl.kernels.layers.layout import aligned
from seqdl.kernels.vector.jit import inlined, jit
from seqdl.kernels.vector.simd import target, vector_kernel
from seqdl.kernels.vector.sizes import Sizes
from seqdl.ops.vary import BITS, RADIUS, table

F = np.float32
UNUSED = np.uint64(64 - BITS)
TAPS = 2 * RADIUS + 1


@dataclass(frozen=True)
class Frames(Sizes):
    """The sizes of what is rendered in one go.

    Parameters
    ----------
    frames, rows, columns : int
        Of a window.
    lanes : int
        Numbers in a vector.
    """

    frames: int
    rows: int
    columns: int
    lanes: int

    @property
    def pixels(self) -> int:
        """Of a frame."""
        return self.rows * self.columns

    @property
    def deep(self) -> int:
        """Lanes that a pixel has, in one vector or several."""
        return -(-self.frames // self.lanes) * self.lanes


class Workspace(NamedTuple):
    """What rendering works with.

    Parameters
    ----------
    normal : array of float32
        The table of normal numbers, its beginning repeated after its end.
    moved : array of float32, (frames, rows, columns)
        Frames that jitter.
    sources, noises : array of int64, (frames,)
        First number of each frame among all frames, and of its noise in the table.
    at, u, v : array of int64, and twice of float32
        For each pixel of a row, the one above and to the left of where it is looked up, and how far below and beside.
    numbers, weights : array of float32
        Contrast, noise, and the brightness of each frame; the Gaussian.
    spread, line, found : array of float32
        Frames side by side, and in the end what was blurred; one row, and all rows, of what was looked up.
    """

    normal: np.ndarray
    moved: np.ndarray
    sources: np.ndarray
    noises: np.ndarray
    at: np.ndarray
    u: np.ndarray
    v: np.ndarray
    numbers: np.ndarray
    weights: np.ndarray
    spread: np.ndarray
    line: np.ndarray
    found: np.ndarray


def sizes(frames: int, rows: int, columns: int) -> Frames:
    """Those of windows on this processor."""
    return Frames(frames, rows, columns, target().lanes)


def workspace(g: Frames) -> Workspace:
    """Allocate."""
    wide, high = g.columns + 2 * RADIUS, g.rows + 2 * RADIUS
    beyond = g.columns + 1  # what lies below and beside the last pixel counts nothing
    return Workspace(
        normal=np.resize(table(), 2**BITS + g.pixels),
        moved=np.zeros((g.frames, g.rows, g.columns), np.float32),
        sources=np.zeros(g.frames, np.int64),
        noises=np.zeros(g.frames, np.int64),
        at=np.zeros(wide, np.int64),
        u=aligned(wide),
        v=aligned(wide),
        numbers=aligned(2 + g.frames),
        weights=aligned(TAPS),
        spread=aligned((g.pixels + beyond) * g.deep),
        line=aligned(wide * g.deep),
        found=aligned(high * g.columns * g.deep),
    )


@vector_kernel
def spread(v: Any, g: Frames, frames: Any, sources: Any, out: Any) -> None:
    """Frames that begin at ``sources``, side by side."""

    def block(first: Any, wide: int) -> None:
        for group in range(0, g.frames, v.lanes):
            there = range(group, min(group + v.lanes, g.frames))
            lines = [v.load_some(frames + (v.offset(sources + t) + first), wide) for t in there]
            lines += [v.zeros()] * (v.lanes - len(lines))
            for k, pixel in enumerate(v.transpose(lines, wide)):
                v.store(pixel, out + ((first + k) * g.deep + group))

    v.pieces(g.pixels, v.lanes, block)


@vector_kernel
def look_up(v: Any, g: Frames, frames: Any, at: Any, down: Any, right: Any, count: Any, out: Any) -> None:
    """So many pixels between those of ``frames``."""

    def one(k: Any) -> None:
        place, y, x = v.offset(at + k), v.broadcast(down + k), v.broadcast(right + k)
        for group in range(0, g.deep, v.lanes):
            corner = frames + (place * g.deep + group)
            a, b = v.load(corner), v.load(corner + g.deep)
            c, d = v.load(corner + g.columns * g.deep), v.load(corner + (g.columns + 1) * g.deep)
            above, below = v.fma(x, b - a, a), v.fma(x, d - c, c)
            v.store(v.fma(y, below - above, above), out + (k * g.deep + group))

    v.each(count, one)


@vector_kernel
def blur(v: Any, g: Frames, a: Any, weights: Any, lines: Any, count: Any, step: Any, out: Any) -> None:
    """Lines of ``count`` pixels, every one from the seven that begin there.

    Lines begin at neighbouring pixels, and the pixels of a line are a ``step`` apart. What is loaded stays in registers
    while it is needed.
    """
    w = [v.broadcast(weights + k) for k in range(RADIUS + 1)]

    def line(n: Any, group: int) -> None:
        source, target = a + (n * g.deep + group), out + (n * g.deep + group)

        def one(k: Any, before: list[Any]) -> list[Any]:
            pixels = [*before, v.load(source + (k + (TAPS - 1)) * step * g.deep)]
            total = w[RADIUS] * pixels[RADIUS]
            for m in range(RADIUS):
                total = v.fma(w[m], pixels[m] + pixels[TAPS - 1 - m], total)
            v.store(total, target + k * step * g.deep)
            return pixels[1:]

        v.loop(count, [v.load(source + step * (k * g.deep)) for k in range(TAPS - 1)], one)

    for group in range(0, g.deep, v.lanes):
        v.each(lines, lambda n, group=group: line(n, group))


@vector_kernel
def collect(v: Any, g: Frames, a: Any, numbers: Any, normal: Any, noises: Any, out: Any) -> None:
    """Frame after frame again, with contrast, brightness and, unless ``normal`` is None, noise."""
    contrast, noise = v.broadcast(numbers), v.broadcast(numbers + 1)

    def block(first: Any, wide: int) -> None:
        for group in range(0, g.frames, v.lanes):
            count = min(v.lanes, g.frames - group)
            pixels = [v.load(a + ((first + k) * g.deep + group)) for k in range(wide)]
            pixels += [v.zeros()] * (v.lanes - wide)
            for t, line in enumerate(v.transpose(pixels, count), group):
                added = v.broadcast(numbers + (2 + t))
                if normal is not None:
                    added = v.fma(noise, v.load_some(normal + (v.offset(noises + t) + first), wide), added)
                v.store_some(v.fma(contrast, line, added), out + (t * g.pixels + first), wide)

    v.pieces(g.pixels, v.lanes, block)


@jit
def drawn(seed: int, first: int, count: int) -> np.ndarray:
    """Places in the table, (count,) of int64: ``count`` numbers of a ``seed`` from its ``first`` on, counted from 0."""
    places = np.empty(count, np.int64)
    for k in range(count):
        places[k] = np.int64(dropout.number(seed, first + k) >> UNUSED)
    return places


@jit
def look_up_all(g: Frames, margin: int, row: np.ndarray, work: Workspace) -> None:
    """Where each pixel is looked up, by the variation ``row`` (V,), and what is found there, row after row.

    ``g`` are the sizes. With a ``margin`` so many more on every side are looked up and blurred along the row. What is
    found is in ``work``, its ``found``.
    """
    size, proportion, angle = row[0], row[1], row[4] * (np.pi / 180)
    high, wide = size * np.sqrt(proportion), size / np.sqrt(proportion)
    cos, sin = np.cos(angle), np.sin(angle)
    middle_y, middle_x = (g.rows - 1) / 2, (g.columns - 1) / 2
    last_y, last_x, across = F(g.rows - 1), F(g.columns - 1), g.columns + 2 * margin
    by_y, by_x, x = F(sin / high), F(cos / wide), -margin - middle_x - row[3]
    at, u, v, line = work.at, work.u, work.v, g.columns * g.deep
    for k in range(g.rows + 2 * margin):
        y = k - margin - middle_y - row[2]
        from_y, from_x = F(middle_y + (cos * y + sin * x) / high), F(middle_x + (cos * x - sin * y) / wide)
        for n in range(across):
            there_y = min(max(from_y + by_y * F(n), F(0)), last_y)
            there_x = min(max(from_x + by_x * F(n), F(0)), last_x)
            top, left = np.int32(there_y), np.int32(there_x)
            u[n], v[n] = there_y - F(top), there_x - F(left)
            at[n] = top * g.columns + left
        if margin > 0:
            look_up(g, work.spread, at, u, v, across, work.line)
            blur(g, work.line, work.weights, 1, g.columns, 1, work.found[k * line :])
        else:
            look_up(g, work.spread, at, u, v, across, work.found[k * line :])


@inlined
def move(frame: np.ndarray, rows: int, columns: int, down: int, right: int, out: np.ndarray) -> None:
    """A ``frame`` (rows * columns,) moved ``down`` and ``right``, its borders repeated, into ``out``.

    All numbers are moved at once, which is wrong beside the left or the right border, above or below; then these are
    mended. ``rows`` and ``columns`` are those of the frame.
    """
    down, right = min(max(down, 1 - rows), rows - 1), min(max(right, 1 - columns), columns - 1)
    step = down * columns + right
    source, target = frame[max(-step, 0) :], out[max(step, 0) :]
    for k in range(rows * columns - abs(step)):
        target[k] = source[k]
    first, end = max(down, 0), rows + min(down, 0)
    for y in range(first, end):
        there = (y - down) * columns
        for x in range(right):
            out[y * columns + x] = frame[there]
        for x in range(columns + right, columns):
            out[y * columns + x] = frame[there + columns - 1]
    for k in range(first * columns):
        out[k] = out[first * columns + k % columns]
    for k in range(end * columns, rows * columns):
        out[k] = out[(end - 1) * columns + k % columns]


@jit
def render(
    g: Frames, frames: np.ndarray, first: int, last: int, origin: float, t0: int, row: np.ndarray, work: Workspace,
    out: np.ndarray,
) -> None:  # fmt: skip
    """As many varied frames as a window has, into ``out`` (T, Y, X), made of ``frames`` (F, Y, X).

    ``g`` are the sizes; ``first`` and ``last`` say from which frame on and before which one the sequence is, ``origin``
    where in it the copy's frame number 0 is, of which the number ``t0`` is the first that is made. ``row`` (V,) is a
    :class:`seqdl.ops.vary.Variation`. ``work`` and ``out`` are overwritten.
    """
    jitter, where = row[13], drawn(np.int64(row[14]), 4 * t0, 4 * g.frames)
    still = row[0] == 1 and row[1] == 1 and row[2] == 0 and row[3] == 0 and row[4] == 0
    work.numbers[0], work.numbers[1] = row[6], row[8]
    for t in range(g.frames):
        nearest = min(max(int(np.ceil(origin + row[5] * (t0 + t) - 0.5)), first), last - 1)
        work.sources[t], work.noises[t] = nearest * g.pixels, where[4 * t]
        work.numbers[2 + t] = row[7] * work.normal[where[4 * t + 3]]
        if jitter > 0:
            down = np.rint(jitter * np.float64(work.normal[where[4 * t + 1]]))
            right = np.rint(jitter * np.float64(work.normal[where[4 * t + 2]]))
            frame, moved = frames[nearest].reshape(-1), work.moved[t].reshape(-1)
            move(frame, g.rows, g.columns, int(down), int(right), moved)
            work.sources[t] = t * g.pixels
    if jitter > 0:
        spread(g, work.moved, work.sources, work.spread)
    else:
        spread(g, frames, work.sources, work.spread)
    if row[9] > 0:
        total = 0.0
        for k in range(TAPS):
            total += np.exp(-0.5 * ((k - RADIUS) / row[9]) ** 2)
        for k in range(TAPS):
            work.weights[k] = np.exp(-0.5 * ((k - RADIUS) / row[9]) ** 2) / total
        look_up_all(g, RADIUS, row, work)
        blur(g, work.found, work.weights, g.columns, g.rows, g.columns, work.spread)
    elif not still:
        look_up_all(g, 0, row, work)
    made = work.spread if still or row[9] > 0 else work.found
    if row[8] != 0:
        collect(g, made, work.numbers, work.normal, work.noises, out)
    else:
        collect(g, made, work.numbers, None, work.noises, out)
    side = g.columns if row[11] != 0 else g.rows
    begin = min(max(int(np.rint(row[12] * side - row[10] * side / 2)), 0), side)
    end = min(max(int(np.rint(row[12] * side + row[10] * side / 2)), 0), side)
    if row[11] != 0:
        out[:, :, begin:end] = F(0)
    else:
        out[:, begin:end] = F(0)


@jit
def render_clips(
    g: Frames, frames: np.ndarray, spans: np.ndarray, origins: np.ndarray, lengths: np.ndarray, rows: np.ndarray,
    work: Workspace, out: np.ndarray,
) -> None:  # fmt: skip
    """Varied copies of n clips, each at least as long as a window, one after the other into ``out`` (frames, Y, X).

    ``g`` are the sizes, ``frames`` (F, Y, X) those of a store; ``spans`` (n, 2) first frame and number of frames of
    each clip's sequence, ``origins`` (n,) which frame of the store is the copy's first, ``lengths`` (n,) how many it
    has; ``rows`` (n, V) the variations. ``work`` and ``out`` are overwritten.
    """
    at = 0
    for k in range(len(origins)):
        first, last = spans[k, 0], spans[k, 0] + spans[k, 1]
        for begin in range(0, lengths[k], g.frames):
            t0 = min(begin, lengths[k] - g.frames)  # the last ones begin within those before them
            part = out[at + t0 : at + t0 + g.frames]
            render(g, frames, first, last, origins[k], t0, rows[k], work, part)
        at += lengths[k]
