"""Folders that are the parts of a split, ``train`` and ``test``, and no classes."""

import re
from collections.abc import Sequence
from pathlib import Path

from seqdl.base.words import name_of, some
from seqdl.datasets.scan import EXTENSIONS, entries
from seqdl.errors import SeqdlError

_MORE = r"(set|data|split|videos?|clips?)"
_NAMES = {
    "train": r"train(ing)?",
    "test": r"test(s|ing)?|eval(uat(e|ion))?|held[ _-]?out|holdout",
    "val": r"val(id(at(e|ion))?)?|dev",
    "unsaid": r"fold|split",
}
_PARTS = {
    part: re.compile(rf"({_MORE}[ _.-]?)*({names})([ _.-]?({_MORE}|\d+))*", re.IGNORECASE)
    for part, names in _NAMES.items()
}


def part_of(name: str) -> str:
    """Which part of a split a folder's name means: ``train``, ``test``, ``val``, ``unsaid``, or empty for none.

    ``Training``, ``train_set`` and ``videos-train`` are ``train``; ``eval`` and ``held_out`` are ``test``; ``dev`` is
    ``val``; of ``fold1`` nobody knows.
    """
    return next((part for part, names in _PARTS.items() if names.fullmatch(name)), "")


def sides(folder: Path, folders: Sequence[Path]) -> dict[Path, str]:
    """The side of each of the ``folders`` in a dataset, ``train`` or ``test``; none where they are classes.

    A SeqdlError says what to do with parts that cannot be used as they are.
    Choice: validation videos train, as those of KTH; where there is no other part that tests, they test.
    """
    parts = {path: part for path in folders if (part := part_of(path.name))}
    inside = [{name_of(entry.name) for entry in entries(part) if entry.is_dir()} for part in parts]
    shared = sorted(set.intersection(*inside) if inside else ())
    names = f"{folder}: {' and '.join(path.name for path in parts)}"
    if len(parts) == len(folders) == 1 and len(shared) > 1:
        raise SeqdlError(
            f"{names} is a part of a split and no class; the classes ({some(shared)}) lie inside: give data.data_dir = "
            f"{next(iter(parts))}"
        )
    if len(parts) < 2 or (len(parts) < len(folders) and not shared):
        return {}
    what = f"{names} are the parts of a split and no classes; "
    if len(parts) < len(folders):
        others = some(path.name for path in folders if path not in parts)
        raise SeqdlError(f"{what}move what lies beside them ({others}) into one of them, or elsewhere")
    empty = [path.name for path, classes in zip(parts, inside) if not classes]
    if empty:
        raise SeqdlError(f"{what}make a sub-folder per class in {some(empty)} and move the videos in, or take it away")
    known = set(parts.values())
    if "unsaid" in known or len(known) < 2:
        raise SeqdlError(
            f"{what}call what trains train and what tests test, or join them and give a file of "
            "splits with data.protocol = file:PATH"
        )
    tests = "test" if "test" in known else "val"
    return {path: "test" if part == tests else "train" for path, part in parts.items()}


def sentence(sides: dict[Path, str]) -> str:
    """The split in words."""
    of = {side: " and ".join(path.name for path in sides if sides[path] == side) for side in ("train", "test")}
    return f"The split of the folders: what is in {of['train']} trains, what is in {of['test']} is tested."


def loose(folder: Path) -> int:
    """The videos directly in a folder."""
    return sum(entry.suffix.lower() in EXTENSIONS and entry.is_file() for entry in entries(folder))
