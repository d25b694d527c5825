"""Convolution through a connection table, compiled, on wide maps (see :mod:`seqdl.kernels`)."""

from __future__ import annotations

import numpy as np

from seqdl.kernels.conv3d import backward_input_map, backward_weights_map, forward_map
from seqdl.kernels.jit import jit

F = np.float32


@jit
def forward(a: np.ndarray, w: np.ndarray, b: np.ndarray, links: np.ndarray, z: np.ndarray) -> None:
    """Convolve through the table.

    Parameters
    ----------
    a : array, (I, T, Y, X)
        Input maps.
    w : array, (K, R, S, Q)
        One kernel a link.
    b : array, (M,)
        Biases.
    links : array of int, (K, 2)
        The connection table: rows (source, target).
    z : array, (M, T-R+1, Y-S+1, X)
        Wide output maps; overwritten.
    """
    for m in range(z.shape[0]):
        z[m] = b[m]
    for k in range(len(links)):
        forward_map(a[links[k, 0]], w[k], z[links[k, 1]])


@jit
def backward_input(dz: np.ndarray, w: np.ndarray, links: np.ndarray, da: np.ndarray) -> None:
    """Gradient by the input maps.

    Parameters
    ----------
    dz : array, (M, T-R+1, Y-S+1, X)
        Wide gradient by the output maps.
    w : array, (K, R, S, Q)
        One kernel a link.
    links : array of int, (K, 2)
        The connection table.
    da : array, (I, T, Y, X)
        Overwritten.
    """
    da[:] = F(0)
    for k in range(len(links)):
        backward_input_map(dz[links[k, 1]], w[k], da[links[k, 0]])


@jit
def backward_weights(dz: np.ndarray, a: np.ndarray, links: np.ndarray, dw: np.ndarray, db: np.ndarray) -> None:
    """Add the gradients by the kernels and biases.

    Parameters
    ----------
    dz : array, (M, T-R+1, Y-S+1, X)
        Wide gradient by the output maps.
    a : array, (I, T, Y, X)
        Input maps.
    links : array of int, (K, 2)
        The connection table.
    dw : array, (K, R, S, Q)
        Changed.
    db : array, (M,)
        Changed.
    """
    for m in range(dz.shape[0]):
        db[m] += dz[m].sum()
    for k in range(len(links)):
        backward_weights_map(dz[links[k, 1]], a[links[k, 0]], dw[k])
