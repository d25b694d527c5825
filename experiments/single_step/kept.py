"""What is kept of each group: by run and person how many sequences were decided rightly, and little else.

The groups of docs/results.md have records of their own, of which the same is read.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from experiments.results.groups import PRETRAINED, WARM, Group
from experiments.single_step import plan
from seqdl.base import files
from seqdl.config import Config
from seqdl.runs import record as records
from seqdl.runs.codec import decode, encode
from seqdl.runs.record import Record
from seqdl.runs.settings import changes
from seqdl.runs.significance import Comparison, by_person
from seqdl.runs.summary import Row

Persons = Mapping[str, tuple[int, int, int]]
"""By person: sequences, those that voting decided rightly, those that the LSTM did."""


@dataclass(frozen=True)
class Kept:
    """A group's runs.

    Parameters
    ----------
    settings : tuple of str
        What differs from the defaults.
    commit, looks
        What the first run was made with; how often test persons were looked at, first and last.
    unit : str
        What splits divide by, ``person`` or ``sequence``.
    planned, failed
        How many runs there were to be, and why some are not finished.
    control : bool
        Whether its ConvNet was left untrained.
    runs, learned
        By run its persons; and by stage how many passes there were, and the training accuracy of the last.
    """

    settings: tuple[str, ...]
    commit: str
    looks: tuple[int, str, str]
    unit: str
    planned: int
    failed: dict[str, str]
    control: bool
    runs: dict[str, dict[str, tuple[int, int, int]]]
    learned: dict[str, dict[str, tuple[int, float]]]

    @property
    def votes(self) -> bool:
        """Whether anything taught the ConvNet to decide by itself; else voting means nothing."""
        settings = {setting.partition("=")[0]: setting.partition("=")[2] for setting in self.settings}
        alone = settings.get("convnet.epochs") == "0" and WARM not in settings
        return not self.control and not (alone and settings.get("single_step.head") == "0.0")

    def accuracies(self, way: str) -> np.ndarray:
        """Of each run, in 0..1, by ``voting`` or ``lstm``."""
        sums = np.array([np.sum(list(persons.values()), axis=0) for persons in self.runs.values()])
        return sums[:, 1 + ("voting", "lstm").index(way)] / sums[:, 0]

    def by_person(self, way: str) -> dict[str, float]:
        """Of each person, in 0..1, over all runs."""
        sums: dict[str, np.ndarray] = {}
        for persons in self.runs.values():
            for person, counts in persons.items():
                sums[person] = sums.get(person, np.zeros(3, int)) + counts
        place = 1 + ("voting", "lstm").index(way)
        return {person: float(counts[place] / counts[0]) for person, counts in sums.items()}

    def training(self) -> dict[str, tuple[float, float]]:
        """Of each stage the mean number of passes and the mean training accuracy of the last."""
        stages = next(iter(self.learned.values()))
        means = {stage: np.mean([run[stage] for run in self.learned.values()], axis=0) for stage in stages}
        return {stage: (float(passes), float(accuracy)) for stage, (passes, accuracy) in means.items()}


def condense(record: Record) -> Kept:
    """What is kept of a record."""
    rows = [Row.of(run.config, run.result, run.name) for run in record.runs]
    dates = sorted(look.date[:10] for look in record.evaluations)
    return Kept(
        settings=settings(record.config),
        commit=record.environment.commit,
        looks=(len(dates), dates[0], dates[-1]) if dates else (0, "", ""),
        unit=record.results[0].dataset.unit,
        planned=record.planned,
        failed=record.failed,
        control=rows[0].control,
        runs={
            row.run: {name: (n, voting or 0, lstm) for name, (n, voting, lstm) in row.persons.items()} for row in rows
        },
        learned={
            run.name: {stage: (len(log), log[-1][1]) for stage, log in run.log.items() if log} for run in record.runs
        },
    )


def settings(config: Config) -> tuple[str, ...]:
    """What differs from the defaults; of the folder of networks to go on with only the recipe, its name's end."""
    told = []
    for setting in changes(config, Config()):
        name, _, value = setting.partition("=")
        told.append(f"{name}={value.rpartition('-')[2]}" if name in (WARM, PRETRAINED) else setting)
    return tuple(told)


def write(path: Path, groups: Mapping[str, Kept]) -> None:
    """Write groups, a line for each; those that the file before it has of others stay."""
    known = (read(path) if path.is_file() else {}) | groups
    lines = [
        f"{json.dumps(name)}: {json.dumps(encode(one), ensure_ascii=False, separators=(',', ':'))}"
        for name, one in sorted(known.items())
    ]
    files.write_atomic(path, "{\n" + ",\n".join(lines) + "\n}\n")


def read(path: Path) -> dict[str, Kept]:
    """The groups in a file that :func:`write` wrote."""
    return {name: decode(Kept, values, path, name) for name, values in files.read_json(path).items()}


def everything(path: Path, results: Path, chosen: Iterable[Group]) -> dict[str, Kept]:
    """The chosen groups that there are, here or among the records of docs/results.md."""
    known, found = read(path) if path.is_file() else {}, {}
    for group in chosen:
        file = results / f"{group.name}.json"
        if group.name in known:
            found[group.name] = known[group.name]
        elif group.recipe in plan.STANDARD and file.is_file():
            found[group.name] = condense(records.read(file))
    return found


def compare(one: Sequence[Kept], other: Sequence[Kept], way: str = "lstm") -> Comparison | None:
    """The exact test of groups against others of the same datasets, paired by person, over the runs of both."""
    place = 1 + ("voting", "lstm").index(way)
    pairs = [
        {person: (counts[0], those.runs[name][person][place], counts[place]) for person, counts in persons.items()}
        for these, those in zip(one, other, strict=True)
        for name, persons in these.runs.items()
        if name in those.runs
    ]
    return by_person(pairs, np.random.default_rng(0)) if pairs else None
