"""The files of a prediction in a folder: all of them, or none."""

import io
import re
from itertools import count
from pathlib import Path
from secrets import token_hex
from urllib.parse import urlsplit

from seqdl.base import disk
from seqdl.base.files import read_json, temporarily, write_atomic
from seqdl.errors import SeqdlError
from seqdl.show.course import Course

ENDINGS = ("json", "csv", "png", "mp4")
"""The first one says whose the others are."""
LETTERS = 80
"""So many letters of a video's name are kept."""


def save(folder: str | Path, video: str, title: str, course: Course, texts: dict[str, str]) -> list[Path]:
    """Write what there is of a prediction into a folder, which is made where it is not there.

    Parameters
    ----------
    folder : path
        The folder.
    video, title : str
        The video, after which the files are named; what stands above its sheet.
    course : Course
        What is drawn.
    texts : dict of str to str
        What else is written, by the endings of :data:`ENDINGS`.

    Returns
    -------
    list of Path
        The video, the sheet, and the texts.

    Raises
    ------
    SeqdlError
        Where the frames are no longer there, or something cannot be written; nothing new is in the folder then.
    """
    from seqdl.show import overlay  # and not for whoever saves nothing

    folder = made(folder)
    name = _free(folder, video)
    beside = folder / f".{token_hex(8)}.tmp"
    with temporarily(beside):
        try:
            disk.make_folder(beside)
            picture = io.BytesIO()
            overlay.film(beside / f"{name}.mp4", course, title).save(picture, "PNG")
            write_atomic(beside / f"{name}.png", picture.getvalue())
            for ending, text in texts.items():
                write_atomic(beside / f"{name}.{ending}", text)
            targets = [folder / f"{name}.{ending}" for ending in ENDINGS if (beside / f"{name}.{ending}").exists()]
            for target in targets:  # all bytes are on the disk by now
                disk.rename(beside / target.name, target)
            disk.sync_folder(folder)
        except OSError as error:
            raise SeqdlError(f"cannot write into {folder}: {error.strerror or error}") from error
        except SeqdlError as error:
            raise SeqdlError(str(error).replace(str(beside), str(folder))) from error
    return targets


def made(folder: str | Path) -> Path:
    """A folder that is there from now on; a SeqdlError says where it cannot be."""
    try:
        disk.make_folders(folder)
    except OSError as error:
        raise SeqdlError(f"cannot make the folder {folder}: {error.strerror or error}") from error
    return Path(folder)


def _free(folder: Path, video: str) -> str:
    """A name for the files of a video, with a number where what is there under its own is not of this video."""
    address = urlsplit(video).path if "://" in video else video
    stem = re.sub(r"[\x00-\x1f\x7f\\/:*?\"<>|]", "_", Path(address).stem)[:LETTERS].strip(" -") or "video"
    names = (stem if n == 1 else f"{stem}-{n}" for n in count(1))
    return next(name for name in names if _may_be_written(folder, name, video))


def _may_be_written(folder: Path, name: str, video: str) -> bool:
    there = [path for ending in ENDINGS if (path := folder / f"{name}.{ending}").exists() or path.is_symlink()]
    if not there:
        return True
    try:
        told = read_json(folder / f"{name}.{ENDINGS[0]}")
    except SeqdlError:
        return False
    return isinstance(told, dict) and told.get("video") == video
