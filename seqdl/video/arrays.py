"""Frames that Python has already, as a :class:`~seqdl.video.reader.Reader` gives those of a file."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

import av
import numpy as np

from seqdl.base.arrays import check_number, described, is_array
from seqdl.video.clock import FASTEST, SLOWEST, USUAL_RATE, Clock, Resampler
from seqdl.video.grey import grey, luma
from seqdl.video.reader import ReadReport

Given = str | Path | np.ndarray | Iterable[np.ndarray]
"""What a video may be given as: a path or another name of a source, or its frames."""
EXPECTED = "an array of uint8, (height, width) or (height, width, 3)"


class Frames:
    """The frames of an array, or of whatever hands them out one by one, at a regular rate.

    Grey frames are taken as they are, 0..255. Colours (RGB) become grey as those of a file without luma do, such as a
    folder of PNG pictures; a video file stores luma, so that what comes of it and of its frames in RGB differs by a
    rounding.

    Parameters
    ----------
    frames : array of uint8, (T, height, width) or (T, height, width, 3), or iterable of such frames
        In order, all of one size; an iterable is gone through once.
    rate : float, optional
        Frames a second of what is given; 25, which a note says, where absent.
    wanted : float or "stored"
        Frames a second that are handed out: by time stamps the nearest of those that there are, or just those.

    Raises
    ------
    ValueError
        For anything else; that names the argument of those who call this, ``video``.
    """

    def __init__(self, frames: Iterable[np.ndarray], rate: float | None = None, wanted: float | str = "stored") -> None:
        if is_array(frames):
            _check_whole(frames)  # type: ignore[arg-type]
        elif isinstance(frames, np.ndarray | bytes | dict) or not isinstance(frames, Iterable):
            raise ValueError(f"video: expected a path, or frames as an array or an iterable, got {described(frames)}")
        if rate is not None:
            check_number(rate, "rate", SLOWEST, FASTEST)
        self._frames, self.rate, self.times = iter(frames), float(rate or USUAL_RATE), array("d")
        self._notes = [] if rate else [f"frames say no rate: these are taken as {USUAL_RATE:g} a second"]
        self._resampler = None if isinstance(wanted, str) else Resampler(float(wanted))
        self._clock, self._decoded = Clock(self.rate), 0

    def __enter__(self) -> Frames:
        """Return itself."""
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Nothing is open."""

    @property
    def report(self) -> ReadReport:
        """What was taken up to now."""
        notes = list(self._notes)
        if self._resampler and (note := self._resampler.note(self.rate, self._decoded)):
            notes.append(note)
        return ReadReport(None, self._decoded, (), tuple(notes))

    def __iter__(self) -> Iterator[np.ndarray]:
        """Yield each frame, (height, width) of uint8."""
        timed = self._timed()
        for image, seconds in timed if self._resampler is None else self._resampler(timed, self._clock):
            self.times.append(seconds)
            yield image

    def _timed(self) -> Iterator[tuple[np.ndarray, float]]:
        shape: tuple[int, ...] = ()
        for number, frame in enumerate(self._frames):
            _check_frame(frame, f"video[{number}]", shape)
            shape = frame.shape
            self._decoded += 1
            yield _grey(frame), self._clock(number / self.rate)


def _check_whole(frames: np.ndarray) -> None:
    colours = frames.ndim == 4 and frames.shape[3] == 3
    single = frames.ndim == 3 and frames.shape[2] == 3
    if frames.dtype != np.uint8 or not (frames.ndim == 3 or colours) or single:
        more = ": is a single picture in colours" if single else ""
        expected = "an array of uint8, (T, height, width) or (T, height, width, 3)"
        raise ValueError(f"video: expected {expected}, got {described(frames)}{more}")
    if not frames.size:
        raise ValueError(f"video: is empty, of shape {frames.shape}")


def _check_frame(frame: Any, name: str, shape: tuple[int, ...]) -> None:
    fits = is_array(frame) and frame.dtype == np.uint8 and (frame.ndim == 2 or frame.shape[2:] == (3,))
    if not fits or not frame.size:
        raise ValueError(f"{name}: expected {EXPECTED}, got {described(frame)}")
    if shape and frame.shape != shape:
        raise ValueError(f"{name}: expected {shape} as the frames before, got {frame.shape}")


def _grey(frame: np.ndarray) -> np.ndarray:
    if frame.ndim == 2:
        return np.ascontiguousarray(frame)
    picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), format="rgb24")
    return grey(picture, luma(picture), "full")
