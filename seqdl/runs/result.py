"""What a finished run says of itself: the records in result.json and log.csv, read and written here alone."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np

from seqdl.base import files
from seqdl.errors import SeqdlError
from seqdl.models import MODELS
from seqdl.runs import precision
from seqdl.runs.codec import RARE, damaged, decode, encode

FORMAT = 2
"""Of result.json; a file without a number has the first one, which had the same places."""
WAYS = ("windows", "voting", "lstm")
"""The ways to a decision: single windows, their majority, the LSTM. The first two are a describer's own."""
LAST = ("probability", "timeline", "shares")
"""What stands last of a sequence in a file."""


@dataclass(frozen=True)
class Score:
    """How often a way to a decision was right.

    Parameters
    ----------
    accuracy, correct, count
        In 0..1, 0 where nothing was decided; right decisions, and all.
    confusion : tuple of tuple of int
        Rows are the truth, columns the decision; empty for single windows.
    precision : tuple of float or None
        The average precision of each class, None where no sequence shows it, of sequences that may show several; a
        decision is right then where its class is one of them (:meth:`Decided.counted`). Else empty.
    """

    accuracy: float
    correct: int
    count: int
    confusion: tuple[tuple[int, ...], ...] = ()
    precision: tuple[float | None, ...] = field(default=(), metadata=RARE)

    @property
    def measure(self) -> float:
        """What counts: the mean average precision where sequences may show several classes, else the accuracy."""
        return precision.mean(self.precision) if self.precision else self.accuracy

    @classmethod
    def of(cls, confusion: np.ndarray) -> Score:
        """The score of a confusion matrix, (classes, classes) of int: rows are the truth, columns the decision."""
        correct, count = int(np.trace(confusion)), int(confusion.sum())
        return cls(correct / count if count else 0.0, correct, count, tuple(map(tuple, confusion.tolist())))

    def fits(self, classes: int) -> bool:
        """Whether it can be one of so many ``classes``: counts that can be, a matrix and precisions of that size."""
        counts = [count for row in self.confusion for count in row]
        square = all(len(row) == len(self.confusion) for row in self.confusion)
        possible = 0 <= self.correct <= self.count and 0 <= self.accuracy <= 1 and min(counts, default=0) >= 0
        sized = {len(self.confusion), len(self.precision)} <= {0, classes}
        return possible and square and sized

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        values = encode(self)
        return values if self.confusion else {key: value for key, value in values.items() if key != "confusion"}


@dataclass(frozen=True)
class Decided:
    """One test sequence and what was decided.

    Parameters
    ----------
    name, person, label : str
        The sequence, who acts in it, and its class.
    steps : int
        So many the LSTM read; 0 where nothing could be described, and the prior decided.
    decisions, probability
        The class by each way, ``voting`` and ``lstm``; the probability of the LSTM's.
    timeline : tuple of (str, float)
        The LSTM's class and its probability, step by step, thinned out; empty in records of many runs.
    shares : dict of str to tuple of float
        By way what speaks for each class, all together 1 (where several may be shown, each by itself): the share of the
        votes, the LSTM's mean output. Empty in records of many runs, and in older ones.
    also : tuple of str
        Further classes that it shows.
    named : dict of str to tuple of str, or None
        By way all classes that are found in it, where several may be: those whose share reaches one half.
    over_time : tuple of tuple of (int, float)
        Where several may be, at each step of the timeline all classes that reach one half, by number, and their
        probabilities.
    """

    name: str
    person: str
    label: str
    steps: int
    decisions: dict[str, str]
    probability: float
    timeline: tuple[tuple[str | int, float], ...] = ()
    shares: dict[str, tuple[float, ...]] = field(default_factory=dict)
    also: tuple[str, ...] = field(default=(), metadata=RARE)
    named: dict[str, tuple[str, ...]] | None = field(default=None, metadata=RARE)
    over_time: tuple[tuple[tuple[int, float], ...], ...] = field(default=(), metadata=RARE)

    @property
    def labels(self) -> tuple[str, ...]:
        """All classes that it shows."""
        return (self.label, *self.also)

    def right(self, way: str = "lstm") -> bool:
        """Whether that way decided rightly."""
        return self.decisions[way] in self.labels

    def counted(self, way: str) -> str:
        """The class that counts as the true one: that of the decision where it is right, else the first."""
        return self.decisions[way] if self.right(way) else self.label

    def marks(self, classes: Sequence[str]) -> list[list[tuple[str, float]]]:
        """At each step of the timeline those of the ``classes`` that the LSTM names, with their probabilities."""
        if self.named is not None:
            return [[(classes[k], sure) for k, sure in step] for step in self.over_time]
        return [[(one if isinstance(one, str) else classes[one], sure)] for one, sure in self.timeline]

    def said(self, way: str) -> str:
        """What that way decided, all of it."""
        if self.named is None:
            return self.decisions[way]
        return ", ".join(self.named[way]) or f"none, at best {self.decisions[way]}"


@dataclass(frozen=True)
class Evaluation:
    """How well a recogniser does on some sequences.

    Parameters
    ----------
    scores, sequences
        By way, in the order of ``WAYS``, only those that the model has; and all sequences. Both are empty where
        nothing was tested.
    """

    scores: dict[str, Score]
    sequences: tuple[Decided, ...]

    @property
    def deciding(self) -> tuple[str, ...]:
        """The ways that decide whole sequences."""
        return tuple(way for way in self.scores if way != "windows")

    @property
    def several(self) -> bool:
        """Whether sequences may show several classes, which are ranked and measured by average precision."""
        return any(score.precision for score in self.scores.values())

    @property
    def undescribed(self) -> int:
        """How many sequences had no step."""
        return sum(not sequence.steps for sequence in self.sequences)

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it: the scores by way (None for a way that the model has not), and ``sequences``."""
        values: dict[str, Any] = dict.fromkeys(WAYS)
        values |= {way: score.to_dict() for way, score in self.scores.items()}
        if self.scores and "voting" not in self.scores:
            values["without_points"] = self.undescribed
        entries = [encode(sequence) for sequence in self.sequences]
        for entry in entries:
            decisions, *rest = (entry.pop(key) for key in ("decisions", *LAST))
            entry |= {"voting": None, **decisions, **dict(zip(LAST, rest))}
        return {**values, "sequences": entries}


@dataclass(frozen=True)
class Training:
    """How the training of one network went.

    Parameters
    ----------
    parameters, epochs, updates : int
        Its size, its passes, its online updates.
    seconds, stopped
        Wall time, and why it ended.
    """

    parameters: int
    epochs: int
    updates: int
    seconds: float
    stopped: str


@dataclass(frozen=True)
class Material:
    """The dataset of a run.

    Parameters
    ----------
    name, variant, classes
        Which, which reading of it, and the actions in the order of the outputs.
    sequences, frames : int
        How many could be used.
    notes, unit
        What was missing, left out or odd; what splits divide by, ``person`` or ``sequence``.
    """

    name: str
    variant: str
    classes: tuple[str, ...]
    sequences: int
    frames: int
    notes: tuple[str, ...]
    unit: str = "person"

    @property
    def title(self) -> str:
        """Name and variant."""
        return f"{self.name} {self.variant}".strip()


@dataclass(frozen=True)
class Persons:
    """The split of a run.

    Parameters
    ----------
    name : str
        The protocol and which of its splits.
    train_persons, test_persons, held_back : tuple of str
        Who trained, who was tested, and the test persons around an inner split, of whom nothing was read.
    """

    name: str
    train_persons: tuple[str, ...]
    test_persons: tuple[str, ...]
    held_back: tuple[str, ...] = ()


@dataclass(frozen=True)
class Noted:
    """The look that a run took at its test persons.

    Parameters
    ----------
    date, kind, ledger : str
        In UTC; ``test`` or ``inner``: whose decisions these are, or ``none`` where nothing was tested; the file that it
        is noted in.
    """

    date: str = ""
    kind: str = "test"
    ledger: str = ""


@dataclass(frozen=True)
class Result(Evaluation):
    """What a finished run leaves in result.json.

    Parameters
    ----------
    version, seed
        The program's version; the seed of all random draws.
    dataset, protocol, split
        What it was trained on; the split in a sentence, and in names.
    stages : dict of str to Training
        By stage, in the order of training; the last has the LSTM.
    seconds, model
        Wall time of the whole run; the model as in the configuration.
    evaluated : Noted
        The look at the test persons.
    head_taught : bool
        Whether anything taught the describer to decide by itself: see :func:`seqdl.config.head_taught`.
    """

    version: str
    seed: int
    dataset: Material
    protocol: str
    split: Persons
    stages: dict[str, Training]
    seconds: float
    model: str = "convnet-lstm"
    evaluated: Noted = Noted()
    head_taught: bool = True

    @property
    def tested(self) -> bool:
        """Whether anything was; else no accuracy is known."""
        return bool(self.scores)

    @property
    def control(self) -> bool:
        """Whether what describes the video was left untrained, so that its own decisions mean nothing."""
        return any(not stage.epochs for name, stage in self.stages.items() if name != MODELS[self.model].last)

    @property
    def shown(self) -> tuple[str, ...]:
        """The ways whose accuracy means something."""
        ways = self.deciding if self.several else tuple(self.scores)
        return ways if self.head_taught and not self.control else ("lstm",)

    def to_dict(self) -> dict[str, Any]:
        """As result.json has it."""
        values = {name: encode(getattr(self, name)) for name in _HEAD}
        stages: dict[str, Any] = {"convnet": None, **{_stage(name): encode(one) for name, one in self.stages.items()}}
        names = {"format": FORMAT, **values, "stages": list(self.stages)}
        return {**names, **stages, **super().to_dict(), "seconds": self.seconds}

    @classmethod
    def from_dict(cls, values: Any, source: object) -> Result:
        """The record from what :meth:`to_dict` gave, of this version or an older one.

        A SeqdlError names ``source``, and what in it is damaged or of a later version.
        """
        check_format(values, source, FORMAT)
        model = MODELS.get(str(values.get("model", cls.model)))
        if model is None:
            raise damaged(source, "model", f"is none that is known here: {', '.join(MODELS)}")
        usual = ("convnet", "lstm") if model.trained else ("lstm",)
        names = decode(tuple[str, ...], values.get("stages", usual), source, "stages")
        for name in (*names, model.last):
            if not values.get(_stage(name)):
                raise damaged(source, _stage(name), "is missing")
        stages = {name: values[_stage(name)] for name in names}
        result = decode(cls, {**values, "stages": stages, **evaluation_values(values, source)}, source)
        tested = {*model.ways, "lstm"} if result.split.test_persons else set()
        for way in tested ^ set(result.scores):
            raise damaged(source, way)
        _check_classes(result, source)
        return result


_HEAD = ("version", "model", "seed", "dataset", "protocol", "split", "evaluated", "head_taught")


def _stage(name: str) -> str:
    """Where a stage stands in result.json, in which ``lstm`` is a score."""
    return "lstm_training" if name == "lstm" else name


def check_format(values: Any, source: object, known: int) -> None:
    """Refuse ``values`` of the file ``source`` that are no JSON object, or of a later format than the ``known`` one."""
    if not isinstance(values, Mapping):
        raise damaged(source)
    found = values.get("format", 1)
    if not isinstance(found, int) or found < 1:
        raise damaged(source, "format")
    if found > known:
        raise SeqdlError(f"{source} has format {found}, this seqdl reads up to {known}: use a newer one")


def evaluation_values(values: Mapping[str, Any], source: object) -> dict[str, Any]:
    """``scores`` and ``sequences`` as :class:`Evaluation` holds them, from their places in a file."""
    scores = {way: values[way] for way in WAYS if values.get(way) is not None}
    entries = values.get("sequences")
    if not isinstance(entries, list) or ("lstm" not in scores and (scores or entries)):
        raise damaged(source, "lstm" if "lstm" not in scores else "sequences", "is missing")
    sequences = []
    for number, entry in enumerate(entries):
        if not isinstance(entry, Mapping):
            raise damaged(source, f"sequences[{number}]")
        decisions = {way: entry[way] for way in WAYS[1:] if entry.get(way) is not None}
        if any(way not in decisions for way in scores if way != "windows"):
            raise damaged(source, f"sequences[{number}]", "lacks a decision")
        sequences.append({**entry, "decisions": decisions})
    return {"scores": scores, "sequences": sequences}


def _check_classes(result: Result, source: object) -> None:
    classes = result.dataset.classes
    for way, score in result.scores.items():
        if way in result.deciding and len(score.confusion) != len(classes):
            raise damaged(source, f"{way}.confusion", f"is not {len(classes)} x {len(classes)}")
        if not score.fits(len(classes)):
            raise damaged(source, way, f"is no score of {len(classes)} classes")
    for sequence in result.sequences:
        named = {*sequence.labels, *sequence.decisions.values()}
        named |= {label for labels in (sequence.named or {}).values() for label in labels}
        named |= {step for step, _ in sequence.timeline if isinstance(step, str)}
        numbered = [step for step, _ in sequence.timeline if isinstance(step, int)]
        numbered += [step for steps in sequence.over_time for step, _ in steps]
        if not named <= set(classes) or any(not 0 <= step < len(classes) for step in numbered):
            raise damaged(source, sequence.name, "has a class that dataset.classes lacks")


@dataclass(frozen=True)
class Epoch:
    """One line of log.csv: a pass over the training data.

    Parameters
    ----------
    stage, epoch, updates
        Which network was trained; passes, from 1, and online updates so far in this stage.
    learning_rate, loss, accuracy, seconds
        The rate at the end; the mean loss over the updates, where both networks are trained as one that of the LSTM's
        and the head's, each as it counts, so that passes can be compared; the share of right decisions. These are made
        before their update. At last the wall time of the pass.
    """

    stage: str
    epoch: int
    updates: int
    learning_rate: float
    loss: float
    accuracy: float
    seconds: float

    def __str__(self) -> str:
        return (
            f"{self.stage} pass {self.epoch}: loss {self.loss:.3f}, training accuracy {self.accuracy:.1%}, "
            f"rate {self.learning_rate:.2g}, {self.seconds:.0f} s"
        )


COLUMNS = tuple(column.name for column in fields(Epoch))


def write_log(path: Path, log: Iterable[Epoch]) -> None:
    """Write log.csv, whole."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([COLUMNS, *([getattr(epoch, name) for name in COLUMNS] for epoch in log)])
    files.write_atomic(path, text.getvalue())


def read_log(path: Path) -> tuple[Epoch, ...]:
    """The passes in a log.csv, in its order; a SeqdlError names one that cannot be read, or is damaged."""
    kinds = (str, int, int, float, float, float, float)
    try:
        with path.open(newline="", encoding="utf-8") as lines:
            return tuple(Epoch(*(kind(row[n]) for kind, n in zip(kinds, COLUMNS))) for row in csv.DictReader(lines))
    except OSError as error:
        raise SeqdlError(f"cannot read {path}: {error.strerror or error}") from error
    except (ValueError, TypeError, KeyError, csv.Error) as error:
        raise SeqdlError(f"{path} is damaged: {error}") from error


def pooled(results: Iterable[Evaluation], way: str) -> Score:
    """The decisions of several runs of the same classes counted together."""
    return Score.of(np.sum([result.scores[way].confusion for result in results], axis=0))
