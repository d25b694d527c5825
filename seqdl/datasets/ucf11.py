"""UCF11, also called YouTube Action: eleven actions in 25 groups of clips each (Liu, Luo and Shah, CVPR 2009)."""

import re
from collections import Counter
from pathlib import Path

from seqdl.base.words import count, some
from seqdl.datasets.base import Dataset, DatasetRecord, Sequence, Variant
from seqdl.datasets.scan import match_names

TAGS = {
    "shooting": "basketball",
    "biking": "biking",
    "diving": "diving",
    "golf": "golf_swing",
    "riding": "horse_riding",
    "juggle": "soccer_juggling",
    "swing": "swing",
    "tennis": "tennis_swing",
    "jumping": "trampoline_jumping",
    "spiking": "volleyball_spiking",
    "walk_dog": "walking",
}
"""The class folder of the tag in a file's name."""
GROUPS = 25
CLIPS = 1600
"""Clips of the complete set, unconfirmed, so that nothing is checked by it: publications count 1,160 to 1,600."""
LEAST = 4
"""Clips that each group of each class has at least."""

_FILE = re.compile(rf"v_({'|'.join(TAGS)})_(0[1-9]|1\d|2[0-5])_(\d{{1,3}})", re.IGNORECASE)


def load(folder: str | Path, variant: str = "") -> Dataset:
    """The clips of UCF11 in ``folder``, a sequence each; ``variant`` ``four`` has the first four of each group alone.

    The tag in a file's name says the class, whatever folder it lies in. The clips of a group may show the same person,
    place or view, so splits are by group, and ``Sequence.person`` names it.
    """
    variant, notes = RECORD.variant(variant), list[str]()
    sequences = []
    for match, file in match_names(folder, RECORD.title, "v_biking_01_01.mpg", _FILE, notes, depth=4):
        label, group, number = TAGS[match[1].lower()], f"group{match[2]}", int(match[3])
        if variant == "all" or number <= LEAST or label in ALL_OF:
            sequences.append(Sequence(file.stem.lower(), file, label, group))
    sequences.sort(key=lambda sequence: (sequence.label, sequence.name))
    clips = Counter((sequence.label, sequence.person) for sequence in sequences)
    wanted = [(label, f"group{number:02d}") for label in TAGS.values() for number in range(1, GROUPS + 1)]
    absent = [f"{label} {group}" for label, group in wanted if (label, group) not in clips]
    if absent:
        total = len(wanted)
        notes.insert(0, f"A part of UCF11: {total - len(absent)} of {total} groups of clips; none of {some(absent)}.")
    few = sorted(f"{label} {group}" for (label, group), found in clips.items() if found < LEAST)
    if few:
        notes.append(f"{count(len(few), 'group')} with fewer than the published {LEAST} clips: {some(few)}.")
    classes = tuple(sorted({sequence.label for sequence in sequences}))
    return RECORD.dataset(variant, classes, tuple(sequences), notes=tuple(notes))


ALL_OF = ("biking", "walking")
"""The classes of which the set's paper took all clips; of the others the first four of a group."""

RECORD = DatasetRecord(
    name="ucf11",
    title="UCF11",
    about="YouTube Action: eleven actions in videos of anybody, by moving cameras",
    load=load,
    variants={
        "all": Variant("every clip", GROUPS, len(TAGS), CLIPS),
        "four": Variant("as in the set's paper: of a group of most classes the first four clips", GROUPS, len(TAGS)),
    },
    box="whole",
    usual="leave-one-group-out",
    by_default=True,
    unit="group",
    rate=29.97,
    source="https://www.crcv.ucf.edu/data/UCF_YouTube_Action.php",
    terms="non-commercial research; the videos are YouTube's (source).",
    cite='J. Liu, J. Luo and M. Shah, "Recognizing Realistic Actions from Videos in the Wild", CVPR 2009.',
    size="320 x 240, 29.97 fps (memory); some 1,600 clips: publications count 1,160 to 1,600, so only groups are "
    "counted (memory).",
    layout="""UCF11_updated_mpg/            (unpack the published .rar first)
  basketball/v_shooting_01/v_shooting_01_01.mpg      (the older copy: .avi)
  basketball/v_shooting_01/v_shooting_01_02.mpg
  ...
  walking/v_walk_dog_25/v_walk_dog_25_04.mpg""",
    checked="groups without clips are named, of 25 for each of 11 classes, and those with fewer than four; a second "
    "copy of a clip is left out",
)
