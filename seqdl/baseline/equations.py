"""The equations of the baseline in NumPy and SciPy, for reading; :mod:`seqdl.baseline.compiled` has them for running.

Letters: t y x for the axes, L for the smoothed video, mu for the second-moment matrix, v for the flow.
"""

from collections.abc import Sequence

import numpy as np
from scipy import ndimage

from seqdl.baseline.scales import BORDER, CELL, SHARE, THRESHOLD, Blocks, space_window, time_window

STILL = 0.4
"""Up to this speed, in pixels a frame, nothing moves."""
PYRAMID = 4
"""Levels of the flow's own pyramid, at most."""
SINGULAR = 1e-7
"""A window whose gradients are parallel tells nothing: det(G) up to this share of trace(G)^2."""


def _along(a: np.ndarray, half: np.ndarray, axis: int) -> np.ndarray:
    window = np.concatenate([half[:0:-1], half])
    return ndimage.correlate1d(a, window, axis, mode="nearest")


def _in_space(a: np.ndarray, variance: float) -> np.ndarray:
    window = space_window(variance)
    return _along(_along(a, window, 1), window, 2)


def smooth(frames: np.ndarray, sigma2: int, tau2: tuple[int, ...]) -> list[np.ndarray]:
    """The scale-space of a level (T, Y, X), for each temporal variance of ``tau2``; beyond its ends it is repeated.

    ::

        L = g(t; tau^2) * g(x, y; sigma^2) * f,  f = frames / 255

    ``frames`` are of uint8, the variances ``sigma2`` and ``tau2`` in square pixels of the level and in square frames.
    """
    f = frames.astype(np.float32) / np.float32(255)
    blurred = _in_space(f, sigma2)
    return [_along(blurred, time_window(variance), 0) for variance in tau2]


def _sobel(smoothed: np.ndarray, axis: int) -> np.ndarray:
    """The 3 x 3 Sobel derivative along rows (1) or columns (2), not divided by 8."""
    difference = ndimage.correlate1d(smoothed, (-1, 0, 1), axis, mode="nearest")
    return ndimage.correlate1d(difference, (1, 2, 1), 3 - axis, mode="nearest")


def response(smoothed: np.ndarray, sigma2: int, tau2: int, first: int, stop: int) -> np.ndarray:
    """The space-time Harris response [1]_ of L, ``smoothed`` (T, Y, X), in frames ``first`` to before ``stop``.

    ::

        Lx = sigma / 2 Sobel_x(L),  Ly = sigma / 2 Sobel_y(L),  Lt = tau / 2 (L(t + 1) - L(t - 1))
        mu = g(t, x, y; 2 sigma^2, 2 tau^2) * (Lx Ly Lt)' (Lx Ly Lt)
        H  = det(mu) - k trace(mu)^3,  k = 0.0005

    ``sigma2`` and ``tau2`` are L's variances, as for :func:`smooth`.

    .. [1] I. Laptev, On space-time interest points, International Journal of Computer Vision 64, 2005, Section 2.
    """
    # mu reaches as far as its window, Lt a frame further
    reach = len(time_window(2 * tau2))
    low, high = max(0, first - reach), min(len(smoothed), stop + reach)
    smoothed = smoothed[low:high]
    half_sigma, half_tau = np.float32(0.5 * np.sqrt(sigma2)), np.float32(0.5 * np.sqrt(tau2))
    x, y = half_sigma * _sobel(smoothed, 2), half_sigma * _sobel(smoothed, 1)
    t = half_tau * ndimage.correlate1d(smoothed, (-1, 0, 1), 0, mode="nearest")

    def mean(product: np.ndarray) -> np.ndarray:
        return _along(_in_space(product, 2 * sigma2), time_window(2 * tau2), 0)

    xx, yy, tt, xy, xt, yt = (mean(product) for product in (x * x, y * y, t * t, x * y, x * t, y * t))
    determinant = xx * (yy * tt - yt * yt) - xy * (xy * tt - yt * xt) + xt * (xy * yt - yy * xt)
    return (determinant - np.float32(SHARE) * (xx + yy + tt) ** 3)[first - low : stop - low]


def maxima(response: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """t, y, x (n, 3) where H, the ``response``, is above the threshold and none of 26 neighbours larger; H there.

    Of frames 1 .. T - 2, which have all their neighbours. At least 5 pixels from the frames' borders.
    """
    highest = ndimage.maximum_filter(response, 3, mode="nearest")
    inside = np.s_[1:-1, BORDER:-BORDER, BORDER:-BORDER]
    found = (response[inside] >= highest[inside]) & (response[inside] > np.float32(THRESHOLD))
    places = np.argwhere(found) + np.array([1, BORDER, BORDER])
    return places, response[tuple(places.T)]


def directions(smoothed: np.ndarray) -> np.ndarray:
    """For HOG: the spatial gradient of each pixel by direction, (T, Y, X, 4): its weight in its bin, 0 in the others.

    ::

        bin = argmax_k |Lx cos a_k + Ly sin a_k|,  a_k = 0, 45, 90, 135 degrees;  weight = that maximum

    ``smoothed`` is L at the scale of the point. Choice: STIP 2.0's output shows that it takes no other.
    """
    x, y = _sobel(smoothed, 2), _sobel(smoothed, 1)
    diagonal = np.float32(np.sqrt(0.5))
    along = np.abs(np.stack([x, diagonal * (x + y), y, diagonal * (y - x)], axis=-1))
    return np.where(np.arange(4) == along.argmax(axis=-1)[..., None], along, np.float32(0))


def _half(frames: np.ndarray) -> np.ndarray:
    """Half as many rows and columns, after a binomial blur of 5 x 5."""
    window = np.array([1, 4, 6, 4, 1], np.float32) / 16
    down = ndimage.correlate1d(frames, window, 1, mode="mirror")[:, ::2]
    return ndimage.correlate1d(down, window, 2, mode="mirror")[:, :, ::2]


def flow(frames: np.ndarray) -> np.ndarray:
    """Sparse optical flow: Lucas and Kanade's, from coarse to fine [1]_.

    ::

        G = sum grad I grad I',  e = sum (I(p) - J(p + v)) grad I,  v <- v + G^-1 e

    over a window of 5 x 5 around p, for I a frame and J the next one; once at each level of a pyramid, doubling v from
    one to the next. grad I is Scharr's. Where G is singular v stays. The points p stand in the middle of cells of 5 x 5
    pixels, at 2.5, 7.5, ...

    Choice: four levels, or as many as are larger than the window, as STIP 2.0's output shows.

    From a level of the detector's pyramid, uint8, (T, Y, X), to v (T - 1, ceil(Y / 5), ceil(X / 5), 2), in rows and
    columns a frame, from each frame to the next.

    .. [1] J.-Y. Bouguet, Pyramidal implementation of the Lucas Kanade feature tracker, Intel, 2000.
    """
    levels = [frames.astype(np.float32)]
    while len(levels) < PYRAMID and min(-(-n // 2) for n in levels[-1].shape[1:]) > CELL:
        levels.append(_half(levels[-1]))
    rows, columns = (-(-n // CELL) for n in frames.shape[1:])
    v = np.zeros((len(frames) - 1, rows, columns, 2), np.float32)
    for level in reversed(range(len(levels))):
        v *= 2
        for t in range(len(v)):
            refine(levels[level][t], levels[level][t + 1], 2.0**-level, v[t])
    return v


def refine(one: np.ndarray, other: np.ndarray, scale: float, v: np.ndarray) -> None:
    """One step of the flow at one level, from the frame ``one`` to the ``other``, I and J (Y, X).

    A pixel of the first level is ``scale`` of this one; ``v`` (rows, columns, 2), in pixels of this level, is
    overwritten with the better flow.
    """
    dy, dx = (
        ndimage.correlate1d(
            ndimage.correlate1d(one, (-0.5, 0, 0.5), a, mode="mirror"), (3 / 16, 10 / 16, 3 / 16), 1 - a, mode="mirror"
        )
        for a in (0, 1)
    )
    at = [(np.arange(n) + 0.5) * CELL * scale for n in v.shape[:2]]
    window = np.arange(CELL) - CELL // 2
    y, x = np.broadcast_arrays(at[0][:, None, None, None] + window[:, None], at[1][:, None, None] + window)
    moved = y + v[..., 0, None, None], x + v[..., 1, None, None]

    def sample(image: np.ndarray, places: tuple) -> np.ndarray:
        return ndimage.map_coordinates(image.astype(float), places, order=1, mode="nearest")

    gy, gx = sample(dy, (y, x)), sample(dx, (y, x))
    error = sample(one, (y, x)) - sample(other, moved)
    yy, xx, xy, ey, ex = (
        (a * b).sum(axis=(-2, -1)) for a, b in ((gy, gy), (gx, gx), (gx, gy), (error, gy), (error, gx))
    )
    determinant = xx * yy - xy * xy
    sound = determinant > SINGULAR * (xx + yy) ** 2
    by = np.where(sound, determinant, 1)
    v[..., 0] += np.where(sound, (xx * ey - xy * ex) / by, 0)
    v[..., 1] += np.where(sound, (yy * ex - xy * ey) / by, 0)


def motions(v: np.ndarray) -> np.ndarray:
    """For HOF: what each cell of the flow does; (T, rows, columns, 5), 1 in the bin, 0 in the others.

    ::

        bin = 0 where |v| <= 0.4 pixels, else 1 + the nearest of 45, 135, 225, 315 degrees

    ``v`` is (T, rows, columns, 2), in rows and columns a frame; angles go from the columns' direction to the rows'.
    """
    y, x = v[..., 0], v[..., 1]
    quadrant = np.where(y >= 0, np.where(x >= 0, 1, 2), np.where(x < 0, 3, 4))
    bins = np.where(np.hypot(y, x) <= STILL, 0, quadrant)
    return (np.arange(5) == bins[..., None]).astype(np.float32)


def histograms(values: np.ndarray, places: np.ndarray, where: Blocks, cell: int, shape: tuple[int, int]) -> np.ndarray:
    """The blocks' histograms around points, each divided by its own sum; an empty block is all 0.

    ``values`` (T, rows, columns, bins) are what each pixel of a cell adds to each bin, ``cell`` its rows and columns in
    pixels; ``places`` (n, 3) are t, y, x of the points, in frames of ``values`` and pixels of the level, ``shape`` the
    level's rows and columns. Beyond the ends of the blocks, ``where``, frames are repeated, and so is the video. In the
    result (n, 3 x 3 x 2 x bins) blocks in columns are the slowest, then in rows, then in time, then the bins.
    """
    out = np.zeros((len(places), 3, 3, 2, values.shape[-1]), np.float32)
    for n, (t, y, x) in enumerate(places):
        rows, columns = (
            [(np.arange(start, start + where.size) + at).clip(0, end - 1) // cell for start in where.starts]
            for at, end in ((y, shape[0]), (x, shape[1]))
        )
        times = [np.arange(t + first, t + last + 1).clip(0, len(values) - 1) for first, last in where.times]
        for i, column in enumerate(columns):
            for j, row in enumerate(rows):
                for k, time in enumerate(times):
                    out[n, i, j, k] = values[np.ix_(time, row, column)].sum(axis=(0, 1, 2))
    total = out.sum(axis=-1, keepdims=True)
    return (out / np.where(total > 0, total, 1)).reshape(len(places), 18 * values.shape[-1])


def hog(smoothed: np.ndarray, places: np.ndarray, where: Blocks) -> np.ndarray:
    """Histograms of oriented gradients of L, ``smoothed``, around ``places`` (n, 3): t, y, x; (n, 3 x 3 x 2 x 4)."""
    return histograms(directions(smoothed), places, where, 1, smoothed.shape[1:])


def hof(frames: np.ndarray, asked: Sequence[tuple[np.ndarray, Blocks]]) -> list[np.ndarray]:
    """Histograms of the optical flow of a level, for each of the places (n, 3) ``asked`` for: t, y, x, in its blocks.

    t counts the flow's frames. Each is (n, 3 x 3 x 2 x 5).
    """
    values = motions(flow(frames))
    return [histograms(values, places, where, CELL, frames.shape[1:]) for places, where in asked]
