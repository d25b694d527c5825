"""Downloads from a server that cuts, stalls, lies and refuses: the right file arrives, or one line says why not."""

import hashlib
import random
import shutil
import socket
import threading
import time
from collections import namedtuple

import pytest
from kth_mirror import Server

from seqdl.base import disk
from seqdl.datasets import download
from seqdl.errors import SeqdlError

DATA = random.Random(3).randbytes(100_000)
PAGE = b"\xef\xbb\xbf\n <!DOCTYPE html><html><body>Under maintenance</body></html>"


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch):
    monkeypatch.setattr(download, "PAUSES", (0.0, 0.0))
    monkeypatch.setattr(download, "CHUNK", 4096)
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@pytest.fixture
def server():
    with Server({"a.zip": DATA}) as server:
        yield server


def check(path):
    download.check_sha1(path, hashlib.sha1(DATA).hexdigest())


def fetch(server, target, *more, **options):
    said = []
    download.fetch([*more, f"{server.url}a.zip"], target, check, say=said.append, **options)
    assert target.read_bytes() == DATA
    assert [path.name for path in target.parent.iterdir()] == [target.name]
    return said


def failure(urls, target, **options):
    with pytest.raises(SeqdlError) as raised:
        download.fetch(urls, target, check, **options)
    assert "\n" not in str(raised.value)
    assert not target.exists()
    return str(raised.value)


def test_a_whole_file(server, tmp_path):
    assert fetch(server, tmp_path / "a.zip") == [f"fetching {server.url}a.zip"]
    assert server.asked == [("GET", "a.zip", "")]


def test_a_cut_download_goes_on_as_long_as_more_arrives(server, tmp_path):
    server.plans["a.zip"] = [{"cut": 20_000} for _ in range(4)]
    fetch(server, tmp_path / "a.zip")
    assert server.ranges("a.zip") == ["", "bytes=20000-", "bytes=40000-", "bytes=60000-", "bytes=80000-"]


def test_a_stalled_connection_is_given_up_and_gone_on_with(server, tmp_path, monkeypatch):
    monkeypatch.setattr(download, "TIMEOUT", 0.3)
    server.plans["a.zip"] = [{"stall": 30_000}]
    begun = time.monotonic()
    fetch(server, tmp_path / "a.zip")
    assert time.monotonic() - begun < 15, "the server itself ends it after 20 seconds"
    assert server.ranges("a.zip") == ["", "bytes=30000-"]


def test_a_later_call_goes_on(server, tmp_path):
    server.always["a.zip"] = {"status": 503}
    server.plans["a.zip"] = [{"cut": 70_000}]
    message = failure([f"{server.url}a.zip"], tmp_path / "a.zip")
    assert "503" in message and "what has arrived is kept" in message
    assert (tmp_path / "a.zip.part").read_bytes() == DATA[:70_000]
    server.always.clear()
    server.asked.clear()
    assert fetch(server, tmp_path / "a.zip") == [f"fetching {server.url}a.zip from byte 70,000 on"]
    assert server.ranges("a.zip") == ["bytes=70000-"]


def test_a_server_that_ignores_ranges_begins_anew(server, tmp_path):
    server.plans["a.zip"] = [{"cut": 20_000}, {"ranges": False}]
    fetch(server, tmp_path / "a.zip")


def test_a_server_that_ignores_ranges_and_always_cuts_is_left(server, tmp_path):
    cuts = [30_000, 20_000, 29_000, 20_000, 29_000]  # never again as far as the first time
    server.plans["a.zip"] = [{"ranges": False, "cut": cut} for cut in cuts]
    message = failure([f"{server.url}a.zip"], tmp_path / "a.zip")
    assert "the connection was cut after 29,000 bytes" in message
    assert len(server.asked) == 1 + len(download.PAUSES)


def test_a_server_that_answers_another_range_begins_anew(server, tmp_path):
    server.plans["a.zip"] = [{"cut": 20_000}, {"start": 10_000}]
    fetch(server, tmp_path / "a.zip")
    assert server.ranges("a.zip") == ["", "bytes=20000-", ""]


def test_the_beginning_of_another_copy_is_fetched_anew(server, tmp_path):
    (tmp_path / "a.zip.part").write_bytes(b"other")
    fetch(server, tmp_path / "a.zip")
    assert server.ranges("a.zip") == ["bytes=5-", ""]


def test_a_part_that_is_whole_already(server, tmp_path):
    (tmp_path / "a.zip.part").write_bytes(DATA)
    fetch(server, tmp_path / "a.zip")
    assert server.ranges("a.zip") == [f"bytes={len(DATA)}-"]


def test_a_part_that_is_too_long(server, tmp_path):
    (tmp_path / "a.zip.part").write_bytes(DATA + b"more")
    fetch(server, tmp_path / "a.zip")


def test_a_page_instead_of_the_file_is_not_taken(server, tmp_path):
    (tmp_path / "a.zip.part").write_bytes(DATA[:10])
    server.plans["a.zip"] = [{"body": PAGE, "ranges": False}]
    said = fetch(server, tmp_path / "a.zip", f"{server.url}a.zip")
    assert said[1] == "not from there: a web page came instead of the file"
    assert server.ranges("a.zip") == ["bytes=10-", "bytes=10-"], "the page cost nothing of what was there"


@pytest.mark.parametrize("body", [b"wrong" * 10, DATA[:-1], b"PK", b""])
def test_another_file_is_not_taken(server, tmp_path, body):
    server.plans["a.zip"] = [{"body": body}]
    said = fetch(server, tmp_path / "a.zip", f"{server.url}a.zip")
    assert "its SHA-1 sum is" in said[1]


def test_where_every_address_is_wrong_all_are_named(server, tmp_path):
    server.always["a.zip"] = {"body": b"wrong"}
    with socket.create_server(("127.0.0.1", 0)) as listening:
        closed = f"http://127.0.0.1:{listening.getsockname()[1]}/a.zip"
    message = failure([f"{server.url}a.zip", f"{server.url}b/none.zip", closed], tmp_path / "a.zip")
    assert "its SHA-1 sum is" in message and "404" in message and "refused" in message and "--url" in message
    assert list(tmp_path.iterdir()) == []
    assert len(server.ranges("none.zip")) == 1, "what is not there is not asked for again"


def test_a_busy_server_is_asked_again(server, tmp_path):
    server.plans["a.zip"] = [{"status": 503}, {"status": 429}]
    said = fetch(server, tmp_path / "a.zip")
    assert [line.split(" Serv")[0] for line in said[1:]] == [
        "the server answers 503",
        "the server answers 429 Too Many Requests: once more in 0 s",
    ]


def test_redirections_lead_to_servers_alone(server, tmp_path):
    (tmp_path / "secret").write_bytes(DATA)
    there = {"status": 302, "headers": {"Location": (tmp_path / "secret").as_uri()}}
    server.always["a.zip"] = there
    (tmp_path / "got").mkdir()
    failure([f"{server.url}a.zip", (tmp_path / "secret").as_uri()], tmp_path / "got/a.zip")
    server.always["a.zip"] = {}
    server.always["b.zip"] = {"body": b"", "status": 302, "headers": {"Location": f"{server.url}a.zip"}}
    (tmp_path / "got/a.zip.part").write_bytes(DATA[:7])
    download.fetch([f"{server.url}b.zip"], tmp_path / "got/a.zip", check)
    assert server.ranges("a.zip")[-1] == "bytes=7-"


@pytest.mark.parametrize("length", [True, False])
def test_what_is_too_large_is_not_taken(server, tmp_path, length):
    server.always["a.zip"] = {"length": length}
    assert "too many" in failure([f"{server.url}a.zip"], tmp_path / "a.zip", largest=50_000)
    assert sum(file.stat().st_size for file in tmp_path.iterdir()) <= (0 if length else 50_000)


def test_a_server_that_does_not_say_the_length(server, tmp_path):
    server.plans["a.zip"] = [{"length": False}]
    fetch(server, tmp_path / "a.zip")
    assert download.size(f"{server.url}a.zip") == len(DATA)
    assert download.size(f"{server.url}none.zip") is None
    server.always["a.zip"] = {"length": False}
    assert download.size(f"{server.url}a.zip") is None


def test_no_room_is_said_before_anything_is_written(server, tmp_path, monkeypatch):
    usage = namedtuple("usage", "free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(99_999))
    message = failure([f"{server.url}a.zip", f"{server.url}a.zip"], tmp_path / "a.zip")
    assert message.startswith(f"no space for {tmp_path}: 1 MB needed")
    assert (server.asked, list(tmp_path.iterdir())) == ([("GET", "a.zip", "")], [])
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(100_000))
    fetch(server, tmp_path / "a.zip")


def test_a_disk_that_becomes_full_loses_nothing(server, tmp_path, monkeypatch):
    class Full(disk.File):
        def write(self, data):
            if self.tell() + len(data) > 50_000:
                raise OSError(28, "No space left on device")
            return super().write(data[:1000])  # and it may write less than it is given

    with monkeypatch.context() as patch:
        patch.setattr(disk, "File", Full)
        message = failure([f"{server.url}a.zip", f"{server.url}a.zip"], tmp_path / "a.zip")
    assert "No space left on device; what has arrived is kept: free some space" in message
    assert len(server.asked) == 1, "no other address helps"
    assert DATA.startswith(kept := (tmp_path / "a.zip.part").read_bytes()) and len(kept) > 40_000
    fetch(server, tmp_path / "a.zip")
    assert server.ranges("a.zip")[-1] == f"bytes={len(kept)}-"


def test_a_folder_that_cannot_be_written(server, tmp_path):
    (tmp_path / "a.zip.part").mkdir()
    assert "cannot write" in failure([f"{server.url}a.zip"], tmp_path / "a.zip")


def test_a_second_one_waits(tmp_path):
    order, waiting = [], threading.Event()

    def second():
        with download.alone(tmp_path, lambda line: (order.append(line), waiting.set())):
            order.append("second")

    thread = threading.Thread(target=second)
    with download.alone(tmp_path, order.append):
        thread.start()
        assert waiting.wait(5)
        order.append("first")
    thread.join()
    assert order == [f"another process fills {tmp_path}: waiting for it", "first", "second"]
