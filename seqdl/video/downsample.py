"""Spatial down-sampling by whole numbers (Section 4.2: "by a factor of 2 horizontally and vertically")."""

from __future__ import annotations

import numpy as np


def downsample(frame: np.ndarray, factor: int) -> np.ndarray:
    """Mean over blocks of ``factor`` x ``factor`` pixels; rows and columns that fill no block are dropped.

    Parameters
    ----------
    frame : array of uint8, (..., height, width)
        One frame, or several.
    factor : int
        Down-sampling in both directions.

    Returns
    -------
    array of uint8, (..., height // factor, width // factor)
    """
    if factor == 1:
        return frame
    height, width = (n // factor * factor for n in frame.shape[-2:])
    total = np.full((*frame.shape[:-2], height // factor, width // factor), factor * factor // 2, np.uint32)
    for y in range(factor):
        for x in range(factor):
            total += frame[..., y:height:factor, x:width:factor]
    return (total // (factor * factor)).astype(np.uint8)
