"""Lists of clips that the authors of a dataset publish beside its videos: read in the user's folder."""

import re
from collections.abc import Collection, Iterable
from pathlib import Path

from seqdl.base.words import count, some
from seqdl.datasets.base import Division
from seqdl.datasets.scan import entries
from seqdl.errors import SeqdlError

DEPTH = 3
"""Levels of folders, the dataset's own being the first, in which lists are looked for."""


def find(folder: Path, pattern: re.Pattern[str], depth: int = DEPTH) -> dict[tuple[str, ...], Path]:
    """The files in a ``folder`` whose whole names match a ``pattern``, by its groups, in their order.

    A ``depth`` of 1 looks into the folder itself, 2 into its sub-folders too, and so on.
    Of two files that say the same the first by its path counts, which is the one that lies higher.
    """
    found: dict[tuple[str, ...], Path] = {}
    inside = entries(folder)
    for entry in inside:
        if (match := pattern.fullmatch(entry.name)) and entry.is_file():
            found.setdefault(match.groups(), entry)
    for entry in inside:
        if depth > 1 and entry.is_dir():
            for key, path in find(entry, pattern, depth - 1).items():
                found.setdefault(key, path)
    return dict(sorted(found.items()))


def folders(folder: Path, names: Collection[str], depth: int = DEPTH) -> dict[str, Path]:
    """The folders up to ``depth`` below a ``folder``, or it itself, that have one of the ``names``, capitals or not."""
    plain = {name.casefold(): name for name in names}
    found: dict[str, Path] = {}
    if folder.name.casefold() in plain:
        found[plain[folder.name.casefold()]] = folder
    for entry in entries(folder) if depth else ():
        if entry.is_dir():
            for name, path in folders(entry, names, depth - 1).items():
                found.setdefault(name, path)
    return found


def division(number: int, train: Iterable[str], test: Iterable[str], title: str, where: str) -> Division:
    """The split of a ``number`` of which lists say who are to ``train`` and to ``test``; an error where both are said.

    ``title`` is the dataset's, and ``where`` says which lists, for messages.
    """
    learning, testing = frozenset(train), frozenset(test)
    if both := sorted(learning & testing):
        raise SeqdlError(f"{where}: {some(both)} trains and tests too: take fresh copies of {title}'s lists")
    return Division(learning, testing, f"Split {number} of {title}, as its authors' lists have it.")


def partial(title: str, amount: str, classes: int, every: int) -> str:
    """The note on a set of which not all is there: what ``amount`` is, and how many ``classes`` of ``every`` one."""
    more = f" and {classes} of {every} classes" if classes < every else ""
    return f"A part of {title}: {amount}{more}."


def strangers(listed: Collection[str], there: Collection[str], notes: list[str], what: str) -> None:
    """Add to ``notes`` how much of what is ``listed`` is not ``there``, and the other way about; ``what`` lists it."""
    absent, unlisted = sorted(set(listed) - set(there)), sorted(set(there) - set(listed))
    if absent:
        notes.append(f"{len(absent):,} of {len(set(listed)):,} clips that {what} name are not there: {some(absent)}.")
    if unlisted:
        notes.append(f"{count(len(unlisted), 'clip')} that {what} do not name: {some(unlisted)}.")
