"""Windows of successive frames: 9 in the paper (Section 2.2)."""

import numpy as np

from seqdl.base.arrays import check, check_choice, check_whole


def too_short(name: str, length: int, frames: int) -> str:
    """Why a sequence of a ``name`` and ``length`` cannot be used; empty where a window of ``frames`` fits."""
    return f"{name} has {length} frames, a window needs {frames}: leave it out" if length < frames else ""


def starts(length: int, frames: int, step: int = 1, phase: int = 0) -> np.ndarray:
    """First frames of the windows of a clip: ``frames`` out of ``length``, every ``step`` from ``phase`` on.

    There are none where no window fits; numbers that cannot be are a ValueError.
    """
    for name, value, least in (("length", length, 0), ("frames", frames, 1), ("step", step, 1), ("phase", phase, 0)):
        check_whole(value, name, least)
    return np.arange(phase, length - frames + 1, step, dtype=np.int64)


def usable_starts(seen: np.ndarray, frames: int, step: int = 1, phase: int = 0, empty: str = "skip") -> np.ndarray:
    """First frames of the windows in which somebody is ``seen``, (T,) of bool.

    ``frames``, ``step`` and ``phase`` are as for :func:`starts`. With ``empty`` = ``skip`` windows in which nobody is
    seen in more than half of the frames are left out; where that leaves none, and with ``keep``, all are kept.
    """
    check(seen, "seen", np.bool_, ("T",))
    check_choice(empty, "empty", ("skip", "keep"))
    every = starts(len(seen), frames, step, phase)
    if empty == "keep":
        return every
    so_far = np.concatenate([[0], np.cumsum(seen)])
    kept = every[2 * (so_far[every + frames] - so_far[every]) >= frames]
    return kept if len(kept) else every
