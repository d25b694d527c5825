"""Fully connected neurons, compiled."""

from __future__ import annotations

import numpy as np

from seqdl.kernels.vector.jit import jit

F = np.float32


@jit
def forward(x: np.ndarray, w: np.ndarray, b: np.ndarray, z: np.ndarray) -> None:
    """Weighted sums.

    Parameters
    ----------
    x : array, (N,)
        Inputs.
    w : array, (M, N)
        Weights.
    b : array, (M,)
        Biases.
    z : array, (M,)
        Overwritten.
    """
    for m in range(len(b)):
        total = F(0)
        for n in range(len(x)):
            total += w[m, n] * x[n]
        z[m] = b[m] + total


@jit
def backward(dz: np.ndarray, x: np.ndarray, w: np.ndarray, dx: np.ndarray, dw: np.ndarray, db: np.ndarray) -> None:
    """Gradients by inputs, weights and biases.

    Parameters
    ----------
    dz : array, (M,)
        Gradient by the weighted sums.
    x : array, (N,)
        Inputs.
    w : array, (M, N)
        Weights.
    dx : array, (N,)
        Overwritten.
    dw : array, (M, N)
        Overwritten.
    db : array, (M,)
        Overwritten.
    """
    for n in range(len(x)):
        dx[n] = F(0)
    for m in range(len(dz)):
        factor = dz[m]
        db[m] = factor
        for n in range(len(x)):
            dx[n] += factor * w[m, n]
            dw[m, n] = factor * x[n]
