"""An array store: arrays on disk that only grow, row by row, and an index that says which rows are whose.

It is a folder of the cache with a file for each array, and ``index.jsonl``: one line an item, with its key, first row,
number of rows, and what else there is to say of it. The line is written after the rows: what an interrupt leaves behind
the last line is cut off at the next opening, and items whose rows are no longer there are made again. One process
writes at a time.
"""

import contextlib
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from seqdl.base import locks
from seqdl.base.files import release
from seqdl.base.rows import spans
from seqdl.errors import SeqdlError

INDEX = "index.jsonl"
PIECE = 4096
"""So many rows are written at once."""


class Column(NamedTuple):
    """One of the arrays.

    Parameters
    ----------
    kind, shape
        Type of its values, and shape of a row.
    """

    kind: np.dtype | type
    shape: tuple[int, ...] = ()

    @property
    def size(self) -> int:
        """Bytes of a row."""
        return int(np.dtype(self.kind).itemsize * np.prod(self.shape, dtype=np.int64))


class Item(NamedTuple):
    """What the index says of an item.

    Parameters
    ----------
    first, rows, about
        Its first row, how many there are, and whatever else there is to say, as JSON has it.
    """

    first: int
    rows: int
    about: Any


Add = Callable[[str, Sequence[np.ndarray], Any], None]


class ArrayStore:
    """An open array store; see :func:`open_store`. Its ``index`` says what is there, by key.

    Parameters
    ----------
    folder, columns
        Its folder, and its arrays by the names of their files.
    mend : bool
        Whether what an interrupt left behind is cut off; who does not write may do without.
    """

    def __init__(self, folder: Path, columns: Mapping[str, Column], mend: bool = True) -> None:
        self.folder, self.columns = folder, columns
        self.index: dict[str, Item] = {}
        self._rows = 0
        self._read_index(mend)

    def _read_index(self, mend: bool) -> None:
        """It ends before the first line that was cut short, does not follow on the one before, or lacks its rows."""
        path = self.folder / INDEX
        if not path.exists():
            return
        there = min(_size(self.folder / name) // column.size for name, column in self.columns.items())
        good = 0
        for line in path.read_bytes().splitlines(keepends=True):
            try:
                key, first, count, about = json.loads(line)
                follows = line.endswith(b"\n") and first == self._rows and 0 <= count <= there - first
                follows = follows and isinstance(key, str) and type(first) is type(count) is int
            except (ValueError, TypeError, RecursionError):
                break
            if not follows:
                break
            self.index[key] = Item(first, count, about)
            good, self._rows = good + len(line), first + count
        if mend:
            os.truncate(path, good)

    @contextlib.contextmanager
    def growing(self) -> Iterator[Add]:
        """Add items by what is yielded: ``add(key, arrays, about)``, with the rows of each array in the columns'
        order.
        """
        with contextlib.ExitStack() as stack:
            files = [stack.enter_context((self.folder / name).open("ab")) for name in self.columns]
            for file, column in zip(files, self.columns.values(), strict=True):
                file.truncate(self._rows * column.size)
            lines = stack.enter_context((self.folder / INDEX).open("a"))

            def add(key: str, arrays: Sequence[np.ndarray], about: Any) -> None:
                for file, array in zip(files, arrays, strict=True):
                    for first, last in spans(len(array), PIECE):
                        file.write(array[first:last].tobytes())
                        release(array)  # which may be mapped, and longer than the memory
                    file.flush()
                item = Item(self._rows, len(arrays[0]), about)
                lines.write(json.dumps([key, *item]) + "\n")
                lines.flush()
                self.index[key], self._rows = item, self._rows + item.rows

            yield add

    def array(self, name: str) -> np.ndarray:
        """One of the arrays, (rows, ...), by the name of its file: memory-mapped, read-only."""
        column = self.columns[name]
        if not self._rows:
            return np.empty((0, *column.shape), column.kind)
        return np.asarray(np.memmap(self.folder / name, column.kind, "r", shape=(self._rows, *column.shape)))


@contextlib.contextmanager
def open_store(folder: Path, columns: Mapping[str, Column]) -> Iterator[ArrayStore]:
    """Open the array store in a folder, or make it; another process that wants it waits.

    A SeqdlError says where the folder cannot be written or locked.
    """
    try:
        with locks.held(folder / "lock"):
            os.utime(folder / "lock")  # when the store was last used
            yield ArrayStore(folder, columns)
    except locks.NoLocksError as error:
        raise SeqdlError(f"{error}, and name it with SEQDL_CACHE") from error
    except OSError as error:
        raise SeqdlError(
            f"cannot write the store of prepared video in {folder}: {error.strerror or error}; "
            "free some space, or set SEQDL_CACHE to a folder that can be written"
        ) from error


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
