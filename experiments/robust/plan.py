"""What is run for docs/robust.md: each variant on development persons, few persons, and networks to go on with."""

import tomllib
from pathlib import Path

import numpy as np
from scipy.linalg import hadamard

from experiments.results.groups import EXPERIMENTS, PRETRAINED, Experiment, Group

BEST, ROBUST = "best", "robust"
"""What every variant is measured against, and the preset that came of it."""
_READ = tomllib.loads(Path(__file__).with_name("variants.toml").read_text(encoding="utf-8"))
VARIANTS: dict[str, dict[str, str]] = _READ["variants"]
"""By heading the recipes that change one thing, each with what it is called."""
FEW: dict[str, str] = _READ["recipes-of-persons"]
"""What is compared where few persons train."""
FACTORS: dict[str, str] = _READ["factors"]
"""What is switched on and off in the designed experiment: settings, each with what it is called."""
TITLES = {recipe: title for heading in VARIANTS.values() for recipe, title in heading.items()}


def design(factors: int) -> np.ndarray:
    """Which of up to 16 factors are on in each of 31 recipes, the first of which has none: of bool, (31, factors).

    A two-level design of resolution IV (Box and Hunter, Technometrics 1961): over its 32 rows each factor is on in
    half, independently of any other one, and of how any two of them work together. The row in which all are on is left
    out.
    """
    columns = [column for column in range(32) if column.bit_count() % 2]
    return np.delete(hadamard(32)[:, columns] < 0, 31, axis=0)[:, :factors]


DESIGN = {" ".join([BEST, *np.array(list(FACTORS))[row]]): row for row in design(len(FACTORS))}
"""By recipe which factors are on."""
HALF = 16
"""So many of the first recipes are balanced by themselves, of all factors but one that is on in none of them."""
DEVELOPMENT = tuple(Experiment(**one, recipes=tuple({BEST: 0} | TITLES | DESIGN)) for one in _READ["experiment"])
PERSONS = tuple(Experiment(**one, recipes=tuple(FEW)) for one in _READ["persons"])
PRETRAINING = tuple(Experiment(**one, recipes=(BEST,)) for one in _READ["pretraining"])
EVALUATED = tuple(Group(one, ROBUST) for one in EXPERIMENTS
                  if one.name in ("weizmann-10", "ixmas-persons", "ut-1", "ut-2"))  # fmt: skip
"""Where everybody who was filmed is tested, and nobody twice: run by experiments.results."""
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
