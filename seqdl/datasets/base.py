"""What a dataset is: sequences with a label and a person; and the record that says everything else about one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from seqdl.config import Box
from seqdl.errors import UsageError

if TYPE_CHECKING:
    import numpy as np

Unit = Literal["person", "sequence", "group", "video"]
SHARED = ("name", "box", "unit", "fixed_test", "rate", "several")
"""What a dataset has of its record, where its loader does not say otherwise."""


@dataclass(frozen=True)
class Sequence:
    """One labelled stretch of one video.

    Parameters
    ----------
    name : str
        Unique in its dataset, such as ``person01_boxing_d1#2``.
    file : Path or None
        The video file; None for a sequence that the dataset renders itself.
    label, person : str
        The action, one of the dataset's classes, and who acts: splits never put one person on both sides.
    first, last : int
        First and last frame, inclusive, counted from 0; a last of None is the end of the video.
    extra : mapping of str to str
        Whatever else a split or a report may need (scenario, camera, take).
    also : tuple of str
        Further actions that it shows, in the order of the classes, all behind ``label``; of datasets that have several.
    """

    name: str
    file: Path | None
    label: str
    person: str
    first: int = 0
    last: int | None = None
    extra: Mapping[str, str] = field(default_factory=dict)
    also: tuple[str, ...] = ()

    @property
    def labels(self) -> tuple[str, ...]:
        """All actions that it shows."""
        return (self.label, *self.also)


@dataclass(frozen=True)
class Division:
    """A published split; whoever neither trains nor tests takes no part.

    Parameters
    ----------
    train, test : frozenset of str
        The persons who train and who test, there or not.
    sentence : str
        The split in words.
    """

    train: frozenset[str]
    test: frozenset[str]
    sentence: str


@dataclass(frozen=True)
class Dataset:
    """A named set of sequences.

    Parameters
    ----------
    name, variant : str
        As on the command line, and which reading of the dataset.
    classes, sequences : tuple of str, tuple of Sequence
        The actions, in the order of the network's outputs, and all sequences, in a fixed order.
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
        The test persons of the split that comes with the dataset; empty where none does.
    unit : {"person", "sequence", "group", "video"}
        What splits divide by and ``Sequence.person`` names: a person, a recording of several people, a group of clips
        that look alike, or a video where nobody knows who acts in it.
    rate : float
        Frames a second by which first and last frames of sequences are counted, and that a network sees by default.
    divided : str
        That split in a sentence, where the dataset's own folders are its parts; it is then the usual one.
    divisions : mapping of str to tuple of Division, or to str
        The splits of protocols that come with the dataset, by the protocol's name; a text where they cannot be had
        from what is in the folder: why, and what to do.
    usual : str
        The protocol where none is named; empty for ``fixed`` where the folders are divided, else ``draws``.
    several : bool
        Whether a sequence may show several of the classes: networks then learn with logistic outputs.
    """

    name: str
    variant: str
    classes: tuple[str, ...]
    sequences: tuple[Sequence, ...]
    box: Box
    notes: tuple[str, ...] = ()
    render: Callable[[Sequence], Iterator[np.ndarray]] | None = None
    source: str = ""
    fixed_test: tuple[str, ...] = ()
    unit: Unit = "person"
    rate: float = 25.0
    divided: str = ""
    divisions: Mapping[str, tuple[Division, ...] | str] = field(default_factory=dict)
    usual: str = ""
    several: bool = False

    @property
    def persons(self) -> tuple[str, ...]:
        """The persons, sorted."""
        return tuple(sorted({sequence.person for sequence in self.sequences}))

    @property
    def protocol(self) -> str:
        """The protocol where none is named."""
        return self.usual or ("fixed" if self.divided else "draws")


@dataclass(frozen=True)
class Variant:
    """One reading of a dataset, and how much the complete set has of it: 0 for whatever is there.

    Parameters
    ----------
    about : str
        What it reads.
    persons, classes, sequences : int
        Of the complete set; persons are recordings or groups where the dataset is divided by these.
    """

    about: str
    persons: int = 0
    classes: int = 0
    sequences: int = 0


@dataclass(frozen=True)
class DatasetRecord:
    """Everything that the commands, the help texts and data/README.md know of a dataset.

    Facts end with how sure they are: ``(seen)`` on real files, ``(source)`` in a public source, or ``(memory)``.

    Parameters
    ----------
    name, title, about : str
        As in ``data.dataset``, its name for people, and what it is, in a line.
    load : callable
        Its loader: ``load(variant=)`` of a rendered dataset, ``load(folder=, variant=)`` of a published one,
        ``load(folder=, variant=, persons=)`` of videos of one's own.
    variants : mapping of str to Variant
        Its readings by name, the default first.
    box, usual : str
        Its rule for the person-centred box, and the protocol that most publications use.
    rate : float
        Frames a second of its videos; others are resampled to it.
    kind : {"published", "own", "rendered"}
        Who has the videos: their authors, the user, nobody.
    unit, fixed_test : str, tuple of str
        As a :class:`Dataset` has them.
    given : tuple of str
        The protocols whose splits come with it, in the list files of its folder or by rule.
    by_default : bool
        Whether the usual protocol is that of a run that names none.
    source, terms, cite, size : str
        Where it is published, under which terms, by which paper, and of which size its videos are.
    layout, checked : str
        How its folder must look, and what of that is checked, in a sentence.
    cut_short : tuple of str
        Videos of the published copy that end before they should.
    obtain : callable, optional
        Has its folder complete: see :func:`seqdl.datasets.kth.archives.obtain`; None where nobody but the user can.
    of_the_paper, several : bool
        Whether the paper's results are on it; whether a sequence may show several classes.
    """

    name: str
    title: str
    about: str
    load: Callable[..., Dataset]
    variants: Mapping[str, Variant]
    box: Box
    usual: str
    rate: float = 25.0
    kind: Literal["published", "own", "rendered"] = "published"
    unit: Unit = "person"
    fixed_test: tuple[str, ...] = ()
    given: tuple[str, ...] = ()
    by_default: bool = False
    source: str = ""
    terms: str = ""
    cite: str = ""
    size: str = ""
    layout: str = ""
    checked: str = ""
    cut_short: tuple[str, ...] = ()
    obtain: Callable[..., None] | None = None
    of_the_paper: bool = False
    several: bool = False

    @property
    def own_videos(self) -> bool:
        """Whether its videos are the user's, so that another folder holds another dataset."""
        return self.kind == "own"

    @property
    def protocols(self) -> tuple[str, ...]:
        """The protocols that suit it, the usual one first."""
        own = ("leave-one-video-out",) * self.own_videos + ("fixed",) * (self.own_videos or bool(self.fixed_test))
        known = (*self.given, "draws", f"leave-one-{self.unit}-out", *own, "all", "file:PATH")
        return (self.usual, *(name for name in known if name != self.usual))

    @property
    def whereabouts(self) -> str:
        """Where its videos are, as the end of a sentence."""
        return {
            "published": f"is published at {self.source}: see data/README.md",
            "own": "is your own videos: say where with data.data_dir",
            "rendered": "is rendered on this machine and needs nothing",
        }[self.kind]

    def variant(self, name: str) -> str:
        """The variant of a name, the default of the empty one; a UsageError for one that the dataset does not have."""
        if name and name not in self.variants:
            raise UsageError(f"dataset {self.name} has no variant {name}; known: {', '.join(self.variants)}")
        return name or next(iter(self.variants))

    def dataset(self, variant: str, classes: tuple[str, ...], sequences: tuple[Sequence, ...], **more: Any) -> Dataset:
        """The dataset that a loader has found; what it does not give, such as the box, is the record's."""
        own: dict[str, Any] = {name: getattr(self, name) for name in SHARED}
        own["usual"] = self.usual if self.by_default else ""
        return Dataset(variant=variant, classes=classes, sequences=sequences, **{**own, **more})

    def to_dict(self) -> dict[str, Any]:
        """All of it that is text or numbers, for JSON."""
        plain = {f.name: getattr(self, f.name) for f in fields(self) if f.name not in ("load", "obtain")}
        variants = {name: vars(variant) for name, variant in self.variants.items()}
        return plain | {"variants": variants, "protocols": self.protocols, "download": self.obtain is not None}
