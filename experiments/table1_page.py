"""docs/table1.md, made of the records alone; only the paper's own values are typed here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import results_page

from seqdl.base import files
from seqdl.datasets import kth
from seqdl.presets import PRESETS
from seqdl.reports import runs
from seqdl.reports.tables import Table, markdown, percent

WHOLE = {"kth1": len(kth.VIDEOS), "kth2": sum(kth.SEQUENCES.values())}
SETS = {"kth1": "KTH1", "kth2": "KTH2"}
VOTING, LSTM, STIP = "3D-ConvNet + voting", "3D-ConvNet + LSTM", "Harris-3D + HOF + LSTM"
PAPER = {
    ("kth1", VOTING): (90.79, 90.24, 91.42, 91.17, 91.62, 91.04),
    ("kth1", LSTM): (92.69, 96.55, 94.25, 93.55, 94.93, 94.39),
    ("kth2", VOTING): (89.14, 88.55, 89.89, 89.45, 89.97, 89.40),
    ("kth2", LSTM): (91.50, 94.64, 90.47, 91.31, 92.97, 92.17),
    ("kth2", STIP): (84.87, 90.64, 88.32, 90.12, 84.95, 87.78),
}
"""Accuracies of the five draws and their mean, in percent, as the paper prints them."""
DRAWS = 5
TITLES = {"kth": "KTH", "kth-part": "A part of KTH", "kth-standin": "Stand-in, not KTH"}

INTRODUCTION = """\
# Table 1

Written by [`experiments/table1.py`](../experiments/table1.py) from the records in
[`experiments/table1`](../experiments/table1). One command makes the whole table on a machine that has KTH
([data/README.md](../data/README.md) says how to get it), goes on where it was interrupted, and says before what it
will cost:

```sh
make table1 ARGS="--dry-run"
seqdl prepare kth --download
make table1 ARGS="--data-dir kth"
```

`--preset best` takes the other recipe, `--protocol fixed` the split printed with KTH, `--empty keep` also trains and
decides on windows in which nobody is seen; the paper does not say what it did with them.

## What the paper prints

Accuracies in percent on five random draws of 16 persons for training and 9 for testing. The means 91.04, 94.39 and
92.17 stand in the paper's text too, and 87.78 follows from a difference that it names; the other values are from memory
of the printed table, so look them up before you rely on them. Most values of single draws are no share of 215 or 216
test videos: they cannot be met digit by digit. The draws are not ours, since which persons they were is not printed.
"""

MISSING = """\
## KTH

Nothing here was measured on KTH as a whole: it cannot travel with the project. No accuracy on KTH is claimed.
"""

HEADS = {
    "kth": """\
## KTH

All 599 videos, all 2391 sequences. *Mean* is over all runs; in brackets stand the standard deviation over draws (a
draw counts with its mean over seeds), the lowest and the highest draw. *Paper* is the mean of the paper's own draws.
""",
    "kth-part": """\
## A part of KTH: this is not Table 1

Measured on some of KTH's videos only, so it says nothing about the paper's values. In brackets: standard deviation
over draws, the lowest and the highest draw.
""",
    "kth-standin": """\
## A stand-in: this is not KTH

Drawn figures under KTH's names ([`experiments/standin.py`](../experiments/standin.py)): 599 short videos in six
archives and a list of 2391 sequences, fetched, unpacked, checked, prepared and run by the same commands as KTH will
be, with few passes (the recipe says how many). **Not one frame is of KTH, and the accuracies say nothing about it.**
In brackets: standard deviation over draws, the lowest and the highest draw.
""",
}

COSTS = """\
## What it costs

`--dry-run` measures a video of each action on the machine at hand: preparing it, passes of both networks over it,
deciding. From this it predicts the whole, since everything grows with the number of frames. A *core-hour* is an hour
of one core that does nothing else; training that stops by itself takes less. Memory is that of one run, without what
the system keeps of the prepared video in memory as long as nobody else wants it. *Taken* is the wall time of the runs
in the records, on a machine that may have had other work too.
"""

EVALUATIONS = """\
## Every evaluation on test persons

As in [results.md](results.md): each line of the records' ledgers, counted.
"""


def kind(name: str, sequences: int, variant: str) -> str:
    """Which table a dataset belongs to: ``kth`` for the whole set alone."""
    return name if name != "kth" or sequences == WHOLE[variant] else "kth-part"


def page(folder: Path) -> str:
    """The whole document."""
    found = load(folder)
    parts = [INTRODUCTION, markdown(printed())]
    parts += [] if found["kth"] else [MISSING]
    for which, head in HEADS.items():
        if found[which]:
            parts += [head, *sections(found[which], which)]
    costs = [files.read_json(path) for path in sorted(folder.glob("cost-*.json"))]
    if costs:
        parts += [COSTS, markdown(cost_table(costs, found))]
    if any(found.values()):
        parts += [EVALUATIONS, markdown(results_page.evaluations(folder))]
    return "\n\n".join(part.strip() for part in parts if part.strip()) + "\n"


def load(folder: Path) -> dict[str, list[dict[str, Any]]]:
    """The records by the table that they belong to, each with its runs as rows and their summary."""
    found: dict[str, list[dict[str, Any]]] = {which: [] for which in HEADS}
    for path in sorted(folder.glob("kth*.json")):
        record = files.read_json(path)
        about = record["dataset"]
        rows, _ = runs.collect([path])
        [total] = runs.groups(rows)
        one = {"name": path.stem, "record": record, "rows": rows, "total": total}
        found[kind(about["name"], about["sequences"], about["variant"])].append(one)
    return found


def printed() -> Table:
    """The paper's table."""
    header = ["set", "method", *(f"draw {number}" for number in range(1, DRAWS + 1)), "mean"]
    return Table(header, [[SETS[of], how, *(f"{v:.2f}" for v in values)] for (of, how), values in PAPER.items()])


def sections(found: Sequence[Mapping[str, Any]], which: str) -> list[str]:
    """A table for each protocol and each way with empty frames, and what is left to be said of its records."""
    ways: dict[tuple[str, str], list[Mapping[str, Any]]] = defaultdict(list)
    for one in found:
        config = one["record"]["config"]
        ways[config["data"]["protocol"], config["video"]["empty"]].append(one)
    parts = []
    for (protocol, empty), records in sorted(ways.items()):
        title = {"draws": "Five draws", "fixed": "KTH's printed split"}.get(protocol, protocol)
        parts.append(f"### {title}, empty windows {'left out' if empty == 'skip' else 'kept'}")
        parts.append(markdown(table(records, which == "kth" and protocol == "draws")))
        parts.append("\n".join([*remarks(records), *missing(records)]))
    return parts


def missing(records: Sequence[Mapping[str, Any]]) -> list[str]:
    """The rows that have no record."""
    there = {(one["rows"][0]["variant"], one["rows"][0]["model"]) for one in records}
    methods = {"convnet-lstm": "3D-ConvNet", "stip-lstm": STIP}
    lost = [f"{SETS[of]}, {how}" for model, how in methods.items() for of in SETS if (of, model) not in there]
    return [f"- Not finished, and so missing here: {'; '.join(lost)}."] if lost else []


def table(records: Sequence[Mapping[str, Any]], beside_paper: bool) -> Table:
    """A row for each set, method and recipe."""
    draws = max(row["draw"] for one in records for row in one["rows"])
    lines = []
    for one in records:
        variant, total = one["rows"][0]["variant"], one["total"]
        for way in ("voting", "lstm"):
            if way not in runs.decides(total):
                continue
            method = VOTING if way == "voting" else STIP if one["rows"][0]["model"] == "stip-lstm" else LSTM
            means = by_draw(one["rows"], way)
            cells = [percent(means[number]) if number in means else "-" for number in range(1, draws + 1)]
            paper = f"{PAPER[variant, method][-1]:.2f}" if (variant, method) in PAPER else "not printed"
            line = [SETS[variant], method, recipe(total["settings"]), *cells, spread(total["mean"][way], means)]
            lines.append([*line, paper] if beside_paper else line)
    methods = [VOTING, LSTM, STIP]
    lines.sort(key=lambda line: (line[0], methods.index(line[1]), line[2]))
    header = ["set", "method", "recipe", *(f"draw {number}" for number in range(1, draws + 1)), "mean"]
    return Table([*header, "paper"] if beside_paper else header, lines)


def by_draw(rows: Sequence[Mapping[str, Any]], way: str) -> dict[int, float]:
    """The mean accuracy of each draw over its seeds."""
    gathered = defaultdict(list)
    for row in rows:
        gathered[row["draw"]].append(row[way]["accuracy"])
    return {draw: float(np.mean(values)) for draw, values in gathered.items()}


def spread(mean: float, draws: Mapping[int, float]) -> str:
    """A mean, with how far the draws are apart where there are several."""
    values = list(draws.values())
    if len(values) < 2:
        return percent(mean)
    return f"{percent(mean)} ({100 * np.std(values, ddof=1):.1f}; {100 * min(values):.1f} to {100 * max(values):.1f})"


def recipe(settings: Sequence[str]) -> str:
    """The preset and what was changed of it, apart from what the table says elsewhere."""
    shown = [text for text in settings if not text.startswith(("model=", "video.empty="))]
    named = bool(shown) and shown[0] in PRESETS
    return " ".join(shown if named else ["paper", *shown])


def remarks(records: Sequence[Mapping[str, Any]]) -> list[str]:
    """Of each record: its dataset in its own words, and what failed or is left to be done."""
    lines = []
    for one in records:
        about, record, rows = one["record"]["dataset"], one["record"], one["rows"]
        seeds = ", ".join(str(seed) for seed in sorted({row["seed"] for row in rows}))
        left = record["planned"] - len(rows) - len(record["failed"])
        line = f"- `{one['name']}`: dataset `{about['name']}`, {about['sequences']:,} sequences of {about['frames']:,}"
        line += f" frames; {len(rows)} runs, seed {seeds}"
        line += f", {left} of {record['planned']} not finished" * bool(left)
        line += "".join(f"; {name} failed: {why}" for name, why in record["failed"].items())
        lines.append(f"{line}. {about['notes'][0] if about['notes'] else ''}".strip())
    return lines


def cost_table(costs: Sequence[Mapping[str, Any]], found: Mapping[str, Sequence[Mapping[str, Any]]]) -> Table:
    """A row for each dry run that was kept, beside what the runs took where there are records of the same settings."""
    lines = []
    for cost in costs:
        names = {group["name"] for group in cost["groups"]}
        same = [one for one in found[cost["kind"]] if one["name"] in names]
        taken = sum(row["seconds"] for one in same for row in one["rows"]) / 3600
        whole = {one["name"] for one in same} == names
        hours = cost["core_seconds"] / 3600
        said = " ".join([cost["preset"], *cost["settings"]])
        runs_alone = sum(group["runs"] * group["run_seconds"] for group in cost["groups"]) / 3600
        lines.append(
            [
                TITLES[cost["kind"]],
                said,
                cost["measured_on"],
                f"{hours:.2f} ({runs_alone:.2f} of it the runs)",
                f"{hours / 2:.2f} h",
                f"{cost['disk'] / 1e9:.1f} GB",
                f"{cost['memory'] / 1e6:.0f} MB",
                f"{taken:.2f} h" if whole else "-",
            ]
        )
    header = ["set", "recipe", "measured on", "core-hours", "on two cores", "disk", "memory", "taken by the runs"]
    return Table(header, lines)
