"""The embedded dataset's sequences, variants and record."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from seqdl.datasets.base import Dataset, DatasetRecord, Sequence, Variant

if TYPE_CHECKING:
    import numpy as np

    from seqdl.datasets.actors.take import Take

VERSION = 1  # counted up whenever other bytes are rendered, so that stored sequences are made anew
PERSONS = {"small": 10, "full": 25}
SHORT = 44  # frames of a cut sequence in ``small``, at most: about as many as a jogger is in the picture


def load(variant: str = "", seed: int = 2011) -> Dataset:
    """The embedded dataset: rendered figures that perform KTH's six actions in four scenarios, drawn from ``seed``.

    ``variant`` is ``small``: 10 persons, one short cut sequence of each video; ``full``: 25 persons, four cut sequences
    of each video (as KTH2); ``small-whole`` or ``full-whole``: the same videos from beginning to end, with the empty
    frames while a walker is out of the picture (as KTH1). The same seed gives the same bytes (another NumPy or
    processor may round a pixel differently).
    """
    from seqdl.datasets.actors.gait import CLASSES
    from seqdl.datasets.actors.scene import SCENARIOS
    from seqdl.datasets.actors.take import Take

    variant = RECORD.variant(variant)
    size, _, whole = variant.partition("-")
    sequences: list[Sequence] = []
    for person in range(1, PERSONS[size] + 1):
        for action in CLASSES:
            for scenario in SCENARIOS:
                sequences += _sequences(Take(seed, person, action, scenario), size, bool(whole))
    source = f"actors version {VERSION}, seed {seed}"
    return RECORD.dataset(variant, CLASSES, tuple(sequences), render=partial(_render, seed=seed), source=source)


def _render(sequence: Sequence, seed: int) -> Iterator[np.ndarray]:
    """A sequence's grey frames, (120, 160) of uint8, as the dataset's seed makes them."""
    from seqdl.datasets.actors.take import Take

    take = Take(seed, int(sequence.person.removeprefix("person")), sequence.label, sequence.extra["scenario"])
    yield from take.frames(sequence.first, sequence.last)


def _sequences(take: Take, size: str, whole: bool) -> list[Sequence]:
    person, scenario = f"person{take.person:02d}", take.scenario
    name = f"{person}_{take.action}_{scenario}"
    if whole:
        return [Sequence(name, None, take.action, person, 0, len(take) - 1, {"scenario": scenario})]
    spans = list(enumerate(take.path.spans, 1))
    if size == "small":
        number, (first, last) = spans[take.person % len(spans)]
        spans = [(number, (first, min(last, first + SHORT - 1)))]
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
        "small": Variant("one short cut sequence of each video", PERSONS["small"], 6, 240),
        "full": Variant("four cut sequences of each video, as kth2", PERSONS["full"], 6, 2400),
        "small-whole": Variant("the videos from beginning to end, empty frames too", PERSONS["small"], 6, 240),
        "full-whole": Variant("the same of all persons, as kth1", PERSONS["full"], 6, 600),
    },
    box="track",
    usual="draws",
    kind="rendered",
    size="160 x 120, 25 fps, grey.",
)
