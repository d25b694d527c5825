"""The command that prepares: KTH in small from a server or from archives, other datasets, bad words as one line."""

from __future__ import annotations

import json
import shutil
from collections import namedtuple

import av
import numpy as np
import pytest
from kth_mirror import RANGES, Server, make_copy

from seqdl import config, prepare
from seqdl.datasets import download, kth
from seqdl.datasets.kth import archives as kth_archives
from seqdl.stores import frames as store
from seqdl.stores import points


def video(folder, name):
    """26 frames in which somebody walks, as a file of bytes."""
    path = folder / f"{name}.avi"
    at = 10 + 3 * int(name[6:8])
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt, stream.bit_rate = 160, 120, "yuv420p", 400_000
        for k in range(26):
            picture = np.full((120, 160), 90, np.uint8)
            picture[20:110, at + 4 * k : at + 4 * k + 16] = 200
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="gray")))
        container.mux(stream.encode())
    return path.read_bytes()


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    folder = tmp_path_factory.mktemp("copy")
    return make_copy(lambda name: video(folder, name), folder)


@pytest.fixture(autouse=True)
def _in_small(copy, monkeypatch, tmp_path, cache):
    monkeypatch.setattr(kth_archives, "PUBLISHED", copy.inventory)
    monkeypatch.setattr(download, "PAUSES", (0.0,))
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def folder(copy, tmp_path):
    """The archives and the list, as a user has them."""
    (tmp_path / "mine").mkdir()
    for name, data in copy.files.items():
        (tmp_path / "mine" / name).write_bytes(data)
    return tmp_path / "mine"


def fails(capsys, code, *argv):
    """The one line on standard error that a command ends with."""
    assert prepare.main([*argv, "--workers", "1"]) == code
    out, err = capsys.readouterr()
    last = err.splitlines()[-1]
    assert out == "" and last.startswith("seqdl prepare: error: ")
    return last


def test_one_command_has_kth_ready(copy, cache, capsys, monkeypatch, tmp_path):
    with Server(copy.files) as server:
        command = ["kth", "--download", "--url", server.url.rstrip("/"), "--workers", "1"]
        assert prepare.main(command) == 0
        out, err = capsys.readouterr()
        prepared, train = out.splitlines()
        assert prepared.startswith("kth kth2: 8 sequences of 122 frames prepared, 1 MB in ")
        assert train == "train on it: seqdl train --dataset kth --variant kth2 --data-dir kth"
        assert "complete: 5 videos, 8 listed sequences" in err
        assert "8 sequences of 122 frames: 1 MB at most" in err
        short = f"note: 1 sequence shorter than listed, since the video ends before: {kth.TRUNCATED}#2"
        assert f"{short}; a known fault of the published copy." in err
        asked = len(server.asked)
        monkeypatch.setattr(store, "_make", None)  # nothing is made anew
        assert prepare.main([*command, "--json"]) == 0
        assert len(server.asked) == asked
    result = json.loads(capsys.readouterr().out)
    assert result["sequences"] == 8 and result["frames"] == 122 and result["skipped"] == {}
    assert result["bytes"] == sum(file.stat().st_size for file in cache.rglob("*.?[38]*") if file.suffix != ".json")
    assert (tmp_path / "kth" / "boxing" / "person01_boxing_d1_uncomp.avi").is_file()


def test_the_same_from_the_users_archives_and_settings_choose_the_store(folder, cache, capsys):
    command = ["kth", "--data-dir", str(folder), "--variant", "kth1", "--set", "video.grey=limited", "--json"]
    assert prepare.main([*command, "--preset", "best", "--workers", "1"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert (result["variant"], result["sequences"], result["frames"]) == ("kth1", 5, 130)
    assert result["store"] == str(cache)
    assert (cache / store.settings_key(config.load(settings=["video.grey=limited"]))).is_dir()


def test_sums_of_a_mirrors_own_archives(copy, tmp_path, capsys):
    other = make_copy(lambda name: copy.videos["person01_boxing_d1"], tmp_path)
    (tmp_path / "sums").write_text("".join(f"{value}  {name}\n" for name, value in other.inventory.sha1.items()))
    with Server(other.files) as server:
        command = ["kth", "--download", "--url", f"{server.url}x", server.url]
        assert "its SHA-1 sum is" in fails(capsys, 1, *command)
        assert prepare.main([*command, "--sums", "sums", "--workers", "1"]) == 0


def test_a_part_only_where_it_is_asked_for(folder, capsys):
    (folder / "walking.zip").unlink()
    assert "holds 3 of KTH's 5 videos" in fails(capsys, 1, "kth", "--data-dir", str(folder))
    assert prepare.main(["kth", "--data-dir", str(folder), "--check", "part", "--workers", "1"]) == 0
    out, err = capsys.readouterr()
    assert "kth kth2: 5 sequences of 74 frames" in out
    assert "A part of KTH: 3 of 599 videos" in err


def test_strict_refuses_what_is_cut_short_and_keeps_what_is_prepared(folder, capsys, monkeypatch):
    message = fails(capsys, 1, "kth", "--data-dir", str(folder), "--check", "strict")
    assert f"1 sequence shorter than listed, since the video ends before: {kth.TRUNCATED}#2" in message
    monkeypatch.setattr(store, "_make", None)
    assert prepare.main(["kth", "--data-dir", str(folder)]) == 0


def test_an_unknown_fault_is_not_called_a_known_one(folder, capsys):
    kth.write_list(folder / kth.LIST, RANGES | {"person02_walking_d1": ((2, 40),)})
    assert prepare.main(["kth", "--data-dir", str(folder), "--workers", "1"]) == 0
    err = capsys.readouterr().err
    assert (
        f"2 sequences shorter than listed, since the video ends before: {kth.TRUNCATED}#2, person02_walking_d1#1.\n"
        in err
    )


def test_a_list_that_goes_beyond_the_videos(folder, capsys, cache):
    kth.write_list(folder / kth.LIST, RANGES | {"person02_walking_d1": ((26, 40),)})
    message = fails(capsys, 1, "kth", "--data-dir", str(folder))
    assert "1 listed sequence after the end of the video (person02_walking_d1#1)" in message
    assert not cache.exists(), "it is found before anything is prepared"
    assert prepare.main(["kth", "--data-dir", str(folder), "--check", "part", "--workers", "1"]) == 0
    assert "kth kth2: 7 sequences of 98 frames" in capsys.readouterr().out


def test_a_video_that_is_damaged(folder, capsys):
    assert prepare.main(["kth", "--data-dir", str(folder), "--workers", "1"]) == 0
    capsys.readouterr()
    (folder / "boxing" / "person02_boxing_d1_uncomp.avi").write_bytes(b"no video")
    message = fails(capsys, 1, "kth", "--data-dir", str(folder))
    assert "7 of 8 sequences can be used, the others not (person02_boxing_d1#1)" in message
    assert message.endswith("get these videos again, or leave them out with --check part")
    assert prepare.main(["kth", "--data-dir", str(folder), "--workers", "1", "--json"]) == 1
    assert list(json.loads(capsys.readouterr().out)["skipped"]) == ["person02_boxing_d1#1"]
    assert prepare.main(["kth", "--data-dir", str(folder), "--workers", "1", "--check", "part"]) == 0
    out, err = capsys.readouterr()
    assert "7 sequences" in out and "left out: person02_boxing_d1#1: " in err


def test_no_room_for_the_store(folder, capsys, monkeypatch, cache):
    assert prepare.main(["kth", "--data-dir", str(folder), "--workers", "1"]) == 0
    shutil.rmtree(cache)
    capsys.readouterr()
    usage = namedtuple("usage", "free")
    need = 122 * (34 * 54 * 4 + 1)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(need - 1))
    assert "no space for" in fails(capsys, 1, "kth", "--data-dir", str(folder))
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(need))
    assert prepare.main(["kth", "--data-dir", str(folder), "--workers", "1"]) == 0


def test_an_interrupt_says_that_nothing_is_lost(folder, capsys, monkeypatch):
    def interrupted(*args, **kwargs):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(store, "_clips", interrupted)
        assert prepare.main(["kth", "--data-dir", str(folder), "--workers", "1"]) == 130
    assert "nothing is lost: the same command goes on where it was\n" in capsys.readouterr().err
    assert prepare.main(["kth", "--data-dir", str(folder), "--workers", "1"]) == 0


def test_any_other_dataset(walkers, capsys, monkeypatch):
    assert prepare.main(["folder", "--data-dir", str(walkers), "--workers", "1"]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("folder all: 12 sequences of 288 frames prepared")
    assert "12 sequences of 288 frames: 3 MB at most" in err
    asked = []
    monkeypatch.setattr(
        store, "prepare", lambda dataset, *args, **kw: asked.append(dataset) or store.FrameStore({}, {}, [], None, None)
    )
    assert prepare.main(["actors"]) == 0
    assert asked[0].variant == "small"
    assert "240 sequences of 9," in capsys.readouterr().err, "a rendered dataset knows its lengths too"


def test_the_baselines_points(folder, capsys, monkeypatch):
    found = points.PointStore({"a": (0, 5)}, {}, [], None, None, {"a": 122})
    monkeypatch.setattr(points, "prepare", lambda *args, **kw: found)
    assert prepare.main(["kth", "--data-dir", str(folder), "--set", "model=stip-lstm"]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("kth kth2: 1 sequence of 122 frames prepared in ")
    assert "\n8 sequences of 122 frames\n" in err, "nobody knows how many points there will be"


@pytest.mark.parametrize(
    "argv, message",
    [
        (["kht"], "unknown dataset kht; did you mean kth?"),
        (["kth"], "dataset kth needs its folder: give it with --data-dir DIR"),
        (["kth", "--data-dir", "none"], "the dataset folder none does not exist"),
        (["kth", "--data-dir", "none", "--variant", "kth3"], "no variant kth3"),
        (["kth", "--data-dir", "none", "--sums", "none"], "cannot read the sums none"),
        (["kth", "--data-dir", "none", "--url", "http://a"], "give --download too"),
        (["weizmann", "--download"], "--download is for kth alone; weizmann is published at https://www.wisdom."),
        (["actors", "--download"], "actors is rendered on this machine and needs nothing"),
        (["folder", "--download"], "folder is your own videos: say where with --data-dir"),
        (["ixmas", "--download"], "ixmas is published at https://www.epfl.ch/"),
        (["ut-interaction", "--download"], "ut-interaction is published at https://cvrc.ece."),
        (["folder", "--data-dir", "none", "--check", "part"], "--check is for kth alone"),
        (["weizmann", "--data-dir", "none", "--sums", "x"], "--sums is for kth alone"),
        (["kth", "--set", "data.nothing=1"], "data.nothing"),
        (["kth", "--download", "--set", "convnet.rows=10"], "C2"),
        (["kth", "--download", "--variant", "kth3"], "no variant kth3"),
    ],
)
def test_wrong_words_are_one_line(argv, message, capsys):
    assert message in fails(capsys, 2, *argv)


@pytest.mark.parametrize("address", ["file:///tmp", "kth.se/actions", "ftp://a/"])
def test_an_address_is_one_of_the_web(address, capsys):
    with pytest.raises(SystemExit) as ended:
        prepare.main(["kth", "--download", "--url", address])
    assert ended.value.code == 2
    err = capsys.readouterr().err
    assert f"{address} is no address that begins with http://" in err and err.count("\n") == 1
