"""Parts of frames made larger or smaller by any factor: linear interpolation, with an area where they shrink.

Every number of the result is a sum of few products, in a fixed order: it depends on no library of linear algebra, on no
number of threads and on no other frame.
"""

import functools
from collections.abc import Callable

import numpy as np

from seqdl.base.arrays import described, read_only
from seqdl.base.doors import Whole, door

FAR = 1e5
"""No part is further away, or larger, in pixels."""
LENGTH = Whole(1, 100_000)
BLOCK = 64
"""So many frames are resampled at once: what is said of their pixels stays small."""


Taps = tuple[np.ndarray, np.ndarray, np.ndarray]
"""What the pixels of a result are made of, along one axis.

For each frame which part it is, (T,), usually one and the same for all; for each part and each of its results which
pixels are added up, (P, count, n), and how much each counts, of float32.
"""


@door(count=LENGTH, available=LENGTH)
def taps(start: float | np.ndarray, length: float | np.ndarray, count: int, available: int) -> Taps:
    """What resamples one axis: linear interpolation, with an area as wide as a new pixel when shrinking.

    The part from ``start`` of ``length``, in pixels, one or (T,), becomes ``count`` of the ``available`` pixels,
    outside of which the border is repeated. The weights of a result add up to 1.
    """
    start, length = _places(start, "start"), _places(length, "length")
    if start.shape != length.shape or not (length > 0).all():
        raise ValueError(f"length: expected numbers above 0 of the shape {start.shape}, as start has")
    parts, part = np.unique(np.stack([start, length], axis=-1).reshape(-1, 2), axis=0, return_inverse=True)
    scale = parts[:, 1:] / count
    reach = np.maximum(scale, 1.0)
    centres = parts[:, :1] + (np.arange(count) + 0.5) * scale - 0.5
    places = np.floor(centres - reach)[..., None] + 1 + np.arange(int(np.ceil(2 * reach.max())))
    weights = np.maximum(1 - np.abs(places - centres[..., None]) / reach[..., None], 0)
    # Added one by one: NumPy's own sum takes them in an order that depends on how many there are.
    weights /= np.cumsum(weights, axis=-1)[..., -1:]
    return part.reshape(-1), places.clip(0, available - 1).astype(np.intp), weights.astype(np.float32)


def _places(value: float | np.ndarray, name: str) -> np.ndarray:
    array = np.asarray(value)
    if array.dtype.kind not in "iuf" or array.ndim > 1 or not array.size or not (np.abs(array) < FAR).all():
        raise ValueError(f"{name}: expected finite numbers of pixels, one or (T,), got {described(value)}")
    return array.astype(np.float64)


def resample(frames: np.ndarray, rows: Taps, columns: Taps, out: np.ndarray) -> None:
    """Make ``out`` (T, y, x), float32, of ``frames`` (T, Y, X), uint8: along columns first, then along rows.

    ``rows`` and ``columns`` say which pixels each result is made of.
    """
    (part, places, weights), (part_across, places_across, weights_across) = rows, columns
    for t, (p, q) in enumerate(zip(part, part_across)):
        tall = np.zeros((out.shape[1], frames.shape[2]), np.float32)
        for place, w in zip(places[p].T, weights[p].T):
            tall += w[:, None] * frames[t, place]
        out[t] = 0
        for place, w in zip(places_across[q].T, weights_across[q].T):
            out[t] += w * tall[:, place]


def resampled(frames: np.ndarray, places: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """The parts of ``frames`` (T, Y, X), uint8, at ``places`` as rows and columns of a ``size``, in float32.

    The places are top, left, height and width, (4, T), in pixels; checked before. It is compiled.
    """
    top, left, height, width = places
    frames = read_only(np.ascontiguousarray(frames))
    out = np.empty((len(frames), *size), np.float32)
    for k in range(0, len(frames), BLOCK):
        block = slice(k, k + BLOCK)
        rows = taps(top[block], height[block], size[0], frames.shape[1])
        columns = taps(left[block], width[block], size[1], frames.shape[2])
        _kernel()(frames[block], rows, columns, out[block])
    return out


@functools.cache
def _kernel() -> Callable[[np.ndarray, Taps, Taps, np.ndarray], object]:
    from seqdl.kernels.layers import resample as kernels
    from seqdl.kernels.vector.native import compiling

    return kernels.resample if compiling() else resample
