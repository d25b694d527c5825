"""Files that one process holds at a time; whatever ends the process gives them free."""

import contextlib
import errno
import io
import multiprocessing
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from seqdl.base import disk
from seqdl.errors import SeqdlError


class HeldError(SeqdlError):
    """Another process holds the file."""


class NoLocksError(SeqdlError):
    """The disk has no locks to give."""


@contextlib.contextmanager
def held(path: Path, *, wait: bool = True) -> Iterator[TextIO]:
    """Open a file for adding to it and hold it alone; where the system knows no locks (Windows), open it.

    The file and its folder are made where they are absent. Where another process holds it, this one waits, or raises a
    HeldError if ``wait`` is False; a NoLocksError says where the disk has no locks to give, an OSError where the file
    cannot be written. A process that is still importing the program for which it will work would wait for that program:
    a SeqdlError says how to write it.
    """
    if getattr(multiprocessing.current_process(), "_inheriting", False):
        raise SeqdlError(
            "a process that works for this program imports it first, and must not run it: "
            'put what the program does below  if __name__ == "__main__":'
        )
    while True:
        disk.make_folders(path.parent)
        with io.TextIOWrapper(disk.opened(path, "ab")) as file:
            _lock(file, path, wait)
            if _still_there(file, path):  # and not deleted by the process that was waited for
                yield file
                return


def _lock(file: TextIO, path: Path, wait: bool) -> None:
    try:
        import fcntl
    except ImportError:  # not on Windows: one process at a time is the user's care there
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.EWOULDBLOCK, errno.EAGAIN):
            raise HeldError(f"another process holds {path}") from error
        raise NoLocksError(
            f"cannot lock {path}: {error.strerror or error}; choose a folder on a disk that has locks"
        ) from error


def _still_there(file: TextIO, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False
