"""The LSTM with its output layer, compiled: one call reads a sequence, one call runs many online updates."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from seqdl.kernels import dense, loss, lstm, momentum
from seqdl.kernels.jit import jit
from seqdl.ops.lstm import Trace, Weights

F = np.float32


class Plan(NamedTuple):
    """What is fixed when a classifier is built.

    Parameters
    ----------
    cell : tuple of float32
        From :func:`seqdl.kernels.lstm.constants`.
    truncate : int
        Steps after which the error is cut; 0 for full backpropagation through time.
    every : bool
        Targets at every step, the error averaged; otherwise at the last step alone.
    cross_entropy : bool
        The loss; otherwise the squared error.
    """

    cell: tuple[np.float32, np.float32, np.float32]
    truncate: int
    every: bool
    cross_entropy: bool


@jit
def make_trace(x: np.ndarray, weights: Weights) -> Trace:
    """Room for a forward pass that starts from zero.

    Parameters
    ----------
    x : array, (steps, N)
        Inputs.
    weights : Weights
        Parameters.

    Returns
    -------
    Trace
    """
    steps, cells = len(x), weights.u.shape[1]
    blocks = np.empty((steps, weights.u.shape[0] // cells, cells), F)
    zeros = np.zeros((steps + 1, cells), F)
    return Trace(x, blocks, zeros, np.empty((steps, cells), F), zeros.copy())


@jit
def read(x: np.ndarray, weights: Weights, v: np.ndarray, d: np.ndarray, plan: Plan, outputs: np.ndarray) -> None:
    """The outputs at every step of a sequence.

    Parameters
    ----------
    x : array, (steps, N)
        Inputs.
    weights : Weights
        Parameters of the hidden layer.
    v, d : array, (classes, H), (classes,)
        Weights and biases of the output layer.
    plan : Plan
        The constants.
    outputs : array, (steps, classes)
        Overwritten.
    """
    trace = make_trace(x, weights)
    lstm.forward(weights, trace, plan.cell)
    sums = np.empty(len(d), F)
    for t in range(len(x)):
        dense.forward(trace.h[t + 1], v, d, sums)
        loss.outputs(sums, plan.cross_entropy, outputs[t])


@jit
def loss_and_gradient(
    x: np.ndarray,
    label: int,
    weights: Weights,
    v: np.ndarray,
    d: np.ndarray,
    dw: Weights,
    dv: np.ndarray,
    dd: np.ndarray,
    plan: Plan,
    summed: np.ndarray,
    dx: np.ndarray,
) -> float:
    """The loss of one sequence; adds its gradient.

    Parameters
    ----------
    x : array, (steps, N)
        Inputs.
    label : int
        The true class.
    weights : Weights
        Parameters of the hidden layer.
    v, d : array, (classes, H), (classes,)
        Weights and biases of the output layer.
    dw : Weights
        Changed.
    dv, dd : array
        Gradients by ``v`` and ``d``; changed.
    plan : Plan
        The constants.
    summed : array, (classes,)
        The outputs added over time; overwritten.
    dx : array, (steps, N)
        Gradient by the inputs; overwritten.

    Returns
    -------
    float32
    """
    trace = make_trace(x, weights)
    lstm.forward(weights, trace, plan.cell)
    steps = len(x)
    sums, outputs, dz = np.empty(len(d), F), np.empty(len(d), F), np.empty(len(d), F)
    dh = np.zeros((steps, v.shape[1]), F)
    share = F(1) / F(steps) if plan.every else F(1)
    value = F(0)
    summed[:] = F(0)
    for t in range(steps):
        dense.forward(trace.h[t + 1], v, d, sums)
        step_loss = loss.loss(sums, label, plan.cross_entropy, outputs, dz)
        for k in range(len(d)):
            summed[k] += outputs[k]
            dz[k] *= share
        if plan.every or t == steps - 1:
            value += share * step_loss
            dense.backward(dz, trace.h[t + 1], v, dh[t], dv, dd)
    state = np.empty((2, v.shape[1]), F)
    lstm.backward(dh, trace, weights, plan.cell, plan.truncate, dx, state[0], state[1], dw)
    return value


@jit
def run_updates(
    features: np.ndarray,
    spans: np.ndarray,
    labels: np.ndarray,
    learning_rates: np.ndarray,
    mu: float,
    theta: np.ndarray,
    velocity: np.ndarray,
    gradient: np.ndarray,
    weights: Weights,
    v: np.ndarray,
    d: np.ndarray,
    dw: Weights,
    dv: np.ndarray,
    dd: np.ndarray,
    plan: Plan,
    losses: np.ndarray,
    decisions: np.ndarray,
) -> int:
    """Many online updates: one sequence, one step.

    Parameters
    ----------
    features : array, (steps of all sequences, N)
        Inputs.
    spans : array of int, (n, 2)
        First step and number of steps of each sequence, in the order of the updates.
    labels : array of int, (n,)
        Classes.
    learning_rates : array, (n,)
        The rate of each update.
    mu : float32
        The momentum.
    theta, velocity, gradient : array, (P,)
        The flat vectors; changed.
    weights : Weights
        Views of ``theta``: the hidden layer.
    v, d : array
        Views of ``theta``: the output layer.
    dw : Weights
        Views of ``gradient``.
    dv, dd : array
        Views of ``gradient``.
    plan : Plan
        The constants.
    losses : array, (n,)
        Loss of each sequence before its update; overwritten.
    decisions : array of int, (n,)
        Class decided before the update; overwritten.

    Returns
    -------
    int
        Updates done: fewer than n if a loss was not finite.
    """
    summed = np.empty(len(d), F)
    ones = np.ones(len(theta), F)
    for k in range(len(spans)):
        x = features[spans[k, 0] : spans[k, 0] + spans[k, 1]]
        gradient[:] = F(0)
        dx = np.empty_like(x)
        losses[k] = loss_and_gradient(x, labels[k], weights, v, d, dw, dv, dd, plan, summed, dx)
        decisions[k] = summed.argmax()
        if not np.isfinite(losses[k]):
            return k
        momentum.update(theta, velocity, gradient, ones, learning_rates[k], mu)
    return len(spans)
