"""IXMAS clips that are already centred on the person (Weinland, Ronfard and Boyer, CVIU 2006)."""

import re
from pathlib import Path

from seqdl.base.words import some
from seqdl.datasets.base import Dataset, DatasetRecord, Sequence, Variant
from seqdl.datasets.scan import match_names
from seqdl.errors import SeqdlError

_FILE = re.compile(r"([A-Za-z]+)(\d+)_(\d\d)_([A-Za-z-]+)_cam(\d)_frames_(\d+)_(\d+)", re.IGNORECASE)


def load(folder: str | Path, variant: str = "") -> Dataset:
    """The clips of IXMAS in ``folder``, one sequence each; there is one ``variant``.

    A name says SUBJECT, TAKE, CLASSNUMBER, CLASS, CAMERA, and FIRST and LAST frame where the clip was cut from; it is
    used from its first frame to its last. Classes are in the order of their numbers; ``extra`` holds camera and take.
    One class number with two names is an error.
    """
    variant = RECORD.variant(variant)
    notes: list[str] = []
    example = "alba1_01_check-watch_cam0_frames_0053_0097.avi"
    numbers: dict[str, str] = {}
    sequences = []
    for match, file in match_names(folder, RECORD.title, example, _FILE, notes):
        person, take, number, label, camera = (group.lower() for group in match.groups()[:5])
        known = numbers.setdefault(number, label)
        if known != label:
            raise SeqdlError(f"{file}: class {number} is called {label} here and {known} elsewhere; rename the file")
        sequences.append(Sequence(file.stem, file, label, person, extra={"camera": camera, "take": take}))

    classes = tuple(numbers[number] for number in sorted(numbers))
    present = {(s.person, s.extra["take"], s.label) for s in sequences}
    takes = sorted({(person, take) for person, take, _ in present})
    absent = [f"{p}{t} {label}" for p, t in takes for label in classes if (p, t, label) not in present]
    if absent:
        total = len(takes) * len(classes)
        notes.append(f"{len(absent)} of {total} performances have no clip: {some(absent)}.")
    return RECORD.dataset(variant, classes, tuple(sequences), notes=tuple(notes))


RECORD = DatasetRecord(
    name="ixmas",
    title="IXMAS",
    about="everyday actions in three takes, seen by several cameras, in clips centred on the person",
    load=load,
    variants={"all": Variant("every clip and class in the folder")},
    box="centre",
    usual="leave-one-person-out",
    source="https://www.epfl.ch/labs/cvlab/data/data-ixmas10/",
    terms="research; look at this page, and at that of the full views, before any other use (memory).",
    cite='D. Weinland, R. Ronfard and E. Boyer, "Free Viewpoint Action Recognition using Motion History Volumes", '
    "CVIU 2006.",
    size="grey, 48 wide x 64 high, 25 fps (seen on 252 clips: six classes, seven persons, three takes, two cameras a "
    "take).",
    layout="""ixmas/
  alba1_01_check-watch_cam0_frames_0053_0097.avi
  ...""",
    checked="a performance without a clip is named; a class number with two names is refused",
)
