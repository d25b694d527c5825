"""An array store: arrays on disk that only grow, row by row, and an index that says which rows are whose.

It is a folder of the cache with a file for each array, and ``index.jsonl``: one line an item, with its key, first row,
number of rows, and what else there is to say of it. The line is written after the rows: what an interrupt leaves behind
the last line is cut off at the next opening, and items whose rows are no longer there are made again. One process
writes at a time.

``sums.jsonl`` has a checksum for each item, of its line and its rows. It is on the disk before the first line of the
index is, so a store without it was made by an earlier version, and is given one; in all others an item counts only with
its sum. Whatever a power cut, a disk or a person makes of the files, :meth:`ArrayStore.damaged` finds it.
"""

import contextlib
import json
import warnings
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from seqdl.base import disk, locks
from seqdl.base.files import release, write_atomic
from seqdl.base.rows import spans
from seqdl.errors import SeqdlError

INDEX, SUMS = "index.jsonl", "sums.jsonl"
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


Add = Callable[[str, Sequence[np.ndarray], Any, str], None]


class ArrayStore:
    """An open array store; see :func:`open_store`. Its ``index`` says what is there, by key, and ``names`` for whom.

    It is ``unsound`` where the index has lines that are none.

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
        self.names: dict[str, str] = {}
        self.unsound = False
        self._rows = 0
        self._sums: dict[str, int] | None = self._read_sums(mend)
        self._read_index(mend)
        if mend and self._sums is None:
            self._begin_sums()

    def _read_index(self, mend: bool) -> None:
        """Lines that are none, or lack their rows, do not count; of an earlier version none behind the first of them.

        What goes on where the last one ends has been cut short.
        """
        if not (self.folder / INDEX).exists():
            return
        there = min(_size(self.folder / name) // column.size for name, column in self.columns.items())
        for line in _lines(self.folder / INDEX, mend):
            try:
                key, first, count, about = json.loads(line)
                numbers = type(first) is type(count) is int
                sound = numbers and isinstance(key, str) and first >= 0 and 0 <= count <= there - first
            except (ValueError, TypeError, RecursionError):
                sound = False
            if sound and (self._sums is not None or first == self._rows):
                self.index[key] = Item(first, count, about)
                self._rows = max(self._rows, first + count)
                continue
            self.unsound = True
            if self._sums is None:
                break

    def _read_sums(self, mend: bool) -> dict[str, int] | None:
        if not (self.folder / SUMS).exists():
            return None
        found: dict[str, int] = {}
        for line in _lines(self.folder / SUMS, mend):
            with contextlib.suppress(ValueError, RecursionError):
                match json.loads(line):
                    case [str(key), int(value), str(name)]:
                        found[key], self.names[key] = value, name
        return found

    def _begin_sums(self) -> None:
        """Take the sums of what is there. Their first line is how long rows are, for whoever only checks."""
        self._sums = dict(self._found(self.index))
        lines = [json.dumps({name: column.size for name, column in self.columns.items()})]
        lines += [json.dumps([key, found, ""]) for key, found in self._sums.items()]
        write_atomic(self.folder / SUMS, "\n".join([*lines, ""]))

    def _found(self, keys: Iterable[str]) -> Iterator[tuple[str, int]]:
        """The sums of items as they are there, by their ``keys``."""
        arrays = [self.array(name) for name in self.columns]
        for key in keys:
            item = self.index[key]
            found = zlib.crc32(_line(key, item))
            for array in arrays:
                for first, last in spans(item.rows, PIECE):
                    found = zlib.crc32(array[item.first + first : item.first + last].view(np.uint8).data, found)
                release(array)
            yield key, found

    def damaged(self, keys: Iterable[str]) -> list[str]:
        """Those of the items with these ``keys`` that are not what was written."""
        there = [key for key in dict.fromkeys(keys) if key in self.index]
        return [key for key, found in self._found(there) if self._sums is not None and self._sums.get(key) != found]

    def forget_damaged(self, named: Mapping[str, str]) -> None:
        """Forget those of the items, by key, that are not what was written, and warn of each by its name."""
        for key in self.damaged(named):
            warnings.warn(f"{named[key]} is damaged in the store {self.folder}: prepared anew", stacklevel=3)
            del self.index[key]

    @contextlib.contextmanager
    def growing(self) -> Iterator[Add]:
        """Add items by what is yielded: ``add(key, arrays, about, name)``.

        That is the rows of each array in the columns' order, and a name for people. At the end all is on the disk.
        """
        with contextlib.ExitStack() as stack:
            files = [stack.enter_context(disk.opened(self.folder / name, "ab")) for name in self.columns]
            for file, column in zip(files, self.columns.values(), strict=True):
                file.truncate(self._rows * column.size)
            sums, lines = (stack.enter_context(disk.opened(self.folder / name, "ab")) for name in (SUMS, INDEX))

            def add(key: str, arrays: Sequence[np.ndarray], about: Any, name: str = "") -> None:
                item = Item(self._rows, len(arrays[0]), about)
                line = _line(key, item)
                found = zlib.crc32(line)
                for file, array in zip(files, arrays, strict=True):
                    for first, last in spans(len(array), PIECE):
                        data = array[first:last].tobytes()
                        found = zlib.crc32(data, found)
                        file.write(data)
                        release(array)  # which may be mapped, and longer than the memory
                    file.flush()
                sums.write((json.dumps([key, found, name]) + "\n").encode())
                sums.flush()
                lines.write(line)
                lines.flush()
                self.index[key], self._rows = item, self._rows + item.rows
                assert self._sums is not None
                self._sums[key] = found

            yield add
            for file in (*files, sums, lines):
                disk.sync(file.name, file.fileno())
        disk.sync_folder(self.folder)

    def array(self, name: str) -> np.ndarray:
        """One of the arrays, (rows, ...), by the name of its file: memory-mapped, read-only."""
        column = self.columns[name]
        if not self._rows:
            return np.empty((0, *column.shape), column.kind)
        return disk.mapped(self.folder / name, column.kind, (self._rows, *column.shape))


@contextlib.contextmanager
def open_store(folder: Path, columns: Mapping[str, Column]) -> Iterator[ArrayStore]:
    """Open the array store in a folder, or make it; another process that wants it waits.

    A SeqdlError says where the folder cannot be written or locked.
    """
    try:
        with locks.held(folder / "lock"):
            disk.touch(folder / "lock")  # when the store was last used
            yield ArrayStore(folder, columns)
    except locks.NoLocksError as error:
        raise SeqdlError(f"{error}, and name it with SEQDL_CACHE") from error
    except OSError as error:
        raise SeqdlError(
            f"cannot write the store of prepared video in {folder}: {error.strerror or error}; "
            "free some space, or set SEQDL_CACHE to a folder that can be written"
        ) from error


def check(folder: Path) -> list[str] | None:
    """The names of the items of a store that are not what was written, or None where it has no checksums yet.

    Items without a name are called by their keys. Nothing is changed; an OSError where it cannot be read.
    """
    path = folder / SUMS
    if not path.exists():
        return None
    heading = path.read_bytes().partition(b"\n")[0]
    try:
        columns = {str(name): Column(np.uint8, (int(size),)) for name, size in json.loads(heading).items()}
    except (ValueError, TypeError, AttributeError, RecursionError):
        return [SUMS]
    store = ArrayStore(folder, columns, mend=False)
    lost = [key for key in store.names if key not in store.index] if store.unsound else []
    return [store.names.get(key) or key for key in [*store.damaged(store.index), *lost]]


def _line(key: str, item: Item) -> bytes:
    """An item's line of the index."""
    return (json.dumps([key, *item]) + "\n").encode()


def _lines(path: Path, mend: bool) -> list[bytes]:
    """The whole lines of a file; to ``mend`` it is to cut off what follows them."""
    content = path.read_bytes()
    whole = content.rpartition(b"\n")
    if mend and whole[2]:
        disk.cut(path, len(content) - len(whole[2]))
    return (whole[0] + whole[1]).splitlines()


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
