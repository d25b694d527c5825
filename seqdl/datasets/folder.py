"""Anybody's videos: a folder with one sub-folder per class."""

import csv
from collections.abc import Iterable
from pathlib import Path

from seqdl.base.words import count, near, some
from seqdl.datasets.base import Dataset, DatasetRecord, Sequence, Variant
from seqdl.datasets.scan import entries, list_videos, read_lines
from seqdl.errors import SeqdlError, UsageError

PERSONS = "persons.csv"


def load(folder: str | Path, variant: str = "", persons: str | Path = "") -> Dataset:
    """Every video below the class folders of ``folder``, which are named as the classes.

    ``persons`` is a CSV file with a header and the columns ``file`` (relative to ``folder``) and ``person``; absent, it
    is ``persons.csv`` in ``folder`` where that exists, and otherwise each file counts as a person of its own. There is
    one ``variant``. A folder without class folders is an error.
    """
    folder = Path(folder)
    variant = RECORD.variant(variant)
    found = {file.relative_to(folder).as_posix(): file for file in list_videos(folder, depth=4)}
    files = {name: file for name, file in found.items() if "/" in name}
    classes = sorted({name.split("/")[0] for name in files})
    if not files:
        raise SeqdlError(f"{folder}: its videos lie in no class folder; make one sub-folder per class and move them in")

    notes = []
    empty = [entry.name for entry in entries(folder) if entry.is_dir() and entry.name not in classes]
    if empty:
        notes.append(f"No videos in {some(empty)}: no class is made of {'it' if len(empty) == 1 else 'them'}.")
    if loose := len(found) - len(files):
        notes.append(f"{count(loose, 'video')} directly in {folder} left out: only class folders are read.")

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
    return RECORD.dataset(variant, tuple(classes), ordered, notes=tuple(notes))


def read_persons(path: str | Path, files: Iterable[str]) -> dict[str, str]:
    """Who acts in which file, from a CSV file whose first line names the columns ``file`` and ``person``.

    Other columns are ignored. Each of the videos, given as paths relative to the dataset's folder with ``/``, needs a
    row; a row without file or person, a file that is not there or has two persons, and a video without a row are a
    UsageError.
    """
    known = dict.fromkeys(files)
    rows = csv.DictReader(read_lines(path, "the list of persons"), skipinitialspace=True)
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


RECORD = DatasetRecord(
    name="folder",
    title="your own videos",
    about="any folder of class folders",
    load=load,
    variants={"all": Variant("every video in a class folder")},
    box="person",
    usual="draws",
    kind="own",
    layout="""videos/
  persons.csv
  sit/ann_1.mp4
  sit/bob_1.mp4
  wave/ann_1.mp4
  wave/bob_1.mp4""",
    checked="empty class folders and loose videos are named; persons.csv, where there is one, has a row for each video",
)
