"""Spatial sub-sampling with trainable weights (Section 2.2, S1 and S2; LeCun et al. 1998).

Each map has one coefficient c and one bias b; the windows of n x n units do not overlap and time is left alone::

    v[m,t,y,x] = k sum_{s,q < n} a[m, t, n y + s, n x + q]        u = c[m] v + b[m]

with k = 1/n^2 (mean) or 1 (sum). Choice: the paper does not say which. The derivatives::

    dc[m] = sum v du        db[m] = sum du        da[m, t, n y + s, n x + q] = k c[m] du[m,t,y,x]
"""

from __future__ import annotations

import numpy as np


def pool(a: np.ndarray, n: int, pooling: str = "mean") -> np.ndarray:
    """Mean or sum over windows of n x n units.

    Parameters
    ----------
    a : array, (M, T, Y, X)
        Input maps; Y and X are multiples of n.
    n : int
        Side of the window.
    pooling : {"mean", "sum"}
        What is taken over the window.

    Returns
    -------
    array, (M, T, Y/n, X/n)
    """
    maps, frames, rows, columns = a.shape
    v = a.reshape(maps, frames, rows // n, n, columns // n, n).sum(axis=(3, 5))
    return v / (n * n) if pooling == "mean" else v


def forward(a: np.ndarray, c: np.ndarray, b: np.ndarray, n: int, pooling: str = "mean") -> np.ndarray:
    """Sub-sample, before squashing.

    Parameters
    ----------
    a : array, (M, T, Y, X)
        Input maps.
    c, b : array, (M,)
        Coefficient and bias of each map.
    n : int
        Side of the window.
    pooling : {"mean", "sum"}
        What is taken over the window.

    Returns
    -------
    array, (M, T, Y/n, X/n)
    """
    return c[:, None, None, None] * pool(a, n, pooling) + b[:, None, None, None]


def backward(
    du: np.ndarray, a: np.ndarray, c: np.ndarray, n: int, pooling: str = "mean"
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Gradients by the input maps, coefficients and biases.

    Parameters
    ----------
    du : array, (M, T, Y/n, X/n)
        Gradient by the output before squashing.
    a : array, (M, T, Y, X)
        Input maps.
    c : array, (M,)
        Coefficient of each map.
    n : int
        Side of the window.
    pooling : {"mean", "sum"}
        What is taken over the window.

    Returns
    -------
    da : array, (M, T, Y, X)
    dc : array, (M,)
    db : array, (M,)
    """
    dv = c[:, None, None, None] * du / (n * n if pooling == "mean" else 1)
    da = dv.repeat(n, axis=2).repeat(n, axis=3)
    return da, (pool(a, n, pooling) * du).sum(axis=(1, 2, 3)), du.sum(axis=(1, 2, 3))
