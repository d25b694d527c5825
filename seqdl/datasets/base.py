"""What a dataset is: sequences with a label and a person, and nothing that a split does not need."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np


@dataclass(frozen=True)
class Sequence:
    """One labelled stretch of one video.

    Parameters
    ----------
    name : str
        Unique in its dataset, such as ``person01_boxing_d1#2``.
    file : Path or None
        The video file; None for a sequence that the dataset renders itself.
    label : str
        The action, one of the dataset's classes.
    person : str
        Who acts: splits never put one person on both sides.
    first : int
        First frame, counted from 0.
    last : int or None
        Last frame, inclusive, counted from 0; None for the end of the video.
    extra : mapping of str to str
        Whatever else a split or a report may need (scenario, camera, take).
    """

    name: str
    file: Path | None
    label: str
    person: str
    first: int = 0
    last: int | None = None
    extra: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Dataset:
    """A named set of sequences.

    Parameters
    ----------
    name : str
        As on the command line.
    variant : str
        Which reading of the dataset; empty where there is but one.
    classes : tuple of str
        The actions, in the order of the network's outputs.
    sequences : tuple of Sequence
        All of them, in a fixed order.
    box : {"track", "person", "centre", "whole"}
        The rule for the person-centred box (see :class:`seqdl.config.VideoConfig`).
    notes : tuple of str
        What is missing or odd about the set, a sentence each, said once to the user.
    render : callable, optional
        ``render(sequence)`` iterates the sequence's grey frames (uint8, height x width); for datasets without files.
        Label, person and extra say which video, first and last which of its frames.
    source : str
        What made the rendered frames (all settings and a version), so that prepared sequences can be told apart.
    fixed_test : tuple of str
        The test persons of the split printed with the dataset; empty where none is.
    unit : {"person", "sequence"}
        What splits divide by and ``Sequence.person`` names: a person, or a recording of several people.
    """

    name: str
    variant: str
    classes: tuple[str, ...]
    sequences: tuple[Sequence, ...]
    box: Literal["track", "person", "centre", "whole"]
    notes: tuple[str, ...] = ()
    render: Callable[[Sequence], Iterator[np.ndarray]] | None = None
    source: str = ""
    fixed_test: tuple[str, ...] = ()
    unit: Literal["person", "sequence"] = "person"

    @property
    def persons(self) -> tuple[str, ...]:
        """The persons, sorted."""
        return tuple(sorted({sequence.person for sequence in self.sequences}))
