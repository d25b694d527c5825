"""IXMAS clips that are already centred on the person (Weinland, Ronfard and Boyer, CVIU 2006)."""

from __future__ import annotations

import re
from pathlib import Path

from seqdl.datasets.base import Dataset, Sequence
from seqdl.datasets.folder import choose_variant, match_names, some
from seqdl.errors import SeqdlError

VARIANTS = ("all",)

_FILE = re.compile(r"([A-Za-z]+)(\d+)_(\d\d)_([A-Za-z-]+)_cam(\d)_frames_(\d+)_(\d+)", re.IGNORECASE)


def load(folder: str | Path, variant: str = "all") -> Dataset:
    """The clips of IXMAS in ``folder``, one sequence each.

    Parameters
    ----------
    folder : path
        ``SUBJECTTAKE_CLASSNUMBER_CLASS_camCAMERA_frames_FIRST_LAST.avi``, such as
        ``alba1_01_check-watch_cam0_frames_0053_0097.avi``: subject alba, first take. FIRST and LAST are where the
        clip was cut from; it is used from its first frame to its last.
    variant : str
        There is but one, ``all``: every clip and class in the folder.

    Returns
    -------
    Dataset
        Classes in the order of their numbers; ``extra`` holds ``camera`` and ``take``.

    Raises
    ------
    UsageError
        For a missing folder or an unknown variant.
    SeqdlError
        For a folder without such clips, or one class number with two names.
    """
    variant = choose_variant("ixmas", variant, VARIANTS)
    notes: list[str] = []
    example = "alba1_01_check-watch_cam0_frames_0053_0097.avi"
    numbers: dict[str, str] = {}
    sequences = []
    for match, file in match_names(folder, "IXMAS", example, _FILE, notes):
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
    return Dataset("ixmas", variant, classes, tuple(sequences), box="centre", notes=tuple(notes))
