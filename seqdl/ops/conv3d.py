"""3D convolution, in the sense of convolutional networks: a correlation over the valid part (Section 2.2, C1 and C3).

For input maps a[i], kernels w[m, i] and biases b[m]::

    z[m,t,y,x] = b[m] + sum_{i,r,s,q} w[m,i,r,s,q] a[i, t+r, y+s, x+q]

and, the loss being L and dz = dL/dz::

    da[i,t,y,x]   = sum_{m,r,s,q} w[m,i,r,s,q] dz[m, t-r, y-s, x-q]
    dw[m,i,r,s,q] = sum_{t,y,x} dz[m,t,y,x] a[i, t+r, y+s, x+q]
    db[m]         = sum_{t,y,x} dz[m,t,y,x]

The loops run over the taps (r, s, q) of the kernel; each tap is one matrix product over maps.
"""

import numpy as np

from seqdl.base.doors import Sizes, door


@door(a="I T Y X", w="M I R S Q", b="M", where={"w": "R <= T and S <= Y and Q <= X"})
def forward(a: np.ndarray, w: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Convolve all input maps with all kernels: output maps (M, T-R+1, Y-S+1, X-Q+1).

    Parameters
    ----------
    a, w, b : array, (I, T, Y, X), (M, I, R, S, Q) and (M,)
        Input maps; kernels; a bias for each output map.
    """
    size = valid(a, w)
    z = np.zeros((len(w), *size), dtype=np.result_type(a, w)) + b[:, None, None, None]
    for tap in np.ndindex(w.shape[2:]):
        z += np.tensordot(w[(..., *tap)], a[patch(tap, size)], axes=1)
    return z


@door(dz="M T-R+1 Y-S+1 X-Q+1", w="M I R S Q", shape=Sizes("I T Y X"))
def backward_input(dz: np.ndarray, w: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Gradient by the input maps, (I, T, Y, X).

    Parameters
    ----------
    dz : array, (M, T-R+1, Y-S+1, X-Q+1)
        Gradient by the output maps.
    w : array, (M, I, R, S, Q)
        Kernels.
    shape : tuple of int
        Shape (I, T, Y, X) of the input maps.
    """
    da = np.zeros(shape, dtype=np.result_type(dz, w))
    for tap in np.ndindex(w.shape[2:]):
        da[patch(tap, dz.shape[1:])] += np.tensordot(w[(..., *tap)].T, dz, axes=1)
    return da


@door(dz="M T-R+1 Y-S+1 X-Q+1", a="I T Y X", kernel=Sizes("R S Q"))
def backward_weights(dz: np.ndarray, a: np.ndarray, kernel: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Gradients by the kernels, (M, I, R, S, Q), and by the biases, (M,).

    Parameters
    ----------
    dz : array, (M, T-R+1, Y-S+1, X-Q+1)
        Gradient by the output maps.
    a : array, (I, T, Y, X)
        Input maps.
    kernel : tuple of int
        The kernels' size (R, S, Q).
    """
    dw = np.empty((len(dz), len(a), *kernel), dtype=np.result_type(dz, a))
    for tap in np.ndindex(*kernel):
        dw[(..., *tap)] = np.tensordot(dz, a[patch(tap, dz.shape[1:])], axes=((1, 2, 3), (1, 2, 3)))
    return dw, dz.sum(axis=(1, 2, 3))


@door(a="... T Y X", w="... R S Q", where={"w": "R <= T and S <= Y and Q <= X"})
def valid(a: np.ndarray, w: np.ndarray) -> tuple[int, ...]:
    """Frames, rows and columns of the outputs: the places where a kernel lies wholly on its input map."""
    return tuple(length - taps + 1 for length, taps in zip(a.shape[-3:], w.shape[-3:]))


@door(tap=Sizes("r s q", 0), size=Sizes("T Y X"))
def patch(tap: tuple[int, ...], size: tuple[int, ...]) -> tuple[slice, ...]:
    """The part of the input maps (I, T, Y, X) that one tap (r, s, q) sees while it passes over all outputs."""
    return (slice(None), *(slice(first, first + length) for first, length in zip(tap, size)))
