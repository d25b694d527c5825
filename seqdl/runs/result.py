"""Reading a run folder: what a finished run left behind, checked once, so that the rest can rely on it."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from seqdl.base.files import read_json
from seqdl.errors import SeqdlError

STAGES = ("convnet", "lstm")

_TRAINING = {"parameters": int, "epochs": int, "updates": int, "seconds": float, "stopped": str}
_SCORE = {"accuracy": float, "correct": int, "count": int}
_DECISIONS = {**_SCORE, "confusion": [[int]]}
_RESULT: dict[str, Any] = {
    "version": str,
    "seed": int,
    "dataset": {
        "name": str,
        "variant": str,
        "classes": [str],
        "sequences": int,
        "frames": int,
        "notes": [str],
    },
    "protocol": str,
    "split": {"name": str, "train_persons": [str], "test_persons": [str]},
    "convnet": _TRAINING,
    "lstm_training": _TRAINING,
    "windows": _SCORE,
    "voting": _DECISIONS,
    "lstm": _DECISIONS,
    "sequences": [
        {
            "name": str,
            "person": str,
            "label": str,
            "steps": int,
            "voting": str,
            "lstm": str,
            "probability": float,
            "timeline": [(str | int, float)],
        }
    ],
    "seconds": float,
}
_NOTHING = type(None)
_WITHOUT_CONVNET = {
    **_RESULT,
    **dict.fromkeys(("convnet", "windows", "voting"), _NOTHING),
    "without_points": int,
    "sequences": [{**_RESULT["sequences"][0], "voting": _NOTHING}],
}
"""What the model ``stip-lstm`` leaves."""


@dataclass(frozen=True)
class Epoch:
    """One line of log.csv.

    Parameters
    ----------
    stage : {"convnet", "lstm"}
        Which of the two networks was trained.
    epoch : int
        Counted from 1 in each stage.
    updates : int
        Online updates so far in this stage.
    learning_rate : float
        At the end of the epoch.
    loss : float
        Mean over the epoch's updates.
    accuracy : float
        Share of the training windows, or sequences, that were decided rightly, in 0..1.
    seconds : float
        Wall time of the epoch.
    """

    stage: str
    epoch: int
    updates: int
    learning_rate: float
    loss: float
    accuracy: float
    seconds: float


@dataclass(frozen=True)
class Run:
    """What a run folder holds.

    Parameters
    ----------
    config : dict
        config.json: the effective configuration.
    environment : dict
        env.json: versions, processor, threads.
    log : tuple of Epoch
        log.csv, in its order.
    result : dict
        result.json: accuracies, confusions, the split, every test sequence.
    """

    config: dict[str, Any]
    environment: dict[str, Any]
    log: tuple[Epoch, ...]
    result: dict[str, Any]


def load(folder: str | Path) -> Run:
    """Read and check a run folder.

    Parameters
    ----------
    folder : path
        The run folder.

    Returns
    -------
    Run

    Raises
    ------
    SeqdlError
        Naming the file that is missing or damaged, and where in it.
    """
    folder = Path(folder)
    config, environment = read_json(folder / "config.json"), read_json(folder / "env.json")
    for name, value in (("config.json", config), ("env.json", environment)):
        _check(value, dict, str(folder / name), "")
    return Run(config, environment, _read_log(folder / "log.csv"), _read_result(folder / "result.json"))


def _read_result(path: Path) -> dict[str, Any]:
    result = read_json(path)
    without = isinstance(result, dict) and result.get("model") == "stip-lstm"
    _check(result, _WITHOUT_CONVNET if without else _RESULT, str(path), "")
    classes = result["dataset"]["classes"]
    for name in ("lstm",) if without else ("voting", "lstm"):
        matrix = result[name]["confusion"]
        if len(matrix) != len(classes) or any(len(row) != len(classes) for row in matrix):
            raise SeqdlError(f"{path} is damaged: {name}.confusion is not {len(classes)} x {len(classes)}")
    for sequence in result["sequences"]:
        named = {sequence["label"], sequence["lstm"]} | (set() if without else {sequence["voting"]})
        named |= {step for step, _ in sequence["timeline"] if isinstance(step, str)}
        numbered = [step for step, _ in sequence["timeline"] if isinstance(step, int)]
        if not named <= set(classes) or any(not 0 <= step < len(classes) for step in numbered):
            raise SeqdlError(f"{path} is damaged: {sequence['name']} has a class that dataset.classes lacks")
    return result


def _read_log(path: Path) -> tuple[Epoch, ...]:
    try:
        with path.open(newline="", encoding="utf-8") as lines:
            return tuple(_epoch(row) for row in csv.DictReader(lines))
    except OSError as error:
        raise SeqdlError(f"cannot read {path}: {error.strerror or error}") from error
    except (ValueError, TypeError, KeyError, csv.Error) as error:
        raise SeqdlError(f"{path} is damaged: {error}") from error


def _epoch(row: dict[str, str]) -> Epoch:
    if row["stage"] not in STAGES:
        raise ValueError(f"unknown stage {row['stage']}")
    return Epoch(
        stage=row["stage"],
        epoch=int(row["epoch"]),
        updates=int(row["updates"]),
        learning_rate=float(row["learning_rate"]),
        loss=float(row["loss"]),
        accuracy=float(row["accuracy"]),
        seconds=float(row["seconds"]),
    )


def _check(value: Any, shape: Any, path: str, where: str) -> None:
    """Hold a value from a JSON file to a shape: a type, {key: shape}, [shape of each item] or (shape, shape, ...)."""
    kind = shape if isinstance(shape, type) or get_args(shape) else list if isinstance(shape, tuple) else type(shape)
    fits = isinstance(value, (int, float) if kind is float else kind)
    if not fits or (isinstance(shape, tuple) and len(value) != len(shape)):
        raise SeqdlError(f"{path} is damaged: {where or 'its content'} is not what a run leaves there")
    if isinstance(shape, dict):
        for key, inner in shape.items():
            if key not in value:
                raise SeqdlError(f"{path} is damaged: {where}{'.' if where else ''}{key} is missing")
            _check(value[key], inner, path, f"{where}{'.' if where else ''}{key}")
    elif isinstance(shape, list | tuple):
        shapes = shape if isinstance(shape, tuple) else shape * len(value)
        for number, (item, inner) in enumerate(zip(value, shapes, strict=True)):
            _check(item, inner, path, f"{where}[{number}]")
