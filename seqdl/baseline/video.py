"""A video file's interest points as text, and drawn on it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from seqdl.base.doors import CALLABLE, Kind, Place, door
from seqdl.baseline import overlay, text
from seqdl.baseline.scales import POINT
from seqdl.baseline.stip import features
from seqdl.video import writer
from seqdl.video.reader import Reader


@dataclass(frozen=True)
class Found:
    """The interest points of a video.

    Parameters
    ----------
    points : array of POINT, (n,)
        In the order of time.
    rate : float
        The video's frames a second.
    notes : tuple of str
        What was odd about the file.
    """

    points: np.ndarray
    rate: float
    notes: tuple[str, ...]


@door(video=Place(), line=CALLABLE)
def write(video: str | Path, line: Callable[[str], object]) -> Found:
    """Find and describe the points of a video, and give ``line`` each line of STIP 2.0's format."""
    with Reader(video) as reader:
        frames = sum(1 for _ in reader)  # the format divides by it, and headers lie
        shape = frames, reader.height, reader.width
        rate, notes = reader.rate, reader.report.notes
    found = [np.empty(0, POINT)]
    with Reader(video) as reader:
        for some in features(reader, name=str(video)):
            if len(found) == 1:  # not before the video has turned out to be one that can be used
                line(text.header(Path(video).stem))
            found.append(some.points)
            for described in text.lines(some, shape):
                line(described)
    return Found(np.concatenate(found), rate, notes)


@door(target=Place(), video=Place(), found=Kind((Found,)))
def draw(target: str | Path, video: str | Path, found: Found) -> None:
    """Write ``video`` once more as ``target``, with its points ``found`` drawn on it."""
    with Reader(video) as reader:
        drawn = (overlay.draw(frame, t, found.points) for t, frame in enumerate(reader))
        writer.write_timed(target, ((picture, reader.times[-1]) for picture in drawn), found.rate)
