"""Fully connected neurons (Section 2.2, N1 and N2; Section 3, the LSTM's output layer).

For one vector or a sequence of them, one a row::

    z = x W^T + b        dx = dz W        dW = dz^T x        db = sum dz
"""

from __future__ import annotations

import numpy as np


def forward(x: np.ndarray, w: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Weighted sums.

    Parameters
    ----------
    x : array, (N,) or (steps, N)
        Inputs.
    w : array, (M, N)
        Weights.
    b : array, (M,)
        Biases.

    Returns
    -------
    array, (M,) or (steps, M)
    """
    return x @ w.T + b


def backward(dz: np.ndarray, x: np.ndarray, w: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Gradients by the inputs, weights and biases.

    Parameters
    ----------
    dz : array, (M,) or (steps, M)
        Gradient by the weighted sums.
    x : array, (N,) or (steps, N)
        Inputs.
    w : array, (M, N)
        Weights.

    Returns
    -------
    dx : array, like x
    dw : array, (M, N)
    db : array, (M,)
    """
    rows = np.atleast_2d(dz)
    return dz @ w, rows.T @ np.atleast_2d(x), rows.sum(axis=0)
