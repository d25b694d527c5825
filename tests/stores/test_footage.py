"""Datasets at another rate: what is read, counted, rendered, and kept apart."""

from __future__ import annotations

import contextlib
import dataclasses

import numpy as np
import pytest
from video_files import timed_video

from seqdl.config import load
from seqdl.datasets import choose, registry
from seqdl.datasets.base import Dataset, Sequence
from seqdl.stores import frames, points
from seqdl.stores.footage import at_rate, opened


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """One and the same film: 60 frames at 25 a second, each of them twice at 50, and each third shown three times."""
    folder = tmp_path_factory.mktemp("rates")
    actors = registry.load("actors")
    film = list(actors.render(dataclasses.replace(actors.sequences[0], first=100, last=159)))
    timed_video(folder / "25.mkv", film, [t / 25 for t in range(60)])
    timed_video(folder / "50.mkv", [f for f in film for _ in "ab"], [t / 50 for t in range(120)], 50)
    timed_video(folder / "jitter.mkv", film, [t / 25 + 0.012 * (t % 3 == 1) for t in range(60)])
    return folder


def of(folder, *names, first=0, last=None):
    sequences = tuple(Sequence(name, folder / f"{name}.mkv", "a", name, first, last) for name in names)
    return Dataset("rates", "all", ("a",), sequences, "centre")


def test_mixed_rates_are_prepared_as_one(cache, folder):
    store = frames.prepare(of(folder, "25", "50", "jitter"), load())
    assert store.lengths == {"25": 60, "50": 60, "jitter": 60}
    one, *others = (store.frames[first : first + count] for first, count in store.spans.values())
    assert all(np.array_equal(one, other) for other in others)
    assert store.notes == ["50: 50 frames a second were resampled to 25: of 120 frames 60 left out, 0 repeated"]
    assert frames.prepare(of(folder, "50"), load(settings=["video.rate=stored"])).lengths == {"50": 120}
    assert frames.prepare(of(folder, "25", "50"), load(settings=["video.rate=12.5"])).lengths == {"25": 30, "50": 30}
    assert len({frames.settings_key(load(settings=[f"video.rate={rate}"])) for rate in ("auto", 25, "stored", 30)}) == 3


def test_first_and_last_frames_are_counted_at_the_datasets_rate(cache, folder):
    cut = of(folder, "25", "50", first=20, last=43)
    usual = frames.prepare(cut, load())
    assert usual.lengths == {"25": 24, "50": 24}
    assert np.array_equal(*(usual.frames[first : first + count] for first, count in usual.spans.values()))
    half = at_rate(cut, 12.5)
    assert {(s.first, s.last) for s in half.sequences} == {(10, 21)} and at_rate(half, 12.5) is half
    assert at_rate(cut, "stored") is cut and at_rate(cut, 25.0) is cut
    assert frames.prepare(cut, load(settings=["video.rate=12.5"])).lengths == {"25": 12, "50": 12}


@pytest.mark.compiled(reason="as plain Python the detector takes minutes")
def test_interest_points_are_found_at_that_rate_too(cache, folder):
    store = points.prepare(of(folder, "25", "50"), load(settings=["model=stip-lstm"]))
    assert store.frames == {"25": 60, "50": 60} and store.spans["25"][1] == store.spans["50"][1] > 0
    assert np.array_equal(*(store.steps(name) for name in ("25", "50")))


def test_what_is_rendered_is_resampled_as_well(cache):
    dataset = registry.load("actors")
    some = dataset.sequences[:1]
    dataset = Dataset("actors", "cut", ("a",), some, "track", render=dataset.render, source=dataset.source)
    count = frames.prepare(dataset, load()).footage
    assert frames.prepare(dataset, load(settings=["video.rate=50"])).footage == 2 * count
    assert choose.with_own(load(), dataset).video.rate == 25


def test_a_reader_expects_what_the_header_promises(folder):
    expected = {"auto": (60, 60), 50: (120, 120), "stored": (60, 120)}
    for rate, counts in expected.items():
        config = load(settings=[f"video.rate={rate}"])
        for name, count in zip(("25", "50"), counts, strict=True):
            with opened(folder / f"{name}.mkv", config) as reader:
                assert reader.expected == pytest.approx(count, abs=2) and sum(1 for _ in reader) == count


def test_each_stretch_says_that_it_was_resampled(cache, folder):
    [note] = frames.prepare(of(folder, "50", first=5, last=30), load()).notes
    assert note.startswith("50: 50 frames a second were resampled to 25: of ")


def test_a_worker_hands_a_long_sequence_over_in_a_file(cache, folder, monkeypatch):
    whole = frames.prepare(of(folder, "25"), load(), cache / "one")
    sequences = of(folder, "25").sequences
    monkeypatch.setattr(frames, "IN_MEMORY", 100)
    monkeypatch.setattr(frames.multiprocessing, "parent_process", lambda: "a parent")
    [(path, seen, notes)] = frames._make(list(sequences), None, choose.with_own(load(), of(folder, "25")), cache)
    assert path.suffix == frames.HANDED and notes == [] and len(seen) == 60
    assert np.array_equal(np.fromfile(path, np.float32), whole.frames.ravel())
    made = [(sequences[0], (path, seen, notes))]
    monkeypatch.setattr(frames, "in_groups", lambda *_: contextlib.nullcontext(made))
    (stray := cache / "two" / frames.settings_key(load()) / f"stray{frames.HANDED}").parent.mkdir(parents=True)
    stray.touch()
    assert np.array_equal(frames.prepare(of(folder, "25"), load(), cache / "two").frames, whole.frames)
    assert not path.exists() and not stray.exists()
