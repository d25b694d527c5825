"""Both networks as one, compiled: a sequence forward, one error back through time and space, an update by Adam.

The ConvNet's part is :mod:`seqdl.kernels.networks.walk`; between its third leg and its fourth the LSTM and the head say
what they think of the features, and how they should change.
"""

from typing import NamedTuple

import numpy as np

from seqdl.kernels.layers import adam, dropout
from seqdl.kernels.layers.lstm import input_gradients
from seqdl.kernels.networks import lstm_classifier
from seqdl.kernels.networks.convnet import Activations, Weights, Workspace, learn_head
from seqdl.kernels.networks.walk import Copied, Sequence, SingleStep, add, walk
from seqdl.kernels.vector.jit import borrowing, inlined
from seqdl.ops.adam import EPSILON
from seqdl.ops.evening import KEPT, LEAST

F = np.float32


class Choices(NamedTuple):
    """How is learned; numbers, so that another one is not compiled anew.

    Parameters
    ----------
    decay, decay_square, weight_decay : float
        Of Adam.
    dropout, late : float
        The share of the LSTM's inputs that is left out; the power of time by which a step's loss counts.
    evening, updating : bool
        Whether the error that reaches the features is evened; whether parameters are updated.
    """

    decay: float
    decay_square: float
    weight_decay: float
    dropout: float
    late: float
    evening: bool
    updating: bool


@inlined
def learn_heads(
    g: SingleStep, steps: int, label: int, share: float, w: Weights, dw: Weights, u: Activations, du: Activations,
    part: np.ndarray, gradient: np.ndarray, kept: Sequence,
) -> float:  # fmt: skip
    """The head's mean loss over the windows, times ``share``; its gradients are added to those of the features.

    ``label`` is the class of the sequence of so many ``steps``. ``g``, ``w``, ``dw``, ``u``, ``du``, ``part``,
    ``gradient`` and ``kept`` are as :func:`walk` has them.
    """
    n, end = g.convnet, g.first + g.second + g.third
    value = F(0)
    for t in range(steps):
        for k in range(n.features):
            u.f[k] = kept.f[t, k]
        learn_head(n, w, u, du, dw, label, len(u.o), share / F(steps), kept.value)
        value += kept.value[0]
        add(part[end:], gradient[end:])
        for k in range(n.features):
            kept.dx[t, k] += du.f[k]
    return share * value / F(steps)


@inlined
def size(vector: np.ndarray) -> float:
    """The 2-norm."""
    total = F(0)
    for k in range(len(vector)):
        total += vector[k] * vector[k]
    return np.sqrt(total)


@inlined
def even(dx: np.ndarray, evened: np.ndarray) -> None:
    """Even the errors of a sequence, as :func:`seqdl.ops.evening.even` does.

    ``dx`` (steps, features) and the running means ``evened`` (places,) are changed.
    """
    mean, steps, last = F(0), len(dx), len(evened) - 1
    for t in range(steps):
        now, place = size(dx[t]) * F(steps), min(t, last)
        evened[place] = now if evened[place] == F(0) else F(KEPT) * evened[place] + F(1 - KEPT) * now
    for t in range(steps):
        mean += evened[min(t, last)] / F(steps)
    for t in range(steps):
        factor = mean / (evened[min(t, last)] + F(LEAST))
        for k in range(len(dx[t])):
            dx[t, k] *= factor


@inlined
def weigh(g: SingleStep, steps: int, late: float, shares: np.ndarray) -> None:
    """How much the loss of each of so many ``steps`` counts: t to the power ``late``, or the last one alone.

    ``g`` are the sizes, which say whether every step counts; ``shares`` (steps,) are overwritten and add up to 1.
    """
    total = F(0)
    for t in range(steps):
        shares[t] = F((t + 1) ** late) if g.lstm.every else F(t == steps - 1)
        total += shares[t]
    for t in range(steps):
        shares[t] /= total


class Learner(NamedTuple):
    """A network that Adam updates; vectors, packed.

    Parameters
    ----------
    rates, theta, mean, square, gradient : array, (P,)
        Factors on the rate, parameters, running sums of the gradient and of its square, gradient.
    """

    rates: np.ndarray
    theta: np.ndarray
    mean: np.ndarray
    square: np.ndarray
    gradient: np.ndarray


@inlined
def update(net: Learner, rate: float, count: int, how: Choices) -> None:
    """Move the parameters of ``net`` at a ``rate``, by its gradient; it is the update number ``count``, from 1.

    ``how`` are the choices.
    """
    state, decays = (net.theta, net.mean, net.square, net.gradient, net.rates), (how.decay, how.decay_square)
    adam.update(*state, rate, count, *decays, EPSILON, how.weight_decay)


@inlined
def learn_sequence(
    g: SingleStep, how: Choices, steps: int, label: int, seed: int, learning: bool, kept: Sequence, lstm: Learner,
    work: lstm_classifier.Workspace,
) -> float:  # fmt: skip
    """The LSTM's loss on the features in ``kept.f``; its gradient and, where ``learning``, that by them in ``kept.dx``.

    ``g`` are the sizes, ``how`` the choices; ``label`` is the class of the sequence of so many ``steps``, ``seed`` that
    of dropout, which is left out below 0. ``kept``, the gradient in ``lstm`` and ``work`` are changed.
    """
    f, x, dx, mask = kept.f, kept.x[:steps], kept.dx[:steps], kept.mask[:steps]
    dropout.mask(max(seed, 0), how.dropout if seed >= 0 else 0.0, mask)
    for t in range(steps):
        for k in range(g.convnet.features):
            x[t, k] = mask[t, k] * f[t, k]
    weigh(g, steps, how.late, work.shares)
    sizes = len(work.target), work.y.shape[1], steps
    lstm_classifier.learn(g.lstm, x, label, lstm.theta, work, lstm.gradient, *sizes, kept.value)
    value = kept.value[0]
    if learning:
        input_gradients(g.lstm.c, lstm.theta, work.cells.gates, dx, steps)
        for t in range(steps):
            for k in range(g.convnet.features):
                dx[t, k] *= mask[t, k]
    return value


@borrowing
def run_updates(
    g: SingleStep,
    how: Choices,
    frames: np.ndarray,
    starts: np.ndarray,
    steps: np.ndarray,
    labels: np.ndarray,
    copy: np.ndarray,
    seeds: np.ndarray,
    learning_rates: np.ndarray,
    convnet_rates: np.ndarray,
    heads: np.ndarray,
    convnet: Learner,
    w: Weights,
    part: np.ndarray,
    dw: Weights,
    u: Activations,
    du: Activations,
    work: Workspace,
    kept: Sequence,
    lstm: Learner,
    lstm_work: lstm_classifier.Workspace,
    evened: np.ndarray,
    counts: np.ndarray,
    losses: np.ndarray,
    decisions: np.ndarray,
    norms: np.ndarray,
) -> int:
    """Many online updates: one crop, one step; how many were done: fewer than n if a loss was not finite.

    ``g`` are the sizes, ``how`` the choices, ``frames`` (F, Y, X) the normalised frames. In the order of the updates,
    ``starts``, ``steps`` and ``labels`` (n,) are first frame, windows and class of each crop, ``copy`` (n, 4) is as
    :func:`seqdl.kernels.networks.convnet.run_updates` has it, ``seeds`` (n,) are dropout's, none where below 0;
    ``learning_rates``, ``convnet_rates`` and ``heads`` (n,) are the rates of LSTM and ConvNet, and how much the head's
    loss counts. The networks' state is in ``convnet``, of whose parameters ``w`` are views, and in ``lstm``; ``part``
    is the gradient of one tile, ``dw`` views of it. ``evened`` (places,) and ``counts`` (2,) are the running means by
    which errors are evened, and the updates so far, and change as the networks do. ``u``, ``du``, ``work``, ``kept``
    and ``lstm_work`` are overwritten, and so are ``losses``, ``decisions`` and ``norms`` (n,), of each crop before its
    update and of the ConvNet's gradient.
    """
    for n in range(len(starts)):
        length, learning, value = steps[n], convnet_rates[n] > F(0), F(0)
        which = Copied(starts[n], copy[n, 0] != 0, copy[n, 1] != 0, copy[n, 2], copy[n, 3])
        norms[n] = F(0)
        for leg in range(6):
            if leg == 3:
                value += learn_sequence(g, how, length, labels[n], seeds[n], learning, kept, lstm, lstm_work)
                sizes = len(lstm_work.target), lstm_work.y.shape[1], length
                lstm_classifier.decide(g.lstm, lstm_work, *sizes, decisions[n:])
                if not learning:
                    break
                if how.evening:
                    even(kept.dx[:length], evened)
                convnet.gradient[:] = F(0)
                if heads[n] > F(0):
                    value += learn_heads(g, length, labels[n], heads[n], w, dw, u, du, part, convnet.gradient, kept)
            walk(g, leg, frames, which, length, w, dw, u, du, part, convnet.gradient, work, kept)
        losses[n] = value
        if not np.isfinite(value):
            return n
        if learning:
            norms[n] = size(convnet.gradient)
        if how.updating:
            if learning:
                counts[0] += 1
                update(convnet, convnet_rates[n], counts[0], how)
            if learning_rates[n] > F(0):
                counts[1] += 1
                update(lstm, learning_rates[n], counts[1], how)
    return len(starts)
