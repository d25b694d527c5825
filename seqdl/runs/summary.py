"""From many runs to one statement: a row for each run, the mean, its spread over draws and over seeds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from seqdl.config import Config, head_taught
from seqdl.runs import significance
from seqdl.runs.codec import damaged, decode, encode
from seqdl.runs.result import WAYS, Result, Score
from seqdl.runs.settings import settings
from seqdl.runs.significance import Comparison


@dataclass(frozen=True)
class Row:
    """What a table says of one run.

    Parameters
    ----------
    model, dataset, variant, protocol, split : str
        What was run.
    draw, inner_draw, seed : int
        Which of its kind; ``inner_draw`` is 0 outside of inner splits.
    kind, control
        ``test`` or ``inner``: whose decisions these are; whether what describes the video was left untrained.
    test_persons, classes, scores
        Who was tested, the actions, and the scores of those ways that the model has.
    persons : dict of str to (int, int or None, int)
        Of each test person how many sequences there are, how many voting decided rightly, how many the LSTM.
    seconds, date, run
        Wall time of the run; when it was evaluated, and where it is.
    settings : tuple of str
        See :func:`seqdl.runs.settings.settings`.
    unit : str
        What splits divide by: ``person``, ``sequence`` or ``video``.
    head_taught : bool
        Whether anything taught the describer to decide by itself.
    """

    model: str
    dataset: str
    variant: str
    protocol: str
    split: str
    draw: int
    inner_draw: int
    seed: int
    kind: str
    control: bool
    test_persons: tuple[str, ...]
    classes: tuple[str, ...]
    scores: dict[str, Score]
    persons: dict[str, tuple[int, int | None, int]]
    seconds: float
    date: str = ""
    run: str = ""
    settings: tuple[str, ...] = ()
    unit: str = "person"
    head_taught: bool = True

    @classmethod
    def of(cls, config: Config, result: Result, run: str = "") -> Row:
        """The row of a finished run with its ``config`` and ``result``; ``run`` says where it is."""
        data, inner = config.data, bool(result.split.held_back)
        return cls(
            model=config.model,
            dataset=result.dataset.name,
            variant=result.dataset.variant,
            protocol=data.protocol + (f", inner {data.inner}" if inner else ""),
            split=result.split.name,
            draw=data.draw,
            inner_draw=data.inner_draw if inner else 0,
            seed=result.seed,
            kind="inner" if inner else "test",
            control=result.control,
            test_persons=result.split.test_persons,
            classes=result.dataset.classes,
            scores=result.scores,
            persons=_persons(result),
            seconds=result.seconds,
            date=result.evaluated.date,
            run=run,
            settings=tuple(settings(config)),
            unit=result.dataset.unit,
            head_taught=head_taught(config),
        )

    @property
    def title(self) -> str:
        """Dataset and variant."""
        return f"{self.dataset} {self.variant}".strip()

    @property
    def shown(self) -> tuple[str, ...]:
        """The ways whose accuracy means something: an untrained describer's own decisions do not."""
        ways = tuple(way for way in self.scores if way != "windows" or not self.several)
        return ways if self.head_taught and not self.control else ("lstm",)

    @property
    def several(self) -> bool:
        """Whether sequences may show several classes, which are measured by average precision."""
        return bool(self.scores["lstm"].precision)

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it: the scores stand beside the rest."""
        values = encode(self)
        del values["scores"]
        return values | {way: (way in self.scores and self.scores[way].to_dict()) or None for way in WAYS}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any], source: object) -> Row:
        """The row that :meth:`to_dict` gave."""
        scores = {way: values[way] for way in WAYS if values.get(way)}
        if "lstm" not in scores:
            raise damaged(source, "lstm", "is missing")
        return decode(cls, {**values, "scores": scores}, source)


def _persons(result: Result) -> dict[str, tuple[int, int | None, int]]:
    counted = {}
    for person in sorted({sequence.person for sequence in result.sequences}):
        own = [sequence for sequence in result.sequences if sequence.person == person]
        right = {way: sum(sequence.right(way) for sequence in own) for way in result.deciding}
        counted[person] = (len(own), right.get("voting"), right["lstm"])
    return counted


@dataclass(frozen=True)
class Summary:
    """Mean, spread and pooled decisions of runs that differ in draw and seed alone.

    Parameters
    ----------
    runs, draws, seeds : int
        How many.
    mean : dict of str to float
        Of all runs' accuracies (or mean average precisions, see :attr:`Score.measure`), by way.
    spread : dict of str to dict of str to float or None
        For ``draws`` the standard deviation of the draws' means over seeds, for ``seeds`` that of the seeds' means over
        draws, for ``runs`` that of all runs, by way; None where there is but one.
    lowest, highest, pooled
        By way; pooled are the decisions of all runs counted together, by the ways that decide whole sequences.
    lstm_against_voting : Comparison or None
        Where both are there.
    """

    runs: int
    draws: int
    seeds: int
    mean: dict[str, float]
    spread: dict[str, dict[str, float | None]]
    lowest: dict[str, float]
    highest: dict[str, float]
    pooled: dict[str, Score]
    lstm_against_voting: Comparison | None

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it: None for a way that the model has not."""
        none = dict.fromkeys(WAYS)
        values = encode(self) | {name: none | getattr(self, name) for name in ("mean", "lowest", "highest")}
        values["spread"] = {over: none | by_way for over, by_way in self.spread.items()}
        values["pooled"] = {way: (way in self.pooled and self.pooled[way].to_dict()) or None for way in WAYS[1:]}
        return values


def summarise(rows: Sequence[Row], rng: np.random.Generator) -> Summary:
    """Sum up runs that differ in draw and seed alone."""
    accuracies = {way: np.array([row.scores[way].measure for row in rows]) for way in rows[0].scores}
    over: dict[str, Callable[[Row], Any]] = {"draws": lambda row: (row.draw, row.inner_draw), "seeds": lambda r: r.seed}
    spread = {name: {way: _deviation(_means(rows, way, key)) for way in accuracies} for name, key in over.items()}
    spread["runs"] = {way: _deviation(values) for way, values in accuracies.items()}
    voting = "voting" in rows[0].scores
    return Summary(
        runs=len(rows),
        draws=len({over["draws"](row) for row in rows}),
        seeds=len({row.seed for row in rows}),
        mean={way: float(values.mean()) for way, values in accuracies.items()},
        spread=spread,
        lowest={way: float(values.min()) for way, values in accuracies.items()},
        highest={way: float(values.max()) for way, values in accuracies.items()},
        pooled={
            way: Score.of(np.sum([row.scores[way].confusion for row in rows], axis=0))
            for way in accuracies
            if way != "windows"
        },
        lstm_against_voting=significance.by_person([row.persons for row in rows], rng) if voting else None,
    )


def groups(rows: Iterable[Row]) -> list[tuple[Row, Summary]]:
    """Runs that differ in draw and seed alone, summed up, each group with its first row, as they first appear."""
    rng = np.random.default_rng(0)
    return [(same[0], summarise(same, rng)) for same in alike(rows)]


def alike(rows: Iterable[Row]) -> list[list[Row]]:
    """Runs that differ in draw and seed alone, together, as they first appear."""
    found: dict[Any, list[Row]] = {}
    for row in rows:
        same = (row.dataset, row.variant, row.protocol, row.kind, row.control, row.settings, row.classes)
        found.setdefault(same, []).append(row)
    return list(found.values())


def _means(rows: Iterable[Row], way: str, key: Callable[[Row], Any]) -> np.ndarray:
    found = defaultdict(list)
    for row in rows:
        found[key(row)].append(row.scores[way].measure)
    return np.array([np.mean(values) for values in found.values()])


def _deviation(values: np.ndarray) -> float | None:
    """The sample's standard deviation."""
    return float(values.std(ddof=1)) if len(values) > 1 else None
