"""Files that are whole or absent: written beside, flushed, renamed into place.

A full disk, a killed process or a power cut in the middle of writing leaves the old file as it was. The order matters:
the bytes reach the disk before the name does, and the folder's entry last.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import mmap
import os
import re
import secrets
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seqdl.base import disk
from seqdl.base.interrupts import undone
from seqdl.errors import SeqdlError

if TYPE_CHECKING:
    import numpy as np


@contextlib.contextmanager
def replace_atomic(path: str | Path) -> Iterator[Path]:
    """Write a file through a temporary one in the same folder, which takes its place when the block ends well.

    The block is given the temporary path and creates the file; it keeps the suffix, since ``numpy.savez`` and
    matplotlib look at it. Whatever ends the block with an exception removes it and leaves the old file untouched. A
    SeqdlError says where writing fails (disk full, no permission), or ``path`` is neither absent nor a regular file:
    renaming would replace a device or a symbolic link itself and not what it stands for.
    """
    target = Path(path)
    temporary = target.with_name(f".{secrets.token_hex(8)}.tmp{target.suffix}")  # as is_left_over knows
    with temporarily(temporary):
        try:
            _refuse_irregular(target)
            yield temporary
            flush(temporary)
            disk.rename(temporary, target)
            disk.sync_folder(target.parent)
        except OSError as error:
            raise SeqdlError(f"cannot write {target}: {error.strerror or error}") from error


def is_left_over(path: Path) -> bool:
    """Whether a file is a temporary one of :func:`replace_atomic`, such as a process leaves that is killed."""
    return bool(re.fullmatch(r"\.[0-9a-f]{16}\.tmp(\..*)?", path.name))


def holds(folder: Path, *but: str) -> bool:
    """Whether anything is in a ``folder`` besides what :func:`is_left_over` and names that do not count."""
    return any(path.name not in but and not is_left_over(path) for path in folder.iterdir())


@contextlib.contextmanager
def temporarily(path: Path) -> Iterator[None]:
    """A file or folder that is gone at the end of the block, also where it is the process that is ended."""

    def remove() -> None:
        if path.is_dir():
            disk.remove_folder(path, whole=True, ignore_errors=True)
        elif path.exists():
            with contextlib.suppress(OSError):
                disk.remove(path)

    with undone(remove):
        yield


def write_atomic(path: str | Path, data: bytes | str) -> None:
    """Write a whole file, a text as :func:`as_bytes`, or leave the old one as it was and raise as
    :func:`replace_atomic`.
    """
    with replace_atomic(path) as temporary, disk.unbuffered(temporary) as file:
        disk.write(file, as_bytes(data) if isinstance(data, str) else data)


def as_bytes(text: str) -> bytes:
    """A text as UTF-8, in which the bytes of file names that are no UTF-8 are escaped: ``\\udce9`` for the byte E9.

    Within JSON that is what stands for them anyway: whoever reads it has the same name again.
    """
    return text.encode("utf-8", "backslashreplace")


def read_json(path: str | Path) -> Any:
    """The value in a JSON file; a SeqdlError names one that is absent, unreadable or no JSON."""
    try:
        return json.loads(Path(path).read_bytes())
    except OSError as error:
        raise SeqdlError(f"cannot read {path}: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:
        raise SeqdlError(f"{path} is damaged or no JSON file: {error}") from error


def write_json(path: str | Path, value: Any) -> None:
    """Write a value as JSON that other programs can read too: indented, UTF-8, without NaN or Infinity.

    File names that are no UTF-8 are escaped as by :func:`as_bytes`, and read again as they are.
    Nothing is written where it raises: a ValueError for NaN and infinities, a TypeError for what JSON has no form for,
    and as :func:`replace_atomic`.
    """
    pieces = json.JSONEncoder(indent=2, ensure_ascii=False, allow_nan=False).iterencode(value)
    with replace_atomic(path) as temporary, disk.opened(temporary) as file:
        file.writelines(map(as_bytes, pieces))  # never the whole text in memory
        file.write(b"\n")


def digest(value: Any, size: int = 16) -> str:
    """A name of so many letters for a value, as JSON has it."""
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()[:size]


def _refuse_irregular(target: Path) -> None:
    try:
        mode = target.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISREG(mode):
        raise SeqdlError(f"cannot write {target}: it exists and is no regular file; choose another name")


def flush(path: Path) -> None:
    """Wait until what was written into a file is on the disk."""
    descriptor = os.open(path, os.O_RDWR)
    try:
        disk.sync(path, descriptor)
    finally:
        os.close(descriptor)


def release(array: np.ndarray) -> None:
    """Let go of what was read of a memory-mapped array, so that the process stays small however large the file is.

    The system keeps the pages as long as it has space, so reading them again costs next to nothing. It may be a view of
    one; other arrays are left as they are.
    """
    base: Any = array
    while base is not None and not isinstance(base, mmap.mmap):
        base = getattr(base, "base", None)
    if base is not None and hasattr(mmap, "MADV_DONTNEED"):
        base.madvise(mmap.MADV_DONTNEED)
