"""docs/moving-cameras.md is what its record makes, and a window that moves is a camera whose movement is known."""

import json

import numpy as np
import pytest
from scipy import ndimage

from experiments import cameras, fill
from seqdl.video.person import Boxes

RECORD = json.loads(cameras.RECORD.read_text(encoding="utf-8"))


def test_the_page_is_what_its_record_makes():
    text = cameras.PAGE.read_text(encoding="utf-8")
    assert text == fill.fill(text, cameras.blocks(RECORD), "moving-cameras.md")
    assert cameras.PICTURE.is_file() and "(moving-cameras.png)" in text
    places = {(row["material"], row["camera"], row["rule"]) for row in RECORD["rows"]}
    assert len(places) == len(RECORD["rows"]) == len(cameras.MATERIALS) * len(cameras.CAMERAS) * len(cameras.RULES)


@pytest.fixture
def clip(rng):
    """A bright bar that goes to the right over a ground that is nowhere plain."""
    ground = ndimage.gaussian_filter(rng.normal(100, 60, (120, 200)), 2)
    frames = np.repeat(ground[None], 50, axis=0)
    x = np.linspace(60, 130, 50)
    for frame, left in zip(frames, x):
        frame[40:100, int(left) : int(left) + 20] = 250
    truth = Boxes(np.full(50, 35.0), x - 12, np.full(50, 70.0), np.full(50, 44.0), np.ones(50, bool))
    return cameras.Clip("bar", "walking", frames.clip(0, 255).astype(np.uint8), truth)


@pytest.mark.parametrize("camera", cameras.CAMERAS)
def test_the_truth_goes_with_the_window(clip, camera):
    at, one = cameras.window(camera, clip), cameras.shot(camera, clip)
    assert (at.left >= 0).all() and (at.left + at.width <= 200).all() and (at.top + at.height <= 120).all()
    assert one.frames.shape == (50, 90, 120) and one.seen.any()
    for t in np.flatnonzero(one.seen)[::7]:
        y, x = one.truth.top[t] + one.truth.height[t] / 2, one.truth.left[t] + one.truth.width[t] / 2
        assert one.frames[t, int(y), int(x)] > 220, "the bar is in the middle of its box"


def test_what_a_camera_did_between_two_frames_is_found(rng):
    ground = ndimage.gaussian_filter(rng.normal(100, 60, (80, 120)), 1)
    assert cameras.movement(ground[10:60, 10:90], ground[13:63, 5:85]) == pytest.approx((3, -5), abs=0.2)
    half = (ground[10:60, 10:90] + ground[10:60, 11:91]) / 2
    assert cameras.movement(ground[10:60, 10:90], half) == pytest.approx((0, 0.5), abs=0.25)


def test_overlap_and_middle():
    def box(left):
        return Boxes(*(np.array([float(v)]) for v in (0, left, 10, 10)), np.ones(1, bool))

    assert cameras.overlap(box(0), box(5)).tolist() == [pytest.approx(1 / 3)]
    assert cameras.overlap(box(0), box(0)).tolist() == [1] and cameras.overlap(box(0), box(20)).tolist() == [0]
    assert cameras.holds(box(0), box(4)).all() and not cameras.holds(box(0), box(6)).any()
