"""Detect and describe: known points, parts, bad input, and STIP 2.0's own output."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from experiments import fill, stip_reference
from seqdl.baseline import stip, text
from seqdl.baseline.scales import POINT, SHORTEST
from seqdl.errors import SeqdlError, UsageError

ROOT = Path(__file__).resolve().parents[2]
BACKENDS = ["numpy", pytest.param("numba", marks=pytest.mark.compiled(reason="loops over every pixel"))]


def place(points):
    return np.stack([points[key] for key in ("t", "y", "x")], axis=1)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_blinking_dot_is_found_where_and_when_it_is(dot, backend):
    video = dot(41, 50, 60, (20, 22, 33), 4, 2)
    points = stip.detect(video, backend)
    strongest = points[points["response"].argmax()]
    assert place(strongest[None]).tolist() == [[20, 22, 33]]
    assert (strongest["sigma2"], strongest["tau2"]) == (4, 2)
    finest = points[points["sigma2"] <= 8]
    assert {(p["sigma2"].item(), p["tau2"].item()) for p in finest} == {(4, 2), (4, 4), (8, 2), (8, 4)}
    assert np.abs(place(finest) - (20, 22, 33)).max() <= 12


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_moving_corner_is_found_where_it_turns_back(corner, backend):
    """On its way it is a translation and no point; Laptev's own example."""
    x = np.concatenate([np.arange(20, 40), np.arange(40, 20, -1)])
    points = stip.detect(corner([(30, at) for at in x], 64, 64), backend)
    finest = points[(points["sigma2"] == 4) & (points["tau2"] == 2)]
    assert len(finest) == 1
    assert np.abs(place(finest) - (20, 30, 39)).max() <= 4


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(
    "velocity, bin", [((0.0, 0.0), 0), ((0.7, 0.9), 1), ((0.8, -1.0), 2), ((-1, -1), 3), ((-1, 1), 4)]
)
def test_descriptors_of_a_translation(rng, texture, backend, velocity, bin):
    video = texture(rng, 24, 60, 60, velocity, blur=3)
    points = np.zeros(1, POINT)
    for key, value in {"t": 12, "y": 30, "x": 30, "sigma2": 4, "tau2": 4}.items():
        points[key] = value
    hog, hof = stip.describe(video, points, backend)
    assert hof.shape == (1, 90) and hog.shape == (1, 72)
    assert hof.reshape(18, 5)[:, bin].min() > 0.8
    assert hog.reshape(18, 4).sum(axis=1) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("mirror, flip", [(True, False), (False, True), (True, True), (False, False)])
def test_turned_descriptors_are_those_of_the_turned_video(rng, texture, mirror, flip):
    """But for the grid of the flow. Each quarter of the picture moves its own way, so that all bins are in use."""
    video = np.zeros((24, 90, 90), np.uint8)
    for y, x, velocity in [(0, 0, (0.8, 1.0)), (0, 45, (0.0, 0.0)), (45, 0, (-0.9, 0.8)), (45, 45, (-1.0, -0.9))]:
        video[:, y : y + 45, x : x + 45] = texture(rng, 24, 45, 45, velocity, blur=3)
    points = np.zeros(3, POINT)
    points["t"], points["y"], points["x"] = 12, (40, 40, 50), (42, 50, 45)
    points["sigma2"], points["tau2"] = 4, 4
    there = points.copy()
    there["x"] = 89 - points["x"] if mirror else points["x"]
    there["y"] = 89 - points["y"] if flip else points["y"]
    there = there[np.lexsort((there["x"], there["y"]))]
    copy = video[:, :: -1 if flip else 1, :: -1 if mirror else 1]
    expected = stip.describe(copy, there, "numpy")[1].reshape(-1, 18, 5)

    def apart(hof):
        return np.abs(hof.reshape(-1, 18, 5) - expected).sum(axis=2).mean() / 2

    hof = stip.describe(video, points, "numpy")[1]
    assert apart(stip.turned(points, hof, mirror, flip)) < (0.2 if mirror or flip else 1e-9)
    others = [way for way in [(True, False), (False, True), (True, True), (False, False)] if way != (mirror, flip)]
    assert min(apart(stip.turned(points, hof, *way)) for way in others) > 0.4


@pytest.mark.parametrize("transposed", [False, True])
@pytest.mark.parametrize("y, x, still", [(30, 60, True), (100, 60, False), (60, 30, None)])
def test_a_point_of_a_higher_level_is_described_where_it_is(rng, texture, y, x, still, transposed):
    """The upper part stands, the lower one moves by two pixels, which is one at level 1."""
    video = texture(rng, 18, 120, 120, (2, 2), blur=4)
    video[:, :66] = video[0, :66]
    if transposed:
        video, y, x = np.ascontiguousarray(video.transpose(0, 2, 1)), x, y
    points = np.zeros(1, POINT)
    for key, value in {"t": 9, "y": y, "x": x, "sigma2": 16, "tau2": 2}.items():
        points[key] = value
    _, hof = stip.describe(video, points, "numpy")
    standing = hof.reshape(3, 3, 2, 5)[..., 0]
    standing = standing.swapaxes(0, 1) if transposed else standing
    if still is None:
        assert standing[:, 0].min() > 0.9 and standing[:, 2].max() < 0.3
    else:
        assert standing[:, 1].min() > 0.9 if still else standing[:, 1].max() < 0.1


@pytest.mark.parametrize("backend", BACKENDS)
def test_parts_change_nothing(rng, texture, backend, monkeypatch):
    video = np.stack([texture(rng, 1, 44, 48, blur=3)[0] for _ in range(58)])
    whole = list(stip.features(video, backend))
    assert len(whole) == 1 and len(whole[0].points) > 20
    monkeypatch.setattr(stip, "MEMORY", 1)
    assert len(list(stip.parts(iter(video), backend))) == 4 - 1
    for one, other in zip(whole[0], zip(*stip.features(iter(video), backend)), strict=True):
        assert np.array_equal(one, np.concatenate(other))
    points = stip.detect(video, backend)
    assert np.array_equal(points, whole[0].points)
    order = rng.permutation(len(points))
    hog, hof = stip.describe(video, points[order], backend)
    assert np.array_equal(hog, whole[0].hog[order]) and np.array_equal(hof, whole[0].hof[order])


def test_a_video_with_nothing_in_it_has_no_points():
    video = np.full((SHORTEST, 37, 37), 80, np.uint8)
    [found] = stip.features(video, "numpy")
    assert found.points.dtype == POINT
    assert [len(part) for part in found] == [0, 0, 0] and found.hof.shape == (0, 90)


@pytest.mark.parametrize(
    "shape, error, message",
    [
        ((SHORTEST - 1, 40, 40), SeqdlError, f"clip has {SHORTEST - 1} frames, the temporal scales need {SHORTEST}"),
        ((0, 40, 40), SeqdlError, "clip has 0 frames"),
        ((20, 36, 60), SeqdlError, "clip has frames of 60 x 36, the smallest patch needs 37 x 37"),
        ((20, 60, 36), SeqdlError, "clip has frames of 36 x 60"),
        ((20, 1000, 1000), SeqdlError, "clip has frames of 1000 x 1000: scale it down"),
        ((20, 40, 40, 3), ValueError, "clip, frame 0: expected an array of uint8"),
    ],
)
def test_videos_that_cannot_be_done(shape, error, message):
    with pytest.raises(error, match=message):
        list(stip.features(np.broadcast_to(np.uint8(0), shape), "numpy", "clip"))


def test_frames_that_are_no_bytes_are_refused():
    with pytest.raises(ValueError, match=r"the video, frame 0: expected an array of uint8, .*, got float64"):
        stip.detect(np.zeros((20, 40, 40)), "numpy")


def test_an_unknown_backend():
    with pytest.raises(UsageError, match="backend torch: choose numba or numpy"):
        stip.detect(np.zeros((20, 40, 40), np.uint8), "torch")


@pytest.mark.parametrize("key, value", [("t", -1), ("t", 20), ("y", 40), ("x", -1), ("sigma2", 5), ("tau2", 8)])
def test_points_that_are_none_of_the_video(key, value):
    points = np.zeros(2, POINT)
    points["sigma2"], points["tau2"] = 4, 2
    points[key][1] = value
    with pytest.raises(UsageError, match=f"outside of the video or its scales: 1, the first is .*{key} {value}"):
        stip.describe(np.zeros((20, 40, 40), np.uint8), points, "numpy")


def test_the_text_of_features_can_be_read_again(rng):
    points = np.zeros(3, POINT)
    for key, values in {"y": (83, 5, 0), "x": (70, 9, 1), "t": (7, 30, 50), "sigma2": (4, 8, 128), "tau2": 2}.items():
        points[key] = values
    found = stip.Features(points, rng.random((3, 72), np.float32), rng.random((3, 90), np.float32))
    lines = list(text.lines(found, (104, 120, 160)))
    assert lines[0].startswith("5 0.683333 0.43125 0.0618557 83 70 7 4 2 ") and lines[0].endswith(" \n")
    again = text.parse(text.header("walk") + "".join(lines))
    for key in ("y", "x", "t", "sigma2", "tau2"):
        assert (again.points[key] == points[key]).all()
    assert again.hog == pytest.approx(found.hog, rel=1e-5) and again.hof == pytest.approx(found.hof, rel=1e-5)
    assert len(text.parse(text.header("nothing")).points) == 0


@pytest.mark.parametrize(
    "line, message", [("5 0.1 0.2", "line 3 has 3 values, STIP 2.0's have 171"), ("5 a", "line 3 is not of")]
)
def test_text_that_is_something_else(line, message):
    with pytest.raises(SeqdlError, match=f"points.txt: {message}"):
        text.parse(text.header("walk") + line, "points.txt")


@pytest.fixture(scope="module")
def reference(test_data):
    """The video, STIP 2.0's output for it, and the script that compares."""
    from seqdl.video.reader import Reader

    folder = test_data / "stip"
    with Reader(folder / "walk-complex.avi") as reader:
        video = np.stack(list(reader))
    name = folder / "walk-complex-stip2.txt"
    return video, text.parse(name.read_text(), str(name)), stip_reference


@pytest.mark.compiled(reason="a hundred frames at twelve scales")
def test_points_are_those_of_stip_2(reference):
    video, theirs, script = reference
    agreed = script.agreement(stip.detect(video), theirs.points)

    def found(levels):
        return script.share([recall for scale, (recall, _) in agreed.items() if scale.level in levels])

    assert found({0}) >= 0.95
    assert found({1}) >= 0.85 and found({2}) >= 0.85
    for recall, precision in agreed.values():
        assert recall.mean() >= 0.85 and precision.mean() >= 0.85
    assert script.share([precision for _, precision in agreed.values()]) >= 0.93


@pytest.mark.compiled(reason="a hundred frames at twelve scales")
def test_descriptors_are_those_of_stip_2(reference):
    video, theirs, script = reference
    hog, hof = stip.describe(video, theirs.points)
    assert script.distance(hog, theirs.hog, 4) < 0.012
    assert script.distance(hof, theirs.hof, 5) < 0.055
    level0 = theirs.points["sigma2"] <= 8
    assert script.distance(hog[level0], theirs.hog[level0], 4) < 0.012


def test_the_document_has_the_comparison_on_record():
    script = stip_reference
    record, text = json.loads(script.RECORD.read_text(encoding="utf-8")), script.DOCUMENT.read_text(encoding="utf-8")
    made = [
        fill.fill(text, {"reference": script.table(one)}, "", script.OTHERS) for one in (record, {**record, "hof": 0.5})
    ]
    assert made[0] == text != made[1]


@pytest.mark.compiled(reason="a hundred frames at twelve scales")
def test_the_comparison_is_printed_and_on_record(reference, test_data, tmp_path, monkeypatch, capsys):
    *_, script = reference
    folder, record = test_data / "stip", json.loads(script.RECORD.read_text(encoding="utf-8"))
    for name in ("RECORD", "DOCUMENT"):
        monkeypatch.setattr(script, name, tmp_path / name)
    monkeypatch.setattr(script, "ROUNDS", 1)
    monkeypatch.setattr(script.fill, "write", lambda *_: None)
    arguments = [str(folder / "walk-complex.avi"), str(folder / "walk-complex-stip2.txt"), "--write"]
    assert script.main(arguments) == 0
    assert "frames/s" in capsys.readouterr().out
    now = json.loads(script.RECORD.read_text(encoding="utf-8"))
    assert set(record) == set(now)
    for key in ("frames", "points"):
        assert record[key] == now[key]
    for key in ("levels", "theirs", "hog", "hof", "turned"):
        assert record[key] == pytest.approx(now[key], abs=0.01)
