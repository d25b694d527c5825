"""Who trains and who tests: splits by person, or by video where nobody knows the persons.

The paper draws 16 of KTH's 25 persons at random for training and tests on the other 9, five times (Section 4.2). Others
leave one person out, or use the split printed with KTH. Whatever the protocol, no person is ever on both sides.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from seqdl.base.words import count, name_of, near, some
from seqdl.datasets.base import Dataset, Sequence
from seqdl.datasets.scan import read_lines
from seqdl.errors import SeqdlError, UsageError

PROTOCOLS = (
    "draws", "leave-one-person-out", "leave-one-sequence-out", "leave-one-group-out", "leave-one-video-out", "fixed",
    "official", "five-folds", "all", "file:PATH",
)  # fmt: skip
ALL = "all"
"""The protocol that trains on everything."""
_OR_ALL = ", or train on all of them with data.protocol = all"
MOST_DRAWS = 10_000
"""More can only be a mistake, and would be drawn for hours."""


@dataclass(frozen=True)
class Split:
    """Who trains and who tests; nobody on both sides, somebody on each, but for ``all``, which tests nobody.

    Parameters
    ----------
    name, number : str, int
        The protocol it belongs to, and which of its splits, from 1.
    train, test : tuple of str
        The training and the test persons, sorted.
    sentence : str
        The split in words, for reports.
    held_back : tuple of str
        For an inner split: the test persons of the split around it, who take no part.
    """

    name: str
    number: int
    train: tuple[str, ...]
    test: tuple[str, ...]
    sentence: str
    held_back: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        both = sorted(set(self.train) & set(self.test) | set(self.held_back) & {*self.train, *self.test})
        if both:
            raise SeqdlError(f"split {self.number} ({self.name}): {some(both)} on both sides; take one of them out")
        for side, persons in (("trains", self.train), ("tests", self.test)):
            if not persons and (self.name, side) != (ALL, "tests"):
                raise SeqdlError(f"split {self.number} ({self.name}): nobody {side}; put at least one person there")


def make(protocol: str, dataset: Dataset, draws: int = 5, seed: int = 0) -> list[Split]:
    """The splits of a ``protocol`` among the persons of a ``dataset``, numbered from 1.

    A protocol is ``draws``, of which there are so many ``draws`` from a ``seed``, ``leave-one-person-out`` (where the
    dataset is divided by something else, such as ``leave-one-video-out``), ``fixed``, ``all``, ``file:PATH`` or one
    that comes with the dataset (``Dataset.divisions``); ``auto`` is the dataset's own. An unknown one, one that does
    not suit the dataset, and a dataset with fewer than two persons are errors.
    """
    protocol = dataset.protocol if protocol == "auto" else protocol
    kind, _, path = protocol.partition(":")
    if protocol in dataset.divisions:
        return published(protocol, dataset)
    if protocol == "draws":
        classes = {s.person: s.label for s in dataset.sequences} if dataset.unit == "video" else {}
        return random_draws(dataset.persons, draws, seed, dataset.unit, classes)
    if protocol == f"leave-one-{dataset.unit}-out" or (protocol, dataset.unit) == ("leave-one-person-out", "video"):
        return leave_one_person_out(dataset.persons, dataset.unit)
    if protocol == ALL:
        return [everything(dataset)]
    if protocol in PROTOCOLS and protocol.startswith("leave-one-"):
        raise UsageError(f"dataset {dataset.name} is divided by {dataset.unit}: use leave-one-{dataset.unit}-out")
    if protocol == "fixed":
        return [fixed(dataset)]
    if kind == "file":
        return from_file(path, dataset)
    if protocol in PROTOCOLS:
        raise UsageError(f"dataset {dataset.name} has no {protocol} splits: use another protocol, such as draws")
    raise UsageError(f"unknown protocol {protocol}{near(protocol, PROTOCOLS)}")


def random_draws(
    persons: Iterable[str], draws: int, seed: int, unit: str = "person", classes: Mapping[str, str] | None = None
) -> list[Split]:
    """Persons drawn at random for training, the others test (Section 4.2 of the paper).

    Of n ``persons``, in any order, ceil(16 n / 25) train, and at least one tests. A draw depends on the ``seed`` and
    its number alone, so asking for more ``draws`` never changes the first ones. No two are the same as long as there
    are others to be had. ``unit`` is what is drawn, for the sentence. Where each is of one of the ``classes``, that
    many are drawn within each class.
    Choice: videos of unknown persons, which the paper has none of, are drawn so; one that is alone in its class trains.
    """
    everybody = _two_or_more(persons, unit)
    if draws < 1:
        raise UsageError(f"{draws} draws: ask for at least one")
    if draws > MOST_DRAWS:
        raise UsageError(f"{draws} draws: ask for at most {MOST_DRAWS}")
    if seed < 0:
        raise UsageError(f"seed {seed}: give a whole number from 0")
    n = len(everybody)
    labels = {person: classes[person] for person in everybody} if classes else dict.fromkeys(everybody, "")
    groups = [[person for person in everybody if labels[person] == label] for label in sorted(set(labels.values()))]
    parts = [(group, min(-(-16 * len(group) // 25), max(len(group) - 1, 1))) for group in groups]
    n_train, possible = sum(k for _, k in parts), math.prod(math.comb(len(group), k) for group, k in parts)
    if n_train == n:
        raise SeqdlError(f"each class has one {unit} alone, and nothing is left to test: add videos{_OR_ALL}")
    splits: list[Split] = []
    drawn: set[tuple[str, ...]] = set()
    for number in range(1, draws + 1):
        generator = np.random.default_rng([seed, number])
        while True:
            chosen = [group[i] for group, k in parts for i in generator.permutation(len(group))[:k]]
            train = tuple(sorted(chosen))
            if train not in drawn or len(drawn) == possible:
                break
        drawn.add(train)
        how = "at random within each class" if classes else "at random"
        sentence = f"Draw {number} (seed {seed}): {n_train} of {n} {unit}s drawn {how} train, the others test."
        splits.append(_split("draws", number, everybody, set(everybody) - set(train), sentence))
    return splits


def leave_one_person_out(persons: Iterable[str], unit: str = "person") -> list[Split]:
    """Each person (or sequence) tests once, in the order of their names, the others train."""
    everybody = _two_or_more(persons, unit)
    name, others = f"leave-one-{unit}-out", count(len(everybody) - 1, f"other {unit}")
    return [
        _split(name, number, everybody, {person}, f"Leave one {unit} out: {person} tests, {others}.")
        for number, person in enumerate(everybody, start=1)
    ]


def fixed(dataset: Dataset) -> Split:
    """The split printed with the dataset (KTH: at the head of ``00sequences.txt``), or that of its folders.

    Of a part of the dataset, whoever is there. A person in training and in test folders is an error.
    Choice: KTH prints training, validation and test persons; the paper uses no validation set, so the validation
    persons train.
    """
    if not dataset.fixed_test and not dataset.divided:
        raise UsageError(f"dataset {dataset.name} has no printed split: use another protocol, such as draws")
    everybody = _two_or_more(dataset.persons, dataset.unit)
    test = set(dataset.fixed_test) & set(everybody)
    both = sorted(test & {s.person for s in dataset.sequences if s.extra.get("part") == "train"})
    if both:
        raise SeqdlError(
            f"{some(both)}: in the training and in the test folders of {dataset.name}; move all videos of a person to "
            "one side, or have both sides divided anew with data.protocol = draws"
        )
    sentence = dataset.divided or (
        f"The split printed with {dataset.name}: its training and validation persons train, its test persons test."
    )
    return _split("fixed", 1, everybody, test, sentence)


def published(protocol: str, dataset: Dataset) -> list[Split]:
    """The splits of a ``protocol`` that comes with the dataset, of whoever is there.

    An error where they cannot be had, or where of one of them nobody is there to train or to test.
    """
    known = dataset.divisions[protocol]
    if isinstance(known, str):
        raise UsageError(f"data.protocol = {protocol}: {known}; or use another protocol, such as draws")
    there, splits = set(dataset.persons), []
    for number, division in enumerate(known, start=1):
        train, test = sorted(division.train & there), sorted(division.test & there)
        if not train or not test:
            raise SeqdlError(
                f"{protocol}, split {number}: none of what {'tests' if train else 'trains'} is in {dataset.name} here: "
                "add it, or use another protocol, such as draws"
            )
        splits.append(Split(protocol, number, tuple(train), tuple(test), division.sentence))
    return splits


def everything(dataset: Dataset) -> Split:
    """Everybody trains and nobody tests."""
    what = count(len(dataset.persons), dataset.unit)
    return Split(ALL, 1, dataset.persons, (), f"All {what} train and nothing is tested: no accuracy is known.")


def from_file(path: str | Path, dataset: Dataset) -> list[Split]:
    """The splits in a text file.

    Each line is a split and names those who test, ``test: person02 person05``; everybody else trains. Names are
    separated by blanks, or by commas where a line has one, so that ``test: Ann Smith, Bob`` works too. Empty lines and
    whatever follows a ``#`` are ignored. A UsageError names a line of another form, with an unknown person, or with
    nobody or everybody.
    """
    everybody = _two_or_more(dataset.persons, dataset.unit)
    if not str(path):
        raise UsageError("data.protocol = file: name the file of splits, such as file:splits.txt")
    splits: list[Split] = []
    for at, line in enumerate(read_lines(path, "the file of splits"), start=1):
        text = line.partition("#")[0].strip()
        if not text:
            continue
        where = f"{path}, line {at}"
        head, colon, rest = text.partition(":")
        if not colon or head.strip().lower() != "test":
            raise UsageError(f"{where}: write the test persons as 'test: NAME NAME', not {text!r}")
        names = [name.strip() for name in rest.split(",")] if "," in rest else rest.split()
        test = {name for name in names if name}
        for name in sorted(test - set(everybody)):
            raise UsageError(f"{where}: dataset {dataset.name} has no {dataset.unit} {name}{near(name, everybody)}")
        if not test or len(test) == len(everybody):
            raise UsageError(f"{where}: {'everybody' if test else 'nobody'} tests; name some of the persons, not all")
        number = len(splits) + 1
        sentence = f"Split {number} of {Path(path).name}: its {count(len(test), dataset.unit)} test, the others train."
        splits.append(_split("file", number, everybody, test, sentence))
    if not splits:
        raise UsageError(f"{path}: no splits in it; write one line 'test: NAME NAME' for each")
    return splits


def only(dataset: Dataset, persons: Iterable[str]) -> Dataset:
    """A dataset without anybody else's sequences and what only they show; a note says who is left."""
    known = set(dataset.persons)
    wanted = sorted({name if name in known else name_of(name) for name in persons})
    for name in wanted:
        if name not in dataset.persons:
            raise UsageError(f"dataset {dataset.name} has no {dataset.unit} {name}{near(name, dataset.persons)}")
    sequences = tuple(sequence for sequence in dataset.sequences if sequence.person in wanted)
    shown = {label for sequence in sequences for label in sequence.labels}
    note = f"Only {count(len(wanted), dataset.unit)} of {len(dataset.persons)} are looked at: {some(wanted, 30)}."
    classes = tuple(label for label in dataset.classes if label in shown)
    return replace(dataset, sequences=sequences, classes=classes, notes=(*dataset.notes, note))


def inner(split: Split, dataset: Dataset, protocol: str, draws: int = 3, seed: int = 0) -> list[Split]:
    """The splits of a protocol among the training persons of a ``split``, whose own test persons take no part.

    ``dataset``, ``protocol``, ``draws`` and ``seed`` are as for :func:`make`, as are the errors. Where nobody tests,
    outside or inside, there is nothing to choose by.
    """
    if protocol == ALL:
        raise UsageError(
            "data.inner = all tests nobody, so that nothing can be chosen by it: use another, such as draws"
        )
    if split.name == ALL:
        raise UsageError("data.inner keeps test persons unread, and data.protocol = all has none: leave out data.inner")
    around = f"{split.name} {split.number}"
    before = f"Inner split of the training {dataset.unit}s of {around}, whose test {dataset.unit}s are not read. "
    return [
        replace(s, name=f"{around}, inner {s.name}", sentence=before + s.sentence, held_back=split.test)
        for s in make(protocol, only(dataset, split.train), draws, seed)
    ]


def pick(splits: list[Split], number: int, setting: str = "data.draw") -> Split:
    """The one of ``splits`` with a ``number`` from 1, which a ``setting`` chooses; a UsageError where there is none."""
    if not 1 <= number <= len(splits):
        raise UsageError(f"protocol {splits[0].name} has no split {number}: choose {setting} from 1 to {len(splits)}")
    return splits[number - 1]


def require_trainable(split: Split, dataset: Dataset) -> None:
    """Refuse a split on which no network can be trained: of one class, or with a class without training sequences.

    A class without test sequences is allowed: nothing can be said of it, and nothing is.
    """
    if len(dataset.classes) < 2:
        raise SeqdlError(f"dataset {dataset.name} has one class ({some(dataset.classes)}): give it at least two")
    trained = {label for s in dataset.sequences if s.person in split.train for label in s.labels}
    lost = [label for label in dataset.classes if label not in trained]
    if lost:
        raise SeqdlError(
            f"split {split.number} ({split.name}) of {dataset.name}: no training sequences of {some(lost)}; add videos "
            "of other persons, leave the class out, or choose another split with data.draw or data.protocol"
        )


def sides(split: Split, dataset: Dataset) -> tuple[list[Sequence], list[Sequence]]:
    """The training and the test sequences; a SeqdlError as :func:`require_trainable`, and where no test can be used.

    ``dataset`` is what is left of the one that the ``split`` divides once everything unusable is left out.
    """
    require_trainable(split, dataset)
    learning = [sequence for sequence in dataset.sequences if sequence.person in split.train]
    testing = [sequence for sequence in dataset.sequences if sequence.person in split.test]
    if split.test and not testing:
        raise SeqdlError(f"{split.name} has no test sequence that can be used: choose another split with data.draw")
    return learning, testing


def without_left_out(split: Split, dataset: Dataset) -> Split:
    """A split without those of whom nothing in the ``dataset`` can be used; they are counted in its sentence."""
    there = set(dataset.persons)
    train, test = (tuple(person for person in side if person in there) for side in (split.train, split.test))
    lost = len(split.train) + len(split.test) - len(train) - len(test)
    told = f" Of {lost} of these {dataset.unit}s nothing can be used." if lost else ""
    return replace(split, train=train, test=test, sentence=split.sentence + told)


def _split(name: str, number: int, everybody: list[str], test: set[str], sentence: str) -> Split:
    train = tuple(person for person in everybody if person not in test)
    return Split(name, number, train, tuple(sorted(test)), sentence)


def _two_or_more(persons: Iterable[str], unit: str = "person") -> list[str]:
    everybody = sorted(set(persons))
    if len(everybody) < 2:
        who = everybody[0] if everybody else "nobody"
        raise SeqdlError(
            f"a split by {unit} needs two {unit}s or more, and the dataset has {who} alone: add videos{_OR_ALL}"
        )
    return everybody
