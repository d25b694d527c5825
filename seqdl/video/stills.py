"""The frames of a folder of numbered pictures, as :class:`seqdl.video.container.Container` has those of a file."""

import io
import itertools
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av

from seqdl.base.words import some
from seqdl.errors import SeqdlError
from seqdl.video.container import DAMAGE, MAX_PIXELS, check_size, reason
from seqdl.video.pictures import numbered


class Pictures:
    """The frames of a folder of numbered pictures, as :class:`seqdl.video.container.Container` has those of a file.

    Parameters
    ----------
    path, rate : Path, float
        The folder, which says no rate, and the rate of the time stamps: they go by number, so that a picture that is
        missing leaves a gap.
    """

    shape = Fraction(1)
    others = passed_over = 0
    turns = "all"
    cut = False

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
        numbers = list(self._files)
        self.lasts: float | None = (numbers[-1] - numbers[0] + 1) / rate
        missing = [str(n) for a, b in itertools.pairwise(numbers) for n in range(a + 1, min(b, a + 4))]
        count_missing = numbers[-1] - numbers[0] + 1 - len(numbers)
        self.notes = [f"pictures missing: {count_missing} ({some(missing)})"] if count_missing else []

    def close(self) -> None:
        """Nothing is open between two pictures."""

    def frames(self) -> Iterator[tuple[Any, float | None]]:
        """Decoded pictures with their time stamps in seconds; those that do not decode are named and counted."""
        first = next(iter(self._files))
        for number, file in self._files.items():
            try:
                with av.open(io.BytesIO(file.read_bytes()), "r", options={"max_pixels": str(MAX_PIXELS)}) as picture:
                    frame = next(picture.decode(video=0))
            except (*DAMAGE, StopIteration, IndexError) as error:
                self.broken += 1
                if self.broken == 1:
                    self.notes.append(f"{file.name} cannot be decoded: {reason(error)}")
                continue
            check_size(frame.width, frame.height, file)
            yield frame, (number - first) / self.rate
