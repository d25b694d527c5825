"""Folders that fill, files in a camera's place and addresses, as streams."""

import http.server
import io
import threading

import numpy as np
import pytest
from PIL import Image

from seqdl.config import load
from seqdl.errors import SeqdlError
from seqdl.video import feed as feed_module
from seqdl.video import filling, streams
from seqdl.video.feed import Feed, VanishedError
from seqdl.video.reader import Reader


def picture(value, form="png"):
    file = io.BytesIO()
    Image.fromarray(np.full((20, 30), value, np.uint8)).save(file, form)
    return file.getvalue()


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(filling, "POLL", 0.005)
    monkeypatch.setattr(feed_module, "PATIENCE", 60)


def values(feed, until):
    """The grey value and the frame number of each frame until that one."""
    found = []
    for shot, seconds in feed:
        found.append((int(shot.small[0, 0]), round(seconds * 25)))
        if found[-1][0] == until:
            return found
    return found


def test_pictures_are_taken_as_they_come(tmp_path):
    """Those that are there, then each new one in order; what is half-written is waited for, what never will be told."""
    (tmp_path / "other_1.png").write_bytes(picture(1))
    for number in (8, 10):
        (tmp_path / f"img_{number}.png").write_bytes(picture(number))
    stream = streams.opened(str(tmp_path), load())
    assert (stream.endless, stream.realtime) == (True, False)
    feed = Feed(stream, lambda shape: 1)
    assert values(feed, 10) == [(8, 0), (10, 1)]
    whole = picture(12)
    (tmp_path / "img_12.png").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "img_9.png").write_bytes(picture(9))  # too late
    rest = threading.Timer(0.1, (tmp_path / "img_12.png").write_bytes, [whole])
    rest.start()
    assert values(feed, 12) == [(12, 2)]
    (tmp_path / "img_14.png").write_bytes(b"no picture")
    (tmp_path / "img_18.png").write_bytes(picture(18))
    assert values(feed, 18) == [(18, 5)], "a picture that is missing leaves a gap"
    assert "img_14.png cannot be decoded" in " ".join(stream.notes)
    feed.close()
    assert values(feed, None) == [] and not feed._thread.is_alive()


def test_a_folder_that_is_gone_has_vanished(tmp_path):
    folder = tmp_path / "frames"
    folder.mkdir()
    (folder / "1.png").write_bytes(picture(1))
    feed = Feed(streams.opened(str(folder), load()), lambda shape: 1)
    assert values(feed, 1) == [(1, 0)]
    (folder / "1.png").unlink()
    folder.rmdir()
    assert values(feed, None) == []
    assert isinstance(feed.error, VanishedError) and "cannot look into the folder" in str(feed.error)
    with pytest.raises(SeqdlError, match="no such file"):
        streams.opened(str(folder), load())


def test_a_file_is_played_in_a_cameras_place(walkers, monkeypatch):
    """As it is, or no faster than it was filmed."""
    file, waited = str(walkers / "moving" / "ann_0.avi"), []
    monkeypatch.setattr(streams.time, "sleep", waited.append)
    monkeypatch.setattr(streams.time, "monotonic", lambda: 100.0)
    with Reader(file) as reader:
        frames = list(reader)
    for realtime in (False, True):
        stream = streams.opened(file, load(), realtime)
        assert (stream.endless, stream.realtime, stream.broken_off) == (False, realtime, "")
        timed = list(stream.timed())
        stream.close()
        assert np.array_equal([image for image, _ in timed], frames)
        assert waited == (pytest.approx([k / 25 for k in range(24)]) if realtime else [])


def test_cameras_and_what_is_said_to_be_made_now_wait_for_nobody(monkeypatch):
    monkeypatch.setattr(streams.device, "open_stream", lambda name: name)
    monkeypatch.setattr(streams, "Reader", lambda *_: type("Read", (), {"clock": None}))
    kinds = {
        ("0", False): (True, True),
        ("rtsp://me:secret@a/b", False): (True, True),
        ("-", False): (False, False),
        ("-", True): (False, True),
        ("http://a/b.mp4", False): (False, False),
        ("http://a/b.mp4", True): (True, True),
    }
    for (name, realtime), kind in kinds.items():
        stream = streams.opened(name, load(), realtime)
        assert ((stream.endless, stream.realtime), "secret" in stream.name) == (kind, False)


@pytest.fixture
def served(walkers):
    """The address of a film whose server says that more would come; it is cut at the wanted share."""
    shares = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            data = (walkers / "moving" / "ann_0.avi").read_bytes()
            self.send_response(200)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data[: round(len(data) * shares.pop())])

        def log_message(self, *_):
            """Nobody wants to know."""

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/a.avi", shares
        server.shutdown()
        thread.join()


def test_an_address_ends_or_breaks_off(served, walkers):
    address, shares = served
    with Reader(walkers / "moving" / "ann_0.avi") as reader:
        frames = list(reader)
    for share, realtime, why in ((1, False, None), (0.7, False, "it breaks off"), (1, True, "has ended")):
        shares.append(share)
        feed = Feed(streams.opened(address, load(), realtime), lambda shape: 1)
        got = [shot.small for shot, _ in feed]
        assert np.array_equal(got, frames[: len(got)]) and (len(got) == 24 or share < 1)
        assert isinstance(feed.error, VanishedError) == bool(why) and (not why or why in str(feed.error))
