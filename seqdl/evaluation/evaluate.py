"""How well a trained system does on persons it has never seen: by voting, and by the LSTM (Section 4.3)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from tqdm import tqdm

from seqdl.datasets.base import Sequence
from seqdl.model.recogniser import Decision, Recogniser
from seqdl.store import Prepared
from seqdl.training.samples import window_starts

TIMELINE = 200
"""A sequence's timeline is thinned out to at most so many steps."""


def evaluate(recogniser: Recogniser, prepared: Prepared, sequences: Iterable[Sequence]) -> dict[str, Any]:
    """Decide sequences and count what is right.

    Parameters
    ----------
    recogniser : Recogniser
        The trained system.
    prepared : Prepared
        The store.
    sequences : iterable of Sequence
        The test sequences.

    Returns
    -------
    dict
        ``windows`` (single decisions of the ConvNet), ``voting`` and ``lstm``, each with ``accuracy`` in 0..1,
        ``correct`` and ``count`` (the last two also with ``confusion``: rows are the truth, columns the decision), and
        ``sequences``, one entry each.
    """
    config, classes = recogniser.config, recogniser.classes
    tables = np.zeros((3, len(classes), len(classes)), np.int64)
    entries = []
    for sequence in tqdm(list(sequences), desc="evaluate", unit="seq", disable=None, leave=False):
        starts = window_starts(
            prepared, sequence.name, config.convnet.frames, config.lstm.window_step, config.video.empty
        )
        decision = recogniser.decide(prepared.frames, starts)
        truth = classes.index(sequence.label)
        tables[0, truth] += np.bincount(decision.windows.argmax(axis=1), minlength=len(classes))
        tables[1, truth, decision.voting] += 1
        tables[2, truth, decision.lstm] += 1
        entries.append(
            {"name": sequence.name, "person": sequence.person, "label": sequence.label} | describe(recogniser, decision)
        )
    windows, voting, lstm = map(score, tables)
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
        ``steps``, the classes by ``voting`` and ``lstm``, the latter's ``probability``, and the LSTM's ``timeline`` as
        (class, probability) pairs.
    """
    steps = recogniser.probabilities(decision.steps)
    shown = steps[:: -(-len(steps) // TIMELINE)]
    accumulated = recogniser.probabilities(decision.accumulated)
    return {
        "steps": len(steps),
        "voting": recogniser.classes[decision.voting],
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
