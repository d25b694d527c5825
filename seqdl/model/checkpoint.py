"""Arrays and plain values in one file that is whole or absent, with a checksum of them all; the one before is kept.

There is no pickle in it, and none is read: a checkpoint is data and never code.
"""

import hashlib
import json
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from seqdl.base import disk, files, npz
from seqdl.errors import SeqdlError

FORMAT, PARTIAL = 1, 2
"""A file's format: of a network after a pass, or in one, which earlier versions would take for the former."""
DIGEST = "sha256"
"""The array of 32 bytes that holds the checksum of all others; files of earlier versions have none."""
DAMAGE = (ValueError, LookupError, TypeError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error)
"""What is raised for a file that is none, or damaged."""


class MisfitError(SeqdlError):
    """A checkpoint is whole, and belongs elsewhere."""


def save(path: Path, arrays: Mapping[str, np.ndarray], values: Mapping[str, Any], kind: int = FORMAT) -> None:
    """Write ``arrays`` and plain ``values``, as JSON has them, atomically to ``path``, an ``.npz`` file of a ``kind``.

    What is there is kept as :func:`before`.
    """
    if path.exists():
        files.write_atomic(before(path), path.read_bytes())
    whole = _whole(arrays, values, kind)
    _write(path, {**whole, DIGEST: _sum(whole)})


def pass_on(path: Path, arrays: Mapping[str, np.ndarray], values: Mapping[str, Any]) -> None:
    """The same for networks that are done: no checksum, since their folder lists those of files, and none before."""
    _write(path, _whole(arrays, values, FORMAT))


def _whole(arrays: Mapping[str, np.ndarray], values: Mapping[str, Any], kind: int) -> dict[str, np.ndarray]:
    return {"values": np.frombuffer(json.dumps({"format": kind, **values}).encode(), np.uint8), **arrays}


def _write(path: Path, whole: Mapping[str, Any]) -> None:
    with files.replace_atomic(path) as temporary, disk.opened(temporary) as file:
        np.savez(file, **whole)


def before(path: Path) -> Path:
    """Where the checkpoint before the one at ``path`` is kept."""
    return path.with_name(f"{path.stem}.before{path.suffix}")


def restore(path: Path) -> None:
    """Put the checkpoint before the one at ``path`` in its place."""
    files.write_atomic(path, before(path).read_bytes())


def _sum(arrays: Mapping[str, np.ndarray]) -> np.ndarray:
    """The checksum of names, types, shapes and values, in the order of the names."""
    found = hashlib.sha256()
    for name in sorted(arrays):
        array = arrays[name]
        found.update(f"{name} {array.dtype.str} {array.shape}\n".encode() + array.tobytes())
    return np.frombuffer(found.digest(), np.uint8)


def read(path: Path, *needed: str) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Arrays and plain values of a checkpoint from :func:`save`.

    A SeqdlError names one that is absent, damaged, no checkpoint, or lacks one of the values that are ``needed``.
    """
    try:
        with path.open("rb") as file:
            arrays = npz.read(file)
        kept = arrays.pop(DIGEST, None)
        if kept is not None and not np.array_equal(kept, _sum(arrays)):
            raise ValueError("its checksum is another")
        values = json.loads(arrays.pop("values").tobytes())
        known = values["format"] in (FORMAT, PARTIAL)
    except OSError as error:
        raise SeqdlError(f"cannot read the checkpoint {path}: {error.strerror or error}") from error
    except DAMAGE as error:
        raise SeqdlError(f"{path} is damaged or no checkpoint: train again, or restore it from a copy") from error
    if not known:
        raise SeqdlError(f"{path} is a checkpoint of format {values['format']}, this seqdl reads up to {PARTIAL}")
    require(needed, values, path)
    return arrays, values


def fill(vectors: Mapping[str, np.ndarray], stored: Mapping[str, np.ndarray], path: Path) -> None:
    """Copy what is ``stored`` in a checkpoint at ``path`` into ``vectors`` of the same names.

    A SeqdlError says where one is missing, shapes differ or a value is not finite.
    """
    require(vectors, stored, path)
    for name, vector in vectors.items():
        found = stored[name]
        if found.shape != vector.shape:
            raise MisfitError(f"{path} does not fit its configuration: {name} is {found.shape}, not {vector.shape}")
        if found.dtype.kind != vector.dtype.kind or not np.isfinite(found).all():
            raise SeqdlError(f"{path} is damaged: {name} is not finite; train again, or restore it from a copy")
        vector[...] = found


def require(needed: Iterable[str], found: Mapping[str, Any], path: Path) -> None:
    """A MisfitError where something ``needed`` is not ``found`` in the file ``path``, as in that of another network."""
    missing = [name for name in needed if name not in found]
    if missing:
        names = ", ".join(missing)
        raise MisfitError(f"{path} lacks {names}: it belongs elsewhere; train again, or put the right one in its place")
