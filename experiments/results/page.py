"""The tables of docs/results.md and of the README, made of the records alone."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

from experiments import access
from experiments.access import Record
from experiments.results import groups, protocols
from experiments.results.groups import Experiment, Group
from seqdl.base import files
from seqdl.reports.tables import Table, confusion, markdown, percent
from seqdl.runs.codec import decode
from seqdl.runs.ledger import Look
from seqdl.runs.settings import changes
from seqdl.runs.summary import Summary

WAYS = ("windows", "voting", "lstm")
WORST, PAIRS = 6, 6
RECIPES = {
    "paper": "paper",
    "best": "best",
    "robust": "robust",
    "control": "control (untrained ConvNet)",
    "stip": "STIP features + LSTM",
}
COLUMNS = {
    ("paper", "voting"): "paper: voting",
    ("paper", "lstm"): "paper: LSTM",
    ("best", "voting"): "best: voting",
    ("best", "lstm"): "best: LSTM",
    ("robust", "voting"): "robust: voting",
    ("robust", "lstm"): "robust: LSTM",
    ("control", "lstm"): "control: LSTM",
    ("stip", "lstm"): "HOF: LSTM",
}
"""What the table of all experiments shows: of which recipe which accuracy, and under what name."""


def load(folder: Path, chosen: Iterable[Group]) -> dict[str, Record]:
    """The groups that have a record, by name."""
    paths = {group.name: folder / f"{group.name}.json" for group in chosen}
    return {name: access.read_record(path) for name, path in paths.items() if path.is_file()}


def blocks(folder: Path) -> dict[str, str]:
    """What stands in each place of docs/results.md: a section for each experiment, and what is said of all of them."""
    kept = load(folder, groups.every())
    sections = {experiment.name: section(experiment, kept) for experiment in groups.EXPERIMENTS}
    whole = {"overview": overview(kept), "missing": missing(kept), "evaluations": markdown(evaluations(folder))}
    return {**whole, **sections, **protocols.blocks(folder)}


def overview(kept: Mapping[str, Record]) -> str:
    """One row for each experiment of which there is a record: the table that the README shows too."""
    rows = []
    for experiment in groups.EXPERIMENTS:
        here = {recipe: kept.get(f"{experiment.name}-{recipe}") for recipe in experiment.recipes}
        if not any(here.values()):
            continue
        cells = []
        for recipe, way in COLUMNS:
            one = here.get(recipe)
            cells.append(percent(one.total.mean[way]) if one else "missing" if recipe in here else "-")
        best = here["best"] or here["paper"]
        rows.append([experiment.title, str(len(best.rows)) if best else "0", *cells])
    if not rows:
        return "No group of runs has a record yet."
    header = ["dataset and protocol", "runs", *COLUMNS.values()]
    return markdown(Table(header, rows))


def missing(kept: Mapping[str, Record]) -> str:
    """Which groups have no record, and which records are not of a preset as it is now or not whole."""
    absent: dict[str, list[str]] = {}
    for group in groups.every():
        if group.name not in kept:
            absent.setdefault(group.experiment.title, []).append(group.recipe)
    lines = [f"- {title}: {', '.join(recipes)}" for title, recipes in absent.items()]
    lines = ["\n".join(["Not run yet, and so missing here:", "", *lines])] * bool(lines)
    fewer: dict[str, list[str]] = {}
    chosen = {group.name: group for group in groups.every()}
    for name, one in kept.items():
        done, planned = {row.seed for row in one.rows}, chosen[name].experiment.seeds
        if not done.issuperset(planned):
            fewer.setdefault(f"{len(done)} of {len(planned)}", []).append(f"`{name}`")
    lines += [f"Run with {seeds} seeds: {', '.join(names)}." for seeds, names in fewer.items()]
    for name, one in kept.items():
        other = changes(groups.make_config(chosen[name], Path()), one.config)
        if other:
            lines.append(f"`{name}` was run before its recipe came to be what it is now ({', '.join(other)}).")
        if one.left:
            lines.append(f"`{name}` is not finished: {one.left} of {one.content.planned} runs are left.")
    return "\n\n".join(lines) or "Every group is run as its recipe says."


def section(experiment: Experiment, kept: Mapping[str, Record]) -> str:
    """All about one experiment."""
    here = {recipe: kept[f"{experiment.name}-{recipe}"] for recipe in RECIPES if f"{experiment.name}-{recipe}" in kept}
    if not here:
        return "Not run yet."
    name, first = ("best", here["best"]) if "best" in here else next(iter(here.items()))
    parts = [markdown(table(here)), against(here), collapses(here), pointless(here), unseen(experiment, name, first)]
    for way, said in (("voting", "voting"), ("lstm", "the LSTM")):
        if way in first.shown:
            pooled = first.total.pooled[way]
            parts.append(f"All decisions of `{name}` by {said}; rows are the truth:")
            parts.append(markdown(confusion(pooled.confusion, first.rows[0].classes)))
    return "\n\n".join(part for part in [*parts, mistakes(first)] if part)


def table(here: Mapping[str, Record]) -> Table:
    """A row for each recipe."""
    rows = []
    for recipe, one in here.items():
        total, shown = one.total, one.shown
        test = f"{total.lstm_against_voting.pvalue:.2g}" if "voting" in shown else "-"
        cells = [_spread(total, way) if way in shown else "-" for way in WAYS]
        rows.append([RECIPES[recipe], str(total.draws), str(total.seeds), *cells, test])
    return Table(["recipe", "draws", "seeds", "windows", "voting", "LSTM", "p"], rows)


def _spread(total: Summary, way: str) -> str:
    deviations = [total.spread[over][way] for over in ("draws", "seeds")]
    both = ", ".join("-" if one is None else f"{100 * one:.1f}" for one in deviations)
    low, high = 100 * total.lowest[way], 100 * total.highest[way]
    return f"{percent(total.mean[way])} ({both}; {low:.1f} to {high:.1f})"


def against(here: Mapping[str, Record]) -> str:
    """The LSTM against voting in words."""
    lines = []
    for recipe, one in here.items():
        if "voting" in one.shown:
            test = one.total.lstm_against_voting
            unit = "person" if one.last.dataset.unit == "person" else "recording"
            lines.append(
                f"- `{recipe}`: the LSTM is {100 * test.difference:+z.1f} points from voting, better for "
                f"{test.better} and worse for {test.worse} of {test.persons} {unit}s "
                f"({'exact ' if test.exact else ''}p = {test.pvalue:.2g})."
            )
    return "\n".join(lines)


def collapses(here: Mapping[str, Record]) -> str:
    """What failed, of how many runs."""
    failed = [f"- `{one.name}`, {name}: {why}" for one in here.values() for name, why in one.content.failed.items()]
    done = sum(len(one.rows) for one in here.values())
    if failed:
        return "\n".join([f"Beside these {done} runs, {len(failed)} failed and count nowhere:", "", *failed])
    return f"No training collapsed in these {done} runs."


def pointless(here: Mapping[str, Record]) -> str:
    """How many sequences the engineered baseline decides without having found anything in them."""
    if "stip" not in here:
        return ""
    decided = list(here["stip"].decided())
    empty = [entry for entry in decided if not entry.steps]
    if not empty:
        return ""
    right = sum(entry.right() for entry in empty)
    return (
        f"{len(empty)} of the {len(decided)} decisions of the engineered baseline are on sequences without any point, "
        f"for which it takes the most frequent class of its training; {right} of them happen to be right."
    )


def unseen(experiment: Experiment, recipe: str, one: Record) -> str:
    """Persons that were never used for choosing beside the others."""
    used = groups.DEVELOPMENT.get(experiment.data["dataset"])
    if used is None:
        return ""
    persons = sorted({person for row in one.rows for person in row.persons})
    looked_at = groups.SEEN.get(experiment.data["dataset"], ())
    sets = {
        "all": persons,
        "never used for choosing": [person for person in persons if person not in (*used, *looked_at)],
        "looked at for the box": [person for person in persons if person in looked_at],
        "used for choosing settings": [person for person in persons if person in used],
    }
    rows = []
    for what, names in sets.items():
        found = [row.persons[name] for row in one.rows for name in names if name in row.persons]
        if found:
            decisions = sum(counts[0] for counts in found)
            cells = [
                percent(sum(counts[place] for counts in found) / decisions) if way in one.shown else "-"
                for place, way in enumerate(("voting", "lstm"), 1)
            ]
            rows.append([what, ", ".join(names), str(decisions), *cells])
    title = f"`{recipe}` by the persons tested, all decisions counted together:"
    return f"{title}\n\n{markdown(Table(['persons', 'who', 'decisions', 'voting', 'LSTM'], rows))}"


def mistakes(one: Record) -> str:
    """The sequences most often wrong and the pairs of classes, by the LSTM."""
    decided: Counter[tuple[str, str]] = Counter()
    by_class: Counter[str] = Counter()
    pairs: Counter[tuple[str, str]] = Counter()
    wrong: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for entry in one.decided():
        clip, said = (entry.name, entry.label), entry.decisions["lstm"]
        decided[clip] += 1
        by_class[entry.label] += 1
        if said != entry.label:
            wrong[clip][said] += 1
            pairs[entry.label, said] += 1
    if not wrong:
        return "The LSTM made no mistake in any run."
    often = {clip: counts.total() for clip, counts in wrong.items()}
    order = sorted(wrong, key=lambda clip: (-often[clip] / decided[clip], -often[clip], clip))
    rows = [[*clip, f"{often[clip]} of {decided[clip]}", _said(wrong[clip])] for clip in order[:WORST]]
    both = sorted(pairs.items(), key=lambda item: (-item[1] / by_class[item[0][0]], item[0]))
    confused = [
        [truth, said, f"{number} of {by_class[truth]}", percent(number / by_class[truth])]
        for (truth, said), number in both[:PAIRS]
    ]
    title = "The sequences that the LSTM took for something else most often, and the classes:"
    sequences = markdown(Table(["sequence", "class", "wrong", "taken for"], rows))
    return "\n\n".join([title, sequences, markdown(Table(["class", "taken for", "decisions", "share"], confused))])


def _said(counts: Counter[str]) -> str:
    return ", ".join(f"{said} ({number})" for said, number in sorted(counts.items(), key=lambda i: (-i[1], i[0])))


def evaluations(folder: Path) -> Table:
    """The ledgers of all records, a row for each group and configuration."""
    found: dict[tuple[str, str, str], list[str]] = {}
    for path in sorted(folder.glob("*.json")):
        kept = files.read_json(path)
        if "evaluations" in kept:  # dry runs and the paper's values are no records
            for look in decode(tuple[Look, ...], kept["evaluations"], path, "evaluations"):
                date = look.date[:16].replace("T", " ")
                found.setdefault((path.stem, look.settings, look.commit), []).append(date)
    rows = [
        [name, str(len(dates)), min(dates), max(dates), said or "the defaults", commit]
        for (name, said, commit), dates in found.items()
    ]
    return Table(["group", "evaluations", "from (UTC)", "to", "settings", "commit"], rows)
