"""Laptev's space-time interest points with their HOG and HOF descriptors: the engineered features of Table 1.

A video is gone through in parts that overlap, so that one of any length needs the memory of a part; where the parts
lie changes nothing in the result.
"""

from collections.abc import Iterable, Iterator
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np

from seqdl.base.arrays import check, check_exact, check_finite, check_flag
from seqdl.baseline.scales import (
    HALO,
    POINT,
    SHORTEST,
    SIGMA2,
    SMALLEST,
    TAU2,
    Scale,
    blocks,
    check_points,
    pyramid,
    scales,
    time_border,
)
from seqdl.errors import SeqdlError, UsageError

HOG, HOF = 72, 90
"""Values of the two descriptors: 3 x 3 x 2 blocks of 4 and of 5 bins."""
MIRRORED, FLIPPED = [0, 2, 1, 4, 3], [0, 4, 3, 2, 1]
"""Where the bins of HOF come from in a copy: 0 stays, the diagonals of the flow change places."""
MAX_PIXELS = 1280 * 720
"""Larger frames are refused: a part of the video would need gigabytes."""
MEMORY = 2**29
"""What the values in work at once may take, as a rule, in bytes."""
AT_WORK = 56
"""Bytes in work for each pixel of a part."""


class Features(NamedTuple):
    """Points and their descriptors.

    Parameters
    ----------
    points : array of POINT, (n,)
        In the order of time.
    hog, hof : array of float32, (n, 72) and (n, 90)
        Histograms of oriented gradients and of optical flow.
    """

    points: np.ndarray
    hog: np.ndarray
    hof: np.ndarray


class Part:
    """Some frames of a video, with the frames around them that their points depend on.

    Parameters
    ----------
    frames, offset : array of uint8, (T, Y, X), and int
        All of them; the first one's number in the video.
    start, stop, last : int, int, bool
        The frames this part is about, numbered in the video; whether the video ends with it.
    form : module
        :mod:`seqdl.baseline.equations` or :mod:`seqdl.baseline.compiled`.
    """

    def __init__(self, frames: np.ndarray, offset: int, start: int, stop: int, last: bool, form: ModuleType) -> None:
        self.levels = pyramid(frames)
        self.offset, self.start, self.stop, self.last, self.form = offset, start, stop, last, form

    def scales(self) -> list[Scale]:
        """The scales that fit into the frames."""
        return [scale for scale in scales() if scale.level < len(self.levels)]

    def detect(self) -> np.ndarray:
        """The points of this part, in the order of time, then of scale, then of place."""
        return self._found(hog=False)[0]

    def features(self) -> Features:
        """The points of this part, in the same order, with their descriptors; what both need is made once."""
        points, hog = self._found(hog=True)
        return Features(points, hog, self.hof(points))

    def _found(self, hog: bool) -> tuple[np.ndarray, np.ndarray]:
        """The points, and their histograms of gradients if these are asked for."""
        found, described = [np.empty(0, POINT)], [np.empty((0, HOG), np.float32)]
        for scale, smoothed in self._smoothed():
            points = self._of_scale(scale, smoothed)
            found.append(points)
            if hog and len(points):
                where = blocks(scale.sigma2, scale.tau2)
                described.append(self.form.hog(smoothed, self._places(scale, points), where))
        points = np.concatenate(found)
        order = np.argsort(points["t"], kind="stable")
        return points[order], np.concatenate(described)[order] if hog else described[0]

    def _smoothed(self) -> Iterator[tuple[Scale, Any]]:
        """Each scale with its L, which is forgotten afterwards."""
        for level, frames in enumerate(self.levels):
            for sigma2 in SIGMA2:
                for tau2, smoothed in zip(TAU2, self.form.smooth(frames, sigma2, TAU2), strict=True):
                    yield Scale(level, sigma2, tau2), smoothed

    def _of_scale(self, scale: Scale, smoothed: Any) -> np.ndarray:
        border, count = time_border(scale.tau2), len(self.levels[0])
        first = max(self.start, border) - self.offset
        stop = min(self.stop - self.offset, count - border if self.last else count)
        if stop <= first:
            return np.empty(0, POINT)
        # the neighbours of a maximum are looked at too
        response = self.form.response(smoothed, scale.sigma2, scale.tau2, first - 1, stop + 1)
        places, heights = self.form.maxima(response)
        points = np.empty(len(places), POINT)
        points["t"] = places[:, 0] + (first - 1 + self.offset)
        points["y"], points["x"] = places[:, 1] << scale.level, places[:, 2] << scale.level
        points["sigma2"], points["tau2"] = scale.name
        points["response"] = heights
        return points

    def _places(self, scale: Scale, points: np.ndarray) -> np.ndarray:
        """t, y, x (n, 3) of points in the frames of a scale's level."""
        return np.stack([points["t"] - self.offset, points["y"] >> scale.level, points["x"] >> scale.level], axis=1)

    def hog(self, points: np.ndarray) -> np.ndarray:
        """Histograms of oriented gradients around points of this part, with t in ``start`` .. ``stop - 1``."""
        hog = np.zeros((len(points), HOG), np.float32)
        for scale, smoothed in self._smoothed():
            chosen, places = self._at(scale, points)
            if len(chosen):
                hog[chosen] = self.form.hog(smoothed, places, blocks(scale.sigma2, scale.tau2))
        return hog

    def hof(self, points: np.ndarray) -> np.ndarray:
        """Histograms of optical flow around points of this part, with t in ``start`` .. ``stop - 1``."""
        hof = np.zeros((len(points), HOF), np.float32)
        for level, frames in enumerate(self.levels):
            chosen, asked = [], []
            for scale in (scale for scale in self.scales() if scale.level == level):
                some, places = self._at(scale, points)
                where = blocks(scale.sigma2, scale.tau2)
                # The flow from a frame to the next counts as the next one's.
                asked.append((places + np.array([where.lag - 1, 0, 0]), where))
                chosen.append(some)
            if any(len(some) for some in chosen):
                for some, described in zip(chosen, self.form.hof(frames, asked), strict=True):
                    hof[some] = described
        return hof

    def _at(self, scale: Scale, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Which points are of a scale, and their places."""
        chosen = np.flatnonzero((points["sigma2"] == scale.name[0]) & (points["tau2"] == scale.name[1]))
        return chosen, self._places(scale, points[chosen])


def parts(frames: Iterable[np.ndarray], backend: str = "numba", name: str = "the video") -> Iterator[Part]:
    """A video of grey ``frames`` (Y, X), 0..255, all of one size, part by part.

    ``backend`` is "numba", or "numpy" for the equations as they are written; ``name`` is the video's, for messages. A
    SeqdlError for a video that is too short, or whose frames are too small or too large.
    """
    held: list[np.ndarray] = []
    form, offset, start, length = _form(backend), 0, 0, 0
    for number, frame in enumerate(_each(frames, name)):
        check(frame, f"{name}, frame {number}", np.uint8, ("rows", "columns"))
        if not held:
            length = _length(frame, name)
        elif frame.shape != held[-1].shape:
            raise ValueError(f"{name}, frame {number}: expected {held[-1].shape} as before, got {frame.shape}")
        held.append(frame)
        if offset + len(held) == start + length + HALO:
            yield Part(np.stack(held), offset, start, start + length, False, form)
            start += length
            del held[: max(0, start - HALO - offset)]
            offset = max(offset, start - HALO)
    count = offset + len(held)
    if count < SHORTEST:
        raise SeqdlError(f"{name} has {count} frames, the temporal scales need {SHORTEST}: leave it out")
    yield Part(np.stack(held), offset, start, count, True, form)


def _form(backend: str) -> ModuleType:
    if backend == "numpy":
        from seqdl.baseline import equations

        return equations
    if backend != "numba":
        raise UsageError(f"backend {backend}: choose numba or numpy")
    from seqdl.baseline import compiled

    return compiled


def _each(frames: Any, name: str) -> Iterable[np.ndarray]:
    if not isinstance(frames, Iterable) or isinstance(frames, str | bytes):
        raise ValueError(f"{name}: expected frames, arrays of uint8, got {type(frames).__name__}")
    return frames


def _length(frame: np.ndarray, name: str) -> int:
    """How many frames a part is about."""
    rows, columns = frame.shape
    if min(rows, columns) < SMALLEST:
        raise SeqdlError(
            f"{name} has frames of {columns} x {rows}, the smallest patch needs {SMALLEST} x {SMALLEST}: leave it out"
        )
    if rows * columns > MAX_PIXELS:
        raise SeqdlError(f"{name} has frames of {columns} x {rows}: scale it down to 1280 x 720 or less")
    return min(max(MEMORY // (AT_WORK * rows * columns) - 2 * HALO, HALO), 128)


def features(frames: Iterable[np.ndarray], backend: str = "numba", name: str = "the video") -> Iterator[Features]:
    """Points and descriptors of a video of any length, part by part, some of them empty, in the order of time.

    ``frames``, such as a :class:`seqdl.video.reader.Reader`, ``backend``, ``name`` and errors are as for :func:`parts`.
    """
    for part in parts(frames, backend, name):
        yield part.features()


def detect(video: Iterable[np.ndarray], backend: str = "numba") -> np.ndarray:
    """Space-time interest points of a video, in the order of time.

    Choice: also near the ends of a video, as far as the windows fit in; STIP 2.0 is silent in the last 20 to 24 frames.

    ``video``, an array (T, Y, X) or frames one by one, ``backend`` and errors are as for :func:`parts`.
    """
    return np.concatenate([part.detect() for part in parts(video, backend)])


def describe(video: Iterable[np.ndarray], points: np.ndarray, backend: str = "numba") -> tuple[np.ndarray, np.ndarray]:
    """The descriptors of points in 3 x 3 x 2 blocks: histograms of oriented gradients and of optical flow.

    HOG (n, 72) and HOF (n, 90); blocks in columns are the slowest, then in rows, then in time, then the 4 or 5 bins,
    which add up to 1; the first of HOF is "no motion". ``points`` are from :func:`detect`, or any others of the same
    scales; ``video``, ``backend`` and errors are as there, and a UsageError is for points that lie outside of the
    video, or have a scale that there is not.
    """
    check_points(points)
    hog, hof = np.zeros((len(points), HOG), np.float32), np.zeros((len(points), HOF), np.float32)
    done = np.zeros(len(points), bool)
    for part in parts(video, backend):
        rows, columns = part.levels[0].shape[1:]
        known = [np.array(scale.name) for scale in part.scales()]
        chosen = (points["t"] >= part.start) & (points["t"] < part.stop)
        chosen &= (points["y"] >= 0) & (points["y"] < rows) & (points["x"] >= 0) & (points["x"] < columns)
        chosen &= np.any([(points["sigma2"] == s) & (points["tau2"] == t) for s, t in known], axis=0)
        hog[chosen], hof[chosen] = part.hog(points[chosen]), part.hof(points[chosen])
        done |= chosen
    if not done.all():
        lost = points[~done][0]
        place = ", ".join(f"{key} {lost[key]}" for key in ("t", "y", "x", "sigma2", "tau2"))
        raise UsageError(f"points outside of the video or its scales: {int((~done).sum())}, the first is {place}")
    return hog, hof


def turned(points: np.ndarray, hof: np.ndarray, mirror: bool = False, flip: bool = False) -> np.ndarray:
    """HOF as of the mirrored or the flipped video: blocks and directions change places, and so do points of one frame.

    Choice: a mirrored video that is gone through itself gives nearly the same. The pyramid, the flow's cells and the
    blocks of the larger scale begin a pixel of their level further left than right; going through it once more would
    take twice the time.

    ``points`` are in the order of time, those of one frame in that of scale, row and column, and ``hof`` (n, 90) are
    their descriptors; the result is in the same order, by the rows and columns of the copy. ``mirror`` swaps left and
    right, ``flip`` top and bottom.
    """
    check_points(points)
    check_exact(hof, "hof", np.float32, (len(points), HOF))
    check_finite(hof, "hof")
    check_flag(mirror, "mirror")
    check_flag(flip, "flip")
    blocks = hof.reshape(len(hof), 3, 3, 2, 5)
    if mirror:
        blocks = blocks[:, ::-1, :, :, MIRRORED]
    if flip:
        blocks = blocks[:, :, ::-1, :, FLIPPED]
    column, row = -points["x"] if mirror else points["x"], -points["y"] if flip else points["y"]
    order = np.lexsort((column, row, points["tau2"], points["sigma2"], points["t"]))
    return blocks.reshape(hof.shape)[order]
