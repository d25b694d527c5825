"""Anybody's videos: a folder with one sub-folder per class; and what every loader needs to look through a folder.

Loaders read names only. A video file is opened when it is prepared, so that listing thousands of them takes no time.
"""

from __future__ import annotations

import csv
import difflib
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from seqdl.datasets.base import Dataset, Sequence
from seqdl.errors import SeqdlError, UsageError

EXTENSIONS = (".avi", ".mp4", ".mpg", ".mpeg", ".mov", ".mkv", ".m4v", ".webm", ".wmv", ".ogv", ".3gp", ".flv")
ARCHIVES = (".zip", ".rar", ".7z", ".tar", ".tgz", ".gz")
VARIANTS = ("all",)
PERSONS = "persons.csv"


def load(folder: str | Path, variant: str = "all", persons: str | Path = "") -> Dataset:
    """Every video below the class folders of ``folder``.

    Parameters
    ----------
    folder : path
        Holds one sub-folder per class, named as the class; the videos lie in it, or in its own sub-folders.
    variant : str
        There is but one, ``all``.
    persons : path, optional
        A CSV file with a header and the columns ``file`` (relative to ``folder``) and ``person``; absent, it is
        ``persons.csv`` in ``folder`` where that exists, and otherwise each file counts as a person of its own.

    Returns
    -------
    Dataset

    Raises
    ------
    UsageError
        For a missing folder, an unknown variant, or a list of persons that does not fit the videos.
    SeqdlError
        For a folder without class folders or without videos.
    """
    folder = Path(folder)
    variant = choose_variant("folder", variant, VARIANTS)
    found = list_videos(folder, depth=4)
    by_class: dict[str, list[Path]] = {}
    loose = 0
    for file in found:
        parts = file.relative_to(folder).parts
        if len(parts) == 1:
            loose += 1
        else:
            by_class.setdefault(parts[0], []).append(file)
    if not by_class:
        raise SeqdlError(f"{folder}: its videos lie in no class folder; make one sub-folder per class and move them in")

    notes = []
    empty = [entry.name for entry in _entries(folder) if entry.is_dir() and entry.name not in by_class]
    if empty:
        notes.append(f"No videos in {some(empty)}: no class is made of {'it' if len(empty) == 1 else 'them'}.")
    if loose:
        notes.append(f"{count(loose, 'video')} directly in {folder} left out: only class folders are read.")

    files = {file.relative_to(folder).as_posix(): file for group in by_class.values() for file in group}
    listing = Path(persons) if persons else folder / PERSONS
    if persons or listing.is_file():
        who = read_persons(listing, files)
    else:
        who = {name: name for name in files}
        notes.append(
            f"No {PERSONS} in {folder}, so each file counts as a person of its own: a person seen in several files may "
            "be on both sides of a split."
        )
    sequences = (Sequence(name, file, name.split("/")[0], who[name]) for name, file in files.items())
    ordered = tuple(sorted(sequences, key=lambda s: (s.label, s.name)))
    return Dataset("folder", variant, tuple(sorted(by_class)), ordered, box="person", notes=tuple(notes))


def read_persons(path: str | Path, files: Iterable[str]) -> dict[str, str]:
    """Who acts in which file, from a CSV file with the columns ``file`` and ``person``.

    Parameters
    ----------
    path : path
        The CSV file; its first line names the columns, others than these two are ignored.
    files : iterable of str
        The videos, as paths relative to the dataset's folder with ``/``; each needs a row.

    Returns
    -------
    dict of str to str
        From file to person.

    Raises
    ------
    UsageError
        For a file that cannot be read, a row without file or person, a file that is not there or has two rows,
        and a video without a row.
    """
    known = dict.fromkeys(files)
    try:
        lines = Path(path).read_text(encoding="utf-8-sig", errors="replace").splitlines()
    except OSError as error:
        raise UsageError(f"cannot read the list of persons {path}: {error.strerror}") from error
    rows = csv.DictReader(lines, skipinitialspace=True)
    who: dict[str, str] = {}
    try:
        if not {"file", "person"} <= set(rows.fieldnames or ()):
            raise UsageError(f"{path}: its first line must name the columns file,person")
        for row in rows:
            name = (row["file"] or "").strip().replace("\\", "/").removeprefix("./")
            person = (row["person"] or "").strip()
            where = f"{path}, line {rows.line_num}"
            if not name or not person:
                raise UsageError(f"{where}: give both a file and a person")
            if name not in known:
                raise UsageError(f"{where}: there is no video {name}{near(name, known)}")
            if who.setdefault(name, person) != person:
                raise UsageError(f"{where}: {name} already belongs to {who[name]}; keep one row per file")
    except csv.Error as error:
        raise UsageError(f"{path}, after line {rows.line_num}: {error}; correct the next") from error
    left = [name for name in known if name not in who]
    if left:
        raise UsageError(f"{path}: no person for {some(left)}; add a row for each video")
    return who


def list_videos(folder: str | Path, depth: int = 2) -> list[Path]:
    """The video files in a dataset's folder and below, sorted, hidden ones left out.

    Parameters
    ----------
    folder : path
        The dataset's folder.
    depth : int
        1 looks into the folder itself, 2 into its sub-folders too, and so on; it also bounds loops of links.

    Returns
    -------
    list of Path
        At least one.

    Raises
    ------
    UsageError
        For a folder that is missing or no folder.
    SeqdlError
        For a folder without videos or one that cannot be read.
    """
    folder = Path(folder)
    if not folder.is_dir():
        what = "is a file, not a folder" if folder.exists() else "does not exist"
        raise UsageError(f"the dataset folder {folder} {what}: give the folder that holds the videos with --data-dir")
    videos = list(_walk(folder, depth))
    archives = [entry.name for entry in _entries(folder) if entry.suffix.lower() in ARCHIVES]
    if not videos and archives:
        raise SeqdlError(f"{folder}: no videos, but archives ({some(archives)}); unpack them there first")
    if not videos:
        raise SeqdlError(f"{folder}: no videos ({', '.join(EXTENSIONS)}) in it; give the dataset's own folder")
    return videos


def choose_variant(dataset: str, variant: str, known: tuple[str, ...]) -> str:
    """The variant asked for, or the dataset's default.

    Parameters
    ----------
    dataset : str
        The dataset's name, for the message.
    variant : str
        As given; empty for the default.
    known : tuple of str
        The dataset's variants, its default first.

    Returns
    -------
    str

    Raises
    ------
    UsageError
        For a variant the dataset does not have.
    """
    if variant and variant not in known:
        raise UsageError(f"dataset {dataset} has no variant {variant}; known: {', '.join(known)}")
    return variant or known[0]


def match_names(
    folder: str | Path, title: str, example: str, pattern: re.Pattern[str], notes: list[str]
) -> list[tuple[re.Match[str], Path]]:
    """The videos of a published dataset, known by their names.

    Parameters
    ----------
    folder : path
        The dataset's folder; its sub-folders are looked through as well.
    title : str
        The dataset's name, for the message.
    example : str
        How its files are named, for the message.
    pattern : re.Pattern
        What a whole name without its extension must match; its groups tell one video from another.
    notes : list of str
        Receives what was left out: videos of other names, and a second file of one and the same video.

    Returns
    -------
    list of (re.Match, Path)
        Sorted by name, each video once.

    Raises
    ------
    UsageError, SeqdlError
        As :func:`list_videos`; also for a folder whose videos are all of another dataset.
    """
    files = list_videos(folder)
    matches = [(match, file) for file in files if (match := pattern.fullmatch(file.stem))]
    if not matches:
        raise SeqdlError(
            f"{folder}: none of its {count(len(files), 'video')} is named as in {title} ({example}), the first is "
            f"{files[0].name}: give {title}'s own folder, or another --dataset"
        )
    if len(matches) < len(files):
        kept = {file for _, file in matches}
        strangers = [file.name for file in files if file not in kept]
        notes.append(f"{count(len(strangers), 'video')} not named as in {title} left out: {some(strangers)}.")
    unique: dict[tuple[str | None, ...], tuple[re.Match[str], Path]] = {}
    twice = []
    for match, file in matches:
        first = unique.setdefault(match.groups(), (match, file))
        if first[1] != file:
            twice.append(f"{file} (besides {first[1]})")
    if twice:
        notes.append(f"{count(len(twice), 'second copy', 'second copies')} of a video left out: {some(twice, 1)}.")
    return sorted(unique.values(), key=lambda pair: pair[1].name)


def near(name: str, known: Iterable[str]) -> str:
    """The end of a message about an unknown name: the near ones, or else all.

    Parameters
    ----------
    name : str
        As given.
    known : iterable of str
        The names that would have been right.

    Returns
    -------
    str
        Such as ``; did you mean kth?``.
    """
    known = list(known)
    close = difflib.get_close_matches(name, known, n=3, cutoff=0.6)
    return f"; did you mean {', '.join(close)}?" if close else f"; known: {some(known, 12)}"


def count(number: int, noun: str, plural: str = "") -> str:
    """A number with its noun in the singular or the plural.

    Parameters
    ----------
    number : int
        How many.
    noun : str
        In the singular.
    plural : str
        The plural, where it is not the singular with an s.

    Returns
    -------
    str
    """
    return f"{number} {noun if number == 1 else plural or noun + 's'}"


def some(names: Iterable[str], most: int = 3) -> str:
    """The first of many names, and how many more there are.

    Parameters
    ----------
    names : iterable of str
        All of them.
    most : int
        How many are named.

    Returns
    -------
    str
        Such as ``a, b and 2 more``.
    """
    first, rest = (names := list(names))[:most], len(names) - most
    return ", ".join(first) + (f" and {rest} more" if rest > 0 else "")


def _walk(folder: Path, depth: int) -> Iterator[Path]:
    for entry in _entries(folder):
        if entry.suffix.lower() in EXTENSIONS and entry.is_file():
            yield entry
        elif depth > 1 and entry.is_dir():
            yield from _walk(entry, depth - 1)


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(entry for entry in folder.iterdir() if not entry.name.startswith("."))
    except OSError as error:
        raise SeqdlError(f"cannot look into {folder}: {error.strerror}") from error
