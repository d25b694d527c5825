"""How well a trained system does on persons it has never seen: by voting, and by the LSTM (Section 4.3)."""

from collections.abc import Iterable

import numpy as np
from tqdm import tqdm

from seqdl.datasets.base import Sequence
from seqdl.model.recogniser import Decision, Recogniser
from seqdl.runs.result import Decided, Evaluation, Score
from seqdl.stores.base import Store

TIMELINE = 200
"""A sequence's timeline is thinned out to at most so many steps."""


def evaluate(recogniser: Recogniser, store: Store, sequences: Iterable[Sequence]) -> Evaluation:
    """Decide ``sequences`` of a ``store`` of the describer of a ``recogniser``, and count what is right."""
    classes = recogniser.classes
    counts = {way: np.zeros((len(classes), len(classes)), np.int64) for way in recogniser.ways}
    decided = []
    for sequence in tqdm(list(sequences), desc="evaluate", unit="seq", disable=None, leave=False):
        decision = recogniser.decide(recogniser.describer.describe(store, sequence.name))
        truth = classes.index(sequence.label)
        for way, label in decision.ways.items():
            counts[way][truth, label] += 1
        if "windows" in counts:
            counts["windows"][truth] += np.bincount(decision.windows.argmax(axis=1), minlength=len(classes))
        decided.append(_plain(recogniser, decision, sequence))
    scores = {way: Score.of(table) for way, table in counts.items()}
    if "windows" in scores:
        scores["windows"] = Score(scores["windows"].accuracy, scores["windows"].correct, scores["windows"].count)
    return Evaluation(scores, tuple(decided))


def _plain(recogniser: Recogniser, decision: Decision, sequence: Sequence) -> Decided:
    """One decision on a sequence in plain values."""
    classes = recogniser.classes
    steps = recogniser.probabilities(decision.steps)
    shown = steps[:: -(-len(steps) // TIMELINE) or 1]
    accumulated = recogniser.probabilities(decision.accumulated)
    shares = {way: {"voting": decision.votes, "lstm": accumulated}[way] for way in decision.ways}
    return Decided(
        name=sequence.name,
        person=sequence.person,
        label=sequence.label,
        steps=len(steps),
        decisions={way: classes[label] for way, label in decision.ways.items()},
        probability=round(float(accumulated[decision.lstm]), 4),
        timeline=tuple((classes[int(step.argmax())], round(float(step.max()), 3)) for step in shown),
        shares={way: tuple(round(float(value), 5) for value in values) for way, values in shares.items()},
    )
