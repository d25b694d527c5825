"""Predicting single videos: what cannot be seen from a finished run of the whole job."""

import functools
import itertools
import json
from dataclasses import replace

import numpy as np
import pytest
from video_files import timed_video

from seqdl.config import load
from seqdl.errors import UsageError
from seqdl.model import recogniser as recogniser_module
from seqdl.model.prediction import Prediction, doubts
from seqdl.model.recogniser import Recogniser
from seqdl.model.timeline import Moment, stretches
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


def told(*steps, seen=1.0):
    return [(one.first, one.last, one.label) for one in prediction(*steps, seen=seen).stretches()]


def test_a_timeline_is_told_in_stretches_of_half_a_second():
    ten = [(k / 10, "a" if k < 6 else "b") for k in range(12)]
    assert told(*ten) == [(0, 0.5, "a"), (0.6, 1.1, "b")]
    flicker = [(k / 10, "b" if k in (2, 7) else "a") for k in range(12)]
    assert told(*flicker) == [(0, 1.1, "a")]
    assert told(*((k / 10, "a" if k < 2 else "b") for k in range(12))) == [(0, 1.1, "b")], "none is shorter"
    assert told(*((k / 10, "ab"[k % 2]) for k in range(3))) == [(0, 0.2, "a")], "shorter as a whole"
    gap = [(0.0, "a"), (0.1, "a"), (0.2, "b"), (1.0, "b"), (1.1, "b")]
    assert told(*gap) == [(0, 0.2, "a"), (1, 1.1, "b")], "nobody is seen between"
    assert told(*gap, seen=None) == [(0, 1.1, "b")], "points have no gaps"
    assert told() == []


def test_no_way_to_cut_a_timeline_says_more(rng):
    """By trying all: stretches of half a second, of steps of different length."""
    for _ in range(20):
        times = np.cumsum(rng.choice([0.1, 0.2, 0.3], 9)).round(3)
        moments = [Moment(float(t), "abc"[rng.integers(3)], float(rng.uniform(0.4, 1))) for t in times]
        ends = [*times, times[-1] + np.diff(times).min()]
        best = 0.0
        for inner in range(2**8):
            cuts = [0, *(k + 1 for k in range(8) if inner >> k & 1), 9]
            if all(ends[b] - ends[a] > 0.5 - 1e-6 for a, b in itertools.pairwise(cuts)):
                parts = [moments[a:b] for a, b in itertools.pairwise(cuts)]
                sums = [[sum(m.probability for m in part if m.label == label) for label in "abc"] for part in parts]
                best = max(best, sum(map(max, sums)))
        found = stretches(moments, gaps=False)
        assert all(one.label != other.label for one, other in itertools.pairwise(found))
        owners = [next(one for one in found if one.first <= m.seconds <= one.last) for m in moments]
        assert sum(m.probability for m, o in zip(moments, owners) if m.label == o.label) == pytest.approx(best)


def test_an_hour_is_told_at_once():
    moments = [Moment(k / 25, "ab"[k // 7 % 2], 0.6) for k in range(2000)]
    assert min(one.last - one.first for one in stretches(moments, gaps=True)) > 0.45


@pytest.mark.parametrize("classes, bound", [(2, 0.625), (6, 0.375), (10, 0.325)])
def test_a_decision_hardly_above_chance_is_doubtful(classes, bound):
    names = [f"class{k}" for k in range(classes)]
    assert doubts("class0", bound + 0.001, names, 1.0, "class0") == ()
    said, why = doubts("class0", bound - 0.001, names)
    assert said == f"hardly above chance ({1 / classes:.0%})" and why.startswith(
        "what is shown may be none of class0, "
    )
    assert doubts("class0", 1.0, names, 1.0, "class1")[0] == "voting says class1"
    assert doubts("class0", 1.0, names, 0.0) == ("nobody is seen: the decision is made of an empty scene",)
    assert doubts("one", 1.0, ["one"], 1.0) == ()


def test_votes_of_an_untrained_convnet_raise_no_doubt(rng):
    classes = ("moving", "swinging")
    for settings, expected in (
        (["convnet.epochs=0"], False),
        (["convnet.epochs=3"], True),
        (["model=stip-lstm"], False),
        (["model=single-step", "convnet.epochs=0"], True),
        (["model=single-step", "convnet.epochs=0", "single_step.convnet_rate=0"], False),
    ):
        assert Recogniser(load(settings=["backend=numpy", *settings]), classes, rng).votes_mean_something is expected


def test_below_the_threshold_the_answer_is_uncertain():
    one = prediction((0.18, "a"), (0.22, "b"))
    assert (one.answer, replace(one, threshold=0.75).answer, replace(one, threshold=0.76).answer) == (
        "a",
        "a",
        "uncertain",
    )
    assert replace(one, seen=0.0).answer == "a" and replace(one, seen=0.0, threshold=0.1).answer == "uncertain"
    lines = str(replace(one, threshold=0.8, doubts=("why",))).splitlines()
    assert lines[0] == "a.avi: uncertain, at best a (75%); voting: b (60% of the windows)"
    assert lines[1:] == ["  doubtful: why", "     0.18 -   0.22 s  uncertain      75%"]
    assert one.text(2).splitlines()[1:3] == ["    1. a              75%", "    2. b              25%"]
    with pytest.raises(ValueError, match=r"^top_k: "):
        one.text(0)


def test_settings_of_looking_can_be_changed_and_no_others():
    config = load(settings=["video.box=track", "video.rate=25", "convnet.hidden=8"])
    looking = functools.partial(recogniser_module._looking, config)
    assert looking(["video.empty=keep", "video.box=auto", "video.rate=auto"]) == load(
        settings=["video.empty=keep"], base=config
    )
    with pytest.raises(UsageError, match=r"^settings=convnet.hidden=9: .* only those of video"):
        looking(["video.empty=keep", "convnet.hidden=9"])
    with pytest.raises(UsageError, match=r"^unknown configuration key video.emptiness; known: "):
        looking(["video.emptiness=keep"])


def test_a_prediction_is_text_json_and_csv():
    one = prediction((0.18, "a"), (0.22, "b"))
    assert str(one).splitlines()[0] == "a.avi: a (75%); voting: b (60% of the windows)"
    assert json.loads(one.to_json()) == json.loads(json.dumps(one.to_dict()))
    assert one.to_dict()["stretches"] == [{"first": 0.18, "last": 0.22, "label": "a", "probability": 0.75}]
    assert one.to_dict()["timeline"][1] == {"seconds": 0.22, "label": "b", "probability": 0.75}
    assert one.to_csv().splitlines() == ["video,seconds,label,probability", "a.avi,0.18,a,0.75", "a.avi,0.22,b,0.75"]
