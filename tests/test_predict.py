"""Predicting single videos: what cannot be seen from a finished run of the whole job."""

import json

import numpy as np
import pytest

from seqdl.config import load
from seqdl.model.prediction import Moment, Prediction
from seqdl.model.recogniser import Recogniser
from seqdl.video import reader


@pytest.mark.compiled(reason="reads with the network of the paper")
def test_a_video_that_does_not_say_its_rate_is_taken_to_have_25_frames_a_second(walkers, monkeypatch):
    recogniser = Recogniser(load(settings=["video.box=track"]), ("moving", "swinging"), np.random.default_rng(1))
    original = reader.Reader.__init__

    def silent(self, *args, **kwargs):
        original(self, *args, **kwargs)
        self.rate = 0.0

    monkeypatch.setattr(reader.Reader, "__init__", silent)
    prediction = recogniser.predict(walkers / "moving" / "ann_0.avi")
    assert prediction.timeline[0].seconds == pytest.approx(4.5 / 25)


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
