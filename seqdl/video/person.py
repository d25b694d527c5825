"""Where the person is: a box for each frame, and whether anybody is there at all.

The paper takes "the person-centred bounding box as in" Jhuang et al., ICCV 2007, who used the mask of a
Gaussian-mixture background. Choice: that needs a camera that stands still, which KTH's second scenario does not, so
three cheap signs of a person are added up here: what moves (differences between frames), what differs from the scene's
usual look (the median over time) and what differs from the rest of its row; the last counts everywhere on a plain
background, elsewhere only where it touches something that moves. The horizontal centre is then followed through the
whole sequence at once, by dynamic programming over columns.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from scipy import ndimage

from seqdl.base.arrays import check, check_choice
from seqdl.base.rows import Rows, spans
from seqdl.config import BOXES
from seqdl.video.downsample import downsample

GRID = (30, 40)
"""About so many rows and columns the search works on: fine enough for a box, and four times faster than 60 x 80."""
LAG = 2
"""Frames between which motion is measured."""
CAP = 3.0
"""The most that one sign in one pixel counts: a bright spot is no crowd."""
SPEED = 0.032
"""Price of moving by one column of the grid in a frame, squared; a clear person is worth about 1 a frame."""
REACH = 0.15
"""Half a person's width with arms, as a share of the picture's height times 4/3."""
GROUND = 5 / 6
"""What moves below this share of the height alone is a shadow that runs ahead of a person, or feet."""
FLAT = 1 / 4
"""What spans less than this share of the rows that a whole person spans is a shadow too, wherever it lies."""
SMOOTH = 3.0
"""Standard deviation, in frames, of the smoothing of the track."""
TALL = 1.3
"""Height of the person's box, as a multiple of what was found in the median frame: arms may be raised. Other frames may
hold a dark window that the person walks past, and no person."""
LEAST = 0.55
"""The least height of the person's box, as a share of the picture: of somebody in clothes of the wall's colour only a
part is found."""
ABOVE, BELOW = 0.15, 0.05
"""Shares of the person's box above the head and below the feet."""

BLOCK = 1024
"""So many frames are looked at together."""

Frames = np.ndarray | Rows


class Track(NamedTuple):
    """A person followed through a sequence, in pixels of the frames.

    Parameters
    ----------
    x, left, right, top, bottom : array, (T,)
        Horizontal centre, and extent of what was found around it.
    seen : array of bool, (T,)
        Whether anybody is there.
    """

    x: np.ndarray
    left: np.ndarray
    right: np.ndarray
    top: np.ndarray
    bottom: np.ndarray
    seen: np.ndarray


class Boxes(NamedTuple):
    """A box for each frame, in pixels of the frames; it may reach outside.

    Parameters
    ----------
    top, left, height, width : array, (T,)
        Where it is.
    seen : array of bool, (T,)
        Whether anybody is in it.
    """

    top: np.ndarray
    left: np.ndarray
    height: np.ndarray
    width: np.ndarray
    seen: np.ndarray


def boxes(frames: Frames, rule: str, size: tuple[int, int]) -> Boxes:
    """The person-centred boxes of grey ``frames`` (T, Y, X), uint8, an array or rows; a ValueError for others.

    The ``rule`` ``track`` takes the full height and follows the horizontal centre alone, the box stays inside the
    frame; ``person`` takes a box of constant size around the person's usual extent, at least 0.55 of the frame's
    height; ``centre`` the largest centred box; ``whole`` the frame itself, for clips cut around several people. The box
    has the proportion of the crop, whose rows and columns are its ``size``, unless ``track`` finds the frame narrower
    than that or ``whole`` takes the frame as it is.
    """
    _check(frames)
    check_choice(rule, "rule", BOXES)
    count, rows, columns = frames.shape
    proportion = size[1] / size[0]
    if rule == "whole":
        edge, seen = np.zeros(count), np.ones(count, bool)
        return Boxes(edge, edge, np.full(count, float(rows)), np.full(count, float(columns)), seen)
    if rule == "centre":
        height = min(rows, columns / proportion)
        return _around(np.full(count, columns / 2.0), rows / 2, height, proportion, np.ones(count, bool))
    track = locate(frames, plain=rule == "track")
    if rule == "track":
        width = min(rows * proportion, columns)
        left = np.clip(np.round(track.x - width / 2), 0, columns - width)
        return Boxes(np.zeros(count), left, np.full(count, float(rows)), np.full(count, width), track.seen)
    usable = track.seen if track.seen.any() else np.ones(count, bool)
    tall = TALL * np.median((track.bottom - track.top)[usable])
    wide = np.median((track.right - track.left)[usable])
    height = float(np.clip(max(tall, wide / proportion), LEAST * rows, 1.1 * rows))
    head, feet = np.median(track.top[usable]), np.median(track.bottom[usable])
    top = max(head - ABOVE * height, feet + BELOW * height - height)
    middle = top + height / 2
    middle = float(np.clip(middle, height / 2, rows - height / 2)) if height < rows else rows / 2
    return _around(track.x, middle, height, proportion, track.seen)


def _check(frames: Frames) -> None:
    if not isinstance(frames, Rows):
        check(frames, "frames", np.uint8, ("T", "Y", "X"))


def _around(x: np.ndarray, y: float, height: float, proportion: float, seen: np.ndarray) -> Boxes:
    tall = np.full(len(x), float(height))
    return Boxes(y - tall / 2, x - tall * proportion / 2, tall, tall * proportion, seen)


def locate(frames: Frames, plain: bool = True) -> Track:
    """Follow the person through grey frames (T, Y, X) of any size.

    On a ``plain`` background whatever differs from the rest of its row speaks for a person.
    """
    _check(frames)
    factor = max(1, round(min(frames.shape[1] / GRID[0], frames.shape[2] / GRID[1])))
    small = np.concatenate([downsample(frames[first:last], factor) for first, last in spans(len(frames), BLOCK)])
    count, rows, columns = small.shape
    evidence = Evidence(small, plain)
    reach = max(2, round(REACH * rows * 4 / 3))
    ground = max(1, round(GROUND * rows))
    profile, above_ground = np.empty((2, count, columns), np.float32)
    for first, last in spans(count, BLOCK):
        moving, standing = evidence(first, last)
        profile[first:last] = (moving + standing).sum(axis=1)
        above_ground[first:last] = moving[:, :ground].sum(axis=1)
    blurred = ndimage.gaussian_filter1d(profile, reach / 2, axis=1, mode="constant")
    # The second quantile counts where somebody is there for a short time only.
    clear = np.maximum(*np.quantile(blurred.max(axis=1), (0.8, 0.98)) * (1, 0.5))
    worth = blurred / max(clear, 1e-6)
    path = follow(np.minimum(worth, 1.5))
    near = np.abs(np.arange(columns) - path[:, None]) <= reach
    upright, spanned = np.empty((count, rows), np.float32), np.empty(count, np.intp)
    for first, last in spans(count, BLOCK):
        moving, standing = evidence(first, last)
        upright[first:last] = ((moving + standing) * near[first:last, None]).sum(axis=2)
        spanned[first:last] = (moving * near[first:last, None]).any(axis=2).sum(axis=1)
    seen = _seen((above_ground * near).sum(axis=1), spanned, path, small.shape, reach)
    local = np.where(near, profile, 0) + 1e-9 * near
    x = smoothed((local * np.arange(columns)).sum(axis=1) / local.sum(axis=1), seen)
    spread = np.where(np.abs(np.arange(columns) - path[:, None]) <= 2 * reach, profile, 0)
    left, right = _extent(spread)
    top, bottom = _extent(upright)
    x, left, right, top, bottom = ((v + 0.5) * factor - 0.5 for v in (x, left, right, top, bottom))
    return Track(x, left, right, top, bottom, seen)


class Evidence:
    """How much each pixel of grey ``frames`` (T, Y, X) speaks for a person, in multiples of the noise.

    Everything is found block by block, whatever the length; blocks change nothing in the result.

    Parameters
    ----------
    frames : array of uint8, (T, Y, X)
        On the grid of the search.
    plain : bool
        Whether the background is plain.
    """

    def __init__(self, frames: np.ndarray, plain: bool) -> None:
        self.frames, self.plain, self.lag = frames, plain, min(LAG, len(frames) - 1)
        self._made: tuple[tuple[int, int], tuple[int, np.ndarray, np.ndarray]] | None = None
        self._found: tuple[tuple[int, int], tuple[np.ndarray, np.ndarray]] | None = None
        self.noise = max(1.4826 * self._median_step(), 1.0)
        count, every = len(frames), max(1, len(frames) // 100)
        some = self._around(0, count)[1][::every] if count <= BLOCK else _levelled(frames[::every])
        self.usual = _median(some.transpose(1, 2, 0), 1)

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
        start, f, step = self._around(first, last)
        t = np.arange(first, last)
        before, after = ((k.clip(0, len(self.frames) - self.lag - 1) - start) for k in (t - self.lag, t))
        motion = _above(np.minimum(step[before], step[after]), 3.5 * self.noise)
        f = f[first - start : last - start]
        unusual = _distance(f, self.usual)
        unusual = _above(unusual, np.maximum(5 * self.noise, 6 * _median(unusual, 2)[:, None, None]))
        rest = _distance(f, _median(f, 1)[..., None])
        standing = _above(rest, np.maximum(8 * self.noise, 4 * _median(rest, 2)[:, None, None]))
        moving = motion + unusual
        return moving, 0.5 * (standing if self.plain else _touching(standing, moving))

    def _around(self, first: int, last: int) -> tuple[int, np.ndarray, np.ndarray]:
        """The first of the frames that a block's motion looks at, these levelled, and the differences between them."""
        start, stop = max(0, first - self.lag), min(len(self.frames), last + self.lag)
        if self._made is None or self._made[0] != (start, stop):
            f = _levelled(self.frames[start:stop])
            self._made = (start, stop), (start, f, _distance(f[self.lag :], f[: len(f) - self.lag]))
        return self._made[1]

    def _median_step(self) -> float:
        """The median of all differences between frames: exactly, from the counts of their upper and lower bits."""
        total = (len(self.frames) - self.lag) * self.frames[0].size
        wanted = [(total - 1) // 2, total // 2]
        upper = np.zeros(2**16, np.int64)
        for bits in self._steps():
            upper += np.bincount(bits >> 16, minlength=2**16)
        after = np.cumsum(upper)
        bins = np.searchsorted(after, wanted, side="right")
        lower = {int(one): np.zeros(2**16, np.int64) for one in bins}
        for bits in self._steps():
            for one, counts in lower.items():
                counts += np.bincount(bits[bits >> 16 == one] & 0xFFFF, minlength=2**16)
        found = []
        for rank, one in zip(wanted, bins.tolist()):
            below = int(after[one - 1]) if one else 0
            found.append(one << 16 | int(np.searchsorted(np.cumsum(lower[one]), rank - below, side="right")))
        values = np.array(found, np.uint32).view(np.float32)
        return float(values[0] if total % 2 else (values[0] + values[1]) / 2)

    def _steps(self) -> Iterator[np.ndarray]:
        """The bits of all differences, as whole numbers of the same order."""
        count = len(self.frames) - self.lag
        for first, last in spans(len(self.frames), BLOCK):
            start, _, step = self._around(first, last)
            if min(last, count) > first:
                yield step[first - start : min(last, count) - start].view(np.uint32).ravel()


def _levelled(frames: np.ndarray) -> np.ndarray:
    """Frames without their finest noise, each around its median."""
    f = ndimage.gaussian_filter(frames.astype(np.float32), (0, 0.6, 0.6))
    f -= _median(f, 2)[:, None, None]
    return f


def _touching(standing: np.ndarray, moving: np.ndarray) -> np.ndarray:
    """The patches of each frame in which something moves, without those that fill much of the picture."""
    in_plane = np.zeros((3, 3, 3), bool)
    in_plane[1] = True
    patches, number = ndimage.label((standing > 0) | (moving > 0), in_plane)
    moved = np.bincount(patches.ravel(), weights=(moving > 0).ravel(), minlength=number + 1)
    area = np.bincount(patches.ravel(), minlength=number + 1)
    keep = (moved > 0.05 * area) & (area < 0.3 * standing[0].size)
    keep[0] = False
    return standing * keep[patches]


def _median(values: np.ndarray, axes: int) -> np.ndarray:
    """The median over the last ``axes`` axes of finite values: as ``np.median``, which is six times slower."""
    flat = values.reshape(*values.shape[: values.ndim - axes], -1)
    middle = flat.shape[-1] // 2
    parted = np.partition(flat, middle, axis=-1)
    upper = parted[..., middle]
    return upper if flat.shape[-1] % 2 else (parted[..., :middle].max(axis=-1) + upper) / 2


def _above(values: np.ndarray, threshold: float | np.ndarray) -> np.ndarray:
    above = values / threshold
    above -= 1
    return np.clip(above, 0, CAP, out=above)


def _distance(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    difference = a - b
    return np.abs(difference, out=difference)


def follow(worth: np.ndarray) -> np.ndarray:
    """The path through columns that gathers most, less the price of moving (Viterbi's algorithm).

    From what each column is worth in each frame, (T, X), to a column for each frame, (T,).
    """
    check(worth, "worth", np.floating, ("T", "X"))
    count, columns = worth.shape
    x = np.arange(columns)
    price = SPEED * (x[:, None] - x) ** 2
    total = worth[0].astype(np.float64)
    came_from = np.zeros((count, columns), np.int64)
    for t in range(1, count):
        options = total - price
        came_from[t] = options.argmax(axis=1)
        total = options[x, came_from[t]] + worth[t]
    path = np.empty(count, np.int64)
    path[-1] = total.argmax()
    for t in range(count - 1, 0, -1):
        path[t - 1] = came_from[t, path[t]]
    return path


def _seen(mass: np.ndarray, spanned: np.ndarray, path: np.ndarray, shape: tuple[int, ...], reach: int) -> np.ndarray:
    """Whether anybody is there: enough moves or is unusual near the path, or somebody stands still where he was.

    Enough is a ``mass`` that is not small beside the usual, over ``spanned`` rows that are not few beside the usual.

    A person cannot vanish inside the picture. A gap is one in which he was away only where the path leaves or enters
    near a border; other gaps, and the ends of the sequence, are filled.
    """
    _, rows, columns = shape
    strong = np.quantile(mass, 0.9)
    seen = (mass > max(0.004 * rows * columns, 0.12 * strong)) & (spanned >= FLAT * np.quantile(spanned, 0.9))
    seen = ndimage.binary_opening(ndimage.binary_closing(np.pad(seen, 4, "edge"), np.ones(5)), np.ones(4))[4:-4]
    if not seen.any():
        return seen
    inside = (path > reach) & (path < columns - 1 - reach)
    gaps, _ = ndimage.label(~seen)
    for gap in ndimage.find_objects(gaps):
        first, last = gap[0].start - 1, gap[0].stop
        neighbours = [k for k in (first, last) if 0 <= k < len(seen)]
        seen[gap] = all(inside[k] for k in neighbours)
    return seen


def smoothed(x: np.ndarray, seen: np.ndarray, sigma: float = SMOOTH) -> np.ndarray:
    """The track ``x`` (T,) without the swing of arms and legs; while nobody is ``seen``, a line to where he returns.

    ``sigma`` is the standard deviation of the smoothing, in frames.
    """
    if not seen.any():
        return np.full(len(x), np.median(x))
    out = np.interp(np.arange(len(x)), np.flatnonzero(seen), x[seen])
    runs, _ = ndimage.label(seen)
    for run in ndimage.find_objects(runs):
        part = out[run]
        border = min(len(part) - 1, round(3 * sigma))
        wide = np.pad(part, border, "reflect", reflect_type="odd") if border else part
        out[run] = ndimage.gaussian_filter1d(wide, sigma, mode="nearest")[border : border + len(part)]
    return out


def _extent(profile: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Between which units nearly all of each frame's evidence lies."""
    share = np.cumsum(profile, axis=1)
    share = share / np.maximum(share[:, -1:], 1e-9)
    return (share < 0.02).sum(axis=1).astype(float), (share < 0.98).sum(axis=1).astype(float)
