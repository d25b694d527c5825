"""A finished cross-validation as one small file: what its runs decided and how they went, without what is long.

A record holds the configuration, the sequences and their classes once; a run in it is a line of numbers. It leaves out
timelines, networks and pictures; confusion matrices are counted again from the decisions. Small enough to be kept
beside the code, it is all that tables, tests of significance and lists of mistakes need.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from seqdl.base import files
from seqdl.config import Config, to_dict
from seqdl.errors import SeqdlError
from seqdl.runs import ledger, manifest
from seqdl.runs.codec import damaged, decode, encode
from seqdl.runs.environment import Environment
from seqdl.runs.folder import RunFolder, read_config
from seqdl.runs.ledger import Look
from seqdl.runs.result import WAYS, Result, Score, check_format

FORMAT = 1
SHARED = ("format", "version", "dataset", "seed", "sequences", *WAYS[1:])
"""What a packed run does not take over from result.json as it is."""


@dataclass(frozen=True)
class PackedRun:
    """A run of a record.

    Parameters
    ----------
    name, config, result
        Such as ``draw1-seed0``; the configuration without folders; the result without timelines.
    log : dict of str to tuple of (float, float)
        Loss and training accuracy of each pass, by stage; nothing where nothing was trained.
    """

    name: str
    config: Config
    result: Result
    log: dict[str, tuple[tuple[float, float], ...]]


@dataclass(frozen=True)
class Record:
    """A finished cross-validation.

    Parameters
    ----------
    runs, environment
        What is finished, and what the first was made with.
    planned, failed
        How many runs there were to be, and why some are not finished.
    evaluations : tuple of Look
        The lines of its ledger.
    """

    runs: tuple[PackedRun, ...]
    environment: Environment
    planned: int
    failed: dict[str, str]
    evaluations: tuple[Look, ...]

    @property
    def config(self) -> Config:
        """The configuration of the first run; the others have another draw or seed."""
        return self.runs[0].config

    @property
    def results(self) -> list[Result]:
        """What came of each run."""
        return [run.result for run in self.runs]


def pack(folder: str | Path) -> Record:
    """The record of a cross-validation in a folder; runs that are not finished are left out.

    A SeqdlError says where none is finished, or files are damaged or do not belong together.
    """
    plan = manifest.read(folder)
    found = [run for run in (RunFolder(plan.folder / name) for name in plan.draws) if run.finished]
    if not found:
        raise SeqdlError(f"{folder} holds no finished run: run the group first")
    for run in found:
        if _fixed(run.config) != _fixed(found[0].config):
            raise SeqdlError(f"{run} has other settings than {found[0]}: they make no record")
    packed = tuple(PackedRun(run.path.name, _without_places(run.config), run.result, _log(run)) for run in found)
    looks = [replace(look, run=Path(look.run).name) for look in ledger.read(folder)]
    record = Record(packed, found[0].environment, len(plan.draws), plan.failed, tuple(looks))
    text = json.dumps(to_dict_of(record), ensure_ascii=False)
    for place in (str(plan.folder.absolute()), str(folder), found[0].config.data.data_dir):
        text = text.replace(f"{place}/", "") if place else text
    return from_dict(json.loads(text), folder)


def write(path: str | Path, record: Record) -> None:
    """Write a record, a line for each run and evaluation; evaluations that the file before it knows of are kept."""
    path = Path(path)
    if path.is_file():
        before = [look for look in read(path).evaluations if look not in record.evaluations]
        looks = sorted([*before, *record.evaluations], key=lambda look: (look.date, look.run))
        record = replace(record, evaluations=tuple(looks))
    parts = []
    for key, value in to_dict_of(record).items():
        lines = key in ("runs", "evaluations")
        parts.append(f'"{key}":' + ("[\n" + ",\n".join(map(_compact, value)) + "]" if lines else _compact(value)))
    files.write_atomic(path, "{" + ",\n".join(parts) + "}\n")


def read(path: str | Path) -> Record:
    """The record in a file that :func:`write` wrote; a SeqdlError names it where it is damaged."""
    return from_dict(files.read_json(path), path)


def to_dict_of(record: Record) -> dict[str, Any]:
    """A record as JSON has it."""
    first = record.runs[0]
    table: dict[str, list[Any]] = {}
    runs = [_packed(run, table) for run in record.runs]
    return {
        "format": FORMAT,
        "config": to_dict(first.config),
        "environment": encode(record.environment),
        "version": first.result.version,
        "dataset": encode(first.result.dataset),
        "sequences": [[name, *about] for name, about in table.items()],
        "planned": record.planned,
        "failed": record.failed,
        "runs": runs,
        "evaluations": [_rounded(look) for look in record.evaluations],
    }


def from_dict(values: Any, source: object) -> Record:
    """The record that :func:`to_dict_of` gave."""
    if not isinstance(values, Mapping) or not values.get("runs") or "planned" not in values:
        raise damaged(source, "", "is no record of a cross-validation with finished runs")
    check_format(values, source, FORMAT)
    try:
        runs = tuple(_unpacked(run, values, source) for run in values["runs"])
        environment = decode(Environment, values["environment"], source, "environment")
        looks = decode(tuple[Look, ...], values["evaluations"], source, "evaluations")
        return Record(runs, environment, values["planned"], dict(values["failed"]), looks)
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise damaged(source, "", f"is no record of this version: {error!r}") from error


def _packed(run: PackedRun, table: dict[str, list[Any]]) -> dict[str, Any]:
    """One run; new sequences join the table of all."""
    classes, sequences = run.result.dataset.classes, run.result.sequences
    for one in sequences:
        also = [[classes.index(label) for label in one.also]] if one.also else []
        table.setdefault(one.name, [one.person, classes.index(one.label), one.steps, *also])
    order = {name: number for number, name in enumerate(table)}
    return {
        "name": run.name,
        "seed": run.result.seed,
        "draw": run.config.data.draw,
        "inner_draw": run.config.data.inner_draw,
        **{key: value for key, value in run.result.to_dict().items() if key not in SHARED},
        "sequences": [order[one.name] for one in sequences],
        **{
            way: [classes.index(one.decisions[way]) for one in sequences] if way in run.result.scores else None
            for way in WAYS[1:]
        },
        **_several(run.result),
        "probability": [round(one.probability, 2) for one in sequences],
        "log": run.log,
    }


def _unpacked(run: Mapping[str, Any], values: Mapping[str, Any], source: object) -> PackedRun:
    classes, ways = values["dataset"]["classes"], [way for way in WAYS[1:] if run[way] is not None]
    config = {**values["config"], "seed": run["seed"]}
    config["data"] = {**config["data"], "draw": run["draw"], "inner_draw": run["inner_draw"]}
    entries, truth = [], []
    for position, number in enumerate(run["sequences"]):
        name, person, label, steps, *further = values["sequences"][number]
        also = further[0] if further else []
        decided = {way: classes[run[way][position]] for way in ways}
        probability = run["probability"][position]
        entry = {"name": name, "person": person, "label": classes[label], "steps": steps, "probability": probability}
        if also:
            entry["also"] = [classes[one] for one in also]
        if "named" in run:
            entry["named"] = {way: [classes[one] for one in run["named"][way][position]] for way in ways}
        entries.append(entry | decided)
        truth.append((label, *also))
    precision = run.get("precision", {})
    scores = {
        way: _score(truth, run[way], len(classes)).to_dict() | ({"precision": precision[way]} if precision else {})
        for way in ways
    }
    shared = {"version": values["version"], "dataset": values["dataset"], "model": config["model"]}
    result = Result.from_dict({**run, **shared, **scores, "sequences": entries}, source)
    log = decode(dict[str, tuple[tuple[float, float], ...]], run["log"], source, "log")
    return PackedRun(run["name"], read_config(config, source), result, log)


def _several(result: Result) -> dict[str, Any]:
    """What a run on sequences that may show several classes says beside the rest."""
    if not result.several:
        return {}
    classes = result.dataset.classes
    named = {
        way: [[classes.index(label) for label in (one.named or {}).get(way, ())] for one in result.sequences]
        for way in result.deciding
    }
    return {"precision": {way: result.scores[way].precision for way in result.deciding}, "named": named}


def _score(truth: list[tuple[int, ...]], decided: list[int], classes: int) -> Score:
    confusion = np.zeros((classes, classes), np.int64)
    for labels, said in zip(truth, decided):
        confusion[said if said in labels else labels[0], said] += 1
    return Score.of(confusion)


def _log(run: RunFolder) -> dict[str, tuple[tuple[float, float], ...]]:
    stages: dict[str, tuple[tuple[float, float], ...]] = {}
    for epoch in run.log:
        stages[epoch.stage] = (*stages.get(epoch.stage, ()), (round(epoch.loss, 4), round(epoch.accuracy, 4)))
    return stages


def _rounded(look: Look) -> dict[str, Any]:
    voting = look.voting if look.voting is None else round(look.voting, 4)
    return encode(replace(look, voting=voting, lstm=round(look.lstm, 4)))


def _fixed(config: Config) -> Config:
    """What the runs of one cross-validation share."""
    data = replace(config.data, draw=0, inner_draw=0, draws=0, inner_draws=0, data_dir="", persons="")
    return replace(config, seed=0, data=data)


def _without_places(config: Config) -> Config:
    kind, colon, path = config.data.protocol.partition(":")
    return replace(config, data=replace(config.data, data_dir="", persons="", protocol=kind + colon + Path(path).name))


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
