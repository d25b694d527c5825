"""Interest points on disk: those of the whole video, found once, safe against damage."""

import dataclasses
import os

import numpy as np
import pytest

from seqdl.base import pool
from seqdl.baseline import stip
from seqdl.baseline.scales import HALO, POINT
from seqdl.config import load
from seqdl.datasets.base import Dataset, Sequence
from seqdl.errors import SeqdlError
from seqdl.stores import points

# Without compiled kernels the equations in NumPy are quicker.
BACKEND = "numpy" if os.environ.get("NUMBA_DISABLE_JIT", "0") != "0" else "numba"
CONFIG = load(settings=[f"backend={BACKEND}"])
LENGTH = 70


def film(seed):
    """A square that turns back now and then, on a plain background."""
    rng = np.random.default_rng(seed)
    place = np.array([28.0, 30.0])
    for t in range(LENGTH):
        if t % 9 == 0:
            speed = rng.uniform(-2, 2, 2)
        place = np.clip(place + speed, 14, 46)
        frame = np.full((60, 64), 80, np.uint8)
        y, x = place.astype(int)
        frame[y - 6 : y + 6, x - 6 : x + 6] = 200
        yield frame


def render(sequence):
    """``still`` shows nothing, ``short`` has too few frames; whoever asks is given the rest of the video."""
    kind, frames = sequence.extra["video"], film(int(sequence.person[-1]))
    frames = [np.full((60, 64), 80, np.uint8)] * 30 if kind == "still" else list(frames)
    frames = frames[:12] if kind == "short" else frames
    yield from frames[sequence.first : None if sequence.last is None else sequence.last + 1]


def make(*spans, source="v1"):
    """A dataset of sequences given as (name, first, last); those that are neither still nor short are of one video."""
    sequences = tuple(
        Sequence(name, None, "walking", "p1", *span, {"video": name if name in ("still", "short") else "film"})
        for name, *span in spans
    )
    return Dataset("toy", "", ("walking", "boxing"), sequences, "track", render=render, source=source)


WHOLE = ("whole", 0, None)


def test_the_points_of_a_cut_sequence_are_those_of_the_whole_video(cache):
    """To the bit, in whichever frames it lies: points and descriptors depend on nothing that is not read."""
    frames = list(film(1))
    there = stip.detect(frames, BACKEND)
    hof = stip.describe(frames, there, BACKEND)[1]
    spans = [("early", 0, 20), ("middle", 21, 34), ("late", 30, LENGTH - 1), ("beyond", 40, LENGTH + 30), WHOLE]
    found = points.prepare(make(*spans), CONFIG)
    for name, first, last in spans:
        inside = (there["t"] >= first) & (there["t"] <= (LENGTH if last is None else last))
        assert inside.sum() > 1
        offset, count = found.spans[name]
        assert np.array_equal(found.points[offset : offset + count], there[inside])
        assert np.array_equal(found.steps(name), hof[inside])
    assert found.footage == 21 + 14 + 40 + 30 + 70


def test_no_more_is_read_than_the_points_depend_on(cache):
    asked = []

    def noted(sequence):
        for t, frame in enumerate(render(sequence), sequence.first):
            asked.append(t)
            yield frame

    points.prepare(dataclasses.replace(make(("middle", 30, 34)), render=noted), CONFIG)
    assert asked == list(range(30 - HALO, 34 + HALO + 1))


def test_copies_are_what_is_described_turned(cache):
    found = points.prepare(make(WHOLE), CONFIG)
    offset, count = found.spans["whole"]
    rows = slice(offset, offset + count)
    for mirror, flip in ((True, False), (False, True), (True, True)):
        turned = stip.turned(found.points[rows], found.hof[rows], mirror, flip)
        assert np.array_equal(found.steps("whole", mirror, flip), turned)
        assert not np.array_equal(turned, found.steps("whole"))


def test_steps_are_in_the_order_of_time_and_only_the_strongest_where_asked(cache):
    found = points.prepare(make(WHOLE), CONFIG)
    offset, count = found.spans["whole"]
    mine = found.points[offset : offset + count]
    order = np.lexsort((mine["x"], mine["y"], mine["tau2"], mine["sigma2"], mine["t"]))
    assert np.array_equal(order, np.arange(count))
    kept = found.steps("whole", most=5)
    least = np.sort(mine["response"])[-5]
    assert np.array_equal(kept, found.steps("whole")[mine["response"] >= least])
    assert len(found.steps("whole", most=count + 3)) == count


def test_strongest_by_hand():
    made = np.zeros(4, POINT)
    made["response"] = 2, 5, 2, 3
    assert points.strongest(made, 3).tolist() == [0, 1, 3]
    assert points.strongest(made, 0).tolist() == [0, 1, 2, 3]
    assert points.strongest(made[:0], 2).tolist() == []


@pytest.fixture
def gone_through(monkeypatch):
    """The frames that videos are gone through for, as (first, last)."""
    asked, original = [], points._of_video

    def noted(video, *more):
        asked.append((video.first, video.last))
        return original(video, *more)

    monkeypatch.setattr(points, "_of_video", noted)
    return asked


def test_what_is_found_is_kept_and_what_is_new_is_added(cache, gone_through):
    before = points.prepare(make(WHOLE), CONFIG)
    again = points.prepare(make(WHOLE, ("still", 0, None)), CONFIG)
    assert gone_through == [(0, None), (0, None)]
    assert np.array_equal(before.steps("whole"), again.steps("whole"))
    points.prepare(make(WHOLE), load(settings=["stip.points=3", "lstm.cells=7", "video.downsample=1"], base=CONFIG))
    assert len(gone_through) == 2
    points.prepare(make(WHOLE), load(settings=["video.grey=limited"], base=CONFIG))
    points.prepare(make(WHOLE, source="v2"), CONFIG)
    assert len(gone_through) == 4


def test_a_video_is_gone_through_once_for_all_its_sequences(cache, gone_through):
    cut = [("early", 3, 20), ("middle", 21, 34)]
    points.prepare(make(*cut), CONFIG)
    points.prepare(make(("part", 10, 20)), CONFIG)
    assert gone_through == [(3, 34)]
    both = points.prepare(make(("part", 10, 20), ("late", 30, 60)), CONFIG)
    assert gone_through[1:] == [(3, 60)]  # what was there stays there
    whole = points.prepare(make(WHOLE, *cut), CONFIG)
    assert gone_through[2:] == [(0, None)]
    after = points.prepare(make(*cut, ("late", 30, 60)), CONFIG)
    assert len(gone_through) == 3
    assert np.array_equal(both.steps("late"), after.steps("late"))
    assert len(whole.steps("whole")) > len(after.steps("early")) + len(after.steps("middle"))


def test_a_sequence_without_a_point_has_no_step(cache):
    for _ in range(2):
        found = points.prepare(make(("still", 0, None), WHOLE), CONFIG)
        assert found.steps("still").shape == found.steps("still", mirror=True).shape == (0, stip.HOF)
        assert len(found.steps("whole")) and not found.skipped
    alone = points.prepare(make(("still", 0, None)), CONFIG, cache=cache / "alone")
    assert len(alone.steps("still")) == 0


def test_a_sequence_that_cannot_be_used_is_left_out_with_its_reason(cache):
    found = points.prepare(make(("short", 0, None), WHOLE, ("after", 500, 520)), CONFIG)
    assert set(found.spans) == {"whole"}
    assert found.skipped["short"].startswith("short has 12 frames, the temporal scales need 17")
    assert found.skipped["after"] == f"after begins at frame 500, its video has {LENGTH}: leave it out"
    assert found.footage == LENGTH
    with pytest.raises(SeqdlError, match="no sequence of toy can be used; the first: short has 12 frames"):
        points.prepare(make(("short", 0, None)), CONFIG)


@pytest.mark.parametrize(
    "name, content",
    [
        ("hof.f32", lambda data: data[: len(data) // 2]),
        ("points.bin", lambda data: data[:-1]),
        ("points.bin", lambda data: None),
        ("index.jsonl", lambda data: data[: len(data) // 2]),
        ("index.jsonl", lambda data: data.replace(b"[", b"{")),
        ("index.jsonl", lambda data: None),
    ],
)
def test_a_damaged_store_is_made_anew(cache, name, content):
    dataset = make(("early", 0, 20), ("middle", 21, 34))
    before = {key: points.prepare(dataset, CONFIG).steps(key).copy() for key in ("early", "middle")}
    [folder] = [path for path in cache.iterdir() if path.is_dir()]
    damaged = content((folder / name).read_bytes())
    (folder / name).unlink()
    if damaged is not None:
        (folder / name).write_bytes(damaged)
    after = points.prepare(dataset, CONFIG)
    assert all(np.array_equal(after.steps(key), hof) for key, hof in before.items())
    assert len(after.points) == len(after.hof) == sum(map(len, before.values()))


def test_a_cache_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(SeqdlError, match="SEQDL_CACHE"):
        points.prepare(make(WHOLE), CONFIG, cache=tmp_path / "file")


@pytest.mark.compiled(reason="its processes take half a minute with kernels that are plain Python")
def test_processes_give_the_same_bytes(cache, monkeypatch):

    monkeypatch.setattr(pool, "FEW", 1)
    dataset = make(("early", 0, 20), ("middle", 21, 34))
    alone = points.prepare(dataset, CONFIG)
    together = points.prepare(dataset, CONFIG, cache=cache / "other", workers=2)
    assert np.array_equal(alone.hof, together.hof) and np.array_equal(alone.points, together.points)
    assert alone.spans == together.spans


def test_the_lstm_has_an_input_for_each_value_of_a_descriptor():
    assert stip.HOF == stip.HOF


def test_stretches_of_a_file_are_given_the_points_in_their_frames(cache, walkers):
    """As KTH's list cuts its videos; the same through the reader as from all its frames."""
    from seqdl.video.reader import Reader

    file = walkers / "swinging/ann_0.avi"
    with Reader(file) as reader:
        there = stip.detect(reader, BACKEND)
    spans = [(0, 10), (11, 23)]
    sequences = tuple(Sequence(f"{first}", file, "moving", "ann", first, last) for first, last in spans)
    found = points.prepare(Dataset("toy", "", ("moving",), sequences, "track"), CONFIG)
    assert [len(found.steps(f"{first}")) for first, _ in spans] == [
        int(((there["t"] >= first) & (there["t"] <= last)).sum()) for first, last in spans
    ]
    assert len(there) and found.footage == 24
