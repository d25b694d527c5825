"""Decisions on the last seconds of a stream: the same as of a file of these frames, in a memory that stays as it is."""

import json
import threading
import time

import av
import numpy as np
import pytest

from seqdl.config import load
from seqdl.errors import SeqdlError
from seqdl.evaluation.live import Buffer, Live
from seqdl.model.prediction import Prediction
from seqdl.model.recogniser import Recogniser
from seqdl.video import feed as feeds
from seqdl.video.clock import Clock
from seqdl.video.feed import Feed, VanishedError

SIZE = (120, 160)


class Fake:
    """A stream of made-up frames: a camera that ends is one that has vanished."""

    def __init__(self, frames, rate=25.0, endless=False, realtime=False, wait=None):
        self.name, self.clock, self.endless, self.realtime = "fake", Clock(rate), endless, realtime
        self.frames, self.wait, self.notes, self.broken_off = frames, wait, (), ""
        self.given = self.closed = self.stopped = 0

    def timed(self):
        for k, frame in enumerate(self.frames):
            if self.wait:
                self.wait(k)
            self.given += 1
            yield frame, self.clock(k * self.clock.interval)

    def stop(self):
        self.stopped += 1

    def close(self):
        self.closed += 1


def walking(count, size=SIZE):
    """Somebody like a bar walks to and fro."""
    rng = np.random.default_rng(5)
    for k in range(count):
        frame = rng.integers(90, 110, size, np.uint8)
        at = 20 + abs(3 * k % 120 - 60)
        frame[20:-10, at : at + 12] = 200 - 40 * (k // 4 % 2)
        yield frame


@pytest.fixture(autouse=True)
def _waited_for(monkeypatch):
    monkeypatch.setattr(feeds, "PATIENCE", 60)


@pytest.fixture(scope="module")
def recogniser(quick):
    settings = [f"backend={quick}", "video.box=track", "video.rate=25", "lstm.window_step=4"]
    return Recogniser(load(settings=settings), ("moving", "swinging"), np.random.default_rng(1))


def lossless(path, frames):
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=25)
        stream.height, stream.width, stream.pix_fmt = *frames[0].shape, "gray"
        for image in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="gray")))
        container.mux(stream.encode())
    return path


def test_each_decision_is_what_predict_says_of_a_file_of_its_frames(recogniser, tmp_path):
    frames, seen = list(walking(47)), []
    live = Live(recogniser, lambda: Fake(frames), buffer=0.8, every=0.5, watch=lambda image, t: seen.append((image, t)))
    said = list(live)
    assert [round(one.seconds, 2) for one in said] == [0.52, 1.0, 1.52, 1.88], "every half second, and at the end"
    assert (live.frames, live.dropped, live.decisions) == (47, 0, 4)
    assert [one.prediction.frames for one in said] == [13, 20, 20, 20]
    for one, (first, last) in zip(said, [(0, 13), (5, 25), (18, 38), (27, 47)]):
        file = lossless(tmp_path / "part.mkv", frames[first:last])
        alone = recogniser.predict(file).to_dict() | {"video": "fake"}
        assert one.prediction.to_dict() == alone
        assert len(one.prediction.timeline) > 1 and one.latency > 0
    assert np.array_equal([image for image, _ in seen], frames) and seen[-1][1] == pytest.approx(46 / 25)
    assert json.loads(json.dumps(said[-1].to_dict()))["frames"] == 20


def test_frames_are_held_as_small_as_the_network_looks_at_them(recogniser):
    """Four times as large in each direction, the same is found: nobody has to hold large frames."""
    large = [np.kron(frame, np.ones((4, 4), np.uint8)) for frame in walking(15)]
    shrink = recogniser.describer.factor
    assert shrink(SIZE) == 2 and shrink(large[0].shape) == 4
    held, whole = Buffer(2, 25), Buffer(2, 25)
    for shot, seconds in Feed(Fake(large), shrink):
        held.append(shot, seconds)
    for shot, seconds in Feed(Fake(large), lambda shape: 1):
        whole.append(shot, seconds)
    assert next(iter(held)).shape == (120, 160) and next(iter(whole)).shape == (480, 640)
    views = [recogniser.describer.view(one, "x") for one in (held, whole)]
    assert np.array_equal(views[0].steps.features, views[1].steps.features)
    assert views[0].clip.factor == views[1].clip.factor == 4
    assert recogniser.look(held, "x") == recogniser.look(whole, "x")


@pytest.mark.parametrize("regular", [True, False])
def test_what_is_held_does_not_grow(regular):
    held, longest = Buffer(2, 25, regular), 0
    for shot, seconds in Feed(Fake(np.zeros((500, 8, 10), np.uint8)), lambda shape: 2):
        held.append(shot, seconds)
        longest = max(longest, len(held))
        assert held.full == (len(held) == 50)
    assert longest == len(held) == len(list(held)) == 50
    assert held.times == pytest.approx([k / 25 for k in range(50)])


def test_a_camera_is_never_made_to_wait(monkeypatch):
    """Nobody takes its frames while it sends a hundred: the oldest are dropped and counted."""
    monkeypatch.setattr(feeds, "LONGEST", 10)
    sent, camera = threading.Event(), np.arange(100, dtype=np.uint8)[:, None, None].repeat(4, 1).repeat(4, 2)
    stream = Fake(camera, realtime=True)
    stream.close = sent.set
    feed = Feed(stream, lambda shape: 1)
    assert sent.wait(60) and feed.behind
    assert [int(shot.small[0, 0]) for shot, _ in feed] == list(range(90, 100))
    assert (feed.taken, feed.dropped, feed.behind) == (10, 90, False)


def test_what_is_no_camera_is_read_no_faster_than_it_is_looked_at(monkeypatch):
    monkeypatch.setattr(feeds, "LONGEST", 10)
    stream = Fake(np.zeros((100, 4, 4), np.uint8))
    feed = Feed(stream, lambda shape: 1)
    ahead = []
    for taken, _ in enumerate(feed, 1):
        ahead.append(stream.given - taken)
    assert max(ahead) <= 11 and len(ahead) == 100 and feed.dropped == 0
    assert stream.closed == 1


def test_decisions_that_come_too_late_are_left_out(recogniser, monkeypatch):
    """While the first decision is made, everything else comes: all frames are looked at, in one more decision."""
    come, looked = threading.Event(), threading.Event()
    stream = Fake(list(walking(40)), realtime=True, wait=lambda k: k == 15 and looked.wait(60))
    stream.close = come.set

    def slow(*_, **__):
        looked.set()
        assert come.wait(60)
        return Prediction("fake", "moving", 1.0, {"moving": 1.0}, None, None, 20, 1.0, (), ())

    monkeypatch.setattr(recogniser, "look", slow)
    said = list(Live(recogniser, lambda: stream, buffer=1, every=0.2))
    assert len(said) <= 5 and said[-1].seconds == pytest.approx(1.6) and said[-1].dropped == 0


def test_a_camera_that_vanishes_is_told_or_waited_for(recogniser, monkeypatch):
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    told = []

    def opening(streams):
        def camera():
            found = next(streams)
            if isinstance(found, str):
                raise SeqdlError(found)
            return found

        return camera

    live = Live(recogniser, opening(iter([Fake(walking(20), endless=True)])), buffer=1)
    said = []
    with pytest.raises(VanishedError, match=r"^fake: has ended$"):
        said.extend(live)
    assert len(said) == 2, "what there is is still looked at"
    streams = [Fake(walking(20), endless=True), "no such camera", "no such camera", Fake(walking(13))]
    live = Live(recogniser, opening(iter(streams)), buffer=1, reconnect=True, say=told.append)
    said = list(live)
    assert told == [
        "fake: has ended; trying again in 0.5 s",
        "no such camera; trying again in 1 s",
        "no such camera; trying again in 2 s",
        "fake: is there again",
    ]
    assert [one.prediction.frames for one in said] == [13, 20, 13], "the buffer begins anew"
    assert said[2].seconds > said[1].seconds and (live.frames, streams[0].closed) == (33, 1)
    with pytest.raises(SeqdlError, match="no such camera"):
        list(Live(recogniser, opening(iter(["no such camera"])), reconnect=True))


def test_what_breaks_off_is_told_after_what_was_seen(recogniser):
    stream = Fake(walking(13))
    stream.broken_off = "-: ends in the midst of a frame"
    said = []
    with pytest.raises(VanishedError, match="midst of a frame"):
        said.extend(Live(recogniser, lambda: stream))
    assert len(said) == 1


def test_too_few_frames_are_waited_for_or_told(recogniser):
    said = list(Live(recogniser, lambda: Fake(walking(12)), every=0.1))
    assert [one.prediction.frames for one in said] == [10, 12]
    stream = Fake(walking(5))
    with pytest.raises(SeqdlError, match="fake has 5 frames, a window needs 9"):
        list(Live(recogniser, lambda: stream))
    assert stream.closed == 1


def test_whoever_stops_looking_stops_the_stream(recogniser):
    stream = Fake(walking(10**6))
    live = iter(Live(recogniser, lambda: stream))
    next(live)
    live.close()
    assert (stream.stopped, stream.closed) == (1, 1)


@pytest.mark.parametrize(
    "name, value",
    [("buffer", 0), ("buffer", 0.2), ("buffer", 1e9), ("every", float("nan")), ("threshold", 2), ("box", "middle")],
)
def test_numbers_that_cannot_be_are_named(recogniser, name, value):
    with pytest.raises(ValueError, match=f"^{name}: "):
        Live(recogniser, lambda: None, **{name: value})
