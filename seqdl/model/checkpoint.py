"""Arrays and plain values in one file that is whole or absent."""

import json
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from seqdl.base import files, npz
from seqdl.errors import SeqdlError

FORMAT = 1
DAMAGE = (ValueError, LookupError, TypeError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error)
"""What is raised for a file that is none, or damaged."""


def save(path: Path, arrays: Mapping[str, np.ndarray], values: Mapping[str, Any]) -> None:
    """Write ``arrays`` and plain ``values``, as JSON has them, atomically to ``path``, an ``.npz`` file."""
    text = json.dumps({"format": FORMAT, **values})
    with files.replace_atomic(path) as temporary, temporary.open("wb") as file:
        whole: dict[str, Any] = {"values": np.frombuffer(text.encode(), np.uint8), **arrays}
        np.savez(file, **whole)


def read(path: Path, *needed: str) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Arrays and plain values of a checkpoint from :func:`save`.

    A SeqdlError names one that is absent, damaged, no checkpoint, or lacks one of the values that are ``needed``.
    """
    try:
        with path.open("rb") as file:
            arrays = npz.read(file)
        values = json.loads(arrays.pop("values").tobytes())
        known = values["format"] == FORMAT
    except OSError as error:
        raise SeqdlError(f"cannot read the checkpoint {path}: {error.strerror or error}") from error
    except DAMAGE as error:
        raise SeqdlError(f"{path} is damaged or no checkpoint: train again, or restore it from a copy") from error
    if not known:
        raise SeqdlError(f"{path} is a checkpoint of format {values['format']}, this seqdl reads {FORMAT}")
    _check(needed, values, path)
    return arrays, values


def fill(vectors: Mapping[str, np.ndarray], stored: Mapping[str, np.ndarray], path: Path) -> None:
    """Copy what is ``stored`` in a checkpoint at ``path`` into ``vectors`` of the same names.

    A SeqdlError says where one is missing, shapes differ or a value is not finite.
    """
    _check(vectors, stored, path)
    for name, vector in vectors.items():
        found = stored[name]
        if found.shape != vector.shape:
            raise SeqdlError(f"{path} does not fit its configuration: {name} is {found.shape}, not {vector.shape}")
        if found.dtype.kind != "f" or not np.isfinite(found).all():
            raise SeqdlError(f"{path} is damaged: {name} is not finite; train again, or restore it from a copy")
        vector[...] = found


def _check(needed: Iterable[str], found: Mapping[str, Any], path: Path) -> None:
    """Nothing is missing, as it is in the checkpoint of another network."""
    missing = [name for name in needed if name not in found]
    if missing:
        names = ", ".join(missing)
        raise SeqdlError(f"{path} lacks {names}: it belongs elsewhere; train again, or put the right one in its place")
