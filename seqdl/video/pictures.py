"""Frame folders: a folder of numbered pictures is a video."""

import os
import re
from pathlib import Path

PICTURES = ("jpg", "jpeg", "png", "bmp", "webp", "tif", "tiff")
_NUMBERED = re.compile(
    rf"(?P<prefix>.*?)(?P<number>[0-9]+)\.(?P<ending>{'|'.join(PICTURES)})", re.IGNORECASE | re.DOTALL
)


def numbered(folder: Path) -> dict[int, Path]:
    """The pictures directly in a folder that are the frames of one video, by their numbers, in order.

    They are named alike but for the number before the ending, padded with zeros or not (``img_00001.jpg``,
    ``frame-1.png``, ``000123.bmp``). Of several such families the largest counts, of equal ones the first by name, and
    of two pictures of one number the first by name; hidden files are none. There are none where there are fewer than
    two. No picture is opened. An OSError says that the folder cannot be read.
    """
    families: dict[tuple[str, str], dict[int, Path]] = {}
    with os.scandir(folder) as found:
        names = sorted(entry.name for entry in found)
    for name in names:
        if (place := numbers(name)) and (path := Path(folder, name)).is_file():
            families.setdefault(place[0], {}).setdefault(place[1], path)
    largest = max(families.values(), key=len, default={})
    return dict(sorted(largest.items())) if len(largest) > 1 else {}


def numbers(name: str) -> tuple[tuple[str, str], int] | None:
    """What a picture's ``name`` says: the family, by what is before its number and after it, and the number.

    None where it is hidden, or no numbered picture.
    """
    match = None if name.startswith(".") else _NUMBERED.fullmatch(name)
    return ((match["prefix"], match["ending"].lower()), int(match["number"])) if match else None
