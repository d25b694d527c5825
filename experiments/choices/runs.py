"""The units of work, each in a process of its own: one run of a variant, and what has to stand before."""

from __future__ import annotations

import contextlib
import json
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from experiments import access
from seqdl import config as configuration
from seqdl.base import files
from seqdl.config import Config, to_dict
from seqdl.errors import CollapseError, SeqdlError

CONVNET, COLLAPSED, FEATURES = "convnet.npz", "collapsed.json", "features.json"
FREE = {
    "convnet": "initial initial_scale initial_subsample_bias learning_rate momentum rate_rule schedule final_rate "
    "epochs patience window_step copies shift",
    "lstm": "decision window_step input_scaling copies shift initial_range input_gate_bias learning_rate momentum "
    "schedule final_rate epochs patience",
}
"""Settings that change neither compiled code nor prepared video."""


def run(config: dict[str, Any], folder: str, convnet: str = "", coefficient: float = 1.0) -> dict[str, Any]:
    """One run of a variant, or the rest of it.

    ``convnet`` is a finished ConvNet to go on with, ``coefficient`` a factor on the initial coefficients of S1 and S2.
    """
    path, effective = Path(folder), configuration.from_dict(config)
    access.begin(path, effective)
    if not (path / CONVNET).is_file():
        if convnet:
            if access.row(Path(convnet).parent) is None:
                raise SeqdlError(f"{convnet} is not of a finished run: run the default first")
            with files.replace_atomic(path / CONVNET) as temporary:
                shutil.copyfile(convnet, temporary)
        elif coefficient != 1:
            _start(effective, path, coefficient)
    try:
        access.go_on(effective, path)
    except CollapseError as error:
        files.write_json(path / COLLAPSED, {"collapsed": str(error)})
    return finished(path)


def finished(folder: Path) -> dict[str, Any]:
    """What is kept of a run: right and all windows, and by person the sequences, those voting and the LSTM got right.

    Of a run that collapsed, how; of one that is not finished, nothing.
    """
    if (folder / COLLAPSED).is_file():
        return files.read_json(folder / COLLAPSED)
    row = access.row(folder)
    if row is None:
        return {}
    windows = row.scores["windows"]
    persons = {name: list(counts) for name, counts in row.persons.items()}
    return {"windows": [windows.correct, windows.count], "persons": persons}


def _start(config: Config, folder: Path, coefficient: float) -> None:
    """The checkpoint of a ConvNet before its first pass, with other coefficients."""
    dataset, _, _ = access.choose(config)
    recogniser = access.network(config, dataset)
    for name in ("S1.coefficient", "S2.coefficient"):
        recogniser.networks["convnet"].parameters[name][...] *= coefficient
    access.keep_network(recogniser, folder / CONVNET)


def code(config: Config) -> str:
    """A name for what has to be compiled and prepared for a configuration."""
    values = to_dict(config)
    for section, names in FREE.items():
        for name in names.split():
            del values[section][name]
    return json.dumps([values[section] for section in ("video", "lcn", "convnet", "lstm")])


def warm(config: dict[str, Any]) -> None:
    """Prepare the videos and compile the kernels by a very short run, so that no two processes do so at once."""
    effective = configuration.from_dict(config)
    short = replace(effective, convnet=replace(effective.convnet, epochs=1), lstm=replace(effective.lstm, epochs=1))
    with tempfile.TemporaryDirectory() as folder, contextlib.suppress(CollapseError):
        access.train(short, Path(folder) / "run")


def features(config: dict[str, Any], folder: str) -> dict[str, Any]:
    """An LSTM on features of a ConvNet that has learned from the LSTM's sequences, and on one that has not.

    Of three training persons two train the ConvNet. The LSTM then learns from one person alone: from one of those two
    (``seen``) or from the third (``unseen``). Everybody is the third once, so both ways learn from the same sequences.
    Passes are as many more as persons are fewer.
    """
    path, effective = Path(folder), configuration.from_dict(config)
    if (path / FEATURES).is_file():
        return files.read_json(path / FEATURES)
    dataset, train, test = access.choose(effective)
    people = len(train)
    effective = replace(
        effective,
        convnet=replace(effective.convnet, epochs=effective.convnet.epochs * people // (people - 1)),
        lstm=replace(effective.lstm, epochs=effective.lstm.epochs * people),
    )
    material = access.prepare(dataset, effective)
    counts = {"seen": np.zeros(2, int), "unseen": np.zeros(2, int)}
    for third in train:
        pair = [person for person in train if person != third]
        for person in train:
            own = path / f"without-{third}" / f"lstm-{person}"
            own.mkdir(parents=True, exist_ok=True)
            recogniser = access.network(material.config, dataset)
            access.learn("convnet", recogniser, material.of(pair), own.parent)
            access.learn("lstm", recogniser, material.of([person]), own)
            scores = access.evaluate(recogniser, material.of(test)).scores
            access.note(path, material.config, "test", test, scores)
            counts["unseen" if person == third else "seen"] += scores["lstm"].correct, scores["lstm"].count
    files.write_json(path / FEATURES, {way: count.tolist() for way, count in counts.items()})
    return files.read_json(path / FEATURES)
