"""Splits: nobody on both sides, whatever the protocol and the seed."""

import dataclasses
import itertools
from pathlib import Path

import pytest

from seqdl.datasets import kth, splits
from seqdl.datasets.base import Dataset, Sequence
from seqdl.errors import SeqdlError, UsageError


def people(n):
    return [f"p{i:02d}" for i in range(1, n + 1)]


def dataset(persons, classes=("a", "b"), fixed_test=()):
    sequences = tuple(Sequence(f"{p}_{c}", Path(f"{p}_{c}.avi"), c, p) for c in classes for p in persons)
    return Dataset("some", "", tuple(classes), sequences, "person", fixed_test=fixed_test)


@pytest.mark.parametrize("n, n_train", [(2, 1), (3, 2), (7, 5), (9, 6), (25, 16), (26, 17), (100, 64)])
def test_draws_are_in_the_papers_proportion(n, n_train):
    for split in splits.random_draws(people(n), 1, seed=3):
        assert (len(split.train), len(split.test)) == (n_train, n - n_train)


@pytest.mark.parametrize("n", [2, 3, 7, 9, 25])
def test_nobody_is_on_both_sides_for_any_seed(n):
    for seed in range(60):
        for number, split in enumerate(splits.random_draws(people(n), 5, seed), start=1):
            assert split.number == number
            assert not set(split.train) & set(split.test)
            assert sorted(split.train + split.test) == people(n)


def test_a_draw_depends_on_seed_and_number_alone():
    few, many = splits.random_draws(people(25), 5, 11), splits.random_draws(people(25), 30, 11)
    assert many[:5] == few
    assert splits.random_draws(reversed(people(25)), 5, 11) == few
    assert [s.train for s in splits.random_draws(people(25), 5, 12)] != [s.train for s in few]


def test_draws_are_golden():
    """Results name a seed and a draw: these must mean the same persons for ever."""
    first, second = splits.random_draws(people(7), 2, seed=0)
    assert (first.test, second.test) == (("p03", "p06"), ("p04", "p05"))


def test_draws_are_distinct_as_long_as_there_are_others():
    for seed in range(20):
        tests = [split.test for split in splits.random_draws(people(4), 6, seed)]
        assert len(set(tests[:4])) == 4, "4 persons can be divided 3 / 1 in four ways"
        assert len(tests) == 6
    assert len({s.test for s in splits.random_draws(people(7), 21, seed=0)}) == 21


def test_every_person_tests_in_some_draw():
    tested = itertools.chain.from_iterable(s.test for s in splits.random_draws(people(25), 40, seed=0))
    assert set(tested) == set(people(25))


@pytest.mark.parametrize("draws, seed", [(0, 0), (-1, 0), (5, -1)])
def test_impossible_draws_are_refused(draws, seed):
    with pytest.raises(UsageError):
        splits.random_draws(people(5), draws, seed)


def test_each_person_is_left_out_once():
    found = splits.leave_one_person_out(people(9))
    assert [s.test for s in found] == [(p,) for p in people(9)]
    assert [s.number for s in found] == list(range(1, 10))
    assert all(len(s.train) == 8 and s.test[0] in s.sentence for s in found)


def test_a_split_with_a_person_on_both_sides_cannot_be_made():
    with pytest.raises(SeqdlError, match="p02 on both sides"):
        splits.Split("draws", 1, ("p01", "p02"), ("p02", "p03"), "")
    with pytest.raises(SeqdlError, match="p01 on both sides"):
        dataclasses.replace(splits.Split("draws", 1, ("p01",), ("p02",), ""), test=("p01",))


@pytest.mark.parametrize("train, test, message", [((), ("p01",), "nobody trains"), (("p01",), (), "nobody tests")])
def test_a_split_needs_both_sides(train, test, message):
    with pytest.raises(SeqdlError, match=message):
        splits.Split("draws", 1, train, test, "")


def test_the_printed_split_of_kth():
    everybody = dataset(kth.PERSONS, fixed_test=kth.FIXED_TEST)
    split = splits.fixed(everybody)
    assert split.test == tuple(f"person{i:02d}" for i in (2, 3, 5, 6, 7, 8, 9, 10, 22))
    training, validation = range(11, 19), (19, 20, 21, 23, 24, 25, 1, 4)
    assert split.train == tuple(f"person{i:02d}" for i in sorted([*training, *validation]))


def test_the_printed_split_of_a_part_takes_whoever_is_there():
    split = splits.fixed(dataset(["person01", "person02", "person11"], fixed_test=kth.FIXED_TEST))
    assert (split.train, split.test) == (("person01", "person11"), ("person02",))
    with pytest.raises(SeqdlError, match="nobody tests"):
        splits.fixed(dataset(["person01", "person11"], fixed_test=kth.FIXED_TEST))
    with pytest.raises(SeqdlError, match="nobody trains"):
        splits.fixed(dataset(["person02", "person03"], fixed_test=kth.FIXED_TEST))


def test_other_datasets_have_no_printed_split():
    with pytest.raises(UsageError, match="some has no printed split"):
        splits.fixed(dataset(people(3)))


def test_splits_from_a_file(tmp_path):
    path = tmp_path / "splits.txt"
    path.write_bytes(b"\xef\xbb\xbf# two splits\r\n\r\nTest: p01  p03 # the tall ones\r\n test : p02,\r\n")
    one, two = splits.from_file(path, dataset(people(3)))
    assert (one.train, one.test, one.number) == (("p02",), ("p01", "p03"), 1)
    assert (two.train, two.test, two.number) == (("p01", "p03"), ("p02",), 2)
    assert "splits.txt" in one.sentence


def test_names_with_blanks_are_separated_by_commas(tmp_path):
    path = tmp_path / "splits.txt"
    path.write_text("test: Ann Smith, Bob\n")
    (split,) = splits.from_file(path, dataset(["Ann Smith", "Bob", "Cy"]))
    assert split.test == ("Ann Smith", "Bob")


@pytest.mark.parametrize(
    "text, message",
    [
        ("test: p01\ntest: p04\n", "line 2: dataset some has no person p04; did you mean"),
        ("p01 p02\n", "line 1: write the test persons as"),
        ("\ntrain: p01\n", "line 2: write the test persons as"),
        ("test:\n", "line 1: nobody tests"),
        ("test: p01 p02 p03\n", "line 1: everybody tests"),
        ("# nothing\n", "no splits in it"),
        ("", "no splits in it"),
        ("\x00\x01\xff", "line 1: write the test persons as"),
    ],
)
def test_a_wrong_file_of_splits_names_its_line(tmp_path, text, message):
    path = tmp_path / "splits.txt"
    path.write_text(text, encoding="latin-1")
    with pytest.raises(UsageError, match=message) as error:
        splits.from_file(path, dataset(people(3)))
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)


def test_a_file_of_splits_that_cannot_be_read(tmp_path):
    with pytest.raises(UsageError, match="No such file"):
        splits.from_file(tmp_path / "none.txt", dataset(people(3)))
    with pytest.raises(UsageError, match="directory"):
        splits.from_file(tmp_path, dataset(people(3)))
    with pytest.raises(UsageError, match="name the file"):
        splits.make("file:", dataset(people(3)))


def test_make_finds_the_protocol(tmp_path):
    path = tmp_path / "a:b.txt"
    path.write_text("test: p01\n")
    nine = dataset(people(9), fixed_test=("p01", "p02"))
    assert [s.name for s in splits.make("draws", nine, draws=3, seed=1)] == ["draws"] * 3
    assert splits.make("draws", nine, draws=3, seed=1) == splits.random_draws(people(9), 3, 1)
    assert len(splits.make("leave-one-person-out", nine)) == 9
    assert splits.make("fixed", nine)[0].test == ("p01", "p02")
    assert splits.make(f"file:{path}", nine)[0].test == ("p01",)


@pytest.mark.parametrize("protocol", ["draw", "leave-one-out", "", "filed:x", "draws:3"])
def test_an_unknown_protocol_is_refused(protocol):
    with pytest.raises(UsageError, match="unknown protocol"):
        splits.make(protocol, dataset(people(3)))
    with pytest.raises(UsageError, match="did you mean draws"):
        splits.make("draw", dataset(people(3)))


@pytest.mark.parametrize("protocol", ["draws", "leave-one-person-out", "fixed", "file:any.txt"])
def test_one_person_cannot_be_split(protocol):
    with pytest.raises(SeqdlError, match="two persons or more"):
        splits.make(protocol, dataset(["p01"], fixed_test=("p01",)))


def videos(**numbers):
    """So many videos of nobody known in each class."""
    names = [f"{label}/{n}.avi" for label, count in numbers.items() for n in range(count)]
    found = tuple(Sequence(name, Path(name), name.partition("/")[0], name) for name in names)
    return Dataset("mine", "", tuple(numbers), found, "person", unit="video")


def test_videos_of_unknown_persons_are_drawn_within_each_class():
    data = videos(sit=25, wave=4, nod=2, jump=1)
    drawn = splits.make("draws", data, draws=30)
    for split in drawn:
        trained = [sum(name.startswith(label) for name in split.train) for label in data.classes]
        assert trained == [16, 3, 1, 1]
        assert "21 of 32 videos drawn at random within each class train" in split.sentence
    assert len({split.test for split in drawn}) == 30
    assert len({split.test for split in splits.make("draws", videos(sit=2, wave=2), 4)}) == 4
    with pytest.raises(SeqdlError, match=r"each class has one video alone.*data\.protocol = all"):
        splits.make("draws", videos(sit=1, wave=1))


def test_videos_of_unknown_persons_are_left_out_one_by_one():
    data = videos(sit=2, wave=2)
    for protocol in ("leave-one-video-out", "leave-one-person-out"):
        found = splits.make(protocol, data)
        assert [split.test for split in found] == [(name,) for name in data.persons]
        assert found[0].sentence.startswith("Leave one video out: ") and found[0].name == "leave-one-video-out"
    with pytest.raises(UsageError, match="is divided by person: use leave-one-person-out"):
        splits.make("leave-one-video-out", dataset(people(3)))


def test_everything_trains_and_nobody_tests():
    data = dataset(people(3))
    [split] = splits.make("all", data)
    assert (split.train, split.test) == (data.persons, ()) and "no accuracy is known" in split.sentence
    assert splits.sides(split, data) == (list(data.sequences), [])
    assert splits.make("all", dataset(["p01"]))[0].train == ("p01",)
    with pytest.raises(UsageError, match=r"data\.protocol = all has none: leave out data\.inner"):
        splits.inner(split, data, "draws")
    with pytest.raises(UsageError, match=r"data\.inner = all tests nobody"):
        splits.inner(splits.make("draws", data)[0], data, "all")


def test_who_has_nothing_that_can_be_used_is_not_in_a_split():
    data = dataset(people(9))
    [split] = splits.make("draws", data, 1)
    lost = {split.train[0], split.test[-1]}
    usable = dataclasses.replace(data, sequences=tuple(s for s in data.sequences if s.person not in lost))
    left = splits.without_left_out(split, usable)
    assert {*left.train, *left.test} == set(people(9)) - lost
    assert left.sentence == split.sentence + " Of 2 of these persons nothing can be used."
    assert splits.without_left_out(split, data) == split


def test_pick_by_number():
    found = splits.leave_one_person_out(people(3))
    assert splits.pick(found, 2) is found[1]
    for number in (0, 4, -1):
        with pytest.raises(UsageError, match="from 1 to 3"):
            splits.pick(found, number)


def test_only_some_persons_are_looked_at():
    data = splits.only(dataset(people(5)), ["p04", "p02", "p04"])
    assert data.persons == ("p02", "p04") and len(data.sequences) == 4
    assert data.notes == ("Only 2 persons of 5 are looked at: p02, p04.",)
    with pytest.raises(UsageError, match=r"dataset some has no person p40; did you mean .*p04"):
        splits.only(dataset(people(5)), ["p40"])
    part = dataset(people(2), ("a", "b", "c"))
    part = dataclasses.replace(part, sequences=tuple(s for s in part.sequences if s.label != "b" or s.person == "p02"))
    assert splits.only(part, ["p01"]).classes == ("a", "c")


@pytest.mark.parametrize("protocol, number", [("draws", 4), ("leave-one-person-out", 6)])
def test_inner_splits_leave_the_test_persons_out(protocol, number):
    data = dataset(people(9))
    for outer in splits.make("draws", data):
        found = splits.inner(outer, data, protocol, draws=4, seed=1)
        assert [split.number for split in found] == list(range(1, number + 1))
        for split in found:
            assert not set(outer.test) & {*split.train, *split.test}
            assert {*split.train, *split.test} == set(outer.train)
            assert split.held_back == outer.test
            assert split.name == f"draws {outer.number}, inner {protocol}"
            assert "are not read" in split.sentence
    with pytest.raises(SeqdlError, match="p01 on both sides"):
        splits.Split("inner", 1, ("p01",), ("p02",), "", held_back=("p01",))


def test_a_class_without_training_sequences_is_named():
    partial = dataset(people(3))
    partial = dataclasses.replace(partial, sequences=tuple(s for s in partial.sequences if s.name != "p01_b")[:-1])
    one, two, three = splits.leave_one_person_out(people(3))
    splits.require_trainable(one, partial)
    with pytest.raises(SeqdlError, match=r"split 2 \(leave-one-person-out\) of some: no training sequences of b"):
        splits.require_trainable(two, partial)
    splits.require_trainable(three, partial)


def test_a_dataset_of_one_class_is_refused():
    one = dataset(people(3), classes=("wave",))
    with pytest.raises(SeqdlError, match=r"one class \(wave\)"):
        splits.require_trainable(splits.leave_one_person_out(people(3))[0], one)
