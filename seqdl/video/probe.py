"""Whether a file of any name is a video: found by looking into it."""

import itertools
from pathlib import Path

from seqdl.errors import SeqdlError

HEAD = 4096
_CONTROL = bytes(set(range(32)) - set(b"\t\n\f\r\x1b"))


def why_no_video(path: Path) -> str:
    """Why a file is no video of two frames or more, in a few words; empty where it is one.

    A text is none, whatever it says: a list of other files would be read as their pictures.
    """
    from seqdl.video.reader import Reader  # heavy, and seldom needed

    try:
        if _is_text(path):
            return "texts"
        with Reader(path) as reader:
            frames = sum(1 for _ in itertools.islice(reader, 2))
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    except SeqdlError as error:
        return str(error).removeprefix(f"{path}: ")
    return "" if frames == 2 else "single pictures"


def _is_text(path: Path) -> bool:
    """Whether a file begins with text; an empty one does not."""
    with path.open("rb") as file:
        head = file.read(HEAD)
    try:
        head.decode()
    except UnicodeDecodeError as error:
        if len(head) < HEAD or error.start < HEAD - 3:  # else a letter that the end of the head cuts
            return False
    return bool(head) and len(head.translate(None, _CONTROL)) == len(head)
