"""Windows that overlap, in maps that are computed once for a whole sequence (the single-step model of Section 5).

Of maps a[m] over time, windows of F frames begin at every n-th frame. Window k sees as one vector, its values in the
order of the maps' own::

    v[k] = a[m, n k + r, y, x]        for all m, r < F, y and x

A unit is seen by every window that its frame t lies in, and gathers the errors of all of them; one that no window sees
gets none::

    da[m,t,y,x] = sum_{k,r: n k + r = t} dv[k][m,r,y,x]
"""

import numpy as np

from seqdl.base.doors import Sizes, Whole, door


@door(a="M T Y X", frames=Whole(1), step=Whole(1), where={"frames": "frames <= T"})
def forward(a: np.ndarray, frames: int, step: int = 1) -> np.ndarray:
    """Every window that fits, one a row, (windows, M * frames * Y * X).

    Parameters
    ----------
    a : array, (M, T, Y, X)
        Maps of a whole sequence.
    frames, step : int
        Length of a window; frames from the beginning of one to that of the next.
    """
    firsts = range(0, a.shape[1] - frames + 1, step)
    return np.stack([a[:, first : first + frames].reshape(-1) for first in firsts])


@door(
    dv="S N",
    shape=Sizes("M T Y X"),
    frames=Whole(1),
    step=Whole(1),
    where={"frames": "frames <= T", "dv": "S == (T - frames) // step + 1 and N == M * frames * Y * X"},
)
def backward(dv: np.ndarray, shape: tuple[int, ...], frames: int, step: int = 1) -> np.ndarray:
    """Gradient by the maps, (M, T, Y, X).

    Parameters
    ----------
    dv : array, (windows, M * frames * Y * X)
        Gradient by the windows.
    shape : tuple of int
        Shape (M, T, Y, X) of the maps.
    frames, step : int
        Length of a window; frames from the beginning of one to that of the next.
    """
    da = np.zeros(shape, dv.dtype)
    maps, _, rows, columns = shape
    for k, error in enumerate(dv):
        first = step * k
        da[:, first : first + frames] += error.reshape(maps, frames, rows, columns)
    return da
