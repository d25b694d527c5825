"""The output layer's two readings, compiled."""

from __future__ import annotations

import numpy as np

from seqdl.kernels.layers import squash
from seqdl.kernels.vector.jit import jit

F = np.float32


@jit
def decision(y: np.ndarray) -> int:
    """Which output is the highest.

    Parameters
    ----------
    y : array, (classes,)
        Outputs, or weighted sums.

    Returns
    -------
    int
        The first of equals.
    """
    best = 0
    for k in range(1, len(y)):
        if y[k] > y[best]:
            best = k
    return best


@jit
def outputs(z: np.ndarray, cross_entropy: bool, y: np.ndarray) -> None:
    """What the output neurons say.

    Parameters
    ----------
    z : array, (classes,)
        Weighted sums.
    cross_entropy : bool
        Softmax; otherwise tanh.
    y : array, (classes,)
        Overwritten.
    """
    if cross_entropy:
        highest, total = z[decision(z)], F(0)
        for k in range(len(z)):
            y[k] = np.exp(z[k] - highest)
            total += y[k]
        for k in range(len(z)):
            y[k] /= total
    else:
        for k in range(len(z)):
            y[k] = squash.tanh(z[k])


@jit
def loss(z: np.ndarray, label: int, cross_entropy: bool, y: np.ndarray, dz: np.ndarray) -> float:
    """The loss of one decision.

    Parameters
    ----------
    z : array, (classes,)
        Weighted sums.
    label : int
        The true class.
    cross_entropy : bool
        The reading; otherwise the squared error.
    y : array, (classes,)
        The outputs; overwritten.
    dz : array, (classes,)
        Gradient by the weighted sums; overwritten.
    """
    outputs(z, cross_entropy, y)
    if cross_entropy:
        highest, total = z[decision(z)], F(0)
        for k in range(len(z)):
            total += np.exp(z[k] - highest)
            dz[k] = y[k]
        dz[label] -= F(1)
        return np.log(total) + highest - z[label]
    value = F(0)
    for k in range(len(z)):
        error = y[k] - (F(1) if k == label else F(-1))
        value += F(0.5) * error * error
        dz[k] = error * (F(1) - y[k] * y[k])
    return value
