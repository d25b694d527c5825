"""The units of work of choices.py, each in a process of its own: one run of a variant, and what has to stand before."""

from __future__ import annotations

import contextlib
import json
import shutil
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from seqdl import config as configuration
from seqdl.base import files
from seqdl.config import Config, to_dict
from seqdl.errors import CollapseError, SeqdlError
from seqdl.evaluation import crossval
from seqdl.evaluation import run as whole_run
from seqdl.evaluation.evaluate import evaluate
from seqdl.model import checkpoint
from seqdl.model.recogniser import Recogniser
from seqdl.runs import folder as run_folder
from seqdl.runs import ledger
from seqdl.training import two_steps
from seqdl.training.randomness import generator
from seqdl.training.schedule import Schedule

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
    if not (path / "env.json").is_file():
        shutil.rmtree(path, ignore_errors=True)  # it died before it had begun
        run_folder.create(path, effective)
    if not (path / CONVNET).is_file():
        if convnet:
            if not Path(convnet).with_name("result.json").is_file():
                raise SeqdlError(f"{convnet} is not of a finished run: run the default first")
            with files.replace_atomic(path / CONVNET) as temporary:
                shutil.copyfile(convnet, temporary)
        elif coefficient != 1:
            _start(effective, path, coefficient)
    try:
        crossval.run_draw(config, folder)
    except CollapseError as error:
        files.write_json(path / COLLAPSED, {"collapsed": str(error)})
    return finished(path)


def finished(folder: Path) -> dict[str, Any]:
    """What is kept of a run: right and all windows, and by person the sequences, those voting and the LSTM got right.

    Of a run that collapsed, how; of one that is not finished, nothing.
    """
    if (folder / COLLAPSED).is_file():
        return files.read_json(folder / COLLAPSED)
    if not (folder / "result.json").is_file():
        return {}
    row = crossval.finished(folder)
    return {"windows": [row["windows"]["correct"], row["windows"]["count"]], "persons": row["persons"]}


def _start(config: Config, folder: Path, coefficient: float) -> None:
    """The checkpoint of a ConvNet before its first pass, with other coefficients."""
    classes = whole_run.whole(config).classes
    net = Recogniser(config, classes, generator(config.seed, config.data.draw, "initial weights")).convnet
    for name in ("S1.coefficient", "S2.coefficient"):
        net.parameters[name][...] *= coefficient
    arrays = {"theta": net.parameters.vector, "velocity": net.parameters.like().vector}
    values = {"schedule": Schedule(config.convnet).state(), "log": [], "classes": list(classes)}
    checkpoint.save(folder / CONVNET, arrays, values)


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
        whole_run.train(short, Path(folder) / "run", say=lambda line: print(line, file=sys.stderr, flush=True))


def features(config: dict[str, Any], folder: str) -> dict[str, Any]:
    """An LSTM on features of a ConvNet that has learned from the LSTM's sequences, and on one that has not.

    Of three training persons two train the ConvNet. The LSTM then learns from one person alone: from one of those two
    (``seen``) or from the third (``unseen``). Everybody is the third once, so both ways learn from the same sequences.
    Passes are as many more as persons are fewer.
    """
    path, effective = Path(folder), configuration.from_dict(config)
    if (path / FEATURES).is_file():
        return files.read_json(path / FEATURES)
    dataset, split = whole_run.choose(effective)
    people = len(split.train)
    effective = replace(
        whole_run.with_box(effective, dataset),
        convnet=replace(effective.convnet, epochs=effective.convnet.epochs * people // (people - 1)),
        lstm=replace(effective.lstm, epochs=effective.lstm.epochs * people),
    )
    prepared = whole_run.prepare(dataset, effective, 1, print)
    of = {p: [s for s in whole_run.usable(dataset, prepared) if s.person == p] for p in (*split.train, *split.test)}
    testing = [sequence for person in split.test for sequence in of[person]]
    counts = {"seen": np.zeros(2, int), "unseen": np.zeros(2, int)}
    for third in split.train:
        pair = [sequence for person in split.train if person != third for sequence in of[person]]
        for person in split.train:
            own = path / f"without-{third}" / f"lstm-{person}"
            own.mkdir(parents=True, exist_ok=True)
            rng = generator(effective.seed, effective.data.draw, "initial weights")
            recogniser = Recogniser(effective, dataset.classes, rng)
            two_steps.train_convnet(recogniser, prepared, pair, own.parent, [], lambda: None)
            two_steps.train_lstm(recogniser, prepared, of[person], own, [], lambda: None)
            scores = evaluate(recogniser, prepared, testing)
            ledger.note(path, effective, "test", split.test, scores)
            counts["unseen" if person == third else "seen"] += scores["lstm"]["correct"], scores["lstm"]["count"]
    files.write_json(path / FEATURES, {way: count.tolist() for way, count in counts.items()})
    return files.read_json(path / FEATURES)
