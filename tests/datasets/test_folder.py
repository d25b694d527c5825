"""Anybody's videos, and the helpers of all loaders; the files are empty: loaders read names only."""

import re
from pathlib import Path

import pytest

from seqdl.base import words
from seqdl.datasets import folder, scan
from seqdl.errors import SeqdlError, UsageError


@pytest.fixture
def clips(tmp_path):
    for name in ("wave/ann_1.avi", "wave/bob.MP4", "sit/ann.mov", "sit/deeper/bob.webm"):
        touch(tmp_path / name)
    return tmp_path


def touch(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()


def test_classes_are_the_sub_folders(clips):
    data = folder.load(clips)
    assert (data.name, data.variant, data.box, data.classes) == ("folder", "all", "person", ("sit", "wave"))
    assert [s.name for s in data.sequences] == ["sit/ann.mov", "sit/deeper/bob.webm", "wave/ann_1.avi", "wave/bob.MP4"]
    assert [s.label for s in data.sequences] == ["sit", "sit", "wave", "wave"]
    assert all(s.file == clips / s.name and (s.first, s.last) == (0, None) for s in data.sequences)


def test_without_a_list_each_file_is_a_person_and_a_note_says_so(clips):
    data = folder.load(clips)
    assert len(data.persons) == 4
    (note,) = data.notes
    assert "each file counts as a person of its own" in note and "persons.csv" in note


def test_persons_from_the_folders_own_list(clips):
    rows = "person,file,age\nann,wave/ann_1.avi,3\nbob,./wave/bob.MP4,\n\nann, sit/ann.mov\nbob,sit\\deeper\\bob.webm\n"
    (clips / "persons.csv").write_bytes(b"\xef\xbb\xbf" + rows.replace("\n", "\r\n").encode())
    data = folder.load(clips)
    assert [s.person for s in data.sequences] == ["ann", "bob", "ann", "bob"]
    assert data.notes == ()


ROWS = "wave/ann_1.avi,ann\nwave/bob.MP4,bob\nsit/ann.mov,ann\nsit/deeper/bob.webm,bob\n"


def write(path, text):
    path.write_text(text, encoding="latin-1")
    return path


def test_a_list_given_by_hand_comes_first(clips, tmp_path):
    write(clips / "persons.csv", "file,person\nnonsense,x\n")
    given = write(tmp_path / "other.csv", "file,person\n" + ROWS)
    assert folder.load(clips, persons=given).persons == ("ann", "bob")


@pytest.mark.parametrize(
    "text, message",
    [
        ("", "must name the columns file,person"),
        ("file;person\n", "must name the columns file,person"),
        ("file,person\nwave/ann_2.avi,ann\n", "line 2: there is no video wave/ann_2.avi; did you mean wave/ann_1.avi"),
        ("file,person\n" + ROWS + "wave/ann_1.avi,eve\n", "line 6: wave/ann_1.avi already belongs to ann"),
        ("file,person\nwave/ann_1.avi,\n", "line 2: give both"),
        ("file,person\n,ann\n", "line 2: give both"),
        ("file,person\nwave/ann_1.avi\n", "line 2: give both"),
        (
            "file,person\nwave/ann_1.avi,ann\n",
            "no person for sit/ann.mov, sit/deeper/bob.webm, wave/bob.MP4; add a row",
        ),
        ("\x00\xff\xfe", "must name the columns"),
        ('file,person\n"' + "x" * 200_000, "after line 1: .*correct the next"),
    ],
)
def test_a_wrong_list_of_persons_is_refused_in_one_line(clips, text, message):
    path = write(clips / "persons.csv", text)
    with pytest.raises(UsageError, match=message) as error:
        folder.load(clips)
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)


def test_a_list_of_persons_that_is_not_there(clips):
    with pytest.raises(UsageError, match=r"nobody\.csv: No such file"):
        folder.load(clips, persons=clips / "nobody.csv")


def test_hidden_files_and_folders_are_ignored(clips):
    for name in (".cache/x.avi", "wave/._bob.MP4", ".hidden.avi", "sit/notes.txt"):
        touch(clips / name)
    data = folder.load(clips)
    assert len(data.sequences) == 4 and data.classes == ("sit", "wave") and len(data.notes) == 1


def test_empty_class_folders_and_loose_videos_are_noted(clips):
    (clips / "jump").mkdir()
    touch(clips / "loose.avi")
    data = folder.load(clips)
    assert data.classes == ("sit", "wave") and len(data.sequences) == 4
    assert any("No videos in jump" in note for note in data.notes)
    assert any("1 video directly in" in note for note in data.notes)


def test_videos_without_class_folders_are_refused(tmp_path):
    touch(tmp_path / "a.avi")
    with pytest.raises(SeqdlError, match="one sub-folder per class"):
        folder.load(tmp_path)


def test_a_missing_folder_and_a_file_are_wrong_usage(tmp_path):
    with pytest.raises(UsageError, match=r"gone does not exist.*data\.data_dir"):
        folder.load(tmp_path / "gone")
    touch(tmp_path / "file.avi")
    with pytest.raises(UsageError, match=r"file\.avi is a file, not a folder"):
        folder.load(tmp_path / "file.avi")


def test_an_empty_folder_and_one_of_archives(tmp_path):
    with pytest.raises(SeqdlError, match="no videos") as error:
        folder.load(tmp_path)
    assert error.value.exit_code == 1
    touch(tmp_path / "walking.zip")
    with pytest.raises(SeqdlError, match=r"walking\.zip.*unpack"):
        folder.load(tmp_path)


def test_a_folder_that_cannot_be_read(clips, monkeypatch):
    def refuse(self):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", refuse)
    with pytest.raises(SeqdlError, match=r"cannot look into .*: Permission denied"):
        folder.load(clips)


def test_an_unknown_variant_names_the_known(clips):
    with pytest.raises(UsageError, match="dataset folder has no variant half; known: all"):
        folder.load(clips, "half")
    assert folder.RECORD.variant("") == "all"


def test_videos_are_listed_to_the_depth_asked_for_and_loops_end(tmp_path):
    for name in ("a.avi", "b/c.avi", "b/d/e.avi"):
        touch(tmp_path / name)
    (tmp_path / "b" / "loop").symlink_to(tmp_path)
    assert [p.name for p in scan.list_videos(tmp_path, 1)] == ["a.avi"]
    assert [p.name for p in scan.list_videos(tmp_path, 2)] == ["a.avi", "c.avi"]
    assert [p.name for p in scan.list_videos(tmp_path, 3)] == ["a.avi", "c.avi", "e.avi", "a.avi"]


def test_names_are_matched_each_video_once(tmp_path):
    for name in ("x1.avi", "x1.mp4", "sub/x2.avi", "other.avi"):
        touch(tmp_path / name)
    notes = []
    found = scan.match_names(tmp_path, "Some", "x1.avi", re.compile(r"x(\d)"), notes)
    assert [(m[1], p.name) for m, p in found] == [("1", "x1.avi"), ("2", "x2.avi")]
    assert len(notes) == 2
    assert any("1 video not named as in Some left out: other.avi" in note for note in notes)
    assert any("1 second copy" in note and "x1.mp4" in note for note in notes)


def test_words_for_messages():
    assert words.count(1, "copy", "copies") == "1 copy" and words.count(0, "video") == "0 videos"
    assert words.some(["a", "b", "c", "d"], 2) == "a, b and 2 more" and words.some(("a",), 2) == "a"
    assert words.near("kht", ["kth", "ixmas"]) == "; did you mean kth?"
    assert words.near("zzz", ["kth", "ixmas"]) == "; known: kth, ixmas"
