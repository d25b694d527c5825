"""The groups of runs behind docs/results.md: which there are, what they cost, and how one is run.

An experiment is a dataset under a protocol. Each is done with several recipes, and experiment and recipe together are a
group: one cross-validation in a folder of its own, such as ``runs/results/ixmas-draws-best``.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from experiments import access
from experiments import cost as model
from experiments.cost import Size
from seqdl import config as configuration
from seqdl.config import Config
from seqdl.errors import UsageError
from seqdl.presets import preset
from seqdl.runs.manifest import Manifest

RECIPES: dict[str, tuple[str, dict[str, Any]]] = {
    "paper": ("paper", {}),
    "best": ("best", {}),
    "control": ("best", {"convnet": {"epochs": 0}}),
    "stip": ("stip", {}),
}
"""A preset, and what is changed of it. The control leaves the ConvNet of ``best`` untrained; ``stip`` has engineered
features in its place."""
DEVELOPMENT = {
    "ixmas": ("alba", "amel", "andreas", "chiara"),
    "weizmann": ("daria", "denis", "eli", "ido", "ira"),
}
"""The persons on whom settings were chosen; of other datasets there are none."""
SEEN = {"weizmann": ("shahar",)}
"""Further persons who were looked at: whose clips showed that the person's box could be a torso."""
EVERY = ("paper", "best", "control", "stip")
FIVE = (0, 1, 2, 3, 4)


@dataclass(frozen=True)
class Experiment:
    """A dataset under a protocol.

    ``folder`` is the dataset's folder below the data root, ``data`` the configuration's section. ``trained`` names the
    experiment whose networks are only tried here.
    """

    name: str
    title: str
    data: dict[str, Any]
    folder: str = ""
    settings: dict[str, Any] = field(default_factory=dict)
    recipes: tuple[str, ...] = EVERY
    seeds: tuple[int, ...] = FIVE
    draws: int = 5
    trained: str = ""


def _weizmann(variant: str, actions: str) -> Experiment:
    data = {"dataset": "weizmann", "variant": variant, "protocol": "leave-one-person-out"}
    title = f"Weizmann, {actions}: leave one person out"
    return Experiment(f"weizmann-{variant}", title, data, "weizmann", draws=9)


def _interaction(number: int) -> Experiment:
    data = {"dataset": "ut-interaction", "variant": f"set{number}", "protocol": "leave-one-sequence-out"}
    title = f"UT-Interaction, set {number}: leave one sequence out"
    wide = {"convnet": {"rows": 34, "columns": 54}}
    return Experiment(f"ut-{number}", title, data, "ut-interaction", wide, draws=10)


def _ixmas(name: str, title: str, protocol: str, draws: int) -> Experiment:
    data = {"dataset": "ixmas", "variant": "all", "protocol": protocol}
    return Experiment(f"ixmas-{name}", f"IXMAS part: {title}", data, "ixmas", draws=draws)


def _actors(name: str, title: str, variant: str) -> Experiment:
    data = {"dataset": "actors", "variant": variant, "protocol": "draws"}
    title = f"Actors, {title}: five draws of 16 / 9 persons"
    return Experiment(f"actors-{name}", title, data, seeds=(0,))


def _kth(name: str, title: str, variant: str) -> Experiment:
    data, trained = {"dataset": "kth", "variant": variant}, f"actors-{name}"
    title = f"Networks trained on actors, tried on {title} of KTH"
    return Experiment(f"kth-{name}", title, data, "kth", recipes=EVERY[:3], seeds=(0,), trained=trained)


EXPERIMENTS = (
    _weizmann("10", "ten actions"),
    _weizmann("9", "nine actions (without skip)"),
    _ixmas("draws", "five draws of 5 / 2 persons", "draws", 5),
    _ixmas("persons", "leave one person out", "leave-one-person-out", 7),
    _interaction(1),
    _interaction(2),
    _actors("cut", "cut sequences (as KTH2)", "full"),
    _actors("whole", "whole videos (as KTH1)", "full-whole"),
    _kth("cut", "the cut sequences of 14 videos", "kth2"),
    _kth("whole", "14 whole videos", "kth1"),
)


@dataclass(frozen=True)
class Group:
    """An experiment with a recipe; its name is that of its folder and of its record."""

    experiment: Experiment
    recipe: str

    @property
    def name(self) -> str:
        """Such as ``ixmas-draws-best``."""
        return f"{self.experiment.name}-{self.recipe}"


def every(experiments: Iterable[Experiment] = EXPERIMENTS) -> list[Group]:
    """All groups."""
    return [Group(experiment, recipe) for experiment in experiments for recipe in experiment.recipes]


def select(names: Sequence[str], groups: Sequence[Group]) -> list[Group]:
    """The groups with these names: ``ixmas`` for all that begin so, ``*-best`` as a pattern; all where none is."""
    for name in names:
        if not any(_fits(group.name, name) for group in groups):
            known = ", ".join(dict.fromkeys(group.experiment.name for group in groups))
            raise UsageError(f"--groups {name}: no such group; known: {known}, each with -paper, -best, -control")
    return [group for group in groups if not names or any(_fits(group.name, name) for name in names)]


def _fits(whole: str, name: str) -> bool:
    return whole.startswith(f"{name}-") or fnmatch.fnmatchcase(whole, name)


def make_config(group: Group, data_root: Path | None, settings: Iterable[str] = ()) -> Config:
    """The configuration of a group."""
    name, changes = RECIPES[group.recipe]
    experiment = group.experiment
    data = dict(experiment.data)
    if experiment.folder:
        if data_root is None:
            raise UsageError(f"{group.name} needs videos: give the folder around {experiment.folder}/ with --data-root")
        data["data_dir"] = str(data_root / experiment.folder)
    base = preset(name)
    for values in ({"data": data}, experiment.settings, changes):
        base = configuration.from_dict(values, base)
    return configuration.load(settings=settings, base=base)


def run(
    group: Group, out: Path, data_root: Path | None, seeds: Sequence[int], workers: int, settings: Iterable[str] = ()
) -> Manifest:
    """Run what is not yet finished of a group."""
    config = make_config(group, data_root, settings)
    if group.experiment.trained:
        from experiments.results import trials

        return trials.run(group, out, config, seeds)
    return access.crossval(config, seeds, out / group.name, workers)


class Cost(NamedTuple):
    """What is left of a group: runs in all, finished ones, and seconds of one core for the others."""

    runs: int
    finished: int
    seconds: float | None

    @property
    def minutes(self) -> str:
        """The core-minutes that are left; a question mark where the size is nowhere on record."""
        return "?" if self.seconds is None else f"{self.seconds / 60:.0f}"


def cost(group: Group, out: Path, records: Path, seeds: Sequence[int], config: Config) -> Cost:
    """What a group costs: by the seconds of its finished runs, or else by its dataset's size, as records have it."""
    runs, done = group.experiment.draws * len(seeds), seconds(out / group.name)
    left = max(runs - len(done), 0)
    if not left:
        return Cost(runs, len(done), 0.0)
    if done:
        return Cost(runs, len(done), left * sum(done) / len(done))
    size = size_on_record(group.experiment, records)
    return Cost(runs, 0, size and left * model.estimate(size, config))


def seconds(folder: Path) -> list[float]:
    """The seconds of each finished run in a group's folder."""
    return [result.seconds for result in access.finished(folder).values()]


def size_on_record(experiment: Experiment, records: Path) -> Size | None:
    """How large an experiment's dataset is, by the record of any of its groups."""
    for recipe in experiment.recipes:
        path = records / f"{experiment.name}-{recipe}.json"
        if path.is_file():
            last = access.read_record(path).last
            train, test = len(last.split.train_persons), len(last.split.test_persons)
            return Size(
                last.dataset.sequences, last.dataset.frames, 0.0 if experiment.trained else train / (train + test)
            )
    return None
