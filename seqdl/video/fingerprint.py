"""What moves in a video, in few numbers: the same video is known again after it was scaled, re-encoded or brightened.

Clips of one scene differ by what moves in it alone, so that is all that is looked at, at the same eight moments between
beginning and end: how the picture changes there, and the outlines of what the scene's usual look does not have.
"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from scipy import ndimage, sparse

from seqdl.video.downsample import downsample
from seqdl.video.resample import taps

SIDE, MOMENTS = 32, 8
"""Rows and columns that a picture is reduced to, and how many moments are looked at."""
LAG = 0.08
"""Seconds before and after a moment between which the picture changes."""
MOST = 512
"""About so many small pictures are held of a video of any length."""
ALIKE = 0.75
"""Correlation above which two videos are the same one. Choice: of 62,000 pairs of Weizmann, IXMAS and UT-Interaction
with different persons the most alike reach 0.67; what was re-encoded has 0.85 and more, with every second frame 0.75.
What lacks a few of its frames is often not known again."""
LENGTHS = 1.1
"""How many times as long as the other the longer one of two videos may be."""
BLOCK = 256


class Fingerprint:
    """The fingerprint of a video, taken while it is read."""

    def __init__(self) -> None:
        self._small: list[np.ndarray] = []
        self._times: list[float] = []
        self._every, self._count = 1, 0
        self._matrices: tuple[Any, Any] | None = None

    def add(self, frame: np.ndarray, seconds: float) -> None:
        """Take the next grey ``frame``, (height, width) of uint8 and of one size, with its ``seconds``."""
        if self._count % self._every == 0:
            self._small.append(self._reduced(frame))
            self._times.append(seconds)
            if len(self._small) == MOST:
                self._small, self._times, self._every = self._small[::2], self._times[::2], 2 * self._every
        self._count += 1

    def values(self) -> np.ndarray:
        """The fingerprint of all frames up to now, (2, ``MOMENTS``, ``SIDE``, ``SIDE``) of int8; zeros of a still."""
        small, times = np.array(self._small), np.array(self._times)
        moments = (np.arange(MOMENTS) + 0.5) / MOMENTS * times[-1]
        outlines = _at(small, times, moments) - np.median(small, axis=0)
        outlines -= ndimage.uniform_filter(outlines, (0, 3, 3), mode="nearest")
        change = _at(small, times, moments + LAG) - _at(small, times, moments - LAG)
        return np.stack([_whole_numbers(change), _whole_numbers(outlines)])

    def _reduced(self, frame: np.ndarray) -> np.ndarray:
        frame = downsample(frame, max(1, min(frame.shape) // (2 * SIDE)))
        if self._matrices is None:
            # Sparse ones: what BLAS does in several threads waits for other work on the processor.
            self._matrices = _matrix(frame.shape[0]), _matrix(frame.shape[1])
        down, across = self._matrices
        return (across @ (down @ frame.astype(np.float32)).T).T


def _matrix(side: int) -> Any:
    """What makes ``SIDE`` numbers of so many."""
    _, places, weights = taps(0, side, SIDE, side)
    rows = np.arange(SIDE).repeat(places.shape[2])
    return sparse.csr_array((weights.ravel(), (rows, places.ravel())), (SIDE, side))


def _at(small: np.ndarray, times: np.ndarray, moments: np.ndarray) -> np.ndarray:
    """The pictures at some moments, each from the two frames around it."""
    if len(times) == 1:
        return np.repeat(small, len(moments), axis=0)
    after = np.searchsorted(times, moments).clip(1, len(times) - 1)
    share = ((moments - times[after - 1]) / (times[after] - times[after - 1])).clip(0, 1)
    share = share.astype(np.float32)[:, None, None]
    return (1 - share) * small[after - 1] + share * small[after]


def _whole_numbers(values: np.ndarray) -> np.ndarray:
    largest = np.abs(values).max()
    return (values * (127 / largest if largest > 1e-3 else 0)).round().astype(np.int8)


class Pair(NamedTuple):
    """Two videos that are one.

    Parameters
    ----------
    one, other : int
        Their numbers.
    alike, mirrored : float, bool
        The correlation, up to 1, and whether one is the other's mirror image.
    """

    one: int
    other: int
    alike: float
    mirrored: bool


def same(fingerprints: Sequence[np.ndarray], seconds: Sequence[float]) -> Iterator[Pair]:
    """The pairs of videos that are the same one, by their ``fingerprints``, and about equally long, in ``seconds``."""
    lengths = np.array(seconds)
    order = np.argsort(lengths, kind="stable")
    ends = np.searchsorted(lengths[order], lengths[order] * LENGTHS, "right")
    for first in range(0, len(order), BLOCK):
        last = min(first + BLOCK, len(order))
        here = _unit(np.array([fingerprints[k] for k in order[first:last]]))
        for start in range(first, int(ends[last - 1]), BLOCK):
            stop = min(start + BLOCK, int(ends[last - 1]))
            there = np.array([fingerprints[k] for k in order[start:stop]])
            plain, mirrored = here @ _unit(there).T, here @ _unit(there[..., ::-1]).T
            best = np.maximum(plain, mirrored)
            rows, columns = np.arange(first, last)[:, None], np.arange(start, stop)
            found = (best >= ALIKE) & (rows < columns) & (columns < ends[first:last, None])
            for row, column in np.argwhere(found).tolist():
                one, other = sorted((int(order[first + row]), int(order[start + column])))
                alike, turned = float(best[row, column]), bool(mirrored[row, column] > plain[row, column])
                yield Pair(one, other, round(min(alike, 1.0), 3), turned)


def _unit(fingerprints: np.ndarray) -> np.ndarray:
    """Both halves of each as one vector whose product with another is the mean of their correlations."""
    halves = fingerprints.reshape(len(fingerprints), 2, -1).astype(np.float32)
    halves /= np.maximum(np.linalg.norm(halves, axis=2, keepdims=True), 1) * np.float32(np.sqrt(2))
    return halves.reshape(len(fingerprints), -1)
