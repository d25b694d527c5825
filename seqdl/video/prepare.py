"""The way of one sequence from its frames to the network's input (Section 4.2)."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from seqdl.base.arrays import check, check_choice
from seqdl.config import BOXES, Config, crop_size
from seqdl.errors import SeqdlError
from seqdl.video.downsample import downsample
from seqdl.video.normalise import crops, normalise
from seqdl.video.person import Boxes, boxes

MAX_BYTES = 2**30
"""A sequence's down-sampled frames may take so much memory."""


class Clip(NamedTuple):
    """A prepared sequence.

    Parameters
    ----------
    frames, seen : array, (T, 54, 34) of float32, (T,) of bool
        The network's input, and whether anybody is seen.
    boxes : Boxes
        Where the person is, in pixels of the down-sampled frames.
    crops : array of float32, (T, 60, 40)
        The person-centred crops before normalisation, grey values in 0..1.
    factor : int
        The down-sampling that was done.
    """

    frames: np.ndarray
    seen: np.ndarray
    boxes: Boxes
    crops: np.ndarray
    factor: int


def prepare(frames: Iterable[np.ndarray], rule: str, config: Config, name: str = "the sequence") -> Clip:
    """Down-sample, find the person by a ``rule`` of :func:`~seqdl.video.person.boxes`, cut out, normalise.

    Grey ``frames`` of uint8, all of one size, are down-sampled one by one, so that a large video needs the memory of
    small frames only. Frames that would no longer hold the crop of a ``config`` after down-sampling (such as clips
    already cut around the person) are left as they are. A sequence that is shorter than a window or longer than
    ``video.max_frames`` is a SeqdlError, which says its ``name``; a frame of another type or shape is a ValueError.
    """
    check_choice(rule, "rule", BOXES)
    size = crop_size(config)
    small: list[np.ndarray] = []
    factor, shape = config.video.downsample, None
    for frame in frames:
        check(frame, f"frames[{len(small)}]", np.uint8, ("height", "width"))
        if shape is None:
            shape = frame.shape
            factor = factor if shape[0] // factor >= size[0] and shape[1] // factor >= size[1] else 1
        if frame.shape != shape:
            raise ValueError(f"frames[{len(small)}]: expected {shape} as the frames before, got {frame.shape}")
        small.append(downsample(frame, factor))
        if len(small) > config.video.max_frames:
            raise SeqdlError(f"{name} has more than {len(small) - 1} frames: raise video.max_frames, or cut it")
        if len(small) * small[0].size > MAX_BYTES:
            raise SeqdlError(f"{name} is too large to be held in memory: raise video.downsample, or cut it")
    if len(small) < config.convnet.frames:
        raise SeqdlError(f"{name} has {len(small)} frames, a window needs {config.convnet.frames}: leave it out")
    clip = np.stack(small)
    found = boxes(clip, rule, size)
    cut = crops(clip, found, size)
    return Clip(normalise(cut, config.lcn), found.seen, found, cut, factor)
