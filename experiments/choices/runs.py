"""The units of work, each in a process of its own: one run of a variant, and what has to stand before."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from experiments import access
from seqdl import config as configuration
from seqdl.base import files, locks
from seqdl.config import Config
from seqdl.datasets.choose import choose
from seqdl.errors import CollapseError, SeqdlError
from seqdl.evaluation import crossval
from seqdl.evaluation.evaluate import evaluate
from seqdl.evaluation.job import new_recogniser, rehearse
from seqdl.model import checkpoint
from seqdl.runs import ledger
from seqdl.training.schedule import Schedule

CONVNET, COLLAPSED, FEATURES = "convnet.npz", "collapsed.json", "features.json"


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
    row = access.row(folder)
    if row is None:
        return {}
    windows = row.scores["windows"]
    persons = {name: list(counts) for name, counts in row.persons.items()}
    return {"windows": [windows.correct, windows.count], "persons": persons}


def _start(config: Config, folder: Path, coefficient: float) -> None:
    """The checkpoint of a ConvNet before its first pass, with other coefficients."""
    recogniser = new_recogniser(config, choose(config)[0])
    parameters = recogniser.networks["convnet"].parameters
    for name in ("S1.coefficient", "S2.coefficient"):
        parameters[name][...] *= coefficient
    arrays = {"theta": parameters.vector, "velocity": parameters.like().vector}
    values = {"schedule": Schedule(config.convnet).state(), "log": [], "classes": list(recogniser.classes)}
    checkpoint.save(folder / CONVNET, arrays, values)


def features(config: dict[str, Any], folder: str) -> dict[str, Any]:
    """An LSTM on features of a ConvNet that has learned from the LSTM's sequences, and on one that has not.

    Of three training persons two train the ConvNet. The LSTM then learns from one person alone: from one of those two
    (``seen``) or from the third (``unseen``). Everybody is the third once, so both ways learn from the same sequences.
    Passes are as many more as persons are fewer.
    """
    path, effective = Path(folder), configuration.from_dict(config)
    if (path / FEATURES).is_file():
        return files.read_json(path / FEATURES)
    dataset, split = choose(effective)
    people = len(split.train)
    effective = replace(
        effective,
        convnet=replace(effective.convnet, epochs=effective.convnet.epochs * people // (people - 1)),
        lstm=replace(effective.lstm, epochs=effective.lstm.epochs * people),
    )
    with locks.held(path.parent / "lock"):  # so that no two processes compile the same at once
        rehearse(effective)
    material = access.prepare(dataset, effective)
    counts = {"seen": np.zeros(2, int), "unseen": np.zeros(2, int)}
    for third in split.train:
        pair = [person for person in split.train if person != third]
        for person in split.train:
            own = path / f"without-{third}" / f"lstm-{person}"
            own.mkdir(parents=True, exist_ok=True)
            recogniser = new_recogniser(material.config, dataset)
            access.learn("convnet", recogniser, material.of(pair), own.parent)
            access.learn("lstm", recogniser, material.of([person]), own)
            tested = material.of(split.test)
            scores = evaluate(recogniser, tested.prepared, tested.sequences).scores
            ledger.note(path, material.config, "test", split.test, scores)
            counts["unseen" if person == third else "seen"] += scores["lstm"].correct, scores["lstm"].count
    files.write_json(path / FEATURES, {way: count.tolist() for way, count in counts.items()})
    return files.read_json(path / FEATURES)
