"""Convolution through a connection table (Section 2.2, S1 -> C2).

C2 is not connected to all maps of S1. Each of the n maps feeds two C2 maps of its own, and each pair of maps feeds one
more: 2n + n(n-1)/2 maps, 35 for n = 7, with 2n + n(n-1) = 56 kernels (Garcia and Delakis, PAMI 2004; the paper says
"the same principle as" and gives the 35). With the table as rows (source i_k, target m_k), one kernel w[k] each::

    z[m,t,y,x] = b[m] + sum_{k: m_k = m} sum_{r,s,q} w[k,r,s,q] a[i_k, t+r, y+s, x+q]

The derivatives are those of :mod:`seqdl.ops.conv3d`, kernel by kernel.
"""

import numpy as np

from seqdl.base.doors import Array, Sizes, Whole, door
from seqdl.ops import conv3d

LINKS = Array("K 2", (np.integer,), below=("I", "M"))


@door(n=Whole(1, 1000))
def table(n: int) -> np.ndarray:
    """The connection table: who feeds whom.

    Parameters
    ----------
    n : int
        Number of source maps.

    Returns
    -------
    array of int, (2 n + n (n - 1), 2)
        One row (source, target) a kernel: first the two targets of each map alone, then the pairs.

    Examples
    --------
    >>> table(2).tolist()
    [[0, 0], [0, 1], [1, 2], [1, 3], [0, 4], [1, 4]]
    """
    alone = [(source, 2 * source + copy) for source in range(n) for copy in (0, 1)]
    pairs = [(first, second) for first in range(n) for second in range(first + 1, n)]
    paired = [(source, 2 * n + number) for number, pair in enumerate(pairs) for source in pair]
    return np.array(alone + paired, dtype=np.int64).reshape(-1, 2)


@door(a="I T Y X", w="K R S Q", b="M", links=LINKS, where={"w": "R <= T and S <= Y and Q <= X"})
def forward(a: np.ndarray, w: np.ndarray, b: np.ndarray, links: np.ndarray) -> np.ndarray:
    """Convolve through the table: output maps (M, T-R+1, Y-S+1, X-Q+1).

    Parameters
    ----------
    a, w, b : array, (I, T, Y, X), (K, R, S, Q) and (M,)
        Input maps; one kernel a link; a bias for each output map.
    links : array of int, (K, 2)
        The connection table.
    """
    z = np.zeros((len(b), *conv3d.valid(a, w)), dtype=np.result_type(a, w)) + b[:, None, None, None]
    none = np.zeros(1, dtype=b.dtype)
    for w_k, (source, target) in zip(w, links):
        z[target] += conv3d.forward(a[source, None], w_k[None, None], none)[0]
    return z


@door(dz="M T-R+1 Y-S+1 X-Q+1", w="K R S Q", links=LINKS, shape=Sizes("I T Y X"))
def backward_input(dz: np.ndarray, w: np.ndarray, links: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Gradient by the input maps, (I, T, Y, X).

    Parameters
    ----------
    dz : array, (M, T-R+1, Y-S+1, X-Q+1)
        Gradient by the output maps.
    w, links : array, (K, R, S, Q) and (K, 2)
        One kernel a link; the connection table.
    shape : tuple of int
        Shape (I, T, Y, X) of the input maps.
    """
    da = np.zeros(shape, dtype=np.result_type(dz, w))
    for w_k, (source, target) in zip(w, links):
        da[source] += conv3d.backward_input(dz[target, None], w_k[None, None], (1, *shape[1:]))[0]
    return da


@door(dz="M T-R+1 Y-S+1 X-Q+1", a="I T Y X", links=LINKS, kernel=Sizes("R S Q"))
def backward_weights(
    dz: np.ndarray, a: np.ndarray, links: np.ndarray, kernel: tuple[int, ...]
) -> tuple[np.ndarray, np.ndarray]:
    """Gradients by the kernels, (K, R, S, Q), and by the biases, (M,).

    Parameters
    ----------
    dz : array, (M, T-R+1, Y-S+1, X-Q+1)
        Gradient by the output maps.
    a, links : array, (I, T, Y, X) and (K, 2)
        Input maps; the connection table.
    kernel : tuple of int
        The kernels' size (R, S, Q).
    """
    dw = np.empty((len(links), *kernel), dtype=np.result_type(dz, a))
    for k, (source, target) in enumerate(links):
        dw[k] = conv3d.backward_weights(dz[target, None], a[source, None], kernel)[0][0, 0]
    return dw, dz.sum(axis=(1, 2, 3))
