"""IXMAS clips: names alone decide; the files are empty."""

import pytest

from seqdl.datasets import ixmas
from seqdl.errors import SeqdlError, UsageError

CLIPS = [
    "alba1_01_check-watch_cam0_frames_0053_0097",
    "alba1_10_kick_cam3_frames_0794_0871",
    "alba2_01_check-watch_cam2_frames_0051_0120",
    "alba2_10_kick_cam2_frames_0868_0966",
    "amel1_01_check-watch_cam1_frames_0051_0113",
    "amel1_10_kick_cam1_frames_0918_1008",
]


def make(folder, names):
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder / f"{name}.avi").touch()
    return folder


def test_names_are_taken_apart(tmp_path):
    data = ixmas.load(make(tmp_path, CLIPS))
    assert (data.name, data.variant, data.box, data.notes) == ("ixmas", "all", "centre", ())
    assert data.persons == ("alba", "amel") and len(data.sequences) == 6
    second = data.sequences[1]
    assert (second.name, second.label, second.person) == (CLIPS[1], "kick", "alba")
    assert (second.first, second.last) == (0, None), "the numbers in the name are those of the video it was cut from"
    assert dict(second.extra) == {"camera": "3", "take": "1"}


def test_classes_come_in_the_order_of_their_numbers(tmp_path):
    names = ["zoe1_07_walk_cam0_frames_0001_0002", "alba1_04_sit-down_cam0_frames_0001_0002"]
    assert ixmas.load(make(tmp_path, CLIPS + names)).classes == ("check-watch", "sit-down", "walk", "kick")


def test_missing_performances_are_noted(tmp_path):
    data = ixmas.load(make(tmp_path, CLIPS[:-1]))
    assert data.notes == ("1 of 6 performances have no clip: amel1 kick.",)


def test_a_class_number_with_two_names_is_refused(tmp_path):
    make(tmp_path, [*CLIPS, "amel2_10_jump_cam1_frames_0918_1008"])
    with pytest.raises(SeqdlError, match=r"amel2_10_jump.*class 10 is called jump here and kick elsewhere"):
        ixmas.load(tmp_path)


def test_faults(tmp_path):
    with pytest.raises(UsageError, match="dataset ixmas has no variant 6; known: all"):
        ixmas.load(tmp_path, "6")
    make(tmp_path, ["daria_walk", "alba1_check-watch_cam0"])
    with pytest.raises(SeqdlError, match="none of its 2 videos is named as in IXMAS"):
        ixmas.load(tmp_path)
