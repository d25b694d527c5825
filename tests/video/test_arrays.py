"""Arrays given to seqdl.video: what is none is refused by name, views and read-only arrays are not."""

from __future__ import annotations

import numpy as np
import pytest

from seqdl.base.arrays import check
from seqdl.config import load
from seqdl.video.downsample import downsample
from seqdl.video.normalise import crops, normalise
from seqdl.video.person import Boxes, boxes, follow, locate
from seqdl.video.prepare import prepare
from seqdl.video.reader import Reader
from seqdl.video.windows import starts, usable_starts

CONFIG = load()


def clip(rng, count=10):
    return rng.integers(0, 256, (count, 60, 80), dtype=np.uint8)


def places(**changes):
    given = {"top": 0.0, "left": 3.0, "height": 60.0, "width": 40.0} | changes
    return Boxes(*(np.full(10, v) if np.isscalar(v) else v for v in given.values()), np.ones(10, bool))


def same(a, b):
    """Whether two results are the same, being arrays, tuples of arrays or numbers."""
    return all(map(same, a, b)) if isinstance(a, tuple) else np.array_equal(a, b)


CALLS = {
    "downsample": ("frame", lambda frames: downsample(frames, 2)),
    "boxes": ("frames", lambda frames: boxes(frames, "track", (60, 40))),
    "locate": ("frames", locate),
    "crops": ("frames", lambda frames: crops(frames, places(), (60, 40))),
    "crops between pixels": ("frames", lambda frames: crops(frames, places(left=3.5), (60, 40))),
    "prepare": (r"frames\[0\]", lambda frames: prepare(frames, "track", CONFIG)),
}


@pytest.mark.parametrize("function", CALLS)
def test_frames_that_are_none_are_refused_by_name(rng, function):
    name, call = CALLS[function]
    frames = clip(rng)
    wrong = [frames.astype(np.float32), frames.astype(np.int16), frames > 9, frames[0, 0], frames[:, :0]]
    if function != "downsample":
        wrong += [frames[..., None], frames.tolist()]
    for value in wrong:
        with pytest.raises(ValueError, match=rf"^{name}: "):
            call(value)


@pytest.mark.parametrize("function", CALLS)
def test_views_and_read_only_frames_give_the_same(rng, function):
    _, call = CALLS[function]
    frames = clip(rng)
    wide = np.zeros((10, 60, 161), np.uint8)
    view = wide[:, :, :160:2]
    view[:] = frames
    frozen = frames.copy()
    frozen.setflags(write=False)
    expected = call(frames)
    for other in (view, np.asfortranarray(frames), frozen):
        before = other.copy()
        got = call(other)
        assert len(got) == len(expected) and all(same(a, b) for a, b in zip(expected, got))
        assert np.array_equal(other, before)


def test_a_frame_of_another_size_is_named(rng):
    frames = list(clip(rng))
    frames[4] = frames[4][:, 1:]
    with pytest.raises(ValueError, match=r"^frames\[4\]: expected \(60, 80\) as the frames before, got \(60, 79\)$"):
        prepare(frames, "track", CONFIG)


@pytest.mark.parametrize(
    "changes",
    [
        {"left": np.nan},
        {"top": np.inf},
        {"height": 0.0},
        {"width": -1.0},
        dict.fromkeys(places()._fields[:4], np.zeros(9)),
    ],
)
def test_boxes_that_cannot_be(rng, changes):
    with pytest.raises(ValueError, match=r"^boxes: expected finite places"):
        crops(clip(rng), places(**changes), (60, 40))


def test_crops_that_cannot_be_normalised(rng):
    good = rng.random((9, 20, 18)).astype(np.float32)
    holed, infinite = good.copy(), good.copy()
    holed[3, 2, 1], infinite[8, 19, 17] = np.nan, -np.inf
    for wrong, message in [
        (good.astype(np.float64), "expected an array of float32"),
        (good[0], r"expected an array of float32, \(T, rows, columns\), got float32, \(20, 18\)"),
        (good[:0], "is empty"),
        (good[:, :6], "crops of 6 x 18 are too small for a window of 7"),
        (holed, "holds NaN or infinite values"),
        (infinite, "holds NaN or infinite values"),
    ]:
        with pytest.raises(ValueError, match=f"^clip: {message}"):
            normalise(wrong, CONFIG.lcn)
    expected = normalise(good, CONFIG.lcn)
    frozen = good.copy()
    frozen.setflags(write=False)
    for same in (frozen, np.asfortranarray(good), np.repeat(good, 2, axis=2)[:, :, ::2]):
        assert np.array_equal(normalise(same, CONFIG.lcn), expected)


@pytest.mark.parametrize(
    "call, name",
    [
        (lambda: boxes(np.zeros((9, 60, 80), np.uint8), "middle", (60, 40)), "rule"),
        (lambda: prepare([], "auto", CONFIG), "rule"),
        (lambda: Reader("absent.avi", grey="colour"), "grey"),
        (lambda: downsample(np.zeros((60, 80), np.uint8), 0), "factor"),
        (lambda: downsample(np.zeros((60, 80), np.uint8), 1.5), "factor"),
        (lambda: downsample(np.zeros((60, 80), np.uint8), 61), "factor"),
        (lambda: follow(np.zeros((4, 3), int)), "worth"),
        (lambda: follow(np.full((4, 3), np.nan)), "worth"),
        (lambda: starts(9, 0), "frames"),
        (lambda: starts(9, 9, 0), "step"),
        (lambda: starts(9, 9, 1, -1), "phase"),
        (lambda: starts(-1, 9), "length"),
        (lambda: usable_starts(np.ones(9), 9), "seen"),
        (lambda: usable_starts(np.ones((9, 1), bool), 9), "seen"),
        (lambda: usable_starts(np.ones(9, bool), 9, empty="drop"), "empty"),
        (lambda: check(None, "frame", np.uint8, ("height", "width")), "frame"),
    ],
)
def test_other_arguments_are_named(call, name):
    with pytest.raises(ValueError, match=f"^{name}: "):
        call()
