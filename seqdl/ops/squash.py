"""Squashing functions.

With an amplitude A and a slope s::

    y = A tanh(s x)        dy/dx = s A - (s / A) y^2

``plain`` is A = s = 1, ``scaled`` is A = 1.7159, s = 2/3 (LeCun et al. 1998, "Efficient BackProp", Section 4.4), and
``linear`` is y = x. Choice: the paper does not say where it squashes, nor with which of them.
"""

import numpy as np

from seqdl.base.doors import Array, door

SHAPES = {"linear": None, "plain": (1.0, 1.0), "scaled": (1.7159, 2.0 / 3.0)}
KINDS = tuple(SHAPES)


@door(x="...", kind=KINDS)
def forward(x: np.ndarray, kind: str = "plain") -> np.ndarray:
    """Squash an array of any shape; ``kind`` is "plain", "scaled" or "linear"."""
    shape = SHAPES[kind]
    if shape is None:
        return x
    amplitude, slope = shape
    return amplitude * np.tanh(slope * x)


@door(dy="...", y=Array("...", like="dy"), kind=KINDS)
def backward(dy: np.ndarray, y: np.ndarray, kind: str = "plain") -> np.ndarray:
    """Gradient by the input, from that by the output, ``dy``, and the output ``y``; ``kind`` as in :func:`forward`."""
    shape = SHAPES[kind]
    if shape is None:
        return dy
    amplitude, slope = shape
    return dy * (slope * amplitude - slope / amplitude * y * y)
