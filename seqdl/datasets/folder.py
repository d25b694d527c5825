"""Anybody's videos: a folder with one sub-folder per class."""

import os
import re
from pathlib import Path

from seqdl.base.words import count, name_of, printable, some
from seqdl.datasets import contents
from seqdl.datasets import persons as lists
from seqdl.datasets.base import Dataset, DatasetRecord, Sequence, Variant
from seqdl.datasets.scan import EXTENSIONS, entries, no_videos, require_folder
from seqdl.errors import SeqdlError

ALONE = "each file counts as a person of its own"
"""What a note says where there is no list of persons."""
_PART = re.compile(
    r"(train|test|val|valid|validat|eval|evaluat|dev|held[ _-]?out|holdout|fold|split)(ing|ion)?"
    r"([ _.-]?(set|data|split|videos?|\d+))*"
)
"""The name of a part of a split."""


def load(folder: str | Path, variant: str = "", persons: str | Path = "") -> Dataset:
    """Every video below the class folders of ``folder``, which are named as the classes.

    A video is a file that can be read as one, or a folder of numbered pictures (:func:`seqdl.video.pictures.numbered`);
    no link is followed from one class folder into another. ``persons`` is a list that
    :func:`seqdl.datasets.persons.read` reads; absent, it is ``persons.csv`` in ``folder`` where that exists, and
    otherwise each file counts as a person of its own. There is one ``variant``. A folder without class folders is an
    error, as is one that holds the parts of a split.
    """
    folder = require_folder(folder)
    variant = RECORD.variant(variant)
    notes: list[str] = []
    folders = _class_folders(folder, notes)
    _refuse_parts(folder, folders)
    found = contents.look(folders, folder)
    files: dict[str, tuple[Path, str]] = {}
    for label, inside in found.items():
        for file in inside.videos:
            name = name_of(file.relative_to(folder))
            if files.setdefault(name, (file, label))[0] != file:
                notes.append(f"{name} is there twice, in two forms of Unicode: the second left out; rename it.")
    loose = sum(entry.suffix.lower() in EXTENSIONS and entry.is_file() for entry in entries(folder))
    left = contents.notes(found)
    if not files and loose:
        raise SeqdlError(f"{folder}: its videos lie in no class folder; make one sub-folder per class and move them in")
    if not files:
        raise SeqdlError(f"{folder}: no videos in its class folders. {' '.join(left)}") if left else no_videos(folder)

    empty = [label for label, inside in found.items() if not inside.videos]
    if empty:
        notes.append(f"No videos in {some(empty)}: no class is made of {'it' if len(empty) == 1 else 'them'}.")
    if loose:
        notes.append(
            f"{count(loose, 'video')} directly in {printable(str(folder))} left out: only class folders are read."
        )
    notes += left

    listing = Path(persons) if persons else lists.find(folder)
    if listing:
        others = [f"{label}/{name}" for label, inside in found.items() for name in inside.names_left]
        who = lists.read(listing, files, others)
    else:
        who = {name: name for name in files}
        notes.append(
            f"No {lists.PERSONS} in {printable(str(folder))}, so {ALONE}: a person seen in several files may be on "
            "both sides of a split."
        )
        others = [name_of(entry.name) for entry in entries(folder) if entry.stem.lower() == Path(lists.PERSONS).stem]
        if others:
            notes.append(f"{some(others)} is not read: save it as {lists.PERSONS}.")
    sequences = (Sequence(name, file, label, who[name]) for name, (file, label) in files.items())
    ordered = tuple(sorted(sequences, key=lambda s: (s.label, s.name)))
    classes = sorted({sequence.label for sequence in ordered})
    return RECORD.dataset(variant, tuple(classes), ordered, notes=tuple(notes))


def _class_folders(folder: Path, notes: list[str]) -> list[Path]:
    """The class folders; links to what is another class's too are left out, which a note says."""
    found = {entry: Path(os.path.realpath(entry)) for entry in entries(folder) if entry.is_dir()}
    forms: dict[str, Path] = {}
    for entry, real in list(found.items()):
        others = [other for other in found if other != entry]
        shared = [o for o in others if found[o].is_relative_to(real) or real.is_relative_to(found[o])]
        if entry.is_symlink() and shared:
            notes.append(f"Class folder {name_of(entry.name)} left out: a link to what {shared[0].name} holds too.")
            del found[entry]
        elif forms.setdefault(name_of(entry.name), entry) != entry:
            raise SeqdlError(f"{folder}: two class folders are called {name_of(entry.name)}; rename or join them")
    return list(found)


def _refuse_parts(folder: Path, folders: list[Path]) -> None:
    """Refuse folders that are the parts of a split and would be learned as classes."""
    parts = [path for path in folders if _PART.fullmatch(path.name.lower())]
    inside = [{entry.name for entry in entries(part) if entry.is_dir()} for part in parts]
    shared = sorted(map(name_of, set.intersection(*inside) if inside else ()))
    if len(parts) == len(folders) == 1 and len(shared) > 1:
        what = f"{parts[0].name} is a part of a split and no class"
        remedy = f"the classes ({some(shared)}) lie inside: give data.data_dir = {parts[0]}"
    elif len(parts) > 1 and (shared or parts == folders):
        what = f"{' and '.join(part.name for part in parts)} are the parts of a split and no classes"
        which = (
            f"the classes ({some(shared)}) lie inside: join the folders of each"
            if shared
            else "join the videos of each"
        )
        remedy = f"{which} class in one folder beside them, and say who tests with data.protocol = file:PATH"
    else:
        return
    raise SeqdlError(f"{folder}: {what}; {remedy}")


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
  wave/bob_1/img_00001.jpg      (a folder of numbered pictures is one video)
  wave/bob_1/img_00002.jpg
  ...""",
    checked="empty class folders and whatever is left out are named; persons.csv, where there is one, has a row for "
    "each video",
)
