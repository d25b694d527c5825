"""UT-Interaction's segmented clips: two people, six interactions, two sets (Ryoo and Aggarwal, ICPR contest 2010)."""

from __future__ import annotations

import re
from pathlib import Path

from seqdl.datasets.base import Dataset, Sequence
from seqdl.datasets.folder import choose_variant, count, match_names, some
from seqdl.errors import SeqdlError

VARIANTS = ("set1", "set2", "both")
ACTIONS = ("handshake", "hug", "kick", "point", "punch", "push")
SEQUENCES = {"set1": range(1, 11), "set2": range(11, 21)}
"""The recordings that the clips of each set were cut from."""
BACKGROUND = 6
CLIPS = 60

_FILE = re.compile(r"(\d{1,3})_(0?[1-9]|1\d|20)_([0-6])")


def load(folder: str | Path, variant: str = "set1") -> Dataset:
    """The segmented clips of UT-Interaction in ``folder``.

    The people of one recording act in all of its clips, and a clip shows two of them: splits are by recording, as in
    the published protocol (leave one sequence out, each set for itself), and ``Sequence.person`` names the recording.

    Parameters
    ----------
    folder : path
        ``segmented_set1/<index>_<sequence>_<class>.avi`` and ``segmented_set2/...``, or one of these folders. Sequences
        1 to 10 belong to the first set, 11 to 20 to the second. Class 6 is background and left out.
    variant : {"set1", "set2", "both"}
        The set on a parking lot, the one on a windy lawn, or both together.

    Returns
    -------
    Dataset
        60 sequences a set.

    Raises
    ------
    UsageError
        For a missing folder or an unknown variant.
    SeqdlError
        For a folder without clips of the set.
    """
    variant = choose_variant("ut-interaction", variant, VARIANTS)
    wanted = [number for name, numbers in SEQUENCES.items() if variant in (name, "both") for number in numbers]
    notes: list[str] = []
    sequences, background = [], 0
    for match, file in match_names(folder, "UT-Interaction", "0_1_4.avi", _FILE, notes):
        number, action = int(match[2]), int(match[3])
        if number not in wanted:
            continue
        if action == BACKGROUND:
            background += 1
            continue
        which = "set1" if number in SEQUENCES["set1"] else "set2"
        name = f"{which}_{int(match[1]):02d}_{number}_{ACTIONS[action]}"
        sequences.append(Sequence(name, file, ACTIONS[action], f"sequence{number:02d}", extra={"set": which}))
    if not sequences:
        raise SeqdlError(f"{folder}: no clips of {variant} in it; choose another --variant, or give the folder of both")
    sequences.sort(key=lambda sequence: (sequence.label, sequence.person, sequence.name))
    if background:
        notes.append(f"{count(background, 'clip')} of background left out.")
    total = CLIPS * len(wanted) // 10
    if len(sequences) < total:
        present = {sequence.person for sequence in sequences}
        absent = [f"sequence{number:02d}" for number in wanted if f"sequence{number:02d}" not in present]
        missing = f"; none of {some(absent)}" if absent else ""
        notes.insert(0, f"A part of UT-Interaction: {len(sequences)} of {total} clips{missing}.")
    shown = {sequence.label for sequence in sequences}
    classes = tuple(action for action in ACTIONS if action in shown)
    return Dataset(
        "ut-interaction", variant, classes, tuple(sequences), box="whole", notes=tuple(notes), unit="sequence"
    )
