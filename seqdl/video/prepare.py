"""The way of one sequence from its frames to the network's input (Section 4.2)."""

import functools
import itertools
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from seqdl.base.arrays import check, check_choice
from seqdl.base.rows import Rows, spans
from seqdl.config import BOXES, GIVEN, Config, crop_size
from seqdl.errors import SeqdlError
from seqdl.video.downsample import shrink
from seqdl.video.given import Boxed, placed
from seqdl.video.normalise import crops, normalised
from seqdl.video.person import Boxes, boxes
from seqdl.video.windows import too_short

FEW = 256
"""So many down-sampled frames are cut out of at once."""
AT_ONCE = 2**20
"""So many bytes of them are gathered before they are put away."""
PART = 20_000
"""So many frames have one size of the box, one usual look of the scene and one constant of contrast."""


@dataclass
class Reduced(ABC):
    """Frames that may be down-sampled already, as those are that somebody holds for a while.

    Parameters
    ----------
    factor : int
        By how much they were; 1 where :func:`find` is still to see to that.
    """

    factor: int = 1

    @abstractmethod
    def __iter__(self) -> Iterator[np.ndarray]:
        """Each frame, (height, width) of uint8."""


class Clip(NamedTuple):
    """A prepared sequence.

    Parameters
    ----------
    frames, seen : array, (T, 54, 34) of float32, (T,) of bool
        The network's input, and whether anybody is seen.
    boxes : Boxes
        Where the person is, in pixels of the down-sampled frames.
    small : Rows
        The down-sampled frames.
    size, factor : tuple of int, int
        Rows and columns of the crop; the down-sampling that was done.
    notes : tuple of str
        What is odd about boxes that were given, a sentence each.
    """

    frames: np.ndarray
    seen: np.ndarray
    boxes: Boxes
    small: Rows
    size: tuple[int, int]
    factor: int
    notes: tuple[str, ...] = ()

    def cut(self, first: int, last: int) -> np.ndarray:
        """The person-centred crops from a frame to before another, before normalisation: (T', 60, 40), in 0..1."""
        parts = [
            crops(self.small[first + a : first + b], Boxes(*(v[first + a : first + b] for v in self.boxes)), self.size)
            for a, b in spans(last - first, FEW)
        ]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def stored_boxes(self) -> np.ndarray:
        """The boxes in pixels of the frames before they were down-sampled: left, top, right, bottom, (T, 4)."""
        box = self.boxes
        corners = np.stack([box.left, box.top, box.left + box.width, box.top + box.height], axis=1)
        return corners.astype(np.float32) * self.factor

    @property
    def crops(self) -> np.ndarray:
        """All of them, (T, 60, 40)."""
        return self.cut(0, len(self.small))


def prepare(frames: Iterable[np.ndarray], rule: str, config: Config, name: str = "the sequence") -> Clip:
    """Down-sample, find the person by a ``rule`` of :func:`~seqdl.video.person.boxes`, cut out, normalise.

    By the rule ``given`` the boxes are those that come with the ``frames``, a :class:`~seqdl.video.given.Boxed`: see
    :func:`~seqdl.video.given.placed`.

    Grey ``frames`` of uint8, all of one size, are down-sampled one by one (:func:`factor_for`), and what is held of
    them lies in a temporary file where it is large, so that a video of any length and size needs little memory. Choice:
    one of more than 20,000 frames is looked at in parts of equal length, each with a box and a contrast of its own. A
    sequence that is shorter than a window of ``config`` is a SeqdlError, which says its ``name``; a frame of another
    type or shape is a ValueError.
    """
    clip = find(frames, rule, config, name)
    made = Rows(np.float32, (config.convnet.rows, config.convnet.columns))
    for first, last in _parts(len(clip.small)):
        for block in normalised(functools.partial(_cut, clip, first), last - first, config.lcn):
            made.append(block)
    return clip._replace(frames=made.array())


def find(frames: Iterable[np.ndarray], rule: str, config: Config, name: str = "the sequence") -> Clip:
    """The first half of :func:`prepare`, with its ``frames``, ``rule``, ``config`` and ``name``: nothing is normalised.

    The clip that comes has no network's input in it. Of frames that are :class:`Reduced` already it is the same clip as
    of those that they were made of.
    """
    check_choice(rule, "rule", (*BOXES, GIVEN) if isinstance(frames, Boxed) else BOXES)
    size = crop_size(config)
    small, factor, left, shape = Rows(np.uint8, (0, 0)), 1, 1, (0, 0)
    waiting, many = np.empty((0, 0, 0), np.uint8), 0
    for k, frame in enumerate(frames):
        if not (k and type(frame) is np.ndarray and frame.dtype == np.uint8 and frame.shape == shape):
            check(frame, f"frames[{k}]", np.uint8, ("height", "width"))
            if k and frame.shape != shape:
                raise ValueError(f"frames[{k}]: expected {shape} as the frames before, got {frame.shape}")
        if not k:
            shape = frame.shape
            done = frames.factor if isinstance(frames, Reduced) else 1
            left = 1 if done > 1 else factor_for(shape, size, config.video.downsample)
            factor = done * left
            small = Rows(np.uint8, (shape[0] // left, shape[1] // left))
            waiting = np.empty((max(1, min(FEW, AT_ONCE // small.row_bytes)), *small.row), np.uint8)
        shrink(frame[None], left, waiting[many : many + 1])
        del frame  # before the next one is made: they may be large
        many += 1
        if many == len(waiting):
            small.append(waiting)
            many = 0
    small.append(waiting[:many])
    if reason := too_short(name, len(small), config.convnet.frames):
        raise SeqdlError(reason)
    if isinstance(frames, Boxed) and rule == GIVEN:
        found, notes = placed(frames.given, small.shape, factor, size, name)
        return Clip(np.empty(0), found.seen, found, small, size, factor, notes)
    parts = [boxes(small.part(first, last), rule, size) for first, last in _parts(len(small))]
    found = Boxes(*(np.concatenate(values) for values in zip(*parts)))
    return Clip(np.empty(0), found.seen, found, small, size, factor)


def _parts(count: int) -> list[tuple[int, int]]:
    """The first frame of each part of a video of so many frames, and that after its last."""
    ends = np.linspace(0, count, -(-count // PART) + 1).round().astype(int).tolist()
    return list(itertools.pairwise(ends))


def _cut(clip: Clip, start: int, first: int, last: int) -> np.ndarray:
    """The crops of a clip, counted from frame ``start`` on."""
    return clip.cut(start + first, start + last)


def factor_for(shape: tuple[int, ...], size: tuple[int, int], least: int) -> int:
    """By which whole number frames of a ``shape`` are down-sampled for a crop of a ``size``.

    By at ``least`` so much; by more where frames are then still twice as large as the crop on both sides; and not at
    all where they would no longer hold it, such as clips already cut around the person. Choice: twice, so that a person
    who takes up half of the picture's height, the least that the rule ``person`` allows for, is seen as sharply as the
    crop can show.
    """
    factor = max(least, min(side // (2 * wanted) for side, wanted in zip(shape, size)))
    return factor if all(side // factor >= wanted for side, wanted in zip(shape, size)) else 1
