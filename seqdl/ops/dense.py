"""Fully connected neurons (Section 2.2, N1 and N2; Section 3, the LSTM's output layer).

For one vector or a sequence of them, one a row::

    z = x W^T + b        dx = dz W        dW = dz^T x        db = sum dz
"""

import numpy as np

from seqdl.base.doors import door


@door(x="steps? N", w="M N", b="M")
def forward(x: np.ndarray, w: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Weighted sums, (M,) or (steps, M).

    Parameters
    ----------
    x : array, (N,) or (steps, N)
        Inputs.
    w, b : array, (M, N) and (M,)
        Weights and biases.
    """
    return x @ w.T + b


@door(dz="steps? M", x="steps? N", w="M N")
def backward(dz: np.ndarray, x: np.ndarray, w: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Gradients by the inputs, the weights and the biases; each of the shape of what it is by.

    Parameters
    ----------
    dz : array, (M,) or (steps, M)
        Gradient by the weighted sums.
    x, w : array, (N,) or (steps, N), and (M, N)
        Inputs and weights.
    """
    rows = np.atleast_2d(dz)
    return dz @ w, rows.T @ np.atleast_2d(x), rows.sum(axis=0)
