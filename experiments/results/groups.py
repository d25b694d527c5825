"""The groups of runs behind docs/results.md: which there are, what they cost, and how one is run.

An experiment is a dataset under a protocol. Each is done with several recipes, and experiment and recipe together are a
group: one cross-validation in a folder of its own, such as ``runs/results/ixmas-draws-best``.
"""

import contextlib
import fnmatch
import time
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

import seqdl
from experiments import access
from experiments import cost as model
from experiments.cost import Size
from seqdl import config as configuration
from seqdl.base import cli
from seqdl.config import Config
from seqdl.datasets import registry
from seqdl.datasets.base import Dataset
from seqdl.errors import SeqdlError, UsageError
from seqdl.evaluation.evaluate import evaluate
from seqdl.presets import preset
from seqdl.reports.watcher import Watcher
from seqdl.runs import ledger
from seqdl.runs.folder import RunFolder
from seqdl.runs.manifest import Manifest
from seqdl.runs.result import Material as About
from seqdl.runs.result import Noted, Persons

RECIPES: dict[str, tuple[str, dict[str, Any]]] = {
    "paper": ("paper", {}),
    "best": ("best", {}),
    "robust": ("robust", {}),
    "control": ("best", {"convnet": {"epochs": 0}}),
    "stip": ("stip", {}),
    **{f"two-{passes}": ("best", {"convnet": {"epochs": passes}}) for passes in (1, 2, 4, 8, 20)},
    "single": ("single-step", {}),
    "warm": ("single-step-warm", {}),
    "frozen": ("single-step-warm", {"single_step": {"convnet_rate": 0.0}}),
    "untrained": ("single-step", {"single_step": {"convnet_rate": 0.0}}),
}
"""A preset, and what is changed of it. The control leaves the ConvNet of ``best`` untrained; ``stip`` has engineered
features in its place; ``two-4`` is ``best`` with 4 passes of the ConvNet; ``frozen`` is ``single-step-warm`` with a
ConvNet that stays as its own passes have left it, ``untrained`` the single step's control."""
STANDARD = ("paper", "best", "robust", "control", "stip")
"""What docs/results.md has of each dataset."""
WARM = "single_step.warm"
"""In a recipe this setting names the recipe whose networks it goes on with."""
PRETRAINED = "convnet.warm"
"""In a recipe this setting names a group, of another experiment, whose networks it goes on with."""
DEVELOPMENT = {"ixmas": ("alba", "amel", "andreas", "chiara"), "weizmann": ("daria", "denis", "eli", "ido", "ira")}
"""The persons on whom settings were chosen; of other datasets there are none."""
SEEN = {"weizmann": ("shahar",)}
"""Further persons who were looked at: whose clips showed that the person's box could be a torso."""


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
    recipes: Sequence[str] = STANDARD
    seeds: Sequence[int] = (0, 1, 2, 3, 4)
    draws: int = 5
    trained: str = ""


_READ = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
EXPERIMENTS = tuple(Experiment(**values) for values in _READ["experiment"])


@dataclass(frozen=True)
class Group:
    """An experiment with a recipe; its name is that of its folder and of its record.

    A recipe may have settings behind its name, with blanks between them: ``best lstm.cells=100``.
    """

    experiment: Experiment
    recipe: str

    @property
    def name(self) -> str:
        """Such as ``ixmas-draws-best``."""
        return f"{self.experiment.name}-{self.recipe}".replace(" ", "+")


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
    recipe, *own = group.recipe.split()
    name, changes = RECIPES[recipe]
    experiment, data, base = group.experiment, dict(group.experiment.data), preset(name)
    if experiment.folder:
        if data_root is None:
            raise UsageError(f"{group.name} needs videos: give the folder around {experiment.folder}/ with --data-root")
        data["data_dir"] = str(data_root / experiment.folder)
    for values in ({"data": data}, experiment.settings, changes):
        base = configuration.from_dict(values, base)
    return configuration.load(settings=[*own, *settings], base=base)


def before(group: Group) -> list[Group]:
    """The group whose networks a recipe goes on with, by its setting ``single_step.warm``; most go on with none."""
    settings = _settings(group)
    return [Group(group.experiment, settings[WARM])] if WARM in settings else []


def _settings(group: Group) -> dict[str, str]:
    return dict(word.split("=", 1) for word in group.recipe.split()[1:])  # type: ignore[misc]


def begun(config: Config, group: Group, out: Path) -> Config:
    """The configuration with the folder, beside the group's own, of the networks that it goes on with."""
    settings = [f"{WARM}={(out / other.name).absolute()}" for other in before(group)]
    if PRETRAINED in _settings(group):
        settings.append(f"{PRETRAINED}={(out / _settings(group)[PRETRAINED]).absolute()}")
    return configuration.load(settings=settings, base=config)


def run(
    group: Group, out: Path, data_root: Path | None, seeds: Sequence[int], workers: int, settings: Iterable[str] = ()
) -> Manifest:
    """Run what is not yet finished of a group."""
    config = begun(make_config(group, data_root, settings), group, out)
    if group.experiment.trained:
        return try_elsewhere(group, out, config, seeds)
    with contextlib.closing(Watcher(out / group.name)) as watcher:
        return seqdl.cross_validate(config, seeds, out / group.name, workers, watch=watcher.watch)


def try_elsewhere(group: Group, out: Path, config: Config, seeds: Sequence[int]) -> Manifest:
    """Let another group's networks decide these sequences, in a folder such as a cross-validation's; it trains none."""
    source, folder = out / f"{group.experiment.trained}-{group.recipe}", out / group.name
    networks = [path for path, result in access.finished(source).items() if result.seed in seeds]
    if not networks:
        what = f"{group.name} tries the networks of {source.name}"
        raise SeqdlError(f"{what}, and {source} holds none: run that group first")
    dataset = registry.load(config.data.dataset, config.data.data_dir, config.data.variant)
    material = access.prepare(dataset, config)
    folder.mkdir(parents=True, exist_ok=True)
    done = Manifest(folder, material.config, tuple(seeds), tuple(network.name for network in networks))
    done.write()
    for network in networks:
        target = folder / network.name
        if access.row(target) is None:
            _try(network, target, dataset, material)
            cli.say(f"{group.name}: {network.name} done")
        done.runs[network.name] = access.row(target)
    done.write()
    return done


def _try(network: Path, target: Path, dataset: Dataset, material: access.Material) -> None:
    """Decide the sequences and leave a run folder that says who was trained, and on whom."""
    started, run = time.monotonic(), seqdl.open_run(network)
    recogniser, trained = run.recogniser, run.result
    unknown = set(dataset.classes) - set(recogniser.classes)
    if unknown:
        raise SeqdlError(f"{network} does not know {', '.join(sorted(unknown))} of {dataset.name}: try another dataset")
    access.begin(target, recogniser.config)
    found = evaluate(recogniser, material.prepared, material.sequences)
    date = ledger.note(target, recogniser.config, "other", dataset.persons, found.scores)
    notes = (*dataset.notes, *material.prepared.notes)
    sizes = len(material.sequences), material.prepared.footage
    divided = f"trained on {trained.dataset.name}, {trained.split.name}"
    result = replace(
        trained,
        version=seqdl.__version__,
        dataset=About(dataset.name, dataset.variant, recogniser.classes, *sizes, notes, dataset.unit),
        protocol=f"Trained on {trained.dataset.name} ({trained.protocol}) and tried on {dataset.name}.",
        split=Persons(divided, trained.split.train_persons, dataset.persons),
        evaluated=Noted(date, "other", ledger.LEDGER),
        scores=found.scores,
        sequences=found.sequences,
        seconds=round(time.monotonic() - started, 1),
    )
    left = RunFolder(target)
    left.write_log([])  # of no pass: it was not trained here
    left.write_result(result)


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
    known = config.model in model.PREDICTED
    size = size_on_record(group.experiment, records) if known else None
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
            share = 0.0 if experiment.trained else train / (train + test)
            return Size(last.dataset.sequences, last.dataset.frames, share)
    return None
