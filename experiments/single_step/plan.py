"""What is compared in docs/single-step.md: the groups of the answer, and those of the search on development persons."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

from experiments.results import groups
from experiments.results.groups import Experiment, Group

T = TypeVar("T")
DATASETS = ("ixmas-draws", "ixmas-persons", "weizmann-10", "ut-1", "ut-2", "actors-cut")
"""Experiments of docs/results.md."""
TWO_STEPS = {
    "two-1": "two steps, 1 pass",
    "two-2": "two steps, 2 passes",
    "two-4": "two steps, 4 passes",
    "two-8": "two steps, 8 passes",
    "two-20": "two steps, 20 passes",
    "best": "two steps, 40 passes (`best`)",
}
"""By the passes of the ConvNet, few to many."""
FROM_SCRATCH = {
    "single single_step.epochs=14": "single step, a quarter of the passes",
    "single single_step.crops=1": "single step, one crop of a sequence in each pass",
    "single": "single step",
}
SINGLE_STEP = FROM_SCRATCH | {
    "warm": "single step after 3 passes of step one",
    "frozen": "the same, ConvNet then frozen",
    "single single_step.warm=best": "single step on a finished `best`",
}
CONTROLS = {"control": "two steps, untrained ConvNet", "untrained": "single step, untrained ConvNet"}
TITLES = TWO_STEPS | SINGLE_STEP | CONTROLS
"""All recipes of the answer, in the order of its tables."""
PICTURES = "single-step"
"""The pictures' folder, beside the page."""
FEW, MANY = "two-8", "best"
"""What the single step is measured against."""
ANSWER = (MANY, FEW, "single", "warm")
"""What the README shows."""
ONCE = tuple(recipe for recipe in SINGLE_STEP if " " in recipe)
"""Recipes with settings of their own, which are tried on the first dataset alone."""
STANDARD = ("best", "control")
"""Recipes whose runs are those of docs/results.md."""

_SEARCH = tomllib.loads(Path(__file__).with_name("variants.toml").read_text(encoding="utf-8"))
VARIANTS: dict[str, str] = _SEARCH["variants"]
"""What was tried on development persons: recipes, each with what it is called."""


EXPERIMENTS = {one.name: one for one in groups.EXPERIMENTS if one.name in DATASETS}
DEVELOPMENT = {one["name"]: Experiment(**one, recipes=tuple(VARIANTS)) for one in _SEARCH["experiment"]}


def answer() -> list[Group]:
    """Every dataset with its recipes."""
    return [Group(EXPERIMENTS[name], recipe) for name in DATASETS for recipe in recipes(name)]


def recipes(dataset: str) -> list[str]:
    """What is run of a dataset: every recipe or, of all datasets but the first, those that are not tried once."""
    return [recipe for recipe in TITLES if dataset == DATASETS[0] or recipe not in ONCE]


def search() -> list[Group]:
    """Every variant on the development persons of two datasets, one of whom is left out in turn."""
    return [Group(experiment, recipe) for experiment in DEVELOPMENT.values() for recipe in VARIANTS]


def by_recipe(experiment: Experiment, known: Mapping[str, T]) -> dict[str, T]:
    """What is known of an experiment's groups by their names, here by recipe and in the order of the plan."""
    recipes = VARIANTS if experiment.name in DEVELOPMENT else TITLES
    names = {recipe: Group(experiment, recipe).name for recipe in recipes}
    return {recipe: known[name] for recipe, name in names.items() if name in known}
