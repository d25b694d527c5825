"""What to mind in a dataset before training on it, each with what to do about it."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from seqdl.base import cache
from seqdl.base.words import count, some
from seqdl.config import Config
from seqdl.datasets import download, folder, mirrored, persons
from seqdl.datasets.base import Dataset
from seqdl.errors import SeqdlError
from seqdl.evaluation.samples import Sample
from seqdl.evaluation.survey import FileFacts, Survey

SLOW = 0.98
"""A rate below this share of what a network sees is made up for by repeated frames."""
SAID = 3
"""So many reasons are given."""
SEEN = 0.1
"""In a smaller share of the frames hardly anybody is found."""


@dataclass(frozen=True)
class Finding:
    """Something to know.

    Parameters
    ----------
    kind : {"stop", "lost", "warning", "note"}
        No network can be trained so; some of the video is lost; mind this; only to be known.
    text, remedy : str
        What it is, and what to do about it, perhaps nothing.
    names : tuple of str
        All that it is about, where the text has the first of many.
    """

    kind: str
    text: str
    remedy: str = ""
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Twins:
    """Two files that are one and the same video.

    Parameters
    ----------
    files, persons, labels : tuple of str
        The two, and whose and of which class they are.
    alike, mirrored : float, bool
        The correlation of their fingerprints, and whether one is the other's mirror image.
    """

    files: tuple[str, str]
    persons: tuple[str, str]
    labels: tuple[str, str]
    alike: float
    mirrored: bool

    def __str__(self) -> str:
        """Both, with what differs."""
        shown = []
        for k, file in enumerate(self.files):
            differing = [two[k] for two in (self.persons, self.labels) if two[0] != two[1] and two[k] != file]
            shown.append(f"{file} ({', '.join(differing)})" if differing else file)
        return " = ".join(shown) + " mirrored" * self.mirrored


def of_files(found: Survey) -> Iterator[Finding]:
    """What is lost: sequences that are left out, and files that are damaged."""
    if found.left:
        reasons = [why.removesuffix(": leave it out") for why in dict.fromkeys(found.left.values())]
        text = f"{len(found.left)} of {count(len(found.left) + len(found.lengths), 'sequence')} will be left out: "
        text += "; ".join(reasons[:SAID]) + (f"; and {len(reasons) - SAID} more" if len(reasons) > SAID else "")
        yield Finding("lost", text, "put them right, or take them away", tuple(found.left))
    damaged = [file for file in found.usable if file.damaged and not found.left.keys() >= set(file.sequences)]
    if damaged:
        told = [f"{file.name} ({'; '.join(file.notes)})" for file in damaged]
        text = f"{count(len(damaged), 'file is', 'files are')} damaged, and used as far as possible: {some(told, 2)}"
        yield Finding("lost", text, "fetch or copy them again", tuple(file.name for file in damaged))


def of_twins(twins: Sequence[Twins], unit: str) -> Iterator[Finding]:
    """The same video under two persons, or in two classes of one; of one class it is only told."""
    across = [pair for pair in twins if pair.persons[0] != pair.persons[1]]
    labels = [pair for pair in twins if pair not in across and pair.labels[0] != pair.labels[1]]
    within = [pair for pair in twins if pair not in across and pair not in labels]
    one = "person" if unit == "video" else unit
    leak = f"what trains would also test: keep one of each, or say that it is one {one}"
    kinds = (
        ("warning", across, "" if unit == "video" else f" of two {unit}s", leak),
        ("warning", labels, " in two classes", "keep it in the right one"),
        ("note", within, f" of one {unit} and class", ""),
    )
    for kind, pairs, what, remedy in kinds:
        if pairs:
            text = f"{count(len(pairs), 'pair')} of files{what} {'is' if len(pairs) == 1 else 'are'} the same video: "
            names = tuple(" = ".join(pair.files) for pair in pairs)
            yield Finding(kind, text + some(map(str, pairs)), remedy, names)


def of_persons(dataset: Dataset, lacking: Mapping[str, Sequence[str]]) -> Iterator[Finding]:
    """Nobody knows who acts where; a class has one person alone."""
    alone = [note for note in dataset.notes if folder.ALONE in note]
    for note in alone:
        remedy = f"write {persons.PERSONS} (columns file,person), or give data.person_pattern, such as '{{person}}_*'"
        yield Finding("warning", note, remedy)
    acted = Counter(label for labels in lacking.values() for label in set(dataset.classes) - set(labels))
    single = [label for label in dataset.classes if acted[label] == 1]
    if single and not alone:
        text = f"{count(len(single), 'class is', 'classes are')} of one {dataset.unit} alone: {some(single)}"
        remedy = f"add videos of another {dataset.unit}: nobody can train a class and test it"
        yield Finding("warning", text, remedy, tuple(single))


def of_classes(dataset: Dataset, config: Config, untested: Sequence[str]) -> Iterator[Finding]:
    """Classes of a ``dataset`` that a mirror exchanges where ``config`` learns from one, and the ``untested`` ones."""
    if warning := mirrored.warning(dataset.classes, config):
        text, _, remedy = warning.partition(": ")
        yield Finding("warning", text, remedy.rstrip("."))
    if untested:
        text = f"this split tests nothing of {some(untested)}, of which nothing will be said"
        yield Finding("warning", text, "choose another split with data.draw or data.protocol", tuple(untested))


def of_rates(files: Iterable[FileFacts], rate: float | str) -> Iterator[Finding]:
    """Files with fewer frames a second than a network sees."""
    slow = [file for file in files if not isinstance(rate, str) and file.rate < SLOW * rate]
    if slow:
        slowest = min(file.rate for file in slow)
        text = f"{count(len(slow), 'file has', 'files have')} fewer than {rate:g} frames a second: some are repeated"
        names = tuple(file.name for file in slow)
        yield Finding("warning", f"{text} ({some(names)})", f"train with --set video.rate={slowest:.4g}", names)


def of_samples(looked: Sequence[Sample], box: str) -> Iterator[Finding]:
    """Sequences that were looked at and in which hardly anybody is found."""
    empty = tuple(sample.name for sample in looked if sample.share < SEEN)
    if empty:
        text = f"hardly anybody is found in {len(empty)} of {count(len(looked), 'sequence')} looked at: {some(empty)}"
        remedy = f"look at the picture; the box is video.box = {box}, of track, person, centre and whole"
        yield Finding("warning", text, remedy, empty)


def of_disk(need: int) -> Iterator[Finding]:
    """Too little space for prepared video."""
    try:
        download.check_space(cache.folder(), need)
    except SeqdlError as error:
        yield Finding("warning", str(error))


def of_notes(dataset: Dataset, files: Iterable[FileFacts], config: Config) -> Iterator[Finding]:
    """What a ``dataset`` says of itself, with a ``config``, and what is odd about its ``files`` without being wrong."""
    said = mirrored.warning(dataset.classes, config)
    for note in dataset.notes:
        if note != said and folder.ALONE not in note:
            yield Finding("note", note.rstrip("."))
    odd = [file for file in files if file.notes and not file.damaged]
    if odd:
        told = [f"{file.name} ({'; '.join(file.notes)})" for file in odd]
        yield Finding("note", f"odd but all right: {some(told, 2)}", names=tuple(file.name for file in odd))
