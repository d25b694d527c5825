"""The output layer's readings and their losses.

``cross_entropy``: softmax outputs y and L = -log y[label]::

    y = exp(z) / sum exp(z)        dz = y - (1 for the label, 0 for the others)

``squared_error``: squashed outputs y = tanh(z), targets +1 for the label and -1 for the others::

    L = 1/2 sum (y - target)^2        dz = (y - target) (1 - y^2)

``logistic``: each output a unit of its own, which says whether its class is shown; several may be, or none. Targets are
1 for the classes of a set and 0 for the others, and L is the binary cross-entropy::

    y = 1 / (1 + exp(-z))        L = sum log(1 + exp(z)) - target z        dz = y - target

A set of classes is a number: bit k says whether class k is in it.

Of a sequence, the losses of the steps are added by weights w that the caller gives::

    L = sum_t w[t] L_t        dz[t] = w[t] dL_t/dz[t]

Choice: the paper names none; softmax with cross-entropy is the default. The paper's videos show one action each; the
logistic units are for those that show several.
"""

import numpy as np

from seqdl.base.doors import Whole, door
from seqdl.ops import squash

KINDS = ("cross_entropy", "squared_error", "logistic")
LABEL = Whole(most=2**62 - 1, below="C", sets=("kind", "logistic"))


@door(z="... C", kind=KINDS)
def outputs(z: np.ndarray, kind: str = "cross_entropy") -> np.ndarray:
    """What the output neurons say: probabilities or, with ``squared_error``, values in -1..1.

    With ``logistic`` each is a probability by itself; otherwise they add up to 1.

    Parameters
    ----------
    z : array, (..., classes)
        Weighted sums of the output neurons.
    kind : {"cross_entropy", "squared_error", "logistic"}
        The reading.
    """
    if kind == "squared_error":
        return squash.forward(z)
    if kind == "logistic":
        return (1 + squash.forward(z / 2)) / 2
    powers = np.exp(z - z.real.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


@door(z="C", label=LABEL, kind=KINDS)
def loss(z: np.ndarray, label: int, kind: str = "cross_entropy") -> tuple[np.ndarray, np.ndarray]:
    """The loss of one decision and its gradient dz by the sums.

    Parameters
    ----------
    z, label : array, (classes,), and int
        Weighted sums of the output neurons; the true class or, with ``logistic``, the set of the true ones.
    kind : {"cross_entropy", "squared_error", "logistic"}
        The reading.
    """
    y = outputs(z, kind)
    if kind == "squared_error":
        error = y - target(len(z), label, y.dtype)
        return (error * error).sum() / 2, squash.backward(error, y)
    if kind == "logistic":
        shown, most = target(len(z), label, y.dtype, kind), np.maximum(z.real, 0)
        return (np.log(np.exp(-most) + np.exp(z - most)) + most - shown * z).sum(), y - shown
    highest = z.real.max()
    return np.log(np.exp(z - highest).sum()) + highest - z[label], y - (np.arange(len(z)) == label)


@door(z="S C", label=LABEL, weights="S", kind=KINDS)
def sequence(
    z: np.ndarray, label: int, weights: np.ndarray, kind: str = "cross_entropy"
) -> tuple[np.ndarray, np.ndarray]:
    """The loss of a sequence and its gradient dz by the sums at every step.

    Parameters
    ----------
    z, label : array, (steps, classes), and int
        Weighted sums of the output neurons at each step; the true class of all of them, or the set of the true ones.
    weights : array, (steps,)
        How much each step's loss counts.
    kind : {"cross_entropy", "squared_error", "logistic"}
        The reading.
    """
    values, dz = (np.stack(parts) for parts in zip(*(loss(z_t, label, kind) for z_t in z)))
    return weights @ values, weights[:, None] * dz


@door(classes=Whole(1), label=LABEL._replace(below="classes"), kind=KINDS[1:])
def target(classes: int, label: int, dtype: np.dtype | type = np.float64, kind: str = "squared_error") -> np.ndarray:
    """The target of the squared error: +1 for the label, -1 for the others; or of logistic units, of a set of labels.

    Parameters
    ----------
    classes, label : int
        How many; the true one, or the set of the true ones.
    dtype : dtype
        Of the target, (classes,).
    kind : {"squared_error", "logistic"}
        The reading.
    """
    if kind == "logistic":
        return (label >> np.arange(classes) & 1).astype(dtype)
    return np.where(np.arange(classes) == label, 1, -1).astype(dtype)
