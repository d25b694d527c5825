"""The output layer's two readings, compiled."""

import numpy as np

from seqdl.kernels.layers import squash
from seqdl.kernels.vector.jit import jit

F = np.float32


@jit
def decision(y: np.ndarray) -> int:
    """Which output, or weighted sum, is the highest; the first of equals."""
    best = 0
    for k in range(1, len(y)):
        if y[k] > y[best]:
            best = k
    return best


@jit
def outputs(z: np.ndarray, cross_entropy: bool, y: np.ndarray) -> None:
    """What the output neurons say, ``y``: softmax of the sums ``z`` with ``cross_entropy``, otherwise tanh."""
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
    """The loss of one decision, from weighted sums ``z`` (classes,) and the true class, ``label``.

    With ``cross_entropy`` or, without it, the squared error; the outputs ``y`` and the gradient by the sums ``dz`` are
    overwritten.
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
