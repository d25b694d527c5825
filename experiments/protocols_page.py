"""The table of protocols in docs/results.md, made of records alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from seqdl.reports import runs
from seqdl.reports.tables import Table, markdown, percent

DATASETS = {"weizmann": "Weizmann, ten actions", "ixmas": "IXMAS part"}
LEFT_OUT = {"weizmann": "weizmann-10-best", "ixmas": "ixmas-persons-best"}
"""The records of leaving one person out."""
DRAWS, MIXED, FEW = 30, 10, 5
WAYS = ("voting", "lstm")

TEXT = """\
## The protocol's own effect

The same model (preset `best`), the same clips, divided in other ways. *Effect* is the difference from the mean of all
{draws} random draws of persons, in points. The best and the worst {few} draws are chosen by the accuracy that they then
show, each way of deciding by its own, which is how a protocol with few draws can flatter or disappoint. In the *wrong
way* clips and not persons are drawn, with the same share for training, so that clips of one person are on both sides.
On the IXMAS part these are often the same performance, seen by another camera, which flatters the LSTM alone. Voting
confuses *sit-down* with *get-up* far more often than with unknown persons: whoever is known on the chair is as often
known from the opposite action, and single windows have no order. On Weizmann it flatters nobody: there a person shows
each action but once, so who is known is known from other actions, and the classes are drawn unevenly. In brackets:
standard deviation over splits, lowest and highest split, where there are several; a split counts with its mean over
seeds.
"""

Means = Mapping[int, Mapping[str, float]]


def section(folder: Path) -> str:
    """The tables of both datasets."""
    parts = []
    for dataset, title in DATASETS.items():
        found = {kind: load(folder / f"protocol-{dataset}-{kind}-best.json") for kind in ("draws", "fixed", "mixed")}
        left_out = load(folder / f"{LEFT_OUT[dataset]}.json")
        parts += [f"### {title}", markdown(table(found, left_out)) if any(found.values()) else "Not run yet."]
    return "\n\n".join([TEXT.format(draws=DRAWS, few=FEW).strip(), *parts])


def load(path: Path) -> list[dict[str, Any]]:
    """The runs of a record; none where it is missing."""
    return runs.collect([path])[0] if path.is_file() else []


def table(found: Mapping[str, Sequence[Mapping[str, Any]]], left_out: Sequence[Mapping[str, Any]]) -> Table:
    """A row for each way of dividing."""
    draws = splits(found["draws"])
    ordered = {way: sorted((one[way] for one in draws.values()), reverse=True) for way in WAYS}
    first = {way: [draws[number][way] for number in sorted(draws)[:FEW]] for way in WAYS}
    seeds = _seeds(found["draws"])
    ways = [
        (f"random draws of persons, all {len(draws) or DRAWS}", seeds, ordered),
        (f"the first {FEW} of them, as in the paper", seeds, first),
        (f"the best {FEW}", seeds, {way: values[:FEW] for way, values in ordered.items()}),
        (f"the worst {FEW}", seeds, {way: values[-FEW:] for way, values in ordered.items()}),
    ]
    for name, rows in (
        ("leave one person out", left_out),
        ("one fixed split", found["fixed"]),
        ("the wrong way: clips drawn, not persons", found["mixed"]),
    ):
        means = splits(rows)
        ways.append((name, _seeds(rows), {way: [one[way] for one in means.values()] for way in WAYS}))
    lines = [[name, str(len(values["lstm"])), seeds, *_cells(values, ordered)] for name, seeds, values in ways]
    return Table(["protocol", "splits", "seeds", "voting", "effect", "LSTM", "effect"], lines)


def _seeds(rows: Sequence[Mapping[str, Any]]) -> str:
    return str(len({row["seed"] for row in rows}))


def splits(rows: Sequence[Mapping[str, Any]]) -> Means:
    """The mean accuracy of each split over its seeds."""
    gathered: dict[int, list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows:
        gathered[row["draw"]].append(row)
    return {
        number: {way: float(np.mean([row[way]["accuracy"] for row in same])) for way in WAYS}
        for number, same in gathered.items()
    }


def _cells(values: Mapping[str, Sequence[float]], every: Mapping[str, Sequence[float]]) -> list[str]:
    cells = []
    for way in WAYS:
        if not values[way]:
            cells += ["missing", "-"]
            continue
        mean = float(np.mean(values[way]))
        effect = f"{100 * (mean - float(np.mean(every[way]))):+.1f}" if every[way] else "-"
        cells += [percent(mean) + _brackets(values[way]), effect]
    return cells


def _brackets(values: Sequence[float]) -> str:
    if len(values) < 2:
        return ""
    return f" ({100 * np.std(values, ddof=1):.1f}; {100 * min(values):.1f} to {100 * max(values):.1f})"
