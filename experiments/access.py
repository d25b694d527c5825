"""What several experiments do with runs: read what they have left behind, and make a part of one."""

from __future__ import annotations

import shutil
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from seqdl.config import Config
from seqdl.datasets import choose
from seqdl.datasets.base import Dataset
from seqdl.datasets.base import Sequence as Clip
from seqdl.evaluation import job
from seqdl.model.recogniser import Recogniser
from seqdl.runs import environment as surroundings
from seqdl.runs import folder as run_folder
from seqdl.runs import manifest, summary
from seqdl.runs import record as records
from seqdl.runs.codec import encode
from seqdl.runs.folder import RunFolder
from seqdl.runs.result import Decided, Result
from seqdl.runs.summary import Row, Summary
from seqdl.stores import frames, points
from seqdl.training import loop, stages


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
    content = records.read(path)
    rows = [Row.of(run.config, run.result, run.name) for run in content.runs]
    [(_, total)] = summary.groups(rows)
    return Record(path.stem, content, rows, total)


def finished(folder: Path) -> dict[Path, Result]:
    """The results of the finished runs in a cross-validation's folder, by their folders."""
    found = [RunFolder(path) for path in sorted(folder.glob("*/"))]
    return {run.path: run.result for run in found if run.finished}


def row(folder: Path) -> Row | None:
    """The row of a run; None where it is not finished."""
    return manifest.finished(folder) if RunFolder(folder).finished else None


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


def begin(folder: Path, config: Config) -> None:
    """Make a run's folder where there is none, or one that died before it had begun."""
    if not RunFolder(folder).begun:
        shutil.rmtree(folder, ignore_errors=True)
        run_folder.create(folder, config)


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
    config = choose.with_own(config, dataset)
    prepared = (points if config.model == "stip-lstm" else frames).prepare(dataset, config, folder)
    return Material(config, prepared, prepared.usable(dataset))


def learn(
    name: str, recogniser: Recogniser, material: Material, folder: Path, on_pass: Callable[[Any], None] = job.silent
) -> None:
    """Train one stage, ``convnet`` or ``lstm``, on the material's sequences."""
    all_stages = stages.stages(recogniser, material.prepared, list(material.sequences), folder)
    [stage] = [stage for stage in all_stages if stage.name == name]
    config, must_agree = recogniser.config, {"classes": list(recogniser.classes)}
    path = RunFolder(folder).checkpoint(name)
    loop.train(stage, path, (config.seed, config.data.draw), must_agree, [], on_pass)
