"""How well a trained system does on persons it has never seen: by voting, and by the LSTM (Section 4.3)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from tqdm import tqdm

from seqdl.datasets.base import Sequence
from seqdl.model.recogniser import Decision, Recogniser
from seqdl.stores.frames import Prepared
from seqdl.stores.points import Points
from seqdl.training import samples

TIMELINE = 200
"""A sequence's timeline is thinned out to at most so many steps."""


def evaluate(recogniser: Recogniser, prepared: Prepared | Points, sequences: Iterable[Sequence]) -> dict[str, Any]:
    """Decide sequences and count what is right.

    Parameters
    ----------
    recogniser : Recogniser
        The trained system.
    prepared : Prepared or Points
        The store of its model.
    sequences : iterable of Sequence
        The test sequences.

    Returns
    -------
    dict
        ``windows`` (single decisions of the ConvNet), ``voting`` and ``lstm``, each with ``accuracy`` in 0..1,
        ``correct`` and ``count`` (the last two also with ``confusion``: rows are the truth, columns the decision), and
        ``sequences``, one entry each. Without a ConvNet the first two are None, and ``without_points`` counts the
        sequences that were decided by the prior.
    """
    classes = recogniser.classes
    tables = np.zeros((3, len(classes), len(classes)), np.int64)
    entries = []
    for sequence in tqdm(list(sequences), desc="evaluate", unit="seq", disable=None, leave=False):
        decision = recogniser.conclude(*samples.steps(recogniser, prepared, sequence.name))
        truth = classes.index(sequence.label)
        if decision.windows is not None:
            tables[0, truth] += np.bincount(decision.windows.argmax(axis=1), minlength=len(classes))
            tables[1, truth, decision.voting] += 1
        tables[2, truth, decision.lstm] += 1
        entries.append(
            {"name": sequence.name, "person": sequence.person, "label": sequence.label} | describe(recogniser, decision)
        )
    windows, voting, lstm = map(score, tables)
    if recogniser.convnet is None:
        empty = sum(not entry["steps"] for entry in entries)
        return {"windows": None, "voting": None, "lstm": lstm, "without_points": empty, "sequences": entries}
    del windows["confusion"]
    return {"windows": windows, "voting": voting, "lstm": lstm, "sequences": entries}


def describe(recogniser: Recogniser, decision: Decision) -> dict[str, Any]:
    """One decision in plain values.

    Parameters
    ----------
    recogniser : Recogniser
        Who decided.
    decision : Decision
        What was decided.

    Returns
    -------
    dict
        ``steps``, the classes by ``voting`` (None without a ConvNet) and ``lstm``, the latter's ``probability``, and
        the LSTM's ``timeline`` as (class, probability) pairs.
    """
    steps = recogniser.probabilities(decision.steps)
    shown = steps[:: -(-len(steps) // TIMELINE) or 1]
    accumulated = recogniser.probabilities(decision.accumulated)
    return {
        "steps": len(steps),
        "voting": None if decision.voting is None else recogniser.classes[decision.voting],
        "lstm": recogniser.classes[decision.lstm],
        "probability": round(float(accumulated[decision.lstm]), 4),
        "timeline": [[recogniser.classes[int(step.argmax())], round(float(step.max()), 3)] for step in shown],
    }


def score(confusion: np.ndarray) -> dict[str, Any]:
    """Accuracy and counts of a confusion matrix.

    Parameters
    ----------
    confusion : array of int, (classes, classes)
        Rows are the truth, columns the decision.

    Returns
    -------
    dict
    """
    correct, count = int(np.trace(confusion)), int(confusion.sum())
    return {
        "accuracy": correct / count if count else 0.0,
        "correct": correct,
        "count": count,
        "confusion": confusion.tolist(),
    }
