"""The LSTM's later additions: forget gate, peepholes, other ranges, truncation.

Each is a switch, off in the paper's configuration, where these functions give what the paper's cell gives, to the last
bit. In the letters of :mod:`seqdl.ops.lstm`::

    i  = s(W_i x + U_i h + P_i c  + b_i)
    f  = s(W_f x + U_f h + P_f c  + b_f)        forget gate, where there is one; otherwise f = 1
    g  = S(W_g x + U_g h + b_g)
    c' = f c + i g
    o  = s(W_o x + U_o h + P_o c' + b_o)        through its peephole it sees the new CEC
    h' = o H(c')

W, U and b hold the blocks in the order i, o, g, f; peepholes P, one number a cell, are in the order i, o, f. S and H
are tanh, or with ``squash="1997"`` of the published ranges +-2 and +-1, S(a) = 2 tanh(a/2) and H(c) = tanh(c/2).

Backward through time, what changes::

    do = dh' H(c')
    dc = dc' + dh' o H'(c') + P_o da_o
    df = dc c
    dc handed on to the step before: f dc + P_i da_i + P_f da_f
    dP_i = sum da_i c        dP_o = sum da_o c'        dP_f = sum da_f c
"""

from typing import NamedTuple

import numpy as np

from seqdl.base.doors import Array, Fields, Whole, door
from seqdl.ops.lstm import Trace, logistic, trace_of

CELL = {"tanh": (1.0, 1.0, 1.0), "1997": (2.0, 0.5, 0.5)}
"""Amplitude and slope of S, slope of H."""


class Weights(NamedTuple):
    """The parameters of M cells with N inputs, in B blocks (3, or 4 with a forget gate).

    Parameters
    ----------
    w : array, (B M, N)
        From the inputs.
    u : array, (B M, M)
        From the outputs of the step before.
    b : array, (B M,)
        Biases.
    p : array, (B - 1, M) or (0, M)
        Peepholes; none in the paper's configuration.
    """

    w: np.ndarray
    u: np.ndarray
    b: np.ndarray
    p: np.ndarray


ASKED = Fields(Weights, ("G N", "G M", "G", Array("p M", empty=True)))
TRACE = Fields(Trace, ("S N", "S G//M M", "S+1 M", "S M", "S+1 M"))
BLOCKS = {"weights": "G in (3 * M, 4 * M) and p in (0, G // M - 1)"}


class Gradients(NamedTuple):
    """The gradients of a backward pass.

    Parameters
    ----------
    weights : Weights
        By the parameters.
    dx : array, (steps, N)
        By the inputs.
    dh0, dc0 : array, (M,)
        By the initial state.
    """

    weights: Weights
    dx: np.ndarray
    dh0: np.ndarray
    dc0: np.ndarray


@door(x="S N", weights=ASKED, h0="M", c0="M", squash=tuple(CELL), where=BLOCKS)
def forward(x: np.ndarray, weights: Weights, h0: np.ndarray, c0: np.ndarray, squash: str = "tanh") -> Trace:
    """Read a sequence; ``h[1:]`` of the trace are the outputs.

    Parameters
    ----------
    x : array, (steps, N)
        Inputs.
    weights : Weights
        Parameters.
    h0, c0 : array, (M,)
        Initial state.
    squash : {"tanh", "1997"}
        S and H.
    """
    w, u, b, p = weights
    amplitude, slope, slope_out = CELL[squash]
    trace = trace_of(x, weights, h0, c0)
    _, gates, c, e, h = trace
    for t, a in enumerate(x @ w.T + b):
        a_i, a_o, a_g, *a_f = (a + u @ h[t]).reshape(-1, len(h0))
        if len(p):
            a_i, a_f = a_i + p[0] * c[t], [a_forget + p[2] * c[t] for a_forget in a_f]
        i, g, f = logistic(a_i), amplitude * np.tanh(slope * a_g), [logistic(a_forget) for a_forget in a_f]
        c[t + 1] = (f[0] * c[t] if f else c[t]) + i * g
        o = logistic(a_o + p[1] * c[t + 1] if len(p) else a_o)
        e[t] = np.tanh(slope_out * c[t + 1])
        h[t + 1] = o * e[t]
        gates[t] = [i, o, g, *f]
    return trace


@door(dh="S M", trace=TRACE, weights=ASKED, squash=tuple(CELL), truncate=Whole(), where=BLOCKS)
def backward(dh: np.ndarray, trace: Trace, weights: Weights, squash: str = "tanh", truncate: int = 0) -> Gradients:
    """Backpropagate through time.

    Parameters
    ----------
    dh : array, (steps, M)
        Gradient by the outputs at each step.
    trace, weights : Trace, Weights
        From :func:`forward`; parameters.
    squash : {"tanh", "1997"}
        S and H.
    truncate : int
        The error does not cross the border between blocks of so many steps; 0 is full backpropagation through time.
    """
    w, u, _, p = weights
    x, gates, c, e, h = trace
    amplitude, slope, slope_out = CELL[squash]
    da = np.empty_like(gates)
    dp = np.zeros_like(p, dtype=gates.dtype)
    dh_next, dc_next = np.zeros((2, h.shape[1]), gates.dtype)
    for t in reversed(range(len(x))):
        i, o, g, *f = gates[t]
        dh_now = dh[t] + dh_next
        da_o = dh_now * e[t] * o * (1 - o)
        dc_now = dc_next + dh_now * o * slope_out * (1 - e[t] ** 2)
        if len(p):
            dc_now = dc_now + p[1] * da_o
        da_i = dc_now * g * i * (1 - i)
        da_g = dc_now * i * slope * (amplitude - g * g / amplitude)
        da_f = [dc_now * c[t] * forget * (1 - forget) for forget in f]
        da[t] = [da_i, da_o, da_g, *da_f]
        dc_next = dc_now * f[0] if f else dc_now
        if len(p):
            dp[0] += da_i * c[t]
            dp[1] += da_o * c[t + 1]
            dc_next = dc_next + p[0] * da_i
            for da_forget in da_f:
                dp[2] += da_forget * c[t]
                dc_next = dc_next + p[2] * da_forget
        dh_next = da[t].reshape(-1) @ u
        if truncate and t and t % truncate == 0:
            dh_next, dc_next = np.zeros_like(dh_next), np.zeros_like(dc_next)
    flat = da.reshape(len(x), -1)
    return Gradients(Weights(flat.T @ x, flat.T @ h[:-1], flat.sum(axis=0), dp), flat @ w, dh_next, dc_next)
