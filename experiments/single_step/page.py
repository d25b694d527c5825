"""The tables of docs/single-step.md, made of the records alone."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np

from experiments.results.groups import Group, make_config
from experiments.single_step import plan
from experiments.single_step.kept import Kept, compare, settings
from seqdl.reports.tables import Table, markdown, percent
from seqdl.runs.significance import Comparison

T = TypeVar("T")
Groups = Mapping[str, Kept]
Costs = Mapping[str, float]
WAYS = {"lstm": "LSTM", "voting": "voting"}
LEVEL = 0.9
"""The accuracy whose price is asked for, beside that of ``best``."""
POINT = 0.01


def blocks(kept: Groups, costs: Costs, tried: Groups) -> dict[str, str]:
    """What stands in each place of the document but what is said of gradients."""
    sections = {name: section(name, kept, costs) for name in plan.DATASETS}
    whole = {"lstm": overview(kept, "lstm"), "voting": overview(kept, "voting"), "quick": quick(kept)}
    whole |= {"missing": missing({**kept, **tried}), "against": against(kept), "price": price(kept, costs)}
    return {**whole, **sections, "variants": variants(tried)}


def of(name: str, kept: Mapping[str, T]) -> dict[str, T]:
    """What is known of a dataset, by recipe."""
    return plan.by_recipe(plan.EXPERIMENTS[name], kept)


def answer(kept: Groups, costs: Costs) -> str:
    """The README's table: what the LSTM reaches in how many seconds."""
    rows = []
    for name in plan.DATASETS:
        here, seconds = of(name, kept), of(name, costs)
        cells = []
        for recipe in plan.ANSWER:
            accuracy = percent(float(here[recipe].accuracies("lstm").mean())) if recipe in here else "-"
            cells.append(accuracy + (f" in {seconds[recipe]:.0f} s" if recipe in here and recipe in seconds else ""))
        rows.append([plan.EXPERIMENTS[name].title, *cells])
    header = ["accuracy of the LSTM, time of a training on one core", *(plan.TITLES[recipe] for recipe in plan.ANSWER)]
    return markdown(Table(header, rows))


def missing(kept: Groups) -> str:
    """What is not run, not whole, or not of a recipe as it is now."""
    every = [*plan.answer(), *plan.search()]
    lines = []
    for name in plan.DATASETS:
        absent = [f"`{recipe}`" for recipe in plan.recipes(name) if recipe not in of(name, kept)]
        lines += [f"- {name}: {', '.join(absent)}"] * bool(absent)
    parts = ["\n".join(["Not run yet, and so missing here:", "", *lines])] * bool(lines)
    for what, names in (
        ("Not finished", [name for name, one in kept.items() if len(one.runs) + len(one.failed) < one.planned]),
        ("Run before the recipe came to be what it is now", [one.name for one in every if _stale(one, kept)]),
    ):
        if names:
            parts.append(f"{what}: {', '.join(f'`{name}`' for name in names)}.")
    return "\n\n".join(parts) or "Every group is run as its recipe says."


def _stale(group: Group, kept: Groups) -> bool:
    return group.name in kept and kept[group.name].settings != settings(make_config(group, Path()))


def drawn(name: str, kept: Groups, costs: Costs) -> bool:
    """Whether there is anything of a dataset to be drawn: accuracy and cost of a recipe that is no control."""
    return not plan.CONTROLS.keys() >= of(name, kept).keys() & of(name, costs).keys()


def overview(kept: Groups, way: str) -> str:
    """Accuracies of all recipes on all datasets, each with its runs."""
    here = {name: of(name, kept) for name in plan.DATASETS}
    rows = []
    for recipe, title in plan.TITLES.items():
        cells = [_accuracy(found.get(recipe), way) for found in here.values()]
        if any(cell != "-" for cell in cells):
            rows.append([title, *cells])
    return markdown(Table(["recipe", *plan.DATASETS], rows)) if rows else "Not run yet."


def _accuracy(one: Kept | None, way: str) -> str:
    if one is None or (way == "voting" and not one.votes):
        return "-"
    return f"{percent(float(one.accuracies(way).mean()))} ({len(one.runs)})"


def section(name: str, kept: Groups, costs: Costs) -> str:
    """A dataset: a row for each recipe."""
    here, seconds = of(name, kept), of(name, costs)
    rows = []
    for recipe, one in here.items():
        cost = seconds.get(recipe)
        cells = [_spread(one, way) if way == "lstm" or one.votes else "-" for way in ("voting", "lstm")]
        learned = ", ".join(f"{passes:.3g}: {percent(accuracy)}" for passes, accuracy in one.training().values())
        tests = [_test(one, here.get(other)) if recipe != other else "" for other in (plan.FEW, plan.MANY)]
        runs = f"{len(one.runs)} of {one.planned}"
        rows.append([plan.TITLES[recipe], runs, f"{cost:.1f}" if cost else "-", learned, *cells, *tests])
    header = ["recipe", "runs", "CPU s", "passes: training", "voting", "LSTM", "LSTM against 8 passes", "against 40"]
    if not rows:
        return "Not run yet."
    picture = f"![Accuracy against the seconds of a run]({plan.PICTURES}/{name}.png)"
    return "\n\n".join([*[picture] * drawn(name, kept, costs), markdown(Table(header, rows)), *_failures(here)])


def _spread(one: Kept, way: str) -> str:
    """Mean and standard error over persons."""
    persons = list(one.by_person(way).values())
    return f"{percent(float(one.accuracies(way).mean()))} ± {100 * error(persons):.1f}"


def error(values: Sequence[float]) -> float:
    """The standard error of a mean; 0 of a single value."""
    return float(np.std(values, ddof=1) / np.sqrt(len(values))) if len(values) > 1 else 0.0


def _test(one: Kept, other: Kept | None) -> str:
    return said(compare([one], [other])) if other else "-"


def said(test: Comparison | None) -> str:
    """Such as ``+1.2 (4 : 2, p = 0.5)``: points, persons for whom it is better and worse, and the p-value."""
    if test is None:  # they have no run in common
        return "-"
    about = "" if test.exact else "about "
    return f"{100 * test.difference:+z.1f} ({test.better} : {test.worse}, p = {about}{test.pvalue:.2g})"


def _failures(here: Mapping[str, Kept]) -> list[str]:
    failed = [
        f"- {plan.TITLES[recipe]}, {name}: {why}" for recipe, one in here.items() for name, why in one.failed.items()
    ]
    return ["\n".join(["Failed, and counted nowhere:", "", *failed])] * bool(failed)


def quick(kept: Groups) -> str:
    """Few passes against 40, on every dataset."""
    few = [recipe for recipe in plan.TWO_STEPS if recipe != plan.MANY]
    rows = []
    for name in plan.DATASETS:
        here = of(name, kept)
        if plan.MANY in here:
            cells = [_test(here[recipe], here[plan.MANY]) if recipe in here else "-" for recipe in few]
            rows.append([name, *cells])
    return markdown(Table(["LSTM against 40 passes", *(plan.TITLES[recipe] for recipe in few)], rows))


def against(kept: Groups) -> str:
    """Each recipe of the single step against two steps, few passes and many, over the persons of all datasets."""
    rows = []
    here = [of(name, kept) for name in plan.DATASETS]
    for recipe in plan.SINGLE_STEP:
        for other in (plan.FEW, plan.MANY):
            both = [(found[recipe], found[other]) for found in here if recipe in found and other in found]
            if both:
                tests = [said(compare(*zip(*both), way)) for way in WAYS]
                rows.append([plan.TITLES[recipe], plan.TITLES[other], str(len(both)), *tests])
    header = ["recipe", "against", "datasets", *WAYS.values()]
    return markdown(Table(header, rows)) if rows else "The single step is not run yet."


def price(kept: Groups, costs: Costs) -> str:
    """The cheapest recipe of each kind by which the LSTM reaches an accuracy, and how their costs compare."""
    rows = []
    for name in plan.DATASETS:
        here = of(name, kept)
        if plan.MANY not in here:
            continue
        top = float(here[plan.MANY].accuracies("lstm").mean())
        for goal, level in ((percent(LEVEL), LEVEL), (f"{percent(top - POINT)}, a point below 40 passes", top - POINT)):
            found = [_cheapest(kinds, here, of(name, costs), level) for kinds in (plan.TWO_STEPS, plan.SINGLE_STEP)]
            if any(found):
                share = f"{found[1][1] / found[0][1]:.2f}" if all(found) else "-"
                rows.append(
                    [name, goal, *(f"{plan.TITLES[one[0]]}: {one[1]:.1f} s" if one else "none" for one in found), share]
                )
    header = ["dataset", "accuracy to reach", "two steps", "single step", "share"]
    return markdown(Table(header, rows)) if rows else "Not measured yet."


def _cheapest(kinds: Iterable[str], here: Groups, costs: Costs, level: float) -> tuple[str, float] | None:
    good = [
        (recipe, costs[recipe])
        for recipe in kinds
        if recipe in here and recipe in costs and here[recipe].accuracies("lstm").mean() >= level - 1e-9
    ]
    return min(good, key=lambda one: one[1], default=None)


def variants(tried: Groups) -> str:
    """What was tried on development persons, against the first of them, over the persons of both datasets together."""
    base = next(iter(plan.VARIANTS))
    here = [plan.by_recipe(experiment, tried) for experiment in plan.DEVELOPMENT.values()]
    rows = []
    for recipe, title in plan.VARIANTS.items():
        pairs = [(found[recipe], found[base]) for found in here if recipe in found and base in found]
        test = said(compare(*zip(*pairs))) if pairs and recipe != base else ""
        cells = [_accuracy(found.get(recipe), way) for way in WAYS for found in here]
        if any(cell != "-" for cell in cells):
            rows.append([title, f"`{recipe}`", *cells, test])
    named = [f"{said}, {name.partition('-')[2]}" for said in WAYS.values() for name in plan.DEVELOPMENT]
    return markdown(Table(["tried", "recipe", *named, "LSTM against the first"], rows)) if rows else "Not run yet."
