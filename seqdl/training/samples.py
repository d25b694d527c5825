"""What each pass learns from: which windows or sequences, which copies of them, in which order."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from seqdl.base import files
from seqdl.config import Config, ConvNetConfig
from seqdl.datasets.base import Sequence
from seqdl.model.recogniser import Recogniser
from seqdl.model.updates import SequenceUpdates, Updates
from seqdl.ops import copies
from seqdl.stores.frames import Prepared
from seqdl.stores.points import Points
from seqdl.training.schedule import Schedule
from seqdl.video.windows import usable_starts

COPIES = {
    "none": ((False, False),),
    "mirror": ((False, False), (True, False)),
    "mirror_flip": ((False, False), (True, False), (False, True)),
    "all": ((False, False), (True, False), (False, True), (True, True)),
}
"""The versions of a sample as (mirrored, flipped)."""
Version = tuple[bool, bool, tuple[int, int]]
"""A copy of a sequence: whether mirrored, whether flipped, rows and columns by which it is moved."""


def lstm_versions(config: Config) -> list[Version]:
    """The copies of each training sequence that the LSTM learns from.

    Parameters
    ----------
    config : Config
        Copies and shift of the LSTM. Interest points are the same wherever the picture is, and have no shifted copies.

    Returns
    -------
    list of tuple
        The sequence as it is comes first.
    """
    far = config.lstm.shift if config.model == "convnet-lstm" else 0
    moves = [(0, 0), (far, far), (far, -far), (-far, far), (-far, -far)] if far else [(0, 0)]
    return [(mirror, flip, move) for mirror, flip in COPIES[config.lstm.copies] for move in moves]


def window_starts(prepared: Prepared, name: str, frames: int, step: int, empty: str, phase: int = 0) -> np.ndarray:
    """First frames of a sequence's windows in the store.

    Parameters
    ----------
    prepared : Prepared
        The store.
    name : str
        The sequence.
    frames : int
        Frames of a window.
    step : int
        Frames between windows.
    empty : {"skip", "keep"}
        Whether windows in which nobody is seen are left out.
    phase : int
        The first window's place, taken modulo the sequence's number of windows.

    Returns
    -------
    array of int64
        At least one.
    """
    offset, length = prepared.spans[name]
    phase %= length - frames + 1
    return offset + usable_starts(prepared.seen[offset : offset + length], frames, step, phase, empty)


def steps(
    recogniser: Recogniser, prepared: Prepared | Points, name: str, version: Version = (False, False, (0, 0))
) -> tuple[np.ndarray, np.ndarray | None]:
    """What the LSTM reads of a sequence.

    Parameters
    ----------
    recogniser : Recogniser
        Its ConvNet describes windows; without one it is descriptors of points that are read.
    prepared : Prepared or Points
        The store of this model.
    name : str
        The sequence.
    version : tuple
        Which copy of it.

    Returns
    -------
    features : array, (steps, 120) or (steps, 90)
        Without any step where there is no point.
    windows : array, (steps, classes), or None
        The ConvNet's outputs.
    """
    config, (mirror, flip, move) = recogniser.config, version
    if isinstance(prepared, Points):
        described = prepared.steps(name, mirror, flip, config.stip.points)
        for array in (prepared.points, prepared.hof):
            files.release(array)
        return described, None
    assert recogniser.convnet is not None
    starts = window_starts(prepared, name, config.convnet.frames, config.lstm.window_step, config.video.empty)
    if move == (0, 0):
        read = recogniser.convnet.read(prepared.frames, starts, mirror, flip)
    else:
        first, length = prepared.spans[name]
        moved = copies.copy(prepared.frames[first : first + length], shift=move)
        read = recogniser.convnet.read(np.ascontiguousarray(moved), starts - first, mirror, flip)
    files.release(prepared.frames)
    return read


def convnet_pass(
    rng: np.random.Generator,
    prepared: Prepared,
    sequences: Iterable[Sequence],
    classes: tuple[str, ...],
    config: ConvNetConfig,
    empty: str,
    schedule: Schedule,
) -> Updates:
    """One pass over the training windows: every ``window_step``-th from a random phase, a random copy of each.

    Parameters
    ----------
    rng : numpy.random.Generator
        For this pass.
    prepared : Prepared
        The store.
    sequences : iterable of Sequence
        The training sequences.
    classes : tuple of str
        The actions.
    config : ConvNetConfig
        Step, copies, shift.
    empty : {"skip", "keep"}
        Whether windows in which nobody is seen are left out.
    schedule : Schedule
        Gives the rates.

    Returns
    -------
    Updates
    """
    starts, labels = [], []
    for sequence in sequences:
        phase = int(rng.integers(config.window_step))
        found = window_starts(prepared, sequence.name, config.frames, config.window_step, empty, phase)
        starts.append(found)
        labels.append(np.full(len(found), classes.index(sequence.label), np.int64))
    order = rng.permutation(sum(map(len, starts)))
    versions = np.array(COPIES[config.copies], np.int64)
    copy = versions[rng.integers(len(versions), size=len(order))]
    shift = rng.integers(-config.shift, config.shift + 1, size=(len(order), 2))
    return Updates(
        np.concatenate(starts)[order],
        np.concatenate(labels)[order],
        np.hstack([copy, shift]),
        schedule.rates(len(order)),
    )


def lstm_pass(rng: np.random.Generator, spans: np.ndarray, labels: np.ndarray, schedule: Schedule) -> SequenceUpdates:
    """One pass over the training sequences and all their copies, in random order.

    Parameters
    ----------
    rng : numpy.random.Generator
        For this pass.
    spans : array of int64, (n, 2)
        First step and number of steps of each sequence.
    labels : array of int64, (n,)
        Classes.
    schedule : Schedule
        Gives the rates.

    Returns
    -------
    SequenceUpdates
    """
    order = rng.permutation(len(spans))
    return SequenceUpdates(spans[order], labels[order], schedule.rates(len(order)))
