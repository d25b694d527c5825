"""Anybody's videos, and the helpers of all loaders; the files are empty: loaders read names only."""

import os
import re
from pathlib import Path

import pytest

from seqdl.datasets import folder, pattern, scan, splits
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
    assert len(data.persons) == 4 and data.unit == "video"
    (note,) = data.notes
    assert "each file counts as a person of its own" in note and "persons.csv" in note


def test_persons_from_the_folders_own_list(clips):
    rows = "person,file,age\nann,wave/ann_1.avi,3\nbob,./wave/bob.MP4,\n\nann, sit/ann.mov\nbob,sit\\deeper\\bob.webm\n"
    (clips / "persons.csv").write_bytes(b"\xef\xbb\xbf" + rows.replace("\n", "\r\n").encode())
    data = folder.load(clips)
    assert [s.person for s in data.sequences] == ["ann", "bob", "ann", "bob"]
    assert data.notes == ()


def test_hidden_files_and_folders_are_ignored(clips):
    for name in (".cache/x.avi", "wave/._bob.MP4", ".hidden.avi", "sit/Thumbs.db", "__MACOSX/x.avi"):
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


def test_a_class_folder_may_be_a_link_but_not_to_what_another_class_holds(clips, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    touch(elsewhere / "jump" / "ann.avi")
    (clips / "jump").symlink_to(elsewhere / "jump")
    (clips / "sitting").symlink_to("sit")
    (clips / "everything").symlink_to(clips)
    data = folder.load(clips)
    assert data.classes == ("jump", "sit", "wave")
    assert "Class folder sitting left out: a link to what sit holds too." in data.notes
    assert any(note.startswith("Class folder everything left out") for note in data.notes)


@pytest.mark.parametrize(
    "train, test",
    [
        (["train"], ["test"]),
        (["Training", "val"], ["Testing"]),
        (["train_set", "dev"], ["held-out"]),
        (["videos-train1", "videos-train2"], ["eval"]),
        (["training data"], ["validation"]),
    ],
)
def test_folders_to_train_and_to_test_are_a_split(tmp_path, train, test):
    for part in (*train, *test):
        for label in ("sit", "wave"):
            touch(tmp_path / part / label / f"{part}.avi")
    data = folder.load(tmp_path)
    assert data.classes == ("sit", "wave") and data.unit == "video" and data.protocol == "fixed"
    split = splits.fixed(data)
    assert {name.partition("/")[0] for name in split.train} == set(train)
    assert {name.partition("/")[0] for name in split.test} == set(test)
    assert all(name in split.sentence for name in (*train, *test))


def test_persons_of_a_divided_folder_are_on_one_side_or_divided_anew(tmp_path):
    for name in ("train/sit/ann_1.avi", "train/wave/ann_2.avi", "test/sit/bob_1.avi", "test/wave/bob_2.avi"):
        touch(tmp_path / name)
    data = folder.load(tmp_path, person_pattern="{person}_*")
    assert splits.fixed(data).test == ("bob",) and data.unit == "person"
    touch(tmp_path / "test/wave/ann_3.avi")
    data = folder.load(tmp_path, person_pattern="{person}_*")
    with pytest.raises(SeqdlError, match=r"ann: in the training and in the test folders.* data\.protocol = draws"):
        splits.fixed(data)
    assert len(splits.make("draws", data, 1)[0].train) == 1


def test_no_link_leads_from_one_part_of_a_split_into_another(tmp_path):
    for name in ("train/sit/ann.avi", "train/wave/ann.avi", "test/wave/bob.avi", "test/loose.avi"):
        touch(tmp_path / name)
    (tmp_path / "test" / "sit").symlink_to(tmp_path / "train" / "sit")
    (tmp_path / "test" / "wave" / "too.avi").symlink_to(tmp_path / "train" / "wave" / "ann.avi")
    data = folder.load(tmp_path)
    assert splits.fixed(data).test == ("test/wave/bob.avi",)
    told = " ".join(data.notes)
    assert "Class folder test/sit left out: a link to what train/sit holds too" in told
    assert "1 file left out in class test/wave, links that leave the class: too.avi" in told
    assert f"1 video directly in {tmp_path / 'test'} left out" in told


@pytest.mark.parametrize(
    "names, message",
    [
        (["train/sit/a.avi", "train/wave/a.avi"], r"train is a part .*give data\.data_dir = "),
        (["train/ann.avi", "test/bob.avi"], "make a sub-folder per class in test, train and move the videos in"),
        (["train/sit/a.avi", "test/sit/a.avi", "wave/a.avi"], r"move what lies beside them \(wave\) into one"),
        (["fold1/sit/a.avi", "fold2/sit/a.avi"], "call what trains train and what tests test"),
        (["train/sit/a.avi", "training/sit/a.avi"], "call what trains train and what tests test"),
    ],
)
def test_parts_of_a_split_that_cannot_be_used_are_refused(tmp_path, names, message):
    for name in names:
        touch(tmp_path / name)
    with pytest.raises(SeqdlError, match=message) as error:
        folder.load(tmp_path)
    assert "no class" in str(error.value) and "\n" not in str(error.value)


def test_classes_may_be_called_as_parts_of_a_split_are(tmp_path):
    for name in ("test/ann.avi", "train/bob.avi", "train/loud/cec.avi", "wave/ann.avi"):
        touch(tmp_path / name)
    assert folder.load(tmp_path).classes == ("test", "train", "wave")


def test_names_are_the_same_in_every_form_of_unicode_and_can_be_written(tmp_path):
    odd = [
        "u\u0308ben/e\u0301.avi",
        "two\nlines/\x1b[31m.avi",
        os.fsdecode(b"sit\xff/caf\xe9.avi"),
        "back\\slash/a.avi",
    ]
    for name in odd:
        touch(tmp_path / name)
    data = folder.load(tmp_path)
    assert data.classes == (r"back\\slash", r"sit\udcff", r"two\nlines", "üben")
    assert [s.name for s in data.sequences][1:3] == [r"sit\udcff/caf\udce9.avi", r"two\nlines/\x1b[31m.avi"]
    assert sorted(str(s.file.relative_to(tmp_path)) for s in data.sequences) == sorted(odd)
    assert data.persons == tuple(sorted(s.name for s in data.sequences))
    assert all(note.isprintable() for note in data.notes)


def test_of_two_names_that_differ_in_form_alone_one_is_left_out_and_named(tmp_path):
    for name in ("wave/e\u0301.avi", "wave/\xe9.avi"):
        touch(tmp_path / name)
    if len(list((tmp_path / "wave").iterdir())) == 2:  # a disk may take them for one
        data = folder.load(tmp_path)
        assert len(data.sequences) == 1
        assert "wave/\xe9.avi is there twice, in two forms of Unicode: the second left out; rename it." in data.notes


def test_two_class_folders_of_one_name_are_refused(tmp_path):
    for name in ("u\u0308ben/a.avi", "\xfcben/b.avi"):
        touch(tmp_path / name)
    if len(list(tmp_path.iterdir())) == 2:  # a disk may take them for one
        with pytest.raises(SeqdlError, match="two class folders are called üben"):
            folder.load(tmp_path)


def test_persons_stand_in_the_names_of_files(clips):
    data = folder.load(clips, person_pattern="(?P<person>[a-z]+)(_\\d)?")
    assert [s.person for s in data.sequences] == ["ann", "bob", "ann", "bob"] and data.unit == "person"
    assert data.notes == ()
    (clips / "persons.csv").write_text("file,person\n")
    (note,) = folder.load(clips, person_pattern="(?P<person>[a-z]+)").notes
    assert "persons.csv is not read: the pattern says who acts where" in note
    with pytest.raises(UsageError, match=r"data\.persons and data\.person_pattern = x: .* give one of them"):
        folder.load(clips, persons="any.csv", person_pattern="x")
    with pytest.raises(
        UsageError, match=r"data\.persons = persons\.csv does not exist; .* is found without being named"
    ):
        folder.load(clips, persons="persons.csv")


@pytest.mark.parametrize(
    "written, name, person",
    [
        ("{person}", "wave/ann.mp4", "ann"),
        ("{person}_*", "wave/ann_1_2.mp4", "ann"),
        ("{person}#", "wave/ann12.mp4", "ann"),
        ("{person}_?.mp4", "wave/ann_1.mp4", "ann"),
        ("*_{person}", "wave/2024_ann.mp4", "ann"),
        ("S#C#P{person}R*", "wave/S001C002P003R002A010.avi", "003"),
        ("{person}/*", "wave/ann/1.mp4", "ann"),
        ("*/{person}-*", "wave/deep/ann-1", "ann"),
        ("a.b {person}", "wave/a.b cec.mp4", "cec"),
        (r"(?P<person>p\d+)", "p7/clip of p03.mp4", "p03"),
        (r"^(?P<person>\w+)/", "wave/ann/1.mp4", "ann"),
    ],
)
def test_a_pattern_finds_the_person(written, name, person):
    assert pattern.persons(written, [name]) == {name: person}


@pytest.mark.parametrize(
    "written, message",
    [
        ("ann_*", r"write \{person\} once"),
        ("{person}_{person}", r"write \{person\} once"),
        ("(?P<person>", "is no regular expression"),
        ("(?P<person>x*)", "does not fit wave/ann.mp4 and 1 other;"),
        ("{person}_*", "does not fit wave/ann.mp4; write one that fits every video's name"),
    ],
)
def test_a_pattern_that_finds_nobody_is_named(written, message):
    with pytest.raises(UsageError, match=message) as error:
        pattern.persons(written, ["wave/ann.mp4", "wave/bob_1.mp4"])
    assert str(error.value).startswith(f"data.person_pattern = {written}: ")
