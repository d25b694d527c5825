"""KTH: 25 persons, six actions, four scenarios (Schuldt, Laptev and Caputo, ICPR 2004).

The paper reads the set in two ways (Section 4.1): KTH1, the 599 long videos, and KTH2, the 2391 sub-sequences that the
list ``00sequences.txt`` cuts from them. A part of the set works as well; the notes say what is missing.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from seqdl.base import files
from seqdl.datasets.base import Dataset, Sequence
from seqdl.datasets.folder import choose_variant, count, match_names, some
from seqdl.errors import SeqdlError

VARIANTS = ("kth2", "kth1")
ACTIONS = ("boxing", "handclapping", "handwaving", "jogging", "running", "walking")
PERSONS = tuple(f"person{number:02d}" for number in range(1, 26))
SCENARIOS = ("d1", "d2", "d3", "d4")
LIST = "00sequences.txt"
PAGE = "https://www.csc.kth.se/cvap/actions/"

MISSING = "person13_handclapping_d3"
"""The one video of 25 x 6 x 4 that was never published."""

VIDEOS = tuple(f"{p}_{a}_{d}" for a in ACTIONS for p in PERSONS for d in SCENARIOS if f"{p}_{a}_{d}" != MISSING)
"""The 599 videos of the complete set."""

TRUNCATED = "person01_boxing_d4"
"""Its file declares 370 frames; about 305 can be decoded, which cuts its fourth range."""

FIXED_TEST = tuple(f"person{number:02d}" for number in (2, 3, 5, 6, 7, 8, 9, 10, 22))
"""The test persons printed at the head of the list; the others are its training and validation persons."""

SEQUENCES = {"boxing": 397, "handclapping": 396, "handwaving": 398, "jogging": 400, "running": 400, "walking": 400}
"""Sub-sequences of the complete list by action."""

Ranges = tuple[tuple[int, int], ...]

_NAME = rf"(person(?:0[1-9]|1\d|2[0-5]))_({'|'.join(ACTIONS)})_(d[1-4])"
_FILE = re.compile(rf"{_NAME}(?:_uncomp)?", re.IGNORECASE)
_ROW = re.compile(r"person\d+_", re.IGNORECASE)
_VIDEO = re.compile(rf"{_NAME}(?:_uncomp)?(?:\.avi)?", re.IGNORECASE)


def load(folder: str | Path, variant: str = "kth2") -> Dataset:
    """The videos of KTH in ``folder``, whole or cut.

    Parameters
    ----------
    folder : path
        ``<action>/personPP_<action>_dS_uncomp.avi`` or all of them flat (other video extensions do as well), and
        ``00sequences.txt``.
    variant : {"kth2", "kth1"}
        The listed sub-sequences, or the whole videos.

    Returns
    -------
    Dataset
        2391 or 599 sequences when complete. ``extra["scenario"]`` is d1 to d4. The frames of overlapping ranges are
        used twice, as published. Its name is ``kth-standin`` where the list says so (see :func:`stand_in`).

    Raises
    ------
    UsageError
        For a missing folder or an unknown variant.
    SeqdlError
        For a folder without videos of KTH; for ``kth2`` also for an absent or malformed list.
    """
    folder = Path(folder)
    variant = choose_variant("kth", variant, VARIANTS)
    notes: list[str] = []
    videos = {
        "_".join(match.groups()).lower(): file
        for match, file in match_names(folder, "KTH", "person01_boxing_d1_uncomp.avi", _FILE, notes)
    }
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
    return Dataset(
        name="kth-standin" if said else "kth",
        variant=variant,
        classes=tuple(action for action in ACTIONS if action in present),
        sequences=tuple(sequences),
        box="track",
        notes=tuple([said] * bool(said) + _missing(videos, sequences, variant) + notes),
        fixed_test=FIXED_TEST,
    )


def read_list(path: str | Path) -> dict[str, Ranges]:
    """The ranges of ``00sequences.txt``.

    Copies of the list differ in their line ends, blanks and head; whatever stands before the first row is skipped.

    Parameters
    ----------
    path : path
        The list: a row is a video's name, the word ``frames`` and ranges such as ``1-95, 96-185``, which count
        frames from 1 and include both ends; or the name and ``*missing*``.

    Returns
    -------
    dict of str to tuple of (int, int)
        By video: first and last frame of each range, inclusive, counted from 0; nothing for a missing video.

    Raises
    ------
    SeqdlError
        For a file that cannot be read or a row that makes no sense; names the line.
    """
    try:
        text = Path(path).read_text(encoding="utf-8-sig", errors="replace")
    except FileNotFoundError as error:
        message = f"{path} is missing: take it from {PAGE}, or use the whole videos with --variant kth1"
        raise SeqdlError(message) from error
    except OSError as error:
        raise SeqdlError(f"cannot read the list of sequences {path}: {error.strerror}") from error
    ranges: dict[str, Ranges] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        row = line.strip()
        if not row or not (ranges or _ROW.match(row)):
            continue
        where = f"{path}, line {number}"
        name, _, rest = row.replace("\t", " ").partition(" ")
        match = _VIDEO.fullmatch(name)
        if not match:
            raise SeqdlError(f"{where}: {name!r} is no video of KTH; take a fresh copy of the list from {PAGE}")
        video = "_".join(match.groups()).lower()
        if video in ranges:
            raise SeqdlError(f"{where}: {video} has a row already; take a fresh copy of the list from {PAGE}")
        ranges[video] = _parse_ranges(rest, where)
    if not ranges:
        raise SeqdlError(f"{path}: it lists no sequences; take a fresh copy of the list from {PAGE}")
    return ranges


def stand_in(path: str | Path) -> str:
    """What a list says of itself where its videos are not those of KTH.

    Parameters
    ----------
    path : path
        The list; it may be absent.

    Returns
    -------
    str
        The line of its head that begins with ``Stand-in``; empty for the published list.
    """
    try:
        text = Path(path).read_text(encoding="utf-8-sig", errors="replace")
    except OSError:
        return ""
    head = itertools.takewhile(lambda line: not _ROW.match(line), map(str.strip, text.splitlines()))
    return next((line for line in head if line.lower().startswith("stand-in")), "")


def write_list(path: str | Path, ranges: Mapping[str, Ranges], head: str = "") -> None:
    """A list in the form of ``00sequences.txt``, for copies with other videos.

    Parameters
    ----------
    path : path
        Where it goes.
    ranges : mapping of str to tuple of (int, int)
        As :func:`read_list` returns them.
    head : str
        A line before the first row, such as one that :func:`stand_in` finds.
    """
    rows = [f"{head}\r\n\r\n"] * bool(head)
    for video, found in ranges.items():
        shown = "frames\t" + ", ".join(f"{first + 1}-{last + 1}" for first, last in found) if found else "*missing*"
        rows.append(f"{video}\t\t{shown}\r\n")
    files.write_atomic(path, "".join(rows))


def video_name(stem: str) -> str:
    """Which video of KTH a file holds.

    Parameters
    ----------
    stem : str
        The file's name without its extension.

    Returns
    -------
    str
        Such as ``person01_boxing_d1``; empty for another name.
    """
    match = _FILE.fullmatch(stem)
    return "_".join(match.groups()).lower() if match else ""


def _parse_ranges(text: str, where: str) -> Ranges:
    text = re.sub(r"^\s*frames\b", "", text, flags=re.IGNORECASE).strip()
    if text.strip("*").lower() == "missing":
        return ()
    found = []
    for part in text.rstrip(" ,").split(","):
        match = re.fullmatch(r"\s*(\d+)\s*-\s*(\d+)\s*", part)
        if not match:
            raise SeqdlError(f"{where}: {part.strip()!r} is no range of frames such as 1-95; correct the line")
        first, last = int(match[1]), int(match[2])
        if not 1 <= first <= last:
            raise SeqdlError(f"{where}: the range {first}-{last} runs backwards or starts before 1; correct the line")
        found.append((first - 1, last - 1))
    return tuple(found)


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
