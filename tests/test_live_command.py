"""``seqdl predict RUN SOURCE --live``: what people and other programs see of it, and what it leaves."""

import csv
import io
import json
import sys

import av
import numpy as np
import pytest
from video_files import timed_video

from seqdl import predict
from seqdl.config import load
from seqdl.model.recogniser import Recogniser
from seqdl.reports import live_view
from seqdl.runs.shipped import FOLDER
from seqdl.video.reader import Reader


@pytest.fixture(scope="module")
def recogniser(quick):
    settings = [f"backend={quick}", "video.box=track", "video.rate=25", "lstm.window_step=4"]
    return Recogniser(load(settings=settings), ("moving", 'swi"ng,'), np.random.default_rng(1))


@pytest.fixture
def live(recogniser, monkeypatch):
    monkeypatch.setattr(Recogniser, "load", lambda *_, **__: recogniser)
    return lambda *words: predict.main([str(FOLDER), *map(str, words), "--live"])


@pytest.fixture(scope="module")
def video(walkers, tmp_path_factory):
    """A lossless one, with a note: at another rate."""
    with Reader(walkers / "moving" / "ann_0.avi") as reader:
        frames = list(reader)
    return timed_video(tmp_path_factory.mktemp("live") / "a.mkv", frames, [k / 25 for k in range(len(frames))])


def test_lines_for_people_and_for_programs(live, recogniser, video, capsys):
    assert live(video) == 0
    out, err = capsys.readouterr()
    assert [line.split()[0] for line in out.splitlines()] == ["0.52", "0.96"] and "\x1b" not in out
    assert "latency" in out and out.count("dropped 0") == 2
    assert err == f"{video}: over after 1.0 s, 2 decisions, 24 frames, 0 dropped\n"
    assert live(video, "--json", "--every", 0.4, "--buffer", 0.6) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(one["seconds"], one["frames"]) for one in lines] == [(0.4, 10), (0.8, 15), (0.96, 15)]
    assert list(lines[0]) == [
        *("seconds", "answer", "label", "probability", "probabilities", "seen", "doubts", "frames"),
        *("latency", "rate", "dropped"),
    ]
    assert live(video, "--json", "--every", 5) == 0
    [line] = map(json.loads, capsys.readouterr().out.splitlines())
    whole = recogniser.predict(video).to_dict()
    same = ("answer", "label", "probability", "probabilities", "seen", "doubts", "frames")
    assert {name: line[name] for name in same} == {name: whole[name] for name in same}


def test_a_probability_below_the_threshold_is_uncertain(live, video, capsys):
    assert live(video, "--threshold", 1) == 0
    assert all(line.split()[2] == "uncertain" for line in capsys.readouterr().out.splitlines())


def test_a_terminal_shows_one_screen_in_place(live, video, monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.setattr(sys, "stdout", Terminal())
    assert live(video) == 0
    first, second = sys.stdout.getvalue().split("\x1b[J")[1:]
    assert first.count("\n") == 4 and first.endswith("\x1b[4A"), "as many lines up as were written"
    assert [line.split()[0] for line in second.splitlines()[1:]] == ["moving", 'swi"ng,', "1.0"]
    assert "#" in second and "Ctrl-C" in second


def test_a_folder_holds_the_lines_and_the_stream_with_its_decisions(live, video, tmp_path, capsys):
    out = tmp_path / "out"
    assert live(video, "--json", "--save", out, "--every", 0.4) == 0
    said, err = capsys.readouterr()
    assert err.endswith(f"24 frames, 0 dropped; saved in {out}\n")
    assert sorted(path.name for path in out.iterdir()) == ["live.csv", "live.jsonl", "live.mp4"]
    assert (out / "live.jsonl").read_text() == said
    rows = list(csv.DictReader((out / "live.csv").read_text().splitlines()))
    lines = [json.loads(line) for line in said.splitlines()]
    assert [row["label"] for row in rows] == [line["label"] for line in lines] and len(rows) == 3
    assert [float(row['swi"ng,']) for row in rows] == [line["probabilities"]['swi"ng,'] for line in lines]
    with av.open(str(out / "live.mp4")) as film, Reader(video) as reader:
        for frame, image in zip(film.decode(video=0), reader, strict=True):
            drawn = frame.to_ndarray(format="gray")[:120, :160]
            assert frame.width > 160 and np.median(np.abs(drawn.astype(int) - image)) < 8
    assert live(video, "--save", out) == 1
    assert "exists already, and nothing is written over it" in capsys.readouterr().err
    assert (out / "live.jsonl").read_text() == said


def test_only_so_much_waits_for_a_first_decision(live, video, tmp_path, monkeypatch):
    monkeypatch.setattr("seqdl.show.streamed.HELD", 10 * 120 * 160)
    assert live(video, "--json", "--save", tmp_path / "out", "--every", 5) == 0
    with Reader(tmp_path / "out" / "live.mp4") as reader:
        assert len(list(reader)) == 10, "the last ones"


def test_an_interrupt_ends_it_with_a_summary_and_whole_files(live, video, tmp_path, monkeypatch, capsys):
    show = live_view.View.show

    def interrupted(self, said):
        show(self, said)
        raise KeyboardInterrupt

    monkeypatch.setattr(live_view.View, "show", interrupted)
    assert live(video, "--json", "--save", tmp_path / "out") == 130
    said, err = capsys.readouterr()
    assert len(said.splitlines()) == 1 and err.startswith(f"{video}: ended after 0.5 s, 1 decision, 1")
    assert (tmp_path / "out" / "live.jsonl").read_text() == said
    with Reader(tmp_path / "out" / "live.mp4") as reader:
        assert len(list(reader)) == 13


def test_a_pipe_is_looked_at_as_the_file(live, video, monkeypatch, capsys):
    assert live(video, "--json") == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    pipe = type("Pipe", (io.StringIO,), {"buffer": io.BytesIO(video.read_bytes())})()
    monkeypatch.setattr(sys, "stdin", pipe)
    assert live("-", "--json") == 0
    piped = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    changing = {"latency": 0, "rate": 0}
    assert [one | changing for one in piped] == [one | changing for one in lines]


def test_a_camera_that_vanishes_ends_it_with_what_was_written_whole(live, video, tmp_path, monkeypatch, capsys):
    opened = live_view.streams.opened

    def camera(*words):
        stream = opened(*words)
        stream.endless = True
        return stream

    monkeypatch.setattr(live_view.streams, "opened", camera)
    assert live(video, "--json", "--save", tmp_path) == 1
    said, err = capsys.readouterr()
    assert err.splitlines()[-1] == f"seqdl predict: error: {video}: has ended"
    assert len(said.splitlines()) == 2 and (tmp_path / "live.jsonl").read_text() == said
    with Reader(tmp_path / "live.mp4") as reader:
        assert len(list(reader)) == 24


def test_a_disk_that_is_full_is_told_in_a_line(live, video, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(live_view.Lines, "add", full(live_view.Lines.add))
    assert live(video, "--save", tmp_path) == 1
    assert f"cannot write {tmp_path / 'live.jsonl'}: No space left on device" in capsys.readouterr().err
    assert (tmp_path / "live.jsonl").read_text() == ""


def full(add):
    """The disk takes half of a line of JSON."""

    class Half:
        def __init__(self, file):
            self.file = file

        def write(self, data):
            if len(data) < 20:
                raise OSError(28, "No space left on device")
            return self.file.write(data[: len(data) - 10])

        def truncate(self, size):
            self.file.truncate(size)

        def close(self):
            self.file.close()

    def add_half(self, line):
        if self.path.suffix == ".jsonl" and not isinstance(self._file, Half):
            self._file = Half(self._file)
        add(self, line)

    return add_half


@pytest.mark.parametrize(
    "words, message",
    [
        (["a.avi", "b.avi", "--live"], "--live looks at one"),
        (["a.avi", "--buffer", "3"], "--buffer is for --live"),
        (["a.avi", "--reconnect"], "--reconnect is for --live"),
        (["0", "--live", "--seconds", "3"], "--seconds is not for --live"),
        (["0", "--live", "--top-k", "3"], "--top-k is not for --live"),
    ],
)
def test_options_that_do_not_go_together(live, words, message, capsys):
    assert predict.main([str(FOLDER), *words]) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("option, value", [("--buffer", "0"), ("--buffer", "nan"), ("--every", "601")])
def test_numbers_that_cannot_be(live, video, option, value, capsys):
    with pytest.raises(SystemExit, match="2"):
        live(video, option, value)
    assert f"argument {option}: expected a number from 0." in capsys.readouterr().err


def test_a_stream_that_is_not_there_leaves_nothing_in_the_way_of_the_next_attempt(live, tmp_path, capsys):
    assert live("nothing.avi", "--save", tmp_path) == 1
    assert capsys.readouterr().err == "seqdl predict: error: nothing.avi: no such file\n"
    assert list(tmp_path.iterdir()) == []
