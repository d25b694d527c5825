"""The groups of runs behind docs/results.md: which there are, what they cost, and how one is run.

An experiment is a dataset under a protocol. Each is done with several recipes, and experiment and recipe together are a
group: one cross-validation in a folder of its own, such as ``runs/results/ixmas-draws-best``.
"""

from __future__ import annotations

import contextlib
import fnmatch
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from seqdl import config as configuration
from seqdl.base import files
from seqdl.config import Config
from seqdl.errors import UsageError
from seqdl.presets import preset

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

    ``folder`` is the dataset's folder below the data root, ``data`` the configuration's section, ``cost`` the measured
    seconds on one core of a pass of the ConvNet (with the default step) and of everything else in a run. ``trained``
    names the experiment whose networks are only tried here; ``note`` is a sentence for the reader.
    """

    name: str
    title: str
    data: dict[str, Any]
    cost: tuple[float, float]
    folder: str = ""
    settings: dict[str, Any] = field(default_factory=dict)
    recipes: tuple[str, ...] = EVERY
    seeds: tuple[int, ...] = FIVE
    draws: int = 5
    trained: str = ""
    note: str = ""


def _weizmann(variant: str, actions: str, cost: tuple[float, float]) -> Experiment:
    data = {"dataset": "weizmann", "variant": variant, "protocol": "leave-one-person-out"}
    title = f"Weizmann, {actions}: leave one person out"
    return Experiment(f"weizmann-{variant}", title, data, cost, "weizmann", draws=9)


def _interaction(number: int) -> Experiment:
    data = {"dataset": "ut-interaction", "variant": f"set{number}", "protocol": "leave-one-sequence-out"}
    title = f"UT-Interaction, set {number}: leave one sequence out"
    wide = {"convnet": {"rows": 34, "columns": 54}}
    note = "The input lies on its side here, 34 x 54 in place of 54 x 34, since it has to hold two people."
    return Experiment(f"ut-{number}", title, data, (0.5, 5.0), "ut-interaction", wide, draws=10, note=note)


EXPERIMENTS = (
    _weizmann("10", "ten actions", (0.35, 5.0)),
    _weizmann("9", "nine actions (without skip)", (0.35, 5.0)),
    Experiment(
        "ixmas-draws",
        "IXMAS part: five draws of 5 / 2 persons",
        {"dataset": "ixmas", "variant": "all", "protocol": "draws"},
        (1.1, 5.0),
        "ixmas",
    ),
    Experiment(
        "ixmas-persons",
        "IXMAS part: leave one person out",
        {"dataset": "ixmas", "variant": "all", "protocol": "leave-one-person-out"},
        (1.35, 5.0),
        "ixmas",
        draws=7,
    ),
    _interaction(1),
    _interaction(2),
    Experiment(
        "actors-cut",
        "Actors, cut sequences (as KTH2): five draws of 16 / 9 persons",
        {"dataset": "actors", "variant": "full", "protocol": "draws"},
        (7.5, 30.0),
        seeds=(0,),
    ),
    Experiment(
        "actors-whole",
        "Actors, whole videos (as KTH1): five draws of 16 / 9 persons",
        {"dataset": "actors", "variant": "full-whole", "protocol": "draws"},
        (10.0, 40.0),
        seeds=(0,),
    ),
    Experiment(
        "kth-cut",
        "Networks trained on actors, tried on the cut sequences of 14 videos of KTH",
        {"dataset": "kth", "variant": "kth2"},
        (0.0, 5.0),
        "kth",
        recipes=EVERY[:3],
        seeds=(0,),
        trained="actors-cut",
    ),
    Experiment(
        "kth-whole",
        "Networks trained on actors, tried on 14 whole videos of KTH",
        {"dataset": "kth", "variant": "kth1"},
        (0.0, 5.0),
        "kth",
        recipes=EVERY[:3],
        seeds=(0,),
        trained="actors-whole",
    ),
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
) -> dict[str, Any]:
    """Run what is not yet finished of a group; the content of its crossval.json."""
    from seqdl.crossval import Watcher
    from seqdl.evaluation.crossval import crossval

    if group.experiment.trained:
        import trials

        return trials.run(group, out, make_config(group, data_root, settings), seeds)
    config, folder = make_config(group, data_root, settings), out / group.name
    watcher = Watcher(folder)
    with contextlib.closing(watcher):
        return crossval(config, seeds, folder, workers, watch=watcher.watch)


@dataclass(frozen=True)
class Cost:
    """What is left of a group: runs in all, finished ones, and seconds of one core for the others."""

    runs: int
    finished: int
    seconds: float | None

    @property
    def minutes(self) -> str:
        """The core-minutes that are left; a question mark where nothing like it was ever measured."""
        return "?" if self.seconds is None else f"{self.seconds / 60:.0f}"


def cost(group: Group, out: Path, seeds: Sequence[int], config: Config) -> Cost:
    """What a group costs, by the seconds of its finished runs, or else by those once measured for its experiment."""
    experiment, runs = group.experiment, group.experiment.draws * len(seeds)
    done = finished(out / group.name)
    one: float | None = sum(done) / len(done) if done else None
    if one is None and group.recipe != "stip":
        passes = config.convnet.epochs * Config().convnet.window_step / config.convnet.window_step
        one = experiment.cost[0] * passes + experiment.cost[1]
    left = max(runs - len(done), 0)
    return Cost(runs, len(done), 0.0 if not left else None if one is None else one * left)


def finished(folder: Path) -> list[float]:
    """The seconds of each finished run in a group's folder."""
    seconds = []
    for path in sorted(folder.glob("*/result.json")):
        result: Mapping[str, Any] = files.read_json(path)
        seconds.append(float(result["seconds"]))
    return seconds
