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

SHOWN = ("walking", "boxing", "handwaving")
"""What the rendered figures do where no video is given; real people of the datasets are not ours to hand on."""
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
    """The first frames of a video, at the rate that the run sees; a SeqdlError says why it cannot be used."""
    with opened(file, config) as reader:
        frames = itertools.islice(reader, LONGEST)
        found = _found(file, frames, lambda: reader.rate, box or config.video.box, config, describer)
    return found._replace(name=Path(file).name)


def rendered(config: Config, describer: Windows) -> list[Footage]:
    """Clips of rendered figures, by the rule that finds them."""
    wanted = rate_of(config)
    dataset = at_rate(registry.records()["actors"].load("small"), wanted)
    rate = USUAL_RATE if isinstance(wanted, str) else float(wanted)
    found = []
    for action in SHOWN:
        sequence = next(one for one in dataset.sequences if one.label == action and one.person == "person10")
        assert dataset.render is not None
        frames = dataset.render(sequence)
        found.append(
            _found(f"{action}, rendered", frames, lambda: rate, registry.records()["actors"].box, config, describer)
        )
    return found


def cut(footage: Footage, length: int, frames: int) -> Footage:
    """The first frames of a clip, ``length`` of them, and what windows of ``frames`` there are in them."""
    starts = footage.starts[footage.starts + frames <= length]
    return footage._replace(small=footage.small[:length], boxes=footage.boxes[:length], starts=starts)


def _found(name: str, frames: Iterable[np.ndarray], rate: Any, box: str, config: Config, describer: Windows) -> Footage:
    clip = find(frames, box, config, name)
    boxes = np.stack([np.asarray(side, np.float64) for side in clip.boxes[:4]], axis=1)
    return Footage(name, rate(), np.asarray(clip.small.array()), boxes, describer.starts(clip.seen))
