"""UT-Interaction: names alone decide; the files are empty. And the real clips, where they are."""

from collections import Counter

import pytest

from seqdl.datasets import registry, splits, utinteraction
from seqdl.errors import SeqdlError, UsageError


def make(folder, sets=(1, 2), background=3):
    for which in sets:
        inside = folder / f"segmented_set{which}"
        inside.mkdir(parents=True)
        index = 0
        for number in range(10 * which - 9, 10 * which + 1):
            for action in range(6):
                (inside / f"{index}_{number}_{action}.avi").touch()
                index += 1
        for extra in range(background):
            (inside / f"{index + extra}_{10 * which}_6.avi").touch()
    return folder


def test_each_set_for_itself_and_both(tmp_path):
    make(tmp_path)
    for variant, first, last in (("set1", "sequence01", "sequence10"), ("set2", "sequence11", "sequence20")):
        data = utinteraction.load(tmp_path, variant)
        assert (data.name, data.variant, data.box, data.unit) == ("ut-interaction", variant, "whole", "sequence")
        assert data.classes == utinteraction.ACTIONS and len(data.sequences) == 60
        assert (data.persons[0], data.persons[-1], len(data.persons)) == (first, last, 10)
        assert set(Counter(s.label for s in data.sequences).values()) == {10}
        assert data.notes == ("3 clips of background left out.",)
    both = utinteraction.load(tmp_path, "both")
    assert len(both.sequences) == len({s.name for s in both.sequences}) == 120
    assert Counter(s.extra["set"] for s in both.sequences) == {"set1": 60, "set2": 60}


def test_a_sets_own_folder_and_the_wrong_one(tmp_path):
    make(tmp_path, sets=(2,))
    assert len(utinteraction.load(tmp_path / "segmented_set2", "set2").sequences) == 60
    with pytest.raises(SeqdlError, match=r"no clips of set1 in it; choose another data\.variant"):
        utinteraction.load(tmp_path)
    with pytest.raises(UsageError, match="no variant set3; known: set1, set2, both"):
        utinteraction.load(tmp_path, "set3")


def test_a_part_says_what_is_missing(tmp_path):
    make(tmp_path, sets=(1,), background=0)
    for file in (tmp_path / "segmented_set1").glob("*_7_*.avi"):
        file.unlink()
    assert utinteraction.load(tmp_path).notes == ("A part of UT-Interaction: 54 of 60 clips; none of sequence07.",)


def test_one_sequence_is_left_out(tmp_path):
    data = utinteraction.load(make(tmp_path))
    found = splits.make("leave-one-sequence-out", data)
    assert [split.test for split in found] == [(f"sequence{n:02d}",) for n in range(1, 11)]
    assert found[2].sentence == "Leave one sequence out: sequence03 tests, 9 other sequences."
    with pytest.raises(UsageError, match="divided by sequence: use leave-one-sequence-out"):
        splits.make("leave-one-person-out", data)
    assert "6 of 10" not in splits.make("draws", data)[0].sentence
    assert "7 of 10 sequences drawn" in splits.make("draws", data)[0].sentence


def test_the_real_clips(test_data):
    for variant in ("set1", "set2"):
        data = registry.load("ut-interaction", test_data / "ut-interaction", variant)
        assert len(data.sequences) == 60
        assert Counter(s.label for s in data.sequences) == dict.fromkeys(data.classes, 10)
        # Sequence 6 has no punch, sequence 8 has two; each set's other recordings show every action once.
        odd = {s: n for s, n in Counter(s.person for s in data.sequences).items() if n != 6}
        assert odd == ({"sequence06": 5, "sequence08": 7} if variant == "set1" else {})
        for split in splits.make("leave-one-sequence-out", data):
            splits.require_trainable(split, data)


def test_the_box_of_a_real_clip_holds_both(test_data):
    from seqdl.config import load
    from seqdl.video.prepare import prepare
    from seqdl.video.reader import Reader

    file = utinteraction.load(test_data / "ut-interaction").sequences[0].file
    with Reader(file) as reader:
        clip = prepare((frame for _, frame in zip(range(20), reader)), "whole", load())
    assert clip.frames.shape[1:] == (54, 34)
    assert clip.seen.all()
    assert clip.boxes.width[0] > clip.boxes.height[0] > 60
