"""The label of each step, and the stretches that a person reads."""

import bisect
import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

ABSENT = 0.5
"""Seconds for which somebody must be away to be missed."""
SHORTEST = 0.5
"""Seconds of a stretch, at least."""
TINY = 1e-9


@dataclass(frozen=True)
class Moment:
    """One step of a timeline.

    Parameters
    ----------
    seconds : float
        Of the window's middle, or of the interest point.
    label, probability
        By the LSTM at this step.
    """

    seconds: float
    label: str
    probability: float


@dataclass(frozen=True)
class Stretch:
    """Successive steps that are told as one.

    Parameters
    ----------
    first, last : float
        The seconds of its first and its last step.
    label, probability
        What is said of it, and the mean probability of those of its steps that say so.
    """

    first: float
    last: float
    label: str
    probability: float


def stretches(timeline: Sequence[Moment], gaps: bool) -> list[Stretch]:
    """A ``timeline`` in stretches of at least half a second, each with one label.

    Choice: of all ways to cut the timeline into such stretches, the one whose labels have the largest sum of the steps'
    probabilities; where there are several, that with the longer last stretch. A part of the timeline that lasts less
    than half a second as a whole is one stretch. Where ``gaps`` are told, a gap of half a second in the steps, in which
    nobody is seen, ends a stretch; where nobody is looked for, steps are at no regular times.
    """
    times = [moment.seconds for moment in timeline]
    usual = min((after - before for before, after in itertools.pairwise(times)), default=0.0)
    cuts = [
        k
        for k, (before, after) in enumerate(itertools.pairwise(times), 1)
        if gaps and after - before >= max(1.5 * usual, ABSENT)
    ]
    found: list[Stretch] = []
    for first, last in itertools.pairwise([0, *cuts, len(times)]):
        found += _smoothed(timeline[first:last], usual)
    return found


def _smoothed(part: Sequence[Moment], usual: float) -> list[Stretch]:
    """The stretches of a ``part`` of the timeline without a gap, whose last step lasts as ``usual``."""
    if not part:
        return []
    labels = sorted({moment.label for moment in part})
    if len(labels) == 1:
        return [_stretch(part, labels[0])]
    sums = np.zeros((len(part) + 1, len(labels)))
    for k, moment in enumerate(part):
        sums[k + 1] = sums[k]
        sums[k + 1, labels.index(moment.label)] += moment.probability
    told: list[tuple[int, int, int]] = []
    for first, last in _cut([*(moment.seconds for moment in part), part[-1].seconds + usual], sums):
        label = int((sums[last] - sums[first]).argmax())
        if told and told[-1][2] == label:
            first = told.pop()[0]
        told.append((first, last, label))
    return [_stretch(part[first:last], labels[label]) for first, last, label in told]


def _cut(times: list[float], sums: np.ndarray) -> list[tuple[int, int]]:
    """The steps from and to which the best stretches go, where step k begins at ``times[k]`` and the last time ends it.

    ``sums`` are those of each label's probabilities up to each step. Of longer stretches only those are looked at that
    cannot be cut into two.
    """
    best, before = np.full(len(times), -np.inf), [0] * len(times)
    best[0] = 0.0
    for k in range(1, len(times)):
        latest = bisect.bisect_right(times, times[k] - SHORTEST + TINY, 0, k) - 1
        if latest < 0:
            continue
        earliest = bisect.bisect_right(times, times[latest] - SHORTEST + TINY, 0, latest)
        values = best[earliest : latest + 1] + (sums[k] - sums[earliest : latest + 1]).max(axis=1)
        chosen = int(values.argmax())
        best[k], before[k] = values[chosen], earliest + chosen
    end, spans = len(times) - 1, []
    if not np.isfinite(best[end]):
        return [(0, end)]
    while end:
        spans.append((before[end], end))
        end = before[end]
    return spans[::-1]


def _stretch(steps: Sequence[Moment], label: str) -> Stretch:
    said = [moment.probability for moment in steps if moment.label == label]
    return Stretch(steps[0].seconds, steps[-1].seconds, label, round(sum(said) / len(said), 3))
