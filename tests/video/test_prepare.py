"""From frames to the network's input: sizes, down-sampling, cutting out, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from seqdl.base import rows
from seqdl.config import load
from seqdl.errors import SeqdlError
from seqdl.ops import lcn
from seqdl.video import evidence
from seqdl.video import normalise as normalise_module
from seqdl.video import prepare as module
from seqdl.video.downsample import downsample
from seqdl.video.normalise import crops, normalise, resampling
from seqdl.video.person import Boxes
from seqdl.video.prepare import prepare


def noisy(rng, count=12, height=120, width=160):
    return rng.integers(60, 180, (count, height, width), dtype=np.uint8)


def fixed(count, top, left, height, width):
    return Boxes(*(np.full(count, float(v)) for v in (top, left, height, width)), np.ones(count, bool))


def test_down_sampling_takes_the_mean_of_blocks_rounded(rng):
    assert downsample(np.array([[0, 1, 9], [1, 0, 9], [9, 9, 9]], np.uint8), 2).tolist() == [[1]]
    assert downsample(np.full((4, 6), 255, np.uint8), 2).tolist() == [[255] * 3] * 2
    frames = rng.integers(0, 256, (3, 13, 17), dtype=np.uint8)
    for factor in (1, 2, 3, 5):
        rows, columns = 13 // factor, 17 // factor
        blocks = frames[:, : rows * factor, : columns * factor].reshape(3, rows, factor, columns, factor)
        got = downsample(frames, factor)
        assert got.dtype == np.uint8 and got.shape == (3, rows, columns)
        assert np.array_equal(got, np.floor(blocks.mean(axis=(2, 4)) + 0.5))
        assert np.array_equal(downsample(frames[0], factor), got[0])


@pytest.mark.parametrize("rule", ["track", "person", "centre"])
def test_sizes_and_types_with_the_values_of_the_paper(rng, rule):
    clip = prepare(noisy(rng), rule, load())
    assert (clip.frames.shape, clip.frames.dtype) == ((12, 54, 34), np.float32)
    assert (clip.crops.shape, clip.crops.dtype) == ((12, 60, 40), np.float32)
    assert (clip.seen.shape, clip.seen.dtype) == ((12,), bool)
    assert clip.factor == 2
    assert 0.2 < clip.crops.min() < clip.crops.max() < 0.75
    assert np.isfinite(clip.frames).all()


@pytest.mark.parametrize(
    "settings, shape",
    [
        (["convnet.rows=46", "convnet.columns=30"], (46, 30)),
        (["lcn.size=5"], (54, 34)),
        (["convnet.rows=26", "convnet.columns=50", "lcn.size=9"], (26, 50)),
    ],
)
@pytest.mark.parametrize("rule", ["track", "person", "centre"])
def test_other_geometries(rng, settings, shape, rule):
    config = load(settings=settings)
    clip = prepare(noisy(rng), rule, config)
    assert clip.frames.shape == (12, *shape)
    border = config.lcn.size - 1
    assert clip.crops.shape == (12, shape[0] + border, shape[1] + border)
    wide = clip.boxes.height * clip.crops.shape[2] / clip.crops.shape[1]
    assert clip.boxes.width == pytest.approx(np.minimum(wide, 80) if rule == "track" else wide)


@pytest.mark.parametrize(
    "height, width, factor, settings",
    [
        (120, 160, 2, []),
        (120, 80, 2, []),
        (119, 160, 1, []),  # 59 rows would no longer hold the crop of 60
        (120, 79, 1, []),
        (64, 48, 1, []),
        (240, 320, 4, ["video.downsample=4"]),
        (239, 320, 1, ["video.downsample=4"]),
        (120, 160, 1, ["video.downsample=1"]),
        (64, 48, 2, ["convnet.rows=26", "convnet.columns=18"]),
    ],
)
def test_frames_are_down_sampled_where_the_crop_still_fits(rng, height, width, factor, settings):
    frames = noisy(rng, 9, height, width)
    clip = prepare(frames, "centre", load(settings=settings))
    assert clip.factor == factor
    assert clip.boxes.height[0] <= height / factor and clip.boxes.width[0] <= width / factor
    size = clip.crops.shape[1:]
    assert np.array_equal(clip.crops, crops(downsample(frames, factor), clip.boxes, size))


def test_the_steps_are_those_that_stand_on_their_own(rng):
    frames, config = noisy(rng), load(settings=["lcn.reading=one_window", "lcn.constant=frame", "lcn.sigma=2.5"])
    clip = prepare(iter(frames), "track", config)
    small = downsample(frames, 2)
    cut = np.stack([f[:, int(x) : int(x) + 40] for f, x in zip(small, clip.boxes.left)])
    assert clip.crops == pytest.approx(cut / 255, abs=1e-6)
    wanted = lcn.normalise(clip.crops.astype(float), size=7, sigma=2.5, reading="one_window", constant="frame")
    assert clip.frames == pytest.approx(wanted, rel=1e-3, abs=1e-3)


def test_a_sequence_shorter_than_a_window_is_named(rng):
    assert len(prepare(noisy(rng, 9), "centre", load()).frames) == 9
    with pytest.raises(SeqdlError, match=r"^kick\.avi has 8 frames, a window needs 9: leave it out$"):
        prepare(noisy(rng, 8), "centre", load(), "kick.avi")
    with pytest.raises(SeqdlError, match="has 0 frames"):
        prepare([], "track", load())
    with pytest.raises(SeqdlError, match="a window needs 13"):
        prepare(noisy(rng, 12), "track", load(settings=["convnet.frames=13"]))


def walker(count, height=120, width=160):
    """A dark figure that walks to and fro over a noisy ground."""
    rng = np.random.default_rng(3)
    ground = rng.integers(150, 170, (height, width), dtype=np.uint8)
    for t in range(count):
        frame = ground + rng.integers(0, 4, (height, width), dtype=np.uint8)
        left = int(60 + 50 * np.sin(t / 40))
        frame[30:100, left : left + 20] = 60 + 10 * (t % 5)
        yield frame


@pytest.mark.compiled(reason="what is summed over blocks comes from the kernel")
@pytest.mark.parametrize("settings", [[], ["lcn.constant=frame"], ["lcn.reading=one_window"]])
@pytest.mark.parametrize("rule", ["track", "person"])
def test_blocks_and_files_change_nothing_of_a_long_sequence(monkeypatch, rule, settings):
    """As short blocks in memory that is soon full: the same bits as in one piece."""
    whole = prepare(walker(150), rule, load(settings=settings))
    monkeypatch.setattr(evidence, "BLOCK", 37)
    monkeypatch.setattr(normalise_module, "LONG", 29)
    monkeypatch.setattr(rows, "IN_MEMORY", 100_000)
    parts = prepare(walker(150), rule, load(settings=settings))
    assert isinstance(parts.frames.base, np.memmap) and not isinstance(whole.frames.base, np.memmap)
    assert np.array_equal(whole.frames, parts.frames) and np.array_equal(whole.crops, parts.crops)
    assert all(np.array_equal(a, b) for a, b in zip(whole.boxes, parts.boxes, strict=True))
    assert whole.seen.mean() > 0.9


def test_a_very_long_sequence_is_looked_at_in_parts(monkeypatch):
    monkeypatch.setattr(module, "PART", 60)
    frames = list(walker(150))
    clip = prepare(frames, "person", load())
    parts = [prepare(frames[first : first + 50], "person", load()) for first in (0, 50, 100)]
    assert np.array_equal(clip.frames, np.concatenate([part.frames for part in parts]))
    assert np.array_equal(clip.boxes.height, np.concatenate([part.boxes.height for part in parts]))


def test_large_frames_are_down_sampled_until_the_crop_fits_twice():
    size = (60, 40)
    shapes = {
        (120, 160): 2,
        (144, 180): 2,
        (332, 612): 2,
        (64, 48): 1,
        (480, 640): 4,
        (1080, 1920): 9,
        (1920, 1080): 13,
    }
    assert {shape: module.factor_for(shape, size, 2) for shape in shapes} == shapes
    assert module.factor_for((4320, 7680), size, 2) == 36 and module.factor_for((240, 320), size, 4) == 4


def test_a_full_disk_is_one_clear_error(monkeypatch):
    monkeypatch.setattr(rows, "IN_MEMORY", 10_000)

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tempfile.SpooledTemporaryFile.write", full)
    with pytest.raises(SeqdlError, match=r"^cannot hold the video's frames in .*: No space left on device; .*TMPDIR"):
        prepare(walker(12), "centre", load())


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
    down, across = resampling(top, height, 30, 50), resampling(left, width, 20, 70)
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
        wanted = resampling(4.5, 33, 30, 50) @ frame @ resampling(left, 22, 20, 70).T
        assert crop == pytest.approx(wanted / 255, abs=1e-6)


CUTS = [(0.0, 50.0, 50), (3.3, 20.0, 60), (2.7, 41.3, 17), (-6.5, 63.0, 40), (10.25, 7.5, 5), (45.0, 20.0, 10)]


@pytest.mark.parametrize("start, length, count", CUTS)
def test_rows_of_the_resampling_add_up_to_one(start, length, count):
    matrix = resampling(start, length, count, 50)
    assert (matrix.shape, matrix.dtype) == ((count, 50), np.float32)
    assert matrix.min() >= 0
    assert matrix.sum(axis=1) == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("start, length, count", [(3.3, 20.0, 60), (5.7, 31.3, 31), (8.0, 30.0, 15), (6.25, 37.5, 25)])
def test_a_ramp_stays_a_ramp(start, length, count):
    """The centre of new pixel k lies at start + (k + 1/2) length / count, in coordinates of the pixels' edges."""
    got = resampling(start, length, count, 50) @ np.arange(50)
    wanted = start + (np.arange(count) + 0.5) * length / count - 0.5
    # Shrinking by a broken factor, the weights are samples of a triangle and their mean is off by a little.
    shrinks = length > count
    assert got == pytest.approx(wanted, abs=0.1 if shrinks and length % count else 1e-4)


def test_shrinking_does_not_alias():
    """The finest stripes turn into even grey."""
    stripes = np.arange(60) % 2 * 200.0
    got = resampling(0, 60, 20, 60) @ stripes
    assert np.ptp(got[1:-1]) < 25 and got[1:-1].mean() == pytest.approx(100, abs=12)
    assert np.ptp((resampling(0, 60, 15, 60) @ stripes)[1:-1]) < 1e-3


@pytest.mark.parametrize("settings", [[], ["lcn.reading=one_window"], ["lcn.constant=frame"]])
@pytest.mark.parametrize("rule", ["track", "person", "centre"])
@pytest.mark.parametrize("grey", [0, 90, 255])
def test_a_flat_clip_gives_no_nan(settings, rule, grey):
    clip = prepare(np.full((10, 120, 160), grey, np.uint8), rule, load(settings=settings))
    assert np.isfinite(clip.frames).all()
    assert clip.crops == pytest.approx(grey / 255, abs=1e-6)


def test_brightness_and_contrast_do_not_count(rng):
    clip = rng.random((9, 20, 18)).astype(np.float32)
    config = load().lcn
    got = normalise(clip, config)
    assert got.shape == (9, 14, 12)
    assert normalise(0.25 + clip / 2, config) == pytest.approx(got, rel=2e-3, abs=2e-3)
    with_fixed = load(settings=["lcn.constant=fixed", "lcn.value=100"]).lcn
    assert normalise(clip, with_fixed).std() == pytest.approx(got.std() / 100 * 0.28, rel=0.3)
