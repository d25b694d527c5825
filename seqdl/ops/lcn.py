"""3D local contrast normalisation (Section 4.2, "as recommended in" Jarrett et al., ICCV 2009).

With frames a, a Gaussian window w of 7 x 7 x 7 units that adds up to 1, and * for the weighted mean around each unit,
``two_pass`` is the reference's formula::

    v = a - w*a        deviation = sqrt(w*v^2)          normalised = v / max(c, deviation)

and ``one_window`` takes mean and deviation from one and the same window::

    m = w*a            deviation = sqrt(w*a^2 - m^2)    normalised = (a - m) / max(c, deviation)

Borders are repeated in space and time; then 3 rows and columns are cut off on each side, which turns 60 x 40 into the
54 x 34 of the paper's input. c is the mean of the deviations, over the sequence or each frame (of the part that is
kept), or fixed.

Choice: the paper names the method and the neighbourhood. Literally the reference looks twice through the window and its
valid part loses 12 units where the paper loses 6, so either borders are repeated (``two_pass``, the default) or the
window is looked through once. The Gaussian's width and what c is averaged over are not given either.
"""

import numpy as np

from seqdl.base.doors import Number, Whole, door

READINGS, CONSTANTS = ("two_pass", "one_window"), ("sequence", "frame", "fixed")
SIZE, SIGMA = Whole(1, 999, odd=True), Number(1e-3, 1e6)
LARGE = {"a": "Y >= size and X >= size"}
TINY = 1e-3
"""The least that divides, a quarter of a grey level: a flat clip becomes zeros, and not its rounding errors."""


@door(size=SIZE, sigma=SIGMA)
def gaussian(size: int, sigma: float) -> np.ndarray:
    """The window along one axis: an odd number of weights that add up to 1, sigma in units."""
    offsets = np.arange(size) - size // 2
    weights = np.exp(-(offsets**2) / (2 * sigma**2))
    return weights / weights.sum()


@door(a="T Y X", w="size", where={"w": "size % 2 == 1"})
def blur(a: np.ndarray, w: np.ndarray) -> np.ndarray:
    """Weighted mean around each unit of frames, separable, borders repeated; ``w`` is the window along one axis."""
    border = len(w) // 2
    for axis, length in enumerate(a.shape):
        padded = np.pad(a, [(border * (other == axis),) * 2 for other in range(3)], mode="edge")
        parts = (weight * np.take(padded, range(k, k + length), axis) for k, weight in enumerate(w.astype(a.dtype)))
        a = sum(parts, start=np.zeros_like(a))
    return a


@door(a="T Y X", size=SIZE, sigma=SIGMA, reading=READINGS, constant=CONSTANTS, value=Number(0), where=LARGE)
def normalise(
    a: np.ndarray,
    size: int = 7,
    sigma: float = 1.5,
    reading: str = "two_pass",
    constant: str = "sequence",
    value: float = 0.01,
) -> np.ndarray:
    """Normalise the contrast of a clip: (T, Y - size + 1, X - size + 1).

    Parameters
    ----------
    a : array, (T, Y, X)
        Grey values in 0..1.
    size, sigma : int, float
        The window.
    reading : {"two_pass", "one_window"}
        Which of the formulas.
    constant : {"sequence", "frame", "fixed"}
        What c is.
    value : float
        c where it is fixed.
    """
    w, border = gaussian(size, sigma), size // 2
    m = blur(a, w)
    v = a - m
    variance = blur(v * v, w) if reading == "two_pass" else blur(a * a, w) - m * m
    inside = (slice(None), *(slice(border, length - border) for length in a.shape[1:]))
    v, deviation = v[inside], np.sqrt(np.maximum(variance[inside], 0))
    c = {"sequence": deviation.mean(), "frame": deviation.mean(axis=(1, 2), keepdims=True), "fixed": value}[constant]
    return v / np.maximum(np.maximum(c, deviation), TINY)
