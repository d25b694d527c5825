"""UT-Interaction's segmented clips: two people, six interactions, two sets (Ryoo and Aggarwal, ICPR contest 2010)."""

import re
from pathlib import Path

from seqdl.base.words import count, some
from seqdl.datasets.base import Dataset, DatasetRecord, Sequence, Variant
from seqdl.datasets.scan import match_names
from seqdl.errors import SeqdlError

ACTIONS = ("handshake", "hug", "kick", "point", "punch", "push")
SEQUENCES = {"set1": range(1, 11), "set2": range(11, 21)}
"""The recordings that the clips of each set were cut from."""
BACKGROUND = 6
CLIPS = 60

_FILE = re.compile(r"(\d{1,3})_(0?[1-9]|1\d|20)_([0-6])")


def load(folder: str | Path, variant: str = "") -> Dataset:
    """The segmented clips of UT-Interaction in ``folder``, 60 sequences a set; ``variant`` says which set.

    The people of one recording act in all of its clips, and a clip shows two of them: splits are by recording, as in
    the published protocol (leave one sequence out, each set for itself), and ``Sequence.person`` names the recording.
    Recordings 1 to 10 belong to the first set, 11 to 20 to the second. Class 6 is background and left out.
    """
    variant = RECORD.variant(variant)
    wanted = [number for name, numbers in SEQUENCES.items() if variant in (name, "both") for number in numbers]
    notes: list[str] = []
    sequences, background = [], 0
    for match, file in match_names(folder, RECORD.title, "0_1_4.avi", _FILE, notes):
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
        raise SeqdlError(f"{folder}: no clips of {variant} in it; choose another data.variant, or the folder of both")
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
    return RECORD.dataset(variant, classes, tuple(sequences), notes=tuple(notes))


RECORD = DatasetRecord(
    name="ut-interaction",
    title="UT-Interaction",
    about="six interactions of two people, in segmented clips",
    load=load,
    variants={
        "set1": Variant("the set on a parking lot", 10, len(ACTIONS), CLIPS),
        "set2": Variant("the set on a windy lawn, with more jitter of the camera", 10, len(ACTIONS), CLIPS),
        "both": Variant("both together", 20, len(ACTIONS), 2 * CLIPS),
    },
    box="whole",
    usual="leave-one-sequence-out",
    rate=30.0,
    unit="sequence",
    source="https://cvrc.ece.utexas.edu/SDHA2010/Human_Interaction.html",
    terms="research; look at the page before any other use (memory).",
    cite='M. S. Ryoo and J. K. Aggarwal, "UT-Interaction Dataset, ICPR contest on Semantic Description of Human '
    'Activities", 2010.',
    size="30 fps, MPEG-4, every clip of another size (128 to 612 wide, 212 to 332 high), 60 clips of interactions a "
    "set, 40 to 180 frames each (seen).",
    layout="""ut-interaction/
  segmented_set1/0_1_4.avi        (<index>_<sequence>_<class>.avi; or the folder is one of the two)
  segmented_set1/...
  segmented_set2/0_11_4.avi
  segmented_set2/...""",
    checked="missing clips are counted and recordings without any named; clips of background are left out",
)
