"""Weizmann: nine persons, ten actions, a still camera (Blank et al., ICCV 2005; Gorelick et al., PAMI 2007)."""

from __future__ import annotations

import re
from pathlib import Path

from seqdl.datasets.base import Dataset, Sequence
from seqdl.datasets.folder import choose_variant, count, match_names, some
from seqdl.errors import SeqdlError

VARIANTS = ("10", "9")
ACTIONS = ("bend", "jack", "jump", "pjump", "run", "side", "skip", "walk", "wave1", "wave2")
PERSONS = ("daria", "denis", "eli", "ido", "ira", "lena", "lyova", "moshe", "shahar")

# The digit of wave1 and wave2 is part of the action; that of walk1, run2 or skip1 counts the clips of one person.
_FILE = re.compile(
    rf"({'|'.join(PERSONS)})_(?:(bend|jack|jump|pjump|side|wave1|wave2)|(run|skip|walk)([12])?)", re.IGNORECASE
)


def load(folder: str | Path, variant: str = "10") -> Dataset:
    """The videos of Weizmann in ``folder``.

    Parameters
    ----------
    folder : path
        ``<person>_<action>.avi``, flat or in sub-folders. The published archives hold lena's run, skip and walk
        twice (``lena_run1.avi``, ``lena_run2.avi``): two sequences each.
    variant : {"10", "9"}
        All ten actions, or without ``skip``, which the first publication did not have.

    Returns
    -------
    Dataset
        90 sequences of ten actions, or 93 with lena's doubled clips.

    Raises
    ------
    UsageError
        For a missing folder or an unknown variant.
    SeqdlError
        For a folder without videos of Weizmann.
    """
    variant = choose_variant("weizmann", variant, VARIANTS)
    wanted = [action for action in ACTIONS if variant == "10" or action != "skip"]
    notes: list[str] = []
    sequences = []
    for match, file in match_names(folder, "Weizmann", "daria_walk.avi", _FILE, notes):
        person, single, repeated, half = (group and group.lower() for group in match.groups())
        action = single or repeated
        if action in wanted:
            extra = {"take": half} if half else {}
            sequences.append(Sequence(file.stem.lower(), file, action, person, extra=extra))
    if not sequences:
        raise SeqdlError(f"{folder}: only videos of skip, which --variant 9 leaves out; use --variant 10")
    sequences.sort(key=lambda sequence: (sequence.label, sequence.name))

    present = {(sequence.person, sequence.label) for sequence in sequences}
    absent = [f"{p}_{a}" for a in wanted for p in PERSONS if (p, a) not in present]
    if absent:
        total = len(wanted) * len(PERSONS)
        notes.insert(0, f"A part of Weizmann: {len(present)} of {total} pairs of person and action; no {some(absent)}.")
    classes = tuple(action for action in wanted if any(label == action for _, label in present))
    if len(classes) < len(wanted):
        lost = ", ".join(action for action in wanted if action not in classes)
        notes.append(f"No sequences of {lost}: {count(len(classes), 'class', 'classes')} left.")
    return Dataset("weizmann", variant, classes, tuple(sequences), box="person", notes=tuple(notes))
