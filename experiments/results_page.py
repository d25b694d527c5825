"""docs/results.md and the README's table, made of the records alone: no number in them is typed by hand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import groups
from groups import Experiment, Group

from seqdl.base import files
from seqdl.config import from_dict, to_dict
from seqdl.reports import runs
from seqdl.reports.record import unpack
from seqdl.reports.settings import changes
from seqdl.reports.tables import Table, confusion, markdown, percent

WAYS = ("windows", "voting", "lstm")
WORST, PAIRS = 6, 6
RECIPES = {
    "paper": "paper",
    "best": "best",
    "control": "control (untrained ConvNet)",
    "stip": "STIP features + LSTM",
}
COLUMNS = {
    ("paper", "voting"): "paper: voting",
    ("paper", "lstm"): "paper: LSTM",
    ("best", "voting"): "best: voting",
    ("best", "lstm"): "best: LSTM",
    ("control", "lstm"): "control: LSTM",
    ("stip", "lstm"): "HOF: LSTM",
}
"""What the table of all experiments shows: of which recipe which accuracy, and under what name."""

INTRODUCTION = """\
# Results

Written by [`experiments/results.py`](../experiments/results.py) from the records in
[`experiments/results`](../experiments/results); `make results` writes it anew. A record holds the configuration, every
decision and every evaluation of a group of runs; no number here comes from elsewhere.

All accuracies are on persons that training never saw. *Voting* is the majority of the ConvNet's decisions over a
sequence's windows, *LSTM* the accumulation of the LSTM's outputs over time, *windows* are single decisions of the
ConvNet. The preset `paper` does what the paper says and nothing else; the settings of `best` were chosen on
development persons alone, the persons' box with a look at one more ([choices.md](choices.md)). The *control* is `best`
with a ConvNet that was never trained: what the LSTM reaches on random features. *HOF* is the engineered baseline: the
LSTM on descriptors of Harris-3D points.

In brackets stand the standard deviations over draws (of the draws' means over seeds; where one person or recording is
left out, over these) and over seeds, then the lowest and the highest run. *p* is that of the permutation test of the
LSTM against voting, two-sided, paired by the person (or recording) tested; up to 20 of them it is exact.
"""

MISTAKES = """\
The sequences that the LSTM took for something else most often, and the classes:
"""

EVALUATIONS = """\
## Every evaluation on test persons

Each time a network decides sequences of test persons, a line with date and configuration is added to a ledger. These
are all lines of the groups above; each record has them one by one. *Settings* are what differs from the defaults. The
groups whose name begins with `earlier` were run before there was a recipe; their day is that on which their records
were made.

The recipe was frozen, evaluated, and opened again once: `best` with `lstm.epochs=30` is the first, which reached 89.9 %
by voting and 91.9 % by the LSTM on the five draws of the IXMAS part. With it Weizmann fell short, and the search for
the reason, on development persons, ended in another box for Weizmann (commits 1cf3db2 and 05ed161) and in moved copies
for the LSTM (e6212ee) in place of more passes; [choices.md](choices.md) tells the story. Tables are of the last recipe
and box alone.
"""


@dataclass(frozen=True)
class Kept:
    """A group's record, its runs as rows of a table, and their summary."""

    group: Group
    record: Mapping[str, Any]
    rows: Sequence[Mapping[str, Any]]
    total: Mapping[str, Any]


def load(folder: Path, chosen: Iterable[Group]) -> dict[str, Kept]:
    """The groups that have a record, by name."""
    found = {}
    for group in chosen:
        path = folder / f"{group.name}.json"
        if path.is_file():
            rows, _ = runs.collect([path])
            [total] = runs.groups(rows)
            found[group.name] = Kept(group, files.read_json(path), rows, total)
    return found


def page(folder: Path, protocols: str = "") -> str:
    """The whole document."""
    kept = load(folder, groups.every())
    parts = [INTRODUCTION, overview(kept), missing(kept)]
    parts += [section(experiment, kept) for experiment in groups.EXPERIMENTS]
    parts += [protocols, EVALUATIONS, markdown(evaluations(folder))]
    return "\n\n".join(part.strip() for part in parts if part.strip()) + "\n"


def overview(kept: Mapping[str, Kept]) -> str:
    """One row for each experiment of which there is a record: the table that the README shows too."""
    rows = []
    for experiment in groups.EXPERIMENTS:
        here = {recipe: kept.get(f"{experiment.name}-{recipe}") for recipe in experiment.recipes}
        if not any(here.values()):
            continue
        cells = []
        for recipe, way in COLUMNS:
            one = here.get(recipe)
            cells.append(percent(one.total["mean"][way]) if one else "missing" if recipe in here else "-")
        best = here["best"] or here["paper"]
        rows.append([experiment.title, str(len(best.rows)) if best else "0", *cells])
    if not rows:
        return "No group of runs has a record yet."
    header = ["dataset and protocol", "runs", *COLUMNS.values()]
    return markdown(Table(header, rows))


def missing(kept: Mapping[str, Kept]) -> str:
    """Which groups have no record, and which records are not of a preset as it is now or not whole."""
    absent: dict[str, list[str]] = {}
    for group in groups.every():
        if group.name not in kept:
            absent.setdefault(group.experiment.title, []).append(group.recipe)
    lines = [f"- {title}: {', '.join(recipes)}" for title, recipes in absent.items()]
    lines = ["\n".join(["Not run yet, and so missing here:", "", *lines])] * bool(lines)
    fewer: dict[str, list[str]] = {}
    for name, one in kept.items():
        done, planned = {row["seed"] for row in one.rows}, one.group.experiment.seeds
        if not done.issuperset(planned):
            fewer.setdefault(f"{len(done)} of {len(planned)}", []).append(f"`{name}`")
    lines += [f"Run with {seeds} seeds: {', '.join(names)}." for seeds, names in fewer.items()]
    for name, one in kept.items():
        now = to_dict(groups.make_config(one.group, Path()))
        other = changes(now, from_dict(one.record["config"]))
        if other:
            lines.append(f"`{name}` was run before its recipe came to be what it is now ({', '.join(other)}).")
        left = one.record["planned"] - len(one.rows) - len(one.record["failed"])
        if left:
            lines.append(f"`{name}` is not finished: {left} of {one.record['planned']} runs are left.")
    return "\n\n".join(lines)


def section(experiment: Experiment, kept: Mapping[str, Kept]) -> str:
    """All about one experiment."""
    here = {recipe: kept[f"{experiment.name}-{recipe}"] for recipe in RECIPES if f"{experiment.name}-{recipe}" in kept}
    if not here:
        return ""
    first = here.get("best") or next(iter(here.values()))
    name = first.group.recipe
    parts = [
        f"## {experiment.title}",
        experiment.note,
        markdown(table(here)),
        against(here),
        collapses(here),
        pointless(here),
        unseen(experiment, first),
    ]
    for way, said in (("voting", "voting"), ("lstm", "the LSTM")):
        if way in runs.decides(first.total):
            pooled = first.total["pooled"][way]
            parts.append(f"All decisions of `{name}` by {said}; rows are the truth:")
            parts.append(markdown(confusion(pooled["confusion"], first.rows[0]["classes"])))
    return "\n\n".join(part for part in [*parts, mistakes(first)] if part)


def table(here: Mapping[str, Kept]) -> Table:
    """A row for each recipe."""
    rows = []
    for recipe, one in here.items():
        total, shown = one.total, runs.decides(one.total)
        test = f"{total['lstm_against_voting']['pvalue']:.2g}" if "voting" in shown else "-"
        cells = [_spread(total, way) if way in shown else "-" for way in WAYS]
        rows.append([RECIPES[recipe], str(total["draws"]), str(total["seeds"]), *cells, test])
    return Table(["recipe", "draws", "seeds", "windows", "voting", "LSTM", "p"], rows)


def _spread(total: Mapping[str, Any], way: str) -> str:
    deviations = [total["spread"][over][way] for over in ("draws", "seeds")]
    both = ", ".join("-" if one is None else f"{100 * one:.1f}" for one in deviations)
    low, high = 100 * total["lowest"][way], 100 * total["highest"][way]
    return f"{percent(total['mean'][way])} ({both}; {low:.1f} to {high:.1f})"


def against(here: Mapping[str, Kept]) -> str:
    """The LSTM against voting in words."""
    lines = []
    for recipe, one in here.items():
        if "voting" in runs.decides(one.total):
            test = one.total["lstm_against_voting"]
            unit = "person" if one.record["dataset"]["unit"] == "person" else "recording"
            lines.append(
                f"- `{recipe}`: the LSTM is {100 * test['difference']:+.1f} points from voting, better for "
                f"{test['better']} and worse for {test['worse']} of {test['persons']} {unit}s "
                f"({'exact ' if test['exact'] else ''}p = {test['pvalue']:.2g})."
            )
    return "\n".join(lines)


def collapses(here: Mapping[str, Kept]) -> str:
    """What failed, of how many runs."""
    failed = [
        f"- `{one.group.name}`, {name}: {why}" for one in here.values() for name, why in one.record["failed"].items()
    ]
    done = sum(len(one.rows) for one in here.values())
    if failed:
        return "\n".join([f"Beside these {done} runs, {len(failed)} failed and count nowhere:", "", *failed])
    return f"No training collapsed in these {done} runs."


def pointless(here: Mapping[str, Kept]) -> str:
    """How many sequences the engineered baseline decides without having found anything in them."""
    if "stip" not in here:
        return ""
    decided = [entry for _, _, result in unpack(here["stip"].record) for entry in result["sequences"]]
    empty = [entry for entry in decided if not entry["steps"]]
    if not empty:
        return ""
    right = sum(entry["lstm"] == entry["label"] for entry in empty)
    return (
        f"{len(empty)} of the {len(decided)} decisions of the engineered baseline are on sequences without any point, "
        f"for which it takes the most frequent class of its training; {right} of them happen to be right."
    )


def unseen(experiment: Experiment, one: Kept) -> str:
    """Persons that were never used for choosing beside the others."""
    used = groups.DEVELOPMENT.get(experiment.data["dataset"])
    if used is None:
        return ""
    persons = sorted({person for row in one.rows for person in row["persons"]})
    looked_at = groups.SEEN.get(experiment.data["dataset"], ())
    sets = {
        "all": persons,
        "never used for choosing": [person for person in persons if person not in (*used, *looked_at)],
        "looked at for the box": [person for person in persons if person in looked_at],
        "used for choosing settings": [person for person in persons if person in used],
    }
    rows = []
    for what, names in sets.items():
        found = [row["persons"][name] for row in one.rows for name in names if name in row["persons"]]
        if found:
            decisions = sum(counts[0] for counts in found)
            cells = [
                percent(sum(counts[place] for counts in found) / decisions) if way in runs.decides(one.total) else "-"
                for place, way in enumerate(("voting", "lstm"), 1)
            ]
            rows.append([what, ", ".join(names), str(decisions), *cells])
    title = f"`{one.group.recipe}` by the persons tested, all decisions counted together:"
    return f"{title}\n\n{markdown(Table(['persons', 'who', 'decisions', 'voting', 'LSTM'], rows))}"


def mistakes(one: Kept) -> str:
    """The sequences most often wrong and the pairs of classes, by the LSTM."""
    decided: Counter[str] = Counter()
    wrong: dict[str, Counter[str]] = {}
    pairs: Counter[tuple[str, str]] = Counter()
    truths: dict[str, str] = {}
    for _, _, result in unpack(one.record):
        for entry in result["sequences"]:
            name, truth, said = entry["name"], entry["label"], entry["lstm"]
            decided[name] += 1
            truths[name] = truth
            if said != truth:
                wrong.setdefault(name, Counter())[said] += 1
                pairs[truth, said] += 1
    if not wrong:
        return "The LSTM made no mistake in any run."
    by_class = Counter(truths[name] for name in decided.elements())
    order = sorted(wrong, key=lambda name: (-wrong[name].total() / decided[name], -wrong[name].total(), name))
    rows = [
        [name, truths[name], f"{wrong[name].total()} of {decided[name]}", _said(wrong[name])] for name in order[:WORST]
    ]
    both = sorted(pairs.items(), key=lambda item: (-item[1] / by_class[item[0][0]], item[0]))
    confused = [
        [truth, said, f"{number} of {by_class[truth]}", percent(number / by_class[truth])]
        for (truth, said), number in both[:PAIRS]
    ]
    return "\n\n".join(
        [
            MISTAKES.strip(),
            markdown(Table(["sequence", "class", "wrong", "taken for"], rows)),
            markdown(Table(["class", "taken for", "decisions", "share"], confused)),
        ]
    )


def _said(counts: Counter[str]) -> str:
    return ", ".join(f"{said} ({number})" for said, number in sorted(counts.items(), key=lambda i: (-i[1], i[0])))


def evaluations(folder: Path) -> Table:
    """The ledgers of all records, a row for each group and configuration."""
    rows = []
    for path in sorted(folder.glob("*.json")):
        found: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
        for line in files.read_json(path).get("evaluations", ()):
            found.setdefault((line["settings"], line["commit"]), []).append(line)
        for (said, commit), lines in found.items():
            dates = sorted(line["date"][:16].replace("T", " ") for line in lines)
            rows.append([path.stem, str(len(lines)), dates[0], dates[-1], said or "the defaults", commit])
    return Table(["group", "evaluations", "from (UTC)", "to", "settings", "commit"], rows)
