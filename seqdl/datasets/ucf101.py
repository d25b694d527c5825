"""UCF101: 101 actions in 25 groups of clips each, with three official splits (Soomro, Zamir and Shah, 2012)."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from seqdl.base.words import some
from seqdl.datasets import lists
from seqdl.datasets.base import Dataset, DatasetRecord, Division, Sequence, Variant
from seqdl.datasets.scan import match_names, read_lines
from seqdl.errors import SeqdlError

CLASSES, GROUPS, CLIPS = 101, 25, 13_320
SPLITS = ((9537, 3783), (9586, 3734), (9624, 3696))
"""Training and test clips of each official split."""

_FILE = re.compile(r"v_([A-Za-z]+)_g(0[1-9]|1\d|2[0-5])_c(\d\d)", re.IGNORECASE)
_LIST = re.compile(r"(train|test)list0([1-3])\.txt", re.IGNORECASE)
_INDEX = re.compile(r"classInd\.txt", re.IGNORECASE)
_ROW = re.compile(r"(?:[^/\\]*[/\\])*(v_\w+_g\d\d_c\d\d)(?:\.\w+)?(?:\s+(\d+))?")


def load(folder: str | Path, variant: str = "") -> Dataset:
    """The clips of UCF101 in ``folder``, a sequence each; there is one ``variant``.

    Classes are in the order of ``classInd.txt`` where it is there, else in that of their names. The clips of a group
    are cut from one video, so splits are by group. ``official`` are the splits of the lists in the folder; a list that
    divides a group, contradicts ``classInd.txt`` or holds anything else is an error.
    """
    folder, variant, notes = Path(folder), RECORD.variant(variant), list[str]()
    found = match_names(folder, RECORD.title, "v_Archery_g01_c01.avi", _FILE, notes, depth=3)
    index = _index(folder)
    known = {label.casefold(): label for label in index.values()}
    named = {match[1].casefold(): match[1] for match, _ in found}
    strange = sorted(named[key] for key in named if known and key not in known)
    if strange:
        notes.append(f"Left out, no classes of classInd.txt: {some(strange)}.")
    sequences = []
    for match, file in found:
        label = (known or named).get(match[1].casefold(), "")
        if label:
            sequences.append(Sequence(file.stem, file, label, f"group{match[2]}"))
    if not sequences:
        raise SeqdlError(f"{folder}: none of its clips is of a class of classInd.txt; take a fresh copy of the lists")
    shown = {sequence.label for sequence in sequences}
    classes = tuple(label for label in (index.values() if index else sorted(shown)) if label in shown)
    sequences.sort(key=lambda sequence: (classes.index(sequence.label), sequence.name))
    if len(sequences) < CLIPS:
        amount = f"{len(sequences):,} of {CLIPS:,} clips"
        notes.insert(0, lists.partial("UCF101", amount, len(classes), CLASSES))
    official = _official(folder, index, {sequence.name for sequence in sequences}, notes)
    return RECORD.dataset(
        variant,
        classes,
        tuple(sequences),
        notes=tuple(notes),
        divisions={"official": official},
    )


def _index(folder: Path) -> dict[str, str]:
    """The classes by their numbers in ``classInd.txt``; none where it is not there."""
    index: dict[str, str] = {}
    for path in lists.find(folder, _INDEX).values():
        for number, line in enumerate(read_lines(path, "the list of classes"), start=1):
            if not line.strip():
                continue
            row = re.fullmatch(r"(\d+)\s+([A-Za-z]+)", line.strip())
            if not row or row[1] in index:
                raise SeqdlError(f"{path}, line {number}: {line.strip()!r} is no number and class such as '1 Archery'")
            index[row[1]] = row[2]
    return index


def _official(folder: Path, index: Mapping[str, str], there: set[str], notes: list[str]) -> tuple[Division, ...] | str:
    """The splits of the lists in the folder, or what to do where one is missing."""
    found = {(side.lower(), int(number)): path for (side, number), path in lists.find(folder, _LIST).items()}
    numbers = range(1, len(SPLITS) + 1)
    wanted = [(side, number) for number in numbers for side in ("train", "test")]
    if lacking := [f"{side}list{number:02d}.txt" for side, number in wanted if (side, number) not in found]:
        return f"{folder} has no {some(lacking)}: unpack the published lists (ucfTrainTestlist) into it"
    listed = {key: _rows(found[key], index) for key in wanted}
    sizes = tuple((len(listed["train", number]), len(listed["test", number])) for number in numbers)
    if sizes != SPLITS:
        notes.append(f"Training and test clips of the lists: {_pairs(sizes)}; as published {_pairs(SPLITS)}.")
    lists.strangers({clip for clips in listed.values() for clip in clips}, there, notes, "the lists of UCF101")
    return tuple(
        lists.division(
            number,
            listed["train", number].values(),
            listed["test", number].values(),
            RECORD.title,
            f"{found['train', number]} and {found['test', number].name}",
        )
        for number in numbers
    )


def _pairs(sizes: Iterable[tuple[int, int]]) -> str:
    return ", ".join(f"{train:,} and {test:,}" for train, test in sizes)


def _rows(path: Path, index: Mapping[str, str]) -> dict[str, str]:
    """The groups of the clips that a list names; a training list says the number of the class too."""
    clips: dict[str, str] = {}
    for number, line in enumerate(read_lines(path, "the list of clips"), start=1):
        if not (text := line.strip()):
            continue
        row = _ROW.fullmatch(text)
        name = row and _FILE.fullmatch(row[1])
        if not (row and name):
            raise SeqdlError(f"{path}, line {number}: {text!r} is no clip such as Archery/v_Archery_g01_c01.avi")
        if row[2] and index and index.get(row[2], "").casefold() != name[1].casefold():
            raise SeqdlError(
                f"{path}, line {number}: {name[1]} has the number {row[2]}, which classInd.txt gives to "
                f"{index.get(row[2], 'no class')}; take fresh copies of the lists"
            )
        clips[row[1]] = f"group{name[2]}"
    return clips


RECORD = DatasetRecord(
    name="ucf101",
    title="UCF101",
    about="101 actions in videos of anybody",
    load=load,
    variants={"all": Variant("every clip", GROUPS, CLASSES, CLIPS)},
    box="whole",
    usual="official",
    by_default=True,
    given=("official",),
    unit="group",
    source="https://www.crcv.ucf.edu/data/UCF101.php",
    terms="research; look at the page before any other use (memory).",
    cite='K. Soomro, A. R. Zamir and M. Shah, "UCF101: A Dataset of 101 Human Actions Classes From Videos in the '
    'Wild", CRCV-TR-12-01, 2012.',
    size="320 x 240, 25 fps, 13,320 clips, 27 hours (source); training and test clips of the splits: 9,537 and 3,783 "
    "(source), 9,586 and 3,734, 9,624 and 3,696 (memory).",
    layout="""ucf101/
  UCF-101/ApplyEyeMakeup/v_ApplyEyeMakeup_g01_c01.avi      (unpack the published .rar first)
  UCF-101/...
  ucfTrainTestlist/classInd.txt                            (the official lists, an archive of their own)
  ucfTrainTestlist/trainlist01.txt, testlist01.txt, ... 03""",
    checked="clips and classes are counted, and what the lists name is held to what is there; a list that contradicts "
    "classInd.txt or has a group on both sides is refused",
)
