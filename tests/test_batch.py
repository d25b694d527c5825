"""One bad file never ends a batch: it is named with its reason, the rest goes on, the exit code is 1 at the end."""

import json
import os
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from served import filmed, giving, piped, served

from seqdl import inspect, predict, prepare, stip
from seqdl.base import locks
from seqdl.baseline import equations
from seqdl.baseline import stip as library
from seqdl.config import load
from seqdl.errors import SeqdlError
from seqdl.model.recogniser import Recogniser
from seqdl.video.reader import Reader

SMALL = ["rows=30", "columns=26", "c1_maps=2", "c1_kernel=[5,3,3]", "c2_kernel=[3,1,1]", "hidden=8"]
CONFIG = load(settings=["backend=numpy", "video.box=track", *(f"convnet.{setting}" for setting in SMALL)])
RAISED = {
    "value.avi": ValueError("negative dimensions\nare not allowed"),
    "memory.avi": MemoryError("Unable to allocate 8.00 TiB"),
    "deep.avi": RecursionError(),
    "any.avi": type("StrangeError", (Exception,), {})("what nobody foresaw"),
    "locked.avi": PermissionError(13, "Permission denied"),
    "usage.avi": locks.HeldError("held"),
}
"""What a library may raise in the middle of a file."""
REASONS = {
    "absent.avi": "absent.avi: no such file",
    "empty.avi": "empty.avi: the file is empty",
    "text.avi": "text.avi: cannot be read as a video",
    "folder.avi": "folder.avi: is a folder",
    "pipe.avi": "pipe.avi: ",
    "head.avi": "head.avi: ",
    "short.avi": "short.avi has 5 frames",
    "value.avi": "value.avi: cannot be used: ValueError: negative dimensions are not allowed",
    "memory.avi": "memory.avi: out of memory: Unable to allocate 8.00 TiB",
    "deep.avi": "deep.avi: cannot be used: RecursionError",
    "any.avi": "any.avi: cannot be used: StrangeError: what nobody foresaw",
    "locked.avi": "Permission denied",
    "usage.avi": "usage.avi: held",
}


@pytest.fixture
def videos(walkers, tmp_path, monkeypatch):
    """The names of good videos first and last, bad ones between them."""
    monkeypatch.chdir(tmp_path)
    good = walkers / "moving" / "ann_0.avi"
    for name in ("first.avi", "last.avi", *RAISED):
        shutil.copy(good, name)
    Path("empty.avi").touch()
    Path("text.avi").write_text("no video\n" * 100)
    Path("folder.avi").mkdir()
    os.mkfifo("pipe.avi")
    Path("head.avi").write_bytes(good.read_bytes()[:300])
    shutil.copy(good, "short.avi")
    original = Reader.__iter__

    def frames(self):
        error = RAISED.get(self.path.name)
        for number, frame in enumerate(original(self)):
            if error and number == 4:
                raise error
            if self.path.name == "short.avi" and number == 5:
                return
            yield frame

    monkeypatch.setattr(Reader, "__iter__", frames)
    return ["first.avi", *REASONS, "last.avi"]


def said(capsys, command):
    """Standard output, and the one line of each bad file that stands there for the reason."""
    out, err = capsys.readouterr()
    lines = [line for line in err.splitlines() if ": error: " in line]
    assert "Traceback" not in err and len(lines) == len(REASONS)
    for line, (name, reason) in zip(lines, REASONS.items(), strict=True):
        assert line.startswith(f"seqdl {command}: error: {name}") and reason in line
    return out


@pytest.fixture
def recogniser(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    Path("run").mkdir()
    Path("run", "config.json").touch()
    made = Recogniser(CONFIG, ("moving", "swinging"), np.random.default_rng(1))
    monkeypatch.setattr(Recogniser, "load", lambda folder, **_: made)
    return made


def test_predict(videos, recogniser, capsys):
    assert predict.main(["run", *videos]) == 1
    assert re.findall(r"^(\w+\.avi): ", said(capsys, "predict"), re.MULTILINE) == ["first.avi", "last.avi"]
    assert predict.main(["run", *videos, "--json"]) == 1
    found = json.loads(said(capsys, "predict"))
    assert [one["video"] for one in found["videos"]] == ["first.avi", "last.avi"]
    assert list(found["failed"]) == list(REASONS)


def test_every_source_gives_the_same_json(walkers, recogniser, capsys, monkeypatch, tmp_path):
    """But for its name: a file, a folder, a pattern, an address, a pipe, a camera; in Python arrays and iterables."""
    file = tmp_path / "clips" / "one.avi"
    file.parent.mkdir()
    shutil.copy(walkers / "moving" / "ann_0.avi", file)
    (file.parent / "read.me").write_text("no video")
    piped(monkeypatch, file.read_bytes())
    filmed(monkeypatch, file)
    with served(giving(file.read_bytes())) as address:
        sources = [str(file), str(file.parent), f"{file.parent}/*.avi", f"{address}/one.avi", "-", "0"]
        assert predict.main(["run", *sources, "--json", "--threshold", "0.9"]) == 0
    out, err = capsys.readouterr()
    assert err == f"left out of {file.parent}, texts: 1 file (read.me)\n"
    first, *others = json.loads(out)["videos"]
    assert [one.pop("video") for one in (first, *others)] == [str(file)] * 3 + [f"{address}/one.avi", "-", "0"]
    assert others == [first] * 5 and first["answer"] == "uncertain" and first["label"] in ("moving", "swinging")
    with Reader(file) as reader:
        frames = np.array(list(reader))
    for given in (frames, iter(frames)):
        said = json.loads(recogniser.predict(given, rate=25, threshold=0.9).to_json())
        assert said.pop("video") == "frames" and said == first


def test_sources_that_cannot_be_had_do_not_end_a_batch(videos, recogniser, capsys, monkeypatch):
    piped(monkeypatch, b"")
    Path("nothing").mkdir()
    bad = ["-", "no*.mkv", "nothing", "ftp://somewhere", "http://ann:secret@127.0.0.1:9/a.avi", "/dev/video63"]
    assert predict.main(["run", *bad, "first.avi", "--json"]) == 1
    out, err = capsys.readouterr()
    found = json.loads(out)
    assert len(found["videos"]) == 1 and list(found["failed"]) == [name.replace("secret", "***") for name in bad]
    assert len(err.splitlines()) == len(bad) and "secret" not in out + err


@pytest.mark.parametrize("option", [["--threshold", "1.5"], ["--top-k", "0"], ["--seconds", "nan"]])
def test_numbers_that_cannot_be_are_wrong_usage(option, capsys):
    with pytest.raises(SystemExit) as caught:
        predict.main(["run", "a.avi", *option])
    assert caught.value.code == 2 and f"{option[0]}: expected a" in capsys.readouterr().err


def test_what_is_wrong_with_all_files_ends_at_once(videos, recogniser, capsys, monkeypatch):
    monkeypatch.setattr(recogniser, "describer", library_describer())
    assert predict.main(["run", *videos, "--box", "person"]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert inspect.main([*videos, "--frames", "0"]) == 2
    assert capsys.readouterr().err == "seqdl inspect: error: --frames 0: give a number between 1 and 1000\n"
    assert stip.main([*videos, "--out", "o.txt"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def library_describer():
    from seqdl.model.describers.points import Points

    return Points(load(settings=["model=stip-lstm", "backend=numpy"]), ("moving", "swinging"))


def test_stip(videos, capsys, monkeypatch):
    monkeypatch.setattr(library, "_form", lambda backend: equations)
    assert stip.main([*videos, "--out", "points", "--overlay", "drawn/"]) == 1
    assert said(capsys, "stip") == ""
    assert sorted(path.name for path in Path("points").iterdir()) == ["first.txt", "last.txt"]
    assert sorted(path.name for path in Path("drawn").iterdir()) == ["first.mp4", "last.mp4"]
    texts = {name: Path("points", f"{name}.txt").read_text().splitlines() for name in ("first", "last")}
    assert texts["first"][1:2] == ["# first"] and texts["first"][2:] == texts["last"][2:]


def test_inspect(videos, capsys, monkeypatch):
    monkeypatch.setattr(inspect.cli, "configuration", lambda args: CONFIG)
    assert inspect.main([*videos, "--frames", "2"]) == 1
    assert said(capsys, "inspect").count("\n") == 2
    assert sorted(str(path) for path in Path().glob("*.png")) == ["first-inspect.png", "last-inspect.png"]


def test_debug_shows_where_it_came_from(videos, recogniser):
    with pytest.raises(ValueError, match="negative"):
        predict.main(["run", "value.avi", "first.avi", "--debug"])
    with pytest.raises(MemoryError):
        stip.main(["memory.avi", "first.avi", "--debug"])


@pytest.mark.parametrize("model", ["convnet-lstm", "stip-lstm"])
def test_prepare(videos, walkers, capsys, cache, model, monkeypatch):
    monkeypatch.setattr(library, "_form", lambda backend: equations)
    left = [name for name in REASONS if Path(name).is_file()]
    for name in ("first.avi", *left, "last.avi"):
        Path("data/moving").mkdir(parents=True, exist_ok=True)
        Path(name).rename(Path("data/moving", name))
    settings = ["--set", f"model={model}", *(part for one in SMALL for part in ("--set", f"convnet.{one}"))]
    command = ["folder", "--data-dir", "data", "--set", "backend=numpy", "--workers", "1", *settings]
    for more in ([], ["--json"]):  # the second time nothing is made anew
        assert prepare.main([*command, *more]) == 1
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        for name in left:
            reason = REASONS[name].replace("short.avi has", "has" if model == "stip-lstm" else "short.avi has")
            [line] = [line for line in err.splitlines() if line.startswith(f"left out: moving/{name}: ")]
            assert reason in line
        assert f"error: 2 of {2 + len(left)} sequences can be used, the others not (" in err.splitlines()[-1]
    found = json.loads(out)
    assert found["sequences"] == 2 and sorted(found["skipped"]) == sorted(f"moving/{name}" for name in left)


def test_all_bad_ones_are_named_where_none_is_good(walkers, tmp_path, cache, capsys):
    (tmp_path / "data" / "one").mkdir(parents=True)
    for name in "abcd":
        (tmp_path / "data" / "one" / f"{name}.avi").write_text("no video")
    assert prepare.main(["folder", "--data-dir", str(tmp_path / "data"), "--workers", "1"]) == 1
    err = capsys.readouterr().err
    assert err.count("left out: one/") == 4 and "error: no sequence of folder can be used" in err.splitlines()[-1]


def test_real_rows_from_bottom_to_top(test_data, walkers, recogniser, capsys):
    """Whatever a decoder makes of it, the next video is read."""
    odd, good = str(test_data / "odd" / "bottom-up.avi"), str(walkers / "moving" / "ann_0.avi")
    code = predict.main(["run", odd, good, "--json"])
    found = json.loads(capsys.readouterr().out)
    assert found["videos"][-1]["video"] == good and code == len(found["failed"])


def test_what_comes_through_a_pipe_can_be_saved(walkers, recogniser, monkeypatch, tmp_path):
    """Its frames are there as long as that takes; those of an array or a list are too, of a generator they are gone."""
    file = walkers / "moving" / "ann_0.avi"
    piped(monkeypatch, file.read_bytes())
    assert predict.main(["run", "-", "--save", str(tmp_path / "saved")]) == 0
    with Reader(file) as reader:
        frames = np.array(list(reader))
    recogniser.predict(frames, rate=25).save(tmp_path / "saved")
    recogniser.predict(list(frames), rate=25).save(tmp_path / "listed")
    saved = [*(tmp_path / "saved").glob("*.mp4"), *(tmp_path / "listed").glob("*.mp4")]
    assert len(saved) == 3
    for film in saved:
        with Reader(film) as reader:
            assert sum(1 for _ in reader) == 24
    with pytest.raises(SeqdlError, match="no longer there"):
        recogniser.predict(iter(frames), rate=25).save(tmp_path / "other")
