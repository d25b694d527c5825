"""How well a trained system does on persons it has never seen: by voting, and by the LSTM (Section 4.3)."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from seqdl.base.progress import followed
from seqdl.datasets.base import Sequence
from seqdl.model.decision import HALF, named
from seqdl.model.describers.base import AS_IT_IS
from seqdl.model.recogniser import Decision, Recogniser
from seqdl.runs.precision import precisions
from seqdl.runs.result import Decided, Evaluation, Score
from seqdl.stores.base import Store

TIMELINE = 200
"""A sequence's timeline is thinned out to at most so many steps."""


def evaluate(recogniser: Recogniser, store: Store, sequences: Iterable[Sequence]) -> Evaluation:
    """Decide ``sequences`` of a ``store`` of the describer of a ``recogniser``, and count what is right."""
    classes = recogniser.classes
    counts = {way: np.zeros((len(classes), len(classes)), np.int64) for way in recogniser.ways}
    decided, shown = [], list[list[bool]]()
    said: dict[str, list[np.ndarray]] = defaultdict(list)
    versions = ((sequence, AS_IT_IS) for sequence in followed(list(sequences), "evaluate", "seq"))
    for sequence, steps in recogniser.describe_all(store, versions):
        decision = recogniser.decide(steps)
        truth = {classes.index(label) for label in sequence.labels}
        for way, label in decision.ways.items():
            counts[way][label if label in truth else classes.index(sequence.label), label] += 1
        if "windows" in counts:
            for label, many in enumerate(np.bincount(decision.windows.argmax(axis=1), minlength=len(classes))):
                counts["windows"][label if label in truth else classes.index(sequence.label), label] += many
        decided.append(_plain(recogniser, decision, sequence))
        if recogniser.several:
            shown.append([label in sequence.labels for label in classes])
            for way, values in _shares(recogniser, decision).items():
                said[way].append(values)
    scores = {way: Score.of(table) for way, table in counts.items()}
    for way, ranked in said.items():
        scores[way] = replace(scores[way], precision=precisions(np.array(shown), np.array(ranked)))
    if "windows" in scores:
        scores["windows"] = Score(scores["windows"].accuracy, scores["windows"].correct, scores["windows"].count)
    return Evaluation(scores, tuple(decided))


def _plain(recogniser: Recogniser, decision: Decision, sequence: Sequence) -> Decided:
    """One decision on a sequence in plain values."""
    classes = recogniser.classes
    steps = recogniser.probabilities(decision.steps)
    shown = steps[:: -(-len(steps) // TIMELINE) or 1]
    shares = _shares(recogniser, decision)
    return Decided(
        name=sequence.name,
        person=sequence.person,
        label=sequence.label,
        steps=len(steps),
        decisions={way: classes[label] for way, label in decision.ways.items()},
        probability=round(float(shares["lstm"][decision.lstm]), 4),
        timeline=tuple((classes[int(step.argmax())], round(float(step.max()), 3)) for step in shown),
        shares={way: tuple(round(float(value), 5) for value in values) for way, values in shares.items()},
        also=sequence.also,
        named={way: named(values, classes) for way, values in shares.items()} if recogniser.several else None,
        over_time=tuple(map(_reaching, shown)) if recogniser.several else (),
    )


def _reaching(step: np.ndarray) -> tuple[tuple[int, float], ...]:
    """The classes that reach one half at a ``step`` (classes,), and their probabilities."""
    return tuple((k, round(float(one), 3)) for k, one in enumerate(step) if one >= HALF)


def _shares(recogniser: Recogniser, decision: Decision) -> dict[str, np.ndarray]:
    """By way what speaks for each class, (classes,)."""
    said = {"voting": decision.votes, "lstm": recogniser.probabilities(decision.accumulated)}
    return {way: said[way] for way in decision.ways}
