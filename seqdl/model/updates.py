"""What goes into a run of online updates, and what comes out."""

from typing import NamedTuple

import numpy as np

from seqdl.base.arrays import check_exact

SEEDS = 2**31
"""Dropout's seeds are drawn below this."""
NONE = np.zeros(0, np.int64)


def seeds(rng: np.random.Generator, share: float, count: int) -> np.ndarray:
    """Dropout's seeds (n,) of so many updates, drawn by ``rng``; none at all where no ``share`` is left out."""
    return rng.integers(SEEDS, size=count) if share else NONE


def drawn(seeds: np.ndarray) -> np.ndarray | None:
    """Dropout's ``seeds``, None where there are none: what is not needed is then not compiled."""
    return seeds if len(seeds) else None


def check_seeds(seeds: np.ndarray, count: int) -> None:
    """A ValueError for ``seeds`` that are not those of so many updates, or of none."""
    check_exact(seeds, "seeds", np.int64, (count if len(seeds) else 0,))
    if len(seeds) and seeds.min() < 0:
        raise ValueError("seeds: expected numbers from 0")


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
    seeds : array of int64, (n,) or (0,)
        For dropout, from 0; without any where there are none.
    """

    starts: np.ndarray
    labels: np.ndarray
    copy: np.ndarray
    learning_rates: np.ndarray
    seeds: np.ndarray = NONE


class VariedUpdates(NamedTuple):
    """The same of windows that are varied before they are copied.

    Parameters
    ----------
    starts, labels, copy, learning_rates : array
        As above.
    spans : array of int64, (n, 2)
        First frame and number of frames of each window's sequence.
    variations : array of float64, (n, V)
        The numbers of :class:`seqdl.ops.vary.Variation`.
    seeds : array
        As above.
    """

    starts: np.ndarray
    labels: np.ndarray
    copy: np.ndarray
    learning_rates: np.ndarray
    spans: np.ndarray
    variations: np.ndarray
    seeds: np.ndarray = NONE


class SequenceUpdates(NamedTuple):
    """Sequences to learn from, in the order of the updates.

    Parameters
    ----------
    spans, labels : array of int64, (n, 2) and (n,)
        First step and number of steps of each sequence; its class.
    learning_rates : array of float32, (n,)
        The rate of each update.
    seeds : array of int64, (n,) or (0,)
        For dropout, from 0; without any where there are none.
    """

    spans: np.ndarray
    labels: np.ndarray
    learning_rates: np.ndarray
    seeds: np.ndarray = NONE


class SingleStepUpdates(NamedTuple):
    """Crops of sequences that both networks learn from as one, in the order of the updates.

    Parameters
    ----------
    starts, steps, labels : array of int64, (n,)
        First frame of the first window, number of windows, which are ``lstm.window_step`` frames apart, and class.
    copy : array of int64, (n, 4)
        Mirrored, vertically flipped (0 or 1), rows and columns of the shift.
    seeds : array of int64, (n,)
        For dropout; without any where negative.
    learning_rates, convnet_rates : array of float32, (n,)
        The LSTM's rate and the ConvNet's.
    head : array of float32, (n,)
        How much the head's loss counts.
    """

    starts: np.ndarray
    steps: np.ndarray
    labels: np.ndarray
    copy: np.ndarray
    seeds: np.ndarray
    learning_rates: np.ndarray
    convnet_rates: np.ndarray
    head: np.ndarray


class VariedCrops(NamedTuple):
    """The same of crops that are varied before they are copied.

    Parameters
    ----------
    starts, steps, labels, copy, seeds, learning_rates, convnet_rates, head : array
        As above.
    spans, variations : array
        As :class:`VariedUpdates` has them.
    """

    starts: np.ndarray
    steps: np.ndarray
    labels: np.ndarray
    copy: np.ndarray
    seeds: np.ndarray
    learning_rates: np.ndarray
    convnet_rates: np.ndarray
    head: np.ndarray
    spans: np.ndarray
    variations: np.ndarray


EVENED = 256
"""Steps of a crop whose errors have running means of their own; all later ones share the last."""


class AdamState(NamedTuple):
    """What single-step training keeps from one update to the next; all of it is changed in place.

    Parameters
    ----------
    mean, square : array, (P,)
        Adam's running sums of the gradient and of its square.
    evened : array of float32, (EVENED,)
        Running means of the error that reaches the features of each step; 0 where none has been.
    counts : array of int64, (2,)
        Updates of the ConvNet and of the LSTM so far.
    """

    mean: np.ndarray
    square: np.ndarray
    evened: np.ndarray
    counts: np.ndarray

    @classmethod
    def new(cls, parameters: np.ndarray) -> "AdamState":
        """That of the first update of a vector of ``parameters`` (P,)."""
        zeros = np.zeros_like(parameters)
        return cls(zeros, zeros.copy(), np.zeros(EVENED, np.float32), np.zeros(2, np.int64))


class Learned(NamedTuple):
    """What a run of updates tells.

    Parameters
    ----------
    done : int
        Updates done; fewer than asked for if a loss was not finite.
    losses, decisions : array, (n,)
        Of each window or sequence before its update.
    norms : array of float32, (n,), optional
        The 2-norm of each gradient by the ConvNet's parameters, 0 where they are left alone; of single-step training.
    """

    done: int
    losses: np.ndarray
    decisions: np.ndarray
    norms: np.ndarray | None = None
