"""How early is the decision right? Accuracy over the seen part of a sequence, by voting and by the LSTM."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from seqdl.base.drawing import BLUE, GREY, VERMILLION, light_grid, sheet
from seqdl.datasets.base import Dataset
from seqdl.errors import SeqdlError
from seqdl.model.decision import accumulate, vote
from seqdl.model.recogniser import Decision
from seqdl.reports.trained import Trained
from seqdl.runs import ledger
from seqdl.runs.result import Score

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SHARES = tuple(range(5, 101, 5))
"""Seen parts of a sequence, in percent of its steps."""
WAYS: dict[str, tuple[str, dict[str, Any]]] = {
    "voting": (
        "3D-ConvNet + voting",
        {"color": VERMILLION, "linestyle": "--", "marker": "s", "markersize": 7, "markerfacecolor": "white"},
    ),
    "lstm": ("3D-ConvNet + LSTM", {"color": BLUE, "linestyle": "-", "marker": "o", "markersize": 4}),
}


@dataclass(frozen=True)
class Early:
    """How early the decisions of a run are right.

    Parameters
    ----------
    shares : tuple of int
        Seen parts of a sequence, in percent of its steps.
    voting, lstm : tuple of int
        How many sequences are decided rightly at each share.
    count, steps : int
        Sequences, and the steps of all of them.
    untaught : bool
        Whether nothing taught the ConvNet to decide by itself, so that voting means nothing.
    """

    shares: tuple[int, ...]
    voting: tuple[int, ...]
    lstm: tuple[int, ...]
    count: int
    steps: int
    untaught: bool


def decide_early(decision: Decision, kind: str) -> np.ndarray:
    """The classes (ways, shares) by voting and by the LSTM, where only a share of the steps is seen, at least one.

    The kind is ``accumulate`` or ``last``: how the LSTM's outputs become a decision.
    """
    windows, steps = decision.windows, len(decision.steps)
    seen = [max(1, -(-share * steps // 100)) for share in SHARES]
    voting = [vote(windows[:n])[0] for n in seen]
    return np.array([voting, [accumulate(decision.steps[:n], kind)[0] for n in seen]])


def measure(trained: Trained, dataset: Dataset, workers: int = 1) -> Early:
    """Accuracy of a run's decisions over the seen part of its test sequences; noted in its ledger.

    The ``dataset`` of the run ``trained`` is from :func:`seqdl.reports.trained.tested`; ``workers`` processes prepare
    video. A SeqdlError names a sequence that cannot be used.
    """
    recogniser, config = trained.recogniser, trained.recogniser.config
    if recogniser.several:
        raise SeqdlError(f"{trained.run}: its videos may show several classes, so that no accuracy over time is drawn")
    store = recogniser.describer.prepare(config, dataset, workers)
    for name, reason in store.skipped.items():
        raise SeqdlError(f"the test sequence {name} cannot be read: {reason}")
    right, steps = np.zeros((len(WAYS), len(SHARES)), int), 0
    for sequence in dataset.sequences:
        decision = recogniser.decide(recogniser.describer.describe(store, sequence.name))
        decided = decide_early(decision, config.lstm.decision)
        right += decided == recogniser.classes.index(sequence.label)
        steps += len(decision.steps)
    count = len(dataset.sequences)
    scores = {way: Score(float(line[-1]) / count, int(line[-1]), count) for way, line in zip(WAYS, right)}
    ledger.note(trained.run.path, config, "inner" if config.data.inner else "test", dataset.persons, scores)
    voting, lstm = map(tuple, right.tolist())
    return Early(SHARES, voting, lstm, count, steps, "voting" not in trained.run.result.shown)


def early(runs: Sequence[Early], classes: int) -> Figure:
    """Accuracy over the seen part of the test sequences, by both ways, of the decisions of all runs together.

    Of several runs a band reaches from the lowest to the highest.
    """
    figure = sheet(6.6, 4.2, "Accuracy over the seen part of a sequence")
    axes = figure.subplots()
    count, steps = sum(run.count for run in runs), sum(run.steps for run in runs)
    lowest = 100.0
    for way, (name, line) in WAYS.items():
        if way == "voting" and any(run.untaught for run in runs):
            continue
        accuracies = 100 * np.array([np.array(getattr(run, way)) / run.count for run in runs])
        pooled = 100 * np.sum([getattr(run, way) for run in runs], axis=0) / count
        low, high = accuracies.min(axis=0), accuracies.max(axis=0)
        axes.fill_between(SHARES, low, high, color=line["color"], alpha=0.13, linewidth=0)
        axes.plot(SHARES, pooled, label=name, linewidth=1.5, **line)
        lowest = min(lowest, float(low.min()))
    axes.set(xlim=(0, 102), ylim=(max(0, 10 * ((lowest - 5) // 10)), 101), ylabel="sequences decided rightly [%]")
    axes.axhline(100 / classes, color=GREY, linestyle=":", linewidth=1)
    axes.set_xlabel("seen part of the sequence [% of its steps]")
    among = f"{count} decisions of {len(runs)} runs" if len(runs) > 1 else f"{count} test sequences"
    about = f"{among}, {steps / count:.0f} steps on average; chance: {100 / classes:.1f} %"
    figure.legend(loc="outside lower center", ncols=2, title=about, title_fontsize=8, frameon=False)
    light_grid(axes)
    return figure
