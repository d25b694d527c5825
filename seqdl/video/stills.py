"""The frames of a folder of numbered pictures, as :class:`seqdl.video.container.Container` has those of a file."""

import io
import itertools
from collections.abc import Generator
from fractions import Fraction
from pathlib import Path
from statistics import median
from typing import Any

import av

from seqdl.errors import SeqdlError
from seqdl.video.container import DAMAGE, MAX_PIXELS, cause, check_size
from seqdl.video.pictures import numbered


class Pictures:
    """The frames of a folder of numbered pictures, as :class:`seqdl.video.container.Container` has those of a file.

    Parameters
    ----------
    path, rate : Path, float
        The folder, which says no rate, and the rate that is assumed. Time stamps go by number, in the steps that most
        of the pictures keep (every fifth, or nanoseconds), so that a picture that is missing leaves a gap.
    """

    shape = Fraction(1)
    others = passed_over = marked = 0
    turns = "all"
    cut = stated = False
    complaint = ""

    def __init__(self, path: Path, rate: float) -> None:
        self.path, self.rate, self.broken = path, rate, 0
        try:
            self._files = numbered(path)
        except OSError as error:
            raise SeqdlError(f"{path}: cannot look into the folder: {error.strerror or error}") from error
        if not self._files:
            raise SeqdlError(
                f"{path}: is a folder, not a video file, and holds no numbered pictures such as img_00001.jpg"
            )
        self.declared: int | None = len(self._files)
        self.lasts: float | None = len(self._files) / rate
        self.notes = [f"a folder says no rate: its pictures are taken as {rate:g} a second"]
        pairs = list(itertools.pairwise(self._files))
        step = median(after - before for before, after in pairs)
        steps = [max(1, round((after - before) / step)) for before, after in pairs]
        self._places = list(itertools.accumulate(steps, initial=0))
        if missing := sum(steps) - len(steps):
            gaps = [(before, n) for (before, _), ahead in zip(pairs, steps) for n in range(1, min(ahead, 4))]
            first = ", ".join(str(round(before + n * step)) for before, n in gaps[:3])
            self.notes.append(f"pictures missing: {missing} ({first}{', ...' if missing > 3 else ''})")

    def close(self) -> None:
        """Nothing is open between two pictures."""

    def frames(self) -> Generator[tuple[Any, float | None], None, None]:
        """Decoded pictures with their time stamps in seconds; those that do not decode are named and counted."""
        for place, file in zip(self._places, self._files.values(), strict=True):
            try:
                with av.open(io.BytesIO(file.read_bytes()), "r", options={"max_pixels": str(MAX_PIXELS)}) as picture:
                    frame = next(picture.decode(video=0))
            except (*DAMAGE, StopIteration, IndexError) as error:
                self.broken += 1
                if self.broken == 1:
                    self.notes.append(f"{file.name} cannot be decoded: {cause(error)}")
                continue
            check_size(frame.width, frame.height, file)
            yield frame, place / self.rate
