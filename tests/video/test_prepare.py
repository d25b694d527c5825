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
from seqdl.video.normalise import crops, normalise
from seqdl.video.prepare import prepare


def noisy(rng, count=12, height=120, width=160):
    return rng.integers(60, 180, (count, height, width), dtype=np.uint8)


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
