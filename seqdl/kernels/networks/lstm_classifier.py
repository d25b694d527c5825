"""The LSTM with its output layer, compiled: one call reads a sequence, one call runs many online updates.

The output layer reads the same rows as the cells (:mod:`seqdl.kernels.layers.lstm`), ``[h | 1 | 0 ..]``, so a class's
weights and its bias lie in one line. For softmax and loss the lanes are *steps*: 16 of them at once, without a sum
across a vector. How many classes there are is an argument and no size: another number of them is not compiled anew.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from seqdl.kernels.layers import loss, lstm, momentum, squash
from seqdl.kernels.layers.layout import aligned
from seqdl.kernels.layers.loss import CROSS_ENTROPY, LOGISTIC, SQUARED_ERROR
from seqdl.kernels.layers.lstm import Factors, multiply
from seqdl.kernels.vector.simd import vector_kernel
from seqdl.kernels.vector.sizes import Sizes

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


def lines(classes: Any, together: int = TOGETHER) -> Any:
    """Lines of something that there is for each class, of which so many are used ``together``; the last stay zero."""
    return (classes + (together - 1)) // together * together


def size(g: Classifier, classes: Any) -> Any:
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


@vector_kernel
def read(v: Any, g: Classifier, x: Any, theta: Any, work: Workspace, classes: Any, pitch: Any, steps: Any) -> None:
    """The outputs at every step of a sequence ``x`` (steps, N), in ``work.y``; the rest of ``work`` is overwritten.

    ``v`` is the writer, ``g`` the sizes, ``theta`` the packed parameters, ``steps`` how many there are; of so many
    ``classes`` one is ``pitch`` numbers from the next in ``work.y``.
    """
    lstm.forward(v, g.c, x, theta, work.cells, steps)
    fours = lines(classes, ADDED) // ADDED

    def some(k: Any) -> None:
        say(v, g, theta, work.cells.rows, work.z, work.y, work.logs, classes, fours, pitch, k * v.lanes)

    v.each((steps + (v.lanes - 1)) // v.lanes, some)


def step_loss(v: Any, g: Classifier, work: Workspace, label: Any, classes: Any, pitch: Any, t: Any) -> Any:
    """The loss of step ``t``, written by ``v``; the other arguments are as :func:`learn` has them."""
    if g.loss == CROSS_ENTROPY:
        most, total = v.load(work.logs + t, 1), v.load(work.logs + (pitch + t), 1)
        return most + v.log(total) - v.load(work.z + (label * pitch + t), 1)

    def one(k: Any, total: list[Any]) -> list[Any]:
        wanted, place = v.load(work.target + k, 1), k * pitch + t
        if g.loss == LOGISTIC:
            return [total[0] + loss.separate(v, v.load(work.z + place, 1), wanted)]
        error = v.load(work.y + place, 1) - wanted
        return [total[0] + error * error * 0.5]

    return v.loop(classes, [v.zeros(1)], one)[0]


@vector_kernel
def learn(
    v: Any, g: Classifier, x: Any, label: Any, theta: Any, work: Workspace, gradient: Any, classes: Any, pitch: Any,
    steps: Any, value: Any,
) -> None:  # fmt: skip
    """The loss of one sequence ``x`` (steps, N), of class ``label``, in ``value`` (1,), and its gradient.

    ``v`` is the writer, ``g`` the sizes, ``theta`` the parameters and ``gradient`` that by them, both packed; each
    step's error counts as ``work.shares`` says; ``classes``, ``pitch`` and ``steps`` are as in :func:`read`.
    ``gradient`` and the rest of ``work`` are overwritten; the outputs are in ``work.y``.
    """
    read(v, g, x, theta, work, classes, pitch, steps)
    v.each(classes, lambda k: v.store(loss.target(v, label, k, g.loss), work.target + k))

    def step(t: Any, total: list[Any]) -> list[Any]:
        here = step_loss(v, g, work, label, classes, pitch, t)
        return [v.fma(v.load(work.shares + t, 1), here, total[0])]

    v.store(v.loop(steps, [v.zeros(1)], step)[0], value)

    def some(k: Any) -> None:
        errors(v, g, work.y, work.target, work.shares, work.dz, classes, pitch, k * v.lanes)

    v.each((steps + (v.lanes - 1)) // v.lanes, some)
    pairs, blocks = lines(classes) // TOGETHER, (steps + (g.c.rows - 1)) // g.c.rows
    counts = classes, pairs, pitch, steps, blocks
    output_gradients(v, g, theta, work.cells.rows, work.dz, work.cells.dh, gradient, *counts)
    lstm.backward(v, g.c, theta, work.cells, steps, g.truncate, gradient)


@vector_kernel
def decide(v: Any, g: Classifier, work: Workspace, classes: Any, pitch: Any, steps: Any, out: Any) -> None:
    """The class whose outputs over all ``steps`` add up to most, the first of equals: an integer in ``out``.

    ``v`` is the writer, ``g`` the sizes, ``work`` holds the outputs of so many ``classes``, ``pitch`` numbers apart;
    ``work.target`` is overwritten.
    """

    def said(k: Any) -> None:
        def add(t: Any, total: list[Any]) -> list[Any]:
            return [total[0] + v.load(work.y + (k * pitch + t), 1)]

        v.store(v.loop(steps, [v.zeros(1)], add)[0], work.target + k)

    v.each(classes, said)
    v.put(loss.highest(v, work.target, classes)[0], out)


@vector_kernel
def run_updates(
    v: Any,
    g: Classifier,
    features: Any,
    spans: Any,
    labels: Any,
    learning_rates: Any,
    mu: Any,
    theta: Any,
    velocity: Any,
    gradient: Any,
    factors: Any,
    shares: Any,
    work: Workspace,
    classes: Any,
    pitch: Any,
    losses: Any,
    decisions: Any,
    count: Any,
    done: Any,
) -> None:
    """So many online updates as ``count`` says: one sequence, one step.

    ``v`` is the writer, ``g`` the sizes, ``features`` (steps of all sequences, N) the inputs. In the order of the
    updates, ``spans`` (n, 2) holds first step and number of steps of each sequence, ``labels`` (n,) its class,
    ``learning_rates`` (n,) the rate; ``mu`` is the momentum, ``factors`` are those on the rate for each parameter,
    ``shares`` what of each decays, if anything. ``theta``, ``velocity`` and ``gradient``, packed, are changed;
    ``work``, for so many ``classes`` that are ``pitch`` numbers apart, and ``losses`` and ``decisions`` (n,), of each
    sequence before its update, are overwritten. ``done`` (1,), an integer that is 0, tells how many were done: fewer
    than n if a loss was not finite. What is None is not compiled.
    """
    numbers = size(g, classes)

    def see(n: Any) -> None:
        first, steps = v.offset(spans + 2 * n), v.offset(spans + (2 * n + 1))
        x, label = features + first * g.c.inputs, v.offset(labels + n)

        def share(t: Any) -> None:
            last = v.select(v.equal(t, steps - 1), v.constant(1.0, 1), v.zeros(1))
            v.store(v.constant(1.0, 1) / v.number(steps) if g.every else last, work.shares + t)

        v.each(steps, share)
        learn(v, g, x, label, theta, work, gradient, classes, pitch, steps, losses + n)
        decide(v, g, work, classes, pitch, steps, decisions + n)

    def step(n: Any) -> None:
        momentum.step(v, theta, velocity, gradient, factors, shares, numbers, v.load(learning_rates + n, 1), mu)

    loss.while_finite(v, see, step, losses, count, done)
