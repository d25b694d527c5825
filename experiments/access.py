"""Where experiments reach into seqdl: what runs have left behind, and running some; each kind of access once."""

from __future__ import annotations

import contextlib
import shutil
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from seqdl.base import files
from seqdl.config import Config, from_dict, to_dict
from seqdl.crossval import Watcher
from seqdl.datasets.base import Dataset
from seqdl.datasets.base import Sequence as Clip
from seqdl.evaluation import crossval as crossvals
from seqdl.evaluation import evaluate as evaluation
from seqdl.evaluation import processes
from seqdl.evaluation import run as whole_run
from seqdl.model import checkpoint
from seqdl.model.recogniser import Recogniser
from seqdl.reports import record as records
from seqdl.reports import runs
from seqdl.runs import folder as run_folder
from seqdl.runs import ledger
from seqdl.stores import frames, points
from seqdl.training import two_steps
from seqdl.training.randomness import generator
from seqdl.training.schedule import Schedule

Row = dict[str, Any]
"""A finished run as a row of a table, or some of them summed up."""


class Record(NamedTuple):
    """What is kept of a finished cross-validation: its record, its runs as rows, and their summary."""

    name: str
    content: Mapping[str, Any]
    rows: Sequence[Row]
    total: Row

    @property
    def config(self) -> Config:
        """Its configuration; seed and draw are those of the first run."""
        return from_dict(self.content["config"])

    @property
    def left(self) -> int:
        """How many of its runs are not finished."""
        return self.content["planned"] - len(self.rows) - len(self.content["failed"])

    def decided(self) -> Iterator[Mapping[str, Any]]:
        """Each decision of each run: name, person, label, steps, and what voting and the LSTM said."""
        for _, _, result in records.unpack(self.content):
            yield from result["sequences"]


def read_record(path: Path) -> Record:
    """The record of a cross-validation."""
    rows, _ = runs.collect([path])
    [total] = runs.groups(rows)
    return Record(path.stem, files.read_json(path), rows, total)


def read_records(folder: Path, pattern: str) -> list[Record]:
    """The records in a folder whose names are of a pattern."""
    return [read_record(path) for path in sorted(folder.glob(f"{pattern}.json"))]


def keep_record(folder: Path, target: Path, partial: bool) -> tuple[int, int]:
    """Keep the record of a cross-validation's folder; how many runs are in it, and how many are not finished.

    Of one with unfinished runs nothing is kept, unless ``partial``.
    """
    kept = records.pack(folder)
    done = len(kept["runs"])
    left = kept["planned"] - done - len(kept["failed"])
    if partial or not left:
        records.write(target, kept)
    return done, left


def evaluations(folder: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Each line of the ledgers in a folder's records, with the record's name."""
    for path in sorted(folder.glob("*.json")):
        for line in files.read_json(path).get("evaluations", ()):
            yield path.stem, line


def decides(run: Mapping[str, Any]) -> tuple[str, ...]:
    """By what a run, or a summary, decides: some of ``windows``, ``voting``, ``lstm``."""
    return runs.decides(run)


def finished(folder: Path) -> dict[Path, Mapping[str, Any]]:
    """The results of the finished runs in a cross-validation's folder, by their folders."""
    return {path.parent: files.read_json(path) for path in sorted(folder.glob("*/result.json"))}


def collect(paths: Iterable[str | Path]) -> list[Row]:
    """The finished runs in some folders."""
    return runs.collect(paths)[0]


def by_draw(rows: Iterable[Row], way: str) -> dict[int, float]:
    """The mean accuracy of each draw over its seeds."""
    gathered = defaultdict(list)
    for row in rows:
        gathered[row["draw"]].append(row[way]["accuracy"])
    return {draw: float(np.mean(values)) for draw, values in gathered.items()}


def spread(values: Sequence[float]) -> str:
    """In brackets, how far several accuracies are apart: standard deviation, lowest and highest."""
    if len(values) < 2:
        return ""
    return f" ({100 * np.std(values, ddof=1):.1f}; {100 * min(values):.1f} to {100 * max(values):.1f})"


def environment() -> dict[str, Any]:
    """What this is run with: versions, processor, cores, commit."""
    return run_folder.environment()


def cores() -> int:
    """Cores that this process may use."""
    return run_folder.cores()


# Running


def train(config: Config, folder: Path) -> Mapping[str, Any]:
    """Train and evaluate one run; its result."""
    return whole_run.train(config, folder, say=say)[1]


def begin(folder: Path, config: Config) -> None:
    """Make a run's folder where there is none, or one that died before it had begun."""
    if not (folder / "env.json").is_file():
        shutil.rmtree(folder, ignore_errors=True)
        run_folder.create(folder, config)


def go_on(config: Config, folder: Path) -> None:
    """Run what is left of one draw."""
    crossvals.run_draw(to_dict(config), str(folder))


def row(folder: Path) -> Row | None:
    """The row of a run; None where it is not finished."""
    return crossvals.finished(folder) if (folder / "result.json").is_file() else None


def origin(folder: Path) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """A run's configuration and the environment that it was begun in."""
    config, environment = (files.read_json(folder / f"{name}.json") for name in ("config", "env"))
    return config, environment


def crossval(config: Config, seeds: Sequence[int], folder: Path, workers: int) -> dict[str, Any]:
    """Run what is not yet finished of a cross-validation, and show how it goes; the content of crossval.json."""
    with contextlib.closing(Watcher(folder)) as watcher:
        return crossvals.crossval(config, seeds, folder, workers, watch=watcher.watch)


def draws(config: Config, seeds: Sequence[int]) -> dict[str, Config]:
    """The runs of a cross-validation by their names."""
    return {draw.name: draw.config for draw in crossvals.plan(config, seeds)[1]}


class Job(NamedTuple):
    """Something to be done in a process of its own: a function of a module, and what it is given."""

    name: str
    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    log: Path


def do(jobs: Iterable[Job], workers: int) -> Iterator[Any]:
    """Do some jobs, several at once; one that is killed is tried again. Yields what happens to them."""
    with contextlib.closing(processes.run([processes.Job(*job) for job in jobs], workers, retries=2)) as events:
        yield from events


def choose(config: Config) -> tuple[Dataset, Sequence[str], Sequence[str]]:
    """The dataset that a configuration names, the persons who train and those who test."""
    dataset, split = whole_run.choose(config)
    return dataset, split.train, split.test


def write_manifest(folder: Path, content: Mapping[str, Any]) -> None:
    """Write the crossval.json of a folder of runs."""
    files.write_json(folder / crossvals.MANIFEST, content)


class Material(NamedTuple):
    """A dataset that is prepared: the configuration with its box, the store, and the sequences that are in it."""

    config: Config
    prepared: Any
    sequences: Sequence[Clip]

    def of(self, persons: Iterable[str]) -> Material:
        """The same with some persons' sequences alone, person by person."""
        return self._replace(sequences=[clip for person in persons for clip in self.sequences if clip.person == person])


def prepare(dataset: Dataset, config: Config, folder: Path | None = None) -> Material:
    """Prepare a dataset for a configuration's model, in a folder or in the cache."""
    config = whole_run.with_box(config, dataset)
    prepared = (points if config.model == "stip-lstm" else frames).prepare(dataset, config, folder)
    return Material(config, prepared, whole_run.usable(dataset, prepared))


def network(config: Config, classes: Sequence[str]) -> Any:
    """A recogniser with the initial weights that a run of this configuration begins with."""
    return Recogniser(config, classes, generator(config.seed, config.data.draw, "initial weights"))


def recogniser(folder: Path) -> Any:
    """The networks of a finished run."""
    return Recogniser.load(folder)


def keep_network(recogniser: Any, path: Path) -> None:
    """Write a ConvNet's checkpoint, as it is before the first pass."""
    net, config = recogniser.convnet, recogniser.config
    arrays = {"theta": net.parameters.vector, "velocity": net.parameters.like().vector}
    values = {"schedule": Schedule(config.convnet).state(), "log": [], "classes": list(recogniser.classes)}
    checkpoint.save(path, arrays, values)


def learn(
    stage: str, recogniser: Any, material: Material, folder: Path, on_pass: Callable[[], None] = lambda: None
) -> None:
    """Train one stage, ``convnet`` or ``lstm``, on the material's sequences."""
    step = {"convnet": two_steps.train_convnet, "lstm": two_steps.train_lstm}[stage]
    step(recogniser, material.prepared, material.sequences, folder, [], on_pass)


def describe(recogniser: Any, material: Material) -> np.ndarray:
    """What the LSTM learns from: the features of all copies of the material's sequences."""
    return two_steps.training_features(recogniser, material.prepared, material.sequences)[0]


def evaluate(recogniser: Any, material: Material) -> dict[str, Any]:
    """Decide the material's sequences; the scores, as a result has them."""
    return evaluation.evaluate(recogniser, material.prepared, material.sequences)


def note(folder: Path, config: Config, kind: str, persons: Iterable[str], scores: Mapping[str, Any]) -> dict[str, str]:
    """Add an evaluation to the ledger; what a result says of it."""
    date = ledger.note(folder, config, kind, persons, scores)
    return {"date": date, "kind": kind, "ledger": ledger.NAME}


def say(line: str) -> None:
    """A line on standard error."""
    print(line, file=sys.stderr, flush=True)
