"""Seconds from time stamps, and frames at regular seconds."""

import math
from collections.abc import Iterator
from typing import TypeVar

from seqdl.base.words import count

T = TypeVar("T")
USUAL_RATE = 25.0
"""Frames a second where nothing says."""
SLOWEST, FASTEST = 1 / 60, 1000.0
"""Frames a second that a camera may have; other numbers in a header are nonsense."""
GAP = 10.0
"""Seconds between two frames above which nothing was filmed between them, or the time stamps are damaged."""
BACK = 1.0
"""Seconds by which time stamps may jump back before they are taken to begin anew."""
TIE = 0.02
"""Share of a step within which two frames are equally near, and two rates the same: time stamps are rounded."""
STEADY = 0.005
"""Share by which the rate that time stamps show may differ from the header's before it is the one to tell."""
SHORT = 0.25
"""Share of a step that is too little for one more frame at the end."""


def sane_rate(*rates: float | None) -> float:
    """The first of some rates that can be one; the usual one where none is."""
    return next((float(rate) for rate in rates if rate and SLOWEST <= rate <= FASTEST), USUAL_RATE)


class Clock:
    """The seconds of each frame since the first, which always rise, from time stamps that may be anything.

    Choice: a frame without a time stamp, or with one that is not after the last frame's, follows at the usual interval.
    Time stamps that jump back by more than a second, or ahead by more than ten seconds and ten frames, begin anew.

    Parameters
    ----------
    rate : float
        Frames a second where time stamps do not say.

    Attributes
    ----------
    jumps : int
        So often time stamps began anew.
    lasting : float
        So long the last frame is shown: as the one before it, but no longer than a second.
    """

    def __init__(self, rate: float) -> None:
        self.interval = self.lasting = 1 / rate
        self.jumps = 0
        self._last, self._shift = -self.interval, math.nan

    def __call__(self, stamp: float | None) -> float:
        """The seconds of the next frame, whose time stamp, in seconds, is ``stamp``."""
        before, expected = self._last, self._last + self.interval
        seconds = expected
        if stamp is not None:
            if math.isnan(self._shift):
                self._shift = expected - stamp
            seconds = stamp + self._shift
            if seconds < before - BACK or seconds - before > max(GAP, 10 * self.interval):
                self._shift += expected - seconds
                self.jumps += 1
                seconds = expected
        self._last = seconds if seconds > before else expected
        self.lasting = min(self._last - before, max(1.0, self.interval))
        return self._last


class Resampler:
    """Frames at a regular rate: at each moment the one whose time stamp is nearest, of two equally near the earlier.

    A video that has that rate comes out as it is, however its time stamps are rounded. Choice: also where it lacks a
    single frame, as a camera may drop one; for a second one, or a longer gap, frames are repeated.

    Parameters
    ----------
    rate : float
        Frames a second that are wanted.

    Attributes
    ----------
    left_out, repeated : int
        So many frames were not used, or used once more.
    """

    def __init__(self, rate: float) -> None:
        self.rate, self.left_out, self.repeated = rate, 0, 0

    def __call__(self, timed: Iterator[tuple[T, float]], clock: Clock) -> Iterator[tuple[T, float]]:
        """The frames of a ``timed`` stream with their seconds, which a ``clock`` has said; both with their seconds."""
        # Of the frames handed out there are ``done``; ``lacking`` is 1 once a single frame was found to be missing.
        has_it = abs(clock.interval * self.rate - 1) < TIE
        held: T | None = None
        since, done, lacking = 0.0, 0, 0
        for image, seconds in timed:
            if held is not None:
                lacked = lacking
                if has_it and not lacking and 1.5 < (seconds - since) * self.rate < 2.5:
                    lacking = 1
                seconds -= lacking / self.rate
                until = math.floor((since + seconds) / 2 * self.rate + TIE) + 1
                for n in self._numbers(done, until):
                    yield held, (n + lacked) / self.rate
                done = max(done, until)
            held, since = image, seconds
        if held is not None:
            until = math.ceil((since + clock.lasting) * self.rate - SHORT)
            for n in self._numbers(done, until if done else max(1, until)):
                yield held, (n + lacking) / self.rate

    def note(self, rate: float, frames: int) -> str:
        """What was done to so many frames of a ``rate``, in a sentence; empty where nothing was."""
        if not (self.left_out or self.repeated):
            return ""
        if abs(rate / self.rate - 1) < STEADY:
            return f"gaps between its frames were filled: {count(self.repeated, 'frame')} repeated"
        return (
            f"{rate:.4g} frames a second were resampled to {self.rate:g}: of {frames} frames "
            f"{self.left_out} left out, {self.repeated} repeated"
        )

    def _numbers(self, done: int, until: int) -> range:
        self.left_out += until <= done
        self.repeated += max(0, until - done - 1)
        return range(done, until)
