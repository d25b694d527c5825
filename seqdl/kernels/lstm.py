"""Long short-term memory, compiled; the letters are those of :mod:`seqdl.ops.lstm`."""

from __future__ import annotations

import numpy as np

from seqdl.kernels.jit import jit
from seqdl.kernels.squash import logistic, tanh
from seqdl.ops.lstm import CELL, Trace, Weights

F = np.float32


def constants(squash: str) -> tuple[np.float32, np.float32, np.float32]:
    """Amplitude and slope of the cell's input squashing, slope of its output squashing.

    Parameters
    ----------
    squash : {"tanh", "1997"}
        The reading.

    Returns
    -------
    tuple of float32
    """
    amplitude, slope, slope_out = CELL[squash]
    return F(amplitude), F(slope), F(slope_out)


@jit
def add_products(w: np.ndarray, x: np.ndarray, out: np.ndarray) -> None:
    """``out += w x``.

    Parameters
    ----------
    w : array, (M, N)
        Weights.
    x : array, (N,)
        Inputs.
    out : array, (M,)
        Changed.
    """
    for m in range(w.shape[0]):
        row, total = w[m], F(0)
        for n in range(len(x)):
            total += row[n] * x[n]
        out[m] += total


@jit
def add_back(w: np.ndarray, d: np.ndarray, x: np.ndarray, dx: np.ndarray, dw: np.ndarray) -> None:
    """``dx += w^T d`` and ``dw += d x^T`` in one pass.

    Parameters
    ----------
    w : array, (M, N)
        Weights.
    d : array, (M,)
        Gradient by ``w x``.
    x : array, (N,)
        Inputs.
    dx : array, (N,)
        Changed.
    dw : array, (M, N)
        Changed.
    """
    for m in range(w.shape[0]):
        row, drow, factor = w[m], dw[m], d[m]
        for n in range(len(x)):
            dx[n] += factor * row[n]
            drow[n] += factor * x[n]


@jit
def forward(weights: Weights, trace: Trace, cell: tuple[float, float, float]) -> None:
    """Read the sequence ``trace.x`` from the initial state in row 0 of ``trace.h`` and ``trace.c``.

    Parameters
    ----------
    weights : Weights
        Parameters.
    trace : Trace
        Overwritten, but for ``x`` and the initial state.
    cell : tuple of float32
        From :func:`constants`.
    """
    amplitude, slope, slope_out = cell
    x, blocks, c, e, h = trace
    count, cells = blocks.shape[1], blocks.shape[2]
    peepholes, p = len(weights.p) > 0, weights.p
    for t in range(len(x)):
        sums = blocks[t].reshape(-1)
        sums[:] = weights.b
        add_products(weights.w, x[t], sums)
        add_products(weights.u, h[t], sums)
        i, o, g, f = blocks[t, 0], blocks[t, 1], blocks[t, 2], blocks[t, count - 1]
        for k in range(cells):
            if peepholes:
                i[k] += p[0, k] * c[t, k]
            i[k] = logistic(i[k])
            g[k] = amplitude * tanh(slope * g[k])
            kept = c[t, k]
            if count == 4:
                if peepholes:
                    f[k] += p[2, k] * c[t, k]
                f[k] = logistic(f[k])
                kept *= f[k]
            c[t + 1, k] = kept + i[k] * g[k]
            if peepholes:
                o[k] += p[1, k] * c[t + 1, k]
            o[k] = logistic(o[k])
            e[t, k] = tanh(slope_out * c[t + 1, k])
            h[t + 1, k] = o[k] * e[t, k]


@jit
def backward(
    dh: np.ndarray,
    trace: Trace,
    weights: Weights,
    cell: tuple[float, float, float],
    truncate: int,
    dx: np.ndarray,
    dh_next: np.ndarray,
    dc_next: np.ndarray,
    dw: Weights,
) -> None:
    """Backpropagate through time; adds the gradients by the parameters.

    Parameters
    ----------
    dh : array, (steps, H)
        Gradient by the cells' outputs at each step.
    trace : Trace
        From :func:`forward`.
    weights : Weights
        Parameters.
    cell : tuple of float32
        From :func:`constants`.
    truncate : int
        The error does not cross the border between blocks of so many steps; 0 for full backpropagation.
    dx : array, (steps, N)
        Gradient by the inputs; overwritten.
    dh_next, dc_next : array, (H,)
        Gradient by the initial state; overwritten.
    dw : Weights
        Changed.
    """
    amplitude, slope, slope_out = cell
    x, blocks, c, e, h = trace
    count, cells = blocks.shape[1], blocks.shape[2]
    peepholes, p = len(weights.p) > 0, weights.p
    da = np.empty((count, cells), F)
    flat = da.reshape(-1)
    dx[:] = F(0)
    dh_next[:] = F(0)
    dc_next[:] = F(0)
    for t in range(len(x) - 1, -1, -1):
        i, o, g, f = blocks[t, 0], blocks[t, 1], blocks[t, 2], blocks[t, count - 1]
        for k in range(cells):
            dh_now = dh[t, k] + dh_next[k]
            da_o = dh_now * e[t, k] * o[k] * (F(1) - o[k])
            dc_now = dc_next[k] + dh_now * o[k] * slope_out * (F(1) - e[t, k] * e[t, k])
            if peepholes:
                dc_now += p[1, k] * da_o
            da_i = dc_now * g[k] * i[k] * (F(1) - i[k])
            da[0, k], da[1, k] = da_i, da_o
            da[2, k] = dc_now * i[k] * slope * (amplitude - g[k] * g[k] / amplitude)
            if peepholes:
                dw.p[0, k] += da_i * c[t, k]
                dw.p[1, k] += da_o * c[t + 1, k]
            dc_next[k] = dc_now
            if count == 4:
                da_f = dc_now * c[t, k] * f[k] * (F(1) - f[k])
                da[3, k] = da_f
                dc_next[k] = dc_now * f[k]
                if peepholes:
                    dw.p[2, k] += da_f * c[t, k]
                    dc_next[k] += p[2, k] * da_f
            if peepholes:
                dc_next[k] += p[0, k] * da_i
        dh_next[:] = F(0)
        add_back(weights.u, flat, h[t], dh_next, dw.u)
        add_back(weights.w, flat, x[t], dx[t], dw.w)
        for k in range(len(flat)):
            dw.b[k] += flat[k]
        if truncate > 0 and t > 0 and t % truncate == 0:
            dh_next[:] = F(0)
            dc_next[:] = F(0)
