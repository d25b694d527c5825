"""Sparse pyramidal Lucas-Kanade flow, compiled; the formulas are those of :mod:`seqdl.baseline.equations`.

Of all frames only a pair's pyramids are there at once. Around each level there is a border in which its ends are
repeated, so that a window may lie anywhere. A vector is a row of a window, 5 of 8 lanes; all 25 pixels have the same
fraction of a pixel, so two numbers interpolate a whole window.
"""

import itertools
from dataclasses import dataclass

import numpy as np

from seqdl.kernels.vector.jit import jit
from seqdl.kernels.vector.simd import vector_kernel
from seqdl.kernels.vector.sizes import Sizes

F = np.float32
CELL = 5
BORDER, ROOM = 8, 16
"""Pixels around a level: before its rows and columns, and after them."""
BEYOND = 4
"""So far outside of a level everything that a window shows is its border."""


@dataclass(frozen=True)
class Window(Sizes):
    """The sizes of a window.

    Parameters
    ----------
    size, lanes : int
        Its rows and columns; lanes of the vector that holds a row of it.
    """

    size: int = CELL
    lanes: int = 8


@vector_kernel
def compare(v, g, dy, dx, one, other, pitch, here, there, parts, inside, sums):
    """The sums over a window that Lucas and Kanade's step is made of: yy, xx, xy, ey, ex, and three that are 0.

    ``here`` and ``there`` are where the window begins in derivatives ``dy``, ``dx`` and frame ``one``, and in the frame
    ``other``; ``parts`` (4,) the fractions of a pixel to be added, rows and columns, of both. ``inside`` (lanes,) is 1
    in the window's columns.
    """
    y, x, moved_y, moved_x = (v.broadcast(parts + k, g.lanes) for k in range(4))
    mask, zero = v.load(inside, g.lanes), v.zeros(g.lanes)

    def sample(image, at, y, x):
        rows = []
        for k in range(g.size + 1):
            left = v.load(image + at + k * pitch, g.lanes)
            rows.append(v.fma(v.load(image + at + k * pitch + 1, g.lanes) - left, x, left))
        return [v.fma(lower - upper, y, upper) for upper, lower in itertools.pairwise(rows)]

    yy = xx = xy = ey = ex = zero
    windows = sample(dy, here, y, x), sample(dx, here, y, x), sample(one, here, y, x)
    for gy, gx, a, b in zip(*windows, sample(other, there, moved_y, moved_x)):
        gy, gx, error = gy * mask, gx * mask, a - b
        yy, xx, xy = v.fma(gy, gy, yy), v.fma(gx, gx, xx), v.fma(gx, gy, xy)
        ey, ex = v.fma(error, gy, ey), v.fma(error, gx, ex)
    v.store(v.totals([yy, xx, xy, ey, ex, zero, zero, zero]), sums)


@jit
def mirrored(i: int, n: int) -> int:
    """An index, mirrored at the ends without repeating them."""
    i = abs(i)
    return i if i < n else 2 * n - 2 - i


@jit
def pad(level: np.ndarray, rows: int, columns: int) -> None:
    """Repeat the ends of a ``level``, of so many ``rows`` and ``columns``, all around it."""
    for y in range(BORDER, BORDER + rows):
        level[y, :BORDER] = level[y, BORDER]
        level[y, BORDER + columns :] = level[y, BORDER + columns - 1]
    level[:BORDER] = level[BORDER]
    level[BORDER + rows :] = level[BORDER + rows - 1]


@jit
def half(level: np.ndarray, rows: int, columns: int, line: np.ndarray, out: np.ndarray) -> None:
    """Half as many rows and columns, in ``out``, after a binomial blur of 5 x 5; all have borders.

    ``rows`` and ``columns``, at least 3, are those of ``level``; ``line`` is overwritten.
    """
    blurred = line[BORDER:]
    for y in range(-(-rows // 2)):
        a = level[BORDER + mirrored(2 * y - 2, rows), BORDER:]
        b = level[BORDER + mirrored(2 * y - 1, rows), BORDER:]
        c = level[BORDER + 2 * y, BORDER:]
        d = level[BORDER + mirrored(2 * y + 1, rows), BORDER:]
        e = level[BORDER + mirrored(2 * y + 2, rows), BORDER:]
        for x in range(columns):
            blurred[x] = (a[x] + e[x]) * F(1 / 16) + (b[x] + d[x]) * F(1 / 4) + c[x] * F(3 / 8)
        for k in range(2):
            line[BORDER - 1 - k] = line[BORDER + 1 + k]
            line[BORDER + columns + k] = line[BORDER + columns - 2 - k]
        target, from_here = out[BORDER + y, BORDER:], line[BORDER - 2 :]
        for x in range(-(-columns // 2)):
            i = 2 * x
            target[x] = (
                (from_here[i] + from_here[i + 4]) * F(1 / 16)
                + (from_here[i + 1] + from_here[i + 3]) * F(1 / 4)
                + from_here[i + 2] * F(3 / 8)
            )
    pad(out, -(-rows // 2), -(-columns // 2))


@jit
def scharr(level: np.ndarray, rows: int, columns: int, work: np.ndarray, dy: np.ndarray, dx: np.ndarray) -> None:
    """Scharr's derivatives ``dy`` and ``dx`` of a ``level``, in grey values a pixel.

    It has so many ``rows`` and ``columns``; ``work`` (2, pitch) is overwritten.
    """
    total, difference = work[0, BORDER - 1 :], work[1, BORDER - 1 :]
    for y in range(rows):
        above = level[BORDER + mirrored(y - 1, rows), BORDER:]
        below = level[BORDER + mirrored(y + 1, rows), BORDER:]
        here = level[BORDER + y, BORDER:]
        for x in range(columns):
            total[x + 1] = (above[x] + below[x]) * F(3 / 32) + here[x] * F(10 / 32)
            difference[x + 1] = F(0.5) * (below[x] - above[x])
        for line in (total, difference):
            line[0], line[columns + 1] = line[2], line[columns - 1]
        down, across = dy[BORDER + y, BORDER:], dx[BORDER + y, BORDER:]
        for x in range(columns):
            across[x] = total[x + 2] - total[x]
            down[x] = (difference[x] + difference[x + 2]) * F(3 / 16) + difference[x + 1] * F(10 / 16)
    pad(dy, rows, columns)
    pad(dx, rows, columns)


@jit
def place(y: float, n: int) -> tuple[int, float]:
    """The row, or column, of ``n`` at which a window around ``y`` begins, counted with the border, and what is left."""
    y = min(max(y, -BEYOND), n - 1 + BEYOND)
    whole = int(np.floor(y))
    return whole + BORDER - CELL // 2, F(y - whole)


@jit
def refine(
    g: Window,
    one: np.ndarray,
    other: np.ndarray,
    derivatives: np.ndarray,
    shape: tuple[int, int],
    scale: float,
    singular: float,
    wanted: np.ndarray,
    sums: np.ndarray,
    v: np.ndarray,
) -> None:
    """One step of the flow at one level of the pyramid, of ``shape``, from the frame ``one`` to the ``other``.

    ``g`` are the sizes, ``derivatives`` (2, n) those of ``one``. A pixel of the first level is ``scale`` of this one;
    det(G) must exceed the share ``singular`` of trace(G)^2. ``v`` (rows, columns, 2), in pixels of this level, is
    overwritten with the better flow where it is ``wanted`` (rows, columns), and ``sums`` (columns, 8).
    """
    rows, columns = shape
    pitch, parts, inside = one.shape[1], np.empty(4, F), np.zeros(g.lanes, F)
    inside[: g.size] = F(1)
    for j in range(v.shape[0]):
        y = (j + 0.5) * CELL * scale
        top, parts[0] = place(y, rows)
        for i in range(v.shape[1]):
            if not wanted[j, i]:
                continue
            x = (i + 0.5) * CELL * scale
            left, parts[1] = place(x, columns)
            down, parts[2] = place(y + v[j, i, 0], rows)
            across, parts[3] = place(x + v[j, i, 1], columns)
            here, there = top * pitch + left, down * pitch + across
            compare(g, derivatives[0], derivatives[1], one, other, pitch, here, there, parts, inside, sums[i])
        for i in range(v.shape[1]):
            yy, xx, xy = np.float64(sums[i, 0]), np.float64(sums[i, 1]), np.float64(sums[i, 2])
            ey, ex = np.float64(sums[i, 3]), np.float64(sums[i, 4])
            determinant = xx * yy - xy * xy
            if wanted[j, i] and determinant > singular * (xx + yy) * (xx + yy):
                v[j, i, 0] += F((xx * ey - xy * ex) / determinant)
                v[j, i, 1] += F((yy * ex - xy * ey) / determinant)


@jit
def flow(g: Window, frames: np.ndarray, levels: int, singular: float, wanted: np.ndarray, v: np.ndarray) -> None:
    """The flow ``v`` (T - 1, rows, columns, 2) from each of the ``frames`` (T, Y, X) of uint8 to the next.

    ``g`` are the sizes, ``levels`` those of its pyramid; ``singular`` is as for :func:`refine`. Only the cells
    ``wanted`` (T - 1, rows, columns) are gone through, v is 0 in the others.
    """
    count, rows, columns = frames.shape
    height, pitch = rows + BORDER + ROOM, columns + BORDER + ROOM
    pyramids, derivatives = np.zeros((2, levels, height * pitch), F), np.zeros((2, height * pitch), F)
    work, sums = np.zeros((2, pitch), F), np.zeros((v.shape[2], g.lanes), F)
    v[:] = F(0)
    for t in range(count):
        new, old = pyramids[t % 2], pyramids[1 - t % 2]
        first = new[0].reshape(height, pitch)
        for y in range(rows):
            line, source = first[BORDER + y, BORDER:], frames[t, y]
            for x in range(columns):
                line[x] = source[x]
        pad(first, rows, columns)
        for level in range(1, levels):
            y, x = (rows + (1 << (level - 1)) - 1) >> (level - 1), (columns + (1 << (level - 1)) - 1) >> (level - 1)
            half(_level(new[level - 1], y, x), y, x, work[0], _level(new[level], -(-y // 2), -(-x // 2)))
        if t == 0:
            continue
        for level in range(levels - 1, -1, -1):
            y, x = (rows + (1 << level) - 1) >> level, (columns + (1 << level) - 1) >> level
            one, other = _level(old[level], y, x), _level(new[level], y, x)
            dy, dx = _level(derivatives[0], y, x), _level(derivatives[1], y, x)
            scharr(one, y, x, work, dy, dx)
            v[t - 1] *= F(2)
            refine(g, one, other, derivatives, (y, x), 0.5**level, singular, wanted[t - 1], sums, v[t - 1])


@jit
def _level(values: np.ndarray, rows: int, columns: int) -> np.ndarray:
    """A level with its borders, at the beginning of ``values``."""
    height, pitch = rows + BORDER + ROOM, columns + BORDER + ROOM
    return values[: height * pitch].reshape(height, pitch)
