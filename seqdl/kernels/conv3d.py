"""3D convolution, compiled, on wide maps (see :mod:`seqdl.kernels`).

Everything comes down to two loops over a plane: add a row of taps into it, or take the products with a row of taps.
Each is unrolled over up to four taps, so that a plane is read and written once for four multiply-adds.
"""

from __future__ import annotations

import numpy as np

from seqdl.kernels.jit import jit

F = np.float32


@jit
def add_taps(out: np.ndarray, a: np.ndarray, w: np.ndarray, start: int, length: int) -> None:
    """``out[j] += sum_q w[q] a[start + q + j]`` for j < length.

    Parameters
    ----------
    out : array, (>= length,)
        Changed.
    a : array, (>= start + len(w) - 1 + length,)
        The plane that is read.
    w : array, (Q,)
        The taps.
    start, length : int
        Where, and how many units.
    """
    q = 0
    while len(w) - q >= 4:
        b = a[start + q :]
        w0, w1, w2, w3 = w[q], w[q + 1], w[q + 2], w[q + 3]
        for j in range(length):
            out[j] += w0 * b[j] + w1 * b[j + 1] + w2 * b[j + 2] + w3 * b[j + 3]
        q += 4
    b = a[start + q :]
    rest = len(w) - q
    if rest == 3:
        w0, w1, w2 = w[q], w[q + 1], w[q + 2]
        for j in range(length):
            out[j] += w0 * b[j] + w1 * b[j + 1] + w2 * b[j + 2]
    elif rest == 2:
        w0, w1 = w[q], w[q + 1]
        for j in range(length):
            out[j] += w0 * b[j] + w1 * b[j + 1]
    elif rest == 1:
        w0 = w[q]
        for j in range(length):
            out[j] += w0 * b[j]


@jit
def products(d: np.ndarray, a: np.ndarray, dw: np.ndarray, start: int, length: int) -> None:
    """``dw[q] += sum_{j < length} d[j] a[start + q + j]``.

    Parameters
    ----------
    d : array, (>= length,)
        The gradient's plane.
    a : array, (>= start + len(dw) - 1 + length,)
        The input's plane.
    dw : array, (Q,)
        Changed.
    start, length : int
        Where, and how many units.
    """
    q = 0
    while len(dw) - q >= 4:
        b = a[start + q :]
        s0, s1, s2, s3 = F(0), F(0), F(0), F(0)
        for j in range(length):
            s0 += d[j] * b[j]
            s1 += d[j] * b[j + 1]
            s2 += d[j] * b[j + 2]
            s3 += d[j] * b[j + 3]
        dw[q] += s0
        dw[q + 1] += s1
        dw[q + 2] += s2
        dw[q + 3] += s3
        q += 4
    while q < len(dw):
        b = a[start + q :]
        s0 = F(0)
        for j in range(length):
            s0 += d[j] * b[j]
        dw[q] += s0
        q += 1


@jit
def plane_length(rows: int, width: int, kernel_width: int) -> int:
    """Units of a wide plane from the first to the last one that counts.

    Parameters
    ----------
    rows : int
        Rows of the output.
    width : int
        Length of a wide row, that of the input.
    kernel_width : int
        Columns of the kernel.

    Returns
    -------
    int
    """
    return rows * width - kernel_width + 1


@jit
def forward_map(a: np.ndarray, w: np.ndarray, z: np.ndarray) -> None:
    """Add the convolution of one input map with one kernel to one output map.

    Parameters
    ----------
    a : array, (T, Y, X)
        Input map.
    w : array, (R, S, Q)
        Kernel.
    z : array, (T-R+1, Y-S+1, X)
        Wide output map; changed.
    """
    width = a.shape[2]
    length = plane_length(z.shape[1], width, w.shape[2])
    for t in range(z.shape[0]):
        out = z[t].reshape(-1)
        for r in range(w.shape[0]):
            plane = a[t + r].reshape(-1)
            for s in range(w.shape[1]):
                add_taps(out, plane, w[r, s], s * width, length)


@jit
def backward_input_map(dz: np.ndarray, w: np.ndarray, da: np.ndarray) -> None:
    """Add the gradient by one input map, through one kernel.

    Parameters
    ----------
    dz : array, (T-R+1, Y-S+1, X)
        Wide gradient by one output map.
    w : array, (R, S, Q)
        Kernel.
    da : array, (T, Y, X)
        Changed.
    """
    width = da.shape[2]
    length = plane_length(dz.shape[1], width, w.shape[2])
    for t in range(dz.shape[0]):
        plane = dz[t].reshape(-1)
        for r in range(w.shape[0]):
            out = da[t + r].reshape(-1)
            for s in range(w.shape[1]):
                for q in range(w.shape[2]):
                    tap, part = w[r, s, q], out[s * width + q :]
                    for j in range(length):
                        part[j] += tap * plane[j]


@jit
def backward_weights_map(dz: np.ndarray, a: np.ndarray, dw: np.ndarray) -> None:
    """Add the gradient by one kernel.

    Parameters
    ----------
    dz : array, (T-R+1, Y-S+1, X)
        Wide gradient by one output map.
    a : array, (T, Y, X)
        Input map.
    dw : array, (R, S, Q)
        Changed.
    """
    width = a.shape[2]
    length = plane_length(dz.shape[1], width, dw.shape[2])
    for t in range(dz.shape[0]):
        d = dz[t].reshape(-1)
        for r in range(dw.shape[0]):
            plane = a[t + r].reshape(-1)
            for s in range(dw.shape[1]):
                products(d, plane, dw[r, s], s * width, length)


@jit
def forward(a: np.ndarray, w: np.ndarray, b: np.ndarray, z: np.ndarray) -> None:
    """Convolve all input maps with all kernels.

    Parameters
    ----------
    a : array, (I, T, Y, X)
        Input maps.
    w : array, (M, I, R, S, Q)
        Kernels.
    b : array, (M,)
        Biases.
    z : array, (M, T-R+1, Y-S+1, X)
        Wide output maps; overwritten.
    """
    for m in range(w.shape[0]):
        z[m] = b[m]
        for i in range(w.shape[1]):
            forward_map(a[i], w[m, i], z[m])


@jit
def backward_input(dz: np.ndarray, w: np.ndarray, da: np.ndarray) -> None:
    """Gradient by the input maps.

    Parameters
    ----------
    dz : array, (M, T-R+1, Y-S+1, X)
        Wide gradient by the output maps.
    w : array, (M, I, R, S, Q)
        Kernels.
    da : array, (I, T, Y, X)
        Overwritten.
    """
    da[:] = F(0)
    for m in range(w.shape[0]):
        for i in range(w.shape[1]):
            backward_input_map(dz[m], w[m, i], da[i])


@jit
def backward_weights(dz: np.ndarray, a: np.ndarray, dw: np.ndarray, db: np.ndarray) -> None:
    """Add the gradients by the kernels and biases.

    Parameters
    ----------
    dz : array, (M, T-R+1, Y-S+1, X)
        Wide gradient by the output maps.
    a : array, (I, T, Y, X)
        Input maps.
    dw : array, (M, I, R, S, Q)
        Changed.
    db : array, (M,)
        Changed.
    """
    for m in range(dw.shape[0]):
        db[m] += dz[m].sum()
        for i in range(dw.shape[1]):
            backward_weights_map(dz[m], a[i], dw[m, i])
