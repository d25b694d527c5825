"""Spatial sub-sampling with trainable weights (Section 2.2, S1 and S2; LeCun et al. 1998).

Each map has one coefficient c and one bias b; the windows of n x n units do not overlap and time is left alone::

    v[m,t,y,x] = k sum_{s,q < n} a[m, t, n y + s, n x + q]        u = c[m] v + b[m]

with k = 1/n^2 (mean) or 1 (sum). Choice: the paper does not say which. The derivatives::

    dc[m] = sum v du        db[m] = sum du        da[m, t, n y + s, n x + q] = k c[m] du[m,t,y,x]
"""

import numpy as np

from seqdl.base.doors import Whole, door

POOLINGS = ("mean", "sum")
WHOLE = {"n": "Y % n == 0 and X % n == 0"}


@door(a="M T Y X", n=Whole(1), pooling=POOLINGS, where=WHOLE)
def pool(a: np.ndarray, n: int, pooling: str = "mean") -> np.ndarray:
    """Mean or sum over windows of n x n units, (M, T, Y/n, X/n).

    Parameters
    ----------
    a : array, (M, T, Y, X)
        Input maps; Y and X are multiples of n.
    n, pooling : int, {"mean", "sum"}
        Side of the window; what is taken over it.
    """
    maps, frames, rows, columns = a.shape
    v = a.reshape(maps, frames, rows // n, n, columns // n, n).sum(axis=(3, 5))
    return v / (n * n) if pooling == "mean" else v


@door(a="M T Y X", c="M", b="M", n=Whole(1), pooling=POOLINGS, where=WHOLE)
def forward(a: np.ndarray, c: np.ndarray, b: np.ndarray, n: int, pooling: str = "mean") -> np.ndarray:
    """Sub-sample, before squashing: (M, T, Y/n, X/n).

    Parameters
    ----------
    a, c, b : array, (M, T, Y, X), (M,) and (M,)
        Input maps; coefficient and bias of each map.
    n, pooling : int, {"mean", "sum"}
        Side of the window; what is taken over it.
    """
    return c[:, None, None, None] * pool(a, n, pooling) + b[:, None, None, None]


@door(du="M T Y//n X//n", a="M T Y X", c="M", n=Whole(1), pooling=POOLINGS, where=WHOLE)
def backward(
    du: np.ndarray, a: np.ndarray, c: np.ndarray, n: int, pooling: str = "mean"
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Gradients by the input maps, the coefficients and the biases.

    Parameters
    ----------
    du : array, (M, T, Y/n, X/n)
        Gradient by the output before squashing.
    a, c : array, (M, T, Y, X) and (M,)
        Input maps; coefficient of each map.
    n, pooling : int, {"mean", "sum"}
        Side of the window; what is taken over it.
    """
    dv = c[:, None, None, None] * du / (n * n if pooling == "mean" else 1)
    da = dv.repeat(n, axis=2).repeat(n, axis=3)
    return da, (pool(a, n, pooling) * du).sum(axis=(1, 2, 3)), du.sum(axis=(1, 2, 3))
