"""The loaders on real folders: Weizmann, a part of IXMAS and of KTH; and one dataset's folder given for another's."""

from collections import Counter

import pytest

from seqdl.datasets import registry, splits
from seqdl.errors import SeqdlError


def test_weizmann_is_complete(test_data):
    data = registry.load("weizmann", test_data / "weizmann")
    assert data.notes == () and len(data.sequences) == 90
    assert Counter(s.label for s in data.sequences) == dict.fromkeys(data.classes, 9)
    found = splits.make("leave-one-person-out", data)
    assert len(found) == 9
    for split in found:
        splits.require_trainable(split, data)
        assert sum(s.person in split.test for s in data.sequences) == 10


def test_weizmann_without_skip(test_data):
    assert len(registry.load("weizmann", test_data / "weizmann", "9").sequences) == 81


def test_the_part_of_ixmas_is_complete(test_data):
    data = registry.load("ixmas", test_data / "ixmas")
    assert data.notes == () and len(data.sequences) == 252
    assert data.classes == ("check-watch", "sit-down", "get-up", "walk", "kick", "point")
    assert data.persons == ("alba", "amel", "andreas", "chiara", "clare", "daniel", "florian")
    assert Counter(s.label for s in data.sequences) == dict.fromkeys(data.classes, 42)
    performances = Counter((s.person, s.extra["take"], s.label) for s in data.sequences)
    assert len(performances) == 126 and set(performances.values()) == {2}, "two cameras each"
    assert {s.extra["camera"] for s in data.sequences} == {"0", "1", "2", "3"}
    for split in splits.make("draws", data, draws=5, seed=0):
        splits.require_trainable(split, data)
        assert (len(split.train), len(split.test)) == (5, 2)


def test_a_part_of_kth(test_data):
    data = registry.load("kth", test_data / "kth")
    assert len(data.sequences) == 56 and len(data.classes) == 6
    assert data.notes[0].startswith("A part of KTH: 14 of 599 videos, 585 missing")
    assert data.notes[1] == "56 of 2391 sequences." and len(data.notes) == 2
    whole = registry.load("kth", test_data / "kth", "kth1")
    assert len(whole.sequences) == 14
    assert Counter(s.file.suffix for s in whole.sequences) == {".avi": 12, ".mp4": 2}
    split = splits.fixed(data)
    assert (split.train, split.test) == (("person01", "person04", "person16"), ("person03", "person07", "person09"))
    splits.require_trainable(split, data)


NAMES = ("kth", "weizmann", "ixmas", "ut-interaction")
FOLDERS = (*NAMES, "stip")


def test_every_sequence_is_a_file_that_is_there(test_data):
    for name in NAMES:
        assert all(s.file.is_file() for s in registry.load(name, test_data / name).sequences)


def test_kth_as_any_folder_of_classes(test_data):
    data = registry.load("folder", test_data / "kth")
    assert len(data.sequences) == 14 and len(data.classes) == 6
    assert "each file counts as a person of its own" in data.notes[0]


@pytest.mark.parametrize("name, given", [(n, f) for n in NAMES for f in FOLDERS if n != f])
def test_another_datasets_folder_is_refused(test_data, name, given):
    with pytest.raises(SeqdlError, match="is named as in") as error:
        registry.load(name, test_data / given)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("given", ["weizmann", "ixmas", "stip"])
def test_a_flat_folder_has_no_classes(test_data, given):
    with pytest.raises(SeqdlError, match="one sub-folder per class"):
        registry.load("folder", test_data / given)
