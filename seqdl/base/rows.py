"""An array that grows row by row: in memory while it is small, in a temporary file beyond, so that any length fits."""

from __future__ import annotations

import copy
import math
import tempfile
import weakref
from collections.abc import Iterator
from typing import Any

import numpy as np

from seqdl.base import disk
from seqdl.errors import NoRoomError

IN_MEMORY = 2**25
"""So many bytes are held in memory."""


class Rows:
    """Rows of one ``kind`` and shape ``row``; the file has no name and vanishes with the process.

    Parameters
    ----------
    kind, row
        Type of the values, and shape of a row.

    Attributes
    ----------
    row_bytes : int
        Its size in memory.
    """

    def __init__(self, kind: type, row: tuple[int, ...]) -> None:
        self.kind, self.row = np.dtype(kind), row
        self.row_bytes = self.kind.itemsize * math.prod(row)
        self._first = self._count = 0
        self._whole: Rows | None = None
        self._file = disk.spooled(IN_MEMORY)
        weakref.finalize(self, self._file.close)

    def __len__(self) -> int:
        return self._count

    @property
    def shape(self) -> tuple[int, ...]:
        """As an array has it."""
        return (self._count, *self.row)

    def append(self, rows: np.ndarray) -> None:
        """Add rows (n, ...) at the end; a SeqdlError where the disk is full."""
        try:
            self._file.seek(self._count * self.row_bytes)
            disk.put(self._file, np.ascontiguousarray(rows, self.kind).data)
        except (OSError, MemoryError) as error:
            why = getattr(error, "strerror", None) or str(error) or "out of memory"
            raise NoRoomError(
                f"cannot hold the video's frames in {tempfile.gettempdir()}: {why}; free some "
                "space, or set TMPDIR to a folder that has more"
            ) from error
        self._count += len(rows)

    def __getitem__(self, which: slice) -> np.ndarray:
        """A copy of successive rows."""
        first, last, _ = which.indices(self._count)
        self._file.seek((self._first + first) * self.row_bytes)
        content = self._file.read(max(0, last - first) * self.row_bytes)
        return np.frombuffer(content, self.kind).reshape(-1, *self.row)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        """All rows, for NumPy."""
        return np.asarray(self[:], dtype)

    def part(self, first: int, last: int) -> Rows:
        """The rows from ``first`` to before ``last`` as rows of their own, without a copy; for reading alone."""
        made = copy.copy(self)
        made._whole = self  # whose end closes the file
        made._first, made._count = self._first + first, last - first
        return made

    def array(self) -> np.ndarray:
        """All rows as an array that cannot be written into, memory-mapped if they are in a file."""
        self._file.seek(0)
        if self._count * self.row_bytes > IN_MEMORY:
            self._file.rollover()
            self._file.flush()
            return disk.mapped(self._file, self.kind, self.shape)
        return np.frombuffer(self._file.read(), self.kind).reshape(self.shape)


def spans(count: int, size: int) -> Iterator[tuple[int, int]]:
    """First and one past the last of successive blocks of a ``size``, which cover so many rows."""
    for first in range(0, count, size):
        yield first, min(first + size, count)
