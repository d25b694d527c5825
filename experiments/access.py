"""Where experiments reach into seqdl: what runs have left behind, and running some; each kind of access once."""

from __future__ import annotations

import contextlib
import shutil
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import seqdl
from seqdl.base import files
from seqdl.config import Config, to_dict
from seqdl.datasets import choose as choosing
from seqdl.datasets.base import Dataset
from seqdl.datasets.base import Sequence as Clip
from seqdl.evaluation import crossval as crossvals
from seqdl.evaluation import evaluate as evaluation
from seqdl.evaluation import job
from seqdl.jobs import processes
from seqdl.model import checkpoint
from seqdl.model.recogniser import Recogniser
from seqdl.reports import runs
from seqdl.reports.watcher import Watcher
from seqdl.runs import environment as surroundings
from seqdl.runs import folder as run_folder
from seqdl.runs import ledger, manifest, summary
from seqdl.runs import record as records
from seqdl.runs.codec import encode
from seqdl.runs.folder import RunFolder
from seqdl.runs.ledger import Look
from seqdl.runs.manifest import Manifest
from seqdl.runs.result import Decided, Evaluation, Noted, Result, Score
from seqdl.runs.summary import Row, Summary
from seqdl.stores import frames, points
from seqdl.training import loop
from seqdl.training import stages as training
from seqdl.training.schedule import Schedule


class Record(NamedTuple):
    """What is kept of a finished cross-validation: its record, its runs as rows, and their summary."""

    name: str
    content: records.Record
    rows: Sequence[Row]
    total: Summary

    @property
    def config(self) -> Config:
        """Its configuration; seed and draw are those of the first run."""
        return self.content.config

    @property
    def last(self) -> Result:
        """The result of its last run, which tells the dataset."""
        return self.content.results[-1]

    @property
    def shown(self) -> tuple[str, ...]:
        """By what it decides, where that means something: some of ``windows``, ``voting``, ``lstm``."""
        return self.rows[0].shown

    @property
    def left(self) -> int:
        """How many of its runs are not finished."""
        return self.content.planned - len(self.rows) - len(self.content.failed)

    def decided(self) -> Iterator[Decided]:
        """Each decision of each run."""
        for result in self.content.results:
            yield from result.sequences


def read_record(path: Path) -> Record:
    """The record of a cross-validation."""
    rows, _ = runs.collect([path])
    [(_, total)] = summary.groups(rows)
    return Record(path.stem, records.read(path), rows, total)


def read_records(folder: Path, pattern: str) -> list[Record]:
    """The records in a folder whose names are of a pattern."""
    return [read_record(path) for path in sorted(folder.glob(f"{pattern}.json"))]


def keep_record(folder: Path, target: Path, partial: bool) -> tuple[int, int]:
    """Keep the record of a cross-validation's folder; how many runs are in it, and how many are not finished.

    Of one with unfinished runs nothing is kept, unless ``partial``.
    """
    kept = records.pack(folder)
    done = len(kept.runs)
    left = kept.planned - done - len(kept.failed)
    if partial or not left:
        records.write(target, kept)
    return done, left


def evaluations(folder: Path) -> Iterator[tuple[str, Look]]:
    """Each line of the ledgers in a folder's records, with the record's name."""
    for path in sorted(folder.glob("*.json")):
        if "evaluations" in files.read_json(path):  # dry runs and the paper's values are no records
            for look in records.read(path).evaluations:
                yield path.stem, look


def finished(folder: Path) -> dict[Path, Result]:
    """The results of the finished runs in a cross-validation's folder, by their folders."""
    found = [RunFolder(path) for path in sorted(folder.glob("*/"))]
    return {run.path: run.result for run in found if run.finished}


def collect(paths: Iterable[str | Path]) -> list[Row]:
    """The finished runs in some folders."""
    return runs.collect(paths)[0]


def by_draw(rows: Iterable[Row], way: str) -> dict[int, float]:
    """The mean accuracy of each draw over its seeds."""
    gathered = defaultdict(list)
    for row in rows:
        gathered[row.draw].append(row.scores[way].accuracy)
    return {draw: float(np.mean(values)) for draw, values in gathered.items()}


def spread(values: Sequence[float]) -> str:
    """In brackets, how far several accuracies are apart: standard deviation, lowest and highest."""
    if len(values) < 2:
        return ""
    return f" ({100 * np.std(values, ddof=1):.1f}; {100 * min(values):.1f} to {100 * max(values):.1f})"


def environment() -> dict[str, Any]:
    """What this is run with: versions, processor, cores, commit."""
    return encode(surroundings.environment())


def cores() -> int:
    """Cores that this process may use."""
    return surroundings.cores()


# Running


def train(config: Config, folder: Path) -> seqdl.Run:
    """Train and evaluate one run."""
    return seqdl.fit(config, folder, say=say)


def begin(folder: Path, config: Config) -> None:
    """Make a run's folder where there is none, or one that died before it had begun."""
    if not RunFolder(folder).begun:
        shutil.rmtree(folder, ignore_errors=True)
        run_folder.create(folder, config)


def go_on(config: Config, folder: Path) -> None:
    """Run what is left of one draw."""
    crossvals.run_draw(to_dict(config), str(folder))


def row(folder: Path) -> Row | None:
    """The row of a run; None where it is not finished."""
    return manifest.finished(folder) if RunFolder(folder).finished else None


def origin(folder: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """A run's configuration and the environment that it was begun in."""
    run = RunFolder(folder)
    return to_dict(run.config), encode(run.environment)


def crossval(config: Config, seeds: Sequence[int], folder: Path, workers: int) -> Manifest:
    """Run what is not yet finished of a cross-validation, and show how it goes."""
    with contextlib.closing(Watcher(folder)) as watcher:
        return seqdl.cross_validate(config, seeds, folder, workers, watch=watcher.watch)


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
    dataset, split = choosing.choose(config)
    return dataset, split.train, split.test


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
    config = choosing.with_box(config, dataset)
    prepared = (points if config.model == "stip-lstm" else frames).prepare(dataset, config, folder)
    return Material(config, prepared, prepared.usable(dataset))


def network(config: Config, dataset: Dataset) -> Recogniser:
    """A recogniser with the initial weights that a run of this configuration begins with."""
    return job.new_recogniser(config, dataset)


def copies(config: Config) -> int:
    """How many copies of a training sequence the LSTM learns from, itself among them."""
    return len(Recogniser(replace(config, backend="numpy"), ("any", "other")).describer.copies())


def keep_network(recogniser: Recogniser, path: Path) -> None:
    """Write a ConvNet's checkpoint, as it is before the first pass."""
    net, config = recogniser.networks["convnet"], recogniser.config
    arrays = {"theta": net.parameters.vector, "velocity": net.parameters.like().vector}
    values = {"schedule": Schedule(config.convnet).state(), "log": [], "classes": list(recogniser.classes)}
    checkpoint.save(path, arrays, values)


def learn(
    name: str, recogniser: Recogniser, material: Material, folder: Path, on_pass: Callable[[Any], None] = job.silent
) -> None:
    """Train one stage, ``convnet`` or ``lstm``, on the material's sequences."""
    all_stages = training.stages(recogniser, material.prepared, list(material.sequences), folder)
    [stage] = [stage for stage in all_stages if stage.name == name]
    config, must_agree = recogniser.config, {"classes": list(recogniser.classes)}
    path = RunFolder(folder).checkpoint(name)
    loop.train(stage, path, (config.seed, config.data.draw), must_agree, [], on_pass)


def describe(recogniser: Recogniser, material: Material) -> np.ndarray:
    """What the LSTM learns from: the features of all copies of the material's sequences."""
    return training.training_features(recogniser, material.prepared, list(material.sequences))[0]


def evaluate(recogniser: Recogniser, material: Material) -> Evaluation:
    """Decide the material's sequences."""
    return evaluation.evaluate(recogniser, material.prepared, material.sequences)


def note(folder: Path, config: Config, kind: str, persons: Iterable[str], scores: Mapping[str, Score]) -> Noted:
    """Add an evaluation to the ledger; what a result says of it."""
    date = ledger.note(folder, config, kind, persons, scores)
    return Noted(date, kind, ledger.LEDGER)


def keep_result(folder: Path, result: Result) -> None:
    """Write the result of a run that was not trained here, with a log of no pass: it is finished."""
    run = RunFolder(folder)
    run.write_log([])
    run.write_result(result)


def say(line: str) -> None:
    """A line on standard error."""
    print(line, file=sys.stderr, flush=True)
