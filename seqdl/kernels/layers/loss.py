"""The output layer's readings, compiled: which one is a number, that of its place in :data:`seqdl.ops.loss.KINDS`."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from seqdl.kernels.layers import squash
from seqdl.kernels.vector.simd import vector_kernel
from seqdl.kernels.vector.sizes import Sizes
from seqdl.ops.loss import KINDS

CROSS_ENTROPY, SQUARED_ERROR, LOGISTIC = range(len(KINDS))
LARGEST = float(np.finfo(np.float32).max)


@dataclass(frozen=True)
class Kind(Sizes):
    """Which reading.

    Parameters
    ----------
    number : int
        As above.
    """

    number: int


def highest(v: Any, y: Any, count: Any, step: int = 1) -> list[Any]:
    """Which of ``count`` numbers, a ``step`` apart, is the highest, the first of equals; and that number."""

    def one(k: Any, best: list[Any]) -> list[Any]:
        value = v.load(y + k * step, 1)
        return [v.select(value > best[1], k, best[0]), v.select(value > best[1], value, best[1])]

    return v.loop(count, [0, v.load(y, 1)], one, start=1)


@vector_kernel
def decision(v: Any, g: None, y: Any, classes: Any, out: Any) -> None:
    """Which of so many ``classes`` has the highest output, or weighted sum, in ``y``: an integer in ``out``."""
    v.put(highest(v, y, classes)[0], out)


@vector_kernel
def outputs(v: Any, g: Kind, z: Any, y: Any, classes: Any) -> None:
    """What the output neurons say, ``y``, of the sums ``z``: softmax, tanh or logistic, by the kind ``g``.

    ``v`` is the writer; there are so many ``classes``.
    """

    def exponential(k: Any, total: list[Any]) -> list[Any]:
        value = v.exp(v.load(z + k, 1) - most)
        v.store(value, y + k)
        return [total[0] + value]

    def squashed(k: Any) -> None:
        value = v.load(z + k, 1)
        if g.number == LOGISTIC:
            v.store(squash.apply(v, value * 0.5, "plain") * 0.5 + 0.5, y + k)
        else:
            v.store(squash.apply(v, value, "plain"), y + k)

    if g.number == CROSS_ENTROPY:
        _, most = highest(v, z, classes)
        [total] = v.loop(classes, [v.zeros(1)], exponential)
        v.each(classes, lambda k: v.store(v.load(y + k, 1) / total, y + k))
    else:
        v.each(classes, squashed)


def target(v: Any, label: Any, k: Any, kind: int) -> Any:
    """What output ``k`` should be where ``label`` is the true class or, by the ``kind``, the set of the true ones."""
    if kind == LOGISTIC:
        return v.number((label >> k) % 2)
    no = v.constant(0.0 if kind == CROSS_ENTROPY else -1.0, 1)
    return v.select(v.equal(k, label), v.constant(1.0, 1), no)


def separate(v: Any, z: Any, target: Any) -> Any:
    """The binary cross-entropy of one logistic unit of the sum ``z``, finite for any; ``target`` is 1 or 0."""
    return v.select(z > 0.0, z, v.zeros(1)) - z * target + v.log(v.exp(v.absolute(z) * -1.0) + 1.0)


@vector_kernel
def loss(v: Any, g: Kind, z: Any, label: Any, y: Any, dz: Any, classes: Any, value: Any) -> None:
    """The loss of one decision, from weighted sums ``z`` (classes,) and the true class, ``label``: ``value`` (1,).

    With logistic units that is the set of the true ones. ``v`` is the writer, ``g`` says which loss, of so many
    ``classes``; the outputs ``y`` and the gradient by the sums ``dz`` are overwritten.
    """
    outputs(v, g, z, y, classes)

    def one(k: Any, total: list[Any]) -> list[Any]:
        wanted, out, here = target(v, label, k, g.number), v.load(y + k, 1), v.load(z + k, 1)
        error = out - wanted
        v.store(squash.backward(v, error, out, "plain") if g.number == SQUARED_ERROR else error, dz + k)
        if g.number == CROSS_ENTROPY:
            return [total[0] + v.exp(here - most)]
        return [total[0] + (separate(v, here, wanted) if g.number == LOGISTIC else error * error * 0.5)]

    _, most = highest(v, z, classes)
    [total] = v.loop(classes, [v.zeros(1)], one)
    if g.number == CROSS_ENTROPY:
        total = v.log(total) + most - v.load(z + label, 1)
    v.store(total, value)


def while_finite(
    v: Any, learn: Callable[[Any], None], step: Callable[[Any], None], losses: Any, count: Any, done: Any
) -> None:
    """So many online updates as ``count`` says, until a loss is not finite: the k-th is ``learn(k)`` and ``step(k)``.

    ``learn`` leaves a loss in ``losses`` (n,), and where that is finite ``step`` changes the parameters. ``done`` (1,),
    an integer that is 0, counts the steps.
    """

    def update(k: Any) -> None:
        def move() -> None:
            step(k)
            v.put(k + 1, done)

        learn(k)
        v.when(v.absolute(v.load(losses + k, 1)) < LARGEST, move)

    v.each(count, lambda k: v.when(v.equal(v.offset(done), k), lambda: update(k)))
