"""The LSTM with its output layer, compiled: one call reads a sequence, one call runs many online updates.

The output layer reads the same rows as the cells (:mod:`seqdl.kernels.layers.lstm`), ``[h | 1 | 0 ..]``, so a class's
weights and its bias lie in one line. For softmax and loss the lanes are *steps*: 16 of them at once, without a sum
across a vector.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from seqdl.kernels.layers import lstm, momentum, squash
from seqdl.kernels.layers.layout import aligned
from seqdl.kernels.layers.lstm import Factors, multiply
from seqdl.kernels.vector.blocks import even
from seqdl.kernels.vector.jit import inlined, jit
from seqdl.kernels.vector.simd import vector_kernel
from seqdl.kernels.vector.sizes import Sizes

F = np.float32


@dataclass(frozen=True)
class Classifier(Sizes):
    """The sizes and choices of a classifier.

    Parameters
    ----------
    c : seqdl.kernels.layers.lstm.Cells
        The hidden layer.
    classes : int
        Output neurons.
    cross_entropy : bool
        The loss; otherwise the squared error.
    every : bool
        Targets at every step, the error averaged; otherwise at the last step alone.
    truncate : int
        Steps after which the error is cut; 0 for full backpropagation through time.
    """

    c: lstm.Cells
    classes: int
    cross_entropy: bool
    every: bool
    truncate: int

    @property
    def block(self) -> tuple[int, int]:
        """Blocks of classes, and classes of a block."""
        return even(self.classes, self.c.rows)

    @property
    def lines(self) -> int:
        """Lines of the output layer's weights; those beyond the classes stay zero."""
        return self.block[0] * self.block[1]

    @property
    def size(self) -> int:
        """Numbers of all parameters, packed."""
        return self.c.size + self.lines * self.c.line


def positions(g: Classifier) -> np.ndarray:
    """Where each parameter of the flat vector lies in the packed order."""
    first = g.c.size + np.arange(g.classes).reshape(-1, 1) * g.c.line
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
    target, shares : array, (lines,) and (steps, rounded up)
        What the outputs should be; how much each step's error counts.
    """

    cells: lstm.Workspace
    z: np.ndarray
    y: np.ndarray
    dz: np.ndarray
    logs: np.ndarray
    target: np.ndarray
    shares: np.ndarray


def workspace(g: Classifier, steps: int) -> Workspace:
    """Allocate for sequences of at most so many steps."""
    lanes = g.c.lanes
    length = (steps + lanes - 1) // lanes * lanes + lanes
    z, y, dz, logs = (aligned(lines * length).reshape(lines, length) for lines in (g.lines, g.lines, g.lines, 2))
    return Workspace(lstm.workspace(g.c, steps), z, y, dz, logs, aligned(g.lines), aligned(length))


@vector_kernel
def say(v: Any, g: Classifier, theta: Any, rows: Any, z: Any, y: Any, logs: Any, pitch: Any, at: Any) -> None:
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

    def exponentials(k: Any, total: list[Any]) -> list[Any]:
        value = v.exp(v.load(z + (k * pitch + at)) - highest)
        v.store(value, y + (k * pitch + at))
        return [total[0] + value]

    def share(k: Any) -> None:
        place = y + (k * pitch + at)
        v.store(v.load(place) * inverse, place)

    [highest] = v.loop(g.classes, [v.constant(-3e38, v.lanes)], sums)
    if g.cross_entropy:
        [total] = v.loop(g.classes, [v.zeros()], exponentials)
        inverse = v.constant(1.0, v.lanes) / total
        v.each(g.classes, share)
        v.store(highest, logs + at)
        v.store(total, logs + (pitch + at))
    else:
        v.each(
            g.classes, lambda k: v.store(squash.apply(v, v.load(z + (k * pitch + at)), "plain"), y + (k * pitch + at))
        )


@vector_kernel
def errors(v: Any, g: Classifier, y: Any, target: Any, shares: Any, dz: Any, pitch: Any, at: Any) -> None:
    """The gradients by the sums of as many steps as there are lanes, from step ``at`` on."""
    share = v.load(shares + at)

    def one(k: Any) -> None:
        out = v.load(y + (k * pitch + at))
        error = out - v.broadcast(target + k)
        if not g.cross_entropy:
            error = squash.backward(v, error, out, "plain")
        v.store(error * share, dz + (k * pitch + at))

    v.each(g.classes, one)


@vector_kernel
def output_gradients(
    v: Any, g: Classifier, theta: Any, rows: Any, dz: Any, dh: Any, gradient: Any, pitch: Any, steps: Any, blocks: Any
) -> None:
    """The gradients by the output layer's weights, and by the cells' outputs, in blocks of steps."""
    c = g.c
    vectors, h = c.line // v.lanes, rows + (c.row + c.hidden)
    block = (*g.block, vectors, c.columns)
    multiply(v, Factors(dz, pitch, 1), h, gradient + c.size, (c.row, c.line), steps, block)
    block = (blocks, c.rows, vectors, c.columns)
    multiply(v, Factors(dz, 1, pitch), theta + c.size, dh, (c.line, c.line), g.classes, block)


@inlined
def read(g: Classifier, x: np.ndarray, theta: np.ndarray, work: Workspace) -> None:
    """The outputs at every step of a sequence, in ``work.y``."""
    lstm.forward(g.c, x, theta, work.cells)
    for at in range(0, len(x), g.c.lanes):
        say(g, theta, work.cells.rows, work.z, work.y, work.logs, work.z.shape[1], at)


@inlined
def weighted_loss_and_gradient(
    g: Classifier, x: np.ndarray, label: int, theta: np.ndarray, work: Workspace, gradient: np.ndarray
) -> float:
    """As :func:`loss_and_gradient`, where each step's error counts as ``work.shares`` says."""
    read(g, x, theta, work)
    steps, pitch = len(x), work.z.shape[1]
    for k in range(g.classes):
        work.target[k] = F(1) if k == label else F(0) if g.cross_entropy else F(-1)
    value = F(0)
    for t in range(steps):
        loss = F(0)
        if g.cross_entropy:
            loss = work.logs[0, t] + np.log(work.logs[1, t]) - work.z[label, t]
        else:
            for k in range(g.classes):
                loss += F(0.5) * (work.y[k, t] - work.target[k]) ** 2
        value += work.shares[t] * loss
    for at in range(0, steps, g.c.lanes):
        errors(g, work.y, work.target, work.shares, work.dz, pitch, at)
    blocks = (steps + g.c.rows - 1) // g.c.rows
    if steps > 0:
        output_gradients(g, theta, work.cells.rows, work.dz, work.cells.dh, gradient, pitch, steps, blocks)
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
    """The class whose outputs over all steps add up to most; the first of equals."""
    best, decided = F(0), 0
    for k in range(g.classes):
        said = F(0)
        for t in range(steps):
            said += work.y[k, t]
        if k == 0 or said > best:
            best, decided = said, k
    return decided


@jit
def run_updates(
    g: Classifier,
    features: np.ndarray,
    spans: np.ndarray,
    labels: np.ndarray,
    learning_rates: np.ndarray,
    mu: float,
    theta: np.ndarray,
    velocity: np.ndarray,
    gradient: np.ndarray,
    factors: np.ndarray,
    work: Workspace,
    losses: np.ndarray,
    decisions: np.ndarray,
) -> int:
    """Many online updates: one sequence, one step; how many were done: fewer than n if a loss was not finite.

    ``g`` are the sizes, ``features`` (steps of all sequences, N) the inputs. In the order of the updates, ``spans`` (n,
    2) holds first step and number of steps of each sequence, ``labels`` (n,) its class, ``learning_rates`` (n,) the
    rate; ``mu`` is the momentum, ``factors`` are those on the rate for each parameter. ``theta``, ``velocity`` and
    ``gradient``, packed, are changed; ``work``, and ``losses`` and ``decisions`` (n,), of each sequence before its
    update, are overwritten.
    """
    for n in range(len(spans)):
        x = features[spans[n, 0] : spans[n, 0] + spans[n, 1]]
        losses[n] = loss_and_gradient(g, x, labels[n], theta, work, gradient)
        decisions[n] = decision(g, len(x), work)
        if not np.isfinite(losses[n]):
            return n
        momentum.update(theta, velocity, gradient, factors, learning_rates[n], mu)
    return len(spans)
