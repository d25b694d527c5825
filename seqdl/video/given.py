"""Boxes that come with a dataset, made the person-centred box of each frame."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from seqdl.base.words import count
from seqdl.errors import SeqdlError
from seqdl.video.person import SMOOTH, Boxes, smoothed

STEADY = 4 * SMOOTH
"""Standard deviation, in frames, of the smoothing of the box's size: a person who lifts an arm comes no nearer."""
MARGIN = 1.1
"""How many times as large as what is given the box is: smoothing must not cut off what was inside."""


class Given(NamedTuple):
    """Boxes of some frames of a video, in pixels of its frames as they are shown.

    Parameters
    ----------
    frames : array, (n,)
        Which frames, counted from 0, rising; between two where the video is seen at another rate.
    left, top, width, height : array, (n,)
        Where they are; they may reach outside of the frame.
    """

    frames: np.ndarray
    left: np.ndarray
    top: np.ndarray
    width: np.ndarray
    height: np.ndarray


@dataclass
class Boxed:
    """Frames and the boxes that come with them.

    Parameters
    ----------
    frames : iterable of array of uint8, (height, width)
        In order; gone through once.
    given : Given
        Boxes of some of them, which are counted from 0.
    """

    frames: Iterable[np.ndarray]
    given: Given

    def __iter__(self) -> Iterator[np.ndarray]:
        """Each frame."""
        return iter(self.frames)


def boxes_of(rows: Mapping[int, Sequence[float]]) -> Given:
    """Boxes of a video by their frames: left, top, width and height of each."""
    ordered = sorted(rows.items())
    table = np.array([(frame, *box) for frame, box in ordered], np.float64).reshape(-1, 5)
    return Given(*table.T)


def placed(
    given: Given, shape: tuple[int, ...], factor: int, size: tuple[int, int], name: str
) -> tuple[Boxes, tuple[str, ...]]:
    """The person-centred boxes of frames of a ``shape`` (T, Y, X), and sentences on what is odd.

    Choice: of a box that is ``given`` what lies in the picture counts. Where a frame has none, between others, a line
    is drawn from the last one to the next; before the first and after the last one nobody is seen. The centre is
    smoothed as a track that is found (a Gaussian of 3 frames), height and width four times as much. The box is a tenth
    larger, its shorter side drawn out to the crop's proportion, whose rows and columns are its ``size``, and moved
    into the picture as far as it has room there.

    Parameters
    ----------
    given : Given
        In pixels before the frames were down-sampled.
    shape, factor, size
        Of the frames, by how much they were down-sampled, and of the crop.
    name : str
        For the SeqdlError where no box lies in the frames.
    """
    total, rows, columns = shape
    left, right = (np.clip(x / factor, 0, columns) for x in (given.left, given.left + given.width))
    top, bottom = (np.clip(y / factor, 0, rows) for y in (given.top, given.top + given.height))
    inside = (right > left) & (bottom > top)
    near = (given.frames > -0.5) & (given.frames < total - 0.5)
    if not (inside & near).any():
        raise SeqdlError(
            f"{name}: none of the boxes that come with it lies in its frames: leave it out, or correct them"
        )
    at, frames = given.frames[inside], np.arange(total)
    seen = (frames >= at[0] - 0.5) & (frames <= at[-1] + 0.5)
    middle = (right + left)[inside] / 2, (bottom + top)[inside] / 2
    x, y = (smoothed(np.interp(frames, at, values), seen) for values in middle)
    sides = (right - left)[inside], (bottom - top)[inside]
    wide, high = (MARGIN * smoothed(np.interp(frames, at, values), seen, STEADY) for values in sides)
    proportion = size[1] / size[0]
    height = np.maximum(high, wide / proportion)
    width = height * proportion
    found = Boxes(_within(y, height, rows), _within(x, width, columns), height, width, seen)
    return found, tuple(_odd(at, frames[seen], near & ~inside))


def _within(middle: np.ndarray, length: np.ndarray, room: int) -> np.ndarray:
    """Where stretches of some ``length`` begin that lie inside of a ``room``, or around its middle where too long."""
    fits = length <= room
    return np.where(fits, np.clip(middle - length / 2, 0, np.maximum(room - length, 0)), (room - length) / 2)


def _odd(at: np.ndarray, frames: np.ndarray, outside: np.ndarray) -> list[str]:
    """What there is to say of boxes ``at`` some moments in ``frames`` of which somebody is seen."""
    step = max(1.0, float(np.median(np.diff(at)))) if len(at) > 1 else 1.0
    later = np.searchsorted(at, frames).clip(1, len(at) - 1) if len(at) > 1 else np.zeros(len(frames), int)
    gap = np.minimum(np.abs(at[later] - frames), np.abs(at[later - 1] - frames)) > step / 2 + 1e-6
    said = []
    if outside.any():
        said.append(f"{count(int(outside.sum()), 'box', 'boxes')} outside of the picture")
    if gap.any():
        said.append(f"{int(gap.sum())} of {count(len(frames), 'frame')} without a box: a line between others")
    return said
