"""The embedded dataset's sequences, variants and record."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from seqdl.datasets.base import Dataset, DatasetRecord, Sequence, Variant

if TYPE_CHECKING:
    import numpy as np

    from seqdl.datasets.actors.take import Take

# Counted up whenever other bytes are rendered, so that stored sequences are made anew: of each edition.
VERSIONS = {1: 1, 2: 1}
SHORT = 44  # frames of a sequence where there is one short one of each video: as many as a jogger is in the picture


class Extent(NamedTuple):
    """How much of which edition a variant has.

    Parameters
    ----------
    edition : {1, 2}
        The first one's clean scenes, or the second one's variety.
    persons, actions : int
        How many of each, from the first on.
    cut : {"short", "four", "whole"}
        One short sequence of each video, four of it (as KTH2), or the video from beginning to end (as KTH1).
    scenarios : {4, 1}
        In how many scenarios each person acts: in all, or in one of them, in turn.
    """

    edition: int
    persons: int
    actions: int
    cut: str
    scenarios: int = 4

    def variant(self, about: str) -> Variant:
        """The record's entry."""
        sequences = self.persons * self.actions * self.scenarios * (4 if self.cut == "four" else 1)
        return Variant(about, self.persons, self.actions, sequences)


EXTENTS = {
    "small": Extent(1, 10, 6, "short"),
    "full": Extent(1, 25, 6, "four"),
    "small-whole": Extent(1, 10, 6, "whole"),
    "full-whole": Extent(1, 25, 6, "whole"),
    "varied": Extent(2, 40, 6, "short", 1),
    "varied-more": Extent(2, 80, 6, "short", 1),
    "varied-full": Extent(2, 25, 6, "four"),
    "varied-whole": Extent(2, 10, 6, "whole"),
    "varied-many": Extent(2, 400, 6, "short", 1),
    "twelve": Extent(2, 40, 12, "short", 1),
    "twelve-many": Extent(2, 400, 12, "short", 1),
}


def load(variant: str = "", seed: int = 2011) -> Dataset:
    """The embedded dataset: rendered figures that perform KTH's six actions in four scenarios, drawn from ``seed``.

    ``variant`` is ``small``: 10 persons, one short cut sequence of each video; ``full``: 25 persons, four cut sequences
    of each video (as KTH2); ``small-whole`` or ``full-whole``: the same videos from beginning to end, with the empty
    frames while a walker is out of the picture (as KTH1). ``varied`` is the second edition
    (:mod:`seqdl.datasets.actors.varied`), as many sequences as ``small``, but of 40 persons, each in one scenario:
    people walk on slants, throw long shadows, are dressed like the ground, and cameras zoom and shake; ``varied-more``
    has 80 persons and ``varied-many`` 400, ``varied-full`` and ``varied-whole`` are as those of the first one.
    ``twelve`` and ``twelve-many`` add six actions. The same seed gives the same bytes (another NumPy or processor may
    round a pixel differently).
    """
    from seqdl.datasets.actors.scene import SCENARIOS

    variant = RECORD.variant(variant)
    extent = EXTENTS[variant]
    take = _edition(extent.edition)
    classes = take.actions[: extent.actions]
    sequences: list[Sequence] = []
    for person in range(1, extent.persons + 1):
        for action in classes:
            for scenario in SCENARIOS if extent.scenarios == 4 else (SCENARIOS[person % 4],):
                sequences += _sequences(take(seed, person, action, scenario), extent)
    source = f"actors version {VERSIONS[extent.edition]}, seed {seed}"
    if extent.edition > 1:
        source = f"edition {extent.edition} of {source}"
    render = partial(_render, seed=seed, edition=extent.edition)
    return RECORD.dataset(variant, classes, tuple(sequences), render=render, source=source)


def _edition(number: int) -> type[Take]:
    from seqdl.datasets.actors.take import Take
    from seqdl.datasets.actors.varied import Varied

    return {1: Take, 2: Varied}[number]


def _render(sequence: Sequence, seed: int, edition: int) -> Iterator[np.ndarray]:
    """A sequence's grey frames, (120, 160) of uint8, as the dataset's seed makes them."""
    person = int(sequence.person.removeprefix("person"))
    take = _edition(edition)(seed, person, sequence.label, sequence.extra["scenario"])
    yield from take.frames(sequence.first, sequence.last)


def _sequences(take: Take, extent: Extent) -> list[Sequence]:
    person, scenario = f"person{take.person:0{max(2, len(str(extent.persons)))}d}", take.scenario
    name = f"{person}_{take.action}_{scenario}"
    if extent.cut == "whole":
        return [Sequence(name, None, take.action, person, 0, len(take) - 1, {"scenario": scenario})]
    spans = list(enumerate(take.path.spans, 1))
    if extent.cut == "short":
        number, span = spans[take.person % len(spans)]
        spans = [(number, take.short(*span, SHORT))]
    return [
        Sequence(f"{name}#{number}", None, take.action, person, first, last, {"scenario": scenario})
        for number, (first, last) in spans
    ]


RECORD = DatasetRecord(
    name="actors",
    title="actors",
    about="rendered figures that perform KTH's six actions in its four scenarios, embedded, no download",
    load=load,
    variants={
        name: EXTENTS[name].variant(about)
        for name, about in {
            "small": "one short cut sequence of each video",
            "full": "four cut sequences of each video, as kth2",
            "small-whole": "the videos from beginning to end, empty frames too",
            "full-whole": "the same of all persons, as kth1",
            "varied": "as people film: slants, long shadows, coats, zoom, shake, habits; each person in one scenario",
            "varied-more": "as varied, of twice as many persons",
            "varied-full": "as varied in all four scenarios, four cut sequences of each video, as kth2",
            "varied-whole": "as varied, the videos from beginning to end",
            "varied-many": "as varied, of many persons",
            "twelve": "as varied, with six more actions",
            "twelve-many": "the same of many persons",
        }.items()
    },
    box="track",
    usual="draws",
    kind="rendered",
    size="160 x 120, 25 fps, grey.",
)
