"""Frame folders: a folder of numbered pictures is a video."""

import io
import itertools
import os
import re
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av

from seqdl.base.words import some
from seqdl.errors import SeqdlError
from seqdl.video.container import DAMAGE, MAX_PIXELS, check_size, reason

PICTURES = ("jpg", "jpeg", "png", "bmp", "webp", "tif", "tiff")
_NUMBERED = re.compile(
    rf"(?P<prefix>.*?)(?P<number>[0-9]+)\.(?P<ending>{'|'.join(PICTURES)})", re.IGNORECASE | re.DOTALL
)


def numbered(folder: Path) -> dict[int, Path]:
    """The pictures directly in a folder that are the frames of one video, by their numbers, in order.

    They are named alike but for the number before the ending, padded with zeros or not (``img_00001.jpg``,
    ``frame-1.png``, ``000123.bmp``). Of several such families the largest counts, of equal ones the first by name, and
    of two pictures of one number the first by name; hidden files are none. There are none where there are fewer than
    two. No picture is opened. An OSError says that the folder cannot be read.
    """
    families: dict[tuple[str, str], dict[int, Path]] = {}
    with os.scandir(folder) as found:
        names = sorted(entry.name for entry in found if not entry.name.startswith("."))
    for name in names:
        match = _NUMBERED.fullmatch(name)
        if match and (path := Path(folder, name)).is_file():
            family = families.setdefault((match["prefix"], match["ending"].lower()), {})
            family.setdefault(int(match["number"]), path)
    largest = max(families.values(), key=len, default={})
    return dict(sorted(largest.items())) if len(largest) > 1 else {}


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
    turning = True

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
