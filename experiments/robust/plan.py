"""What is run for docs/robust.md: each variant on development persons, few persons, and networks to go on with."""

import tomllib
from pathlib import Path

from experiments.results.groups import PRETRAINED, Experiment, Group

BEST = "best"
"""What every variant is measured against."""
_READ = tomllib.loads(Path(__file__).with_name("variants.toml").read_text(encoding="utf-8"))
VARIANTS: dict[str, dict[str, str]] = _READ["variants"]
"""By heading the recipes that change one thing, each with what it is called."""
FEW: dict[str, str] = _READ["recipes-of-persons"]
"""What is compared where few persons train."""
TITLES = {recipe: title for heading in VARIANTS.values() for recipe, title in heading.items()}
DEVELOPMENT = tuple(Experiment(**one, recipes=(BEST, *TITLES)) for one in _READ["experiment"])
PERSONS = tuple(Experiment(**one, recipes=tuple(FEW)) for one in _READ["persons"])
PRETRAINING = tuple(Experiment(**one, recipes=(BEST,)) for one in _READ["pretraining"])
CURVES = {
    "IXMAS part": {1: "persons-ixmas-1", 2: "persons-ixmas-2", 3: "robust-ixmas"},
    "Weizmann, ten actions": {
        1: "persons-weizmann-1", 2: "persons-weizmann-2", 3: "persons-weizmann-3", 4: "robust-weizmann",
    },
}  # fmt: skip
"""By dataset and number of training persons the experiment."""


def every() -> list[Group]:
    """All groups, those to go on with first; windows of another size go on with none."""
    made = [Group(one, recipe) for one in (*PRETRAINING, *DEVELOPMENT, *PERSONS) for recipe in one.recipes]
    return [group for group in made if not (PRETRAINED in group.recipe and group.experiment.settings)]


def named(experiment: str, recipe: str) -> str:
    """The name of a group."""
    return f"{experiment}-{recipe}".replace(" ", "+")
