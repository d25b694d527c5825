"""Weizmann: names alone decide; the files are empty."""

from collections import Counter

import pytest

from seqdl.datasets import weizmann
from seqdl.errors import SeqdlError, UsageError

PAIRS = [f"{p}_{a}" for p in weizmann.PERSONS for a in weizmann.ACTIONS]


def make(folder, names, suffix=".avi"):
    for name in names:
        path = folder / f"{name}{suffix}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return folder


def test_complete_with_single_clips(tmp_path):
    data = weizmann.load(make(tmp_path, PAIRS))
    assert (data.name, data.variant, data.box, data.notes) == ("weizmann", "10", "person", ())
    assert len(data.sequences) == 90 and len(data.persons) == 9 and data.classes == weizmann.ACTIONS
    assert set(Counter(s.label for s in data.sequences).values()) == {9}
    assert set(Counter(s.person for s in data.sequences).values()) == {10}


def test_the_published_93_files(tmp_path):
    doubled = [f"lena_{a}{half}" for a in ("run", "skip", "walk") for half in (1, 2)]
    names = [name for name in PAIRS if name not in ("lena_run", "lena_skip", "lena_walk")] + doubled
    data = weizmann.load(make(tmp_path, names))
    assert len(data.sequences) == len({s.name for s in data.sequences}) == 93 and data.notes == ()
    assert data.classes == weizmann.ACTIONS
    lena = [s for s in data.sequences if s.person == "lena"]
    assert Counter(s.label for s in lena) == {a: 2 if a in ("run", "skip", "walk") else 1 for a in weizmann.ACTIONS}
    assert [dict(s.extra) for s in lena if s.label == "run"] == [{"take": "1"}, {"take": "2"}]


def test_the_digit_of_a_wave_is_its_name(tmp_path):
    data = weizmann.load(make(tmp_path, ["ira_wave1", "ira_wave2", "lena_walk1"]))
    assert [(s.name, s.label, dict(s.extra)) for s in data.sequences] == [
        ("lena_walk1", "walk", {"take": "1"}),
        ("ira_wave1", "wave1", {}),
        ("ira_wave2", "wave2", {}),
    ]


def test_nine_actions_leave_skip_out(tmp_path):
    data = weizmann.load(make(tmp_path, PAIRS), "9")
    assert len(data.sequences) == 81 and "skip" not in data.classes and len(data.classes) == 9
    assert data.variant == "9" and data.notes == ()
    with pytest.raises(SeqdlError, match=r"use data\.variant = 10"):
        weizmann.load(make(tmp_path / "b", ["ido_skip"]), "9")


def test_a_part_says_what_is_missing(tmp_path):
    data = weizmann.load(make(tmp_path, [name for name in PAIRS if name not in ("eli_run", "ido_side")]))
    assert data.notes == ("A part of Weizmann: 88 of 90 pairs of person and action; no eli_run, ido_side.",)
    data = weizmann.load(make(tmp_path / "b", ["eli_run", "ido_side"]))
    assert data.classes == ("run", "side")
    assert "2 of 90 pairs" in data.notes[0] and "No sequences of bend, jack, jump, pjump, skip" in data.notes[1]


def test_sub_folders_and_strangers(tmp_path):
    make(tmp_path, ["run/eli_run", "walk/eli_walk"])
    make(tmp_path, ["bob_walk", "eli_wave", "eli_wave12", "eli_bend1", "person01_boxing_d1_uncomp"])
    data = weizmann.load(tmp_path)
    assert [s.name for s in data.sequences] == ["eli_run", "eli_walk"]
    assert any("5 videos not named as in Weizmann" in note for note in data.notes)


def test_faults(tmp_path):
    with pytest.raises(UsageError, match="dataset weizmann has no variant 8; known: 10, 9"):
        weizmann.load(tmp_path, "8")
    with pytest.raises(SeqdlError, match="no videos"):
        weizmann.load(tmp_path)
    make(tmp_path, ["person01_boxing_d1_uncomp"])
    with pytest.raises(SeqdlError, match="none of its 1 video is named as in Weizmann"):
        weizmann.load(tmp_path)
