"""Dropout, compiled where there is any: the mask of :mod:`seqdl.ops.dropout`, to the bit."""

import numpy as np

from seqdl.kernels.vector.jit import borrowing
from seqdl.ops.dropout import BITS, FIRST, GOLDEN, SECOND

F = np.float32
SHIFTS = np.uint64(30), np.uint64(27), np.uint64(31)
NUMBERS = 2**BITS
UNUSED = np.uint64(64 - BITS)


@borrowing
def number(seed: int, place: int) -> np.uint64:
    """The number at a ``place``, counted from 0, of those of a ``seed``."""
    z = np.uint64(seed) + np.uint64(place + 1) * GOLDEN
    z = (z ^ (z >> SHIFTS[0])) * FIRST
    z = (z ^ (z >> SHIFTS[1])) * SECOND
    return z ^ (z >> SHIFTS[2])


@borrowing
def mask(seed: int, share: float, out: np.ndarray) -> None:
    """Overwrite ``out`` (steps, inputs) with the mask of a sample's ``seed``, which leaves out that ``share``."""
    one, least = F(1) / F(1 - share), np.uint64(round(share * NUMBERS))
    flat = out.reshape(-1)
    for n in range(flat.size):
        flat[n] = one if number(seed, n) >> UNUSED >= least else F(0)


@borrowing
def leave_out(x: np.ndarray, seed: int, share: float, out: np.ndarray) -> None:
    """A sequence ``x`` (steps, N) after dropout of a ``share`` by a ``seed``, into ``out`` of the same shape."""
    mask(seed, share, out)
    for t in range(len(x)):
        for k in range(x.shape[1]):
            out[t, k] *= x[t, k]
