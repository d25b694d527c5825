"""The tables of docs/robust.md, made of the records alone."""

import itertools
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from experiments.results import groups
from experiments.results.groups import Group
from experiments.robust import plan
from experiments.robust.kept import WAYS, Measured
from experiments.single_step.kept import Kept, compare
from experiments.single_step.page import error, said
from seqdl.reports.tables import Table, markdown, percent
from seqdl.runs.significance import compared

Groups = Mapping[str, Measured]
Costs = Mapping[str, float]
NAMES = {"lstm": "LSTM", "voting": "voting"}
PRICED = "robust-weizmann"
"""The experiment by which a change's price is told."""
CHOSEN = ("ut-1",)
"""Experiments all of whose sequences had a part in choosing."""


def blocks(known: Groups, costs: Costs, results: Mapping[str, Kept]) -> dict[str, str]:
    """What stands in each place of the page: from its records, and from the records of docs/results.md."""
    headings = {heading: variants(recipes, known, costs) for heading, recipes in plan.VARIANTS.items()}
    return {"missing": missing(known), "levels": levels(known, costs), **headings, "designed": designed(known),
            "persons": persons(known), "together": decided_together(known),
            "evaluated": evaluated(results), "unseen": evaluated(unseen(results))}  # fmt: skip


def missing(known: Groups) -> str:
    """What is not run, or not whole, by experiment."""
    absent = Counter(group.experiment.name for group in plan.every() if group.name not in known)
    partial: Counter[tuple[str, int, int]] = Counter()
    for group in plan.every():
        one = known.get(group.name)
        if one and (done := len(one.kept.runs) + len(one.kept.failed)) < one.kept.planned:
            partial[group.experiment.name, done, one.kept.planned] += 1
    lines = ["Not run yet: " + ", ".join(f"{n} groups of `{name}`" for name, n in absent.items()) + "."] * bool(absent)
    told = [f"{n} of `{name}` have {done} of {planned} runs" for (name, done, planned), n in partial.items()]
    lines += [f"Not whole: {', '.join(told)}."] * bool(told)
    return "\n\n".join(lines) or "Every group is run."


def levels(known: Groups, costs: Costs) -> str:
    """What ``best`` reaches, with the standard error over persons, and the seconds of a run."""
    rows = []
    for one in plan.DEVELOPMENT:
        found = known.get(name := plan.named(one.name, plan.BEST))
        if found:
            cells = [
                f"{percent(float(found.kept.accuracies(way).mean()))} ± "
                f"{100 * error(list(found.kept.by_person(way).values())):.1f}"
                for way in NAMES
            ]
            rows.append([one.title, str(len(found.kept.runs)), *cells, _seconds(costs, name)])
    return _table(["`best` on", "runs", *NAMES.values(), "seconds of a run"], rows)


def _seconds(costs: Costs, name: str) -> str:
    return f"{costs[name]:.1f}" if name in costs else "-"


def variants(recipes: Mapping[str, str], known: Groups, costs: Costs) -> str:
    """Recipes against ``best``: points on each dataset, the test over the persons of all, and the seconds of a run."""
    rows = []
    for recipe, title in recipes.items():
        pairs = [
            (known.get(plan.named(one.name, recipe)), known.get(plan.named(one.name, plan.BEST)))
            for one in plan.DEVELOPMENT
        ]
        if any(one and base for one, base in pairs):
            found = {way: [_differences(one, base, way) for one, base in pairs] for way in NAMES}
            tests = [said(compared([*itertools.chain(*sets)], np.random.default_rng(0))) for sets in found.values()]
            cells = [_mean(np.array(values)) for sets in found.values() for values in sets]
            settings = " ".join(f"`{word}`" for word in recipe.split()[1:])
            rows.append([title, settings, *cells, *tests, _seconds(costs, plan.named(PRICED, recipe))])
    names = [f"{way}, {one.name.partition('-')[2]}" for way in NAMES.values() for one in plan.DEVELOPMENT]
    return _table(["changed", "setting", *names, *(f"{way}, all" for way in NAMES.values()), "seconds"], rows)


def _differences(one: Measured | None, base: Measured | None, way: str) -> list[float]:
    """How much more than in the runs of ``base`` is right in those of ``one``, in 0..1, for each person of both.

    All seeds of each count, which are not paired: where there are more of one, its mean is known better.
    """
    if not (one and base):
        return []
    ours, theirs = one.kept.by_person(way), base.kept.by_person(way)
    return [ours[person] - theirs[person] for person in ours if person in theirs]


def designed(known: Groups) -> str:
    """What each factor of the designed experiment adds, in points, with the standard error over persons."""
    found = {one.name: _effects(one.name, known) for one in plan.DEVELOPMENT}
    if not any(map(len, found.values())):
        return "Not run yet."
    rows = []
    for place, (setting, title) in enumerate(plan.FACTORS.items()):
        cells = []
        for way in range(len(NAMES)):
            sets = [effects[:, way, place] for effects in found.values()]
            cells += [_mean(values) for values in (*sets, np.concatenate(sets))]
        rows.append([title, f"`{setting}`", *cells])
    names = [*(one.name.partition("-")[2] for one in plan.DEVELOPMENT), "all"]
    table = _table(["factor", "setting", *(f"{way}, {name}" for way in NAMES.values() for name in names)], rows)
    counts = {name: len(_recipes(name, known)) for name in found}
    partial = [f"{count} of {len(plan.DESIGN)} on {name}" for name, count in counts.items() if count < len(plan.DESIGN)]
    return "\n\n".join([f"So far of the recipes: {', '.join(partial)}."] * bool(partial) + [table])


def _recipes(experiment: str, known: Groups) -> dict[str, Measured]:
    """Those of the design that are on record: all, or its first half, which is a design too (of resolution III)."""
    there = [known.get(plan.named(experiment, recipe)) for recipe in plan.DESIGN]
    found = dict(itertools.takewhile(lambda pair: pair[1], zip(plan.DESIGN, there)))
    count = max((n for n in (plan.HALF, len(plan.DESIGN)) if n <= len(found)), default=0)
    return dict(itertools.islice(found.items(), count))  # type: ignore[arg-type]


def _effects(experiment: str, known: Groups) -> np.ndarray:
    """By least squares over the recipes, of each person whom all tested: (persons, ways, factors), in 0..1.

    NaN where a factor is never on.
    """
    found = _recipes(experiment, known)
    if not found:
        return np.empty((0, len(NAMES), len(plan.FACTORS)))
    shares = [[one.kept.by_person(way) for way in NAMES] for one in found.values()]
    everywhere = [person for person in shares[0][0] if all(person in by[0] for by in shares)]
    right = np.array([[[by[person] for person in everywhere] for by in ways] for ways in shares])
    on = np.column_stack([np.ones(len(found)), [plan.DESIGN[recipe] for recipe in found]])
    fitted = np.linalg.lstsq(on, right.reshape(len(found), -1))[0]
    fitted[~on.any(axis=0)] = np.nan
    return fitted[1:].reshape(len(plan.FACTORS), len(NAMES), -1).T


def _mean(values: np.ndarray) -> str:
    """The mean of ``values`` in 0..1, in points, with the standard error."""
    if not len(values) or np.isnan(values).any():
        return "-"
    return f"{100 * values.mean():+z.1f} ± {100 * error(list(values)):.1f}"


def evaluated(results: Mapping[str, Kept]) -> str:
    """The preset ``robust`` beside ``best``, over the runs that both have, paired by person; then the means."""
    rows, sums = [], []
    for one in groups.EXPERIMENTS:
        base, ours = (results.get(Group(one, recipe).name) for recipe in (plan.BEST, plan.ROBUST))
        if not (base and ours and base.runs.keys() & ours.runs.keys()):
            continue
        base, ours = (replace(kept, runs={name: kept.runs[name] for name in base.runs if name in ours.runs})
                      for kept in (base, ours))  # fmt: skip
        means = [[kept.accuracies(way).mean() for kept in (base, ours)] for way in WAYS[:2]]
        tests = [said(compare([ours], [base], way)) for way in WAYS[:2]]
        rows.append([one.title, str(len(ours.runs)), *_sides(means, tests)])
        sums.append(means)
    if rows:
        rows.append(["mean of these", "", *_sides(np.mean(sums, axis=0), [""] * 2)])
        there = [one.experiment for one in plan.EVALUATED if one.name in results]
        pairs = [[results[Group(one, recipe).name] for one in there] for recipe in (plan.ROBUST, plan.BEST)]
        tests = [said(compare(*pairs, way)) for way in WAYS[:2]]
        rows.append(["all who were filmed, each once", "", "", "", tests[0], "", "", tests[1]])
    header = ["dataset and protocol", "runs"]
    for way in WAYS[:2]:
        header += [f"`{plan.BEST}`, {NAMES[way]}", f"`{plan.ROBUST}`, {NAMES[way]}", "points more"]
    return _table(header, rows)


def _sides(means: Sequence[Sequence[float]] | np.ndarray, tests: Sequence[str]) -> list[str]:
    cells = []
    for (base, ours), test in zip(means, tests):
        cells += [percent(float(base)), percent(float(ours)), test or f"{100 * (ours - base):+z.1f}"]
    return cells


def unseen(results: Mapping[str, Kept]) -> dict[str, Kept]:
    """The same groups, of the persons who had no part in choosing."""
    found = {}
    for group in groups.every():
        if group.name not in results or group.experiment.name in CHOSEN:
            continue
        dataset = group.experiment.data["dataset"]
        used = {*groups.DEVELOPMENT.get(dataset, ()), *groups.SEEN.get(dataset, ())}
        one = results[group.name]
        runs = {name: {p: counts for p, counts in persons.items() if p not in used}
                for name, persons in one.runs.items()}  # fmt: skip
        found[group.name] = replace(one, runs={name: persons for name, persons in runs.items() if persons})
    return found


def persons(known: Groups) -> str:
    """Accuracy by number of training persons."""
    rows = []
    for title, experiments in plan.CURVES.items():
        for recipe, name in plan.FEW.items():
            for way, called in NAMES.items():
                found = [known.get(plan.named(one, recipe)) for one in experiments.values()]
                cells = [percent(float(one.kept.accuracies(way).mean())) if one else "-" for one in found]
                if any(found):
                    rows.append([title, name, called, *cells, *["-"] * (4 - len(cells))])
    return _table(["dataset", "recipe", "by", *(f"{n} train" for n in (1, 2, 3, 4))], rows)


def decided_together(known: Groups) -> str:
    """Voting, LSTM and both added up, of single runs and of all seeds together; and what LSTMs together add to each."""
    base = [(one.title, plan.BEST, plan.named(one.name, plan.BEST)) for one in plan.DEVELOPMENT]
    once = [(group.experiment.title, group.recipe, group.name) for group in plan.EVALUATED]
    rows, every = [], []
    for title, recipe, name in (*base, *once):
        if found := known.get(name):
            alone, together = (_by_person(sums) for sums in (found.added, found.seeds))
            shares = [sum(counts.values()) for counts in (alone, together)]
            cells = [percent(right / count) for count, *ways in shares for right in ways]
            place = 1 + WAYS.index("lstm")
            more = [float(together[one][place] / together[one][0] - alone[one][place] / alone[one][0]) for one in alone]
            rows.append([title, f"`{recipe}`", *cells, said(compared(more, np.random.default_rng(0)))])
            every += more * (recipe == plan.ROBUST)
    if every:
        test = said(compared(every, np.random.default_rng(0)))
        rows.append(["all who were filmed, each once", f"`{plan.ROBUST}`", *[""] * (2 * len(WAYS)), test])
    ways = ["voting", "LSTM", "both"]
    return _table(["dataset", "recipe", *ways, *(f"together: {way}" for way in ways), "LSTM together, points"], rows)


def _by_person(sums: Mapping[str, Mapping[str, Sequence[int]]]) -> dict[str, np.ndarray]:
    """Sequences, and those that are decided rightly in each way, over all runs: of each person."""
    found: dict[str, np.ndarray] = {}
    for persons in sums.values():
        for person, counts in persons.items():
            found[person] = found.get(person, 0) + np.array(counts)
    return found


def _table(header: list[str], rows: list[list[str]]) -> str:
    return markdown(Table(header, rows)) if rows else "Not run yet."
