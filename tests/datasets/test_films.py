"""The embedded dataset as video files: what is rendered is what is read, and nothing is written over anything."""

import json
from dataclasses import replace

import numpy as np
import pytest

from seqdl import render
from seqdl.datasets import actors, films, folder, registry
from seqdl.errors import SeqdlError, UsageError
from seqdl.video import writer
from seqdl.video.reader import Reader


@pytest.fixture(scope="module")
def few():
    """Two short sequences of two classes."""
    data = actors.load()
    one, other = (next(s for s in data.sequences if s.label == label) for label in ("boxing", "walking"))
    return replace(
        data, classes=("boxing", "walking"), sequences=tuple(replace(s, last=s.first + 11) for s in (one, other))
    )


def test_what_is_written_is_a_folder_of_ones_own_videos(few, tmp_path):
    said = []
    assert films.write(few, tmp_path / "clips", said.append) == 2 and not said
    found = folder.load(tmp_path / "clips")
    assert found.classes == few.classes and found.persons == few.persons and found.notes == ()
    for sequence, rendered in zip(found.sequences, few.sequences, strict=True):
        with Reader(sequence.file) as reader:
            frames = np.stack(list(reader))
            assert reader.rate == 25
        wanted = np.stack(list(few.render(rendered)))
        assert frames.shape == wanted.shape and np.abs(frames.astype(float) - wanted).mean() < 2


def test_the_same_call_goes_on_and_another_one_is_refused(few, tmp_path):
    said, out = [], tmp_path / "clips"
    films.write(few, out, said.append)
    [first, second] = sorted(out.glob("*/*.mp4"))
    first.unlink()
    before = second.stat().st_mtime_ns
    assert films.write(few, out, said.append) == 2
    assert said == ["1 of 2 videos are there already"] and first.exists() and second.stat().st_mtime_ns == before
    with pytest.raises(UsageError, match="clips holds something already, such as boxing: name a new folder"):
        films.write(replace(few, sequences=few.sequences[:1]), out, said.append)
    with pytest.raises(SeqdlError, match="cannot make the folder"):
        films.write(few, second, said.append)
    with pytest.raises(UsageError, match="has videos already"):
        films.write(found := folder.load(out), tmp_path / "more", said.append)
    assert found.render is None


def test_what_cannot_be_written_leaves_nothing(tmp_path):
    def fails():
        yield np.zeros((16, 16), np.uint8)
        raise OSError(28, "No space left on device")

    with pytest.raises(SeqdlError, match=r"cannot write .*: No space left on device"):
        writer.write(tmp_path / "clip.mp4", fails(), 25)
    assert list(tmp_path.iterdir()) == []


def test_the_command_says_what_comes_next(few, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(registry, "load", lambda name, variant: few)
    out = str(tmp_path / "my clips")
    assert render.main(["actors", out, "--only-persons", "person01"]) == 0
    shown = capsys.readouterr().out
    assert "2 videos of 2 classes and 1 person" in shown and f"seqdl check '{out}'" in shown
    assert render.main(["actors", out, "--only-persons", "person01", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told == {"folder": out, "videos": 2, "classes": ["boxing", "walking"], "persons": ["person01"]}
    for arguments, message in ((["kth", out], "kth cannot be rendered: it is published"), (["actor", out], "actors?")):
        assert render.main(arguments) == 2
        err = capsys.readouterr().err
        assert err.count("\n") == 1 and message in err
