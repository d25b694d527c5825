"""KTH's videos by name, and the list ``00sequences.txt`` that cuts them into sub-sequences."""

import itertools
import re
from collections.abc import Mapping
from pathlib import Path

from seqdl.base import files
from seqdl.datasets.scan import match_names
from seqdl.errors import SeqdlError

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


def find_videos(folder: str | Path, notes: list[str]) -> dict[str, Path]:
    """The videos of KTH in a folder, by name, such as ``person01_boxing_d1``; ``notes`` receives what was left out."""
    found = match_names(folder, "KTH", "person01_boxing_d1_uncomp.avi", _FILE, notes)
    return {video_name(file.stem): file for _, file in found}


def read_list(path: str | Path) -> dict[str, Ranges]:
    """The ranges of ``00sequences.txt`` by video: first and last frame, inclusive, from 0; none for a missing video.

    A row is a video's name, the word ``frames`` and ranges such as ``1-95, 96-185``, which count frames from 1 and
    include both ends; or the name and ``*missing*``. Copies of the list differ in their line ends, blanks and head;
    whatever stands before the first row is skipped. For a file that cannot be read or a row that makes no sense a
    SeqdlError names the line.
    """
    try:
        text = Path(path).read_text(encoding="utf-8-sig", errors="replace")
    except FileNotFoundError as error:
        message = f"{path} is missing: take it from {PAGE}, or use the whole videos with data.variant = kth1"
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

    It is the line of its head that begins with ``Stand-in``; empty for the published list and an absent one.
    """
    try:
        text = Path(path).read_text(encoding="utf-8-sig", errors="replace")
    except OSError:
        return ""
    head = itertools.takewhile(lambda line: not _ROW.match(line), map(str.strip, text.splitlines()))
    return next((line for line in head if line.lower().startswith("stand-in")), "")


def write_list(path: str | Path, ranges: Mapping[str, Ranges], head: str = "") -> None:
    """A list in the form of ``00sequences.txt``, for copies with other videos, at ``path``.

    ``ranges`` are as :func:`read_list` returns them; ``head`` is a line before the first row, as :func:`stand_in` finds
    it.
    """
    rows = [f"{head}\r\n\r\n"] * bool(head)
    for video, found in ranges.items():
        shown = "frames\t" + ", ".join(f"{first + 1}-{last + 1}" for first, last in found) if found else "*missing*"
        rows.append(f"{video}\t\t{shown}\r\n")
    files.write_atomic(path, "".join(rows))


def video_name(stem: str) -> str:
    """Which video a file's name without its extension says, such as ``person01_boxing_d1``; empty for another name."""
    match = _FILE.fullmatch(stem)
    return "_".join(match.groups()).lower() if match else ""


def _parse_ranges(text: str, where: str) -> Ranges:
    text = re.sub(r"^\s*frames\b", "", text, flags=re.IGNORECASE).strip()
    if text.strip("*").lower() == "missing":
        return ()
    found = []
    for part in text.rstrip(" ,").split(","):
        match = re.fullmatch(r"\s*(\d{1,9})\s*-\s*(\d{1,9})\s*", part)
        if not match:
            raise SeqdlError(f"{where}: {part.strip()!r} is no range of frames such as 1-95; correct the line")
        first, last = int(match[1]), int(match[2])
        if not 1 <= first <= last:
            raise SeqdlError(f"{where}: the range {first}-{last} runs backwards or starts before 1; correct the line")
        found.append((first - 1, last - 1))
    return tuple(found)
