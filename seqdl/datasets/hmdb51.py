"""HMDB51: 51 actions from films and the web, with three official splits (Kuehne et al., ICCV 2011)."""

import re
from pathlib import Path

from seqdl.base.words import count, some
from seqdl.datasets import lists
from seqdl.datasets.base import Dataset, DatasetRecord, Division, Sequence, Variant
from seqdl.datasets.scan import match_names, read_lines
from seqdl.errors import SeqdlError

CLASSES, CLIPS = 51, 6766
TRAIN, TEST = 70, 30
"""Clips of each class in an official split; the others take no part."""

_FILE = re.compile(r"(.+)_([fuhl]_(?:cm|nm)_np\d+_[a-z]{2}_(?:bad|med|goo)_\d+)", re.IGNORECASE)
_LIST = re.compile(r"(.+)_test_split([1-3])\.txt", re.IGNORECASE)
_ROW = re.compile(r"(.+?)(?:\.avi)?\s+([012])", re.IGNORECASE)


def load(folder: str | Path, variant: str = "") -> Dataset:
    """The clips of HMDB51 in ``folder``, a sequence each; there is one ``variant``.

    The folder that a clip lies in is its class, which its name must say too. Nobody knows who acts, so splits divide
    clips. ``official`` are the splits of the lists in the folder: 1 trains, 2 tests, 0 takes no part.
    """
    folder, variant, notes = Path(folder), RECORD.variant(variant), list[str]()
    example = "wave/a_film_wave_u_cm_np1_fr_med_0.avi"
    sequences, strange = [], []
    for match, file in match_names(folder, RECORD.title, example, _FILE, notes, depth=3):
        label = file.parent.name.lower()
        if f"_{match[1].lower()}".endswith(f"_{label}"):
            sequences.append(Sequence(file.stem, file, label, file.stem))
        else:
            strange.append(f"{label}/{file.name}")
    if strange:
        notes.append(f"{count(len(strange), 'clip')} left out, whose names and folders differ: {some(strange, 2)}.")
    if not sequences:
        raise SeqdlError(f"{folder}: its clips lie in no folders of their classes, such as {example}: sort them so")
    sequences.sort(key=lambda sequence: (sequence.label, sequence.name))
    classes = tuple(sorted({sequence.label for sequence in sequences}))
    if len(sequences) < CLIPS:
        amount = f"{len(sequences):,} of {CLIPS:,} clips"
        notes.insert(0, lists.partial("HMDB51", amount, len(classes), CLASSES))
    official = _official(folder, classes, {sequence.name for sequence in sequences}, notes)
    return RECORD.dataset(
        variant,
        classes,
        tuple(sequences),
        notes=tuple(notes),
        divisions={"official": official},
    )


def _official(folder: Path, classes: tuple[str, ...], there: set[str], notes: list[str]) -> tuple[Division, ...] | str:
    """The splits of the lists in the folder, or what to do where one of a class is missing."""
    found = {(label.lower(), int(number)): path for (label, number), path in lists.find(folder, _LIST).items()}
    wanted = [(label, number) for label in classes for number in (1, 2, 3)]
    if lacking := [f"{label}_test_split{number}.txt" for label, number in wanted if (label, number) not in found]:
        return f"{folder} has no {some(lacking)}: unpack the published lists (test_train_splits) into it"
    rows = {key: _rows(found[key]) for key in wanted}
    sides = {key: tuple(list(row.values()).count(code) for code in "12") for key, row in rows.items()}
    if other := [found[key].name for key, side in sides.items() if side != (TRAIN, TEST)]:
        notes.append(
            f"{len(other)} of {len(rows)} lists are not as published, {TRAIN} train and {TEST} test: {some(other)}."
        )
    lists.strangers({clip for row in rows.values() for clip in row}, there, notes, "the lists of HMDB51")

    def side(number: int, code: str) -> list[str]:
        return [clip for label in classes for clip, one in rows[label, number].items() if one == code]

    return tuple(lists.division(n, side(n, "1"), side(n, "2"), RECORD.title, str(folder)) for n in (1, 2, 3))


def _rows(path: Path) -> dict[str, str]:
    """What a list says of its clips: 0, 1 or 2."""
    clips: dict[str, str] = {}
    for number, line in enumerate(read_lines(path, "the list of clips"), start=1):
        if not (text := line.strip()):
            continue
        if not (row := _ROW.fullmatch(text)):
            raise SeqdlError(f"{path}, line {number}: {text!r} is no clip and 0, 1 or 2; take a fresh copy")
        clips[row[1]] = row[2]
    return clips


RECORD = DatasetRecord(
    name="hmdb51",
    title="HMDB51",
    about="51 actions from films and the web",
    load=load,
    variants={"all": Variant("every clip", 0, CLASSES, CLIPS)},
    box="whole",
    usual="official",
    by_default=True,
    given=("official",),
    unit="video",
    rate=30.0,
    source="https://serre-lab.clps.brown.edu/resource/hmdb-a-large-human-motion-database/",
    terms="research; look at the page before any other use (memory).",
    cite='H. Kuehne, H. Jhuang, E. Garrote, T. Poggio and T. Serre, "HMDB: A Large Video Database for Human Motion '
    'Recognition", ICCV 2011.',
    size="240 high, 30 fps (memory); 6,766 clips, of which 3,570 train and 1,530 test in a split (source; publications "
    "also count 6,849).",
    layout="""hmdb51/
  brush_hair/*_brush_hair_<tags>.avi                       (unpack the published .rar, and then one .rar a class)
  cartwheel/...
  ...
  test_train_splits/brush_hair_test_split1.txt             (the official lists, an archive of their own)
  test_train_splits/...""",
    checked="clips and classes are counted, and what the lists name is held to what is there; a clip whose folder is "
    "not the class in its name is left out",
)
