"""What speaks for a person, in NumPy and SciPy, for reading; :mod:`seqdl.video.signs_compiled` has it for running.

Letters: t y x for the axes, f for frames without their finest noise. Both forms give the same bits.
"""

import numpy as np
from scipy import ndimage

from seqdl.video.weights import CAP, FINE, LARGE, MEDIANS, MOVED, STANDING, THRESHOLDS, price


def levelled(frames: np.ndarray) -> np.ndarray:
    """Frames (T, Y, X) of uint8 without their finest noise, each around its median; float32."""
    f = ndimage.gaussian_filter(frames.astype(np.float32), (0, FINE, FINE))
    f -= _median(f, 2)[:, None, None]
    return f


def over_time(values: np.ndarray) -> np.ndarray:
    """The median (Y, X) of ``values`` (n, Y, X) over time."""
    return _median(values.transpose(1, 2, 0), 1)


def count_steps(f: np.ndarray, lag: int, count: int, upper: int | None, counts: np.ndarray) -> None:
    """Count the differences of the first ``count`` frames of ``f`` (T, Y, X) from those ``lag`` later, in ``counts``.

    By the upper halves of their bits, (65536,), or where ``upper`` is one of these by the lower halves of those that
    have it. As whole numbers bits have the order of the numbers, where these are not negative.
    """
    bits = _distance(f[lag : lag + count], f[:count]).view(np.uint32).ravel()
    chosen = bits >> 16 if upper is None else bits[bits >> 16 == upper] & 0xFFFF
    counts += np.bincount(chosen, minlength=len(counts))


def weigh(
    f: np.ndarray, start: int, places: np.ndarray, lag: int, usual: np.ndarray, noise: float, plain: bool
) -> tuple[np.ndarray, np.ndarray]:
    """How much each pixel of some frames speaks for a person, in multiples of the ``noise``: two arrays (T, Y, X).

    The frames are those of ``f`` from ``start`` on. The first array is by motion, the lesser of two differences over
    ``lag`` frames, which begin at the ``places`` (2, T), and by difference from the ``usual`` look (Y, X); the second
    by difference from the rest of the row, where the background is not ``plain`` only of what touches motion.
    """
    one, other = (_distance(f[k + lag], f[k]) for k in places)
    motion = _above(np.minimum(one, other), THRESHOLDS[0] * noise)
    f = f[start : start + len(motion)]
    unusual = _distance(f, usual)
    unusual = _above(unusual, np.maximum(THRESHOLDS[1] * noise, MEDIANS[0] * _median(unusual, 2)[:, None, None]))
    rest = _distance(f, _median(f, 1)[..., None])
    standing = _above(rest, np.maximum(THRESHOLDS[2] * noise, MEDIANS[1] * _median(rest, 2)[:, None, None]))
    moving = motion + unusual
    return moving, STANDING * (standing if plain else _touching(standing, moving))


def leave_near(moving: np.ndarray, standing: np.ndarray, near: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Sums (T, Y) along the rows where it is ``near`` (T, X), and over how many rows (T,) anything moves there."""
    spanned = (moving * near[:, None]).any(axis=2).sum(axis=1)
    return ((moving + standing) * near[:, None]).sum(axis=2), spanned


def follow(worth: np.ndarray) -> np.ndarray:
    """The path (T,) through columns that gathers most of ``worth`` (T, X), less the price of moving (Viterbi)."""
    count, columns = worth.shape
    x = np.arange(columns)
    total = worth[0].astype(np.float64)
    came_from = np.zeros((count, columns), np.int64)
    for t in range(1, count):
        options = total - price(columns)
        came_from[t] = options.argmax(axis=1)
        total = options[x, came_from[t]] + worth[t]
    path = np.empty(count, np.int64)
    path[-1] = total.argmax()
    for t in range(count - 1, 0, -1):
        path[t - 1] = came_from[t, path[t]]
    return path


def _touching(standing: np.ndarray, moving: np.ndarray) -> np.ndarray:
    """The patches of each frame in which something moves, without those that fill much of the picture."""
    in_plane = np.zeros((3, 3, 3), bool)
    in_plane[1] = True
    patches, number = ndimage.label((standing > 0) | (moving > 0), in_plane)
    moved = np.bincount(patches.ravel(), weights=(moving > 0).ravel(), minlength=number + 1)
    area = np.bincount(patches.ravel(), minlength=number + 1)
    keep = (moved > MOVED * area) & (area < LARGE * standing[0].size)
    keep[0] = False
    return standing * keep[patches]


def _median(values: np.ndarray, axes: int) -> np.ndarray:
    """The median over the last ``axes`` axes of finite values: as ``np.median``, which is six times slower."""
    flat = values.reshape(*values.shape[: values.ndim - axes], -1)
    middle = flat.shape[-1] // 2
    parted = np.partition(flat, middle, axis=-1)
    upper = parted[..., middle]
    return upper if flat.shape[-1] % 2 else (parted[..., :middle].max(axis=-1) + upper) / 2


def _above(values: np.ndarray, threshold: float | np.ndarray) -> np.ndarray:
    above = values / threshold
    above -= 1
    return np.clip(above, 0, CAP, out=above)


def _distance(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    difference = a - b
    return np.abs(difference, out=difference)
