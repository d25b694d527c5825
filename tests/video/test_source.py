"""Whatever a video comes from, its frames, times and notes are those of the file; what cannot be had is told."""

import contextlib
import errno
import os
import socket
import tempfile
import threading
import time
from pathlib import Path

import av
import numpy as np
import pytest
from served import filmed, giving, piped, served, streamed
from video_files import timed_video

from seqdl.base import interrupts
from seqdl.errors import SeqdlError, UsageError
from seqdl.video import device, source
from seqdl.video.arrays import Frames
from seqdl.video.reader import Reader


@pytest.fixture(autouse=True)
def temporary(tmp_path, monkeypatch):
    """Where temporary files are: nothing is left there, whatever happens."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield folder
    assert not list(folder.iterdir())


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    """A second at no regular times, as a phone has it."""
    frames = list(np.random.default_rng(5).integers(0, 256, (24, 32, 48)).astype(np.uint8))
    return timed_video(
        tmp_path_factory.mktemp("film") / "film.mkv", frames, [k / 25 + 0.01 * (k % 3) for k in range(24)]
    )


def read(name, rate=25.0, seconds=source.SECONDS):
    with source.local(name, seconds) as file, Reader(file, rate=rate) as reader:
        frames = np.array(list(reader))
        return frames.tobytes(), list(reader.times), reader.rate, reader.report.notes, reader.report.decoded


def message(kind, name, **more):
    with pytest.raises(SeqdlError) as caught:
        read(name, **more)
    said = str(caught.value)
    assert type(caught.value) is kind and "\n" not in said and said.startswith(device.shown(str(name)))
    return said


@pytest.mark.parametrize("rate", [25.0, "stored"])
def test_every_way_in_gives_the_frames_of_the_file(film, monkeypatch, rate):
    expected = read(film, rate)
    content = film.read_bytes()
    with served(giving(content, length=len(content))) as address:
        assert read(f"{address}/film.mkv?token=1", rate) == expected
    with served(giving(content)) as address:  # which does not say how much there is
        assert read(address, rate) == expected
    piped(monkeypatch, content)
    assert read("-", rate) == expected
    filmed(monkeypatch, film)
    assert read("0", rate) == read("/dev/video7", rate) == expected


def test_a_pipe_that_a_shell_opened_is_one(film, tmp_path):
    reading, writing = os.pipe()
    feeder = threading.Thread(target=lambda: (os.write(writing, film.read_bytes()), os.close(writing)))
    feeder.start()
    assert read(f"/dev/fd/{reading}") == read(film)
    feeder.join()
    os.close(reading)


def encoded(container, codec, form, count, size=(48, 64)):
    """So many grey pictures, each of one value, in a container."""
    stream = container.add_stream(codec, rate=25)
    stream.height, stream.width = size
    stream.pix_fmt = form
    for k in range(count):
        frame = av.VideoFrame.from_ndarray(np.full(size, 50 + k, np.uint8), format="gray")
        container.mux(stream.encode(frame))
    container.mux(stream.encode())


def test_a_stream_that_never_ends_is_looked_at_for_some_seconds(tmp_path):
    path = tmp_path / "stream.ts"
    with av.open(str(path), "w") as container:
        encoded(container, "mpeg2video", "yuv420p", 60)
    whole = read(path, "stored")
    with streamed(path.read_bytes()) as address:
        frames, times, rate, notes, decoded = read(address, "stored", seconds=1.0)
    assert (decoded, rate, notes) == (25, 25.0, ()) and np.allclose(times, whole[1][:25])
    assert frames == whole[0][: len(frames)]


def test_a_camera_that_sends_pictures_by_http_is_looked_at_as_they_come(tmp_path):
    path = tmp_path / "stream.mjpeg"
    with av.open(str(path), "w") as container:
        encoded(container, "mjpeg", "yuvj420p", 1)
    picture = path.read_bytes()

    def send(handler):
        giving(b"", "multipart/x-mixed-replace; boundary=picture")(handler)
        while True:
            head = f"--picture\r\nContent-Type: image/jpeg\r\nContent-Length: {len(picture)}\r\n\r\n"
            handler.wfile.write(head.encode() + picture + b"\r\n")
            time.sleep(0.01)

    with served(send) as address:
        *_, decoded = read(address, "stored", seconds=0.3)
    assert decoded > 3


def test_a_file_that_can_only_be_read_from_its_end_comes_through_a_pipe(tmp_path, monkeypatch):
    """An MP4 whose index stands last."""
    path = tmp_path / "late.mp4"
    with av.open(str(path), "w") as container:
        encoded(container, "mpeg4", "yuv420p", 12)
    content = path.read_bytes()
    assert content.index(b"moov") > content.index(b"mdat")
    piped(monkeypatch, content)
    assert read("-") == read(path)
    piped(monkeypatch, content[: len(content) // 2])
    message(SeqdlError, "-")


def test_a_pipe_that_ends_within_a_frame_tells_so_as_the_file_does(tmp_path, monkeypatch, film):
    content = film.read_bytes()
    cut = tmp_path / "cut.mkv"
    cut.write_bytes(content[: len(content) // 2])
    piped(monkeypatch, cut.read_bytes())
    came = read("-")
    assert came == read(cut) and 2 < came[4] < 24 and came[3]


def test_a_camera_is_looked_at_for_some_seconds(film, monkeypatch):
    filmed(monkeypatch, film)
    frames, times, *_, decoded = read("0", "stored", seconds=0.4)
    whole = read(film, "stored")
    assert decoded == sum(time < 0.4 for time in whole[1]) and times == whole[1][:decoded]
    assert frames == whole[0][: len(frames)]


def test_what_cannot_be_had_is_told(film, monkeypatch, temporary):
    piped(monkeypatch, b"")
    assert message(SeqdlError, "-") == "-: is empty, nothing came"
    piped(monkeypatch, b"no video\n" * 99)
    assert "cannot be read as a video" in message(SeqdlError, "-")
    with served(giving(b"", code=404)) as address:
        assert "the server answers 404" in message(SeqdlError, f"{address}/a.avi")
    with served(giving(film.read_bytes()[:999], length=5000)) as address:
        assert "breaks off after 999 of 5000 bytes" in message(SeqdlError, f"{address}/a.avi")
    with served(giving(b"", length=2 * source.LARGEST)) as address:
        assert "is larger than 8 GB" in message(SeqdlError, f"{address}/a.avi")
    monkeypatch.setattr(source, "LARGEST", 1000)
    with served(giving(bytes(5000))) as address:
        assert "is larger than" in message(SeqdlError, f"{address}/a.avi")
    with served(giving(b"<html>", "text/html")) as address:
        assert "cannot be read as a video" in message(SeqdlError, address)
    assert "Connection refused" in message(SeqdlError, "http://u:secret@127.0.0.1:9/a.avi")
    assert "Connection refused" in message(SeqdlError, "rtsp://u:secret@127.0.0.1:9/a")
    assert "an address begins with http" in message(UsageError, "ftp://somewhere/a.avi")
    assert "as a pattern it matches none" in message(SeqdlError, "nowhere/*.avi")


def test_a_server_that_accepts_and_says_nothing_is_not_waited_for(monkeypatch):
    monkeypatch.setattr(device, "PATIENCE", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}/a.avi"
        assert "nothing came for 0.1 seconds" in message(SeqdlError, address)
        assert "nothing came for 0.1 seconds" in message(SeqdlError, address.replace("http", "rtsp"))


CAMERAS = {
    errno.ENOENT: "no such camera",
    errno.EBUSY: "in use by another program",
    errno.EACCES: "may not be used",
    errno.EIO: "was unplugged",
}


@pytest.mark.parametrize("number", CAMERAS)
def test_what_a_camera_lacks_is_told(monkeypatch, number):
    def fails(*_, **__):
        raise av.error.FFmpegError(number, os.strerror(number))

    monkeypatch.setattr(device.av, "open", fails)
    assert CAMERAS[number] in message(SeqdlError, "0")


def test_a_camera_that_is_pulled_out_is_told(film, monkeypatch):
    filmed(monkeypatch, film)
    original = device.Stream.packets

    def packets(self):
        yield from list(original(self))[:5]
        raise OSError(errno.EIO, device.why(self.name, OSError(errno.EIO, "Input/output error")))

    monkeypatch.setattr(device.Stream, "packets", packets)
    assert "was unplugged" in message(SeqdlError, "0")


class Silent:
    """A camera that is open, and has no frame yet whenever it is asked."""

    def demux(self, _):
        raise av.error.BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")


def test_a_camera_that_sends_nothing_is_not_waited_for(film, monkeypatch):
    filmed(monkeypatch, film)
    monkeypatch.setattr(device, "PATIENCE", 0.02)
    with contextlib.closing(device.open_stream("0")) as stream, monkeypatch.context() as silent:
        silent.setattr(stream, "_container", Silent())
        with pytest.raises(OSError, match=r"the camera sends no picture for 0\.02 seconds"):
            next(stream.packets())


def test_a_full_disk_is_told(film, monkeypatch):
    class Full:
        def write(self, _):
            raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(SeqdlError, match=r"^cannot hold the video in .*: No space left on device; free some space"):
        source._put(Full(), b"frames")


def test_an_interrupt_leaves_nothing(film, monkeypatch, temporary):
    """Neither the first one, which ends a block, nor the second, which ends the process without leaving it."""
    piped(monkeypatch, film.read_bytes())
    with pytest.raises(KeyboardInterrupt), source.local("-") as file:
        assert file.is_relative_to(temporary) and file.is_file()
        raise KeyboardInterrupt
    piped(monkeypatch, film.read_bytes())
    with source.local("-") as file:
        for undo in interrupts._signals.undo.values():
            undo()
        assert not file.exists()


def test_what_is_a_camera_an_address_and_a_path(tmp_path, monkeypatch):
    assert [name for name in ("0", "12", "123", "./0", "/dev/video0", "a0") if device.is_camera(name)] == [
        "0",
        "12",
        "/dev/video0",
    ]
    assert device.is_endless("rtsp://a/b") and not device.is_endless("https://a/b.mp4")
    assert device.shown("rtsp://ann:secret@a/b") == "rtsp://ann:***@a/b" and device.shown("a@b:c") == "a@b:c"
    with source.local(Path("0")) as path:
        assert path == Path("0"), "a path is one, whatever its name"


def test_standard_input_must_be_one(monkeypatch):
    class Terminal:
        closed = False

        def isatty(self):
            return True

    for nothing in (None, Terminal()):
        monkeypatch.setattr("sys.stdin", nothing)
        assert "pipe a video into it" in message(UsageError, "-")


@pytest.mark.parametrize("rate", [25.0, 10.0, "stored"])
def test_frames_are_those_of_a_file_of_their_rate(tmp_path, rng, rate):
    frames = rng.integers(0, 256, (24, 32, 48)).astype(np.uint8)
    file = timed_video(tmp_path / "film.mkv", list(frames), [k / 50 for k in range(24)], 50)
    expected = read(file, rate)
    for given in (frames, list(frames), (frame for frame in frames), np.repeat(frames[..., None], 3, axis=3)):
        with Frames(given, 50, rate) as footage:
            found = np.array(list(footage)).tobytes()
            assert (found, footage.rate, footage.report.decoded) == (expected[0], expected[2], expected[4])
            assert np.allclose(footage.times, expected[1]) and footage.report.notes == expected[3]


def test_frames_without_a_rate_say_so():
    footage = Frames(np.zeros((3, 32, 48), np.uint8))
    assert len(list(footage)) == 3 and footage.report.notes == ("frames say no rate: these are taken as 25 a second",)


WRONG = {
    "float": (np.zeros((3, 32, 48)), "got float64, (3, 32, 48)"),
    "one picture": (np.zeros((32, 48), np.uint8), "got uint8, (32, 48)"),
    "one in colours": (np.zeros((32, 48, 3), np.uint8), "is a single picture in colours"),
    "four values": (np.zeros((3, 32, 48, 4), np.uint8), "got uint8, (3, 32, 48, 4)"),
    "none": (np.zeros((0, 32, 48), np.uint8), "is empty"),
    "masked": (np.ma.masked_array(np.zeros((3, 32, 48), np.uint8)), "expected a path, or frames"),
    "number": (3, "got int"),
    "a frame of float": ([np.zeros((32, 48), np.uint8), np.zeros((32, 48))], "video[1]: "),
    "another size": ([np.zeros((32, 48), np.uint8), np.zeros((32, 40), np.uint8)], "as the frames before"),
    "texts": (["a.avi", "b.avi"], "got str"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_what_are_no_frames_is_told(wrong):
    given, said = WRONG[wrong]
    with pytest.raises(ValueError, match=r"^video") as caught:
        list(Frames(given, 25))
    assert said in str(caught.value)
    with pytest.raises(ValueError, match=r"^rate: "):
        Frames(np.zeros((3, 32, 48), np.uint8), 0)
