"""Long short-term memory: the paper's cell (Section 3; Hochreiter and Schmidhuber 1997).

M cells with N inputs. With s the logistic function and products by element, at each step, h and c being those of the
step before and h' and c' those of this one::

    i  = s(W_i x + U_i h + b_i)        input gate
    o  = s(W_o x + U_o h + b_o)        output gate
    g  = tanh(W_g x + U_g h + b_g)     cell input
    c' = c + i g                       constant error carousel (CEC): dc'/dc is exactly 1
    h' = o tanh(c')                    output

Backward through time, with dh' from the outputs and the step after, and with dc' from the step after alone::

    do = dh' tanh(c')
    dc = dc' + dh' o (1 - tanh(c')^2)  handed on to the step before as it is: the error is constant
    di = dc g
    dg = dc i
    da = di i (1 - i), do o (1 - o), dg (1 - g^2)        by the sums that are squashed, one block below the other
    dh = U^T da        dx = W^T da

The parameters are used at every step, so dW, dU and db are sums over the steps: dW = sum da x^T, and so on. Forget
gate, peepholes and other ranges came later: :mod:`seqdl.ops.lstm_variants`.
"""

from typing import NamedTuple

import numpy as np

from seqdl.base.doors import Fields, Kind, door


class Weights(NamedTuple):
    """The parameters; each holds the blocks i, o and g, one below the other.

    Parameters
    ----------
    w : array, (3 M, N)
        From the inputs.
    u : array, (3 M, M)
        From the outputs of the step before.
    b : array, (3 M,)
        Biases.
    """

    w: np.ndarray
    u: np.ndarray
    b: np.ndarray


class Trace(NamedTuple):
    """What a forward pass leaves for the backward pass.

    Parameters
    ----------
    x : array, (steps, N)
        The inputs.
    gates : array, (steps, 3, M)
        i, o and g.
    c : array, (steps + 1, M)
        The CECs; row 0 is the initial state, row t + 1 follows step t.
    e : array, (steps, M)
        tanh(c').
    h : array, (steps + 1, M)
        The outputs; row 0 is the initial state.
    """

    x: np.ndarray
    gates: np.ndarray
    c: np.ndarray
    e: np.ndarray
    h: np.ndarray


ASKED = Fields(Weights, ("3*M N", "3*M M", "3*M"))
TRACE = Fields(Trace, ("S N", "S 3 M", "S+1 M", "S M", "S+1 M"))


@door(a="...")
def logistic(a: np.ndarray) -> np.ndarray:
    """``s(a) = 1 / (1 + exp(-a))``, written so that it does not overflow."""
    return (1 + np.tanh(a / 2)) / 2


@door(x="S N", weights=ASKED, h0="M", c0="M")
def forward(x: np.ndarray, weights: Weights, h0: np.ndarray, c0: np.ndarray) -> Trace:
    """Read a sequence; ``h[1:]`` of the trace are the outputs.

    Parameters
    ----------
    x : array, (steps, N)
        Inputs.
    weights : Weights
        Parameters.
    h0, c0 : array, (M,)
        Initial state.
    """
    w, u, b = weights
    trace = trace_of(x, weights, h0, c0)
    _, gates, c, e, h = trace
    for t, a in enumerate(x @ w.T + b):
        a_i, a_o, a_g = (a + u @ h[t]).reshape(3, -1)
        i = logistic(a_i)
        o = logistic(a_o)
        g = np.tanh(a_g)
        c[t + 1] = c[t] + i * g
        e[t] = np.tanh(c[t + 1])
        h[t + 1] = o * e[t]
        gates[t] = i, o, g
    return trace


@door(dh="S M", trace=TRACE, weights=ASKED)
def backward(dh: np.ndarray, trace: Trace, weights: Weights) -> tuple[Weights, np.ndarray, np.ndarray, np.ndarray]:
    """Backpropagate through time.

    Parameters
    ----------
    dh : array, (steps, M)
        Gradient by the outputs at each step.
    trace : Trace
        From :func:`forward`.
    weights : Weights
        Parameters.

    Returns
    -------
    Weights
        Gradient by the parameters.
    dx : array, (steps, N)
        By the inputs.
    dh0, dc0 : array, (M,)
        By the initial state.
    """
    w, u, _ = weights
    x, gates, _, e, h = trace
    da = np.empty_like(gates)
    dh_t, dc = np.zeros((2, h.shape[1]), gates.dtype)
    for t in reversed(range(len(x))):
        i, o, g = gates[t]
        dh_t = dh[t] + dh_t
        do = dh_t * e[t]
        dc = dc + dh_t * o * (1 - e[t] ** 2)
        di = dc * g
        dg = dc * i
        da[t] = di * i * (1 - i), do * o * (1 - o), dg * (1 - g**2)
        dh_t = da[t].reshape(-1) @ u
    flat = da.reshape(len(x), -1)
    return Weights(flat.T @ x, flat.T @ h[:-1], flat.sum(axis=0)), flat @ w, dh_t, dc


@door(x="S N", weights=Kind((tuple,)), h0="M", c0="M")
def trace_of(x: np.ndarray, weights: tuple[np.ndarray, ...], h0: np.ndarray, c0: np.ndarray) -> Trace:
    """A trace of inputs ``x`` with the initial state ``h0``, ``c0`` in its rows 0 and the rest to be filled in.

    ``weights``, of which the biases are third, say how many gates there are and of which type all is.
    """
    steps, cells, dtype = len(x), len(h0), np.result_type(x, *weights, h0, c0)
    gates, e = np.empty((steps, len(weights[2]) // cells, cells), dtype), np.empty((steps, cells), dtype)
    c, h = np.empty((2, steps + 1, cells), dtype)
    h[0], c[0] = h0, c0
    return Trace(x, gates, c, e, h)
