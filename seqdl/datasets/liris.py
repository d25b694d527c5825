"""LIRIS human activities: ten activities in offices, with a box in each frame (Wolf et al., CVIU 2014)."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from seqdl.base.words import count, some
from seqdl.datasets import boxes, markup
from seqdl.datasets.base import Dataset, DatasetRecord, Division, Sequence, Variant
from seqdl.datasets.scan import ARCHIVES, entries, no_videos, require_folder
from seqdl.errors import SeqdlError
from seqdl.video.pictures import numbered, numbers

if TYPE_CHECKING:
    from seqdl.video.given import Given

ACTIONS = (
    "discussion", "give-object", "put-take-object", "enter-leave", "try-to-enter", "unlock-enter", "leave-baggage",
    "handshake", "typing", "telephone",
)  # fmt: skip
"""The classes in the order of their numbers, 1 to 10: talk with others, give somebody something, put or take something
into or from a box or desk, go through a door without unlocking it, try to in vain, after unlocking it, leave baggage
behind, shake hands, type, talk on the telephone."""
PARTS = {"training-validation": "train", "test": "test"}
"""The folders of the split, and what they are for."""
PREFIX = {"d1": "gray", "d2": "rgb"}
"""How the pictures of each half of the set are named, before a dash and their number."""
VIDEOS = {"d1": 0, "d2": 167}
"""Videos of the complete halves; 0 where we do not know."""

_VIDEO = re.compile(r"vid\d{4}")
DEPTH = 3
"""Levels of folders below the dataset's own in which the two parts are looked for."""


class Action(NamedTuple):
    """One activity of a video, as its XML has it.

    Parameters
    ----------
    number, rows, line
        The class's; left, top, width and height by the numbers of the pictures; where it begins.
    """

    number: int
    rows: dict[int, list[float]]
    line: int


def load(folder: str | Path, variant: str = "") -> Dataset:
    """The activities of LIRIS in ``folder``, a sequence each, of the half that ``variant`` names.

    A sequence is the stretch of a video in which its XML has boxes of one activity; activities may overlap, and each
    has its own boxes. Nobody says who acts, so splits divide videos. ``extra`` has the folder's part and the place of
    the activity in the XML.
    """
    folder, variant, notes = require_folder(folder), RECORD.variant(variant), list[str]()
    videos = _videos(folder, variant, notes)
    sequences = [sequence for name, path in videos.items() for sequence in _sequences(name, path, notes)]
    if not sequences:
        raise SeqdlError(f"{folder}: no activity of {RECORD.title} can be used. {' '.join(notes)}")
    whole = RECORD.variants[variant].sequences
    if len(sequences) != whole or len(videos) < VIDEOS[variant]:
        of = f" of {VIDEOS[variant]}" if VIDEOS[variant] else ""
        lacks = "A part of" if len(sequences) < whole else "Not as published:"
        notes.insert(
            0, f"{lacks} LIRIS {variant.upper()}: {len(sequences)} of {whole} activities in {len(videos)}{of} videos."
        )
    shown = {sequence.label for sequence in sequences}
    return RECORD.dataset(
        variant,
        tuple(label for label in ACTIONS if label in shown),
        tuple(sequences),
        notes=tuple(notes),
        divisions={"fixed": _split(folder, sequences)},
        boxes=given,
    )


def given(sequence: Sequence) -> "Given":
    """The boxes of a sequence, counted from the first picture of its video."""
    from seqdl.video.given import boxes_of

    assert sequence.file is not None
    action = _actions(sequence.file)[int(sequence.extra["place"])]
    first = next(iter(numbered(sequence.file)))
    return boxes_of({number - first: box for number, box in action.rows.items() if number >= first})


def _videos(folder: Path, variant: str, notes: list[str]) -> dict[str, Path]:
    """The folders of pictures of a half of the set by part and name; ``notes`` receives what is left out."""
    found, other, unlabelled, strange = dict[str, Path](), 0, list[str](), list[str]()
    for path in _candidates(folder, DEPTH):
        name = f"{path.parent.name.lower()}/{path.name}"
        pictures = numbered(path)
        place = numbers(next(iter(pictures.values())).name) if pictures else None
        prefix = place[0][0].rstrip("-_").lower() if place else ""
        if prefix == PREFIX[variant]:
            if path.with_suffix(".xml").is_file():
                found.setdefault(name, path)
            else:
                unlabelled.append(name)
        elif prefix in PREFIX.values():
            other += 1
        else:
            strange.append(name)
    if not found and other:
        there = next(name for name in PREFIX if name != variant)
        raise SeqdlError(
            f"{folder} holds {there.upper()} of {RECORD.title} and nothing of {variant.upper()}: say data.variant = "
            f"{there}"
        )
    if unlabelled:
        notes.append(f"{count(len(unlabelled), 'video')} without XML left out: {some(unlabelled)}.")
    if strange:
        notes.append(
            f"{count(len(strange), 'video')} left out, whose pictures are not {PREFIX[variant]}-000001.jpg and so on, "
            f"or fewer than others of another name: {some(strange)}."
        )
    if not found and not unlabelled and not strange:
        if any(_listed(folder)):
            raise SeqdlError(
                f"{folder}: none of its folders is named as in {RECORD.title} (training-validation/vid0001/...): give "
                f"{RECORD.title}'s own folder, or another data.dataset"
            )
        raise no_videos(folder)
    return dict(sorted(found.items()))


def _candidates(folder: Path, depth: int) -> list[Path]:
    """The folders of videos in the parts of the split, up to some levels below a ``folder``."""
    inside = [entry for entry in entries(folder) if entry.is_dir()]
    if folder.name.lower() in PARTS:
        return [entry for entry in inside if _VIDEO.fullmatch(entry.name)]
    return [path for entry in inside if depth for path in _candidates(entry, depth - 1)]


def _listed(folder: Path) -> list[Path]:
    """What is in a folder that may be somebody's videos: folders, and files that are no archives."""
    return [entry for entry in entries(folder) if entry.is_dir() or entry.suffix.lower() not in ARCHIVES]


def _sequences(name: str, path: Path, notes: list[str]) -> list[Sequence]:
    """The activities of a video; ``notes`` receives what its XML has that cannot be."""
    held = list(numbered(path))
    xml, made = path.with_suffix(".xml").name, []
    for place, action in enumerate(_actions(path)):
        where = f"{name.partition('/')[0]}/{xml}, line {action.line}"
        inside = [number for number in action.rows if held[0] <= number <= held[-1]]
        if not 1 <= action.number <= len(ACTIONS):
            notes.append(f"{where}: an activity of class {action.number} left out, classes are 1 to {len(ACTIONS)}.")
        elif not action.rows:
            notes.append(f"{where}: an activity without a box left out.")
        elif not inside:
            notes.append(f"{where}: an activity left out, whose boxes are beyond the last picture, {held[-1]}.")
        else:
            if lost := len(action.rows) - len(inside):
                notes.append(f"{where}: {count(lost, 'box', 'boxes')} before the first or beyond the last picture.")
            made.append(
                Sequence(
                    f"{name}#{place + 1}",
                    path,
                    ACTIONS[action.number - 1],
                    name,
                    min(inside) - held[0],
                    max(inside) - held[0],
                    {"part": PARTS[name.partition("/")[0]], "place": str(place)},
                )
            )
    return made


def _actions(video: Path) -> list[Action]:
    """The activities in the XML of a ``video``, in its order."""
    found: list[Action] = []
    path = video.with_suffix(".xml")

    def visit(names: tuple[str, ...], attributes: Mapping[str, str], line: int) -> None:
        where = f"{path}, line {line}"
        if names[-1] == "action":
            found.append(Action(_whole(attributes, "class"), {}, line))
        elif names[-1] == "bbox" and "action" in names:
            frame = _whole(attributes, "framenr")
            texts = [attributes.get(key) for key in ("x", "y", "width", "height")]
            found[-1].rows.setdefault(frame, boxes.numbers(texts, where, 4))

    markup.read(path, visit)
    return found


def _whole(attributes: Mapping[str, str], name: str) -> int:
    """An attribute that is a whole number."""
    told = attributes.get(name, "nothing")
    try:
        return int(told)
    except ValueError:
        raise ValueError(f"{name}={told[:40]!r} is no whole number; take a fresh copy") from None


def _split(folder: Path, sequences: list[Sequence]) -> tuple[Division, ...] | str:
    """The split of the folders, or what to do where one of them is absent."""
    sides = {part: frozenset(s.person for s in sequences if s.extra["part"] == PARTS[part]) for part in PARTS}
    if lacking := [part for part, side in sides.items() if not side]:
        return f"{folder} has no activities in {' and '.join(lacking)}: unpack both parts of the set into it"
    train, test = sides.values()
    return (Division(train, test, "The split of the set's folders: training-validation trains, test tests."),)


RECORD = DatasetRecord(
    name="liris",
    title="LIRIS human activities",
    about="ten activities of several people in offices, with a box in each frame",
    load=load,
    variants={
        "d2": Variant("colour, by a camcorder", 0, len(ACTIONS), 367),
        "d1": Variant("grey, by a robot that moves; its depth pictures are not read", 0, len(ACTIONS), 461),
    },
    box="given",
    usual="fixed",
    by_default=True,
    unit="video",
    given=("fixed",),
    source="https://projet.liris.cnrs.fr/voir/activities-dataset/",
    terms="look at the page before any use (memory).",
    cite='C. Wolf et al., "Evaluation of video activity localizations integrating quality and quantity measurements", '
    "Computer Vision and Image Understanding 127, 2014.",
    size="D1 640 x 480, D2 720 x 576 (source), 25 fps (memory); 828 activities by 21 people, of which D2 has 367 in "
    "167 videos, and so D1 461 (source).",
    layout="""liris/
  training-validation/vid0001.xml                (activities, each with its class and a box a frame)
  training-validation/vid0001/rgb-000001.jpg     (D1: gray-000001.jpg, and depth-000001.jp2 beside it)
  training-validation/vid0001/rgb-000002.jpg
  ...
  test/vid0003.xml
  test/vid0003/rgb-000001.jpg
  ...                                            (D1 and D2 may lie side by side, each in a folder of its own)""",
    checked="activities and videos are counted; XML that cannot be read is refused with its line; boxes outside of the "
    "pictures, unknown classes and videos without XML are told",
)
