"""The whole 3D-ConvNet, compiled: one call reads a sequence, one call runs many online updates.

The door between Python and compiled code is here and not at the layers: a call costs half a microsecond, a layer of
this network little more.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from seqdl.kernels import connect, conv3d, copies, dense, loss, momentum, rectify_subsample, squash
from seqdl.kernels.jit import jit
from seqdl.kernels.rectify_subsample import Stage

F = np.float32


class Weights(NamedTuple):
    """Views of the flat vector of parameters, or of its gradient.

    Parameters
    ----------
    w1, b1, p1, c1, d1 : array
        C1, R1, S1: kernels and biases, gain or bias, coefficient and bias.
    w2, b2, p2, c2, d2 : array
        C2, R2, S2.
    w3, b3 : array
        C3.
    wn, bn, wo, bo : array
        N1 and N2.
    """

    w1: np.ndarray
    b1: np.ndarray
    p1: np.ndarray
    c1: np.ndarray
    d1: np.ndarray
    w2: np.ndarray
    b2: np.ndarray
    p2: np.ndarray
    c2: np.ndarray
    d2: np.ndarray
    w3: np.ndarray
    b3: np.ndarray
    wn: np.ndarray
    bn: np.ndarray
    wo: np.ndarray
    bo: np.ndarray


class Units(NamedTuple):
    """The units of all layers, or the gradients by them.

    Parameters
    ----------
    x : array, (1, T, Y, X)
        The input window.
    z1, v1, a1 : array
        C1 (wide), the windows' means, S1.
    z2, v2, a2 : array
        The same of the second stage.
    z3, f : array
        C3 (wide), and its units that count as one vector.
    n, o, y : array
        N1, the sums of N2, the outputs.
    """

    x: np.ndarray
    z1: np.ndarray
    v1: np.ndarray
    a1: np.ndarray
    z2: np.ndarray
    v2: np.ndarray
    a2: np.ndarray
    z3: np.ndarray
    f: np.ndarray
    n: np.ndarray
    o: np.ndarray
    y: np.ndarray


class Plan(NamedTuple):
    """What is fixed when a network is built.

    Parameters
    ----------
    links : array of int, (K, 2)
        The connection table.
    stage1, stage2 : Stage
        Constants of the two C, R, S stages.
    columns3 : int
        Units of a wide row of C3 that count.
    amplitude3, slope3 : float32
        Squashing after C3.
    amplitude_n, slope_n : float32
        Squashing of N1.
    cross_entropy : bool
        The loss; otherwise the squared error.
    """

    links: np.ndarray
    stage1: Stage
    stage2: Stage
    columns3: int
    amplitude3: np.float32
    slope3: np.float32
    amplitude_n: np.float32
    slope_n: np.float32
    cross_entropy: bool


@jit
def forward(w: Weights, u: Units, plan: Plan) -> None:
    """From the window in ``u.x`` to the sums of the output neurons in ``u.o``.

    Parameters
    ----------
    w : Weights
        Parameters.
    u : Units
        All but ``x`` and ``y`` are overwritten.
    plan : Plan
        The constants.
    """
    conv3d.forward(u.x, w.w1, w.b1, u.z1)
    rectify_subsample.forward(u.z1, w.p1, w.c1, w.d1, plan.stage1, u.v1, u.a1)
    connect.forward(u.a1, w.w2, w.b2, plan.links, u.z2)
    rectify_subsample.forward(u.z2, w.p2, w.c2, w.d2, plan.stage2, u.v2, u.a2)
    conv3d.forward(u.a2, w.w3, w.b3, u.z3)
    k = 0
    for m in range(u.z3.shape[0]):
        for t in range(u.z3.shape[1]):
            for y in range(u.z3.shape[2]):
                for x in range(plan.columns3):
                    u.f[k] = u.z3[m, t, y, x]
                    k += 1
    squash.forward(u.f, plan.amplitude3, plan.slope3)
    dense.forward(u.f, w.wn, w.bn, u.n)
    squash.forward(u.n, plan.amplitude_n, plan.slope_n)
    dense.forward(u.n, w.wo, w.bo, u.o)


@jit
def loss_and_gradient(w: Weights, u: Units, du: Units, dw: Weights, label: int, plan: Plan) -> float:
    """The loss of the window in ``u.x``; adds its gradient into ``dw``.

    Parameters
    ----------
    w : Weights
        Parameters.
    u : Units
        Overwritten, but for ``x``.
    du : Units
        Gradients by the units; the junk units of the wide maps must be zero and stay so.
    dw : Weights
        Changed.
    label : int
        The true class.
    plan : Plan
        The constants.

    Returns
    -------
    float32
    """
    forward(w, u, plan)
    value = loss.loss(u.o, label, plan.cross_entropy, u.y, du.o)
    dense.backward(du.o, u.n, w.wo, du.n, dw.wo, dw.bo)
    n0, n1 = squash.derivative(plan.amplitude_n, plan.slope_n)
    for k in range(len(u.n)):
        du.n[k] *= n0 - n1 * u.n[k] * u.n[k]
    dense.backward(du.n, u.f, w.wn, du.f, dw.wn, dw.bn)
    f0, f1 = squash.derivative(plan.amplitude3, plan.slope3)
    k = 0
    for m in range(u.z3.shape[0]):
        for t in range(u.z3.shape[1]):
            for y in range(u.z3.shape[2]):
                for x in range(plan.columns3):
                    du.z3[m, t, y, x] = du.f[k] * (f0 - f1 * u.f[k] * u.f[k])
                    k += 1
    conv3d.backward_weights(du.z3, u.a2, dw.w3, dw.b3)
    conv3d.backward_input(du.z3, w.w3, du.a2)
    rectify_subsample.backward(du.a2, u.z2, u.v2, u.a2, w.p2, w.c2, plan.stage2, du.z2, dw.p2, dw.c2, dw.d2)
    connect.backward_weights(du.z2, u.a1, plan.links, dw.w2, dw.b2)
    connect.backward_input(du.z2, w.w2, plan.links, du.a1)
    rectify_subsample.backward(du.a1, u.z1, u.v1, u.a1, w.p1, w.c1, plan.stage1, du.z1, dw.p1, dw.c1, dw.d1)
    conv3d.backward_weights(du.z1, u.x, dw.w1, dw.b1)  # the gradient by the input is never needed
    return value


@jit
def read(
    frames: np.ndarray,
    starts: np.ndarray,
    mirror: bool,
    flip: bool,
    w: Weights,
    u: Units,
    plan: Plan,
    features: np.ndarray,
    outputs: np.ndarray,
) -> None:
    """Describe and classify windows.

    Parameters
    ----------
    frames : array, (F, Y, X)
        Normalised frames.
    starts : array of int, (n,)
        First frame of each window.
    mirror, flip : bool
        Which copy of the windows.
    w : Weights
        Parameters.
    u : Units
        Overwritten.
    plan : Plan
        The constants.
    features : array, (n, 120)
        C3 of each window; overwritten.
    outputs : array, (n, classes)
        Overwritten.
    """
    length = u.x.shape[1]
    for k in range(len(starts)):
        copies.copy(frames[starts[k] : starts[k] + length], mirror, flip, 0, 0, u.x[0])
        forward(w, u, plan)
        features[k] = u.f
        loss.outputs(u.o, plan.cross_entropy, outputs[k])


@jit
def run_updates(
    frames: np.ndarray,
    starts: np.ndarray,
    labels: np.ndarray,
    copy: np.ndarray,
    learning_rates: np.ndarray,
    mu: float,
    rates: np.ndarray,
    theta: np.ndarray,
    velocity: np.ndarray,
    gradient: np.ndarray,
    w: Weights,
    dw: Weights,
    u: Units,
    du: Units,
    plan: Plan,
    losses: np.ndarray,
    decisions: np.ndarray,
) -> int:
    """Many online updates: one window, one step.

    Parameters
    ----------
    frames : array, (F, Y, X)
        Normalised frames.
    starts, labels : array of int, (n,)
        First frame and class of each window, in the order of the updates.
    copy : array of int, (n, 4)
        Mirrored, flipped, rows and columns of the shift.
    learning_rates : array, (n,)
        The rate of each update.
    mu : float32
        The momentum.
    rates : array, (P,)
        A factor on the rate for each parameter.
    theta, velocity, gradient : array, (P,)
        The flat vectors; changed.
    w, dw : Weights
        Views of ``theta`` and ``gradient``.
    u, du : Units
        Overwritten.
    plan : Plan
        The constants.
    losses : array, (n,)
        The loss of each window before its update; overwritten.
    decisions : array of int, (n,)
        The class that was decided before the update; overwritten.

    Returns
    -------
    int
        Updates done: fewer than n if a loss was not finite.
    """
    length = u.x.shape[1]
    for k in range(len(starts)):
        window = frames[starts[k] : starts[k] + length]
        copies.copy(window, copy[k, 0] != 0, copy[k, 1] != 0, copy[k, 2], copy[k, 3], u.x[0])
        gradient[:] = F(0)
        losses[k] = loss_and_gradient(w, u, du, dw, labels[k], plan)
        decisions[k] = u.y.argmax()
        if not np.isfinite(losses[k]):
            return k
        momentum.update(theta, velocity, gradient, rates, learning_rates[k], mu)
    return len(starts)
