"""Sparse pyramidal Lucas-Kanade flow, compiled; the formulas are those of :mod:`seqdl.baseline.equations`.

All 25 pixels of a window have the same fraction of a pixel, so one set of four weights serves a whole window.
"""

import numpy as np

from seqdl.kernels.vector.jit import jit

F = np.float32
CELL = 5


@jit
def mirrored(i: int, n: int) -> int:
    """An index, mirrored at the ends without repeating them."""
    i = abs(i)
    return i if i < n else 2 * n - 2 - i


@jit
def half(frames: np.ndarray, out: np.ndarray) -> None:
    """Half as many rows and columns, in ``out``, after a binomial blur of 5 x 5.

    ``frames`` are (T, Y, X) with at least 3 x 3 pixels, ``out`` is (T, ceil(Y / 2), ceil(X / 2)).
    """
    count, rows, columns = frames.shape
    line = np.empty(columns + 4, F)
    for t in range(count):
        for y in range(out.shape[1]):
            a, b = frames[t, mirrored(2 * y - 2, rows)], frames[t, mirrored(2 * y - 1, rows)]
            c = frames[t, 2 * y]
            d, e = frames[t, mirrored(2 * y + 1, rows)], frames[t, mirrored(2 * y + 2, rows)]
            for x in range(columns):
                line[x + 2] = (a[x] + e[x]) * F(1 / 16) + (b[x] + d[x]) * F(1 / 4) + c[x] * F(3 / 8)
            line[0], line[1] = line[4], line[3]
            line[columns + 2], line[columns + 3] = line[columns], line[columns - 1]
            for x in range(out.shape[2]):
                i = 2 * x
                out[t, y, x] = (
                    (line[i] + line[i + 4]) * F(1 / 16)
                    + (line[i + 1] + line[i + 3]) * F(1 / 4)
                    + line[i + 2] * F(3 / 8)
                )


@jit
def scharr(frame: np.ndarray, dy: np.ndarray, dx: np.ndarray, work: np.ndarray) -> None:
    """Scharr's derivatives ``dy`` and ``dx`` of a ``frame`` (Y, X), in grey values a pixel; ``work`` is (2, X + 2)."""
    rows, columns = frame.shape
    total, difference = work[0], work[1]
    for y in range(rows):
        above, here, below = frame[mirrored(y - 1, rows)], frame[y], frame[mirrored(y + 1, rows)]
        for x in range(columns):
            total[x + 1] = (above[x] + below[x]) * F(3 / 32) + here[x] * F(10 / 32)
            difference[x + 1] = F(0.5) * (below[x] - above[x])
        for line in (total, difference):
            line[0], line[columns + 1] = line[2], line[columns - 1]
        down, across = dy[y], dx[y]
        for x in range(columns):
            across[x] = total[x + 2] - total[x]
            down[x] = (difference[x] + difference[x + 2]) * F(3 / 16) + difference[x + 1] * F(10 / 16)


@jit
def sample(image: np.ndarray, y: float, x: float, out: np.ndarray) -> None:
    """The window ``out`` of an ``image`` around ``y``, ``x``, interpolated; beyond its border the image is repeated."""
    rows, columns = image.shape
    top, left = int(np.floor(y)), int(np.floor(x))
    v, u = F(y - top), F(x - left)
    top, left = top - CELL // 2, left - CELL // 2
    if top >= 0 and left >= 0 and top + CELL < rows and left + CELL < columns:
        for j in range(CELL):
            a, b = image[top + j, left : left + CELL + 1], image[top + j + 1, left : left + CELL + 1]
            for i in range(CELL):
                out[j, i] = (F(1) - v) * ((F(1) - u) * a[i] + u * a[i + 1]) + v * ((F(1) - u) * b[i] + u * b[i + 1])
        return
    for j in range(CELL):
        a, b = image[min(max(top + j, 0), rows - 1)], image[min(max(top + j + 1, 0), rows - 1)]
        for i in range(CELL):
            here, there = min(max(left + i, 0), columns - 1), min(max(left + i + 1, 0), columns - 1)
            out[j, i] = (F(1) - v) * ((F(1) - u) * a[here] + u * a[there]) + v * ((F(1) - u) * b[here] + u * b[there])


@jit
def refine(frames: np.ndarray, scale: float, singular: float, v: np.ndarray) -> None:
    """One step of the flow at one level of the pyramid, for all ``frames`` (T, Y, X).

    A pixel of the first level is ``scale`` of this one; det(G) must exceed the share ``singular`` of trace(G)^2. ``v``
    (T - 1, rows, columns, 2), in pixels of this level, is overwritten with the better flow.
    """
    count, rows, columns = frames.shape
    dy, dx = np.empty((rows, columns), F), np.empty((rows, columns), F)
    work = np.empty((2, columns + 2), F)
    one, other = np.empty((CELL, CELL), F), np.empty((CELL, CELL), F)
    gy, gx = np.empty((CELL, CELL), F), np.empty((CELL, CELL), F)
    for t in range(count - 1):
        scharr(frames[t], dy, dx, work)
        for j in range(v.shape[1]):
            for i in range(v.shape[2]):
                y, x = (j + 0.5) * CELL * scale, (i + 0.5) * CELL * scale
                sample(dy, y, x, gy)
                sample(dx, y, x, gx)
                yy, xx, xy = 0.0, 0.0, 0.0
                for k in range(CELL):
                    for n in range(CELL):
                        yy += gy[k, n] * gy[k, n]
                        xx += gx[k, n] * gx[k, n]
                        xy += gx[k, n] * gy[k, n]
                determinant = xx * yy - xy * xy
                if not determinant > singular * (xx + yy) * (xx + yy):
                    continue
                sample(frames[t], y, x, one)
                sample(frames[t + 1], y + v[t, j, i, 0], x + v[t, j, i, 1], other)
                ey, ex = 0.0, 0.0
                for k in range(CELL):
                    for n in range(CELL):
                        error = one[k, n] - other[k, n]
                        ey += error * gy[k, n]
                        ex += error * gx[k, n]
                v[t, j, i, 0] += F((xx * ey - xy * ex) / determinant)
                v[t, j, i, 1] += F((yy * ex - xy * ey) / determinant)
