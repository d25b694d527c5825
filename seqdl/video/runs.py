"""Stretches of frames in which something is so."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def runs(mask: np.ndarray) -> list[slice]:
    """The stretches in which a ``mask`` (T,) of bool is true."""
    edges = np.flatnonzero(np.diff(mask, prepend=False, append=False)).tolist()
    return [slice(first, last) for first, last in zip(edges[::2], edges[1::2])]


def filled(mask: np.ndarray) -> np.ndarray:
    """A ``mask`` (T,) of bool without its short gaps, and then without what is short; its ends count as longer.

    This is the binary closing by five ones and the opening by four, of the mask with four more at either end.
    """
    there = np.pad(mask, 4, "edge")
    there = _every(_any(there, 2, 2), 2, 2)
    return _any(_every(there, 2, 1), 1, 2)[4:-4]


def _every(mask: np.ndarray, before: int, after: int) -> np.ndarray:
    """Whether all of so many before and after are true; beyond the ends nothing is."""
    return np.logical_and.reduce(_around(mask, before, after), axis=1)


def _any(mask: np.ndarray, before: int, after: int) -> np.ndarray:
    return np.logical_or.reduce(_around(mask, before, after), axis=1)


def _around(mask: np.ndarray, before: int, after: int) -> np.ndarray:
    return sliding_window_view(np.pad(mask, (before, after)), before + 1 + after)
