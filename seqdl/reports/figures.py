"""Pictures of what a run wrote down: how it learned, what it took for what, its decisions over time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from seqdl.base.arrays import check_kind, check_several
from seqdl.base.doors import Kind, door
from seqdl.base.drawing import BLUE, GREY, VERMILLION, label, light_grid, sheet
from seqdl.models import MODELS
from seqdl.reports.tables import names as titles
from seqdl.reports.tables import percent, stage_title
from seqdl.runs.result import Decided, Epoch, Evaluation, Result, pooled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SHOWN = 6


@door(result=Kind((Result,)))
def learning_curves(result: Result, logs: Sequence[Sequence[Epoch]]) -> Figure:
    """Loss, training accuracy and learning rate over the epochs of all stages.

    Of the logs of several runs each is a thin line, and a thick one is the mean of those that still train.
    """
    from matplotlib.ticker import LogLocator, MaxNLocator, NullLocator

    check_several(logs, "logs", list, tuple)
    for epoch in (epoch for log in logs for epoch in log):
        check_kind(epoch, "logs", Epoch)
    runs = f", mean of {len(logs)} runs" if len(logs) > 1 else ""
    trained = {epoch.stage for log in logs for epoch in log}
    stages = [stage for stage in result.stages if stage in trained] or list(result.stages)
    figure = sheet(4.4 + 2 * len(stages), 6.2, f"Learning: what each network does on its training data{runs}")
    grid = figure.subplots(3, len(stages), sharex="col", squeeze=False)
    chance = 100 / max(1, len(result.dataset.classes))
    for column, stage in enumerate(stages):
        epochs = [[epoch for epoch in one if epoch.stage == stage] for one in logs]
        loss, accuracy, rate = grid[:, column]
        learned = {"lstm": "sequences", "single-step": "crops"}.get(stage, "windows")
        loss.set_title(f"{stage_title(result.model, stage)} ({learned})")
        _over_epochs(loss, [[epoch.loss for epoch in one] for one in epochs])
        _over_epochs(accuracy, [[100 * epoch.accuracy for epoch in one] for one in epochs])
        accuracy.axhline(chance, color=GREY, linestyle="--", linewidth=1)
        accuracy.text(0.99, chance + 2, "chance", color="#5A5A5A", ha="right", transform=accuracy.get_yaxis_transform())
        _over_epochs(rate, [[epoch.learning_rate for epoch in one] for one in epochs])
        rate.set_yscale("log")
        rate.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        rate.yaxis.set_major_formatter("{x:g}")
        rate.yaxis.set_minor_locator(NullLocator())
        loss.set_ylim(bottom=0)
        accuracy.set_ylim(0, 102)
        rate.set_xlabel("epoch")
        rate.xaxis.set_major_locator(MaxNLocator(integer=True))
    for axes, name in zip(grid[:, 0], ("mean loss", "accuracy [%]", "learning rate"), strict=True):
        axes.set_ylabel(name)
    return figure


def _over_epochs(axes: Axes, runs: Sequence[Sequence[float]]) -> None:
    """The runs' values; of several runs also the mean, at each epoch of those that got so far."""
    longest = max(map(len, runs))
    mean = [float(np.mean([run[n] for run in runs if n < len(run)])) for n in range(longest)]
    axes.plot(range(1, longest + 1), mean, color=BLUE, marker="o", markersize=3.5, linewidth=1.4)
    for run in runs if len(runs) > 1 else ():
        axes.plot(range(1, len(run) + 1), run, color=GREY, linewidth=0.6, zorder=1)
    light_grid(axes)


def confusions(results: Sequence[Result]) -> Figure:
    """The confusion matrices of the ways that decide sequences, side by side; those of several runs added up.

    Each cell shows a count; its shade is the share of its row.
    """
    check_several(results, "results", Result)
    return matrices(results[0].model, results[0].dataset.classes, results)


def matrices(model: str, classes: Sequence[str], evaluations: Sequence[Evaluation]) -> Figure:
    """The same of ``evaluations`` with a ``model`` that knows some ``classes``."""
    first, runs = evaluations[0], len(evaluations)
    classes = [label(name) for name in classes]
    side = min(5.0, 2.2 + 0.3 * len(classes))
    what = f"Test sequences of {runs} runs" if runs > 1 else "Test sequences"
    names = {way: name for way, name in titles(model).items() if way in first.deciding}
    between = " " if len(names) > 1 else "\n"
    figure = sheet(len(names) * side + 1.4, side + 0.8, f"{what}: the truth (rows){between}and the decision (columns)")
    panels = figure.subplots(1, len(names), squeeze=False)[0]
    for axes, (key, name) in zip(panels, names.items(), strict=True):
        score = pooled(evaluations, key)
        counts = np.array(score.confusion, dtype=float).reshape(len(classes), len(classes))
        shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
        axes.imshow(shares, cmap="Blues", vmin=0, vmax=1.15)
        correct = f"{score.correct} of {score.count}"
        axes.set_title(f"{name}: {percent(score.accuracy)} ({correct})", fontsize=10)
        axes.set_xticks(range(len(classes)), classes, rotation=45, ha="right", rotation_mode="anchor")
        axes.set_yticks(range(len(classes)), classes)
        axes.set_xlabel("decision")
        axes.tick_params(length=0)
        _grid_lines(axes, len(classes))
        for (row, column), count in np.ndenumerate(counts):
            if count:
                colour = "white" if shares[row, column] > 0.65 else "black"
                size = min(10.0, 110 / len(classes))
                axes.text(column, row, f"{count:.0f}", ha="center", va="center", color=colour, fontsize=size)
    panels[0].set_ylabel("truth")
    for axes in panels[1:]:
        axes.set_yticklabels([])
    return figure


@door(result=Kind((Result,)))
def decisions(result: Result) -> Figure:
    """What the LSTM says at each step of a few test sequences, the wrongly decided ones among them.

    A panel a sequence and a line a class: the step's class is marked, the darker the surer; where it is not the truth
    the mark is half as high and of another colour.
    """
    return timelines(result.model, result.dataset.classes, result.sequences)


def timelines(model: str, classes: Sequence[str], sequences: Sequence[Decided]) -> Figure:
    """The same of ``sequences`` that a ``model`` decided, which knows some ``classes``."""
    chosen = choose(sequences)
    rows = max(1, (len(chosen) + 1) // 2)
    height = min(3.2, 0.8 + 0.17 * len(classes))
    figure = sheet(9.0, rows * height + 0.8, "What the LSTM says at each step")
    key = "tall and blue: the true class; short and orange: another one; darker: surer"
    figure.supxlabel(key, fontsize=8)
    panels = figure.subplots(rows, 2, squeeze=False).ravel()
    for axes in panels[len(chosen) :]:
        axes.set_axis_off()
    for number, (axes, sequence) in enumerate(zip(panels, chosen)):
        _timeline(axes, sequence, classes)
        axes.tick_params(labelsize=min(8.0, 110 * height / (3.2 * len(classes))), axis="y", labelleft=number % 2 == 0)
        axes.tick_params(labelsize=8, axis="x")
        if number >= len(chosen) - 2:
            axes.set_xlabel(f"step ({MODELS[model].step} each)", fontsize=9)
    return figure


def choose(sequences: Sequence[Decided]) -> list[Decided]:
    """Up to six test sequences worth a look, in their own order.

    Half the places at most go to sequences that the LSTM decides wrongly, one to what voting alone decides wrongly,
    the rest to rightly decided ones of as many actions as possible; places left over are filled with wrong ones.
    """
    wrong = [s for s in sequences if not s.right()]
    mended = [s for s in sequences if s.right() and not all(s.right(way) for way in s.decisions)]
    chosen = [*wrong[: SHOWN // 2], *mended[:1]]
    seen = {sequence.label for sequence in chosen}
    right = {s.label: s for s in reversed(sequences) if s.right()}
    unseen = sorted(right.values(), key=lambda s: (s.label in seen, s.name))
    taken = {sequence.name: sequence for sequence in (*chosen, *unseen, *wrong, *sequences)}
    names = list(taken)[:SHOWN]
    return [sequence for sequence in sequences if sequence.name in names]


def _timeline(axes: Axes, sequence: Decided, classes: Sequence[str]) -> None:
    from matplotlib.colors import to_rgb

    truth = [classes.index(name) for name in sequence.labels]
    marks = sequence.marks(classes)
    decided = np.array([classes.index(name) for step in marks for name, _ in step], dtype=int)
    sure = np.clip([probability for step in marks for _, probability in step], 0, 1)[:, None]
    right = np.isin(decided, truth)
    full = np.where(right[:, None], to_rgb(BLUE), to_rgb(VERMILLION))
    width = sequence.steps / max(1, len(marks))
    tall = np.where(right, 0.8, 0.4)
    shade = 1 - (0.25 + 0.75 * sure) * (1 - full)
    left = np.array([n for n, step in enumerate(marks) for _ in step], float) * width
    axes.bar(left, tall, width, decided - tall / 2, align="edge", color=shade, edgecolor=shade, linewidth=0.3)
    for row in truth:
        axes.axhspan(row - 0.5, row + 0.5, color="#ECECEC", zorder=0)
    axes.set_xlim(0, max(1, sequence.steps))
    axes.set_ylim(len(classes) - 0.5, -0.5)
    axes.set_yticks(range(len(classes)), [label(name) for name in classes])
    for row in truth:
        axes.get_yticklabels()[row].set_fontweight("bold")
    first = f"{label(sequence.name, 40)}, truth: {', '.join(map(label, sequence.labels))}"
    said, verdict = label(sequence.decisions["lstm"]), "right" if sequence.right() else "WRONG"
    second = f"LSTM: {said} ({percent(sequence.probability)}), {verdict}"
    third = "".join(f"; {way}: {label(said)}" for way, said in sequence.decisions.items() if way != "lstm")
    axes.set_title(f"{first}\n{second}{third}", fontsize=8, loc="left")


def _grid_lines(axes: Axes, count: int) -> None:
    axes.set_xticks(np.arange(count - 1) + 0.5, minor=True)
    axes.set_yticks(np.arange(count - 1) + 0.5, minor=True)
    axes.grid(which="minor", color="#D0D0D0", linewidth=0.6)
    axes.tick_params(which="minor", length=0)
