"""What every loader needs to look through a folder of videos: by names alone.

A video file is opened when it is prepared, so that listing thousands of them takes no time.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from seqdl.base.words import count, some
from seqdl.errors import SeqdlError, UsageError

EXTENSIONS = (".avi", ".mp4", ".mpg", ".mpeg", ".mov", ".mkv", ".m4v", ".webm", ".wmv", ".ogv", ".3gp", ".flv")
ARCHIVES = (".zip", ".rar", ".7z", ".tar", ".tgz", ".gz")


def list_videos(folder: str | Path, depth: int = 2) -> list[Path]:
    """The video files in a dataset's folder and below, sorted, hidden ones left out; an error where there are none.

    A depth of 1 looks into the folder itself, 2 into its sub-folders too, and so on; it also bounds loops of links.
    """
    folder = Path(folder)
    if not folder.is_dir():
        what = "is a file, not a folder" if folder.exists() else "does not exist"
        raise UsageError(f"the dataset folder {folder} {what}: say with data.data_dir which folder holds the videos")
    videos = list(walk(folder, depth))
    archives = [entry.name for entry in entries(folder) if entry.suffix.lower() in ARCHIVES]
    if not videos and archives:
        raise SeqdlError(f"{folder}: no videos, but archives ({some(archives)}); unpack them there first")
    if not videos:
        raise SeqdlError(f"{folder}: no videos ({', '.join(EXTENSIONS)}) in it; give the dataset's own folder")
    return videos


def match_names(
    folder: str | Path, title: str, example: str, pattern: re.Pattern[str], notes: list[str]
) -> list[tuple[re.Match[str], Path]]:
    """The videos of a published dataset in a ``folder`` and its sub-folders, sorted by name, each once.

    ``pattern`` must match a whole name without its extension; its groups tell one video from another. ``title`` and
    ``example``, the dataset's and a file's name, are for messages. ``notes`` receives what was left out: videos of
    other names, and a second file of one and the same video. A folder whose videos are all of another dataset is an
    error.
    """
    files = list_videos(folder)
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
    """The lines of a text file that somebody wrote by hand; a UsageError says what cannot be read."""
    try:
        return Path(path).read_text(encoding="utf-8-sig", errors="replace").splitlines()
    except OSError as error:
        raise UsageError(f"cannot read {what} {path}: {error.strerror}") from error


def entries(folder: Path) -> list[Path]:
    """What is directly in a folder, sorted, hidden things left out; a SeqdlError where it cannot be read."""
    try:
        return sorted(entry for entry in folder.iterdir() if not entry.name.startswith("."))
    except OSError as error:
        raise SeqdlError(f"cannot look into {folder}: {error.strerror}") from error
