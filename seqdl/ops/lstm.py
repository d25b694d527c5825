"""Long short-term memory with constant error carousel (Section 3; Hochreiter and Schmidhuber 1997).

With s the logistic function and products by element, at each step, h and c being those of the step before::

    i  = s(W_i x + U_i h + P_i c  + b_i)        input gate
    o  = s(W_o x + U_o h + P_o c' + b_o)        output gate
    g  = S(W_g x + U_g h + b_g)                 cell input
    f  = s(W_f x + U_f h + P_f c  + b_f)        forget gate, where there is one; otherwise f = 1
    c' = f c + i g                              the CEC: without a forget gate dc'/dc is exactly 1
    h' = o H(c')

W, U and b hold the blocks in the order i, o, g, f, one below the other. Peepholes P (in the order i, o, f) are
optional and off in the paper's configuration. S and H are tanh, or with ``squash="1997"`` of the published ranges
+-2 and +-1, S(x) = 2 tanh(x/2) and H(x) = tanh(x/2).

Backward through time, with dh' from the outputs and from the step after::

    do = dh' H(c')                              dc' += dh' o H'(c') + P_o da_o
    di = dc' g        dg = dc' i        df = dc' c
    dc = f dc' + P_i da_i + P_f da_f            dh = U^T da,  dx = W^T da

where da is the gradient before squashing: da_i = di i (1 - i), and so on.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

CELL = {"tanh": (1.0, 1.0, 1.0), "1997": (2.0, 0.5, 0.5)}
"""Amplitude and slope of S, slope of H."""


class Weights(NamedTuple):
    """The parameters of the hidden layer of H cells with N inputs, B blocks (3, or 4 with a forget gate).

    Parameters
    ----------
    w : array, (B*H, N)
        From the inputs.
    u : array, (B*H, H)
        From the cells of the step before.
    b : array, (B*H,)
        Biases.
    p : array, (B-1, H) or (0, H)
        Peepholes; none in the paper's configuration.
    """

    w: np.ndarray
    u: np.ndarray
    b: np.ndarray
    p: np.ndarray


class Trace(NamedTuple):
    """What a forward pass leaves for the backward pass.

    Parameters
    ----------
    x : array, (steps, N)
        The inputs.
    blocks : array, (steps, B, H)
        i, o, g and f after squashing.
    c : array, (steps + 1, H)
        The CECs; row 0 is the initial state.
    e : array, (steps, H)
        H(c').
    h : array, (steps + 1, H)
        The cells' outputs; row 0 is the initial state.
    """

    x: np.ndarray
    blocks: np.ndarray
    c: np.ndarray
    e: np.ndarray
    h: np.ndarray


class Gradients(NamedTuple):
    """The gradients of a backward pass.

    Parameters
    ----------
    weights : Weights
        By the parameters.
    dx : array, (steps, N)
        By the inputs.
    dh0, dc0 : array, (H,)
        By the initial state.
    """

    weights: Weights
    dx: np.ndarray
    dh0: np.ndarray
    dc0: np.ndarray


def logistic(x: np.ndarray) -> np.ndarray:
    """s(x) = 1 / (1 + exp(-x)), written so that it does not overflow.

    Parameters
    ----------
    x : array
        Of any shape.

    Returns
    -------
    array
    """
    return (1 + np.tanh(x / 2)) / 2


def forward(x: np.ndarray, weights: Weights, h0: np.ndarray, c0: np.ndarray, squash: str = "tanh") -> Trace:
    """Read a sequence.

    Parameters
    ----------
    x : array, (steps, N)
        Inputs.
    weights : Weights
        Parameters.
    h0, c0 : array, (H,)
        Initial state.
    squash : {"tanh", "1997"}
        S and H.

    Returns
    -------
    Trace
        ``h[1:]`` are the outputs of the cells.
    """
    w, u, b, p = weights
    cells = len(h0)
    amplitude, slope, slope_out = CELL[squash]
    dtype = np.result_type(x, w, u, b, p, h0, c0)
    blocks = np.empty((len(x), len(b) // cells, cells), dtype)
    c, h = np.empty((2, len(x) + 1, cells), dtype)
    e = np.empty((len(x), cells), dtype)
    h[0], c[0] = h0, c0
    for t, a in enumerate(x @ w.T + b):
        i, o, g, *f = (a + u @ h[t]).reshape(-1, cells)
        if len(p):
            i, f = i + p[0] * c[t], [forget + p[2] * c[t] for forget in f]
        i, g, f = logistic(i), amplitude * np.tanh(slope * g), [logistic(forget) for forget in f]
        c[t + 1] = (f[0] * c[t] if f else c[t]) + i * g
        o = logistic(o + p[1] * c[t + 1] if len(p) else o)
        e[t] = np.tanh(slope_out * c[t + 1])
        h[t + 1] = o * e[t]
        blocks[t] = [i, o, g, *f]
    return Trace(x, blocks, c, e, h)


def backward(dh: np.ndarray, trace: Trace, weights: Weights, squash: str = "tanh", truncate: int = 0) -> Gradients:
    """Backpropagate through time.

    Parameters
    ----------
    dh : array, (steps, H)
        Gradient by the cells' outputs at each step.
    trace : Trace
        From :func:`forward`.
    weights : Weights
        Parameters.
    squash : {"tanh", "1997"}
        S and H.
    truncate : int
        The error does not cross the border between blocks of so many steps; 0 is full backpropagation through time.

    Returns
    -------
    Gradients
    """
    w, u, _, p = weights
    x, blocks, c, e, h = trace
    amplitude, slope, slope_out = CELL[squash]
    da = np.empty_like(blocks)
    dp = np.zeros_like(p, dtype=blocks.dtype)
    dh_next, dc_next = np.zeros((2, h.shape[1]), blocks.dtype)
    for t in reversed(range(len(x))):
        i, o, g, *f = blocks[t]
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
            for forget in da_f:
                dp[2] += forget * c[t]
                dc_next = dc_next + p[2] * forget
        dh_next = da[t].reshape(-1) @ u
        if truncate and t and t % truncate == 0:
            dh_next, dc_next = np.zeros_like(dh_next), np.zeros_like(dc_next)
    flat = da.reshape(len(x), -1)
    return Gradients(Weights(flat.T @ x, flat.T @ h[:-1], flat.sum(axis=0), dp), flat @ w, dh_next, dc_next)
