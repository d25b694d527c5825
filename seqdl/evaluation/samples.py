"""A few sequences of each class looked at more closely: is the person found?"""

import contextlib
import functools
import itertools
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from seqdl.base.pool import in_groups, or_reasons
from seqdl.config import GIVEN, Config
from seqdl.datasets.base import Dataset, Sequence
from seqdl.models import MODELS
from seqdl.stores.footage import at_rate, boxed, opened
from seqdl.video.downsample import downsample
from seqdl.video.prepare import find

EACH, MOST = 3, 60
"""Sequences of a class, and of all of them, of which there are fewer of each where there are many classes."""
FRAMES = 200
"""So many frames in the middle of a sequence are looked at."""
LEAST = 240
"""About so many rows or columns the pictures keep, where they have them."""


@dataclass(frozen=True)
class Sample:
    """The middle of a sequence.

    Parameters
    ----------
    name, label, person : str
        The sequence's.
    picture : array of uint8, (height, width)
        Its middle frame, perhaps scaled down.
    box : tuple of float
        The person's box in the picture: left, top, right, bottom.
    seen, share : bool, float
        Whether anybody is seen there, and in what share of the frames around.
    seconds : float
        What decoding and looking for the person took for each frame.
    """

    name: str
    label: str
    person: str
    picture: np.ndarray
    box: tuple[float, ...]
    seen: bool
    share: float
    seconds: float


def samples(dataset: Dataset, lengths: Mapping[str, int], config: Config, workers: int = 1) -> list[Sample]:
    """Sequences of each class of a ``dataset``, of several persons where there are, in the order of the classes.

    They are chosen from those whose ``lengths`` are given, in frames at the rate of the ``config``, and looked at by so
    many ``workers``. One that cannot be looked at after all is left out.
    """
    dataset = at_rate(dataset, config.video.rate)
    chosen = _chosen((s for s in dataset.sequences if s.name in lengths), dataset.classes)
    work = functools.partial(_look_at_all, lengths=lengths, render=dataset.render, boxes=dataset.boxes, config=config)
    with in_groups(work, [[sequence] for sequence in chosen], workers, "look") as looked:
        return [made for _, made in looked if isinstance(made, Sample)]


def _chosen(sequences: Iterable[Sequence], classes: tuple[str, ...]) -> list[Sequence]:
    """Of each class the first sequences of different persons, then further ones of the same."""
    by_class: dict[str, list[tuple[int, Sequence]]] = {label: [] for label in classes[:MOST]}
    before: Counter[tuple[str, str]] = Counter()
    for sequence in sequences:
        if sequence.label in by_class:
            by_class[sequence.label].append((before[sequence.label, sequence.person], sequence))
            before[sequence.label, sequence.person] += 1
    each = max(1, min(EACH, MOST // len(classes)))
    found = (sorted(turns, key=lambda turn: turn[0])[:each] for turns in by_class.values())
    return [sequence for turns in found for _, sequence in turns]


def _look_at_all(
    sequences: list[Sequence], lengths: Mapping[str, int], render: Any, boxes: Any, config: Config
) -> list[Sample | str]:
    work = functools.partial(_look_at, lengths=lengths, render=render, boxes=boxes, config=config)
    return or_reasons(work, sequences, lambda sequence: sequence.name)


def _look_at(sequence: Sequence, lengths: Mapping[str, int], render: Any, boxes: Any, config: Config) -> Sample:
    length = lengths[sequence.name]
    count = min(length, FRAMES)
    first, middle = sequence.first + (length - count) // 2, count // 2
    rule = config.video.box if "convnet" in MODELS[config.model].sections else "whole"
    with contextlib.ExitStack() as stack:
        if sequence.file is None:
            frames = render(replace(sequence, first=first, last=first + count - 1))
        else:
            reader = stack.enter_context(opened(sequence.file, config))
            frames = itertools.islice(reader, first, first + count)
        began = [next(frames)]
        start = time.perf_counter()
        kept: list[np.ndarray] = []
        looked: Iterable[np.ndarray] = _keeping(itertools.chain(began, frames), middle, kept)
        if rule == GIVEN and boxes:
            looked = boxed(looked, boxes(sequence), reader.rate, config, first)
        clip = find(looked, rule, config, sequence.name)
        seconds = (time.perf_counter() - start) / max(count - 1, 1)
    [picture], found = kept, clip.boxes
    smaller = max(1, min(picture.shape) // LEAST)
    scale = clip.factor / smaller
    left, top = float(found.left[middle]), float(found.top[middle])
    corners = left, top, left + float(found.width[middle]), top + float(found.height[middle])
    return Sample(
        sequence.name,
        sequence.label,
        sequence.person,
        downsample(picture, smaller),
        tuple(scale * corner for corner in corners),
        bool(clip.seen[middle]),
        round(float(clip.seen.mean()), 3),
        seconds,
    )


def _keeping(frames: Iterable[np.ndarray], wanted: int, kept: list[np.ndarray]) -> Iterator[np.ndarray]:
    """The same frames, of which the one that is ``wanted`` is kept."""
    for number, frame in enumerate(frames):
        if number == wanted:
            kept.append(frame)
        yield frame
        del frame  # before the next one is made: they may be large
