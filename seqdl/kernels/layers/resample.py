"""Frames resampled, compiled: the function of :mod:`seqdl.video.resample` under the same name, to the same bits."""

import numpy as np

from seqdl.kernels.vector.jit import exact

F = np.float32


@exact
def resample(
    frames: np.ndarray,
    rows: tuple[np.ndarray, np.ndarray, np.ndarray],
    columns: tuple[np.ndarray, np.ndarray, np.ndarray],
    out: np.ndarray,
) -> None:
    """Sums over pixels of ``frames`` (T, Y, X) of uint8, along columns and then along rows: ``out``, (T, y, x).

    ``rows`` and ``columns`` say for each frame which of some parts it is, (T,), and for each part and result which
    pixels count, (P, count, n), and how much.
    """
    (part, places, weights), (part_across, places_across, weights_across) = rows, columns
    _, tall, wide = out.shape
    line, turned, total = np.empty(frames.shape[2], F), np.empty((frames.shape[2], tall), F), np.empty(tall, F)
    for t in range(len(out)):
        p, q = part[t], part_across[t]
        first, last = places_across[q, 0, 0], places_across[q, -1, -1] + 1  # nothing else is looked at
        for y in range(tall):
            some = line[first:last]
            some[:] = F(0)
            for k in range(weights.shape[2]):
                w, source = weights[p, y, k], frames[t, places[p, y, k], first:last]
                if w:
                    for x in range(len(some)):
                        some[x] += w * F(source[x])
            for x in range(first, last):
                turned[x, y] = line[x]
        for x in range(wide):
            total[:] = F(0)
            for k in range(weights_across.shape[2]):
                w, above = weights_across[q, x, k], turned[places_across[q, x, k]]
                if w:
                    for y in range(tall):
                        total[y] += w * above[y]
            for y in range(tall):
                out[t, y, x] = total[y]
