"""The output layer's readings, compiled: which one is a number, that of its place in :data:`seqdl.ops.loss.KINDS`."""

import numpy as np

from seqdl.kernels.layers import squash
from seqdl.kernels.vector.jit import borrowing
from seqdl.ops.loss import KINDS

F = np.float32
CROSS_ENTROPY, SQUARED_ERROR, LOGISTIC = range(len(KINDS))


@borrowing
def decision(y: np.ndarray) -> int:
    """Which output, or weighted sum, is the highest; the first of equals."""
    best = 0
    for k in range(1, len(y)):
        if y[k] > y[best]:
            best = k
    return best


@borrowing
def outputs(z: np.ndarray, kind: int, y: np.ndarray) -> None:
    """What the output neurons say, ``y``, of the sums ``z``: softmax, tanh or logistic, by the ``kind``."""
    if kind == CROSS_ENTROPY:
        highest, total = z[decision(z)], F(0)
        for k in range(len(z)):
            y[k] = np.exp(z[k] - highest)
            total += y[k]
        for k in range(len(z)):
            y[k] /= total
    elif kind == LOGISTIC:
        for k in range(len(z)):
            y[k] = F(0.5) + F(0.5) * squash.tanh(F(0.5) * z[k])
    else:
        for k in range(len(z)):
            y[k] = squash.tanh(z[k])


@borrowing
def target(label: int, k: int, kind: int) -> float:
    """What output ``k`` should be where ``label`` is the true class or, by the ``kind``, the set of the true ones."""
    if kind == LOGISTIC:
        return F((label >> k) & 1)
    return F(1) if k == label else F(0) if kind == CROSS_ENTROPY else F(-1)


@borrowing
def separate(z: float, target: float) -> float:
    """The binary cross-entropy of one logistic unit of the sum ``z``, finite for any; ``target`` is 1 or 0."""
    return max(z, F(0)) - z * target + np.log(F(1) + np.exp(-abs(z)))


@borrowing
def loss(z: np.ndarray, label: int, kind: int, y: np.ndarray, dz: np.ndarray) -> float:
    """The loss of one decision, from weighted sums ``z`` (classes,) and the true class, ``label``.

    With logistic units that is the set of the true ones. ``kind`` says which loss; the outputs ``y`` and the gradient
    by the sums ``dz`` are overwritten.
    """
    outputs(z, kind, y)
    if kind == CROSS_ENTROPY:
        highest, total = z[decision(z)], F(0)
        for k in range(len(z)):
            total += np.exp(z[k] - highest)
            dz[k] = y[k]
        dz[label] -= F(1)
        return np.log(total) + highest - z[label]
    value = F(0)
    for k in range(len(z)):
        wanted = target(label, k, kind)
        error = y[k] - wanted
        if kind == LOGISTIC:
            value += separate(z[k], wanted)
            dz[k] = error
        else:
            value += F(0.5) * error * error
            dz[k] = error * (F(1) - y[k] * y[k])
    return value
