"""Fully connected neurons, compiled."""

import numpy as np

from seqdl.kernels.vector.jit import borrowing

F = np.float32


@borrowing
def forward(x: np.ndarray, w: np.ndarray, b: np.ndarray, z: np.ndarray) -> None:
    """Weighted sums ``z`` (M,), overwritten, of inputs ``x`` (N,) with weights ``w`` (M, N) and biases ``b`` (M,)."""
    for m in range(len(b)):
        total = F(0)
        for n in range(len(x)):
            total += w[m, n] * x[n]
        z[m] = b[m] + total


@borrowing
def backward(dz: np.ndarray, x: np.ndarray, w: np.ndarray, dx: np.ndarray, dw: np.ndarray, db: np.ndarray) -> None:
    """Gradients ``dx``, ``dw`` and ``db`` from ``dz``, the gradient by the sums, inputs ``x`` and weights ``w``."""
    for n in range(len(x)):
        dx[n] = F(0)
    for m in range(len(dz)):
        factor = dz[m]
        db[m] = factor
        for n in range(len(x)):
            dx[n] += factor * w[m, n]
            dw[m, n] = factor * x[n]
