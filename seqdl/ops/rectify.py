"""Absolute-value rectification with one trainable scalar per map (Section 2.2, R1 and R2).

"Simply applies absolute value to its input" (after Jarrett et al., ICCV 2009). The count of 17,169 parameters leaves
one more scalar per rectified map. Choice: a gain before the absolute value, as in Jarrett et al., or a bias::

    gain:  r = |p a|        da = sign(p a) p dr        dp = sum sign(p a) a dr
    bias:  r = |a + p|      da = sign(a + p) dr        dp = sum sign(a + p) dr

The derivative of the absolute value at 0 is taken to be 0.
"""

import numpy as np

from seqdl.base.doors import door

KINDS = ("gain", "bias")


@door(a="M T Y X", p="M", kind=KINDS)
def forward(a: np.ndarray, p: np.ndarray, kind: str = "gain") -> np.ndarray:
    """Rectify; output maps like the input maps.

    Parameters
    ----------
    a, p : array, (M, T, Y, X) and (M,)
        Input maps; a gain or bias for each map.
    kind : {"gain", "bias"}
        What ``p`` is.
    """
    e = _inside(a, p, kind)
    return np.sign(e.real) * e  # not np.abs, which has no complex derivative


@door(dr="M T Y X", a="M T Y X", p="M", kind=KINDS)
def backward(dr: np.ndarray, a: np.ndarray, p: np.ndarray, kind: str = "gain") -> tuple[np.ndarray, np.ndarray]:
    """Gradients by the input maps and by the scalars.

    Parameters
    ----------
    dr, a : array, (M, T, Y, X)
        Gradient by the output maps; input maps.
    p : array, (M,)
        A gain or bias for each map.
    kind : {"gain", "bias"}
        What ``p`` is.
    """
    de = np.sign(_inside(a, p, kind).real) * dr
    if kind == "gain":
        return p[:, None, None, None] * de, (a * de).sum(axis=(1, 2, 3))
    return de, de.sum(axis=(1, 2, 3))


def _inside(a: np.ndarray, p: np.ndarray, kind: str) -> np.ndarray:
    p = p[:, None, None, None]
    return p * a if kind == "gain" else a + p
