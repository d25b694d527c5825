"""Predicting single videos: what cannot be seen from a finished run of the whole job."""

import numpy as np
import pytest

from seqdl.config import load
from seqdl.model.recogniser import Recogniser
from seqdl.predict import predict
from seqdl.video import reader


@pytest.mark.compiled(reason="reads with the network of the paper")
def test_a_video_that_does_not_say_its_rate_is_taken_to_have_25_frames_a_second(walkers, monkeypatch):
    recogniser = Recogniser(load(settings=["video.box=track"]), ("moving", "swinging"), np.random.default_rng(1))
    original = reader.Reader.__init__

    def silent(self, *args, **kwargs):
        original(self, *args, **kwargs)
        self.rate = 0.0

    monkeypatch.setattr(reader.Reader, "__init__", silent)
    prediction = predict(recogniser, walkers / "moving" / "ann_0.avi")
    assert prediction["timeline"][0]["seconds"] == pytest.approx(4.5 / 25)


def test_an_unknown_rule_for_the_box_is_named(walkers):
    recogniser = Recogniser(load(settings=["backend=numpy"]), ("moving", "swinging"), np.random.default_rng(1))
    with pytest.raises(ValueError, match=r"^box: expected one of .*person.*, got 'middle'$"):
        predict(recogniser, walkers / "moving" / "ann_0.avi", box="middle")
