"""A stream that comes at its own pace: a thread of its own reads it into a queue that never grows long."""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import NamedTuple, Protocol

import numpy as np

from seqdl.errors import SeqdlError
from seqdl.video.clock import Clock
from seqdl.video.downsample import downsample

LONGEST = 50
"""So many frames wait in the queue: two seconds of a usual camera."""
HEAVIEST = 2**26
"""So many bytes of frames wait there, but for a few that always may."""
FEW = 4
PATIENCE = 0.04
"""Seconds that the thread has for closing the stream before it is left to itself: after an interrupt nobody waits."""
SILENCE = 15.0
"""Seconds without a frame after which a camera is taken to be gone."""


class VanishedError(SeqdlError):
    """What should have gone on has ended."""


class Stream(Protocol):
    """Frames that come as they are made, with their seconds since the first.

    Attributes
    ----------
    name : str
        For messages.
    clock : Clock
        Which says the seconds.
    endless, realtime : bool
        Whether it never ends by itself, as a camera; whether it waits for nobody.
    """

    name: str
    clock: Clock
    endless: bool
    realtime: bool

    @property
    def notes(self) -> tuple[str, ...]:
        """What was odd about it up to now."""

    @property
    def broken_off(self) -> str:
        """Why it ended before its end; empty where it did not."""

    def timed(self) -> Iterator[tuple[np.ndarray, float]]:
        """Each frame, (height, width) of uint8, with its seconds."""

    def stop(self) -> None:
        """Have no more frames come; asked for by another thread than the one that waits for them."""

    def close(self) -> None:
        """Let go of it."""


class Shot(NamedTuple):
    """A frame on its way.

    Parameters
    ----------
    small : array of uint8, (height, width)
        Down-sampled as far as whoever looks at it does first of all.
    factor : int
        By so much.
    whole : array or None
        The frame as it came, where somebody wants it.
    arrived : float
        When it was there, by :func:`time.monotonic`.
    """

    small: np.ndarray
    factor: int
    whole: np.ndarray | None
    arrived: float


class Feed:
    """The frames of a stream, of which the oldest are dropped where nobody takes them in time.

    Of a stream that is not made in real time none is: it is read no faster than its frames are taken.

    Parameters
    ----------
    stream : Stream
        Which is closed by the thread that reads it, as soon as it hears that nobody wants more.
    factor : callable
        ``factor(shape)`` says by how much frames of a shape are down-sampled.
    whole : bool
        Whether frames are wanted as they came, too.

    Attributes
    ----------
    taken, dropped : int
        So many were taken from it, and so many nobody had time for.
    error : Exception or None
        Once it has ended, why, if that is an error: :class:`VanishedError` where it should have gone on.
    """

    def __init__(self, stream: Stream, factor: Callable[[tuple[int, ...]], int], whole: bool = False) -> None:
        self.stream, self.taken, self.dropped = stream, 0, 0
        self._factor, self._whole = factor, whole
        self._waiting: deque[tuple[Shot, float]] = deque()
        self._lately: deque[float] = deque(maxlen=LONGEST)
        self._changed = threading.Condition()
        self._ended = self._unwanted = False
        self.error: Exception | None = None
        self._thread = threading.Thread(target=self._read, name=f"reading {stream.name}", daemon=True)
        self._thread.start()

    @property
    def behind(self) -> bool:
        """Whether frames wait that should have been taken by now."""
        return self.stream.realtime and bool(self._waiting)

    @property
    def rate(self) -> float:
        """Frames a second that came lately."""
        times = list(self._lately)
        return (len(times) - 1) / max(times[-1] - times[0], 1e-9) if len(times) > 1 else 0.0

    def __iter__(self) -> Iterator[tuple[Shot, float]]:
        """Each frame with its seconds, as soon as it is there; ``error`` then says why it ended."""
        patience = SILENCE if self.stream.endless and self.stream.realtime else None
        while True:
            with self._changed:
                if not self._changed.wait_for(lambda: self._waiting or self._ended, patience):
                    self.error = VanishedError(f"{self.stream.name}: no picture came for {patience:g} seconds")
                if not self._waiting:
                    break
                shot = self._waiting.popleft()
                self._changed.notify_all()
            self.taken += 1
            yield shot
            del shot
        endless, error = self.stream.endless, self.error
        if endless and isinstance(error, SeqdlError):
            self.error = VanishedError(str(error))
        elif not error and (endless or self.stream.broken_off):
            self.error = VanishedError(self.stream.broken_off or f"{self.stream.name}: has ended")

    def close(self) -> None:
        """Have nothing more read; a camera that sends nothing is not waited for."""
        self.stream.stop()
        with self._changed:
            self._unwanted = True
            self._changed.notify_all()
        self._thread.join(PATIENCE)

    def _read(self) -> None:
        try:
            for image, seconds in self.stream.timed():
                arrived = time.monotonic()
                factor = self._factor(image.shape)
                shot = Shot(downsample(image, factor), factor, image if self._whole else None, arrived)
                if not self._put(shot, seconds, image.nbytes if self._whole else shot.small.nbytes):
                    break
                del image, shot  # before the next one is made: they may be large
        except Exception as error:
            self.error = error
        finally:
            self.stream.close()
            with self._changed:
                self._ended = True
                self._changed.notify_all()

    def _put(self, shot: Shot, seconds: float, size: int) -> bool:
        """Let a frame wait in the queue; whether more are wanted."""
        room = min(LONGEST, max(FEW, HEAVIEST // size))
        with self._changed:
            if not self.stream.realtime:
                self._changed.wait_for(lambda: self._unwanted or len(self._waiting) < room)
            while len(self._waiting) >= room:
                self._waiting.popleft()
                self.dropped += 1
            self._waiting.append((shot, seconds))
            self._lately.append(shot.arrived)
            self._changed.notify_all()
            return not self._unwanted
