"""Where the person is: a box for each frame, and whether anybody is there at all.

The paper takes "the person-centred bounding box as in" Jhuang et al., ICCV 2007, who used the mask of a
Gaussian-mixture background. Choice: that needs a camera that stands still, which KTH's second scenario does not, so
three cheap signs of a person are added up here: what moves (differences between frames), what differs from the scene's
usual look (the median over time) and what differs from the rest of its row; the last counts everywhere on a plain
background, elsewhere only where it touches something that moves. The horizontal centre is then followed through the
whole sequence at once, by dynamic programming over columns.
"""

from typing import NamedTuple

import numpy as np

from seqdl.base.arrays import check, check_choice
from seqdl.base.rows import Rows, spans
from seqdl.config import BOXES
from seqdl.video import evidence
from seqdl.video.downsample import shrink
from seqdl.video.evidence import Evidence
from seqdl.video.runs import filled, runs
from seqdl.video.weights import blurred, gaussian

GRID = (30, 40)
"""About so many rows and columns the search works on: fine enough for a box, and four times faster than 60 x 80."""
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
    small = np.empty((len(frames), frames.shape[1] // factor, frames.shape[2] // factor), np.uint8)
    for first, last in spans(len(frames), evidence.BLOCK):
        shrink(frames[first:last], factor, small[first:last])
    count, rows, columns = small.shape
    signs = evidence.form(count)
    found = Evidence(small, plain, signs)
    reach = max(2, round(REACH * rows * 4 / 3))
    ground = max(1, round(GROUND * rows))
    profile, above_ground = np.empty((2, count, columns), np.float32)
    for first, last in spans(count, evidence.BLOCK):
        moving, standing = found(first, last)
        profile[first:last] = (moving + standing).sum(axis=1)
        above_ground[first:last] = moving[:, :ground].sum(axis=1)
    around = ((0, 0), (len(gaussian(reach / 2)) // 2,) * 2)
    beside = blurred(np.pad(profile.astype(np.float64), around), reach / 2).astype(np.float32)
    # The second quantile counts where somebody is there for a short time only.
    clear = np.maximum(*np.quantile(beside.max(axis=1), (0.8, 0.98)) * (1, 0.5))
    worth = beside / max(clear, 1e-6)
    path = signs.follow(np.minimum(worth, 1.5))
    near = np.abs(np.arange(columns) - path[:, None]) <= reach
    upright, spanned = np.empty((count, rows), np.float32), np.empty(count, np.intp)
    for first, last in spans(count, evidence.BLOCK):
        upright[first:last], spanned[first:last] = signs.leave_near(*found(first, last), near[first:last])
    seen = _seen((above_ground * near).sum(axis=1), spanned, path, small.shape, reach)
    local = np.where(near, profile, 0) + 1e-9 * near
    x = smoothed((local * np.arange(columns)).sum(axis=1) / local.sum(axis=1), seen)
    spread = np.where(np.abs(np.arange(columns) - path[:, None]) <= 2 * reach, profile, 0)
    left, right = _extent(spread)
    top, bottom = _extent(upright)
    x, left, right, top, bottom = ((v + 0.5) * factor - 0.5 for v in (x, left, right, top, bottom))
    return Track(x, left, right, top, bottom, seen)


def follow(worth: np.ndarray) -> np.ndarray:
    """The path through columns that gathers most, less the price of moving (Viterbi's algorithm).

    From what each column is worth in each frame, (T, X), to a column for each frame, (T,).
    """
    check(worth, "worth", np.floating, ("T", "X"))
    return evidence.form().follow(worth)


def _seen(mass: np.ndarray, spanned: np.ndarray, path: np.ndarray, shape: tuple[int, ...], reach: int) -> np.ndarray:
    """Whether anybody is there: enough moves or is unusual near the path, or somebody stands still where he was.

    Enough is a ``mass`` that is not small beside the usual, over ``spanned`` rows that are not few beside the usual.

    A person cannot vanish inside the picture. A gap is one in which he was away only where the path leaves or enters
    near a border; other gaps, and the ends of the sequence, are filled.
    """
    _, rows, columns = shape
    strong = np.quantile(mass, 0.9)
    seen = (mass > max(0.004 * rows * columns, 0.12 * strong)) & (spanned >= FLAT * np.quantile(spanned, 0.9))
    seen = filled(seen)
    if not seen.any():
        return seen
    inside = (path > reach) & (path < columns - 1 - reach)
    for gap in runs(~seen):
        neighbours = [k for k in (gap.start - 1, gap.stop) if 0 <= k < len(seen)]
        seen[gap] = all(inside[k] for k in neighbours)
    return seen


def smoothed(x: np.ndarray, seen: np.ndarray, sigma: float = SMOOTH) -> np.ndarray:
    """The track ``x`` (T,) without the swing of arms and legs; while nobody is ``seen``, a line to where he returns.

    ``sigma`` is the standard deviation of the smoothing, in frames.
    """
    if not seen.any():
        return np.full(len(x), np.median(x))
    out = np.interp(np.arange(len(x)), np.flatnonzero(seen), x[seen])
    middle = len(gaussian(sigma)) // 2
    for run in runs(seen):
        part = out[run]
        border = min(len(part) - 1, round(3 * sigma))
        wide = np.pad(part, border, "reflect", reflect_type="odd") if border else part
        wide = np.pad(wide, middle, "edge")[border : len(wide) - border + 2 * middle]
        out[run] = blurred(wide, sigma)
    return out


def _extent(profile: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Between which units nearly all of each frame's evidence lies."""
    share = np.cumsum(profile, axis=1)
    share = share / np.maximum(share[:, -1:], 1e-9)
    return (share < 0.02).sum(axis=1).astype(float), (share < 0.98).sum(axis=1).astype(float)
