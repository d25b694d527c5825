"""What goes into a run of online updates, and what comes out."""

from typing import NamedTuple

import numpy as np


class Updates(NamedTuple):
    """Windows to learn from, in the order of the updates.

    Parameters
    ----------
    starts, labels : array of int64, (n,)
        First frame and class of each window.
    copy : array of int64, (n, 4)
        Mirrored, vertically flipped (0 or 1), rows and columns of the shift.
    learning_rates : array of float32, (n,)
        The rate of each update.
    """

    starts: np.ndarray
    labels: np.ndarray
    copy: np.ndarray
    learning_rates: np.ndarray


class SequenceUpdates(NamedTuple):
    """Sequences to learn from, in the order of the updates.

    Parameters
    ----------
    spans, labels : array of int64, (n, 2) and (n,)
        First step and number of steps of each sequence; its class.
    learning_rates : array of float32, (n,)
        The rate of each update.
    """

    spans: np.ndarray
    labels: np.ndarray
    learning_rates: np.ndarray


class Learned(NamedTuple):
    """What a run of updates tells.

    Parameters
    ----------
    done : int
        Updates done; fewer than asked for if a loss was not finite.
    losses, decisions : array, (n,)
        Of each window or sequence before its update.
    """

    done: int
    losses: np.ndarray
    decisions: np.ndarray
