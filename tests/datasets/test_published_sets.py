"""UCF Sports, UCF11, UCF101, HMDB51 and LIRIS on stand-ins: official names and lists, drawn figures or empty files."""

import re
import shutil
from collections import Counter

import pytest

from experiments import standins
from seqdl import train
from seqdl.config import Config, from_dict
from seqdl.datasets import choose, liris, registry, splits, ucf11, ucfsports
from seqdl.errors import SeqdlError, UsageError
from seqdl.model.recogniser import Recogniser
from seqdl.runs.folder import RunFolder

pytestmark = pytest.mark.usefixtures("undrawn")

SMALL = ("rows=30", "columns=26", "c1_maps=2", "c1_kernel=[5,3,3]", "c2_kernel=[3,1,1]", "hidden=8", "epochs=1")
QUICK = ["--set", "backend=numpy", "--set", "lstm.epochs=1", *(p for s in SMALL for p in ("--set", f"convnet.{s}"))]


def empty(name, folder, classes, groups):
    """The tree with empty files: names alone decide."""
    tree = standins.SETS[name](classes, groups)
    for clip in tree.clips:
        path = folder / clip.path
        pictures = [] if path.suffix else [path / clip.names.format(clip.first + n) for n in range(12)]
        for file in pictures or [path]:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.touch()
        if clip.boxes == "xml":
            path.with_suffix(".xml").write_text(standins.xml(clip, 12, classes))
    for where, text in tree.texts.items():
        (folder / where).parent.mkdir(parents=True, exist_ok=True)
        (folder / where).write_text(text)
    return folder


def made(protocol, data):
    found = splits.make(protocol, data)
    for split in found:
        splits.require_trainable(split, data)
    return found


def test_the_whole_of_ucf_sports(tmp_path):
    data = registry.load("ucf-sports", empty("ucf-sports", tmp_path, 13, 22))
    assert (len(data.sequences), len(data.classes), data.unit, data.rate) == (150, 10, "video", 10)
    assert data.classes == ucfsports.ACTIONS and data.protocol == "leave-one-video-out"
    of = Counter(s.label for s in data.sequences)
    assert [of[label] for label in data.classes] == [14, 18, 20, 6, 12, 13, 12, 20, 13, 22]
    assert data.notes == ("7 clips without a video: the pictures are read.",), "47 test clips, and all are there"
    assert len(made("leave-one-video-out", data)) == 150
    [split] = made("fixed", data)
    assert (len(split.train), len(split.test)) == (103, 47)
    folds = made("five-folds", data)
    assert sorted(name for fold in folds for name in fold.test) == sorted(data.persons)
    assert [len(fold.test) for fold in folds] == [34, 30, 30, 30, 26]
    golf = [s.name for s in data.sequences if s.label == "golf-swing"]
    assert [name for name in golf if name in folds[0].test] == golf[:4], "neighbours stay together"


def test_a_part_of_ucf_sports_and_what_is_odd(tmp_path):
    folder = empty("ucf-sports", tmp_path, 3, 6)
    place = folder / "ucf action" / "Golf-Swing-Back"
    (place / "001" / "copy.avi").touch()
    shutil.rmtree(place / "002")
    (place / "002").mkdir()
    (place / "notes.txt").touch()
    data = registry.load("ucf-sports", folder / "ucf action")
    assert data.classes == ("diving", "golf-swing") and len(data.sequences) == 16
    assert data.notes == (
        "A part of UCF Sports: 16 of 150 clips; no Diving-Side/007, Diving-Side/008, Diving-Side/009 and 131 more.",
        "3 clips without a video: the pictures are read.",
        "1 folder without video and pictures left out: Golf-Swing-Back/002.",
        "1 folder with several videos, the first is read: Golf-Swing-Back/001.",
        "1 left out in class folders, no numbered folders of clips: Golf-Swing-Back/notes.txt.",
    )
    assert len(made("five-folds", data)) == 5, "half a set has five folds too"
    with pytest.raises(
        UsageError, match=r"data\.protocol = fixed: .* has no testlist\.txt, which names the 47 test clips"
    ):
        splits.make("fixed", data)


def test_pictures_of_ucf_sports_may_be_in_a_folder_of_their_own(tmp_path):
    clip = tmp_path / "Diving-Side" / "001"
    for name in ("gt", "JPEG"):
        (clip / name).mkdir(parents=True)
    for number in range(3):
        (clip / "JPEG" / f"2538-5_{number:05d}.jpg").touch()
    data = registry.load("ucf-sports", tmp_path)
    assert [sequence.file for sequence in data.sequences] == [clip / "JPEG"]
    assert "1 clip without a video: the pictures are read." in data.notes
    with pytest.raises(SeqdlError, match=re.escape(str(clip / "gt"))):  # its boxes are looked for beside them
        ucfsports.given(data.sequences[0])


@pytest.mark.parametrize("line", ["Diving-Side/015", "Diving/001", "v_diving", "Diving-Side"])
def test_a_list_of_ucf_sports_that_names_no_clip_of_it(tmp_path, line):
    (empty("ucf-sports", tmp_path, 1, 3) / "testlist.txt").write_text(f"# mine\nDiving-Side/003\n{line}\n")
    with pytest.raises(SeqdlError, match=f"testlist.txt, line 3: '{line}' is no clip of UCF Sports, such as"):
        registry.load("ucf-sports", tmp_path)


def test_lists_of_ucf_sports_may_be_paths_and_name_what_is_not_there(tmp_path):
    text = "ucf action/Diving-Side/001/2538-5_70133.avi\ndiving-side 2\nWalk-Front/004\n"
    (empty("ucf-sports", tmp_path, 2, 4) / "testlist.txt").write_text(text)
    data = registry.load("ucf-sports", tmp_path)
    assert splits.make("fixed", data)[0].test == ("Diving-Side/001", "Diving-Side/002")
    assert "testlist.txt names 3 test clips, the published split has 47." in data.notes
    assert "1 of 3 clips in testlist.txt are not there: Walk-Front/004." in data.notes


def test_the_whole_of_ucf11(tmp_path):
    data = registry.load("ucf11", empty("ucf11", tmp_path, 11, 25))
    assert data.notes == () and len(data.sequences) == 1100
    assert (len(data.persons), data.unit, data.protocol) == (25, "group", "leave-one-group-out")
    assert data.classes == tuple(sorted(ucf11.TAGS.values()))
    found = made(data.protocol, data)
    assert len(found) == 25 and found[2].test == ("group03",)
    assert sum(s.person in found[2].test for s in data.sequences) == 44
    assert found[2].sentence == "Leave one group out: group03 tests, 24 other groups."


def test_a_part_of_ucf11_two_copies_and_the_first_four(tmp_path):
    folder = empty("ucf11", tmp_path, 2, 2)
    place = folder / "UCF11_updated_mpg" / "basketball" / "v_shooting_02"
    (place / "v_shooting_02_04.mpg").unlink()
    (place / "v_shooting_02_01.avi").touch()
    (place / "v_shooting_01_05.mpg").touch()
    (place / "holiday.avi").touch()
    data = registry.load("ucf11", folder)
    assert data.notes[0].startswith("A part of UCF11: 4 of 275 groups of clips; none of basketball group03, ")
    assert data.notes[1] == "1 video not named as in UCF11 left out: holiday.avi."
    assert data.notes[2].startswith("1 second copy of a video left out: ")
    assert data.notes[3] == "1 group with fewer than the published 4 clips: basketball group02."
    assert len(data.sequences) == 16 and len(registry.load("ucf11", folder, "four").sequences) == 15


def test_official_splits_of_ucf101(tmp_path):
    data = registry.load("ucf101", empty("ucf101", tmp_path, 6, 25))
    assert data.classes == standins.UCF101 and len(data.sequences) == 300, "HandStand and Handstand are one"
    assert data.notes == (
        "A part of UCF101: 300 of 13,320 clips and 6 of 101 classes.",
        "Training and test clips of the lists: 216 and 84, 216 and 84, 216 and 84; as published 9,537 and 3,783, "
        "9,586 and 3,734, 9,624 and 3,696.",
    )
    found = made("auto", data)
    assert [split.name for split in found] == ["official"] * 3
    assert found[0].test == tuple(f"group{n:02d}" for n in range(1, 8)) and len(found[0].train) == 18
    assert found[2].test == tuple(f"group{n:02d}" for n in range(15, 22))
    assert found[1].sentence == "Split 2 of UCF101, as its authors' lists have it."


def broken(folder, name, old, new):
    path = next(folder.rglob(name))
    text = path.read_bytes().decode()
    assert old in text
    path.write_bytes(text.replace(old, new).encode())


@pytest.mark.parametrize(
    "name, old, new, message",
    [
        ("trainlist01.txt", "ApplyLipstick_g02_c01.avi 2", "ApplyLipstick_g02_c01.avi 1", "number 1, which classInd"),
        ("trainlist01.txt", "ApplyLipstick_g02_c01.avi 2", "ApplyLipstick_g02_c01.avi 9", "gives to no class"),
        ("testlist01.txt", "_g01_c02", "_g03_c02", "group03 trains and tests too"),
        ("testlist02.txt", "v_ApplyLipstick_g02_c02.avi", "lipstick.avi", "'ApplyLipstick/lipstick.avi' is no clip"),
        ("classInd.txt", "2 ApplyLipstick", "ApplyLipstick", "'ApplyLipstick' is no number and class"),
    ],
)
def test_lists_of_ucf101_that_contradict(tmp_path, name, old, new, message):
    folder = empty("ucf101", tmp_path, 2, 4)
    broken(folder, name, old, new)
    with pytest.raises(SeqdlError, match=message) as error:
        registry.load("ucf101", folder)
    assert "\n" not in str(error.value)


def test_ucf101_without_lists_without_classes_and_with_less_than_listed(tmp_path):
    folder = empty("ucf101", tmp_path, 3, 4)
    shutil.rmtree(folder / "UCF-101" / "Archery")
    (folder / "UCF-101" / "v_Yodelling_g01_c01.avi").touch()
    (folder / "UCF-101" / "v_ApplyLipstick_g01_c07.avi").touch()
    data = registry.load("ucf101", folder)
    assert data.classes == ("ApplyEyeMakeup", "ApplyLipstick")
    assert "Left out, no classes of classInd.txt: Yodelling." in data.notes
    assert any(
        note.startswith("8 of 24 clips that the lists of UCF101 name are not there: v_Arch") for note in data.notes
    )
    assert "1 clip that the lists of UCF101 do not name: v_ApplyLipstick_g01_c07." in data.notes
    only = splits.only(data, ["group03", "group04"])
    with pytest.raises(SeqdlError, match="official, split 1: none of what tests is in ucf101 here"):
        splits.make("official", only)
    (folder / "ucfTrainTestlist" / "testlist02.txt").unlink()
    with pytest.raises(UsageError, match=r"official: .* has no testlist02\.txt: unpack the published lists"):
        choose.choose(from_dict({"data": {"dataset": "ucf101", "data_dir": str(folder)}}, Config()))
    assert len(made("leave-one-group-out", data)) == 4, "other protocols need no lists"


def test_a_class_that_never_occurs_in_training(tmp_path):
    folder = empty("ucf101", tmp_path, 3, 4)
    for clip in (folder / "UCF-101" / "Archery").glob("*_g0[234]_*"):
        clip.unlink()
    with pytest.raises(SeqdlError, match=r"split 1 \(official\) of ucf101: no training sequences of Archery"):
        choose.choose(from_dict({"data": {"dataset": "ucf101", "data_dir": str(folder)}}, Config()))


def test_official_splits_of_hmdb51(tmp_path):
    data = registry.load("hmdb51", empty("hmdb51", tmp_path, 6, 8))
    assert data.classes == standins.HMDB51 and len(data.sequences) == 48
    assert data.notes[0] == "A part of HMDB51: 48 of 6,766 clips and 6 of 51 classes."
    assert data.notes[1].startswith("18 of 18 lists are not as published, 70 train and 30 test: brush_")
    assert len(data.notes) == 2
    found = made("auto", data)
    assert [(len(split.train), len(split.test)) for split in found] == [(24, 12)] * 3, "0 takes no part"
    assert len({split.test for split in found}) == 3
    climbing = {s.label for s in data.sequences if "climb_stairs" in s.name}
    assert climbing == {"climb_stairs"}, "the folder is the class"


def test_hmdb51_whose_folders_and_lists_are_wrong(tmp_path):
    folder = empty("hmdb51", tmp_path, 3, 4)
    clip = next((folder / "climb").glob("*.avi"))
    clip.rename(folder / "brush_hair" / clip.name)
    data = registry.load("hmdb51", folder)
    assert any(
        note.startswith("1 clip left out, whose names and folders differ: brush_hair/A film") for note in data.notes
    )
    path = folder / "test_train_splits" / "climb_test_split2.txt"
    path.write_text(path.read_text().replace(" 0 ", " 3 "))
    with pytest.raises(SeqdlError, match=r"climb_test_split2\.txt, line \d: .* is no clip and 0, 1 or 2"):
        registry.load("hmdb51", folder)
    path.unlink()
    with pytest.raises(UsageError, match=r"has no climb_test_split2\.txt: unpack the published lists"):
        splits.make("official", registry.load("hmdb51", folder))
    flat = tmp_path / "flat"
    flat.mkdir()
    (flat / clip.name).touch()
    with pytest.raises(SeqdlError, match="lie in no folders of their classes"):
        registry.load("hmdb51", flat)


def test_the_split_of_liris_and_the_activities_of_both_halves(tmp_path):
    folder = empty("liris", tmp_path, 10, 3)
    data = registry.load("liris", folder)
    assert data.classes == liris.ACTIONS and (data.variant, data.unit, data.protocol) == ("d2", "video", "fixed")
    assert len(data.sequences) == 60 and data.notes == (
        "A part of LIRIS D2: 60 of 367 activities in 30 of 167 videos.",
    )
    [split] = made("auto", data)
    assert (len(split.train), len(split.test)) == (20, 10) and {name[:5] for name in split.test} == {"test/"}
    one, other = [s for s in data.sequences if s.person == "test/vid0021"]
    assert (one.label, one.first, one.last) == ("discussion", 0, 8)
    assert (other.label, other.first, other.last) == ("give-object", 3, 11), "activities overlap"
    assert data.boxes(other).frames.tolist() == list(range(3, 12))
    assert registry.load("liris", folder, "d1").notes == ("A part of LIRIS D1: 60 of 461 activities in 30 videos.",)
    shutil.rmtree(folder / "D2" / "test")
    with pytest.raises(UsageError, match=r"data\.protocol = fixed: .* has no activities in test: unpack both parts"):
        splits.make("fixed", registry.load("liris", folder))
    with pytest.raises(
        SeqdlError, match=r"holds D1 of LIRIS human activities and nothing of D2: say data\.variant = d1"
    ):
        registry.load("liris", folder / "D1")


@pytest.fixture
def video(tmp_path):
    """The XML of a video of twelve pictures, and the loader of its folder."""
    folder = empty("liris", tmp_path, 2, 1)
    return folder / "D2" / "test" / "vid0001.xml", lambda: registry.load("liris", folder / "D2")


@pytest.mark.parametrize(
    "old, new, note",
    [
        ('class="1"', 'class="11"', "test/vid0001.xml, line 5: an activity of class 11 left out, classes are 1 to 10."),
        (
            'framenr="12"',
            'framenr="13"',
            "test/vid0001.xml, line 16: 1 box before the first or beyond the last picture.",
        ),
        (
            'framenr="',
            'framenr="7',
            "test/vid0001.xml, line 5: an activity left out, whose boxes are beyond the last pic",
        ),
        ("bbox", "corner", "test/vid0001.xml, line 5: an activity without a box left out."),
    ],
)
def test_xml_that_contradicts_the_pictures_is_told_and_the_rest_goes_on(video, old, new, note):
    path, load = video
    path.write_text(path.read_text().replace(old, new))
    data = load()
    assert any(said.startswith(note) for said in data.notes), data.notes
    assert {s.person for s in data.sequences} >= {"test/vid0002"}


def test_videos_of_liris_without_xml_or_with_other_pictures(video):
    path, load = video
    for picture in path.with_suffix("").iterdir():
        picture.rename(picture.with_name(picture.name.replace("rgb", "depth")))
    assert (
        "1 video left out, whose pictures are not rgb-000001.jpg and so on, or fewer than others of another name: "
        in (" ".join(load().notes))
    )
    path.with_name("vid0002.xml").unlink()
    with pytest.raises(
        SeqdlError, match=r"no activity of LIRIS .* can be used\. 1 video without XML left out: test/vid0002"
    ):
        load()


@pytest.mark.parametrize(
    "old, new, message",
    [
        ("<tagset>", '<!DOCTYPE a [<!ENTITY b "c">]>\n<tagset>', "line 2: declares or asks for an entity"),
        (
            "<tagset>",
            '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>\n<tagset>',
            "line 2: declares or asks for",
        ),
        ("<tagset>", '<!DOCTYPE a [<!ENTITY % b "c">]>\n<tagset>', "line 2: declares or asks for an entity"),
        ("vid0001<", "&b;<", "line 4: no XML: undefined entity; take a fresh copy"),
        ("</tagset>", "", "no XML: "),
        ("<tagset>", "<tagset>" + "<a>" * 40, "line 2: more than 32 elements within one another"),
        ('class="1"', 'class="one"', "line 5: class='one' is no whole number; take a fresh copy"),
        ('framenr="2"', "", "line 7: framenr='nothing' is no whole number"),
        ('height="100"', 'height="nan"', "line 6: '.* nan' is no box: 4 numbers, the last ones width and height"),
        ('width="40"', 'width="0"', "line 6: a box of 0 x 100 pixels holds nothing"),
    ],
)
def test_xml_that_cannot_be_read_is_refused_with_its_line(video, old, new, message):
    path, load = video
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(SeqdlError, match=r"vid0001\.xml(, line|: )") as error:
        load()
    assert re.search(message, str(error.value)) and "\n" not in str(error.value)


@pytest.mark.parametrize("name", standins.SETS)
def test_another_datasets_folder_is_refused(tmp_path, name):
    (tmp_path / "daria_walk.avi").touch()
    with pytest.raises(SeqdlError, match="is named as in"):
        registry.load(name, tmp_path)
    (tmp_path / "daria_walk.avi").rename(tmp_path / "set.rar")
    with pytest.raises(SeqdlError, match="no videos, but archives"):
        registry.load(name, tmp_path)


WHOLE = {"ucf-sports": "fixed", "ucf11": "", "ucf101": "", "hmdb51": "", "liris": ""}


@pytest.mark.parametrize("name, protocol", WHOLE.items())
def test_a_whole_training_on_drawn_clips(tmp_path, cache, capsys, name, protocol):
    """Those of UCF Sports and LIRIS in the boxes that come with the sets."""
    standins.write(name, tmp_path / "set", 3 if name == "ucf-sports" else 2, 4 if name == "hmdb51" else 3, frames=12)
    out = tmp_path / "run"
    box = ("--set", "video.box=given") if name == "ucf-sports" else ()
    workers = "2" if name == "liris" else "1"  # boxes are handed to processes too
    data = ["--dataset", name, "--data-dir", str(tmp_path / "set"), "--workers", workers]
    options = [*data, "--out", str(out), *QUICK, *box]
    assert train.main([*options, *(("--protocol", protocol) if protocol else ())]) == 0, capsys.readouterr().err
    assert (out / "report.md").is_file()
    assert registry.find(name).usual.replace("-", " ") in (out / "report.md").read_text().lower() or protocol
    if name in ("ucf-sports", "liris"):
        assert RunFolder(out).config.video.box == "given"
        sequences = registry.load(name, tmp_path / "set").sequences
        with pytest.raises(UsageError, match=r"video\.box = given: boxes come with datasets, and none with a lone"):
            Recogniser.load(out).predict(sequences[0].file)
