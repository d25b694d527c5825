"""The space-time Harris response, compiled; the formulas are those of :mod:`seqdl.baseline.equations`.

All windows are symmetric and separable, so each tap serves two neighbours. The six products of derivatives are made
and blurred frame by frame, while they are in the second-level cache, and laid down with time beside the columns; the
blur along time, determinant and trace then go row by row over all frames.
"""

import numpy as np

from seqdl.kernels.vector.jit import jit

F = np.float32
PIECE = 4096
"""Values that are blurred at a time."""


@jit
def blur(source: np.ndarray, step: int, w: np.ndarray, count: int, out: np.ndarray) -> None:
    """Blur a long row, a piece of it at a time that stays in the first-level cache.

    ::

        out[i] = w[0] s[i + r] + sum over k of w[k] (s[i + r - k] + s[i + r + k]),  r and k in steps

    ``source`` (at least ``count`` + 2 radius ``step``,) is the row with what the window needs at both ends, ``step``
    how far the taps lie apart, ``w`` (radius + 1,) half a window; ``count`` values of ``out`` are overwritten.
    """
    radius = len(w) - 1
    for start in range(0, count, PIECE):
        n = min(PIECE, count - start)
        target, middle = out[start : start + n], source[start + radius * step :]
        for i in range(n):
            target[i] = w[0] * middle[i]
        k = 1
        while k + 1 < len(w):
            a, b = source[start + (radius - k) * step :], source[start + (radius + k) * step :]
            c, d = source[start + (radius - k - 1) * step :], source[start + (radius + k + 1) * step :]
            v, u = w[k], w[k + 1]
            for i in range(n):
                target[i] += v * (a[i] + b[i]) + u * (c[i] + d[i])
            k += 2
        if k < len(w):
            a, b, v = source[start + (radius - k) * step :], source[start + (radius + k) * step :], w[k]
            for i in range(n):
                target[i] += v * (a[i] + b[i])


@jit
def pad(frame: np.ndarray, radius: int) -> None:
    """Repeat the border of a frame, which stands in the middle of (Y + 2 radius, X + 2 radius), all around it."""
    rows, columns = frame.shape
    for y in range(radius, rows - radius):
        frame[y, :radius] = frame[y, radius]
        frame[y, columns - radius :] = frame[y, columns - radius - 1]
    frame[:radius] = frame[radius]
    frame[rows - radius :] = frame[rows - radius - 1]


@jit
def blur_frame(frame: np.ndarray, w: np.ndarray, work: np.ndarray, t: int, out: np.ndarray) -> None:
    """Blur one frame along both axes, and lay it down with the others.

    It stands in the middle of ``frame``, with a border as wide as the radius of ``w``, half a window. ``frame`` and
    ``work``, as many values as the rows with their borders, are overwritten, and, row by row, frame ``t`` of ``out``
    (Y, T, X).
    """
    rows, columns = out.shape[0], out.shape[2]
    radius = len(w) - 1
    wide = columns + 2 * radius
    pad(frame, radius)
    flat = frame.reshape(-1)
    blur(flat, wide, w, rows * wide, work)
    blur(work, 1, w, rows * wide - 2 * radius, flat)
    for y in range(rows):
        line = flat[y * wide : y * wide + columns]
        for x in range(columns):
            out[y, t, x] = line[x]


@jit
def blur_time(frames: np.ndarray, w: np.ndarray, work: np.ndarray, out: np.ndarray) -> None:
    """Blur the same row of all ``frames`` (T, X) along time into ``out`` (T X,); the first and the last are repeated.

    ``w`` (radius + 1,) is half a window; ``work`` (T + 2 radius, X) is overwritten.
    """
    count, columns = frames.shape
    radius = len(w) - 1
    work[radius : radius + count] = frames
    work[:radius] = frames[0]
    work[radius + count :] = frames[count - 1]
    blur(work.reshape(-1), columns, w, count * columns, out)


@jit
def smooth(frames: np.ndarray, space: np.ndarray, time: np.ndarray, out: np.ndarray) -> None:
    """L = g(t) * g(x, y) * f, from ``frames`` (T, Y, X) of uint8 to ``out``; half windows ``space`` and ``time``."""
    count, rows, columns = frames.shape
    radius = len(space) - 1
    f, work = np.empty((rows + 2 * radius, columns + 2 * radius), F), np.empty(rows * (columns + 2 * radius), F)
    blurred = np.empty((rows, count, columns), F)
    moved, series = np.empty((count, columns), F), np.empty((count + 2 * len(time) - 2, columns), F)
    for t in range(count):
        for y in range(rows):
            line, source = f[radius + y, radius:], frames[t, y]
            for x in range(columns):
                line[x] = F(source[x]) * F(1 / 255)
        blur_frame(f, space, work, t, blurred)
    for y in range(rows):
        blur_time(blurred[y], time, series, moved.reshape(-1))
        for t in range(count):
            out[t, y] = moved[t]


@jit
def sobel(smoothed: np.ndarray, dy: np.ndarray, dx: np.ndarray, work: np.ndarray) -> None:
    """The Sobel derivatives ``dy`` and ``dx`` of a frame, ``smoothed``, not divided by 8; ``work`` is (2, X + 2)."""
    rows, columns = smoothed.shape
    total, difference = work[0], work[1]
    for y in range(rows):
        above, here, below = smoothed[max(y - 1, 0)], smoothed[y], smoothed[min(y + 1, rows - 1)]
        for x in range(columns):
            total[x + 1] = above[x] + F(2) * here[x] + below[x]
            difference[x + 1] = below[x] - above[x]
        for line in (total, difference):
            line[0], line[columns + 1] = line[1], line[columns]
        down, across = dy[y], dx[y]
        for x in range(columns):
            across[x] = total[x + 2] - total[x]
            down[x] = difference[x] + F(2) * difference[x + 1] + difference[x + 2]


@jit
def multiply(one: np.ndarray, other: np.ndarray, factor: float, border: int, out: np.ndarray) -> None:
    """``factor`` times the product of frames ``one`` and ``other``, in ``out``, which has a ``border``."""
    rows, columns = one.shape
    for y in range(rows):
        a, b, c = one[y], other[y], out[border + y, border:]
        for x in range(columns):
            c[x] = factor * a[x] * b[x]


@jit
def derivatives(smoothed: np.ndarray, t: int, d: np.ndarray, work: np.ndarray) -> None:
    """Lx, Ly and Lt of frame ``t`` of ``smoothed``, times 2 / sigma and 2 / tau, in ``d``; ``work`` as for sobel."""
    count, rows, columns = smoothed.shape
    sobel(smoothed[t], d[1], d[0], work)
    before, after = smoothed[max(t - 1, 0)], smoothed[min(t + 1, count - 1)]
    for y in range(rows):
        a, b, c = before[y], after[y], d[2, y]
        for x in range(columns):
            c[x] = b[x] - a[x]


@jit
def response(
    smoothed: np.ndarray, space: np.ndarray, time: np.ndarray, factor: np.ndarray, share: float, out: np.ndarray
) -> None:
    """H = det(mu) - k trace(mu)^3.

    From L, ``smoothed`` (T, Y, X), to ``out``; ``space`` and ``time`` are half windows of mu, ``factor`` (3,) is half
    of sigma, the same again, half of tau, and ``share`` is k.
    """
    count, rows, columns = smoothed.shape
    radius = len(space) - 1
    product = np.empty((rows + 2 * radius, columns + 2 * radius), F)
    work, line = np.empty(rows * (columns + 2 * radius), F), np.empty((2, columns + 2), F)
    d = np.empty((3, rows, columns), F)
    blurred = np.empty((6, rows, count, columns), F)
    for t in range(count):
        derivatives(smoothed, t, d, line)
        pair = 0
        for i in range(3):
            for j in range(i, 3):
                multiply(d[i], d[j], factor[i] * factor[j], radius, product)
                blur_frame(product, space, work, t, blurred[pair])
                pair += 1
    mu, series = np.empty((6, count * columns), F), np.empty((count + 2 * len(time) - 2, columns), F)
    for y in range(rows):
        for pair in range(6):
            blur_time(blurred[pair, y], time, series, mu[pair])
        harris(mu, share, series.reshape(-1))
        for t in range(count):
            out[t, y] = series[t]


@jit
def harris(mu: np.ndarray, share: float, out: np.ndarray) -> None:
    """Determinant and trace of matrices ``mu`` (6, n): xx, xy, xt, yy, yt, tt; ``share`` is k, ``out`` the result."""
    xx, xy, xt, yy, yt, tt = mu[0], mu[1], mu[2], mu[3], mu[4], mu[5]
    for i in range(len(xx)):
        a, b, c, d, e, f = xx[i], xy[i], xt[i], yy[i], yt[i], tt[i]
        trace = a + d + f
        out[i] = a * (d * f - e * e) - b * (b * f - e * c) + c * (b * e - d * c) - share * (trace * trace * trace)


@jit
def maxima(response: np.ndarray, first: int, last: int, border: int, threshold: float, found: np.ndarray) -> int:
    """How often the ``response`` (T, Y, X) is above the ``threshold`` and none of the 26 neighbours is larger.

    Frames ``first`` to ``last`` are looked at, both included, without ``border`` rows and columns. ``found`` (n, 3) is
    overwritten with t, y, x; what does not fit in it is only counted.
    """
    rows, columns = response.shape[1:]
    number = 0
    for t in range(first, last + 1):
        for y in range(border, rows - border):
            for x in range(border, columns - border):
                h = response[t, y, x]
                if not h > threshold or response[t, y, x - 1] > h or response[t, y, x + 1] > h:
                    continue
                if response[t, y - 1 : y + 2, x - 1 : x + 2].max() > h:
                    continue
                if (
                    max(
                        response[t - 1, y - 1 : y + 2, x - 1 : x + 2].max(),
                        response[t + 1, y - 1 : y + 2, x - 1 : x + 2].max(),
                    )
                    > h
                ):
                    continue
                if number < len(found):
                    found[number, 0], found[number, 1], found[number, 2] = t, y, x
                number += 1
    return number


@jit
def directions(smoothed: np.ndarray, out: np.ndarray) -> None:
    """For HOG: each pixel's gradient by direction; ``out`` (T, Y, X, 4), its weight in its bin, 0 in the others."""
    count, rows, columns = smoothed.shape
    dy, dx = np.empty((rows, columns), F), np.empty((rows, columns), F)
    work = np.empty((2, columns + 2), F)
    diagonal = F(np.sqrt(0.5))
    for t in range(count):
        sobel(smoothed[t], dy, dx, work)
        for y in range(rows):
            for x in range(columns):
                down, across = dy[y, x], dx[y, x]
                a, b = abs(across), abs(diagonal * (across + down))
                c, d = abs(down), abs(diagonal * (down - across))
                best = max(a, b, c, d)
                # The first of equals gets it.
                first, second, third = a == best, b == best, c == best
                out[t, y, x, 0] = a if first else F(0)
                out[t, y, x, 1] = b if second and not first else F(0)
                out[t, y, x, 2] = c if third and not (first or second) else F(0)
                out[t, y, x, 3] = d if not (first or second or third) else F(0)
