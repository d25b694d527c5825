"""The LSTM with its output layer, compiled: one call reads a sequence, one call runs many online updates.

The output layer reads the same rows as the cells (:mod:`seqdl.kernels.layers.lstm`), ``[h | 1 | 0 ..]``, so a class's
weights and its bias lie in one line. For softmax and loss the lanes are *steps*: 16 of them at once, without a sum
across a vector. How many classes there are is an argument and no size: another number of them is not compiled anew.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from seqdl.kernels.layers import dropout, loss, lstm, momentum, squash
from seqdl.kernels.layers.layout import aligned
from seqdl.kernels.layers.loss import CROSS_ENTROPY, LOGISTIC, SQUARED_ERROR
from seqdl.kernels.layers.lstm import Factors, multiply
from seqdl.kernels.vector.jit import borrowing, inlined
from seqdl.kernels.vector.simd import vector_kernel
from seqdl.kernels.vector.sizes import Sizes

F = np.float32

TOGETHER = 2
"""Classes whose gradients are summed up at once: sums enough to keep the processor busy, one line of zeros at most."""

ADDED = 4
"""Exponentials of a softmax that are added up before they are added to the rest: fewer roundings, and less waiting."""


@dataclass(frozen=True)
class Classifier(Sizes):
    """The sizes and choices of a classifier.

    Parameters
    ----------
    c : seqdl.kernels.layers.lstm.Cells
        The hidden layer.
    loss : int
        Which, as :mod:`seqdl.kernels.layers.loss` numbers them.
    every : bool
        Targets at every step, the error averaged; otherwise at the last step alone.
    truncate : int
        Steps after which the error is cut; 0 for full backpropagation through time.
    """

    c: lstm.Cells
    loss: int
    every: bool
    truncate: int


def lines(classes: int, together: int = TOGETHER) -> int:
    """Lines of something that there is for each class, of which so many are used ``together``; the last stay zero."""
    return -(-classes // together) * together


def size(g: Classifier, classes: int) -> int:
    """Numbers of all parameters, packed."""
    return g.c.size + lines(classes) * g.c.line


def positions(g: Classifier, classes: int) -> np.ndarray:
    """Where each parameter of the flat vector lies in the packed order."""
    first = g.c.size + np.arange(classes).reshape(-1, 1) * g.c.line
    output = first + np.arange(g.c.cells), first + g.c.cells
    return np.concatenate([where.reshape(-1) for where in (*lstm.positions(g.c), *output)])


class Workspace(NamedTuple):
    """What lies between a sequence and its gradient; all but the first with a line for each class.

    Parameters
    ----------
    cells : seqdl.kernels.layers.lstm.Workspace
        Of the hidden layer.
    z, y, dz : array, (lines, steps, rounded up)
        Sums and outputs of the output layer, and the gradients by the sums.
    logs : array, (2, steps, rounded up)
        The largest of a step's sums, and the sum of the exponentials of what the others are less.
    target, shares : array, (classes,) and (steps, rounded up)
        What the outputs should be; how much each step's error counts.
    """

    cells: lstm.Workspace
    z: np.ndarray
    y: np.ndarray
    dz: np.ndarray
    logs: np.ndarray
    target: np.ndarray
    shares: np.ndarray


def workspace(g: Classifier, classes: int, steps: int) -> Workspace:
    """Allocate for so many ``classes``, and sequences of at most so many ``steps``; ``g`` are the sizes."""
    lanes = g.c.lanes
    length = (steps + lanes - 1) // lanes * lanes + lanes
    counts = lines(classes), lines(classes, ADDED), lines(classes), 2
    z, y, dz, logs = (aligned(count * length).reshape(count, length) for count in counts)
    return Workspace(lstm.workspace(g.c, steps), z, y, dz, logs, aligned(classes), aligned(length))


@vector_kernel
def say(
    v: Any, g: Classifier, theta: Any, rows: Any, z: Any, y: Any, logs: Any, classes: Any, fours: Any, pitch: Any,
    at: Any,
) -> None:  # fmt: skip
    """The outputs of as many steps as there are lanes, from step ``at`` on."""
    c = g.c
    first = rows + ((at + 1) * c.row + c.hidden)

    def sums(k: Any, most: list[Any]) -> list[Any]:
        line = theta + (k * c.line + c.size)
        weights = [v.load(line + n * v.lanes) for n in range(c.line // v.lanes)]
        steps = []
        for step in range(v.lanes):
            total = None
            for n, weight in enumerate(weights):
                h = v.load(first + (step * c.row + n * v.lanes))
                total = h * weight if total is None else v.fma(h, weight, total)
            steps.append(total)
        value = v.totals(steps)
        v.store(value, z + (k * pitch + at))
        return [v.select(value > most[0], value, most[0])]

    def exponential(k: Any) -> None:
        place = k * pitch + at
        v.store(v.exp(v.load(z + place) - highest), y + place)

    def add(k: Any, total: list[Any]) -> list[Any]:
        a, b, c, d = (v.load(y + ((k * ADDED + n) * pitch + at)) for n in range(ADDED))
        return [v.plus(total[0], v.plus(v.plus(a, b), v.plus(c, d)))]

    def share(k: Any) -> None:
        place = y + (k * pitch + at)
        v.store(v.load(place) * inverse, place)

    def squashed(k: Any) -> None:
        place, logistic = k * pitch + at, g.loss == LOGISTIC
        value = v.load(z + place)
        value = squash.apply(v, value * 0.5 if logistic else value, "plain")
        v.store(value * 0.5 + 0.5 if logistic else value, y + place)

    [highest] = v.loop(classes, [v.constant(-3e38, v.lanes)], sums)
    if g.loss == CROSS_ENTROPY:
        v.each(classes, exponential)
        [total] = v.loop(fours, [v.zeros()], add)
        inverse = v.constant(1.0, v.lanes) / total
        v.each(classes, share)
        v.store(highest, logs + at)
        v.store(total, logs + (pitch + at))
    else:
        v.each(classes, squashed)


@vector_kernel
def errors(v: Any, g: Classifier, y: Any, target: Any, shares: Any, dz: Any, classes: Any, pitch: Any, at: Any) -> None:
    """The gradients by the sums of as many steps as there are lanes, from step ``at`` on."""
    share = v.load(shares + at)

    def one(k: Any) -> None:
        out = v.load(y + (k * pitch + at))
        error = out - v.broadcast(target + k)
        if g.loss == SQUARED_ERROR:
            error = squash.backward(v, error, out, "plain")
        v.store(error * share, dz + (k * pitch + at))

    v.each(classes, one)


@vector_kernel
def output_gradients(
    v: Any, g: Classifier, theta: Any, rows: Any, dz: Any, dh: Any, gradient: Any, classes: Any, pairs: Any, pitch: Any,
    steps: Any, blocks: Any,
) -> None:  # fmt: skip
    """The gradients by the output layer's weights, pairs of classes at once, and by the cells' outputs."""
    c = g.c
    vectors, h = c.line // v.lanes, rows + (c.row + c.hidden)
    block = (pairs, TOGETHER, vectors, c.columns)
    multiply(v, Factors(dz, pitch, 1), h, gradient + c.size, (c.row, c.line), steps, block)
    block = (blocks, c.rows, vectors, c.columns)
    multiply(v, Factors(dz, 1, pitch), theta + c.size, dh, (c.line, c.line), classes, block)


@inlined
def read(g: Classifier, x: np.ndarray, theta: np.ndarray, work: Workspace) -> None:
    """The outputs at every step of a sequence ``x`` (steps, N), in ``work.y``; the rest of ``work`` is overwritten.

    ``g`` are the sizes, ``theta`` the packed parameters.
    """
    lstm.forward(g.c, x, theta, work.cells)
    counts = len(work.target), len(work.y) // ADDED, work.z.shape[1]
    for at in range(0, len(x), g.c.lanes):
        say(g, theta, work.cells.rows, work.z, work.y, work.logs, *counts, at)


@inlined
def weighted_loss_and_gradient(
    g: Classifier, x: np.ndarray, label: int, theta: np.ndarray, work: Workspace, gradient: np.ndarray
) -> float:
    """As :func:`loss_and_gradient`, where each step's error counts as ``work.shares`` says.

    ``g``, ``x``, ``label``, ``theta``, ``work`` and ``gradient`` are as there.
    """
    read(g, x, theta, work)
    steps, classes, (rows, pitch) = len(x), len(work.target), work.z.shape
    for k in range(classes):
        work.target[k] = loss.target(label, k, g.loss)
    value = F(0)
    for t in range(steps):
        here = F(0)
        if g.loss == CROSS_ENTROPY:
            here = work.logs[0, t] + np.log(work.logs[1, t]) - work.z[label, t]
        else:
            for k in range(classes):
                if g.loss == LOGISTIC:
                    here += loss.separate(work.z[k, t], work.target[k])
                else:
                    here += F(0.5) * (work.y[k, t] - work.target[k]) ** 2
        value += work.shares[t] * here
    for at in range(0, steps, g.c.lanes):
        errors(g, work.y, work.target, work.shares, work.dz, classes, pitch, at)
    blocks = (steps + g.c.rows - 1) // g.c.rows
    if steps > 0:
        counts = classes, rows // TOGETHER, pitch, steps, blocks
        output_gradients(g, theta, work.cells.rows, work.dz, work.cells.dh, gradient, *counts)
    lstm.backward(g.c, theta, work.cells, steps, g.truncate, gradient)
    return value


@inlined
def loss_and_gradient(
    g: Classifier, x: np.ndarray, label: int, theta: np.ndarray, work: Workspace, gradient: np.ndarray
) -> float:
    """The loss of one sequence ``x`` (steps, N), of class ``label``, and its gradient; the outputs are in ``work.y``.

    ``g`` are the sizes, ``theta`` the parameters and ``gradient`` that by them, both packed; ``gradient`` and ``work``
    are overwritten.
    """
    for t in range(len(x)):
        work.shares[t] = F(1) / F(len(x)) if g.every else F(t == len(x) - 1)
    return weighted_loss_and_gradient(g, x, label, theta, work, gradient)


@inlined
def decision(g: Classifier, steps: int, work: Workspace) -> int:
    """The class whose outputs over all ``steps`` add up to most; the first of equals.

    ``g`` are the sizes, ``work`` holds the outputs.
    """
    best, decided = F(0), 0
    for k in range(len(work.target)):
        said = F(0)
        for t in range(steps):
            said += work.y[k, t]
        if k == 0 or said > best:
            best, decided = said, k
    return decided


@borrowing
def leave_out(x: np.ndarray, seed: int, share: float, out: np.ndarray) -> np.ndarray:
    """A sequence ``x`` (steps, N) after dropout of a ``share`` by a ``seed``, in ``out`` of the same shape."""
    dropout.mask(seed, share, out)
    for t in range(len(x)):
        for k in range(x.shape[1]):
            out[t, k] *= x[t, k]
    return out


@borrowing
def run_updates(
    g: Classifier,
    features: np.ndarray,
    spans: np.ndarray,
    labels: np.ndarray,
    learning_rates: np.ndarray,
    seeds: np.ndarray | None,
    mu: float,
    share: float,
    theta: np.ndarray,
    velocity: np.ndarray,
    gradient: np.ndarray,
    factors: np.ndarray,
    shares: np.ndarray | None,
    left: np.ndarray,
    work: Workspace,
    losses: np.ndarray,
    decisions: np.ndarray,
) -> int:
    """Many online updates: one sequence, one step; how many were done: fewer than n if a loss was not finite.

    ``g`` are the sizes, ``features`` (steps of all sequences, N) the inputs. In the order of the updates, ``spans`` (n,
    2) holds first step and number of steps of each sequence, ``labels`` (n,) its class, ``learning_rates`` (n,) the
    rate, and ``seeds`` are dropout's, if any, of a ``share`` of the inputs; ``mu`` is the momentum, ``factors`` are
    those on the rate for each parameter, ``shares`` what of each decays, if anything, ``left`` (steps, N) is where
    dropout leaves its inputs. ``theta``, ``velocity`` and ``gradient``, packed, are changed; ``work``, and ``losses``
    and ``decisions`` (n,), of each sequence before its update, are overwritten. What is None is not compiled.
    """
    for n in range(len(spans)):
        x = features[spans[n, 0] : spans[n, 0] + spans[n, 1]]
        if seeds is not None:
            x = leave_out(x, seeds[n], share, left[: len(x)])
        losses[n] = loss_and_gradient(g, x, labels[n], theta, work, gradient)
        decisions[n] = decision(g, len(x), work)
        if not np.isfinite(losses[n]):
            return n
        if shares is not None:
            momentum.decay(theta, shares, learning_rates[n])
        momentum.update(theta, velocity, gradient, factors, learning_rates[n], mu)
    return len(spans)
