"""The same video is known again, another one of the same scene is not."""

from __future__ import annotations

import numpy as np
import pytest
from made_folder import encode, moving, smaller

from seqdl.video import fingerprint
from seqdl.video.fingerprint import Fingerprint, same
from seqdl.video.reader import Reader


def taken(frames, rate=25):
    print_ = Fingerprint()
    for k, frame in enumerate(frames):
        print_.add(frame, k / rate)
    return print_.values()


def scene(seed, motion):
    """Frames of one scene, chosen by its seed, in which somebody moves in a way of their own."""
    still = moving(np.random.default_rng(seed), 40)[:1]
    moved = moving(np.random.default_rng(motion), 40)
    return np.where(moved > 150, moved, still)


@pytest.fixture(scope="module")
def clip():
    return moving(np.random.default_rng(5), 40)


VERSIONS = {
    "the same": lambda clip: clip,
    "smaller and brighter": smaller,
    "larger": lambda clip: clip.repeat(3, axis=1).repeat(3, axis=2),
    "noisy": lambda clip: (clip + np.random.default_rng(0).normal(0, 6, clip.shape)).clip(0, 255).astype(np.uint8),
}


@pytest.mark.parametrize("version", VERSIONS)
def test_a_video_is_known_again(clip, version):
    [pair] = same([taken(clip), taken(VERSIONS[version](clip))], [1.6, 1.6])
    assert pair[:2] == (0, 1) and pair.alike > 0.85 and not pair.mirrored


def test_a_mirrored_one_is_told_from_the_same(clip):
    [pair] = same([taken(clip[..., ::-1]), taken(clip)], [1.6, 1.6])
    assert pair.mirrored and pair.alike > 0.95


def test_half_as_many_frames_a_second_are_the_same_moments(clip):
    assert len(list(same([taken(clip), taken(clip[::2], 12.5)], [1.6, 1.6]))) == 1


def test_re_encoded_it_is_the_same(clip, tmp_path):
    prints = []
    for name, quality in (("a.avi", "2"), ("b.mp4", "12")):
        with Reader(encode(tmp_path / name, clip, quality=quality)) as reader:
            prints.append(taken(reader))
    assert len(list(same(prints, [1.6, 1.6]))) == 1


def test_the_same_scene_is_not_the_same_video():
    prints = [taken(scene(1, motion)) for motion in range(20)]
    assert list(same(prints, [1.6] * 20)) == []


def test_scenes_without_motion_are_like_nothing(clip):
    still = taken(clip[:1].repeat(30, axis=0))
    assert not still.any()
    assert list(same([still, still], [1.0, 1.0])) == []
    assert not taken(clip[:1]).any()


def test_lengths_must_agree(clip):
    prints = [taken(clip)] * 3
    assert [pair[:2] for pair in same(prints, [1.6, 2.5, 1.5])] == [(0, 2)]


def test_blocks_find_the_same_pairs_in_any_order(clip, monkeypatch):
    others = [taken(moving(np.random.default_rng(seed), 40)) for seed in range(10, 16)]
    prints = [taken(clip), *others[:3], taken(smaller(clip)), *others[3:], taken(clip[..., ::-1])]
    seconds = [1.6, *[1.5] * 3, 1.55, *[1.65] * 3, 1.6]
    whole = sorted(same(prints, seconds))
    assert [pair[:2] for pair in whole] == [(0, 4), (0, 8), (4, 8)]
    monkeypatch.setattr(fingerprint, "BLOCK", 2)
    assert sorted(same(prints, seconds)) == whole


def test_a_long_video_needs_no_more_memory_and_stays_the_same(clip, monkeypatch):
    slow = clip.repeat(5, axis=0)
    whole = taken(slow, 125)
    monkeypatch.setattr(fingerprint, "MOST", 64)
    kept = Fingerprint()
    for k, frame in enumerate(slow):
        kept.add(frame, k / 125)
        assert len(kept._small) < 64
    assert len(list(same([whole, kept.values()], [1.6, 1.6]))) == 1


def test_there_are_no_two_persons_in_one_real_video(test_data):
    files = sorted((test_data / "weizmann").glob("*_[jps]*.avi"))[::3]
    prints, seconds = [], []
    for file in files:
        taker = Fingerprint()
        with Reader(file) as reader:
            for frame in reader:
                taker.add(frame, reader.times[-1])
        prints.append(taker.values())
        seconds.append(reader.seconds)
    assert len(files) > 10 and list(same(prints, seconds)) == []
