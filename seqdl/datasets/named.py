"""What a person names on the command line, as single videos: of a folder, or a pattern, each of those that it means."""

import glob
from collections.abc import Callable, Iterable
from pathlib import Path

from seqdl.base.words import count, printable, some
from seqdl.datasets.contents import Contents
from seqdl.datasets.scan import EXTENSIONS
from seqdl.errors import SeqdlError
from seqdl.video.device import is_address
from seqdl.video.pictures import numbered


def videos(names: Iterable[str], say: Callable[[str], object]) -> list[str]:
    """Each video that some ``names`` mean, in the order of the names, sorted within each.

    A folder that is no video itself, of numbered pictures, stands for the videos in it and below, found as those of a
    dataset's class are (:class:`seqdl.datasets.contents.Contents`); ``say`` is told what is left out. A pattern such as
    ``clips/*.avi`` (``**`` for any folders) stands for what it matches. Whatever else there is stays as it is, as do
    folders and patterns that nothing comes of: who opens these says why.
    """
    found = []
    for name in names:
        matches = _matches(name)
        for match in sorted(matches) or [name]:
            found += _in_folder(match, say) or [match]
    return found


def _matches(name: str) -> list[str]:
    if not glob.has_magic(name) or is_address(name) or Path(name).exists():
        return []
    return glob.glob(name, recursive=True)  # noqa: PTH207, a whole path may be a pattern


def _in_folder(name: str, say: Callable[[str], object]) -> list[str]:
    """The videos in a folder; none where it is no folder, or a video itself."""
    if is_address(name):
        return []
    folder = Path(name)
    try:
        videos_beside = folder.is_dir() and any(entry.suffix.lower() in EXTENSIONS for entry in folder.iterdir())
        if not folder.is_dir() or (numbered(folder) and not videos_beside):
            return []
        inside = Contents(folder)
    except (OSError, SeqdlError):
        return []
    for reason, left in inside.left.items():
        say(f"left out of {printable(name)}, {reason}: {count(len(left), 'file')} ({some(left)})")
    return [str(video) for video in inside.videos]
