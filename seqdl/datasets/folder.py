"""Anybody's videos: a folder with one sub-folder per class, or with such folders to train and to test."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from seqdl.base.words import count, name_of, printable, some
from seqdl.datasets import boxes, contents, parts, pattern
from seqdl.datasets import persons as lists
from seqdl.datasets.base import Dataset, DatasetRecord, Sequence, Variant
from seqdl.datasets.scan import entries, no_videos, require_folder
from seqdl.errors import SeqdlError, UsageError

if TYPE_CHECKING:
    from seqdl.video.given import Given

ALONE = "each file counts as a person of its own"
"""What a note says where nobody knows the persons."""


def load(folder: str | Path, variant: str = "", persons: str | Path = "", person_pattern: str = "") -> Dataset:
    """Every video below the class folders of ``folder``, which are named as the classes.

    A video is a file that can be read as one, or a folder of numbered pictures (:func:`seqdl.video.pictures.numbered`);
    no link is followed from one class folder into another. Where the class folders lie in folders that are the parts of
    a split (:func:`seqdl.datasets.parts.sides`), the dataset is divided so. ``persons`` is a list that
    :func:`seqdl.datasets.persons.read` reads, ``person_pattern`` says where in their names persons stand
    (:func:`seqdl.datasets.pattern.persons`). Without both, ``persons.csv`` in ``folder`` is the list where it exists;
    otherwise nobody knows the persons and splits divide videos. Boxes may lie beside the videos
    (:func:`seqdl.datasets.boxes.read_list`). There is one ``variant``. A folder without class folders is an error.
    """
    folder = require_folder(folder)
    variant = RECORD.variant(variant)
    if persons and person_pattern:
        raise UsageError(
            f"data.persons and data.person_pattern = {person_pattern}: both say who acts: give one of them"
        )
    notes: list[str] = []
    folders = _folders(folder, [folder], notes)
    sides = parts.sides(folder, folders)
    above = [folder, *sides]
    found = contents.look(_folders(folder, sides, notes) if sides else folders, folder)
    files: dict[str, tuple[Path, str]] = {}
    for place, inside in found.items():
        for file in inside.videos:
            name = name_of(file.relative_to(folder))
            if files.setdefault(name, (file, place))[0] != file:
                notes.append(f"{name} is there twice, in two forms of Unicode: the second left out; rename it.")
    loose = {path: number for path in above if (number := parts.loose(path))}
    left = contents.notes(found)
    if not files and loose:
        raise SeqdlError(f"{folder}: its videos lie in no class folder; make one sub-folder per class and move them in")
    if not files:
        raise SeqdlError(f"{folder}: no videos in its class folders. {' '.join(left)}") if left else no_videos(folder)

    empty = [place for place, inside in found.items() if not inside.videos]
    if empty:
        notes.append(f"No videos in {some(empty)}: no class is made of {'it' if len(empty) == 1 else 'them'}.")
    for path, number in loose.items():
        notes.append(
            f"{count(number, 'video')} directly in {printable(str(path))} left out: only class folders are read."
        )
    notes += left

    left_out = [f"{place}/{name}" for place, inside in found.items() for name in inside.names_left]
    who = _who(folder, files, left_out, persons, person_pattern, notes)
    of_part = {name_of(path.name): side for path, side in sides.items()}
    sequences = []
    for name, (file, place) in files.items():
        part, _, label = place.rpartition("/")
        extra = {"part": of_part[part]} if part else {}
        sequences.append(Sequence(name, file, label, who.get(name, name), extra=extra))
    ordered = tuple(sorted(sequences, key=lambda s: (s.label, s.name)))
    return RECORD.dataset(
        variant,
        tuple(sorted({sequence.label for sequence in ordered})),
        ordered,
        notes=tuple(notes),
        unit="person" if who else "video",
        fixed_test=tuple(sorted({s.person for s in ordered if s.extra.get("part") == "test"})),
        divided=parts.sentence(sides) if sides else "",
        boxes=given if any(inside.lists for inside in found.values()) else None,
    )


def given(sequence: Sequence) -> "Given":
    """The boxes that lie beside a video."""
    assert sequence.file is not None
    return boxes.read_list(sequence.file)


def _who(
    folder: Path, files: Iterable[str], left_out: list[str], persons: str | Path, person_pattern: str, notes: list[str]
) -> dict[str, str]:
    """Who acts in which file; nothing where nobody knows."""
    there = lists.find(folder)
    if person_pattern:
        if there:
            notes.append(f"{printable(str(there))} is not read: the pattern says who acts where.")
        return pattern.persons(person_pattern, files)
    if listing := (Path(persons) if persons else there):
        if persons and there and not listing.exists():
            raise UsageError(f"data.persons = {persons} does not exist; {there} is found without being named")
        return lists.read(listing, files, left_out)
    notes.append(
        f"No {lists.PERSONS} in {printable(str(folder))}, so {ALONE}: a person seen in several files may be on "
        "both sides of a split."
    )
    others = [name_of(entry.name) for entry in entries(folder) if entry.stem.lower() == Path(lists.PERSONS).stem]
    if others:
        notes.append(f"{some(others)} is not read: save it as {lists.PERSONS}.")
    return {}


def _folders(root: Path, above: Iterable[Path], notes: list[str]) -> list[Path]:
    """The folders in those ``above``; links to what is another one's too are left out, which a note says.

    There they are named as seen from ``root``.
    """
    inside = [entry for folder in above for entry in entries(folder) if entry.is_dir()]
    found = {entry: Path(os.path.realpath(entry)) for entry in inside}
    forms: dict[tuple[Path, str], Path] = {}
    for entry, real in list(found.items()):
        others = [other for other in found if other != entry] if entry.is_symlink() else []
        shared = [o for o in others if found[o].is_relative_to(real) or real.is_relative_to(found[o])]
        if shared:
            link, other = (name_of(path.relative_to(root)) for path in (entry, shared[0]))
            notes.append(f"Class folder {link} left out: a link to what {other} holds too.")
            del found[entry]
        elif forms.setdefault((entry.parent, name_of(entry.name)), entry) != entry:
            raise SeqdlError(f"{entry.parent}: two class folders are called {name_of(entry.name)}; rename or join them")
    return list(found)


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
  sit/ann_1.boxes.csv           (for video.box=given: frame,x,y,width,height)
  sit/bob_1.mp4
  wave/ann_1.mp4
  wave/bob_1/img_00001.jpg      (a folder of numbered pictures is one video)
  wave/bob_1/img_00002.jpg
  ...                           (or train/sit/..., test/sit/...: a split)""",
    checked="empty class folders and whatever is left out are named; persons.csv, where there is one, has a row for "
    "each video",
)
