"""The tables of docs/table1.md, made of records alone; the paper's own values are in paper.json."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from experiments import access
from experiments.access import Record
from experiments.results.page import evaluations
from seqdl.base import files
from seqdl.datasets import kth
from seqdl.presets import PRESETS
from seqdl.reports.tables import Table, markdown, percent

WHOLE = {"kth1": len(kth.VIDEOS), "kth2": sum(kth.SEQUENCES.values())}
SETS = {"kth1": "KTH1", "kth2": "KTH2"}
VOTING, LSTM, STIP = "3D-ConvNet + voting", "3D-ConvNet + LSTM", "Harris-3D + HOF + LSTM"
PAPER = {
    (variant, method): values
    for variant, methods in files.read_json(Path(__file__).with_name("paper.json")).items()
    for method, values in methods.items()
}
"""Accuracies of the five draws and their mean, in percent, as the paper prints them."""
DRAWS = 5
TITLES = {"kth": "KTH", "kth-part": "A part of KTH", "kth-standin": "Stand-in, not KTH"}
ABSENT = {
    "kth": "Nothing here was measured on KTH as a whole, and no accuracy on KTH is claimed.",
    "kth-part": "No record is of a part of KTH.",
    "kth-standin": "No record is of a stand-in.",
}


def kind(name: str, sequences: int, variant: str) -> str:
    """Which table a dataset belongs to: ``kth`` for the whole set alone."""
    return name if name != "kth" or sequences == WHOLE[variant] else "kth-part"


def blocks(folder: Path) -> dict[str, str]:
    """What stands in each place of docs/table1.md."""
    found = load(folder)
    costs = [files.read_json(path) for path in sorted(folder.glob("cost-*.json"))]
    return {
        "printed": markdown(printed()),
        **{which: "\n\n".join(sections(found[which], which)) or said for which, said in ABSENT.items()},
        "costs": markdown(cost_table(costs, found)) if costs else "No dry run is on record.",
        "evaluations": markdown(evaluations(folder)) if any(found.values()) else "There was none.",
    }


def load(folder: Path) -> dict[str, list[Record]]:
    """The records by the table that they belong to."""
    found: dict[str, list[Record]] = {which: [] for which in TITLES}
    for one in map(access.read_record, sorted(folder.glob("kth*.json"))):
        about = one.last.dataset
        found[kind(about.name, about.sequences, about.variant)].append(one)
    return found


def printed() -> Table:
    """The paper's table."""
    header = ["set", "method", *(f"draw {number}" for number in range(1, DRAWS + 1)), "mean"]
    return Table(header, [[SETS[of], how, *(f"{v:.2f}" for v in values)] for (of, how), values in PAPER.items()])


def sections(found: Sequence[Record], which: str) -> list[str]:
    """A table for each protocol and each way with empty frames, and what is left to be said of its records."""
    ways: dict[tuple[str, str], list[Record]] = defaultdict(list)
    for one in found:
        ways[one.config.data.protocol, one.config.video.empty].append(one)
    parts = []
    for (protocol, empty), records in sorted(ways.items()):
        title = {"draws": "Five draws", "fixed": "KTH's printed split"}.get(protocol, protocol)
        parts.append(f"### {title}, empty windows {'left out' if empty == 'skip' else 'kept'}")
        parts.append(markdown(table(records, which == "kth" and protocol == "draws")))
        parts.append("\n".join([*remarks(records), *missing(records)]))
    return parts


def missing(records: Sequence[Record]) -> list[str]:
    """The rows that have no record."""
    there = {(one.rows[0].variant, one.rows[0].model) for one in records}
    methods = {"convnet-lstm": "3D-ConvNet", "stip-lstm": STIP}
    lost = [f"{SETS[of]}, {how}" for model, how in methods.items() for of in SETS if (of, model) not in there]
    return [f"- Not finished, and so missing here: {'; '.join(lost)}."] if lost else []


def table(records: Sequence[Record], beside_paper: bool) -> Table:
    """A row for each set, method and recipe."""
    draws = max(row.draw for one in records for row in one.rows)
    lines = []
    for one in records:
        variant, total = one.rows[0].variant, one.total
        for way in ("voting", "lstm"):
            if way not in one.shown:
                continue
            method = VOTING if way == "voting" else STIP if one.rows[0].model == "stip-lstm" else LSTM
            means = access.by_draw(one.rows, way)
            cells = [percent(means[number]) if number in means else "-" for number in range(1, draws + 1)]
            paper = f"{PAPER[variant, method][-1]:.2f}" if (variant, method) in PAPER else "not printed"
            mean = percent(total.mean[way]) + access.spread([*means.values()])
            line = [SETS[variant], method, recipe(one.rows[0].settings), *cells, mean]
            lines.append([*line, paper] if beside_paper else line)
    methods = [VOTING, LSTM, STIP]
    lines.sort(key=lambda line: (line[0], methods.index(line[1]), line[2]))
    header = ["set", "method", "recipe", *(f"draw {number}" for number in range(1, draws + 1)), "mean"]
    return Table([*header, "paper"] if beside_paper else header, lines)


def recipe(settings: Sequence[str]) -> str:
    """The preset and what was changed of it, apart from what the table says elsewhere."""
    shown = [text for text in settings if not text.startswith(("model=", "video.empty="))]
    named = bool(shown) and shown[0] in PRESETS
    return " ".join(shown if named else ["paper", *shown])


def remarks(records: Sequence[Record]) -> list[str]:
    """Of each record: its dataset in its own words, and what failed or is left to be done."""
    lines = []
    for one in records:
        about, failed = one.last.dataset, one.content.failed
        seeds = ", ".join(str(seed) for seed in sorted({row.seed for row in one.rows}))
        line = f"- `{one.name}`: dataset `{about.name}`, {about.sequences:,} sequences of {about.frames:,}"
        line += f" frames; {len(one.rows)} runs, seed {seeds}"
        line += f", {one.left} of {one.content.planned} not finished" * bool(one.left)
        line += "".join(f"; {name} failed: {why}" for name, why in failed.items())
        lines.append(f"{line}. {about.notes[0] if about.notes else ''}".strip())
    return lines


def cost_table(costs: Sequence[Mapping[str, Any]], found: Mapping[str, Sequence[Record]]) -> Table:
    """A row for each dry run that was kept, beside what the runs took where there are records of the same settings."""
    lines = []
    for cost in costs:
        names = {group["name"] for group in cost["groups"]}
        same = [one for one in found[cost["kind"]] if one.name in names]
        taken = sum(row.seconds for one in same for row in one.rows) / 3600
        whole = {one.name for one in same} == names
        hours = cost["core_seconds"] / 3600
        said = " ".join([cost["preset"], *cost["settings"]])
        runs_alone = sum(group["runs"] * group["run_seconds"] for group in cost["groups"]) / 3600
        times = [f"{hours:.2f} ({runs_alone:.2f} of it the runs)", f"{hours / 2:.2f} h"]
        sizes = [f"{cost['disk'] / 1e9:.1f} GB", f"{cost['memory'] / 1e6:.0f} MB"]
        what = [TITLES[cost["kind"]], said, cost["measured_on"]]
        lines.append([*what, *times, *sizes, f"{taken:.2f} h" if whole else "-"])
    header = ["set", "recipe", "measured on", "core-hours", "on two cores", "disk", "memory", "taken by the runs"]
    return Table(header, lines)
