"""Hollywood-2: twelve actions in clips of films, several in some clips (Marszałek, Laptev and Schmid, CVPR 2009)."""

import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from seqdl.base.words import count, some
from seqdl.datasets import lists
from seqdl.datasets.base import Dataset, DatasetRecord, Division, Sequence, Variant
from seqdl.datasets.scan import match_names, read_lines
from seqdl.errors import SeqdlError

SETS = {"train": 823, "autotrain": 810, "test": 884}
"""Clips of each set: training clips whose labels were verified, those labelled by scripts alone, and test clips."""
POSITIVE = {
    "AnswerPhone": (66, 59, 64),
    "DriveCar": (85, 90, 102),
    "Eat": (40, 44, 33),
    "FightPerson": (54, 33, 70),
    "GetOutCar": (51, 40, 57),
    "HandShake": (32, 38, 45),
    "HugPerson": (64, 27, 66),
    "Kiss": (114, 125, 103),
    "Run": (135, 187, 141),
    "SitDown": (104, 87, 108),
    "SitUp": (24, 26, 37),
    "StandUp": (132, 133, 146),
}
"""How many clips of each set show a class, in the order of the network's outputs; from memory of the paper's table, and
so told where it differs, and never refused."""
ACTIONS = tuple(POSITIVE)
LEARNED = {"clean": "train", "auto": "autotrain"}
"""The training set of each variant."""

_FILE = re.compile(r"actionclip(train|autotrain|test)(\d{5})", re.IGNORECASE)
_LIST = re.compile(rf"({'|'.join(ACTIONS)})_(train|autotrain|test)\.txt", re.IGNORECASE)
_ROW = re.compile(r"(?:[^/\\]*[/\\])*(actionclip(train|autotrain|test)\d{5})(?:\.avi)?\s+(\+?1|-1)", re.IGNORECASE)
_PLAIN = {label.casefold(): label for label in ACTIONS}


def load(folder: str | Path, variant: str = "") -> Dataset:
    """The training and test clips of Hollywood-2 in ``folder``, a sequence each, with all labels that the lists give.

    The ``variant`` says which training clips: ``clean`` or ``auto``. Nobody knows who acts, so splits divide clips;
    ``fixed`` is the published one. A list that is missing beside its fellow, contradicts itself, or names clips of
    another set is an error; clips that are not there, not in the lists, or without a label are left out and told.
    """
    folder, variant, notes = Path(folder), RECORD.variant(variant), list[str]()
    found = match_names(folder, RECORD.title, "actioncliptrain00001.avi", _FILE, notes, depth=3)
    parts = (LEARNED[variant], "test")
    files = {file.stem.lower(): file for match, file in found if match[1].lower() in parts}
    if not files:
        raise SeqdlError(f"{folder}: none of its clips is in a set of the variant {variant}: add {' and '.join(parts)}")
    classes, shown = _labels(folder, parts, notes)
    lists.strangers(shown, files, notes, "the lists of Hollywood-2")
    unlabelled = sorted(clip for clip, labels in shown.items() if clip in files and not labels)
    if unlabelled:
        notes.append(f"{count(len(unlabelled), 'clip')} without a label left out: {some(unlabelled)}.")
    sequences = tuple(
        Sequence(clip, file, labels[0], clip, extra={"set": _set_of(clip)}, also=tuple(labels[1:]))
        for clip, file in sorted(files.items())
        if (labels := shown.get(clip))
    )
    if not sequences:
        raise SeqdlError(f"{folder}: the lists give none of its clips a label: take fresh copies of them (ClipSets)")
    _count(sequences, classes, parts, notes)
    division = Division(
        frozenset(s.name for s in sequences if s.extra["set"] == parts[0]),
        frozenset(s.name for s in sequences if s.extra["set"] == "test"),
        f"The split of Hollywood-2: the {variant} training clips train, the clips of other films are tested.",
    )
    return RECORD.dataset(variant, classes, sequences, notes=tuple(notes), divisions={"fixed": (division,)})


def _labels(folder: Path, parts: tuple[str, str], notes: list[str]) -> tuple[tuple[str, ...], dict[str, list[str]]]:
    """The classes that have lists, and of each clip that these name its classes, in their order."""
    paths = {(_PLAIN[label.casefold()], part.lower()): at for (label, part), at in lists.find(folder, _LIST).items()}
    classes = tuple(label for label in ACTIONS if any((label, part) in paths for part in parts))
    wanted = [(label, part) for label in classes or ACTIONS for part in parts]
    if lacking := [f"{label}_{part}.txt" for label, part in wanted if (label, part) not in paths]:
        raise SeqdlError(f"{folder} has no {some(lacking)}: unpack the published lists (ClipSets) into it")
    if absent := [label for label in ACTIONS if label not in classes]:
        notes.append(f"No lists of {count(len(absent), 'class', 'classes')}: {some(absent)}.")
    shown: dict[str, list[str]] = {}
    named: Counter[str] = Counter()
    for label, part in wanted:
        rows = _rows(paths[label, part], part)
        named.update(rows.keys())
        for clip, flag in rows.items():
            shown.setdefault(clip, []).extend([label] * flag)
    if partly := sorted(clip for clip in named if named[clip] < len(classes)):
        notes.append(
            f"{count(len(partly), 'clip')} that not all classes' lists name, and no more shown: {some(partly)}."
        )
    return classes, shown


def _rows(path: Path, part: str) -> dict[str, bool]:
    """Of each clip that a list names whether it shows the class; all are of the list's ``part`` of the dataset."""
    flags: dict[str, bool] = {}
    for number, line in enumerate(read_lines(path, "the list of clips"), start=1):
        if not (text := line.strip()):
            continue
        row = _ROW.fullmatch(text)
        if not row or row[2].lower() != part:
            raise SeqdlError(
                f"{path}, line {number}: {text!r} is no clip of this set and 1 or -1: actionclip{part}00001  1"
            )
        clip, flag = row[1].lower(), row[3] != "-1"
        if flags.setdefault(clip, flag) != flag:
            raise SeqdlError(f"{path}, line {number}: {clip} has 1 and -1; take a fresh copy of the list")
    return flags


def _count(sequences: tuple[Sequence, ...], classes: tuple[str, ...], parts: tuple[str, str], notes: list[str]) -> None:
    """Say how much of the set is there or, where all of it is, which class has not as many clips as published."""
    there = Counter(sequence.extra["set"] for sequence in sequences)
    if any(there[part] < SETS[part] for part in parts):
        amounts = ", ".join(f"{there[part]} of {SETS[part]} {part} clips" for part in parts)
        notes.insert(0, lists.partial("Hollywood-2", amounts, len(classes), len(ACTIONS)))
        return
    shown = Counter((label, s.extra["set"]) for s in sequences for label in s.labels)
    published = {(label, part): n for label in ACTIONS for part, n in zip(SETS, POSITIVE[label]) if part in parts}
    other = [f"{label}_{part} {shown[label, part]}, not {n}" for (label, part), n in published.items()
             if shown[label, part] != n]  # fmt: skip
    if other:
        notes.append(f"Clips that show a class are not as many as in the paper: {some(other)}.")


def _set_of(clip: str) -> str:
    match = _FILE.fullmatch(clip)
    assert match
    return match[1].lower()


def _amount(variant: str) -> Mapping[str, int]:
    return {"classes": len(ACTIONS), "sequences": SETS[LEARNED[variant]] + SETS["test"]}


RECORD = DatasetRecord(
    name="hollywood2",
    title="Hollywood-2",
    about="12 actions in clips of films, several in some of them",
    load=load,
    variants={
        "clean": Variant("training clips whose labels were verified by hand", **_amount("clean")),
        "auto": Variant("training clips labelled from scripts alone", **_amount("auto")),
    },
    box="whole",
    usual="fixed",
    by_default=True,
    given=("fixed",),
    unit="video",
    several=True,
    source="https://www.di.ens.fr/~laptev/actions/hollywood2/",
    terms="research; the films are their owners' (memory).",
    cite='M. Marszałek, I. Laptev and C. Schmid, "Actions in Context", CVPR 2009.',
    size="clips of 69 films, DivX; 823 clean and 810 automatic training clips of 33 films, 884 test clips of 36 others "
    "(source); 480 to 720 x 224 to 576 (source); 24 or 25 fps, and how many clips show each class (memory).",
    layout="""hollywood2/
  AVIClips/actioncliptrain00001.avi                        (the clips of all three sets)
  AVIClips/actionclipautotrain00001.avi, actioncliptest00001.avi, ...
  ClipSets/AnswerPhone_train.txt, AnswerPhone_test.txt     (the official lists: a clip and 1 or -1 in each line)
  ClipSets/...""",
    checked="clips are counted, and in a complete set also how many show each class; what the lists name is held to "
    "what is there; a clip with 1 and -1, or of another set, is refused",
)
