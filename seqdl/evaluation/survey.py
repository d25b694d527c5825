"""Every file of a dataset read through once, before anything is trained: what each holds, and what is wrong with it."""

import functools
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from seqdl.base.pool import in_groups, or_reasons
from seqdl.base.words import local, name_of, printable
from seqdl.config import Config
from seqdl.datasets.base import Dataset, Sequence
from seqdl.models import MODELS
from seqdl.stores.footage import at_rate
from seqdl.video.clock import Clock, Resampler
from seqdl.video.fingerprint import Fingerprint
from seqdl.video.reader import Reader
from seqdl.video.windows import too_short


@dataclass(frozen=True)
class FileFacts:
    """A video as it is stored.

    Parameters
    ----------
    name : str
        The file, as seen from the dataset's folder.
    sequences, labels, persons : tuple of str
        Its sequences, their classes and their persons.
    reason : str
        Why it cannot be used; empty where it can be.
    frames, seconds, rate : int, float, float
        How many, how long they are shown, and how many a second.
    used : int
        So many frames a network sees of it, at the rate of the configuration.
    width, height, turn : int, int, str
        Of the picture as a person sees it, and how it was turned for that; empty where it is stored upright.
    damaged, notes : bool, tuple of str
        Whether something of it is lost, and a sentence on each thing that is odd.
    """

    name: str = ""
    sequences: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    persons: tuple[str, ...] = ()
    reason: str = ""
    frames: int = 0
    seconds: float = 0.0
    rate: float = 0.0
    used: int = 0
    width: int = 0
    height: int = 0
    turn: str = ""
    damaged: bool = False
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Survey:
    """What was found in a dataset.

    Parameters
    ----------
    files : list of FileFacts
        In the order of the dataset; none where it is rendered.
    fingerprints : list of array
        Of the files that can be used, in the same order; see :mod:`seqdl.video.fingerprint`.
    lengths : dict of str to int
        Frames of each sequence that can be used, as a network sees it.
    left : dict of str to str
        The other sequences, and why they are left out.
    """

    files: list[FileFacts]
    fingerprints: list[np.ndarray]
    lengths: dict[str, int]
    left: dict[str, str]

    @property
    def usable(self) -> list[FileFacts]:
        """The files that can be used."""
        return [file for file in self.files if not file.reason]


def survey(dataset: Dataset, config: Config, workers: int = 1) -> Survey:
    """Read all files of a ``dataset`` through, in so many ``workers``; whatever is wrong with one ends nothing.

    The ``config`` says the rate, in which nothing may be left to the dataset
    (:func:`seqdl.datasets.choose.with_own`), the dataset's folder, and how many frames a window needs.
    """
    by_file: dict[Path, list[Sequence]] = {}
    for sequence in dataset.sequences:
        if sequence.file is not None:
            by_file.setdefault(sequence.file, []).append(sequence)
    work = functools.partial(_read_all, rate=config.video.rate)
    fingerprints, there = [], {}
    with in_groups(work, [[file] for file in by_file], workers, "check", "files") as pairs:
        for file, made in pairs:
            if isinstance(made, str):
                facts = FileFacts(reason=printable(made))
            else:
                facts, fingerprint = made
                fingerprints.append(fingerprint)
            names, labels, persons = (tuple(dict.fromkeys(told)) for told in zip(*map(_of, by_file[file])))
            name = _name(file, Path(local(config.data.data_dir)))
            there[file] = replace(facts, name=name, sequences=names, labels=labels, persons=persons)
    lengths, left = {}, {}
    least = config.convnet.frames if "convnet" in MODELS[config.model].sections else 1
    for sequence in at_rate(dataset, config.video.rate).sequences:
        held = there[sequence.file] if sequence.file else None
        length = _length(sequence, held.used if held else None)
        why = held.reason if held and held.reason else too_short(sequence.name, length, least)
        if why:
            left[sequence.name] = why
        else:
            lengths[sequence.name] = length
    return Survey(list(there.values()), fingerprints, lengths, left)


def _of(sequence: Sequence) -> tuple[str, str, str]:
    return sequence.name, ", ".join(sequence.labels), sequence.person


def _name(file: Path, folder: Path) -> str:
    return name_of(file.relative_to(folder) if file.is_relative_to(folder) else file)


def _length(sequence: Sequence, there: int | None) -> int:
    """The frames of a sequence, where its file holds so many."""
    ends = [end for end in (there, None if sequence.last is None else sequence.last + 1) if end is not None]
    return max(0, min(ends) - sequence.first)


def _read_all(files: list[Path], rate: float | str) -> list[tuple[FileFacts, np.ndarray] | str]:
    return or_reasons(functools.partial(_read, rate=rate), files, str)


def _read(file: Path, rate: float | str) -> tuple[FileFacts, np.ndarray]:
    """A file at its own rate; numbered pictures have none and are taken at the one that is wanted."""
    fingerprint = Fingerprint()
    with Reader(file, rate=rate if file.is_dir() else "stored") as reader:
        clock = Clock(reader.rate)
        for frame in reader:
            fingerprint.add(frame, reader.times[-1])
            del frame  # before the next one is made: they may be large
    used = len(reader.times)
    if rate != "stored":
        timed = ((np.empty(0), clock(seconds)) for seconds in reader.times)
        used = sum(1 for _ in Resampler(float(rate))(timed, clock))
    report = reader.report
    facts = FileFacts(
        frames=report.decoded,
        seconds=round(reader.seconds, 3),
        rate=round(reader.rate, 3),
        used=used,
        width=reader.width,
        height=reader.height,
        turn=reader.turn.words,
        damaged=report.damaged,
        notes=report.notes,
    )
    return facts, fingerprint.values()
