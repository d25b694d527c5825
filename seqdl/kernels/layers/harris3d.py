"""The space-time Harris response, compiled; the formulas are those of :mod:`seqdl.baseline.equations`.

The six products of derivatives are made stripe by stripe and blurred as :mod:`seqdl.kernels.layers.gauss3d` has it;
only those of the last 32 frames are kept, in a ring. Of 16 frames at a time the response is made and its maxima are
looked for; no volume of products, of mu or of the response is ever there.
"""

from typing import Any

import numpy as np

from seqdl.kernels.layers.gauss3d import CHUNK, REACH, TOGETHER, Blur, Extent, Series, Workspace, blur_band, blur_series
from seqdl.kernels.vector.jit import jit
from seqdl.kernels.vector.simd import vector_kernel

RING = CHUNK + 2 * REACH
"""Frames whose blurred products are there at once."""
PAIRS = [(i, j) for i in range(3) for j in range(i, 3)]
"""xx, xy, xt, yy, yt, tt."""


def largest(v: Any, vectors: list[Any]) -> Any:
    """Lane by lane the largest."""
    best, *others = vectors
    for one in others:
        best = v.select(best < one, one, best)
    return best


def sobel(v: Any, above: Any, here: Any, below: Any) -> tuple[Any, Any]:
    """The Sobel derivatives along rows and columns, not divided by 8, of a vector's pixels at three addresses."""
    around = [[v.load(row + k) for k in (-1, 0, 1)] for row in (above, here, below)]
    difference = [low - high for high, low in zip(around[0], around[2])]
    left, right = (around[0][k] + around[1][k] * 2.0 + around[2][k] for k in (0, 2))
    return difference[0] + difference[1] * 2.0 + difference[2], right - left


@vector_kernel
def blur_products(v, g, e, top, smoothed, before, now, after, halves, work, out, slot, slots):
    """Blur the products of a frame's derivatives in space; they become number ``slot`` of ``slots`` of a square.

    ``before``, ``now`` and ``after`` say where in ``smoothed`` the frame and its neighbours begin, ``halves`` (2,) are
    half of sigma and half of tau.
    """

    half_sigma, half_tau = v.broadcast(halves), v.broadcast(halves + 1)

    def row(y: Any, i: Any) -> list[Any]:
        column = smoothed + (i + 1) * g.lanes
        dy, dx = sobel(v, *(column + now + k * e.pitch for k in (v.greatest(y - 1, 0), y, v.least(y + 1, e.rows - 1))))
        dt = v.load(column + after + y * e.pitch) - v.load(column + before + y * e.pitch)
        d = dx * half_sigma, dy * half_sigma, dt * half_tau
        return [d[i] * d[j] for i, j in PAIRS]

    blur_band(v, g, e, top, row, work, out + slot * g.square, slots)


@vector_kernel
def respond(v, g, e, blurred, fours, count, slots, share, work, out):
    """H = det(mu) - k trace(mu)^3 from products that are blurred in space; ``share`` (1,) is k.

    The others are as for :func:`seqdl.kernels.layers.gauss3d.blur_series`.
    """
    k = v.broadcast(share)

    def harris(mu: list[Any]) -> Any:
        xx, xy, xt, yy, yt, tt = mu
        trace = xx + yy + tt
        determinant = xx * (yy * tt - yt * yt) - xy * (xy * tt - yt * xt) + xt * (xy * yt - yy * xt)
        return determinant - k * (trace * trace * trace)

    blur_series(v, g, e, blurred, fours, count, slots, work, out, harris)


@vector_kernel
def mark(v, g, e, response, threshold, start, stop, line, marks):
    """For each row ``start`` to before ``stop`` of a frame, whether it has a maximum.

    ``response`` are three frames, ``line`` (pitch,) is overwritten, and ``marks`` (rows,): more than 0 where there is a
    value above the ``threshold`` (1,) and none of its 26 neighbours is larger.
    """
    least = v.broadcast(threshold)

    def row(y: Any) -> None:
        middle = response + e.frame + y * e.pitch

        def columns(i: Any) -> None:
            around = [v.load(middle + i * g.lanes + t * e.frame + k * e.pitch) for t in (-1, 0, 1) for k in (-1, 0, 1)]
            v.store(largest(v, around), line + i * g.lanes)

        v.each(e.across + 1, columns, start=0)

        def found(i: Any, best: list[Any]) -> list[Any]:
            at = (i + 1) * g.lanes
            h, highest = v.load(middle + at), largest(v, [v.load(line + at + k) for k in (-1, 0, 1)])
            one = v.select(h < highest, v.zeros(), v.select(h > least, h, v.zeros()))
            return [largest(v, [best[0], one])]

        [best] = v.loop(e.across, [v.zeros()], found)
        v.store(v.total(best), marks + y)

    v.each(stop, row, start=start)


@jit
def response(
    space: Blur,
    time: Blur,
    e: Extent,
    border: int,
    squares: int,
    smoothed: np.ndarray,
    halves: np.ndarray,
    share: np.ndarray,
    first: int,
    stop: int,
    work: Workspace,
    ring: np.ndarray,
    series: Series,
    out: np.ndarray,
) -> None:
    """H of frames ``first`` to before ``stop`` of L, ``smoothed`` (T, Y, pitch), band by band of ``squares``.

    ``space``, ``time`` and ``e`` are sizes, ``halves`` (2,) half of sigma and of tau, ``share`` (1,) is k; ``work`` and
    ``series`` are overwritten. The first and the last ``border`` rows are left out.

    Beyond their ends frames are repeated. ``ring`` (6 planes, squares of a band, RING slots) holds what is blurred in
    space: the frame that is t after the first one stands in slot t + REACH, modulo RING. ``out`` has room for the
    frames rounded up to fours.
    """
    last, down = len(smoothed) - 1, -(-(e.rows - 2 * border) // space.lanes)
    length = -(-(stop - first) // TOGETHER) * TOGETHER
    for start in range(0, down, squares):
        top = border + start * space.lanes
        band = Extent(e.rows, e.columns, min(squares, down - start), e.across, e.pitch, e.frame)
        made = -time.radius
        for t in range(0, length, CHUNK):
            end = min(t + CHUNK, length)
            for k in range(made, end + time.radius):
                now = min(max(first + k, 0), last)
                before, after = max(now - 1, 0) * e.frame, min(now + 1, last) * e.frame
                slot = (k + REACH) % RING
                blur_products(space, band, top, smoothed, before, now * e.frame, after, halves, work, ring, slot, RING)
            made = end + time.radius
            fours = (t + np.arange((CHUNK + 2 * REACH) // TOGETHER) * TOGETHER) % RING * space.square
            respond(
                time, band, ring, fours, (end - t) // TOGETHER, RING, share, series, out[t * e.frame + top * e.pitch :]
            )


@jit
def maxima(
    g: Blur,
    e: Extent,
    response: np.ndarray,
    border: int,
    threshold: np.ndarray,
    lines: np.ndarray,
    found: np.ndarray,
    heights: np.ndarray,
) -> int:
    """How often the ``response`` (T, Y, pitch) is above the ``threshold`` (1,) and none of the 26 neighbours is larger.

    ``g`` and ``e`` are sizes. Of frames 1 to T - 2, without ``border`` rows and columns. ``found`` (n, 3) and
    ``heights`` (n,) are overwritten with t, y, x and the response there; what does not fit in is only counted.
    ``lines`` (2, pitch or more) too.
    """
    number, marks = 0, lines[1]
    for t in range(1, len(response) - 1):
        mark(g, e, response[t - 1 : t + 2], threshold, border, e.rows - border, lines[0], marks)
        for y in range(border, e.rows - border):
            if not marks[y] > 0:
                continue
            row = response[t, y]
            for x in range(g.lanes + border, g.lanes + e.columns - border):
                h = row[x]
                if not h > threshold[0] or row[x - 1] > h or row[x + 1] > h:
                    continue
                if response[t - 1 : t + 2, y - 1 : y + 2, x - 1 : x + 2].max() > h:
                    continue
                if number < len(found):
                    found[number, 0], found[number, 1], found[number, 2] = t, y, x - g.lanes
                    heights[number] = h
                number += 1
    return number
