"""The cache is listed and cleared: what is stale, what is old, and never what another process holds."""

import json
import os
import time
from pathlib import Path

import numpy as np
import pytest

from seqdl import cache as command
from seqdl.base import cache as folders
from seqdl.base import locks
from seqdl.config import load
from seqdl.stores import cached, frames, points
from seqdl.stores.arrays import Column, open_store

COLUMNS = {"frames.f32": Column(np.float32, (2, 3))}


@pytest.fixture
def full(cache, monkeypatch):
    """Two stores of frames, one of them stale, one of points, and compiled code of two versions."""
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    for name, maker, dataset in (("a" * 16, frames.made_by(*frames.MAKERS), "toy"), ("b" * 16, "older", "toy")):
        with open_store(cache / name, COLUMNS) as store, store.growing() as add:
            add("x", [np.zeros((4, 2, 3), np.float32)], [])
        folders.describe(cache / name, maker, dataset, {"video": 1})
    with open_store(cache / "stip-c", points.COLUMNS) as store, store.growing() as add:
        add("x", [np.zeros(2, points.POINT), np.zeros((2, 90), np.float32)], [])
    folders.keep(folders.compiled_folder() / "a.f-1.code", bytes(100))
    folders.keep(cache / "compiled" / "seqdl-older" / "a.f-1.code", bytes(50))
    (cache / "of another program").mkdir()
    return cache


def names(chosen):
    return sorted(entry.folder.name for entry in chosen)


def test_what_is_there(full):
    found = {entry.folder.name: entry for entry in cached.entries()}
    present = folders.compiled_folder().name
    assert set(found) == {"a" * 16, "b" * 16, "stip-c", present, "seqdl-older"}
    assert {name: entry.state for name, entry in found.items()} == {
        "a" * 16: "current", "b" * 16: "stale", "stip-c": "stale", present: "current", "seqdl-older": "stale"
    }  # fmt: skip
    assert found["a" * 16].datasets == ("toy",) and found["a" * 16].settings == {"video": 1}
    assert found["stip-c"].kind == "points" and found["stip-c"].datasets == ()
    assert [found[name].count for name in ("a" * 16, "stip-c", present)] == [1, 1, 1]
    assert 96 < found["a" * 16].size < 1000 and found[present].size == 132
    assert abs(found["a" * 16].used - time.time()) < 600


def test_a_note_names_every_dataset_and_is_not_needed(full):
    for dataset in ("other", "toy", "other"):
        folders.describe(full / ("a" * 16), "code", dataset, {})
    assert folders.described(full / ("a" * 16))["datasets"] == ["other", "toy"]
    for damage in ("", "[]", '{"video": {}}'):
        (full / ("a" * 16) / folders.ABOUT).write_text(damage)
        assert folders.described(full / ("a" * 16)) == {}
    assert {entry.folder.name: entry.stale for entry in cached.entries("video")}["a" * 16]


def test_what_prepare_makes_is_current(cache, walkers):
    from seqdl.datasets import registry

    config = load()
    dataset = registry.load("folder", walkers)
    frames.prepare(dataset, config)
    [entry] = cached.entries("video")
    assert (entry.state, entry.kind, entry.count) == ("current", "frames", 12)
    assert entry.datasets == (dataset.name,) and "downsample" in entry.settings["video"]


@pytest.mark.parametrize(
    "options, removed",
    [
        ([], {"a" * 16, "b" * 16, "stip-c", "present", "seqdl-older"}),
        (["--stale"], {"b" * 16, "stip-c", "seqdl-older"}),
        (["--compiled"], {"present", "seqdl-older"}),
        (["--video"], {"a" * 16, "b" * 16, "stip-c"}),
        (["--video", "--stale"], {"b" * 16, "stip-c"}),
        (["--older-than", "1"], {"b" * 16}),
        (["--older-than", "3"], set()),
    ],
)
def test_clear(full, options, removed, capsys):
    for path in [full / ("b" * 16), *(full / ("b" * 16)).iterdir()]:
        os.utime(path, (time.time() - 2 * cached.DAY,) * 2)
    before = {entry.folder.name for entry in cached.entries()}
    assert command.main(["clear", *options, "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    present = folders.compiled_folder().name
    removed = {present if name == "present" else name for name in removed}
    assert {Path(one["folder"]).name for one in printed["removed"]} == removed
    assert printed["freed"] == sum(one["size"] for one in printed["removed"])
    assert {entry.folder.name for entry in cached.entries()} == before - removed
    assert (full / "of another program").is_dir()


@pytest.mark.skipif(os.name == "nt", reason="file locks")
def test_what_another_process_holds_stays(full, capsys):
    with locks.held(full / ("a" * 16) / "lock"):
        assert command.main([]) == 0
        assert "held" in capsys.readouterr().out
        assert command.main(["clear", "--video"]) == 0
    out, err = capsys.readouterr()
    assert "a" * 16 in err and "holds it" in err
    assert out.startswith("2 removed") and str(full) in out
    assert names(cached.entries("video")) == ["a" * 16]


def test_the_list_says_where_and_what(full, capsys):
    assert command.main([]) == 0
    out = capsys.readouterr().out
    assert str(full) in out and "toy" in out and "stale" in out and "today" in out
    assert command.main(["--compiled", "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["folder"] == str(full) and printed["bytes"] == 132 + 82
    assert {entry["state"] for entry in printed["entries"]} == {"current", "stale"}


def test_an_empty_cache_is_no_error(cache, monkeypatch, capsys):
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    for options in ([], ["clear"]):
        assert command.main(options) == 0
        assert "0 MB" in capsys.readouterr().out


@pytest.mark.parametrize("options", [["--older-than=-1"], ["--older-than=nan"]])
def test_what_cannot_be_is_refused(cache, options, capsys):
    assert command.main(options) == 2
    assert "--older-than" in capsys.readouterr().err
