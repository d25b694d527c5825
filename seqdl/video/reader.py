"""A streaming reader of grey video: one frame at a time as a person sees it, and an honest account of what was odd.

Only PyAV is used and never a whole-file read: a truncated file then ends where it ends, a lying header costs nothing,
and a video of any length needs the memory of a frame.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol

import numpy as np

from seqdl.base.arrays import check_choice, check_number, check_path
from seqdl.base.progress import progress
from seqdl.base.words import count
from seqdl.errors import SeqdlError
from seqdl.video.clock import FASTEST, SLOWEST, STEADY, USUAL_RATE, Clock, Resampler
from seqdl.video.container import DAMAGE, Container, cause
from seqdl.video.grey import grey, luma
from seqdl.video.stills import Pictures
from seqdl.video.upright import Turns, Upright, shown_size

SURPLUS = 2
"""So many frames a header may promise that never were: encoders count packets without content."""


@dataclass(frozen=True)
class ReadReport:
    """What was read, and what was wrong with it.

    Parameters
    ----------
    declared, decoded : int
        Frames that the file's header promises, None where it promises nothing, and those decoded so far.
    corrupt : tuple of int
        Indices of the frames that the decoder marked as damaged.
    notes : tuple of str
        A sentence on each thing that is odd; that the header lies is only known once the end was reached.
    damaged : bool
        Whether some of it is damaged or was lost; so is more than the header may count too many (``SURPLUS``).
    """

    declared: int | None
    decoded: int
    corrupt: tuple[int, ...]
    notes: tuple[str, ...]
    damaged: bool = False


class Footage(Protocol):
    """Grey frames that are looked at once, in order, and what is known of them when they were."""

    @property
    def times(self) -> Sequence[float]:
        """The seconds of each frame that was handed out, from the first one on."""

    @property
    def rate(self) -> float:
        """Frames a second of where they come from."""

    @property
    def report(self) -> ReadReport:
        """How many there were, and what was odd about them."""

    def __iter__(self) -> Iterator[np.ndarray]:
        """Each frame, (height, width) of uint8."""


class Reader:
    """The grey frames of a video file, or of a folder of numbered pictures, in order, once.

    A frame is what a person sees: upright as the file's display matrix asks for, with square pixels, from the stream
    that a player shows. Where the size changes, later frames are scaled to that of the first. Packets that cannot be
    decoded are skipped and counted in a note, as everything odd is told in one.

    Parameters
    ----------
    path : str, Path, Container or Pictures
        The video file or the folder, or what was opened as they are (:mod:`seqdl.video.device`).
    grey : {"full", "limited"}
        Range of the grey values: 0..255, or as stored.
    rate : float or "stored"
        Frames a second that are handed out: by time stamps the nearest of those that there are, or just those.

    Attributes
    ----------
    width, height, turn : int, int, Turn
        Size of the frames in pixels, and how the first was turned.
    rate : float
        Frames a second in the file: what its header says, or once the frames were read what they showed.
    clock : Clock
        Which says the seconds of what was decoded.
    times : array of float
        The seconds of each frame that was handed out, from the first one on.

    Raises
    ------
    SeqdlError
        If the file is missing, empty, damaged beyond reading, no video, or too large.
    ValueError
        For another range of grey values, or a rate that is none.
    """

    def __init__(
        self, path: str | Path | Container | Pictures, grey: str = "full", rate: float | str = "stored"
    ) -> None:
        if not isinstance(path, Container | Pictures):
            check_path(path, "path")
        check_choice(grey, "grey", ("full", "limited"))
        if isinstance(rate, str):
            check_choice(rate, "rate", ("stored",))
        else:
            check_number(rate, "rate", SLOWEST, FASTEST)
        self.path = path.path if isinstance(path, Container | Pictures) else Path(path)
        self.grey, self.times = grey, array("d")
        self._resampler = None if isinstance(rate, str) else Resampler(float(rate))
        self._decoded, self._last, self._lost = 0, 0.0, False
        self._ended = self._closed = False
        self._corrupt: list[int] = []
        self._damaged: list[float] = []
        self._notes: dict[str, str] = {}
        source = path if isinstance(path, Container | Pictures) else self._opened(Path(path))
        try:
            self._begin(source)
            while self._first is None and self._source.others:
                self._source.close()
                self._begin(Container(self.path, self._source.passed_over + 1))
            if self._first is None:
                raise SeqdlError(f"{self.path}: no frame can be decoded; the file is damaged, fetch it again")
            self.rate = self._source.rate
            self.clock = Clock(self.rate)
            self._turns = Turns(self._source.turns)
            self._measure(self._first[0])
        except BaseException:
            self.close()
            raise

    def _begin(self, source: Container | Pictures) -> None:
        """Read from a ``source``, from its first frame on."""
        self._source, self._frames = source, source.frames()
        self._first: tuple[Any, float | None] | None = next(self._frames, None)

    def __enter__(self) -> Reader:
        """Return the reader itself."""
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Close the file."""
        self.close()

    def close(self) -> None:
        """Close the file; the report stays."""
        self._closed, self._first = True, None
        self._frames.close()  # which must not look into a file that is closed
        self._source.close()

    @property
    def seconds(self) -> float:
        """How long what was read up to now is shown."""
        return self._last + self.clock.lasting if self._decoded else 0.0

    @property
    def expected(self) -> int | None:
        """About so many frames will be handed out, if the header is right; None where it says nothing."""
        declared, lasts = self._source.declared, self._source.lasts
        if self._resampler is None and declared:
            return declared
        lasts = declared / self._source.rate if declared and not lasts else lasts
        rate = self._resampler.rate if self._resampler else self._source.rate
        return round(lasts * rate) if lasts else None

    @property
    def broken_off(self) -> str:
        """Why it ended before its end; empty where it did not."""
        return f"{self.path}: {self._source.notes[-1]}" if self._source.cut else ""

    @property
    def report(self) -> ReadReport:
        """What was read up to now."""
        notes = [*self._source.notes, *self._notes.values()]
        if self._source.complaint:
            notes.append(self._source.complaint)
        if self._resampler and (note := self._resampler.note(self.rate, self._decoded)):
            notes.append(note)
        if self._source.broken:
            what = "pictures" if isinstance(self._source, Pictures) else "packets"
            notes.append(f"{what} that could not be decoded and were left out: {self._source.broken}")
        if self._source.marked:
            notes.append(f"packets marked as damaged: {self._source.marked}")
        if self._corrupt:
            notes.append(f"frames marked as damaged: {len(self._corrupt)}, the first is frame {self._corrupt[0]}")
        damaged = bool(self._source.broken or self._source.cut or self._corrupt) or self._lost
        return ReadReport(self._source.declared, self._decoded, tuple(self._corrupt), tuple(notes), damaged)

    @property
    def damaged(self) -> set[int]:
        """Which of the frames that were handed out show a frame that is marked as damaged, by their numbers."""
        times = np.array(self.times)
        return {int(np.abs(times - seconds).argmin()) for seconds in self._damaged if len(times)}

    def _opened(self, path: Path) -> Container | Pictures:
        try:
            folder = path.is_dir()
        except OSError as error:  # a name that is too long
            raise SeqdlError(f"{path}: {error.strerror}") from error
        return Pictures(path, self._resampler.rate if self._resampler else USUAL_RATE) if folder else Container(path)

    def __iter__(self) -> Iterator[np.ndarray]:
        """Yield each frame, (height, width) uint8, in C order; a ValueError where the file was closed."""
        if self._closed:
            raise ValueError(f"{self.path}: the reader is closed")
        timed = self.timed()
        timed = timed if self._resampler is None else self._resampler(timed, self.clock)
        with progress(self.expected, Path(self.path).name, "frame") as further:
            for image, seconds in timed:
                self.times.append(seconds)
                yield image
                del image
                further()
        if self._ended:
            self._conclude()

    def timed(self) -> Iterator[tuple[np.ndarray, float]]:
        """Each frame as a person sees it with its seconds, at the file's own rate; nothing of it is kept."""
        self._first = self._first or next(self._frames, None)  # whoever left early goes on
        while self._first is not None:
            (frame, stamp), self._first = self._first, None
            self._last = self.clock(stamp)
            if frame.is_corrupt:
                self._corrupt.append(self._decoded)
                self._damaged.append(self._last)
            try:
                image = self._image(frame)
            except DAMAGE as error:
                raise SeqdlError(f"{self.path}: frame {self._decoded} cannot be shown: {cause(error)}") from error
            self._decoded += 1
            yield image, self._last
            del frame, image  # before the next one is made: they may be large
            self._first = next(self._frames, None)
        self._ended = not self._closed

    def _measure(self, frame: Any) -> None:
        """Take the size from the first frame, and say what is done with it."""
        self.turn, shape = self._turns(frame), self._source.shape
        self.width, self.height = shown_size(frame.width, frame.height, shape, self.turn.swaps)
        self._stored = frame.width, frame.height
        self._upright = Upright((self.width, self.height), shape, "gray" if self.grey == "full" else "")
        if self.turn.words:
            self._note("turn", f"the picture is {self.turn.words}, as the file asks for")
        if shape != 1:
            size = f"{frame.width} x {frame.height} are shown as {self.width} x {self.height}"
            self._note("shape", f"its pixels are not square ({shape.numerator}:{shape.denominator}): {size}")

    def _image(self, frame: Any) -> np.ndarray:
        turned, stored = self._turns(frame), (frame.width, frame.height)
        if stored != self._stored:
            sizes = f"{self._stored[0]} x {self._stored[1]} to {frame.width} x {frame.height}"
            self._note(
                "size", f"the frame size changes from {sizes} at frame {self._decoded}: scaled to the first one's"
            )
        if turned is not self.turn and turned != self.turn:
            self._note("other turn", f"the picture's turn changes at frame {self._decoded}")
        plane = luma(frame)
        if plane is None:
            self._note("format", f"frames of format {frame.format.name} were converted to grey")
        if turned.filters or stored != (self.width, self.height):
            frame = self._upright(frame, turned)
            plane = luma(frame)
        return self._values(frame, plane)

    def _values(self, frame: Any, plane: np.ndarray | None) -> np.ndarray:
        """What is handed out of an upright ``frame``, whose luma is a ``plane``."""
        return grey(frame, plane, self.grey)

    def _conclude(self) -> None:
        """Say what is known at the end alone."""
        if self.clock.jumps:
            self._note(
                "jumps", f"{count(self.clock.jumps, 'jump')} of its time stamps taken as if nothing were between"
            )
        declared = self._source.declared
        if not isinstance(self._source, Container):
            return
        if declared is not None and declared != self._decoded:
            self._note("count", f"the header declares {declared} frames, {self._decoded} decode")
            self._lost = declared > self._decoded + SURPLUS
        if declared is None and self._source.stated and self._source.lasts and not self.clock.jumps:
            missing = (self._source.lasts - self.seconds) / self.clock.interval
            if abs(missing) > SURPLUS + 0.5:
                self._note("length", f"the header declares {self._source.lasts:.3g} s, {self.seconds:.3g} s are there")
                self._lost = missing > 0
        if self._decoded > 1:
            shown = (self._decoded - 1) / self._last
            if abs(shown / self.rate - 1) > STEADY:
                self.rate = shown

    def _note(self, what: str, text: str) -> None:
        """Note something down when it is first seen."""
        self._notes.setdefault(what, text)
