"""Absolute-value rectification with one trainable scalar per map (Section 2.2, R1 and R2).

"Simply applies absolute value to its input" (after Jarrett et al., ICCV 2009). The count of 17,169 parameters leaves
one more scalar per rectified map. Choice: a gain before the absolute value, as in Jarrett et al., or a bias::

    gain:  r = |p y|        dy = sign(p y) p dr        dp = sum sign(p y) y dr
    bias:  r = |y + p|      dy = sign(y + p) dr        dp = sum sign(y + p) dr

The derivative of |x| at 0 is taken to be 0.
"""

from __future__ import annotations

import numpy as np


def forward(y: np.ndarray, p: np.ndarray, kind: str = "gain") -> np.ndarray:
    """Rectify.

    Parameters
    ----------
    y : array, (M, T, Y, X)
        Input maps.
    p : array, (M,)
        A gain or bias for each map.
    kind : {"gain", "bias"}
        What ``p`` is.

    Returns
    -------
    array, (M, T, Y, X)
    """
    x = _inside(y, p, kind)
    return np.sign(x.real) * x  # not np.abs, which has no complex derivative


def backward(dr: np.ndarray, y: np.ndarray, p: np.ndarray, kind: str = "gain") -> tuple[np.ndarray, np.ndarray]:
    """Gradients by the input and the scalars.

    Parameters
    ----------
    dr : array, (M, T, Y, X)
        Gradient by the output maps.
    y : array, (M, T, Y, X)
        Input maps.
    p : array, (M,)
        A gain or bias for each map.
    kind : {"gain", "bias"}
        What ``p`` is.

    Returns
    -------
    dy : array, (M, T, Y, X)
    dp : array, (M,)
    """
    dx = np.sign(_inside(y, p, kind).real) * dr
    if kind == "gain":
        return p[:, None, None, None] * dx, (y * dx).sum(axis=(1, 2, 3))
    return dx, dx.sum(axis=(1, 2, 3))


def _inside(y: np.ndarray, p: np.ndarray, kind: str) -> np.ndarray:
    p = p[:, None, None, None]
    return p * y if kind == "gain" else y + p
