"""A file that grows line by line, each of which is whole whatever happens."""

from __future__ import annotations

from pathlib import Path

from seqdl.base import disk
from seqdl.base.files import as_bytes
from seqdl.errors import SeqdlError


class Lines:
    """A new file of lines, written as they come: whoever looks at it meanwhile, or after a crash, sees whole ones.

    Parameters
    ----------
    path : Path
        The file; a SeqdlError where it exists, or cannot be made.
    """

    def __init__(self, path: Path) -> None:
        self.path, self._whole = path, 0
        try:
            self._file = disk.unbuffered(path, "xb")
        except FileExistsError as error:
            raise SeqdlError(f"{path}: exists already, and nothing is written over it: name another folder") from error
        except OSError as error:
            raise SeqdlError(f"cannot write {path}: {error.strerror or error}") from error

    def add(self, line: str) -> None:
        """Write a line; where the disk is full, a SeqdlError, and what of it was written is taken back."""
        data = as_bytes(line + "\n")
        try:
            disk.write(self._file, data)
        except OSError as error:
            self._file.truncate(self._whole)
            raise SeqdlError(f"cannot write {self.path}: {error.strerror or error}") from error
        self._whole += len(data)

    def close(self) -> None:
        """Nothing more comes."""
        self._file.close()
