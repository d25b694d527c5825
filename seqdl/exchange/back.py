"""A file that left becomes a run again: the same arrays to the byte, the same record."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from seqdl.base import files
from seqdl.config import to_dict
from seqdl.errors import GeometryError, SeqdlError
from seqdl.exchange import named, outside
from seqdl.model import checkpoint
from seqdl.model.recogniser import Recogniser
from seqdl.runs import folder as run_folder
from seqdl.runs.codec import decode, encode
from seqdl.runs.environment import Environment
from seqdl.runs.folder import RunFolder, read_config
from seqdl.runs.result import Epoch, Result


def import_run(source: str | Path, out: str | Path) -> RunFolder:
    """Make the new run folder ``out`` of a file ``source`` from ``seqdl export``.

    It predicts, is evaluated on other data and reported as any other; what training would need to go on is not there. A
    SeqdlError says what is wrong with the file, a UsageError that ``out`` exists; nothing is left then.
    """
    outside.check_free(Path(out))
    arrays, record = outside.read(source)
    config = read_config(_json(record, "config", source), source)
    classes = decode(tuple[str, ...], _json(record, "classes", source), source, "classes")
    result = Result.from_dict(_json(record, "result", source), source)
    environment = decode(Environment, _json(record, "environment", source), source, "environment")
    log = decode(tuple[Epoch, ...], _json(record, "log", source), source, "log")
    if result.dataset.classes != classes:
        raise SeqdlError(f"{source} is damaged: its classes are not those of its result")
    try:
        recogniser = Recogniser(config, classes)
    except (ValueError, GeometryError) as error:
        raise SeqdlError(f"{source} is damaged or of another version: {error}") from error
    fill(recogniser, arrays, source)
    with outside.new_folder(out) as made:
        run = RunFolder(made)
        files.write_json(made / run_folder.CONFIG, to_dict(config))
        files.write_json(made / run_folder.ENVIRONMENT, encode(environment))
        run.write_log(log)
        both = recogniser.both
        for name, network in {recogniser.last: both}.items() if both else recogniser.networks.items():
            beside = recogniser.beside() if name == recogniser.last else {}
            vectors = {"theta": network.parameters.vector, **beside}
            checkpoint.save(run.checkpoint(name), vectors, {"classes": list(classes)})
        run.write_result(result)
    return RunFolder(Path(out))


def fill(recogniser: Recogniser, arrays: Mapping[str, np.ndarray], source: object) -> None:
    """Copy ``arrays`` of the file ``source`` into a ``recogniser``; a SeqdlError names the first that does not fit."""
    wanted = named.arrays(recogniser)
    for name in sorted(wanted.keys() ^ arrays.keys()):
        what = "lacks" if name in wanted else "has besides"
        raise SeqdlError(f"{source} does not fit its configuration: it {what} {name}")
    for name, view in wanted.items():
        found = arrays[name]
        if (found.shape, found.dtype) != (view.shape, view.dtype):
            shapes = f"{found.dtype} {found.shape}, not {view.dtype} {view.shape}"
            raise SeqdlError(f"{source} does not fit its configuration: {name} is {shapes}")
        if not np.isfinite(found).all():
            raise SeqdlError(f"{source} is damaged: {name} is not finite; export it again")
        view[...] = found


def _json(record: Mapping[str, str], name: str, source: object) -> Any:
    try:
        return json.loads(record[name])
    except (KeyError, ValueError, RecursionError) as error:
        raise SeqdlError(f"{source} is damaged: its record has no {name} that can be read") from error
