"""How much each pixel of a sequence speaks for a person, block by block, whatever the length."""

from types import ModuleType

import numpy as np

from seqdl.base import cache
from seqdl.base.rows import spans
from seqdl.errors import SeqdlError

LAG = 2
"""Frames between which motion is measured."""
BLOCK = 1024
"""So many frames are looked at together."""
HALVES = 2**16
"""Values of half the bits of a float32."""


WORTH = 20_000
"""Choice: frames that a process looks at before the functions are compiled, if no process has done so yet.

To compile takes 4 seconds, and gives the same bits; what it saves are 0.03 ms a frame.
"""


class Forms:
    """Which form of :mod:`seqdl.video.signs` works: NumPy's, and the compiled one once it is there or is worth it."""

    def __init__(self) -> None:
        self.seen = 0

    def __call__(self, frames: int = 0) -> ModuleType:
        """The functions that look at so many more frames."""
        from seqdl.kernels.vector.native import compiling

        self.seen += frames
        if compiling() and (self.seen > WORTH or _there()):
            from seqdl.video import signs_compiled

            self.soon()

            return signs_compiled
        from seqdl.video import signs

        return signs

    def soon(self) -> None:
        """Use the compiled one from now on: nobody waits for it later."""
        self.seen = WORTH + 1


form = Forms()


def _there() -> bool:
    """Whether the last of the functions that a sequence needs was compiled before and is kept."""
    try:
        return any(cache.compiled_folder().glob("kernels.layers.signs.leave_near-*.code"))
    except (OSError, SeqdlError):  # nowhere to keep anything
        return False


class Evidence:
    """How much each pixel of grey ``frames`` (T, Y, X) speaks for a person, in multiples of the noise.

    Everything is found block by block, whatever the length; blocks change nothing in the result.

    Parameters
    ----------
    frames : array of uint8, (T, Y, X)
        On the grid of the search.
    plain : bool
        Whether the background is plain.
    signs : module
        The functions that compute it: :func:`form`.
    """

    def __init__(self, frames: np.ndarray, plain: bool, signs: ModuleType) -> None:
        self.frames, self.plain, self.signs, self.lag = frames, plain, signs, min(LAG, len(frames) - 1)
        self._made: tuple[tuple[int, int], np.ndarray] | None = None
        self._found: tuple[tuple[int, int], tuple[np.ndarray, np.ndarray]] | None = None
        self.noise = max(1.4826 * self._median_step(), 1.0)
        count, every = len(frames), max(1, len(frames) // 100)
        some = self._around(0, count)[1][::every] if count <= BLOCK else self.signs.levelled(frames[::every])
        self.usual = self.signs.over_time(some)

    def __call__(self, first: int, last: int) -> tuple[np.ndarray, np.ndarray]:
        """Two arrays of float32 for the frames from ``first`` to before ``last``, (T', Y, X).

        The first is by motion, and by difference from the scene's usual look; the second by difference from the rest of
        the row, where the background is not ``plain`` only of what touches motion. The last two are kept: most
        sequences are one block.
        """
        if self._found is None or self._found[0] != (first, last):
            self._found = (first, last), self._find(first, last)
        return self._found[1]

    def _find(self, first: int, last: int) -> tuple[np.ndarray, np.ndarray]:
        start, f = self._around(first, last)
        t = np.arange(first, last)
        places = np.clip([t - self.lag, t], 0, len(self.frames) - self.lag - 1) - start
        return self.signs.weigh(f, first - start, places, self.lag, self.usual, self.noise, self.plain)

    def _around(self, first: int, last: int) -> tuple[int, np.ndarray]:
        """The first of the frames that a block's motion looks at, and these levelled."""
        start, stop = max(0, first - self.lag), min(len(self.frames), last + self.lag)
        if self._made is None or self._made[0] != (start, stop):
            self._made = (start, stop), self.signs.levelled(self.frames[start:stop])
        return start, self._made[1]

    def _median_step(self) -> float:
        """The median of all differences between frames: exactly, from the counts of their upper and lower bits."""
        total = (len(self.frames) - self.lag) * self.frames[0].size
        wanted = [(total - 1) // 2, total // 2]
        upper = self._counted(None)
        after = np.cumsum(upper)
        bins = np.searchsorted(after, wanted, side="right")
        lower = {one: self._counted(one) for one in set(bins.tolist())}
        found = []
        for rank, one in zip(wanted, bins.tolist()):
            below = int(after[one - 1]) if one else 0
            found.append(one << 16 | int(np.searchsorted(np.cumsum(lower[one]), rank - below, side="right")))
        values = np.array(found, np.uint32).view(np.float32)
        return float(values[0] if total % 2 else (values[0] + values[1]) / 2)

    def _counted(self, upper: int | None) -> np.ndarray:
        """How often each half of the bits occurs in all differences; see ``signs.count_steps``."""
        counts, count = np.zeros(HALVES, np.int64), len(self.frames) - self.lag
        for first, last in spans(count, BLOCK):
            start, f = self._around(first, min(first + BLOCK, len(self.frames)))
            self.signs.count_steps(f[first - start :], self.lag, last - first, upper, counts)
        return counts
