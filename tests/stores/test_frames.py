"""Prepared sequences on disk: reused, keyed by what made them, safe against interrupts."""

import dataclasses
import json
import os

import numpy as np
import pytest

from seqdl.base import pool
from seqdl.config import load
from seqdl.datasets.base import Dataset, Sequence
from seqdl.errors import SeqdlError
from seqdl.stores import frames as store
from seqdl.stores.base import video_identity


def render(sequence):
    """A bright bar that moves over a plain background; ``short`` has too few frames."""
    length = 5 if sequence.extra["video"] == "short" else 14
    for k in range(length):
        frame = np.full((120, 160), 90, np.uint8)
        at = 30 + 5 * k + 10 * int(sequence.person[-1])
        frame[30:110, at : at + 14] = 200
        yield frame


def make(*names, source="v1"):
    sequences = tuple(Sequence(name, None, "walking", f"p{k}", extra={"video": name}) for k, name in enumerate(names))
    return Dataset("toy", "", ("walking", "boxing"), sequences, "track", render=render, source=source)


CONFIG = load()


def test_a_folder_of_pictures_is_another_video_when_its_pictures_change(tmp_path):
    for number in (1, 2, 3):
        (tmp_path / f"{number}.jpg").write_bytes(b"a picture")
    dataset = make("a")
    sequence = dataclasses.replace(dataset.sequences[0], file=tmp_path)
    seen = [video_identity(sequence, dataset)]
    assert seen == [video_identity(sequence, dataset)]
    (tmp_path / "notes.txt").touch()
    assert seen == [video_identity(sequence, dataset)]

    def changed():
        seen.append(video_identity(sequence, dataset))
        return seen[-1] not in seen[:-1]

    os.utime(tmp_path / "2.jpg", (9e9, 9e9))
    assert changed()
    (tmp_path / "2.jpg").write_bytes(b"another one")
    os.utime(tmp_path / "2.jpg", (9e9, 9e9))
    assert changed()
    (tmp_path / "3.jpg").rename(tmp_path / "4.jpg")
    assert changed()
    (tmp_path / "1.jpg").unlink()
    assert changed()


def test_frames_come_back_as_they_were_prepared(cache):
    from seqdl.video.prepare import prepare

    dataset = make("a", "b")
    prepared = store.prepare(dataset, CONFIG)
    assert set(prepared.spans) == {"a", "b"}
    for sequence in dataset.sequences:
        offset, length = prepared.spans[sequence.name]
        clip = prepare(render(sequence), "track", CONFIG, sequence.name)
        assert np.array_equal(prepared.frames[offset : offset + length], clip.frames)
        assert np.array_equal(prepared.seen[offset : offset + length], clip.seen)


def test_what_is_prepared_is_reused_and_what_is_new_is_added(cache, monkeypatch):
    before = store.prepare(make("a", "b"), CONFIG)
    made = []
    original = store._make
    monkeypatch.setattr(store, "_make", lambda group, **kw: made.extend(s.name for s in group) or original(group, **kw))
    again = store.prepare(make("a", "b"), CONFIG)
    assert made == []
    assert np.array_equal(before.frames, again.frames)
    store.prepare(make("a", "b", "c"), CONFIG)
    assert made == ["c"]


@pytest.mark.parametrize(
    "setting", ["lcn.sigma=2.0", "video.downsample=1", "lcn.reading=one_window", "convnet.rows=46"]
)
def test_other_settings_are_another_store(setting):
    assert store.settings_key(load(settings=[setting])) != store.settings_key(CONFIG)


def test_settings_of_the_networks_are_not(cache):
    assert store.settings_key(load(settings=["convnet.hidden=7", "video.empty=keep"])) == store.settings_key(CONFIG)


def test_another_source_or_box_is_another_sequence(cache):
    first = store.prepare(make("a"), CONFIG)
    for dataset in (make("a", source="v2"), dataclasses.replace(make("a"), box="centre")):
        offset, _ = store.prepare(dataset, CONFIG).spans["a"]
        assert offset >= len(first.frames)


def test_a_sequence_that_cannot_be_used_is_left_out_with_its_reason(cache):
    prepared = store.prepare(make("a", "short"), CONFIG)
    assert set(prepared.spans) == {"a"}
    assert "short" in prepared.skipped["short"]
    with pytest.raises(SeqdlError, match="no sequence of toy can be used"):
        store.prepare(make("short"), CONFIG)


def test_what_was_prepared_for_shorter_windows_may_be_too_short(cache):
    shorter = load(settings=["convnet.frames=5", "convnet.c1_kernel=[1,7,7]"])
    assert set(store.prepare(make("a", "short"), shorter).spans) == {"a", "short"}
    prepared = store.prepare(make("a", "short"), CONFIG)
    assert set(prepared.spans) == {"a"}
    assert "a window needs 9" in prepared.skipped["short"]


def test_what_an_interrupt_leaves_behind_is_cut_off(cache):
    before = store.prepare(make("a"), CONFIG)
    [folder] = [path for path in cache.iterdir() if path.is_dir()]
    with (folder / "frames.f32").open("ab") as frames, (folder / "index.jsonl").open("a") as index:
        frames.write(b"half a frame")
        index.write('["half a li')
    after = store.prepare(make("a", "b"), CONFIG)
    offset, length = after.spans["b"]
    assert offset == len(before.frames)
    assert np.array_equal(after.frames[:offset], before.frames)
    assert len(after.frames) == len(after.seen) == offset + length
    lines = (folder / "index.jsonl").read_text().splitlines()
    assert [json.loads(line)[1] for line in lines] == [0, offset]


@pytest.mark.parametrize(
    "name, content",
    [
        ("frames.f32", lambda data: data[: len(data) // 2]),
        ("frames.f32", lambda data: None),
        ("seen.u8", lambda data: data[:-1]),
        ("index.jsonl", lambda data: data.splitlines(keepends=True)[0] + b"5\n"),
        ("index.jsonl", lambda data: data.splitlines(keepends=True)[1]),
        ("index.jsonl", lambda data: bytes(range(256))),
        ("index.jsonl", lambda data: b'["a", "b", "c", "d"]\n'),
        ("index.jsonl", lambda data: None),
    ],
)
def test_a_damaged_store_is_made_anew(cache, name, content):
    before = store.prepare(make("a", "b"), CONFIG)
    expected = {key: before.frames[first : first + length].copy() for key, (first, length) in before.spans.items()}
    [folder] = [path for path in cache.iterdir() if path.is_dir()]
    damaged = content((folder / name).read_bytes())
    (folder / name).unlink()  # truncating in place would pull the ground from under the mapping above
    if damaged is not None:
        (folder / name).write_bytes(damaged)
    after = store.prepare(make("a", "b"), CONFIG)
    assert len(after.seen) == len(after.frames) >= len(before.frames)  # rows that nobody has stay between others
    for key, (first, length) in after.spans.items():
        assert np.array_equal(after.frames[first : first + length], expected[key])


def stretches(file, *ranges):
    """Sequences of one file, as in KTH's list."""
    found = tuple(Sequence(f"{first}-{last}", file, "moving", "ann", first, last) for first, last in ranges)
    return Dataset("toy", "", ("moving",), found, "track")


def decoded(monkeypatch):
    """The numbers of the frames that are read from now on."""
    from seqdl.video.reader import Reader

    read, original = [], Reader.__iter__

    def counted(self):
        for k, frame in enumerate(original(self)):
            read.append(k)
            yield frame

    monkeypatch.setattr(Reader, "__iter__", counted)
    return read


def test_stretches_of_one_file_are_prepared_in_one_go_as_if_each_were_alone(cache, walkers, monkeypatch, tmp_path):
    file, ranges = walkers / "moving/ann_0.avi", [(0, 9), (9, 17), (3, 13)]
    alone = [store.prepare(stretches(file, span), CONFIG, tmp_path / "alone") for span in ranges]
    read = decoded(monkeypatch)
    together = store.prepare(stretches(file, *ranges), CONFIG)
    assert read == [*range(10), *range(18), *range(14)]  # each overlaps with the one before
    for span, one in zip(ranges, alone):
        name = f"{span[0]}-{span[1]}"
        (first, length), (place, same) = together.spans[name], one.spans[name]
        assert length == same == span[1] - span[0] + 1
        assert np.array_equal(together.frames[first : first + length], one.frames[place : place + length])


def test_a_stretch_that_fails_leaves_the_next_ones_alone(cache, walkers, monkeypatch):
    file = walkers / "moving/ann_0.avi"
    ranges = [(0, 8), (9, 11), (12, 23), (24, 40), (41, 50)]  # the video has 24 frames
    read = decoded(monkeypatch)
    prepared = store.prepare(stretches(file, *ranges), CONFIG)
    assert read[:24] == list(range(12)) + list(range(12))  # once for both of the first, and anew after the failure
    assert set(prepared.spans) == {"0-8", "12-23"}
    assert [text.split(":")[0] for text in prepared.skipped.values()] == [
        "9-11 has 3 frames, a window needs 9",
        "24-40 has 0 frames, a window needs 9",
        "41-50 has 0 frames, a window needs 9",
    ]


def test_groups_are_small_and_of_one_file(walkers):
    file, other = walkers / "moving/ann_0.avi", walkers / "moving/ann_1.avi"
    many = stretches(file, *[(k, k) for k in range(store.TOGETHER + 3)]).sequences
    whole = Sequence("whole", file, "moving", "ann")
    groups = store._groups([*many, *stretches(other, (50, 60)).sequences, whole, whole])
    assert [len(group) for group in groups] == [store.TOGETHER, 3, 1, 1, 1]
    assert store._groups(list(make("a", "b").sequences)) == [[s] for s in make("a", "b").sequences]


def test_a_rendered_frame_of_another_type_is_named(cache):
    broken = dataclasses.replace(make("a"), render=lambda sequence: (frame / 255 for frame in render(sequence)))
    with pytest.raises(
        SeqdlError, match=r"a: .* frames\[0\]: expected an array of uint8, \(height, width\), got float64"
    ):
        store.prepare(broken, CONFIG)


@pytest.mark.compiled(reason="its processes take half a minute with kernels that are plain Python")
def test_processes_give_the_same_bytes(cache, monkeypatch, tmp_path):
    names = [f"s{k}" for k in range(pool.FEW + 2)]
    alone = store.prepare(make(*names), CONFIG)
    together = store.prepare(make(*names), CONFIG, cache=tmp_path / "other", workers=2)
    assert np.array_equal(alone.frames, together.frames)
    assert alone.spans == together.spans


def test_frames_cannot_be_changed_by_mistake(cache):
    with pytest.raises(ValueError, match="read-only"):
        store.prepare(make("a"), CONFIG).frames[:] = 7


def test_a_cache_that_cannot_be_written(tmp_path, monkeypatch):
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(SeqdlError, match="SEQDL_CACHE"):
        store.prepare(make("a"), CONFIG, cache=blocked)


def test_sequences_of_one_video_are_told_from_those_of_others():
    from seqdl.datasets import actors

    def identities(variant):
        dataset = actors.load(variant)
        return {sequence.name: store.video_identity(sequence, dataset) for sequence in dataset.sequences}

    small, whole = identities("small"), identities("small-whole")
    assert len({json.dumps(identity) for identity in whole.values()}) == len(whole)
    assert all(whole[name.partition("#")[0]] == identity for name, identity in small.items())
