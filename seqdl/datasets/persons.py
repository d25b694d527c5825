"""``persons.csv``: who acts in which of somebody's own videos, as people and spreadsheets write it."""

import contextlib
import csv
import io
import itertools
import re
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Any

from seqdl.base.words import near, printable, some
from seqdl.datasets.scan import entries, read_text
from seqdl.errors import UsageError

PERSONS = "persons.csv"
COLUMNS = ("file", "person")
SEPARATORS = ",;\t|"
BINARY = {"PK\x03\x04": "a spreadsheet", "\xd0\xcf\x11\xe0": "a spreadsheet", "%PDF": "a PDF"}
"""How files begin that are no CSV files, whatever their name."""


def find(folder: Path) -> Path | None:
    """The list in a dataset's folder, however its name is capitalised; None where there is none."""
    return next((entry for entry in entries(folder) if entry.name.lower() == PERSONS and entry.is_file()), None)


def read(path: str | Path, files: Iterable[str], left_out: Collection[str] = ()) -> dict[str, str]:
    """Who acts in which file, from a CSV file whose first line names the columns ``file`` and ``person``.

    Parameters
    ----------
    path : path
        The list. Commas, semicolons, tabs or bars separate its columns, of which others are ignored; Excel's line
        ``sep=;`` may come first. For its encoding see :func:`seqdl.datasets.scan.read_text`.
    files : iterable of str
        The videos by name, as paths relative to the dataset's folder with ``/``. The list may name one by the end of
        that path, such as the mere file name, where no other video has the same end, and by any path that ends so.
    left_out : collection of str
        The names of other files, whose rows are passed over.

    Returns
    -------
    dict of str to str
        The person of each video.

    Raises
    ------
    UsageError
        For a list that cannot be read, a row without file or person, a file that is not there, may be one of several,
        or has two persons, and a video without a row.
    """
    videos, others = _Names(files), _Names(left_out)
    who: dict[str, str] = {}
    for line, written, person in _rows(path):
        where = f"{path}, line {line}"
        if not written or not person:
            raise UsageError(f"{where}: give both a file and a person")
        found = videos.find(written)
        if len(found) > 1:
            raise UsageError(f"{where}: {written} may be {some(found)}; name the folders too")
        if not found and not others.find(written):
            raise UsageError(f"{where}: there is no video {written}{near(written, videos.names)}")
        for name in found:
            if who.setdefault(name, person) != person:
                raise UsageError(f"{where}: {name} already belongs to {who[name]}; keep one row per file")
    left = [name for name in videos.names if name not in who]
    if left:
        raise UsageError(f"{path}: no person for {some(left)}; add a row for each video")
    return who


class _Names:
    """Names of files, found by what a person writes for them: with slashes or backslashes, from here or elsewhere."""

    def __init__(self, names: Iterable[str]) -> None:
        self.names = list(names)
        self._by_end: dict[tuple[str, ...], list[str]] = {}
        self._whole: dict[tuple[str, ...], str] = {}
        for name in self.names:
            for parts in {_parts(name), _parts(_BYTE.sub(_in_windows, name))}:
                self._whole.setdefault(parts, name)
                for first in range(len(parts)):
                    self._by_end.setdefault(parts[first:], []).append(name)

    def find(self, written: str) -> list[str]:
        """The file of that path; else all whose paths end so; else that with whose path this one ends."""
        parts = _parts(written)
        if parts in self._whole:
            return [self._whole[parts]]
        longer = (self._whole[parts[first:]] for first in range(1, len(parts)) if parts[first:] in self._whole)
        return self._by_end.get(parts) or list(itertools.islice(longer, 1))


_BYTE = re.compile(r"\\udc([89a-f][0-9a-f])")
"""What stands in a name for a byte of a path that is no UTF-8."""


def _in_windows(byte: re.Match[str]) -> str:
    """The letter that :func:`seqdl.datasets.scan.read_text` makes of such a byte."""
    return printable(bytes.fromhex(byte[1]).decode("cp1252", "surrogateescape"))


def _parts(path: str) -> tuple[str, ...]:
    return tuple(part for part in re.split(r"[\\/]", path) if part not in ("", "."))


def _rows(path: str | Path) -> Iterator[tuple[int, str, str]]:
    """The number of each line with file or person, and both of them."""
    text = read_text(path, "the list of persons")
    for mark, what in BINARY.items():
        if text.startswith(mark):
            raise UsageError(f"{path} is {what} and no CSV file: save it as CSV, with the columns file,person")
    reader, columns = _table(text, path)
    line = reader.line_num
    try:
        for row in reader:
            line = reader.line_num
            file, person = (printable(row[n].strip()) if n < len(row) else "" for n in columns)
            if file or person:
                yield line, file, person
    except csv.Error as error:
        raise UsageError(f"{path}, after line {line}: {error}; correct the next") from error


def _table(text: str, path: str | Path) -> tuple[Any, list[int]]:
    """The reader of a table, behind its head, and where its two columns are."""
    for separator in SEPARATORS:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=True)
        with contextlib.suppress(csv.Error, StopIteration):
            head = [""]
            while not any(head) or head[0].startswith("sep="):
                head = [cell.strip(" \t\"'\xa0").casefold() for cell in next(reader)]
            if set(COLUMNS) <= set(head):
                return reader, [head.index(name) for name in COLUMNS]
    first = next(iter(text.splitlines()), "")
    raise UsageError(f"{path}: its first line must name the columns file,person, and is {printable(first[:80])!r}")
