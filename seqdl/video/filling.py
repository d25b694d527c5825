"""A folder that fills: its numbered pictures as they come, as :class:`seqdl.video.container.Container` has frames."""

import io
import os
import threading
import time
from collections import Counter
from collections.abc import Generator
from pathlib import Path
from typing import Any

import av

from seqdl.errors import SeqdlError
from seqdl.video.container import DAMAGE, MAX_PIXELS, cause, check_size
from seqdl.video.pictures import numbers
from seqdl.video.stills import Pictures

POLL = 0.1
"""Seconds until the folder is looked into again."""
SETTLED = 0.5
"""Seconds after which a picture that nobody writes into any more is what it is."""
ENDS = (b"\xff\xd9", b"IEND\xaeB`\x82")
"""With which a JPEG and a PNG end."""


class Filling(Pictures):
    """The pictures of a folder that somebody writes into: those that are there, and then each new one, without end.

    Choice: those of one family, the largest when the first is seen, in the order of their numbers; one whose number is
    not above the last one's is too late. The first two say the step from one to the next. One that is half-written is
    waited for.

    Parameters
    ----------
    path, rate
        As for :class:`~seqdl.video.stills.Pictures`.

    Attributes
    ----------
    over : threading.Event
        Set by whoever wants no more.
    """

    def __init__(self, path: Path, rate: float) -> None:
        self.path, self.rate, self.broken = path, rate, 0
        self.over = threading.Event()
        self.declared = self.lasts = None
        self.notes = [f"a folder says no rate: its pictures are taken as {rate:g} a second"]
        self._family: tuple[str, str] | None = None
        self._last = -1
        self._new()

    def frames(self) -> Generator[tuple[Any, float | None], None, None]:
        """Decoded pictures with their time stamps in seconds, as they come; those that do not decode are counted."""
        before, place, step = -1, 0, 0
        while not self.over.is_set():
            new = self._new()
            for number, file in new:
                frame = self._decoded(file, number < new[-1][0])
                self._last = number
                if frame is None:
                    continue
                check_size(frame.width, frame.height, file)
                if before >= 0:
                    step = step or number - before
                    place += max(1, round((number - before) / step))
                before = number
                yield frame, place / self.rate
                del frame
                if self.over.is_set():
                    return
            if not new:
                self.over.wait(POLL)

    def _new(self) -> list[tuple[int, Path]]:
        """The pictures that came since the last one, in order."""
        try:
            with os.scandir(self.path) as found:
                places = [(place, entry.name) for entry in found if (place := numbers(entry.name)) and entry.is_file()]
        except OSError as error:
            raise SeqdlError(f"{self.path}: cannot look into the folder: {error.strerror or error}") from error
        if places and self._family is None:
            self._family = Counter(family for (family, _), _ in sorted(places)).most_common(1)[0][0]
        later = {
            number: name
            for (family, number), name in sorted(places, reverse=True)
            if family == self._family and number > self._last
        }
        return [(number, self.path / later[number]) for number in sorted(later)]

    def _decoded(self, file: Path, followed: bool) -> Any:
        """A picture, as soon as it is whole; None where it never is."""
        try:
            data = self._whole(file, followed)
            with av.open(io.BytesIO(data), "r", options={"max_pixels": str(MAX_PIXELS)}) as picture:
                return next(picture.decode(video=0))
        except (*DAMAGE, StopIteration, IndexError) as error:
            self.broken += 1
            if self.broken == 1:
                self.notes.append(f"{file.name} cannot be decoded: {cause(error)}")
            return None

    def _whole(self, file: Path, followed: bool) -> bytes:
        """What is in a file once it has its end, another one came after it, or nobody writes into it any more."""
        size, since = -1, time.monotonic()
        while True:
            data = file.read_bytes()
            now = time.monotonic()
            if followed or data.endswith(ENDS) or self.over.is_set() or (len(data) == size and now - since > SETTLED):
                return data
            if len(data) != size:
                size, since = len(data), now
            self.over.wait(POLL / 2)
