"""A sequence's grey frames at the rate that a network sees, from its file or from what renders it."""

import dataclasses
import functools
import itertools
import math
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np

from seqdl.config import Config
from seqdl.datasets.base import Dataset, Sequence
from seqdl.video.arrays import Frames
from seqdl.video.clock import USUAL_RATE, Clock, Resampler
from seqdl.video.given import Boxed, Given
from seqdl.video.reader import Reader

Render = Callable[[Sequence], Iterator[np.ndarray]]
TINY = 1e-9


def rate_of(config: Config) -> float | str:
    """Frames a second that a configuration asks for; the usual rate where it leaves that to a dataset."""
    return USUAL_RATE if config.video.rate == "auto" else config.video.rate


def opened(file: str | Path, config: Config) -> Reader:
    """A video opened with the settings of a configuration."""
    return Reader(file, config.video.grey, rate_of(config))


def taken(frames: Iterable[np.ndarray], rate: float | None, config: Config) -> Frames:
    """Frames that Python has, ``rate`` a second, with the settings of a configuration."""
    return Frames(frames, rate, rate_of(config))


def at_rate(dataset: Dataset, rate: float | str) -> Dataset:
    """A dataset whose frames are counted at another ``rate``, first and last ones, and rendered at it.

    Where each file's own is meant, ``stored``, they are counted as they are stored, as those of folders of pictures
    always are, which say no rate and are taken to have the one that is wanted.
    """
    if isinstance(rate, str) or rate == dataset.rate:
        return dataset
    scale = rate / dataset.rate
    render = dataset.render and functools.partial(_rendered, render=dataset.render, own=dataset.rate, rate=rate)
    sequences = tuple(
        dataclasses.replace(
            sequence,
            first=_counted(sequence.first, scale),
            last=None if sequence.last is None else _counted(sequence.last + 1, scale) - 1,
        )
        if (sequence.first, sequence.last) != (0, None) and not (sequence.file and sequence.file.is_dir())
        else sequence
        for sequence in dataset.sequences
    )
    return dataclasses.replace(dataset, sequences=sequences, render=render, rate=rate)


def _counted(frame: int, scale: float) -> int:
    return math.ceil(frame * scale - TINY)


def boxed(frames: Iterable[np.ndarray], given: Given, rate: float, config: Config, first: int = 0) -> Boxed:
    """The ``frames`` of a file from the ``first`` one on, as a network sees them, with the boxes ``given`` of the file.

    These are counted as the file has its own frames, so many a second as ``rate`` says.
    """
    wanted = rate_of(config)
    scale = 1.0 if isinstance(wanted, str) else wanted / rate
    return Boxed(frames, given._replace(frames=given.frames * scale - first))


def _rendered(sequence: Sequence, render: Render, own: float, rate: float) -> Iterator[np.ndarray]:
    """A sequence rendered at another rate than its ``own``."""
    whole = render(dataclasses.replace(sequence, first=0, last=None))
    clock = Clock(own)
    timed = ((frame, clock(k / own)) for k, frame in enumerate(whole))
    frames = (frame for frame, _ in Resampler(rate)(timed, clock))
    yield from itertools.islice(frames, sequence.first, None if sequence.last is None else sequence.last + 1)
