"""A finished cross-validation as one small file: what its runs decided and how they went, without what is long.

A record holds the configuration, the sequences and their classes once; a run in it is a line of numbers. It leaves out
timelines, networks and pictures; confusion matrices are counted again from the decisions. Small enough to be kept
beside the code, it is all that tables, tests of significance and lists of mistakes need.
"""

from __future__ import annotations

import copy
import csv
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from seqdl import config as configuration
from seqdl.base import files
from seqdl.config import Config
from seqdl.errors import SeqdlError
from seqdl.evaluation.evaluate import score
from seqdl.reports.settings import changes
from seqdl.runs.ledger import NAME as LEDGER

PACKED = ("version", "dataset", "seed", "voting", "lstm", "sequences")
"""What a packed run does not take over from result.json as it is."""
WAYS = ("voting", "lstm")


def pack(folder: str | Path) -> dict[str, Any]:
    """The record of a cross-validation.

    Parameters
    ----------
    folder : path
        Its folder; runs that are not finished are left out.

    Returns
    -------
    dict
        ``config`` (seed and draw are those of the first run, folders are left out), ``environment``, ``dataset``,
        ``sequences`` (name, person, class and steps of each), ``runs``, ``failed`` (why, by run), ``planned`` (how many
        runs there were to be) and ``evaluations`` (the lines of the ledger).

    Raises
    ------
    SeqdlError
        For a folder without finished runs, and for files that are damaged or do not belong together.
    """
    folder = Path(folder)
    manifest = files.read_json(folder / "crossval.json")
    names = [name for name in manifest["draws"] if (folder / name / "result.json").is_file()]
    if not names:
        raise SeqdlError(f"{folder} holds no finished run: run the group first")
    first = _config(folder / names[0])
    table: dict[str, list[Any]] = {}
    runs = []
    try:
        for name in names:
            config, result = _config(folder / name), files.read_json(folder / name / "result.json")
            if _fixed(config) != _fixed(first):
                raise SeqdlError(f"{folder / name} has other settings than {folder / names[0]}: they make no record")
            dataset = result["dataset"]
            runs.append(_pack_run(name, config, result, table) | {"log": _log(folder / name / "log.csv")})
        record = {
            "config": _without_places(first),
            "environment": files.read_json(folder / names[0] / "env.json"),
            "version": result["version"],
            "dataset": dataset,
            "sequences": [[name, *about] for name, about in table.items()],
            "planned": len(manifest["draws"]),
            "failed": manifest["failed"],
            "runs": runs,
            "evaluations": _evaluations(folder),
        }
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise SeqdlError(f"{folder} is damaged or of another version: {error!r}") from error
    text = json.dumps(record, ensure_ascii=False)
    for place in (str(folder.absolute()), str(folder), first["data"]["data_dir"]):
        text = text.replace(f"{place}/", "") if place else text
    return json.loads(text)


def write(path: str | Path, record: Mapping[str, Any]) -> None:
    """Write a record, with a line for each run and each evaluation.

    Parameters
    ----------
    path : path
        The file to write or replace. The evaluations that it knows of are kept.
    record : mapping
        From :func:`pack`.
    """
    path, record = Path(path), dict(record)
    if path.is_file():
        known = {json.dumps(line, sort_keys=True) for line in record["evaluations"]}
        before = [e for e in files.read_json(path)["evaluations"] if json.dumps(e, sort_keys=True) not in known]
        record["evaluations"] = sorted([*before, *record["evaluations"]], key=lambda e: (e["date"], e["run"]))
    parts = []
    for key, value in record.items():
        lines = key in ("runs", "evaluations")
        parts.append(f'"{key}":' + ("[\n" + ",\n".join(map(_compact, value)) + "]" if lines else _compact(value)))
    files.write_atomic(path, "{" + ",\n".join(parts) + "}\n")


def unpack(record: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    """The runs of a record.

    Parameters
    ----------
    record : mapping
        As :func:`write` left it.

    Yields
    ------
    name : str
        Such as ``draw1-seed0``.
    config : dict
        As in config.json, without folders.
    result : dict
        As in result.json, without timelines.
    """
    classes = record["dataset"]["classes"]
    for run in record["runs"]:
        config = copy.deepcopy(record["config"])
        config["seed"] = run["seed"]
        config["data"] |= {"draw": run["draw"], "inner_draw": run["inner_draw"]}
        decided = []
        for position, number in enumerate(run["sequences"]):
            name, person, label, steps = record["sequences"][number]
            said = {way: run[way] and classes[run[way][position]] for way in WAYS}
            entry = {"name": name, "person": person, "label": classes[label], "steps": steps, **said}
            decided.append(entry | {"probability": run["probability"][position]})
        truth = [record["sequences"][number][2] for number in run["sequences"]]
        result = {key: value for key, value in run.items() if key not in ("name", "draw", "inner_draw", "log")}
        result |= {"version": record["version"], "dataset": record["dataset"], "sequences": decided}
        result |= {way: run[way] and _score(truth, run[way], len(classes)) for way in WAYS}
        yield run["name"], config, result


def _pack_run(
    name: str, config: Mapping[str, Any], result: Mapping[str, Any], table: dict[str, list[Any]]
) -> dict[str, Any]:
    """One run; new sequences join the table of all."""
    data, classes = config["data"], result["dataset"]["classes"]
    entries = result["sequences"]
    for entry in entries:
        table.setdefault(entry["name"], [entry["person"], classes.index(entry["label"]), entry["steps"]])
    order = {sequence: number for number, sequence in enumerate(table)}
    return {
        "name": name,
        "seed": result["seed"],
        "draw": data["draw"],
        "inner_draw": data["inner_draw"],
        **{key: value for key, value in result.items() if key not in PACKED},
        "sequences": [order[entry["name"]] for entry in entries],
        **{way: result[way] and [classes.index(entry[way]) for entry in entries] for way in WAYS},
        "probability": [round(entry["probability"], 2) for entry in entries],
    }


def _score(truth: list[int], decided: list[int], classes: int) -> dict[str, Any]:
    confusion = np.zeros((classes, classes), np.int64)
    np.add.at(confusion, (truth, decided), 1)
    return score(confusion)


def _log(path: Path) -> dict[str, list[list[float]]]:
    """Loss and training accuracy of each pass, by stage; nothing where nothing was trained."""
    stages: dict[str, list[list[float]]] = {}
    if path.is_file():
        with open(path, newline="") as lines:
            for row in csv.DictReader(lines):
                passed = [round(float(row["loss"]), 4), round(float(row["accuracy"]), 4)]
                stages.setdefault(row["stage"], []).append(passed)
    return stages


def _evaluations(folder: Path) -> list[dict[str, Any]]:
    """The ledger's lines, with the settings that differ from the defaults in place of whole configurations."""
    lines = []
    path = folder / LEDGER
    for text in path.read_text(encoding="utf-8").splitlines() if path.is_file() else ():
        line = json.loads(text)
        said = " ".join(changes(configuration.to_dict(configuration.from_dict(line["config"])), Config()))
        kept = {key: line[key] for key in ("date", "kind", "persons", "version", "commit")}
        scores = {way: line[way] if line[way] is None else round(line[way], 4) for way in WAYS}
        lines.append({"run": Path(line["run"]).name, **kept, **scores, "settings": said})
    return lines


def _config(run: Path) -> dict[str, Any]:
    return configuration.to_dict(configuration.read(run / "config.json"))


def _fixed(config: Mapping[str, Any]) -> dict[str, Any]:
    """What the runs of one cross-validation share."""
    free = {"draw": 0, "inner_draw": 0, "draws": 0, "inner_draws": 0, "data_dir": "", "persons": ""}
    return {**config, "seed": 0, "data": {**config["data"], **free}}


def _without_places(config: Mapping[str, Any]) -> dict[str, Any]:
    kind, colon, path = config["data"]["protocol"].partition(":")
    protocol = kind + colon + Path(path).name
    return {**config, "data": {**config["data"], "data_dir": "", "persons": "", "protocol": protocol}}


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
