"""Weizmann: nine persons, ten actions, a still camera (Blank et al., ICCV 2005; Gorelick et al., PAMI 2007)."""

import re
from pathlib import Path

from seqdl.base.words import count, some
from seqdl.datasets.base import Dataset, DatasetRecord, Sequence, Variant
from seqdl.datasets.scan import match_names
from seqdl.errors import SeqdlError

ACTIONS = ("bend", "jack", "jump", "pjump", "run", "side", "skip", "walk", "wave1", "wave2")
PERSONS = ("daria", "denis", "eli", "ido", "ira", "lena", "lyova", "moshe", "shahar")

# The digit of wave1 and wave2 is part of the action; that of walk1, run2 or skip1 counts the clips of one person.
_FILE = re.compile(
    rf"({'|'.join(PERSONS)})_(?:(bend|jack|jump|pjump|side|wave1|wave2)|(run|skip|walk)([12])?)", re.IGNORECASE
)


def load(folder: str | Path, variant: str = "") -> Dataset:
    """The videos of Weizmann in ``folder``, which are named as ``RECORD.layout`` says; ``variant`` is ``10`` or ``9``.

    The published archives hold lena's run, skip and walk twice (``lena_run1.avi``, ``lena_run2.avi``): two sequences
    each, so there are 90 to 93.
    """
    variant = RECORD.variant(variant)
    wanted = [action for action in ACTIONS if variant == "10" or action != "skip"]
    notes: list[str] = []
    sequences = []
    for match, file in match_names(folder, RECORD.title, "daria_walk.avi", _FILE, notes):
        person, single, repeated, half = (group and group.lower() for group in match.groups())
        action = single or repeated
        if action in wanted:
            extra = {"take": half} if half else {}
            sequences.append(Sequence(file.stem.lower(), file, action, person, extra=extra))
    if not sequences:
        raise SeqdlError(f"{folder}: only videos of skip, which data.variant = 9 leaves out; use data.variant = 10")
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
    return RECORD.dataset(variant, classes, tuple(sequences), notes=tuple(notes))


RECORD = DatasetRecord(
    name="weizmann",
    title="Weizmann",
    about="nine persons, ten actions, a still camera",
    load=load,
    variants={
        "10": Variant("all ten actions", len(PERSONS), 10, 93),
        "9": Variant("without skip, which the first publication did not have", len(PERSONS), 9, 83),
    },
    box="person",
    usual="leave-one-person-out",
    source="https://www.wisdom.weizmann.ac.il/~vision/SpaceTimeActions.html",
    terms="made available for research; look at the page before any other use (memory).",
    cite='M. Blank, L. Gorelick, E. Shechtman, M. Irani and R. Basri, "Actions as Space-Time Shapes", ICCV 2005.',
    size="180 x 144, 25 fps; 5,855 frames in 90 single clips (seen).",
    layout="""weizmann/
  daria_bend.avi        (<person>_<action>.avi; or one sub-folder an action)
  daria_jack.avi
  ...""",
    checked="a pair of person and action that is missing is named; a video of another name is left out and counted",
)
