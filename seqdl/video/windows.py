"""Windows of successive frames: 9 in the paper (Section 2.2)."""

from __future__ import annotations

import numpy as np

from seqdl.video.arrays import check, check_choice, check_whole


def starts(length: int, frames: int, step: int = 1, phase: int = 0) -> np.ndarray:
    """First frames of the windows of a clip.

    Parameters
    ----------
    length : int
        Frames of the clip.
    frames : int
        Frames of a window.
    step : int
        Frames between windows.
    phase : int
        The first window's place.

    Returns
    -------
    array of int64
        Empty where no window fits.

    Raises
    ------
    ValueError
        For numbers that cannot be: a window or a step of no frames, a negative length or phase.
    """
    for name, value, least in (("length", length, 0), ("frames", frames, 1), ("step", step, 1), ("phase", phase, 0)):
        check_whole(value, name, least)
    return np.arange(phase, length - frames + 1, step, dtype=np.int64)


def usable_starts(seen: np.ndarray, frames: int, step: int = 1, phase: int = 0, empty: str = "skip") -> np.ndarray:
    """First frames of the windows in which somebody is seen.

    Parameters
    ----------
    seen : array of bool, (T,)
        Whether anybody is seen in each frame.
    frames : int
        Frames of a window.
    step : int
        Frames between windows.
    phase : int
        The first window's place.
    empty : {"skip", "keep"}
        ``skip`` leaves out windows in which nobody is seen in more than half of the frames; where that leaves none, all
        are kept. ``keep`` keeps them.

    Returns
    -------
    array of int64

    Raises
    ------
    ValueError
        For ``seen`` of another type or shape, and as for :func:`starts`.
    """
    check(seen, "seen", np.bool_, ("T",))
    check_choice(empty, "empty", ("skip", "keep"))
    every = starts(len(seen), frames, step, phase)
    if empty == "keep":
        return every
    so_far = np.concatenate([[0], np.cumsum(seen)])
    kept = every[2 * (so_far[every + frames] - so_far[every]) >= frames]
    return kept if len(kept) else every
