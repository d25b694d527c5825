"""KTH's archives on a small copy: fetched, unpacked and counted, whatever comes between."""

import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import Counter, namedtuple
from dataclasses import replace

import pytest
from kth_mirror import RANGES, Server, make_copy, zipped

from seqdl.datasets import download, kth
from seqdl.datasets.kth import archives as kth_archives
from seqdl.errors import SeqdlError, UsageError

ARCHIVES = ("boxing.zip", "walking.zip")


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch):
    monkeypatch.setattr(download, "PAUSES", (0.0, 0.0))
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    return make_copy(lambda name: random.Random(name).randbytes(30_000), tmp_path_factory.mktemp("copy"))


@pytest.fixture
def server(copy):
    with Server(dict(copy.files)) as server:
        yield server


@pytest.fixture
def where(tmp_path):
    return tmp_path / "kth"


def put(where, copy, *names):
    where.mkdir(exist_ok=True)
    for name in names:
        (where / name).write_bytes(copy.files[name])


def complete(where, copy, *bases, inventory=None):
    said = []
    kth_archives.complete(where, bases, inventory or copy.inventory, said.append)
    return said


def assert_whole(where, copy):
    found = kth_archives.present(where)
    assert {name: path.read_bytes() for name, path in found.items()} == copy.videos
    kth_archives.verify(where, "kth2", copy.inventory)
    assert [path.name for path in (where / kth_archives.WORK).iterdir()] == [".lock"], "nothing is left over"


class TestThePublishedCopy:
    def test_its_numbers(self):
        published = kth_archives.PUBLISHED
        assert len(published.videos) == 599 and kth.MISSING not in published.videos
        assert sum(published.sequences.values()) == 2391
        assert {name.split("_")[1] for name in published.videos} == set(kth.ACTIONS)
        assert set(published.sha1) == {f"{action}.zip" for action in kth.ACTIONS}
        assert all(len(bytes.fromhex(value)) == 20 for value in published.sha1.values())

    def test_its_list_is_right_and_a_mistaken_one_is_not(self, test_data, tmp_path):
        kth_archives.check_list(test_data / "kth" / kth.LIST)
        ranges = kth.read_list(test_data / "kth" / kth.LIST)
        kth.write_list(tmp_path / kth.LIST, ranges)
        assert kth.read_list(tmp_path / kth.LIST) == ranges
        row = next(line for line in (tmp_path / kth.LIST).read_bytes().splitlines(keepends=True) if b"boxing" in line)
        assert row in (test_data / "kth" / kth.LIST).read_bytes()
        kth.write_list(tmp_path / kth.LIST, ranges | {"person01_boxing_d1": ((0, 94),)})
        with pytest.raises(SeqdlError, match="has 394 sequences of boxing, not 397"):
            kth_archives.check_list(tmp_path / kth.LIST)

    def test_a_part_of_it_is_named(self, test_data):
        with pytest.raises(SeqdlError, match=r"holds 14 of KTH's 599 videos, without person.*--download.*check=part"):
            kth_archives.verify(test_data / "kth")


def test_all_is_fetched_once(where, copy, server):
    said = complete(where, copy, server.url)
    assert_whole(where, copy)
    assert Counter(name for how, name, _ in server.asked if how == "GET") == dict.fromkeys([kth.LIST, *ARCHIVES], 1)
    assert f"unpacking {where / '.download/boxing.zip'}" in said
    assert kth_archives.present(where)["person01_boxing_d1"] == where / "boxing/person01_boxing_d1_uncomp.avi"
    server.asked.clear()
    assert complete(where, copy, server.url) == []
    assert server.asked == []


def test_only_what_is_missing_is_fetched(where, copy, server):
    put(where, copy, "boxing.zip", kth.LIST)
    complete(where, copy)
    (where / "boxing.zip").unlink()
    complete(where, copy, server.url)
    assert {name for _, name, _ in server.asked} == {"walking.zip"}
    assert_whole(where, copy)


@pytest.mark.parametrize("base", ["none/", "closed"])
def test_the_mirror_is_asked_where_the_first_address_fails(where, copy, server, base):
    first = server.url + base if base == "none/" else "http://127.0.0.1:1/"
    server.files = {name: data for name, data in server.files.items() if name != "boxing.zip"}
    with Server(copy.files) as mirror:
        complete(where, copy, first, server.url, mirror.url)
        assert mirror.ranges("boxing.zip") == [""]
    assert_whole(where, copy)


def test_wrong_archives_and_lists_are_not_taken(where, copy, server):
    server.files["boxing.zip"] = zipped({"person01_boxing_d1_uncomp.avi": b"another one"})
    server.files[kth.LIST] = copy.files[kth.LIST].replace(b"1-12, 13-24", b"1-24")
    with Server(copy.files) as mirror:
        said = complete(where, copy, server.url, mirror.url)
    assert_whole(where, copy)
    said = [line for line in said if line.startswith("not from there")]
    assert "has 4 sequences of boxing, not 5" in said[0] and "its SHA-1 sum is" in said[1] and len(said) == 2


def test_where_no_address_is_right_nothing_is_taken(where, copy, server):
    server.files["walking.zip"] = b"<html>moved</html>"
    with pytest.raises(SeqdlError, match=r"cannot fetch walking.zip \(http.*walking.zip: a web page came"):
        complete(where, copy, server.url)
    assert {name.split("_")[1] for name in kth_archives.present(where)} == {"boxing"}
    server.files["walking.zip"] = copy.files["walking.zip"]
    complete(where, copy, server.url)
    assert len(server.ranges("boxing.zip")) == 1, "what was there stayed"
    assert_whole(where, copy)


@pytest.mark.parametrize("harm", [{"../../evil.avi": b"x"}, {"C:\\evil.avi": b"x"}])
def test_where_no_sum_is_known_the_archive_is_looked_into(where, copy, server, harm):
    server.files["walking.zip"] = zipped({"person01_walking_d1_uncomp.avi": b"x"} | harm)
    unknown = replace(copy.inventory, sha1={})
    with pytest.raises(SeqdlError, match="unsafe name"):
        complete(where, copy, server.url, inventory=unknown)
    assert not list(where.parent.rglob("*evil*"))
    with Server(copy.files) as mirror:
        complete(where, copy, server.url, mirror.url, inventory=unknown)
    assert_whole(where, copy)


def test_the_users_archives_are_unpacked_and_kept(where, copy):
    put(where, copy, *copy.files)
    assert complete(where, copy) == [f"unpacking {where / name}" for name in ARCHIVES]
    assert_whole(where, copy)
    assert {path.name for path in where.iterdir()} == {*copy.files, "boxing", "walking", kth_archives.WORK}
    assert complete(where, copy) == []


def test_archives_packed_anew_are_taken_with_a_word(where, copy):
    put(where, copy, *copy.files)
    files = {f"kth/{name}_uncomp.avi": data for name, data in copy.videos.items()}
    (where / "walking.zip").write_bytes(zipped(files))
    said = complete(where, copy)
    assert said[1].startswith(f"note: {where / 'walking.zip'} is not as published: its SHA-1 sum is")
    assert said[3] == f"note: 3 files in {where / 'walking.zip'} left out: " + ", ".join(
        f"kth/{name}_uncomp.avi" for name in copy.videos if "boxing" in name
    )
    assert_whole(where, copy)


def test_a_damaged_archive_of_the_users(where, copy, server):
    put(where, copy, *copy.files)
    (where / "walking.zip").write_bytes(copy.files["walking.zip"][:40_000])
    with pytest.raises(SeqdlError, match=r"walking.zip is no zip archive, or only a part of one"):
        complete(where, copy)
    complete(where, copy, server.url)
    assert server.ranges("walking.zip") == [""] and not server.ranges("boxing.zip")
    assert_whole(where, copy)
    assert (where / "walking.zip").stat().st_size == 40_000, "and his own is left alone"


def test_an_archive_of_another_set(where, copy):
    put(where, copy, kth.LIST)
    (where / "boxing.zip").write_bytes(zipped({"v_boxing_01.avi": b"x"}))
    with pytest.raises(
        SeqdlError, match=r"none of the files expected \(person01_boxing_d1_uncomp.avi ...\), .*v_boxing_01"
    ):
        complete(where, copy)


def test_videos_of_the_users_are_left_as_they_are(where, copy):
    put(where, copy, *copy.files)
    (where / "PERSON01_boxing_d1.mp4").write_bytes(b"mine")
    complete(where, copy)
    found = kth_archives.present(where)
    assert found.pop("person01_boxing_d1").read_bytes() == b"mine"
    assert not (where / "boxing/person01_boxing_d1_uncomp.avi").exists()
    assert len(found) == 4


def test_a_complete_folder_need_not_be_written(where, copy):
    put(where, copy, *copy.files)
    complete(where, copy)
    shutil.rmtree(where / kth_archives.WORK)
    assert complete(where, copy, "http://127.0.0.1:1/") == []
    assert not (where / kth_archives.WORK).exists()


def test_an_interrupt_between_two_archives(where, copy, server):
    def interrupt(line):
        if line == f"unpacking {where / '.download/walking.zip'}":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        kth_archives.complete(where, [server.url], copy.inventory, interrupt)
    assert len(kth_archives.present(where)) == 3
    server.asked.clear()
    complete(where, copy, server.url)
    assert server.asked == [("HEAD", "walking.zip", "")], "the archive had arrived"
    assert_whole(where, copy)


PROGRAM = """
import pickle, sys
from pathlib import Path
from seqdl.datasets.kth import archives as kth_archives
where, url, inventory = pickle.load(sys.stdin.buffer)
kth_archives.complete(Path(where), [url], inventory, lambda line: print(line, flush=True))
"""


@pytest.fixture
def child(where, copy, server):
    """Starts another process that fetches to the same folder."""
    import pickle

    given = pickle.dumps((str(where), server.url, copy.inventory))
    children = []

    def start():
        process = subprocess.Popen([sys.executable, "-c", PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        children.append(process)
        process.stdin.write(given)
        process.stdin.close()
        return process

    yield start
    for process in children:
        process.kill()
        process.wait()
        process.stdout.close()


def until(true):
    for _ in range(1000):
        if true():
            return
        time.sleep(0.01)
    pytest.fail("it never happened")


def test_a_killed_process_loses_nothing(where, copy, server, child):
    server.plans["walking.zip"] = [{"stall": 10_000}]
    process = child()
    part = where / kth_archives.WORK / "walking.zip.part"
    until(lambda: part.exists() and part.stat().st_size == 10_000)
    (where / kth_archives.WORK / "person01_walking_d1_uncomp.avi.part").write_bytes(b"as if killed while unpacking")
    process.send_signal(signal.SIGKILL)
    process.wait()
    complete(where, copy, server.url)
    assert server.ranges("boxing.zip") == [""] and server.ranges("walking.zip") == ["", "bytes=10000-"]
    assert_whole(where, copy)


def test_two_at_once_fetch_everything_once(where, copy, server, child):
    server.plans["boxing.zip"] = [{"stall": 10_000}]
    process = child()
    until(lambda: server.ranges("boxing.zip"))
    said, waiting = [], threading.Event()

    def say(line):
        said.append(line)
        waiting.set()

    second = threading.Thread(target=kth_archives.complete, args=(where, [server.url], copy.inventory, say))
    second.start()
    assert waiting.wait(10)
    server.released.set()  # the stalled connection ends, the first goes on
    second.join()
    assert process.wait() == 0
    assert said == [f"another process fills {where / kth_archives.WORK}: waiting for it"]
    assert server.ranges("boxing.zip") == ["", "bytes=10000-"] and server.ranges("walking.zip") == [""]
    assert_whole(where, copy)


def test_no_room_is_said_before_anything_is_fetched(where, copy, server, monkeypatch):
    largest, total = (f(len(copy.files[name]) for name in ARCHIVES) for f in (max, sum))
    monkeypatch.setattr(shutil, "disk_usage", lambda path: namedtuple("usage", "free")(total + largest - 1))
    with pytest.raises(SeqdlError, match=f"no space for {where}: 1 MB needed, 1 MB free"):
        complete(where, copy, server.url)
    assert {how for how, *_ in server.asked} == {"HEAD"}
    monkeypatch.setattr(shutil, "disk_usage", lambda path: namedtuple("usage", "free")(total + largest))
    complete(where, copy, server.url)
    assert_whole(where, copy)


def test_servers_that_do_not_tell_sizes(where, copy, server):
    server.always = {name: {"length": False} for name in ARCHIVES}
    complete(where, copy, server.url)
    assert_whole(where, copy)


def test_a_folder_that_cannot_be_made(where, copy, server):
    where.touch()
    with pytest.raises(SeqdlError, match=r"cannot use .*data.data_dir"):
        complete(where, copy, server.url)


class TestVerify:
    @pytest.fixture
    def whole(self, where, copy):
        put(where, copy, *copy.files)
        complete(where, copy)
        return where

    def test_half_a_set(self, whole, copy):
        shutil.rmtree(whole / "walking")
        message = r"holds 3 of KTH's 5 videos, without person01_walking_d1, person02_walking_d1: put them"
        with pytest.raises(SeqdlError, match=message):
            kth_archives.verify(whole, "kth2", copy.inventory)

    def test_no_list(self, whole, copy):
        (whole / kth.LIST).unlink()
        kth_archives.verify(whole, "kth1", copy.inventory)
        with pytest.raises(SeqdlError, match=r"00sequences.txt is missing: take it from https.*data\.variant = kth1"):
            kth_archives.verify(whole, "kth2", copy.inventory)

    @pytest.mark.parametrize(
        "change, message",
        [
            ({"person01_boxing_d1": ()}, "has no ranges for person01_boxing_d1"),
            ({"person09_boxing_d1": ((0, 3),)}, "has ranges for videos that do not exist: person09_boxing_d1"),
            ({kth.MISSING: ((0, 3),)}, f"has ranges for videos that do not exist: {kth.MISSING}"),
            ({"person01_walking_d1": ((0, 3),)}, "has 2 sequences of walking, not 3"),
        ],
    )
    def test_a_list_that_contradicts(self, whole, copy, change, message):
        kth.write_list(whole / kth.LIST, RANGES | change)
        with pytest.raises(SeqdlError, match=message) as raised:
            kth_archives.verify(whole, "kth2", copy.inventory)
        assert "take a fresh copy" in str(raised.value)

    def test_another_set(self, where, copy):
        where.mkdir()
        (where / "daria_walk.avi").touch()
        with pytest.raises(SeqdlError, match="named as in KTH"):
            kth_archives.verify(where, "kth2", copy.inventory)


def test_sums_of_other_archives(tmp_path):
    path = tmp_path / "sums"
    path.write_text(f"{'AB' * 20}  boxing.zip\n{'0' * 40} *walking.zip\n\n")
    assert kth_archives.read_sums(path) == {"boxing.zip": "ab" * 20, "walking.zip": "0" * 40}
    for text in ("", "boxing.zip\n", f"{'0' * 64}  boxing.zip\n"):
        path.write_text(text)
        with pytest.raises(UsageError, match=r"sha1sum \*.zip"):
            kth_archives.read_sums(path)
    with pytest.raises(UsageError, match="No such file"):
        kth_archives.read_sums(tmp_path / "none")
