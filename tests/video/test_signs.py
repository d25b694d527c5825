"""The compiled signs of a person against those in NumPy, to the bit; what is computed without SciPy against SciPy."""

from __future__ import annotations

import inspect

import numpy as np
import pytest
from scipy import ndimage

from seqdl.kernels.layers import expand
from seqdl.video import evidence, grey, signs, signs_compiled
from seqdl.video.downsample import downsample, shrink
from seqdl.video.evidence import Evidence
from seqdl.video.person import locate, smoothed
from seqdl.video.runs import filled, runs
from seqdl.video.weights import blurred


def film(rng, shape):
    """Noise on a ground that has flat parts, where many values are equal, and something bright that crosses it."""
    count, rows, columns = shape
    frames = rng.integers(90, 110, shape)
    frames[:, : rows // 3] = 70
    for t in range(count):
        at = t * columns // count
        frames[t, rows // 4 : rows - 1, at : at + 3] += 80
    return frames.astype(np.uint8)


def same(one, other):
    """Of one type and shape, and the same bits, but that either zero is a zero."""
    for a, b in zip(one, other, strict=True) if isinstance(one, tuple) else [(one, other)]:
        assert (a.dtype, a.shape) == (b.dtype, b.shape) and np.array_equal(a, b)


def test_both_have_the_same_functions():
    for name in signs_compiled.__all__:
        one, other = getattr(signs_compiled, name), getattr(signs, name)
        assert list(inspect.signature(one).parameters) == list(inspect.signature(other).parameters)


@pytest.mark.parametrize("shape", [(7, 6, 9), (6, 7, 5), (5, 2, 3), (1, 1, 4)])
@pytest.mark.parametrize("plain", [True, False])
def test_the_compiled_form_gives_the_same_bits(rng, shape, plain):
    frames = film(rng, shape)
    f, lag = signs.levelled(frames), min(2, shape[0] - 1)
    same(signs_compiled.levelled(frames), f)
    usual = signs.over_time(f)
    same(signs_compiled.over_time(f), usual)
    counts = np.zeros((2, 2**16), np.int64)
    for form, into in zip((signs, signs_compiled), counts):
        form.count_steps(f, lag, shape[0] - lag, None, into)
    same(*counts)
    some = int(counts[0].argmax())
    for form, into in zip((signs, signs_compiled), counts):
        form.count_steps(f, lag, shape[0] - lag, some, into)
    same(*counts)
    start = shape[0] // 3
    t = np.arange(start, shape[0])
    places = np.clip([t - lag, t], 0, shape[0] - lag - 1)
    moving, standing = signs.weigh(f, start, places, lag, usual, 1.7, plain)
    same(signs_compiled.weigh(f, start, places, lag, usual, 1.7, plain), (moving, standing))
    assert shape[0] < 5 or (moving > 0).any()
    near = rng.random((len(t), shape[2])) < 0.7
    same(signs_compiled.leave_near(moving, standing, near), signs.leave_near(moving, standing, near))
    profile = (moving + standing).sum(axis=1)
    same(signs_compiled.follow(profile), signs.follow(profile))


def test_medians_of_a_crowd_of_outliers_of_either_sign_and_of_one_value_alone(rng):
    values = rng.standard_cauchy((9, 3, 4)).astype(np.float32) ** 3
    values[:, 0, 0], values[1:, 1, 1], values[:, 2] = -4, 2.5, values[:, 2].round()
    for count in (1, 2, 8, 9):
        same(signs_compiled.over_time(values[:count]), np.median(values[:count], axis=0))


def test_a_patch_that_hangs_together_by_a_corner_counts_as_one(rng):
    """Beside it stands what touches nothing that moves, and is left out."""
    f = np.zeros((3, 12, 12), np.float32)
    f[:, 2, 2], f[:, 3, 3], f[:, 8, 8] = 60, 60, 60
    f[2, 2, 2] = 90
    given = (f, 0, np.array([[0, 0, 0], [0, 0, 0]]), 2, f[0], 1.0, False)
    moving, standing = signs_compiled.weigh(*given)
    same((moving, standing), signs.weigh(*given))
    assert moving[0, 2, 2] and standing[0, 2, 2] and standing[0, 3, 3] and not standing[0, 8, 8]


@pytest.mark.compiled(reason="compares with the compiled form")
@pytest.mark.parametrize("plain", [True, False])
def test_somebody_is_found_at_the_same_place_by_both(rng, monkeypatch, plain):
    frames, found = film(rng, (60, 60, 80)), []
    for one in (signs_compiled, signs):
        monkeypatch.setattr(evidence, "form", lambda _, one=one: one)
        found.append(tuple(locate(frames, plain)))
    same(*found)


@pytest.mark.compiled(reason="chooses the compiled form")
def test_nothing_is_compiled_for_a_few_frames_unless_it_is_there(monkeypatch, tmp_path):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    few, many, live = evidence.Forms(), evidence.Forms(), evidence.Forms()
    live.soon()
    assert [many(evidence.WORTH), many(1), few(1), live()] == [signs, signs_compiled, signs, signs_compiled]
    evidence.cache.compiled_folder().mkdir(parents=True)
    (evidence.cache.compiled_folder() / f"kernels.layers.signs.leave_near-{0:032x}.code").touch()
    assert few(1) is signs_compiled


def test_the_noise_is_the_median_of_all_differences(rng):
    frames = film(rng, (8, 5, 6))
    f = signs.levelled(frames)
    assert Evidence(frames, True, signs).noise == max(1.4826 * float(np.median(np.abs(f[2:] - f[:-2]))), 1)


def test_gaps_and_short_stretches_are_those_of_binary_morphology(rng):
    for count in (1, 2, 5, 30, 61):
        for share in (0.2, 0.5, 0.8):
            mask = np.repeat(rng.random(count) < share, rng.integers(1, 6))
            closed = ndimage.binary_closing(np.pad(mask, 4, "edge"), np.ones(5))
            assert np.array_equal(filled(mask), ndimage.binary_opening(closed, np.ones(4))[4:-4])
            labels, _ = ndimage.label(mask)
            assert runs(mask) == [found for (found,) in ndimage.find_objects(labels)]


def test_the_track_is_smoothed_as_by_a_gaussian_filter(rng):
    x, seen = rng.random(50) * 70, np.ones(50, bool)
    wide = np.pad(x, 9, "reflect", reflect_type="odd")
    assert np.array_equal(smoothed(x, seen), ndimage.gaussian_filter1d(wide, 3.0, mode="nearest")[9:-9])
    wide = np.pad(rng.random((3, 20)), ((0, 0), (10, 10)))
    assert np.array_equal(blurred(wide, 2.5), ndimage.gaussian_filter1d(wide, 2.5, mode="constant")[:, 10:-10])


@pytest.mark.compiled(reason="compares with the compiled form")
def test_frames_are_made_smaller_by_the_compiled_form_as_by_numpys(rng):
    frames = rng.integers(0, 256, (2, 67, 131)).astype(np.uint8)
    frames[1, :30] = 255
    for factor in (1, 2, 3, 7, 16, 30):
        out = np.empty((2, 67 // factor, 131 // factor), np.uint8)
        shrink(frames, factor, out)
        same(out, downsample(frames, factor))


def test_every_value_of_luma_is_expanded_alike_by_both_forms():
    luma, out = np.arange(256, dtype=np.uint8).reshape(8, 32), np.empty((2, 8, 32), np.uint8)
    out[:] = luma
    expand.expand(None, out[0], luma.size)
    grey._expand(out[1])
    same(*out)
    assert out[0, 0, 16] == 0 and out[0].reshape(-1)[235] == 255
