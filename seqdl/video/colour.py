"""The frames of a video once more, in colour: the same ones in the same places, for people to look at."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from seqdl.video.reader import Reader

HIGH = 720
"""Rows from which on players take colours that nothing is said of as those of high definition (BT.709)."""
UNSAID, BT709, BT601 = 2, 1, 5
"""What libav calls how colours are stored."""


class Colours(Protocol):
    """Frames in colour that are looked at once, in order."""

    @property
    def rate(self) -> float:
        """Frames a second, about."""

    @property
    def expected(self) -> int | None:
        """About so many frames; None where nobody knows."""

    def timed(self) -> Iterator[tuple[np.ndarray, float]]:
        """Each frame, (height, width, 3) of uint8: red, green, blue; with its seconds."""


class ColourReader(Reader):
    """The frames of a video file, or of a folder of numbered pictures, in colour, at the rate they are stored at.

    They are those of :class:`~seqdl.video.reader.Reader`: as many, of the same stream, size and turn; but of three
    values each, (height, width, 3).

    Parameters
    ----------
    path : str or Path
        The video file or the folder.
    rate : float or "stored"
        That of the grey frames: a folder's pictures are taken as so many a second then.
    """

    def __init__(self, path: str | Path, rate: float | str = "stored") -> None:
        super().__init__(path, "limited", rate)  # "limited" ones are made upright in their own format

    @property
    def expected(self) -> int | None:
        """As many as the header promises."""
        return self._source.declared

    def _values(self, frame: Any, _: np.ndarray | None) -> np.ndarray:
        high = frame.colorspace == UNSAID and frame.height >= HIGH
        space = BT709 if high else frame.colorspace
        return np.ascontiguousarray(frame.reformat(format="rgb24", src_colorspace=space).to_ndarray())


class Held:
    """Frames that are in memory, grey or in colour, as :class:`Colours`.

    Parameters
    ----------
    frames : sequence of array of uint8
        Each (height, width) or (height, width, 3).
    rate : float
        Frames a second.
    """

    def __init__(self, frames: Sequence[np.ndarray], rate: float) -> None:
        self.frames, self.rate, self.expected = frames, rate, len(frames)

    def timed(self) -> Iterator[tuple[np.ndarray, float]]:
        """Each frame in colour with its seconds."""
        for k, frame in enumerate(self.frames):
            yield np.dstack([frame] * 3) if frame.ndim == 2 else frame, k / self.rate

    def __call__(self) -> AbstractContextManager[Colours]:
        """Itself, opened again."""
        return nullcontext(self)
