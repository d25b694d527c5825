"""What of a class folder is taken, and what is said of the rest; nothing but doubtful files is opened."""

import pytest

from seqdl.datasets import contents, folder
from seqdl.datasets.contents import DEPTH, Contents
from seqdl.errors import SeqdlError


@pytest.fixture
def wave(tmp_path):
    (tmp_path / "wave").mkdir()
    return tmp_path / "wave"


def touch(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()


def names(found):
    return [path.relative_to(found.folder).as_posix() for path in found.videos]


def test_files_of_known_endings_are_never_opened(wave, monkeypatch):
    monkeypatch.setattr(contents, "why_no_video", lambda path: pytest.fail(f"{path} was opened"))
    for name in ("a.MTS", "b.m2ts", "c.y4m", "d.mxf", "e.vob", "f.h264", "g.insv"):
        touch(wave / name)
    for name in ("a.txt", "b.JSON", "c.srt", "d.jpg", "e.wav", "f.zip"):
        touch(wave / name)
    found = Contents(wave)
    assert names(found) == ["a.MTS", "b.m2ts", "c.y4m", "d.mxf", "e.vob", "f.h264", "g.insv"]
    assert found.left == {"no videos": ["a.txt", "b.JSON", "c.srt", "d.jpg", "e.wav", "f.zip"]}


def test_doubtful_files_are_opened(wave, monkeypatch):
    told = {"a.ts": "", "b.ts": "texts", "c": "", "d.gif": "single pictures", "e.xyz": "holds no video"}
    monkeypatch.setattr(contents, "why_no_video", lambda path: told[path.name])
    for name in told:
        touch(wave / name)
    found = Contents(wave)
    assert names(found) == ["a.ts", "c"]
    assert found.left == {"texts": ["b.ts"], "single pictures": ["d.gif"], "holds no video": ["e.xyz"]}


def test_a_folder_of_numbered_pictures_is_a_video(wave):
    for name in ("ann_1/img_00001.jpg", "ann_1/img_00002.jpg", "ann_1/cover.jpg", "ann_1/deeper/a.avi", "bob/1/1.png"):
        touch(wave / name)
    for name in ("bob/1/2.png", "cec/a.avi", "cec/thumb1.jpg", "cec/thumb2.jpg"):
        touch(wave / name)
    found = Contents(wave)
    assert names(found) == ["ann_1", "bob/1", "cec/a.avi"]
    assert found.left == {
        "no frames of the pictures around them": ["ann_1/cover.jpg", "ann_1/deeper"],
        "no videos": ["cec/thumb1.jpg", "cec/thumb2.jpg"],
    }


def test_pictures_of_several_videos_need_folders_of_their_own(tmp_path):
    for name in ("wave/img_1.jpg", "wave/img_2.jpg", "sit/ann/1.jpg", "sit/ann/2.jpg"):
        touch(tmp_path / name)
    data = folder.load(tmp_path)
    assert data.classes == ("sit",)
    assert any("in class wave, pictures in no folder of their own; make a sub-folder" in n for n in data.notes)
    (tmp_path / "sit").rename(tmp_path / ".hidden")
    with pytest.raises(
        SeqdlError, match=r"2 files left out in class wave, pictures .* make a sub-folder for each video"
    ):
        folder.load(tmp_path)


def test_persons_may_act_in_folders_of_pictures(tmp_path):
    for name in ("wave/ann_1/1.jpg", "wave/ann_1/2.jpg", "sit/bob.avi"):
        touch(tmp_path / name)
    (tmp_path / "persons.csv").write_text("file,person\nwave/ann_1/,ann\nsit/bob.avi,bob\n")
    (sequence,) = (s for s in folder.load(tmp_path).sequences if s.person == "ann")
    assert (sequence.name, sequence.file, sequence.label) == ("wave/ann_1", tmp_path / "wave" / "ann_1", "wave")


def test_videos_that_lie_elsewhere_are_followed_and_named(tmp_path, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    for name in ("a.avi", "b.avi", "both.avi", "more/c.avi"):
        touch(elsewhere / name)
    for name, target in {
        "wave/a.avi": "a.avi",
        "wave/more": "more",
        "wave/x.avi": "both.avi",
        "sit/y.avi": "both.avi",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).symlink_to(elsewhere / target)
    (tmp_path / "sit" / "b.avi").symlink_to(elsewhere / "b.avi")
    data = folder.load(tmp_path)
    assert [s.name for s in data.sequences] == ["sit/b.avi", "wave/a.avi", "wave/more/c.avi"]
    assert "5 links to outside of the dataset followed: sit/b.avi, sit/y.avi, wave/a.avi and 2 more." in data.notes
    for note in (
        "class sit, links to what another class links to: y.avi.",
        "class wave, links to what another class links to: x.avi.",
    ):
        assert f"1 file left out in {note}" in data.notes


def test_links_stay_within_the_class(tmp_path, wave):
    for name in ("wave/a.avi", "wave/.store/b.avi", "wave/in/c.avi", "sit/d.avi", "sit/ann/1.jpg", "sit/ann/2.jpg"):
        touch(tmp_path / name)
    links = {
        "again.avi": "a.avi",
        "b.avi": ".store/b.avi",
        "same": "in",
        "loop": ".",
        "in/loop": "..",
        "out.avi": "../sit/d.avi",
        "outer": "../sit",
        "above": "../..",
        "gone.avi": "nowhere.avi",
        "round.avi": "round.avi",
    }
    for name, target in links.items():
        (wave / name).symlink_to(target)
    (wave / "frames").mkdir()
    for name in ("1.jpg", "2.jpg"):
        (wave / "frames" / name).symlink_to(tmp_path / "sit" / "ann" / name)
    found = Contents(wave, [tmp_path, wave, tmp_path / "sit"])
    assert names(found) == ["a.avi", "b.avi", "in/c.avi"]
    assert {reason: sorted(left) for reason, left in found.left.items()} == {
        "links to what the class has already": ["again.avi", "in/loop", "loop", "same"],
        "links that leave the class": ["above", "frames", "out.avi", "outer"],
        "broken links": ["gone.avi", "round.avi"],
    }


def test_deep_folders_are_looked_into_and_what_lies_deeper_is_named(wave):
    deep = wave.joinpath(*"bcdefgh"[: DEPTH - 1])
    touch(deep / "a.avi")
    touch(deep / "i" / "a.avi")
    found = Contents(wave)
    assert names(found) == ["b/c/d/e/f/g/h/a.avi"]
    assert found.left == {f"more than {DEPTH} folders deep": ["b/c/d/e/f/g/h/i"]}


def test_a_folder_inside_that_cannot_be_read_is_named(wave, monkeypatch):
    touch(wave / "a.avi")
    touch(wave / "locked" / "b.avi")
    found = contents.entries

    def entries(path):
        if path.name == "locked":
            raise SeqdlError("cannot look into it")
        return found(path)

    monkeypatch.setattr(contents, "entries", entries)
    assert Contents(wave).left == {"folders that cannot be looked into": ["locked"]}


def test_what_is_left_out_is_said_class_by_class_while_these_are_few(tmp_path):
    for label in ("run", "sit", "walk", "wave"):
        touch(tmp_path / label / "a.avi")
    for name in ("run/a.txt", "sit/a.txt", "sit/b.txt"):
        touch(tmp_path / name)
    notes = folder.load(tmp_path).notes
    assert "1 file left out in class run, no videos: a.txt." in notes
    assert "2 files left out in class sit, no videos: a.txt, b.txt." in notes
    for label in ("walk", "wave"):
        touch(tmp_path / label / "a.txt")
    (note, _) = folder.load(tmp_path).notes
    assert note.startswith("5 left out in 4 classes, no videos: run/a.txt, sit/a.txt, ")
