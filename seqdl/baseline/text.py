"""The text that STIP 2.0 writes: a line a point, with its descriptors.

Choice: its normalised coordinates are (y - 1) / height, (x - 1) / width and (t - 1) / (frames - 7), as the output shows
that there is to look at.
"""

from collections.abc import Iterator

import numpy as np

from seqdl.base.arrays import check_kind, check_whole
from seqdl.base.words import printable
from seqdl.baseline.scales import POINT
from seqdl.baseline.stip import HOF, HOG, Features
from seqdl.errors import SeqdlError

HEADER = "# point-type y-norm x-norm t-norm y x t sigma2 tau2 dscr-hog(72) dscr-hof(90)"
KIND = 5
"""What it calls these points."""
DELAY = 7
"""It divides times by the number of frames that leave its pipe, which are so many fewer than went in."""


def header(name: str) -> str:
    """The two lines at the top."""
    check_kind(name, "name", str)
    return f"{HEADER}\n# {printable(name)}\n"


def lines(found: Features, shape: tuple[int, int, int]) -> Iterator[str]:
    """A line, with its break, for each point ``found``; the response is not part of the format.

    ``*-norm`` are as STIP 2.0 makes them, (y - 1) / height and so on; ``shape`` is the video's frames, rows and
    columns.
    """
    check_kind(found, "found", Features)
    if not isinstance(shape, tuple) or len(shape) != 3:
        raise ValueError(f"shape: expected frames, rows and columns, got {shape!r}")
    for length, least in zip(shape, (DELAY + 1, 1, 1)):
        check_whole(length, "shape", least)
    frames, rows, columns = shape
    for point, hog, hof in zip(*found, strict=True):
        y, x, t = (int(point[key]) for key in ("y", "x", "t"))
        norms = (y - 1) / rows, (x - 1) / columns, (t - 1) / (frames - DELAY)
        numbers = [KIND, *norms, y, x, t, int(point["sigma2"]), int(point["tau2"]), *hog.tolist(), *hof.tolist()]
        yield " ".join(f"{number:.6g}" for number in numbers) + " \n"


def parse(text: str, name: str = "the text") -> Features:
    """Read such a text again, in its order; the responses are not known (NaN).

    A SeqdlError where a line is not of this format.
    """
    check_kind(text, "text", str)
    rows = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        try:
            row = [float(value) for value in line.split()]
        except ValueError as error:
            raise SeqdlError(f"{name}: line {number} is not of STIP 2.0's format: {error}") from error
        if len(row) != 9 + HOG + HOF:
            raise SeqdlError(f"{name}: line {number} has {len(row)} values, STIP 2.0's have {9 + HOG + HOF}")
        rows.append(row)
    table = np.array(rows, float).reshape(-1, 9 + HOG + HOF)
    points = np.empty(len(table), POINT)
    for column, key in enumerate(("y", "x", "t", "sigma2", "tau2"), 4):
        points[key] = table[:, column]
    points["response"] = np.nan
    values = table.astype(np.float32)
    return Features(points, values[:, 9 : 9 + HOG], values[:, 9 + HOG :])
