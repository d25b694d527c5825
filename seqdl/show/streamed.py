"""A stream with what is seen and said of it, as a video that grows while it is looked at."""

import queue
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from seqdl.errors import SeqdlError
from seqdl.show.course import Course
from seqdl.show.panel import Canvas
from seqdl.video import writer

WAITING = 8
"""So many drawn frames wait for the encoder at most."""
UNDECIDED, HELD = 200, 256 * 2**20
"""So many frames wait for the decision on them at most, and in so many bytes."""


class Film:
    """A video file that grows frame by frame; it is there, and whole, once it is closed.

    Parameters
    ----------
    path, rate
        As for :func:`seqdl.video.writer.write_timed`, whose errors come at the next frame, or when it is closed.
    """

    def __init__(self, path: Path, rate: float) -> None:
        self.path = path
        self._waiting: queue.Queue[tuple[np.ndarray, float] | None] = queue.Queue(WAITING)
        self._error: SeqdlError | None = None
        self._thread = threading.Thread(target=self._write, args=(rate,), name=f"writing {path}", daemon=True)
        self._thread.start()

    def add(self, image: np.ndarray, seconds: float) -> None:
        """Add a frame of RGB, with its seconds."""
        self._waiting.put((image, seconds))
        if self._error:
            raise self._error

    def close(self) -> None:
        """Nothing more comes."""
        self._waiting.put(None)
        self._thread.join()
        if self._error:
            raise self._error

    def _write(self, rate: float) -> None:
        try:
            writer.write_timed(self.path, iter(self._waiting.get, None), rate, quick=True)
        except SeqdlError as error:
            self._error = error
            while self._waiting.get() is not None:
                """Whoever puts them there must not wait for ever."""


class Streamed:
    """Draws each frame of a stream as soon as it is decided on.

    A frame shows the box that the first decision on it found, what its step said, and that decision. One that has
    waited too long shows the decision before; where there is none yet, it is left out. Where the size changes, another
    file goes on.

    Parameters
    ----------
    path : callable
        ``path(number)`` is the name of the first file, the second one and so on.
    rate : float
        Frames a second.
    """

    def __init__(self, path: Callable[[int], Path], rate: float) -> None:
        self._path, self._rate = path, rate
        self._films: list[Film] = []
        self._undecided: deque[tuple[np.ndarray, float]] = deque()
        self._size: tuple[int, ...] = ()
        self._canvas: Canvas | None = None

    @property
    def paths(self) -> list[Path]:
        """The files."""
        return [film.path for film in self._films]

    def frame(self, image: np.ndarray, seconds: float) -> None:
        """Take note of a grey frame, (height, width) of uint8, that is not decided on yet."""
        self._undecided.append((image, seconds))
        while len(self._undecided) > max(1, min(UNDECIDED, HELD // image.nbytes)):
            self._draw_as_before(*self._undecided.popleft())

    def decided(self, course: Course, start: float) -> None:
        """Draw what was waiting: ``course`` is how the decision went, on frames from ``start`` seconds on."""
        said = replace(
            course,
            times=np.append(-np.inf, course.times + start),  # what is decided holds for the first frames, too
            steps=np.vstack([course.total[None], course.steps]),
            so_far=np.repeat(course.total[None], len(course.times) + 1, axis=0),
            moments=None if course.moments is None else course.moments + start,
        )
        while self._undecided:
            image, seconds = self._undecided.popleft()  # before it is drawn: an interrupt must not have it drawn twice
            if self._canvas is None or self._canvas.course is not said or image.shape != self._size:
                self._canvas = Canvas(image.shape[1], image.shape[0], said)
            self._draw(self._canvas, image, seconds)

    def close(self) -> None:
        """Draw what is left, as the last decision has it; a file is whole then."""
        for image, seconds in self._undecided:
            self._draw_as_before(image, seconds)
        if self._films:
            self._films[-1].close()

    def _draw_as_before(self, image: np.ndarray, seconds: float) -> None:
        if self._canvas and image.shape == self._size:
            self._draw(self._canvas, image, seconds)

    def _draw(self, canvas: Canvas, image: np.ndarray, seconds: float) -> None:
        if image.shape != self._size:
            if self._films:
                self._films[-1].close()
            self._films.append(Film(self._path(len(self._films)), self._rate))
            self._size = image.shape
        self._films[-1].add(canvas(np.dstack([image] * 3), seconds).copy(), seconds)
