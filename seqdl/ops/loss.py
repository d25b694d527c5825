"""The output layer's two readings and their losses.

``cross_entropy``: softmax outputs y and L = -log y[label]::

    y = exp(z) / sum exp(z)        dz = y - (1 for the label, 0 for the others)

``squared_error``: squashed outputs y = tanh(z), targets +1 for the label and -1 for the others::

    L = 1/2 sum (y - target)^2        dz = (y - target) (1 - y^2)

Of a sequence, the losses of the steps are added by weights w that the caller gives::

    L = sum_t w[t] L_t        dz[t] = w[t] dL_t/dz[t]

Choice: the paper names neither; softmax with cross-entropy is the default.
"""

import numpy as np

from seqdl.base.doors import Whole, door
from seqdl.ops import squash

KINDS = ("cross_entropy", "squared_error")


@door(z="... C", kind=KINDS)
def outputs(z: np.ndarray, kind: str = "cross_entropy") -> np.ndarray:
    """What the output neurons say: probabilities or, with ``squared_error``, values in -1..1.

    Parameters
    ----------
    z : array, (..., classes)
        Weighted sums of the output neurons.
    kind : {"cross_entropy", "squared_error"}
        The reading.
    """
    if kind == "squared_error":
        return squash.forward(z)
    powers = np.exp(z - z.real.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


@door(z="C", label=Whole(below="C"), kind=KINDS)
def loss(z: np.ndarray, label: int, kind: str = "cross_entropy") -> tuple[np.ndarray, np.ndarray]:
    """The loss of one decision and its gradient dz by the sums.

    Parameters
    ----------
    z, label : array, (classes,), and int
        Weighted sums of the output neurons; the true class.
    kind : {"cross_entropy", "squared_error"}
        The reading.
    """
    y = outputs(z, kind)
    if kind == "squared_error":
        error = y - target(len(z), label, y.dtype)
        return (error * error).sum() / 2, squash.backward(error, y)
    highest = z.real.max()
    return np.log(np.exp(z - highest).sum()) + highest - z[label], y - (np.arange(len(z)) == label)


@door(z="S C", label=Whole(below="C"), weights="S", kind=KINDS)
def sequence(
    z: np.ndarray, label: int, weights: np.ndarray, kind: str = "cross_entropy"
) -> tuple[np.ndarray, np.ndarray]:
    """The loss of a sequence and its gradient dz by the sums at every step.

    Parameters
    ----------
    z, label : array, (steps, classes), and int
        Weighted sums of the output neurons at each step; the true class of all of them.
    weights : array, (steps,)
        How much each step's loss counts.
    kind : {"cross_entropy", "squared_error"}
        The reading.
    """
    values, dz = (np.stack(parts) for parts in zip(*(loss(z_t, label, kind) for z_t in z)))
    return weights @ values, weights[:, None] * dz


@door(classes=Whole(1), label=Whole(below="classes"))
def target(classes: int, label: int, dtype: np.dtype | type = np.float64) -> np.ndarray:
    """The target of the squared error: +1 for the label, -1 for the others."""
    return np.where(np.arange(classes) == label, 1, -1).astype(dtype)
