"""Every look at test persons is written down: when, with which configuration, and what came of it.

Who chooses settings by results on test persons ends up with an accuracy on persons that *were* used for choosing. So
each evaluation adds a line to ``evaluations.jsonl`` in its run folder and, where that is part of a cross-validation, to
the one beside ``crossval.json`` as well. Lines are only ever added. Inner splits, on which settings may be chosen, are
marked as such.
"""

import datetime
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seqdl import __version__
from seqdl.base import files
from seqdl.config import Config, to_dict
from seqdl.errors import SeqdlError
from seqdl.runs.codec import damaged, decode
from seqdl.runs.environment import commit
from seqdl.runs.folder import read_config
from seqdl.runs.manifest import MANIFEST
from seqdl.runs.result import WAYS, Score
from seqdl.runs.settings import changes

LEDGER = "evaluations.jsonl"


@dataclass(frozen=True)
class Look:
    """One look at test persons.

    Parameters
    ----------
    run, date : str
        The run folder; the time in UTC.
    kind : {"test", "inner", "other"}
        On test persons, on those of an inner split, or on another dataset.
    persons : tuple of str
        Whose sequences were decided.
    version, commit : str
        The program's.
    voting, lstm : float or None
        Accuracies, or mean average precisions.
    settings : str
        What differs from the defaults.
    """

    run: str
    date: str
    kind: str
    persons: tuple[str, ...]
    version: str
    commit: str
    voting: float | None
    lstm: float
    settings: str = ""


def note(folder: str | Path, config: Config, kind: str, persons: Iterable[str], scores: Mapping[str, Score]) -> str:
    """Add a line to the ledgers of the run in ``folder`` with ``config``, and return its date.

    ``kind`` is that of a :class:`Look`, ``persons`` are those whose sequences were decided, ``scores`` are by way. A
    SeqdlError says where a line cannot be added.
    """
    date = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    line = {
        "date": date,
        "kind": kind,
        "run": str(folder),
        "persons": sorted(persons),
        **{way: scores[way].measure if way in scores else None for way in WAYS[1:]},
        "version": __version__,
        "commit": commit(),
        "config": to_dict(config),
    }
    data = files.as_bytes(json.dumps(line, ensure_ascii=False) + "\n")
    for path in ledgers(folder):
        try:
            with path.open("ab", buffering=0) as file:  # one write: lines of processes that do so together never mix
                file.write(data)
                os.fsync(file.fileno())
        except OSError as error:
            raise SeqdlError(
                f"cannot note the evaluation in {path}: {error.strerror}; no result is shown without it"
            ) from error
    return date


def read(folder: str | Path) -> list[Look]:
    """The looks that are noted in a folder, in the order of their lines; none where there is no ledger."""
    path = Path(folder) / LEDGER
    return [_look(line, path) for line in path.read_bytes().splitlines()] if path.is_file() else []


def _look(text: bytes, path: Path) -> Look:
    try:
        line: dict[str, Any] = json.loads(text)
        settings = " ".join(changes(read_config(line["config"], path), Config()))
    except (ValueError, KeyError, TypeError) as error:
        raise damaged(path, "a line") from error
    return decode(Look, {**line, "settings": settings}, path)


def ledgers(folder: str | Path) -> list[Path]:
    """The files in which a run's evaluations are noted: in its folder, and in that of its cross-validation."""
    folder = Path(folder)
    above = folder.absolute().parent
    return [folder / LEDGER] + ([above / LEDGER] if (above / MANIFEST).is_file() else [])
