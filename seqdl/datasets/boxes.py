"""Boxes that lie beside videos as text: a row or a file a frame."""

import csv
import io
import math
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from seqdl.base.words import near, printable
from seqdl.datasets.scan import entries, read_text
from seqdl.errors import SeqdlError

if TYPE_CHECKING:
    from seqdl.video.given import Given

ENDING = ".boxes.csv"
"""How the list of a video is called after the video's own name: ``ann_1.boxes.csv`` of ``ann_1.mp4``."""
COLUMNS = ("frame", "x", "y", "width", "height")
_NUMBER = re.compile(r"\d+")


def list_of(video: Path) -> Path:
    """Where the list of a video's boxes lies, if it has one."""
    return video.with_name((video.name if video.is_dir() else video.stem) + ENDING)


def read_list(video: Path) -> "Given":
    """The boxes of somebody's own ``video``, from the table beside it; a SeqdlError names file and line.

    Its first line names the columns ``frame``, counted from 0, ``x`` and ``y`` of the upper left corner, ``width`` and
    ``height``, in pixels; others are ignored. Commas, semicolons or tabs separate them. Not every frame needs a row.
    """
    from seqdl.video.given import boxes_of

    path = list_of(video)
    if not path.is_file():
        raise SeqdlError(f"{video}: no {path.name} beside it, which has its boxes: write it, or leave the video out")
    lines = read_text(path, "the list of boxes").splitlines()
    head = lines[0] if lines else ""
    separator = max(",;\t", key=head.count)
    reader = csv.DictReader(io.StringIO("\n".join(lines)), delimiter=separator, skipinitialspace=True)
    names = [name.strip().casefold() for name in reader.fieldnames or ()]
    if lacking := [name for name in COLUMNS if name not in names]:
        raise SeqdlError(
            f"{path}: its first line must name the columns {','.join(COLUMNS)}, and lacks {', '.join(lacking)}: "
            f"{printable(head[:80])!r}{near(lacking[0], names)}"
        )
    reader.fieldnames = names
    rows: dict[int, Sequence[float]] = {}
    for row in reader:
        where = f"{path}, line {reader.line_num}"
        frame, *box = numbers((row[name] for name in COLUMNS), where)
        if frame % 1 or frame < 0:
            raise SeqdlError(f"{where}: frame {frame:g} is no whole number from 0")
        if rows.setdefault(int(frame), box) != box:
            raise SeqdlError(f"{where}: frame {frame:g} has another box above; keep one row a frame")
    if not rows:
        raise SeqdlError(f"{path}: no row below the first; a row is a frame's box")
    return boxes_of(rows)


def read_files(folder: Path, last: int = 4) -> "Given":
    """The boxes of a clip of UCF Sports, of a ``folder`` with a text a frame; a SeqdlError names the file.

    A text begins with left, top, width and height, and tabs between. Its frame is its place among the files in the
    order of their numbers, as pictures and frames of the clip's video are: a file is there for each.
    """
    from seqdl.video.given import boxes_of

    files = [entry for entry in (entries(folder) if folder.is_dir() else ()) if entry.suffix.lower() == ".txt"]
    if not files:
        raise SeqdlError(f"{folder}: no boxes (a .txt for each frame): leave the clip out, or take another video.box")
    files.sort(key=lambda file: ([int(number) for number in _NUMBER.findall(file.name)], file.name))
    rows = {}
    for frame, file in enumerate(files):
        rows[frame] = numbers(read_text(file, "the box of a frame").split()[:last], str(file), last)
    return boxes_of(rows)


def numbers(texts: Iterable[str | None], where: str, count: int = len(COLUMNS)) -> list[float]:
    """Numbers of a box from ``texts``, so many as ``count`` says; the last two are its width and height, above 0.

    A SeqdlError says ``where`` they are not.
    """
    given = list(texts)
    try:
        found = [float(text or "") for text in given]
    except ValueError:
        found = []
    if len(found) != count or not all(map(math.isfinite, found)):
        told = " ".join(printable(text or "nothing") for text in given)[:80] or "nothing"
        raise SeqdlError(f"{where}: {told!r} is no box: {count} numbers, the last ones width and height")
    if min(found[-2:]) <= 0:
        raise SeqdlError(
            f"{where}: a box of {found[-2]:g} x {found[-1]:g} pixels holds nothing; correct it or take it out"
        )
    return found
