"""Predicting single videos: what cannot be seen from a finished run of the whole job."""

import json

import numpy as np
import pytest
from video_files import timed_video

from seqdl.config import load
from seqdl.model.prediction import Prediction
from seqdl.model.recogniser import Recogniser
from seqdl.model.timeline import Moment
from seqdl.video.reader import Reader


@pytest.mark.compiled(reason="reads with the network of the paper")
def test_seconds_are_those_of_the_time_stamps_at_any_rate(tmp_path, walkers):
    """The same 24 frames at 25 a second, at 50 with each frame twice, and with a pause after the 12th."""
    recogniser = Recogniser(load(settings=["video.box=track"]), ("moving", "swinging"), np.random.default_rng(1))
    with Reader(walkers / "moving" / "ann_0.avi") as source:
        frames = list(source)
    usual, double = [t / 25 for t in range(24)], [t / 50 for t in range(48)]
    plain = recogniser.predict(timed_video(tmp_path / "25.mkv", frames, usual))
    twice = recogniser.predict(timed_video(tmp_path / "50.mkv", [f for f in frames for _ in "ab"], double))
    paused = recogniser.predict(timed_video(tmp_path / "pause.mkv", frames, [t + (t > 0.46) for t in usual]))
    assert (plain.rate, twice.rate, plain.frames, twice.frames, plain.notes) == (25, 50, 24, 48, ())
    assert twice.timeline == plain.timeline and twice.probabilities == plain.probabilities
    assert plain.timeline[0].seconds == pytest.approx(4.5 / 25) and plain.timeline[-1].seconds == pytest.approx(0.78)
    assert paused.timeline[-1].seconds == pytest.approx(1.78)
    assert "resampled to 25: of 48 frames 24 left out" in twice.notes[0] and "25 repeated" in paused.notes[0]
    stored = Recogniser(
        load(settings=["video.box=track", "video.rate=stored"]), ("moving", "swinging"), np.random.default_rng(1)
    )
    assert stored.predict(tmp_path / "pause.mkv").timeline[-1].seconds == pytest.approx(1.78, abs=0.001)


def test_an_unknown_rule_for_the_box_is_named(walkers):
    recogniser = Recogniser(load(settings=["backend=numpy"]), ("moving", "swinging"), np.random.default_rng(1))
    with pytest.raises(ValueError, match=r"^box: expected one of .*person.*, got 'middle'$"):
        recogniser.predict(walkers / "moving" / "ann_0.avi", box="middle")


def prediction(*steps, seen=1.0):
    timeline = tuple(Moment(seconds, label, 0.75) for seconds, label in steps)
    return Prediction("a.avi", "a", 0.75, {"a": 0.75, "b": 0.25}, "b", {"a": 0.4, "b": 0.6}, 24, seen, (), timeline)


def test_a_timeline_is_told_in_stretches():
    steps = [(0.0, "a"), (0.04, "a"), (0.08, "b"), (1.0, "b"), (1.04, "b")]
    assert [len(stretch) for stretch in prediction(*steps).stretches()] == [2, 1, 2]
    assert [len(stretch) for stretch in prediction(*steps, seen=None).stretches()] == [2, 3], "points have no gaps"
    assert prediction().stretches() == []


def test_a_prediction_is_text_json_and_csv():
    one = prediction((0.18, "a"), (0.22, "b"))
    assert str(one).splitlines()[0] == "a.avi: a (75%); voting: b (60% of the windows)"
    assert json.loads(one.to_json()) == json.loads(json.dumps(one.to_dict()))
    assert one.to_dict()["timeline"][1] == {"seconds": 0.22, "label": "b", "probability": 0.75}
    assert one.to_csv().splitlines() == ["video,seconds,label,probability", "a.avi,0.18,a,0.75", "a.avi,0.22,b,0.75"]
