"""How the person is found in a lone video, of which nobody has said how it was filmed."""

import itertools
from collections.abc import Iterable

import numpy as np

from seqdl.base.doors import Kind, Whole, door
from seqdl.config import GIVEN, Config, crop_size
from seqdl.errors import UsageError
from seqdl.video.given import Boxed


@door(width=Whole(1), height=Whole(1), config=Kind((Config,)))
def rule_for(width: int, height: int, config: Config) -> str:
    """The rule for the box of a lone video whose frames are of some ``width`` and ``height``, in pixels.

    ``video.box`` of ``config`` decides unless it is ``auto``; then it is ``track`` for KTH's 160 x 120, where only the
    horizontal centre has to be found; ``centre`` for frames at most a quarter larger than the crop, which somebody must
    have cut around the person already; else ``person``. ``given`` is a UsageError.
    """
    if config.video.box != "auto":
        return own(config)
    if (width, height) == (160, 120):
        return "track"
    rows, columns = crop_size(config)
    return "centre" if width <= 1.25 * columns and height <= 1.25 * rows else "person"


def ruled(frames: Iterable[np.ndarray], config: Config) -> tuple[Iterable[np.ndarray], str]:
    """The same ``frames``, and the rule for their box by ``config``: where that is ``auto`` by the first one's size."""
    if config.video.box != "auto":
        return frames, config.video.box if isinstance(frames, Boxed) else own(config)
    ahead = iter(frames)
    first = list(itertools.islice(ahead, 1))
    height, width = first[0].shape if first else (120, 160)
    return itertools.chain(first, ahead), rule_for(width, height, config)


def own(config: Config) -> str:
    """The rule that ``config`` names; a UsageError where it means boxes of a dataset, which a lone video does not have.

    A rule of ``auto`` stays as it is.
    """
    if config.video.box == GIVEN:
        raise UsageError(
            f"video.box = {GIVEN}: boxes come with datasets, and none with a lone video: say how the person is found, "
            "such as box=person"
        )
    return config.video.box
