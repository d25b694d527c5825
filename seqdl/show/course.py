"""How a decision on a video goes: what was said when, where the person was, and how its frames are had again."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

import numpy as np

from seqdl.video.colour import Colours

Again = Callable[[], AbstractContextManager[Colours]]
"""Opens the frames of a video again, in colour; while they are there."""
HELD = 0.5
"""Seconds after which a step says nothing of what is seen now."""
NEAR = 0.004
"""Seconds by which a frame's time stamp may lie before the moment that it shows: they are rounded."""


@dataclass(frozen=True)
class Course:
    """How a decision goes; the pictures of a prediction are made of it.

    Parameters
    ----------
    classes : tuple of str
        The classes.
    times : array, (steps,)
        Of each step, in seconds; rising.
    steps, so_far : array, (steps, classes)
        The probabilities that each step says, and those that follow from it and all before it.
    total : array, (classes,)
        The probabilities in the end, which decide where there is no step.
    again : callable or None
        Opens the frames again; None where they are gone.
    moments : array, (T,), or None
        The seconds of each frame that was looked at; None where nobody was looked for.
    boxes : array, (T, 4), or None
        Left, top, right and bottom of the person's box in each, in pixels of the stored frames.
    seen : array of bool, (T,), or None
        Whether anybody is seen there.
    """

    classes: tuple[str, ...]
    times: np.ndarray
    steps: np.ndarray
    so_far: np.ndarray
    total: np.ndarray
    again: Again | None = None
    moments: np.ndarray | None = None
    boxes: np.ndarray | None = None
    seen: np.ndarray | None = None

    def step_at(self, seconds: float) -> int:
        """The last step up to a moment; -1 before the first."""
        return int(np.searchsorted(self.times, seconds + NEAR, side="right")) - 1

    def speaks_at(self, seconds: float) -> bool:
        """Whether the last step is of that moment; where nobody is looked for steps come at any time, and it is."""
        step = self.step_at(seconds)
        return step >= 0 and (self.moments is None or seconds - float(self.times[step]) < HELD)

    def box_at(self, seconds: float) -> tuple[np.ndarray, bool] | None:
        """The box in the frame nearest to a moment, and whether anybody is seen in it; None where there are none."""
        if self.moments is None or self.boxes is None or self.seen is None or not len(self.moments):
            return None
        at = int(np.searchsorted((self.moments[1:] + self.moments[:-1]) / 2, seconds))
        return self.boxes[at], bool(self.seen[at])
