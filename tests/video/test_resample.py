"""Parts of frames made larger and smaller: what they are, and that their bits depend on nothing but them."""

from __future__ import annotations

import numpy as np
import pytest

from seqdl.kernels.layers import resample as kernels
from seqdl.video.normalise import crops
from seqdl.video.person import Boxes
from seqdl.video.resample import resample, taps


def noisy(rng, count, height, width):
    return rng.integers(60, 180, (count, height, width), dtype=np.uint8)


def fixed(count, top, left, height, width):
    return Boxes(*(np.full(count, float(v)) for v in (top, left, height, width)), np.ones(count, bool))


def matrix(start, length, count, available):
    """What resamples one axis, as (count, available)."""
    _, [places], [weights] = taps(start, length, count, available)
    made = np.zeros((count, available), np.float32)
    np.add.at(made, (np.arange(count)[:, None], places), weights)
    return made


def parts(rng, count, height, width):
    """Boxes far larger and smaller than a frame, each elsewhere, in and outside of it."""
    tall, wide = rng.uniform(0.3, 4, count) * height, rng.uniform(0.3, 4, count) * width
    top, left = rng.uniform(-0.5, 1, count) * tall, rng.uniform(-0.5, 1, count) * wide
    return Boxes(top, left, tall, wide, np.ones(count, bool))


def test_numpy_and_the_compiled_form_give_the_same_bits(rng):
    frames, boxes = noisy(rng, 4, 9, 13), parts(rng, 4, 9, 13)
    rows, columns = taps(boxes.top, boxes.height, 5, 9), taps(boxes.left, boxes.width, 6, 13)
    out = np.empty((2, 4, 5, 6), np.float32)
    for form, into in zip((resample, kernels.resample), out):
        form(frames, rows, columns, into)
    assert np.array_equal(*out)


def test_each_number_is_one_sum_in_a_fixed_order_whatever_else_is_cut_out(rng):
    """Added up one by one in float32, along columns first: no library with threads and an order of its own."""
    frames, boxes = noisy(rng, 3, 11, 14), parts(rng, 3, 11, 14)
    got = crops(frames, boxes, (4, 3))
    for t, (top, left, height, width) in enumerate(zip(*boxes[:4])):
        _, [places], [weights] = taps(top, height, 4, 11)
        _, [places_across], [weights_across] = taps(left, width, 3, 14)
        for y, x in np.ndindex(4, 3):
            total = np.float32(0)
            for column, w in zip(places_across[x], weights_across[x]):
                tall = np.float32(0)
                for row, v in zip(places[y], weights[y]):
                    tall += v * np.float32(frames[t, row, column])
                total += w * tall
            assert got[t, y, x] == total / np.float32(255)


def test_on_whole_pixels_a_crop_is_a_slice(rng):
    frames = noisy(rng, 3, 50, 70)
    got = crops(frames, fixed(3, 4, 11, 30, 20), (30, 20))
    assert got == pytest.approx(frames[:, 4:34, 11:31] / 255, abs=1e-6)
    outside = crops(frames, fixed(3, -5, 60, 60, 20), (60, 20))
    padded = np.pad(frames, ((0, 0), (5, 5), (0, 10)), "edge")[:, :, 60:80]
    assert outside == pytest.approx(padded / 255, abs=1e-6)


NEARLY = [(4, 11, 30, 20), (4.5, 11, 30, 20), (4, 11.25, 30, 20), (4, 11, 31, 20), (4, 11, 30, 19)]
NEARLY += [(-1, 11, 30, 20), (21, 11, 30, 20), (4, -2, 30, 20), (4, 60, 30, 20)]


@pytest.mark.parametrize("place", NEARLY)
def test_what_is_nearly_a_slice_is_resampled(rng, place):
    frames = noisy(rng, 70, 50, 70)  # more than are resampled at once
    top, left, height, width = place
    got = crops(frames, fixed(70, top, left, height, width), (30, 20))
    down, across = matrix(top, height, 30, 50), matrix(left, width, 20, 70)
    assert got == pytest.approx(np.stack([down @ frame @ across.T for frame in frames]) / 255, abs=1e-6)


def test_each_frame_has_its_own_box(rng):
    frames = noisy(rng, 3, 50, 70)
    boxes = fixed(3, 4, 11, 30, 20)._replace(left=np.array([0.0, 7.0, 50.0]), top=np.array([20.0, 3.0, 0.0]))
    got = crops(frames, boxes, (30, 20))
    for t, (top, left) in enumerate(((20, 0), (3, 7), (0, 50))):
        assert got[t] == pytest.approx(frames[t, top : top + 30, left : left + 20] / 255, abs=1e-6)


def test_each_frame_has_its_own_box_between_pixels_too(rng):
    frames, lefts = noisy(rng, 70, 50, 70), rng.uniform(-9, 60, 70)
    got = crops(frames, fixed(70, 4.5, 0, 33, 22)._replace(left=lefts), (30, 20))
    for frame, left, crop in zip(frames, lefts, got, strict=True):
        wanted = matrix(4.5, 33, 30, 50) @ frame @ matrix(left, 22, 20, 70).T
        assert crop == pytest.approx(wanted / 255, abs=1e-6)


CUTS = [(0.0, 50.0, 50), (3.3, 20.0, 60), (2.7, 41.3, 17), (-6.5, 63.0, 40), (10.25, 7.5, 5), (45.0, 20.0, 10)]


@pytest.mark.parametrize("start, length, count", CUTS)
def test_rows_of_the_resampling_add_up_to_one(start, length, count):
    made = matrix(start, length, count, 50)
    assert made.min() >= 0
    assert made.sum(axis=1) == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("start, length, count", [(3.3, 20.0, 60), (5.7, 31.3, 31), (8.0, 30.0, 15), (6.25, 37.5, 25)])
def test_a_ramp_stays_a_ramp(start, length, count):
    """The centre of new pixel k lies at start + (k + 1/2) length / count, in coordinates of the pixels' edges."""
    got = matrix(start, length, count, 50) @ np.arange(50)
    wanted = start + (np.arange(count) + 0.5) * length / count - 0.5
    # Shrinking by a broken factor, the weights are samples of a triangle and their mean is off by a little.
    shrinks = length > count
    assert got == pytest.approx(wanted, abs=0.1 if shrinks and length % count else 1e-4)


def test_shrinking_does_not_alias():
    """The finest stripes turn into even grey."""
    stripes = np.arange(60) % 2 * 200.0
    got = matrix(0, 60, 20, 60) @ stripes
    assert np.ptp(got[1:-1]) < 25 and got[1:-1].mean() == pytest.approx(100, abs=12)
    assert np.ptp((matrix(0, 60, 15, 60) @ stripes)[1:-1]) < 1e-3
