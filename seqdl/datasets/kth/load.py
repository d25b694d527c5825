"""KTH: 25 persons, six actions, four scenarios (Schuldt, Laptev and Caputo, ICPR 2004).

The paper reads the set in two ways (Section 4.1): KTH1, the 599 long videos, and KTH2, the 2391 sub-sequences that the
list ``00sequences.txt`` cuts from them. A part of the set works as well; the notes say what is missing.
"""

import itertools
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from seqdl.base.words import count, some
from seqdl.datasets.base import Dataset, DatasetRecord, Sequence, Variant
from seqdl.datasets.kth.listing import (
    ACTIONS,
    FIXED_TEST,
    LIST,
    PAGE,
    PERSONS,
    SEQUENCES,
    TRUNCATED,
    VIDEOS,
    Ranges,
    find_videos,
    read_list,
    stand_in,
)
from seqdl.errors import SeqdlError


def load(folder: str | Path, variant: str = "") -> Dataset:
    """The videos of KTH in ``folder``, whole (``variant`` kth1) or cut (kth2, which needs the list).

    ``extra["scenario"]`` is d1 to d4. The frames of overlapping ranges are used twice, as published. The dataset's
    name is ``kth-standin`` where its list says so (see :func:`stand_in`).
    """
    folder = Path(folder)
    variant = RECORD.variant(variant)
    notes: list[str] = []
    videos = find_videos(folder, notes)
    ranges = _listed(folder, videos, notes) if variant == "kth2" else {}
    sequences = []
    for name in sorted(videos, key=lambda name: (name.split("_")[1], name)):
        person, action, scenario = name.split("_")
        extra = {"scenario": scenario}
        if variant == "kth1":
            sequences.append(Sequence(name, videos[name], action, person, extra=extra))
        for number, (first, last) in enumerate(ranges.get(name, ()), start=1):
            sequences.append(Sequence(f"{name}#{number}", videos[name], action, person, first, last, extra))

    present = {sequence.label for sequence in sequences}
    if variant == "kth2":
        notes += _oddities({name: ranges[name] for name in videos if name in ranges})
    if TRUNCATED in videos:
        notes.append(f"{TRUNCATED} is cut short in the published archive: its last frames cannot be decoded.")
    said = stand_in(folder / LIST)
    return RECORD.dataset(
        variant,
        tuple(action for action in ACTIONS if action in present),
        tuple(sequences),
        name="kth-standin" if said else RECORD.name,
        notes=tuple([said] * bool(said) + _missing(videos, sequences, variant) + notes),
    )


def _listed(folder: Path, videos: Mapping[str, Path], notes: list[str]) -> dict[str, Ranges]:
    """The list's ranges, with a note on the videos that it does not name."""
    path = folder / LIST
    ranges = read_list(path)
    unlisted = [name for name in videos if not ranges.get(name)]
    if len(unlisted) == len(videos):
        raise SeqdlError(f"{path} lists none of the {count(len(videos), 'video')} in {folder}: take a fresh copy")
    if unlisted:
        notes.append(f"{count(len(unlisted), 'video')} without ranges in {LIST} left out: {some(unlisted)}.")
    return ranges


def _missing(videos: Mapping[str, Path], sequences: list[Sequence], variant: str) -> list[str]:
    """What a complete set has and this one has not, in a sentence or two."""
    absent = [name for name in VIDEOS if name not in videos]
    notes = []
    if absent:
        by_action = Counter(name.split("_")[1] for name in absent)
        which = some(absent) if len(absent) <= 3 else ", ".join(f"{by_action[a]} {a}" for a in ACTIONS if by_action[a])
        notes.append(
            f"A part of KTH: {len(VIDEOS) - len(absent)} of {len(VIDEOS)} videos, {len(absent)} missing ({which})."
        )
    total = sum(SEQUENCES.values())
    if variant == "kth2" and len(sequences) != total:
        notes.append(f"{len(sequences)} of {total} sequences.")
    lost = [action for action in ACTIONS if action not in {s.label for s in sequences}]
    if lost:
        notes.append(f"No sequences of {', '.join(lost)}: the classes are the other {len(ACTIONS) - len(lost)}.")
    return notes


def _oddities(ranges: Mapping[str, Ranges]) -> list[str]:
    """Which videos have ranges that overlap or are out of order, in one sentence."""
    overlapping, disordered = [], []
    for name, found in ranges.items():
        ordered = sorted(found)
        if any(following[0] <= previous[1] for previous, following in itertools.pairwise(ordered)):
            overlapping.append(name)
        if list(found) != ordered:
            disordered.append(name)
    odd = [
        f"{what} in {some(names, 4)}"
        for what, names in (("overlap", overlapping), ("are out of order", disordered))
        if names
    ]
    return [f"Listed ranges {' and '.join(odd)}; kept as published."] if odd else []


def _obtain(*options: Any) -> None:
    from seqdl.datasets.kth import archives

    archives.obtain(*options)


RECORD = DatasetRecord(
    name="kth",
    title="KTH",
    about="25 persons, six actions, four scenarios: outdoors, with zoom, in other clothes, indoors",
    load=load,
    variants={
        "kth2": Variant("the listed sub-sequences", len(PERSONS), len(ACTIONS), sum(SEQUENCES.values())),
        "kth1": Variant("the whole videos; needs no list", len(PERSONS), len(ACTIONS), len(VIDEOS)),
    },
    box="track",
    usual="draws",
    fixed_test=FIXED_TEST,
    source=PAGE,
    terms="non-commercial use (source).",
    cite='C. Schuldt, I. Laptev and B. Caputo, "Recognizing Human Actions: A Local SVM Approach", ICPR 2004.',
    size='160 x 120, 25 fps; MPEG-4, although the names say "uncomp" (seen on 19 files).',
    layout="""kth/
  00sequences.txt
  boxing/person01_boxing_d1_uncomp.avi      (or all videos flat in kth/)
  boxing/...
  handclapping/...
  handwaving/...
  jogging/...
  running/...
  walking/...""",
    checked="missing videos and sequences are counted; seqdl prepare refuses an incomplete copy unless told otherwise",
    cut_short=(TRUNCATED,),
    obtain=_obtain,
    of_the_paper=True,
)
