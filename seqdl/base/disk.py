"""Every change on a disk is one of these operations, and all of them pass :func:`act`.

So a test can number them and let the n-th one fail, be cut short, or be the last thing that the process does. Whoever
writes uses these functions (a test of the source holds that), and mostly those of :mod:`seqdl.base.files` above them.
"""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    import numpy as np

T = TypeVar("T")
Name = str | Path


def act(what: str, path: Name, do: Callable[..., T], *arguments: Any) -> T:  # noqa: ARG001
    """Do one operation: ``do(*arguments)``. ``what`` it is, and on which ``path``, is for tests, which replace this."""
    return do(*arguments)


class File(io.FileIO):
    """A file to be written without a buffer, each of whose writes is an operation and may write less than all."""

    def write(self, data: Any) -> int:
        """Write what fits; the number of bytes that did."""
        return act("write", self.name, super().write, data)

    def truncate(self, size: int | None = None) -> int:
        """Cut it, or lengthen it by zeros."""
        return act("cut", self.name, super().truncate, size)


def unbuffered(path: Name, mode: str = "wb") -> File:
    """Open a file for writing, where each ``write`` is one of the system, which may be short."""
    return act("open", path, File, path, mode)


def opened(path: Name, mode: str = "wb") -> io.BufferedWriter:
    """Open a file for writing bytes, in the modes of :func:`open`."""
    return io.BufferedWriter(unbuffered(path, mode))


def write(file: File, data: bytes | memoryview) -> None:
    """Write all of it."""
    left = memoryview(data)
    while left:
        left = left[file.write(left) :]


def sync(path: Name, descriptor: int) -> None:
    """Wait until what was written is on the disk."""
    act("sync", path, os.fsync, descriptor)


def sync_folder(path: Name) -> None:
    """Wait until the names in a folder are on the disk, where a system can be asked for that, and we may ask."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    with contextlib.suppress(PermissionError):  # one may be written into and not read
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            sync(path, descriptor)
        finally:
            os.close(descriptor)


def rename(old: Name, new: Name) -> None:
    """Give a file or folder another name; a file of that name is replaced."""
    act("rename", new, os.replace, old, new)


def remove(path: Name) -> None:
    """Remove a file, if it is there."""
    act("remove", path, lambda: Path(path).unlink(missing_ok=True))


def remove_folder(path: Name, whole: bool = False, ignore_errors: bool = False) -> None:
    """Remove the folder ``path``, an empty one or a ``whole`` one; ``ignore_errors`` leaves what cannot be removed."""
    if whole:
        act("remove", path, shutil.rmtree, path, ignore_errors)
    else:
        act("remove", path, os.rmdir, path)


def make_folder(path: Name, mode: int = 0o777) -> None:
    """Make a folder, which is not there yet, in one that is; its name is on the disk then."""
    act("folder", path, os.mkdir, path, mode)
    sync_folder(Path(path).absolute().parent)


def make_folders(path: Name) -> None:
    """Make a folder and those above it where they are not there yet; their names are on the disk then."""
    new = [one for one in (Path(path).absolute(), *Path(path).absolute().parents) if not one.is_dir()]
    if new:
        act("folder", path, lambda: Path(path).mkdir(parents=True, exist_ok=True))
    for one in reversed(new):
        sync_folder(one.parent)


def temporary_folder() -> Path:
    """Make a new folder among the system's temporary files."""
    return Path(act("folder", tempfile.gettempdir(), tempfile.mkdtemp, None, "seqdl-"))


def nameless(folder: Name | None = None) -> IO[bytes]:
    """A file that nobody else can open, and that is gone when it is closed; write with :func:`put`."""
    return act("open", folder or tempfile.gettempdir(), lambda: tempfile.TemporaryFile(dir=folder))


def spooled(size: int) -> tempfile.SpooledTemporaryFile[bytes]:
    """A file that is held in memory up to a ``size`` in bytes; write with :func:`put`."""
    return tempfile.SpooledTemporaryFile(size)


def put(file: Any, data: Any) -> None:
    """Write all of some bytes into a file of :func:`nameless`, :func:`spooled`, or of another library's."""
    act("put", str(getattr(file, "name", "")), file.write, data)


def cut(path: Name, size: int) -> None:
    """Shorten a file."""
    act("cut", path, os.truncate, path, size)


def touch(path: Name, make: bool = False) -> None:
    """Note that a file was used just now; ``make`` it if it is absent."""
    act("touch", path, Path(path).touch if make else lambda: os.utime(path))


def mapped(file: Any, kind: Any, shape: tuple[int, ...] | None = None, mode: str = "r") -> np.ndarray:
    """A ``file``, or the one of a path, as an array in the memory, of a ``kind`` and a ``shape``.

    ``mode`` is ``r``, or ``r+`` to write into it too.
    """
    import numpy as np

    memmap: Any = np.memmap  # its types ask for a literal mode
    return np.asarray(act("map", str(getattr(file, "name", file)), lambda: memmap(file, kind, mode, shape=shape)))
