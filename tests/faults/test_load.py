"""Much at once, many files, long names: as on the machines of others."""

from __future__ import annotations

import os
import resource
import shutil
import time

import pytest
from trying import WORKS, started, undisturbed
from work import Place, cleared, left

pytestmark = pytest.mark.compiled(reason="what breaks is found by the first of two passes")


def job(name):
    return next(work for work in WORKS if work.name == name)


def ended(children):
    """The exit codes of processes."""
    return [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]


def test_seven_jobs_on_one_store_at_once_do_what_each_does_alone(where, tmp_path, monkeypatch):
    """Of a store that is not there yet."""
    works = [job(name) for name in ("training", "single-step", "cross-validation", *["prediction"] * 4)]
    folder = where.videos.parent / "work"
    expected = [undisturbed(work, where, folder).files for work in works[:4]]
    expected += expected[-1:] * 3
    monkeypatch.setenv("SEQDL_CACHE", str(tmp_path / "cache"))
    folders = [tmp_path / str(k) for k in range(len(works))]
    for work, own in zip(works, folders, strict=True):
        work.begin(where, own)
    codes = ended([started(work, where, own) for work, own in zip(works, folders, strict=True)])
    assert codes == [0] * len(works)
    for own, files in zip(folders, expected, strict=True):
        found = left(own)
        assert found.keys() == files.keys()
        same = [name for name in files if found[name].replace(str(own).encode(), str(folder).encode()) == files[name]]
        assert [name for name in files if name not in same] == []


@pytest.fixture
def few_files():
    """This process and its children may have no more than 64 files open."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_sixty_four_open_files_are_enough_for_many_videos(where, tmp_path, monkeypatch, few_files):
    monkeypatch.setenv("SEQDL_CACHE", str(tmp_path / "cache"))
    many = shutil.copytree(where.videos, tmp_path / "videos")
    rows = ["file,person"]
    for label in ("left", "right"):
        for k in range(40):
            person = ("ann", "bob")[k % 2]
            os.link(many / label / f"{person}.avi", many / label / f"{k}.avi")
            rows.append(f"{label}/{k}.avi,{person}")
        (many / label / "ann.avi").unlink()
        (many / label / "bob.avi").unlink()
    (many / "persons.csv").write_text("\n".join(rows) + "\n")
    there = Place(many, where.cache, where.finished)
    assert ended([started(job("training"), there, tmp_path)]) == [0]
    assert (tmp_path / "run" / "result.json").exists()


def test_paths_may_be_as_long_as_a_system_lets_them_be(where, tmp_path, monkeypatch):
    """Two hundred folders deep, and names of 255 bytes."""
    monkeypatch.setenv("SEQDL_CACHE", str(tmp_path / "cache"))
    deep = tmp_path.joinpath(*["deep"] * 200)
    videos = shutil.copytree(where.videos, deep / "v")
    name = "\u00e9" * 125 + "n.avi"
    assert len(name.encode()) == 255
    (videos / "left" / "ann.avi").rename(videos / "left" / name)
    text = (videos / "persons.csv").read_text().replace("left/ann.avi", f"left/{name}")
    (videos / "persons.csv").write_text(text, encoding="utf-8")
    folder = deep / ("r" * 255)
    folder.mkdir()
    there = Place(videos, where.cache, folder / "run")
    assert job("training").run(there, folder) == 0
    (videos / "left" / name).rename(videos / "left" / "ann.avi")
    assert job("prediction").run(there, folder) == 0
    assert job("export").run(there, folder) == 0
    assert job("report").run(there, folder) == 0
    shutil.rmtree(deep)


def test_a_clock_that_jumps_back_is_nobodys_concern(where, monkeypatch):
    work, folder = job("training"), where.videos.parent / "work"
    expected = undisturbed(work, where, folder)
    now = iter(range(2_000_000_000, 0, -100_000))
    monkeypatch.setattr(time, "time", lambda: float(next(now)))
    folder.mkdir()
    assert work.run(where, folder) == 0
    found = left(folder)
    cleared(folder)
    assert found == expected.files
