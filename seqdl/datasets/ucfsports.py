"""UCF Sports: ten actions of broadcast sports, in folders of a clip each (Rodriguez, Ahmed and Shah, CVPR 2008)."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from seqdl.base.words import count, some
from seqdl.datasets import boxes, lists
from seqdl.datasets.base import Dataset, DatasetRecord, Division, Sequence, Variant
from seqdl.datasets.scan import entries, no_videos, read_lines, require_folder, walk
from seqdl.errors import SeqdlError
from seqdl.video.pictures import numbered

if TYPE_CHECKING:
    from seqdl.video.given import Given

FOLDERS = {
    "Diving-Side": ("diving", 14),
    "Golf-Swing-Back": ("golf-swing", 5),
    "Golf-Swing-Front": ("golf-swing", 8),
    "Golf-Swing-Side": ("golf-swing", 5),
    "Kicking-Front": ("kicking", 10),
    "Kicking-Side": ("kicking", 10),
    "Lifting": ("lifting", 6),
    "Riding-Horse": ("riding-horse", 12),
    "Run-Side": ("running", 13),
    "SkateBoarding-Front": ("skateboarding", 12),
    "Swing-Bench": ("swing-bench", 20),
    "Swing-SideAngle": ("swing-side", 13),
    "Walk-Front": ("walking", 22),
}
"""The class and the number of clips of each of the 13 folders."""
ACTIONS = tuple(dict.fromkeys(label for label, _ in FOLDERS.values()))
NAMES = tuple(f"{place}/{number:03d}" for place, (_, most) in FOLDERS.items() for number in range(1, most + 1))
"""The 150 clips of the complete set."""
LIST, TESTED, FOLDS = "testlist.txt", 47, 5
"""The file of the split of 103 and 47 clips, which names those that test, how many these are, and how many folds."""

GIVEN, PICTURES = "gt", "jpeg"
"""The folder of a clip's boxes, and the one where its pictures may be, however it is spelt."""

_NUMBER = re.compile(r"\d{1,3}")
_LIST = re.compile(re.escape(LIST), re.IGNORECASE)
_PLAIN = {place.casefold(): place for place in FOLDERS}
_ROW = re.compile(r"(?:.*/)?([A-Za-z-]+)[/_ \t](\d{1,3})(?:[/ \t,].*)?")


def load(folder: str | Path, variant: str = "") -> Dataset:
    """The clips of UCF Sports in ``folder``, a sequence for each numbered folder; there is one ``variant``.

    A clip is the video of its folder, or the pictures there or in ``jpeg`` where there is no video. Nobody knows who
    acts, so splits divide clips. ``extra["view"]`` is the class folder.
    """
    folder, variant = require_folder(folder), RECORD.variant(variant)
    places = lists.folders(folder, FOLDERS)
    if not places and any(walk(folder, 2)):
        raise SeqdlError(
            f"{folder}: none of its folders is named as in {RECORD.title} (Diving-Side/001/...): give "
            f"{RECORD.title}'s own folder, or another data.dataset"
        )
    notes: list[str] = []
    sequences = _clips(places, notes)
    if not sequences:
        raise no_videos(folder)
    there = {sequence.name for sequence in sequences}
    absent, more = sorted(set(NAMES) - there), sorted(there - set(NAMES))
    if absent:
        notes.insert(0, f"A part of UCF Sports: {len(NAMES) - len(absent)} of {len(NAMES)} clips; no {some(absent)}.")
    if more:
        notes.append(f"{count(len(more), 'clip')} more than published: {some(more)}.")
    shown = {sequence.label for sequence in sequences}
    printed = _printed(folder, there, notes)
    return RECORD.dataset(
        variant,
        tuple(label for label in ACTIONS if label in shown),
        tuple(sequences),
        notes=tuple(notes),
        divisions={"five-folds": folds(sequences), "fixed": printed},
        boxes=given if any((path / GIVEN).is_dir() for path in map(_place, sequences)) else None,
    )


def given(sequence: Sequence) -> "Given":
    """The boxes that lie beside a clip; where several people have some (``gt2``), the first one's."""
    return boxes.read_files(_place(sequence) / GIVEN)


def _place(sequence: Sequence) -> Path:
    """The folder of a clip."""
    assert sequence.file is not None
    return sequence.file if _NUMBER.fullmatch(sequence.file.name) else sequence.file.parent


def _pictures(clip: Path) -> Path | None:
    """Where the numbered pictures of a clip's folder are."""
    inside = [path for path in entries(clip) if path.is_dir() and path.name.casefold() == PICTURES]
    return next((place for place in (clip, *inside) if numbered(place)), None)


def folds(sequences: list[Sequence]) -> tuple[Division, ...]:
    """Five folds of clips, each of which tests once.

    Choice: publications do not say which clips make a fold. Here the clips of each class, by folder and number, are cut
    into five runs: neighbours were often cut from one broadcast, and so are seldom on both sides.
    """
    of: dict[str, int] = {}
    for label in ACTIONS:
        names = sorted(sequence.name for sequence in sequences if sequence.label == label)
        of |= {name: FOLDS * place // len(names) for place, name in enumerate(names)}
    return tuple(
        Division(
            frozenset(name for name in of if of[name] != fold),
            frozenset(name for name in of if of[name] == fold),
            f"Fold {fold + 1} of {FOLDS}: its clips, neighbours by number in each class, test, the others train.",
        )
        for fold in range(FOLDS)
    )


def _clips(places: Mapping[str, Path], notes: list[str]) -> list[Sequence]:
    """The clips of the class folders by class and name; ``notes`` receives what is odd."""
    sequences: list[Sequence] = []
    empty, several, odd, pictures = [], [], [], 0
    for place, path in places.items():
        label = FOLDERS[place][0]
        for entry in entries(path):
            if not (entry.is_dir() and _NUMBER.fullmatch(entry.name)):
                odd.append(f"{place}/{entry.name}")
                continue
            name = f"{place}/{int(entry.name):03d}"
            videos = list(walk(entry, 1))
            file = videos[0] if videos else _pictures(entry)
            if file is None:
                empty.append(name)
                continue
            pictures += not videos
            several += [name] * (len(videos) > 1)
            sequences.append(Sequence(name, file, label, name, extra={"view": place}))
    if pictures:
        notes.append(f"{count(pictures, 'clip')} without a video: the pictures are read.")
    if empty:
        notes.append(f"{count(len(empty), 'folder')} without video and pictures left out: {some(empty)}.")
    if several:
        notes.append(f"{count(len(several), 'folder')} with several videos, the first is read: {some(several)}.")
    if odd:
        notes.append(f"{len(odd)} left out in class folders, no numbered folders of clips: {some(odd)}.")
    return sorted(sequences, key=lambda sequence: (ACTIONS.index(sequence.label), sequence.name))


def _printed(folder: Path, there: set[str], notes: list[str]) -> tuple[Division, ...] | str:
    """The split of the list in the folder, or what to do where there is none."""
    found = lists.find(folder, _LIST)
    if not found:
        return f"{folder} has no {LIST}, which names the {TESTED} test clips, a line such as Diving-Side/001 each"
    [path] = found.values()
    tested = []
    for number, line in enumerate(read_lines(path, "the list of test clips"), start=1):
        if not (text := line.partition("#")[0].strip()):
            continue
        row = _ROW.fullmatch(text)
        name = f"{_PLAIN.get(row[1].casefold(), '')}/{int(row[2]):03d}" if row else ""
        if name not in NAMES:
            raise SeqdlError(f"{path}, line {number}: {text!r} is no clip of {RECORD.title}, such as Diving-Side/001")
        tested.append(name)
    if len(set(tested)) != TESTED:
        notes.append(f"{path.name} names {count(len(set(tested)), 'test clip')}, the published split has {TESTED}.")
    if lost := sorted(set(tested) - there):
        notes.append(f"{len(lost)} of {len(set(tested))} clips in {path.name} are not there: {some(lost)}.")
    sentence = f"The split of {path.name}: the clips that it names test, the others train."
    return (Division(frozenset(there - set(tested)), frozenset(tested), sentence),)


RECORD = DatasetRecord(
    name="ucf-sports",
    title="UCF Sports",
    about="ten actions of broadcast sports, filmed by moving cameras",
    load=load,
    variants={"all": Variant("every clip", 0, len(ACTIONS), len(NAMES))},
    box="whole",
    usual="leave-one-video-out",
    by_default=True,
    rate=10.0,
    unit="video",
    given=("five-folds", "fixed"),
    source="https://www.crcv.ucf.edu/data/UCF_Sports_Action.php",
    terms="research; look at the page before any other use (memory).",
    cite='M. D. Rodriguez, J. Ahmed and M. Shah, "Action MACH: A Spatio-temporal Maximum Average Correlation Height '
    'Filter for Action Recognition", CVPR 2008; the split of 103 and 47 clips: T. Lan, Y. Wang and G. Mori, '
    '"Discriminative Figure-Centric Models for Joint Action Localization and Recognition", ICCV 2011 (memory).',
    size="720 x 480 (source), 10 fps (source); 150 clips in 13 folders, which are 10 classes (source).",
    layout="""ucf_sports_actions/
  ucf action/
    Diving-Side/001/*.avi       (or numbered pictures, *.jpg, there or in jpeg/, where there is no video)
    Diving-Side/001/gt/*.txt    (boxes)
    Golf-Swing-Back/001/...
    ...
  testlist.txt                  (for fixed: the 47 test clips of that paper, a line Diving-Side/001 each)""",
    checked="clips that are missing are named; a clip without video is read from its pictures; a line of the list that "
    "names no clip of the set is refused, another number than 47 is told",
)
