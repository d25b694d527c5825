"""Every look at test persons is written down: when, with which configuration, and what came of it.

Who chooses settings by results on test persons ends up with an accuracy on persons that *were* used for choosing. So
each evaluation adds a line to ``evaluations.jsonl`` in its run folder and, where that is part of a cross-validation, to
the one beside ``crossval.json`` as well. Lines are only ever added. Inner splits, on which settings may be chosen, are
marked as such.
"""

from __future__ import annotations

import datetime
import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from seqdl import __version__
from seqdl import config as configuration
from seqdl.config import Config
from seqdl.errors import SeqdlError
from seqdl.runs import folder as run_folder

NAME = "evaluations.jsonl"


def note(folder: str | Path, config: Config, kind: str, persons: Iterable[str], scores: Mapping[str, Any]) -> str:
    """Add a line to the ledgers of a run.

    Parameters
    ----------
    folder : path
        The run folder.
    config : Config
        The run's configuration.
    kind : {"test", "inner", "other"}
        On test persons, on those of an inner split, or on another dataset.
    persons : iterable of str
        Whose sequences were decided.
    scores : mapping
        Its ``voting`` and ``lstm`` hold an ``accuracy``, or are None.

    Returns
    -------
    str
        The date, in UTC.

    Raises
    ------
    SeqdlError
        Where a line cannot be added.
    """
    date = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    line = {
        "date": date,
        "kind": kind,
        "run": str(folder),
        "persons": sorted(persons),
        **{way: scores[way] and scores[way]["accuracy"] for way in ("voting", "lstm")},
        "version": __version__,
        "commit": run_folder.commit(),
        "config": configuration.to_dict(config),
    }
    data = (json.dumps(line, ensure_ascii=False) + "\n").encode()
    for path in ledgers(folder):
        try:
            _add(path, data)
        except OSError as error:
            raise SeqdlError(
                f"cannot note the evaluation in {path}: {error.strerror}; no result is shown without it"
            ) from error
    return date


def ledgers(folder: str | Path) -> list[Path]:
    """The files in which a run's evaluations are noted.

    Parameters
    ----------
    folder : path
        The run folder.

    Returns
    -------
    list of Path
        In the folder, and in the one around it where that is a cross-validation's.
    """
    folder = Path(folder)
    above = folder.absolute().parent
    return [folder / NAME] + ([above / NAME] if (above / "crossval.json").is_file() else [])


def _add(path: Path, data: bytes) -> None:
    """One write at the end of the file: lines of processes that do so at the same time never mix."""
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
    try:
        os.write(descriptor, data)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
