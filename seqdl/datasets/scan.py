"""What every loader needs to look through a folder of videos: by names alone.

A video file is opened when it is prepared, so that listing thousands of them takes no time.
"""

import codecs
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

from seqdl.base.words import count, name_of, some
from seqdl.errors import SeqdlError, UsageError

_VIDEOS = """
.3g2 .3gp .264 .265 .asf .avi .divx .dv .f4v .flv .h264 .h265 .hevc .insv .ivf .lrv .m1v .m2t .m2ts .m2v .m4v .mjpeg
.mjpg .mkv .mov .mp4 .mpe .mpeg .mpg .mpv .mts .mxf .nut .ogv .qt .rm .rmvb .vob .webm .wmv .xvid .y4m
"""
EXTENSIONS = frozenset(_VIDEOS.split())
"""How the names of videos end, and those of nothing else."""
ARCHIVES = (".zip", ".rar", ".7z", ".tar", ".tgz", ".gz", ".bz2", ".xz", ".zst")
UNSAID = (
    "thumbs.db",
    "desktop.ini",
    "icon\r",
    "__macosx",
    "@eadir",
    "$recycle.bin",
    "system volume information",
    "lost+found",
)
"""What systems leave in folders for themselves, beside what they hide by a dot before its name."""
_MARKS = {
    codecs.BOM_UTF32_LE: "utf-32-le",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
"""What a text may begin with to say its encoding; of two that begin alike the longer is the first."""


def list_videos(folder: str | Path, depth: int = 2) -> list[Path]:
    """The video files in a dataset's folder and below, sorted, hidden ones left out; an error where there are none.

    A depth of 1 looks into the folder itself, 2 into its sub-folders too, and so on; it also bounds loops of links.
    """
    folder = require_folder(folder)
    videos = list(walk(folder, depth))
    if not videos:
        raise no_videos(folder)
    return videos


def require_folder(folder: str | Path) -> Path:
    """The path of a dataset's folder; a UsageError where it is none."""
    folder = Path(folder)
    if not folder.is_dir():
        what = "is a file, not a folder" if folder.exists() else "does not exist"
        raise UsageError(f"the dataset folder {folder} {what}: say with data.data_dir which folder holds the videos")
    return folder


def no_videos(folder: Path) -> SeqdlError:
    """The error of a dataset's folder without a single video."""
    archives = [name_of(entry.name) for entry in entries(folder) if entry.suffix.lower() in ARCHIVES]
    if archives:
        return SeqdlError(f"{folder}: no videos, but archives ({some(archives)}); unpack them there first")
    return SeqdlError(f"{folder}: no videos (.avi, .mp4, .mov, ...) in it; give the dataset's own folder")


def match_names(
    folder: str | Path, title: str, example: str, pattern: re.Pattern[str], notes: list[str], depth: int = 2
) -> list[tuple[re.Match[str], Path]]:
    """The videos of a published dataset in a ``folder`` and its sub-folders, sorted by name, each once.

    ``depth`` is that of :func:`list_videos`.
    ``pattern`` must match a whole name without its extension; its groups tell one video from another. ``title`` and
    ``example``, the dataset's and a file's name, are for messages. ``notes`` receives what was left out: videos of
    other names, and a second file of one and the same video. A folder whose videos are all of another dataset is an
    error.
    """
    files = list_videos(folder, depth)
    matches = [(match, file) for file in files if (match := pattern.fullmatch(file.stem))]
    if not matches:
        raise SeqdlError(
            f"{folder}: none of its {count(len(files), 'video')} is named as in {title} ({example}), the first is "
            f"{files[0].name}: give {title}'s own folder, or another data.dataset"
        )
    if len(matches) < len(files):
        kept = {file for _, file in matches}
        strangers = [file.name for file in files if file not in kept]
        notes.append(f"{count(len(strangers), 'video')} not named as in {title} left out: {some(strangers)}.")
    unique: dict[tuple[str | None, ...], tuple[re.Match[str], Path]] = {}
    twice = []
    for match, file in matches:
        first = unique.setdefault(match.groups(), (match, file))
        if first[1] != file:
            twice.append(f"{file} (besides {first[1]})")
    if twice:
        notes.append(f"{count(len(twice), 'second copy', 'second copies')} of a video left out: {some(twice, 1)}.")
    return sorted(unique.values(), key=lambda pair: pair[1].name)


def walk(folder: Path, depth: int) -> Iterator[Path]:
    """The video files in a folder and below, as :func:`list_videos`, of which there may be none."""
    for entry in entries(folder):
        if entry.suffix.lower() in EXTENSIONS and entry.is_file():
            yield entry
        elif depth > 1 and entry.is_dir():
            yield from walk(entry, depth - 1)


def read_lines(path: str | Path, what: str) -> list[str]:
    """The lines of a text file that somebody wrote by hand, as :func:`read_text`."""
    return read_text(path, what).splitlines()


def read_text(path: str | Path, what: str) -> str:
    """A text file that somebody wrote by hand or with a spreadsheet; a UsageError says ``what`` cannot be read.

    It may begin with the mark of its encoding. Without, it is UTF-16 where every other byte is 0, else each line that
    is no UTF-8 is taken as Windows-1252. It comes in Unicode's composed form (NFC).
    """
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise UsageError(f"cannot read {what} {path}: {error.strerror}") from error
    return unicodedata.normalize("NFC", _decoded(data).lstrip("\ufeff").replace("\r\n", "\n"))


def _decoded(data: bytes) -> str:
    for mark, encoding in _MARKS.items():
        if data.startswith(mark):
            return data.decode(encoding, "replace")
    for first, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        zeros = data[first::2].count(0)
        if zeros > len(data) // 4 and not data[1 - first :: 2].count(0):
            return data.decode(encoding, "replace")
    return "".join(map(_line, data.splitlines(keepends=True)))


def _line(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("cp1252", "surrogateescape")


def entries(folder: Path) -> list[Path]:
    """What is directly in a folder, sorted; a SeqdlError where it cannot be read.

    Hidden things are left out, and what systems leave in folders for themselves.
    """
    try:
        found = sorted(folder.iterdir())
    except OSError as error:
        raise SeqdlError(f"cannot look into {folder}: {error.strerror}") from error
    return [entry for entry in found if not entry.name.startswith(".") and entry.name.lower() not in UNSAID]
