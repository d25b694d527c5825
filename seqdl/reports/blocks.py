"""What a report says, before it is a page: blocks in their order, which each renderer shows in its own way.

A block holds words or data and no markup. :mod:`seqdl.reports.markdown` and :mod:`seqdl.reports.html` take all of them;
what a page in Markdown cannot show is shown by the other alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from seqdl.reports.tables import Table
from seqdl.runs.result import Decided, Epoch, Evaluation, Result, Score, pooled

WAY = {"lstm": "LSTM", "voting": "voting"}
"""What the ways that decide sequences are called in a sentence."""


@dataclass(frozen=True)
class Heading:
    """The title of the page, of ``level`` 1, or of a section.

    Parameters
    ----------
    text, level
        What it says, and how deep it stands.
    """

    text: str
    level: int = 2


@dataclass(frozen=True)
class Sentence:
    """A paragraph; what stands between backticks is to be typed.

    Parameters
    ----------
    text : str
        What it says.
    """

    text: str


@dataclass(frozen=True)
class Items:
    """A list.

    Parameters
    ----------
    texts : sequence of str
        Its lines.
    """

    texts: Sequence[str]


@dataclass(frozen=True)
class Note:
    """What is missing from the page, and what to do about it.

    Parameters
    ----------
    text : str
        As in a :class:`Sentence`.
    """

    text: str


@dataclass(frozen=True)
class Grid:
    """A table.

    Parameters
    ----------
    title, table
        What it is of, for who hears it; and its cells.
    """

    title: str
    table: Table


@dataclass(frozen=True)
class Picture:
    """What is drawn.

    Parameters
    ----------
    name, alt : str
        Of its file, where it has one; and what it shows.
    """

    name: str
    alt: str


@dataclass(frozen=True)
class Curves(Picture):
    """How networks learned.

    Parameters
    ----------
    result, logs
        A run with these stages, and the passes of each run.
    """

    result: Result
    logs: Sequence[Sequence[Epoch]]


@dataclass(frozen=True)
class Decisions(Picture):
    """What was decided on some sequences: how often each class was taken for each.

    Parameters
    ----------
    model, classes
        The model, and the actions in the order of the outputs.
    evaluations : dict of str to Evaluation
        By run; a run alone has the empty name.
    """

    model: str
    classes: tuple[str, ...]
    evaluations: Mapping[str, Evaluation]

    @property
    def pooled(self) -> dict[str, Score]:
        """The decisions of all runs counted together, by the ways that decide sequences, the LSTM's first."""
        evaluations = list(self.evaluations.values())
        return {way: pooled(evaluations, way) for way in sorted(evaluations[0].deciding)}

    def caption(self, way: str) -> str:
        """What stands above a way's matrix."""
        return f"{WAY[way][0].upper()}{WAY[way][1:]}; rows are the truth, columns the decisions:"


@dataclass(frozen=True)
class Film:
    """A sequence as the network saw it, thinned out.

    Parameters
    ----------
    frames : array of uint8, (n, rows, columns)
        Every so many of its frames.
    length, rate : int, float
        How many frames it has, and how many of those that are shown there are in a second.
    times : tuple of int
        In which frame the window of each step of the sequence's timeline has its middle.
    """

    frames: np.ndarray
    length: int
    rate: float
    times: tuple[int, ...]


@dataclass(frozen=True)
class Timelines(Picture):
    """What the LSTM says at each step of some test sequences.

    Parameters
    ----------
    model, classes
        As for :class:`Decisions`.
    sequences : sequence of Decided
        All of them; a renderer takes as many as it has space for.
    films : dict of str to Film
        Moving pictures of some of them, by name.
    """

    model: str
    classes: tuple[str, ...]
    sequences: Sequence[Decided]
    films: Mapping[str, Film] = field(default_factory=dict)


@dataclass(frozen=True)
class Kernels:
    """The kernels of C1; on a page in HTML alone.

    Parameters
    ----------
    weights : array, (maps, frames, rows, columns)
        Them.
    """

    weights: np.ndarray


@dataclass(frozen=True)
class Maps:
    """What C1 makes of a window of some sequences; on a page in HTML alone.

    Parameters
    ----------
    rows : dict of str to (array, array)
        By the sequence's class the network's input in the middle of the window, (rows, columns), and the middle frame
        of each map, (maps, rows, columns).
    """

    rows: Mapping[str, tuple[np.ndarray, np.ndarray]]


Block = Heading | Sentence | Items | Note | Grid | Picture | Kernels | Maps
