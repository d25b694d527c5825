"""The command for interest points: text, overlay, and every kind of bad input as one line."""

from __future__ import annotations

import os
from pathlib import Path

import av
import numpy as np
import pytest
from video_files import timed_video

from seqdl import stip
from seqdl.baseline import equations, text
from seqdl.baseline import stip as library
from seqdl.video.reader import Reader


@pytest.fixture(autouse=True)
def _the_equations_where_nothing_is_compiled(monkeypatch):
    if os.environ.get("NUMBA_DISABLE_JIT", "0") != "0":
        monkeypatch.setattr(library, "_form", lambda backend: equations)


def encode(path, frames):
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=25)
        stream.height, stream.width, stream.pix_fmt = frames[0].shape[0], frames[0].shape[1], "gray"
        for image in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="gray")))
        container.mux(stream.encode())
    return path


def blinking(count=32, rows=45, columns=61):
    frames = np.full((count, rows, columns), 60, np.uint8)
    frames[15:17, 20:24, 30:34] = 250
    return frames


@pytest.fixture
def video(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return encode(tmp_path / "clip.avi", blinking())


def test_the_text_goes_to_standard_output(video, capsys):
    assert stip.main([str(video)]) == 0
    out, err = capsys.readouterr()
    assert err == "" and out.startswith(text.header("clip"))
    found = text.parse(out)
    expected = library.detect(blinking())
    assert len(found.points) == len(expected) > 0
    for key in ("y", "x", "t", "sigma2", "tau2"):
        assert (found.points[key] == expected[key]).all()
    hog, hof = library.describe(blinking(), expected)
    assert found.hog == pytest.approx(hog, abs=1e-5) and found.hof == pytest.approx(hof, abs=1e-5)
    y, x, t = (float(v) for v in out.splitlines()[2].split()[1:4])
    first = expected[0]
    assert (y, x, t) == pytest.approx(((first["y"] - 1) / 45, (first["x"] - 1) / 61, (first["t"] - 1) / 25), abs=1e-5)


def test_the_text_goes_to_a_file(video, capsys):
    assert stip.main([str(video)]) == 0
    out = capsys.readouterr().out
    assert stip.main([str(video), "--out", "points.txt"]) == 0
    assert capsys.readouterr() == ("", "")
    with Path("points.txt").open(encoding="utf-8") as file:
        assert file.read() == out


def test_the_overlay_is_the_video_with_circles(video, capsys):
    assert stip.main([str(video), "--out", "points.txt", "--overlay", "drawn.mp4"]) == 0
    with av.open("drawn.mp4") as container:
        stream = container.streams.video[0]
        assert stream.average_rate == 25
        frames = [frame.to_ndarray(format="rgb24").astype(int) for frame in container.decode(stream)]
    assert len(frames) == 32
    assert frames[0].shape[0] % 2 == frames[0].shape[1] % 2 == 0 and frames[0].shape[1] >= 8 * 61
    coloured = [int((np.ptp(frame, axis=2) > 60).sum()) for frame in frames]
    with Path("points.txt").open(encoding="utf-8") as file:
        points = text.parse(file.read()).points
    near = {t + k for t in points["t"].tolist() for k in (-1, 0, 1)}
    for t, count in enumerate(coloured):
        assert (count > 100) == (t in near) or t in {t + k for t in points["t"].tolist() for k in (-2, 2)}


@pytest.mark.parametrize("rate", [12.5, 0.4, 29.97])
def test_the_overlay_keeps_the_videos_time(tmp_path, monkeypatch, rate):
    monkeypatch.chdir(tmp_path)
    seconds = [t / rate + (2 / rate) * (t > 14) for t in range(20)]
    timed_video(tmp_path / "slow.mkv", list(np.full((20, 40, 40), 60, np.uint8)), seconds, rate)
    assert stip.main(["slow.mkv", "--out", "points.txt", "--overlay", "o.mp4"]) == 0
    with Reader("o.mp4") as reader:
        assert sum(1 for _ in reader) == 20
    assert list(reader.times) == pytest.approx(seconds, abs=0.002)


def test_a_video_without_points_is_told(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    encode(tmp_path / "still.avi", np.full((20, 40, 40), 60, np.uint8))
    assert stip.main(["still.avi", "--overlay", "o.mp4"]) == 0
    out, err = capsys.readouterr()
    assert out == text.header("still")
    assert err.count("\n") == 1 and "still.avi: no interest points" in err
    with av.open("o.mp4") as container:
        assert len(list(container.decode(video=0))) == 20


def test_damage_is_told(video, capsys):
    data = video.read_bytes()
    video.write_bytes(data[: int(len(data) * 0.8)])
    assert stip.main([str(video)]) == 0
    out, err = capsys.readouterr()
    assert out.startswith(text.header("clip"))
    assert "seqdl: warning: " in err and "the header declares 32 frames" in err


@pytest.mark.parametrize(
    "arguments, code, message",
    [
        (["absent.avi"], 1, "absent.avi: no such file"),
        (["noise.avi"], 1, "noise.avi: cannot be read as a video"),
        (["short.avi"], 1, "short.avi has 16 frames, the temporal scales need 17"),
        (["short.avi", "--out", "o.txt"], 1, "short.avi has 16 frames, the temporal scales need 17"),
        (["small.avi", "--out", "o.txt"], 1, "small.avi has frames of 60 x 30, the smallest patch needs 37 x 37"),
        (["clip.avi", "--overlay", "o.avi"], 2, "--overlay o.avi: the video is an MP4"),
        (["clip.avi", "--out", "clip.avi"], 2, "--out clip.avi: that is the video itself"),
        (["link.mp4", "--overlay", "link.mp4"], 2, "--overlay link.mp4: that is the video itself"),
        (["clip.avi", "--out", "a.mp4", "--overlay", "a.mp4"], 2, "--out and --overlay a.mp4: choose two names"),
        (["clip.avi", "--out", "nowhere/o.txt"], 1, "cannot write nowhere/o.txt"),
        (["clip.avi", "--out", "o.txt", "--overlay", "nowhere/o.mp4"], 1, "cannot write nowhere/o.mp4"),
    ],
)
def test_bad_input_is_one_line(video, tmp_path, capsys, arguments, code, message):
    encode(tmp_path / "short.avi", blinking(16))
    encode(tmp_path / "small.avi", blinking(32, 30, 60))
    (tmp_path / "noise.avi").write_bytes(bytes(range(256)) * 8)
    (tmp_path / "link.mp4").symlink_to(video)
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    assert stip.main(arguments) == code
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1 and err.startswith("seqdl stip: error: ") and message in err
    after = {path: path.read_bytes() for path in tmp_path.iterdir() if path.name != "o.txt"}
    assert after == before


@pytest.mark.compiled(reason="a hundred frames at twelve scales")
def test_real_video(test_data, tmp_path, capsys):
    video = test_data / "stip" / "walk-complex.avi"
    out = tmp_path / "points.txt"
    assert stip.main([str(video), "--out", str(out)]) == 0
    assert capsys.readouterr() == ("", "")
    assert 800 < len(text.parse(out.read_text()).points) < 1100
