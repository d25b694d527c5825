"""Dropout: values left out at random while a network learns, the others enlarged (Srivastava et al., JMLR 2014).

Of values x with a share p left out, a mask that is drawn anew for every sample multiplies the values forward and their
gradients backward::

    y = m x        dx = m dy        m = 0 with probability p, 1 / (1 - p) otherwise

Not in the paper. The mask is a function of a seed and of a value's place: the numbers of SplitMix64 (Steele, Lea and
Flood, OOPSLA 2014), whose n-th number is a mix of the bits of ``seed + n * GOLDEN`` and needs none of those before it.
So the compiled form, whatever order it works in, has the same mask.
"""

import numpy as np

from seqdl.base.doors import Number, Sizes, Whole, door

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
FIRST, SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
BITS = 24
"""Bits of a number that are compared with the share: as many as float32 has."""


@door(seed=Whole(), count=Whole())
def numbers(seed: int, count: int) -> np.ndarray:
    """The first ``count`` numbers of a ``seed``, (count,) of uint64, all bits at random."""
    z = np.uint64(seed) + np.arange(1, count + 1, dtype=np.uint64) * GOLDEN
    z = (z ^ z >> np.uint64(30)) * FIRST
    z = (z ^ z >> np.uint64(27)) * SECOND
    return z ^ z >> np.uint64(31)


@door(seed=Whole(), shape=Sizes("steps inputs"), share=Number(0, 1 - 2.0**-BITS))
def mask(seed: int, shape: tuple[int, int], share: float) -> np.ndarray:
    """The mask of one sample, (steps, inputs) of float32.

    Parameters
    ----------
    seed : int
        Of this sample; another one gives another mask.
    shape : tuple of int
        Steps of a sequence, and values of each.
    share : float
        p, the share that is left out.
    """
    kept = numbers(seed, shape[0] * shape[1]) >> np.uint64(64 - BITS) >= np.uint64(round(share * 2**BITS))
    return (kept / np.float32(1 - share)).astype(np.float32).reshape(shape)
