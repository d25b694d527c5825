"""What leaves the house: the arrays of a run by name, and a record of it in texts."""

import hashlib
import importlib
import json
from collections.abc import Mapping
from dataclasses import replace
from types import ModuleType

import numpy as np

from seqdl import __version__
from seqdl.config import Config, to_dict
from seqdl.errors import SeqdlError
from seqdl.model.recogniser import Recogniser
from seqdl.runs.codec import encode
from seqdl.runs.folder import RunFolder
from seqdl.stores.footage import rate_of

FORMAT = "1"
"""Of the record; another version may have another."""


def arrays(recogniser: Recogniser) -> dict[str, np.ndarray]:
    """Everything that decides, by name: ``convnet.C1.weight``, ..., ``lstm.output.bias``, ``lstm.mean``.

    The arrays of a ``recogniser`` are views of its parameters; those without any value are left out.
    """
    networks = {**recogniser.describer.networks, "lstm": recogniser.lstm}
    named = {f"{net}.{name}": a for net, network in networks.items() for name, a in network.parameters.items()}
    beside = {f"lstm.{name}": a for name, a in recogniser.beside().items()}
    return {name: a for name, a in {**named, **beside}.items() if a.size}


def digest(named: Mapping[str, np.ndarray]) -> str:
    """A name of 16 letters for the values of ``named`` arrays, whatever file they are in."""
    whole = hashlib.sha256()
    for name in sorted(named):
        a = named[name]
        whole.update(f"{name} {a.dtype.str} {a.shape} ".encode())
        whole.update(np.ascontiguousarray(a).tobytes())
    return whole.hexdigest()[:16]


def record(run: RunFolder, recogniser: Recogniser) -> dict[str, str]:
    """The record of a finished ``run`` in texts, those of more than a word as JSON.

    Folders and files of this machine are left out, and so are the decisions on single sequences, whose names may be
    nobody's business. The networks are those of its ``recogniser``.
    """
    config = recogniser.config
    return {
        "format": "seqdl",
        "format_version": FORMAT,
        "seqdl": __version__,
        "model": config.model,
        "classes": json.dumps(recogniser.classes),
        "rate": json.dumps(rate_of(config)),
        "box": config.video.box,
        "lcn": json.dumps(to_dict(config)["lcn"]),
        "digest": digest(arrays(recogniser)),
        "config": json.dumps(to_dict(without_places(config))),
        "environment": json.dumps(encode(run.environment)),
        "result": json.dumps(replace(run.result, sequences=()).to_dict()),
        "log": json.dumps([encode(epoch) for epoch in run.log]),
    }


def without_places(config: Config) -> Config:
    """A ``config`` that names no folder and no file."""
    data = replace(config.data, data_dir="", persons="")
    if data.protocol.startswith("file:"):
        data = replace(data, protocol="auto")
    return replace(config, data=data, single_step=replace(config.single_step, warm=""))


def library(name: str, what: str, extra: str = "export") -> ModuleType:
    """The module ``name``, which ``what`` needs; a SeqdlError says with which ``extra`` it is installed."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise SeqdlError(f'{what} needs {name.split(".")[0]}: pip install "seqdl[{extra}]"') from error
