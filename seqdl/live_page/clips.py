"""The clips that a page brings along: frames as the networks' box is cut out of them, with that box."""

from __future__ import annotations

import base64
import itertools
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from seqdl.config import Config
from seqdl.datasets import registry
from seqdl.model.describers.windows import Windows
from seqdl.stores.footage import at_rate, opened, rate_of
from seqdl.video.clock import USUAL_RATE
from seqdl.video.prepare import find
from seqdl.video.rule import own

SHOWN = ("walking", "boxing", "handwaving")
"""What the rendered figures do where no video is given; real people of the datasets are not ours to hand on."""
PERSON = "person10"
LONGEST = 250
"""At most so many frames of a clip: ten seconds."""


class Footage(NamedTuple):
    """What a clip of the page is made of.

    Parameters
    ----------
    name : str
        What it is called.
    rate : float
        Frames a second.
    small : array, (T, height, width) of uint8
        The down-sampled frames.
    boxes : array, (T, 4)
        Top, left, height and width of the box, in pixels of these.
    starts : array of int, (windows,)
        The first frames of the windows that count.
    """

    name: str
    rate: float
    small: np.ndarray
    boxes: np.ndarray
    starts: np.ndarray

    @property
    def least(self) -> int:
        """So many frames must be left of it."""
        return int(self.starts[0]) + len(self.small) - int(self.starts[-1])

    def packed(self) -> dict[str, Any]:
        """Ready for JSON: frames as differences from the one before, deflated, in base64."""
        changes = np.diff(self.small, axis=0, prepend=np.zeros_like(self.small[:1]))
        deflater = zlib.compressobj(9, wbits=-15)
        data = deflater.compress(np.ascontiguousarray(changes).tobytes()) + deflater.flush()
        return {
            "name": self.name,
            "rate": round(self.rate, 3),
            "shape": self.small.shape,
            "boxes": self.boxes.tolist(),
            "starts": self.starts.tolist(),
            "frames": base64.b64encode(data).decode(),
        }


def of_video(file: str, box: str, config: Config, describer: Windows) -> Footage:
    """The first frames of a video ``file``, at the rate that a run of ``config`` sees.

    The ``box`` is found by this rule, empty for the run's own; ``describer`` says which windows count. A SeqdlError
    says why a video cannot be used.
    """
    with opened(file, config) as reader:
        frames = itertools.islice(reader, LONGEST)
        found = _found(file, frames, box or own(config), config, describer)
        return found._replace(name=Path(file).name, rate=reader.rate)


def rendered(config: Config, describer: Windows) -> list[Footage]:
    """Clips of rendered figures, in the box that their dataset has."""
    record, wanted = registry.records()["actors"], rate_of(config)
    dataset = at_rate(record.load("small"), wanted)
    made = []
    for action in SHOWN:
        sequence = next(one for one in dataset.sequences if one.label == action and one.person == PERSON)
        assert dataset.render is not None
        made.append(_found(f"{action}, rendered", dataset.render(sequence), record.box, config, describer))
    return [one._replace(rate=dataset.rate) for one in made]


def cut(footage: Footage, length: int, frames: int) -> Footage:
    """The first frames of a clip, ``length`` of them, and what windows of ``frames`` there are in them."""
    starts = footage.starts[footage.starts + frames <= length]
    return footage._replace(small=footage.small[:length], boxes=footage.boxes[:length], starts=starts)


def _found(name: str, frames: Iterable[np.ndarray], box: str, config: Config, describer: Windows) -> Footage:
    clip = find(frames, box, config, name)
    boxes = np.stack([np.asarray(side, np.float64) for side in clip.boxes[:4]], axis=1)
    return Footage(name, USUAL_RATE, clip.small.array(), boxes, describer.starts(clip.seen))
