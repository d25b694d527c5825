"""Where files of several videos go: each to a place of its own, or one line says why not."""

import re
from pathlib import Path

import pytest

from seqdl.base.targets import Wanted, plan
from seqdl.errors import SeqdlError, UsageError


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("clip.avi", "other.avi", "a/clip.avi", "there/x.txt"):
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).touch()


def text(given):
    return Wanted("out", given, ".txt")


def picture(given):
    return Wanted("overlay", given, ".mp4", only="the video is an MP4")


@pytest.mark.parametrize(
    "files, given, expected",
    [
        (["clip.avi"], None, []),
        (["clip.avi"], "o.anything", ["o.anything"]),
        (["clip.avi"], "there", ["there/clip.txt"]),
        (["clip.avi"], "new/", ["new/clip.txt"]),
        (["clip.avi", "absent.avi"], "new/er", ["new/er/clip.txt", "new/er/absent.txt"]),
        (["clip.avi", "other.avi"], ".", ["clip.txt", "other.txt"]),
    ],
)
def test_a_file_or_a_folder_of_files(files, given, expected):
    [found] = plan(files, text(given))
    assert list(map(str, found.values())) == expected and list(found) == files[: len(expected)]
    assert all(target.parent.is_dir() for target in found.values())


@pytest.mark.parametrize(
    "files, wanted, message",
    [
        (["clip.avi"], [picture("o.avi")], "overlay=o.avi: the video is an MP4, so give a name that ends in .mp4"),
        (["clip.avi"], [text("clip.avi")], "out=clip.avi: that is the video itself"),
        (["clip.avi", "there/x.txt"], [text("there")], "out=there/x.txt: that is the video itself"),
        (["clip.avi"], [text("a.mp4"), picture("./a.mp4")], "out= and overlay=a.mp4: choose two names"),
        (["clip.avi", "a/clip.avi"], [text("new")], "new/clip.txt would be written for clip.avi and for a/clip.avi"),
        (["clip.avi", "CLIP.avi"], [text("new")], "new/CLIP.txt would be written for clip.avi and for CLIP.avi"),
        (["clip.avi", "other.avi"], [text("new"), picture("o.mp4")], "overlay=o.mp4: a file is made of each video"),
        (["clip.avi", "other.avi"], [text("there/x.txt")], "out=there/x.txt: a file is made of each video"),
    ],
)
def test_nothing_is_written_twice_or_over_a_video(files, wanted, message):
    with pytest.raises(UsageError, match="^" + re.escape(message)):
        plan(files, *wanted)
    assert not Path("new").exists()


def test_a_folder_that_cannot_be_made_is_named():
    with pytest.raises(SeqdlError, match=r"^cannot make the folder clip\.avi/new: Not a directory$"):
        plan(["other.avi"], text("clip.avi/new/"))
