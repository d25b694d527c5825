"""Several runs decide together: what each says of the same sequences, averaged.

Each way gives every class of a sequence a number, all together 1: voting the share of the windows, the LSTM its mean
output. These are averaged over runs, such as those of several seeds, and where voting and LSTM are added up also over
the two. The class with most is the decision; a tie goes to the first.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from seqdl.errors import SeqdlError, UsageError
from seqdl.runs.precision import precisions
from seqdl.runs.result import Evaluation, Score

BOTH = "both"
"""Voting and LSTM added up."""


@dataclass(frozen=True)
class Together:
    """How well runs do together.

    Parameters
    ----------
    runs : int
        How many they are.
    scores : dict of str to Score
        By way: ``voting``, ``lstm``, and ``both`` where there are both.
    persons : dict of str to dict of str to (int, int)
        By way and person, how many sequences there are and how many are decided rightly.
    """

    runs: int
    scores: dict[str, Score]
    persons: dict[str, dict[str, tuple[int, int]]]


def together(evaluations: Sequence[Evaluation], classes: Sequence[str]) -> Together:
    """The decisions of several runs on the same sequences, averaged; of a single one, voting and LSTM added up.

    Parameters
    ----------
    evaluations : sequence of Evaluation
        Of each run, such as its result.
    classes : sequence of str
        The actions in the order of the outputs, the same for all.

    Raises
    ------
    SeqdlError
        Where records are older than the numbers of all classes; a UsageError where they are not on the same sequences.
    """
    if not evaluations:
        raise UsageError("evaluations: is empty, there is no run")
    first = evaluations[0]
    names = [sequence.name for sequence in first.sequences]
    ways = [way for way in first.deciding if all(way in one.scores for one in evaluations)]
    said: dict[str, np.ndarray] = dict.fromkeys(ways, np.zeros((len(names), len(classes))))
    for one in evaluations:
        found = {sequence.name: sequence for sequence in one.sequences}
        if set(found) != set(names):
            raise UsageError("evaluations: they are not of the same sequences: name runs of one draw")
        for way in ways:
            rows = [found[name].shares.get(way, ()) for name in names]
            if any(len(row) != len(classes) for row in rows):
                raise SeqdlError(
                    f"evaluations: one lacks what {way} says of all {len(classes)} classes: evaluate again"
                )
            said[way] = said[way] + np.reshape(rows, (-1, len(classes))) / len(evaluations)
    if len(ways) > 1:
        said[BOTH] = np.mean(list(said.values()), axis=0)
    shown = np.array([[name in sequence.labels for name in classes] for sequence in first.sequences])
    first_shown = np.array([classes.index(sequence.label) for sequence in first.sequences], np.int64)
    scores, persons = {}, {}
    for way, numbers in said.items():
        decided, confusion = numbers.argmax(axis=1), np.zeros((len(classes), len(classes)), np.int64)
        truth = np.where(shown[np.arange(len(decided)), decided], decided, first_shown)
        np.add.at(confusion, (truth, decided), 1)
        scores[way] = Score.of(confusion)
        if first.several:
            scores[way] = replace(scores[way], precision=precisions(shown, numbers))
        counted: dict[str, tuple[int, int]] = {}
        for sequence, right in zip(first.sequences, decided == truth):
            count, correct = counted.get(sequence.person, (0, 0))
            counted[sequence.person] = count + 1, correct + int(right)
        persons[way] = counted
    return Together(len(evaluations), scores, persons)
