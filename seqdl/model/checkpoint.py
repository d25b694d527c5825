"""Arrays and plain values in one file that is whole or absent."""

from __future__ import annotations

import json
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from seqdl import files
from seqdl.errors import SeqdlError

FORMAT = 1


def save(path: Path, arrays: Mapping[str, np.ndarray], values: Mapping[str, Any]) -> None:
    """Write a checkpoint atomically.

    Parameters
    ----------
    path : Path
        An ``.npz`` file.
    arrays : mapping of str to array
        Vectors and the like.
    values : mapping
        Plain values, as JSON has them.
    """
    text = json.dumps({"format": FORMAT, **values})
    with files.replace_atomic(path) as temporary, open(temporary, "wb") as file:
        np.savez(file, values=np.frombuffer(text.encode(), np.uint8), **arrays)


def load(path: Path) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Read a checkpoint.

    Parameters
    ----------
    path : Path
        An ``.npz`` file from :func:`save`.

    Returns
    -------
    arrays : dict of str to array
    values : dict

    Raises
    ------
    SeqdlError
        For a file that is absent, damaged, or no checkpoint.
    """
    try:
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as content:
            arrays = {name: content[name] for name in content.files}
        values = json.loads(arrays.pop("values").tobytes())
        known = values["format"] == FORMAT
    except OSError as error:
        raise SeqdlError(f"cannot read the checkpoint {path}: {error.strerror or error}") from error
    except (ValueError, KeyError, TypeError, EOFError, AttributeError, zipfile.BadZipFile, zlib.error) as error:
        raise SeqdlError(f"{path} is damaged or no checkpoint: train again, or restore it from a copy") from error
    if not known:
        raise SeqdlError(f"{path} is a checkpoint of format {values['format']}, this seqdl reads {FORMAT}")
    return arrays, values


def fill(vector: np.ndarray, stored: np.ndarray, path: Path, name: str) -> None:
    """Copy a stored vector into place, if it fits.

    Parameters
    ----------
    vector : array
        Changed.
    stored : array
        From the checkpoint.
    path : Path
        The checkpoint, for the message.
    name : str
        What it is, for the message.

    Raises
    ------
    SeqdlError
        Where shapes differ or a value is not finite.
    """
    if stored.shape != vector.shape:
        raise SeqdlError(f"{path} does not fit its configuration: {name} has shape {stored.shape}, not {vector.shape}")
    if not np.isfinite(stored).all():
        raise SeqdlError(f"{path} is damaged: {name} is not finite; train again, or restore it from a copy")
    vector[...] = stored
