"""A dataset checked before anything is trained on it: can it be, what will be left out, and what to mind."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

from seqdl.base.words import some
from seqdl.config import Config
from seqdl.datasets import choose, splits
from seqdl.datasets.base import Dataset, Sequence
from seqdl.datasets.splits import Split
from seqdl.errors import SeqdlError, UsageError
from seqdl.evaluation import findings, job
from seqdl.evaluation.estimate import Estimate, estimate
from seqdl.evaluation.findings import Finding, Twins
from seqdl.evaluation.samples import Sample, samples
from seqdl.evaluation.survey import FileFacts, Survey, survey
from seqdl.model import describers
from seqdl.video.fingerprint import same


@dataclass(frozen=True)
class ClassFacts:
    """What can be used of a class.

    Parameters
    ----------
    label : str
        Its name.
    files, sequences, persons : int
        How many there are, and who acts in them.
    seconds : float
        Of its sequences.
    train, test : int
        Its sequences on the two sides of the split; 0 where there is none.
    """

    label: str
    files: int
    sequences: int
    persons: int
    seconds: float
    train: int
    test: int


@dataclass(frozen=True)
class Check:
    """What was found.

    Parameters
    ----------
    dataset, variant, data_dir, unit : str
        The dataset's name and reading, where it is, and what splits divide it by.
    rate : float or "stored"
        Frames a second that a network sees.
    findings : list of Finding
        The most important ones first.
    files, seconds, lengths, left
        The files; of each sequence that can be used its seconds, and its frames at that rate; of the others the reason.
    classes : list of ClassFacts
        In the order of the network's outputs.
    persons : dict of str to list of str
        Of each person of whom something can be used the classes without a sequence.
    twins : list of Twins
        Files that are the same video.
    split : str
        The split in a sentence; empty where none can be made.
    train, test : tuple of str
        The persons on its sides.
    cost : Estimate
        What a training costs.
    samples : list of Sample
        Sequences that were looked at more closely.
    """

    dataset: str
    variant: str
    data_dir: str
    unit: str
    rate: float | str
    findings: list[Finding]
    files: list[FileFacts]
    seconds: dict[str, float]
    lengths: dict[str, int]
    left: dict[str, str]
    classes: list[ClassFacts]
    persons: dict[str, list[str]]
    twins: list[Twins]
    split: str
    train: tuple[str, ...]
    test: tuple[str, ...]
    cost: Estimate
    samples: list[Sample]

    @property
    def trainable(self) -> bool:
        """Whether a network can be trained."""
        return all(finding.kind != "stop" for finding in self.findings)

    @property
    def whole(self) -> bool:
        """Whether it can, with all that there is."""
        return self.trainable and all(finding.kind != "lost" for finding in self.findings)


def check(config: Config, workers: int = 1) -> Check:
    """Read all files of the dataset that a ``config`` names, in so many ``workers``; tell what a training would meet.

    A SeqdlError where there is no such dataset, and a UsageError where it has no such split, or settings are refused as
    a training refuses them; whatever is wrong with the files is in the result.
    """
    dataset, split, stops = _divided(config)
    config = choose.with_own(config, dataset)
    _require_networks(config, dataset, split)  # before all else
    found = survey(dataset, config, workers)
    usable = replace(dataset, sequences=tuple(s for s in dataset.sequences if s.name in found.lengths))
    learned, tested = _sides(split, usable, stops)
    if split and learned:
        split = splits.without_left_out(split, usable)
    damaged = {name for file in found.files if file.damaged for name in file.sequences}
    looked = samples(usable, {s: n for s, n in found.lengths.items() if s not in damaged}, config, workers)
    train, test = ([found.lengths[sequence.name] for sequence in side] for side in (learned, tested))
    frames, measured = sum(found.lengths.values()), [sample.seconds for sample in looked]
    cost = estimate(config, len(dataset.classes), frames, train, test, measured, workers)
    twins = _twins(found)
    lacking = _lacking(usable)
    tries = {label for sequence in tested for label in sequence.labels}
    untested = [label for label in dataset.classes if tested and label not in tries]
    told = (
        *stops,
        *findings.of_files(found),
        *findings.of_twins(twins, dataset.unit),
        *findings.of_persons(dataset, lacking),
        *findings.of_classes(dataset, config, untested),
        *findings.of_rates(found.usable, config.video.rate),
        *findings.of_samples(looked, config.video.box),
        *findings.of_disk(cost.disk),
        *findings.of_notes(dataset, found.usable, config),
    )
    order = ("stop", "lost", "warning", "note")
    seconds = _seconds(usable, found, config.video.rate)
    return Check(
        dataset=dataset.name,
        variant=dataset.variant,
        data_dir=config.data.data_dir,
        unit=dataset.unit,
        rate=config.video.rate,
        findings=sorted(told, key=lambda finding: order.index(finding.kind)),
        files=found.files,
        seconds=seconds,
        lengths=found.lengths,
        left=found.left,
        classes=_classes(usable, seconds, learned, tested),
        persons=lacking,
        twins=twins,
        split=split.sentence if split else "",
        train=split.train if split else (),
        test=split.test if split else (),
        cost=cost,
        samples=looked,
    )


def _divided(config: Config) -> tuple[Dataset, Split | None, list[Finding]]:
    """The dataset, and its split; or why there is none."""
    dataset = choose.whole(config)
    try:
        return *choose.divide(config, dataset), []
    except UsageError:
        raise
    except SeqdlError as error:
        return dataset, None, [Finding("stop", str(error))]


def _require_networks(config: Config, dataset: Dataset, split: Split | None) -> None:
    """Refuse what a training would refuse before it prepares any video: sizes, settings, a beginning."""
    if len(dataset.classes) < 2:  # which is a finding, and no network can be made
        describers.kind(config).layers(config, 2)
    elif split:
        job.begin(config, dataset, split)
    else:
        job.new_recogniser(config, dataset)


def _sides(split: Split | None, usable: Dataset, stops: list[Finding]) -> tuple[list[Sequence], list[Sequence]]:
    """The sequences that train and test, none where the ``stops`` say why."""
    if not usable.sequences:
        stops[:] = [Finding("stop", "no sequence can be used")]
    elif split:
        try:
            return splits.sides(split, usable)
        except SeqdlError as error:
            stops.append(Finding("stop", f"with what can be used of it, {error}"))
    return [], []


def _twins(found: Survey) -> list[Twins]:
    files = found.usable
    pairs = sorted(same(found.fingerprints, [file.seconds for file in files]), key=lambda pair: pair[:2])
    made = []
    for pair in pairs:
        one, other = files[pair.one], files[pair.other]
        persons, labels = (some(one.persons), some(other.persons)), (some(one.labels), some(other.labels))
        made.append(Twins((one.name, other.name), persons, labels, pair.alike, pair.mirrored))
    return made


def _lacking(usable: Dataset) -> dict[str, list[str]]:
    there = {(sequence.person, label) for sequence in usable.sequences for label in sequence.labels}
    return {person: [label for label in usable.classes if (person, label) not in there] for person in usable.persons}


def _seconds(usable: Dataset, found: Survey, rate: float | str) -> dict[str, float]:
    """How long each sequence is; where a network sees them as stored, each by its file's rate."""
    own = {name: file.rate for file in found.files for name in file.sequences}
    rates = {s.name: own.get(s.name, usable.rate) if isinstance(rate, str) else rate for s in usable.sequences}
    return {name: round(found.lengths[name] / rates[name], 3) for name in rates}


def _classes(
    usable: Dataset, seconds: dict[str, float], learned: Iterable[Sequence], tested: Iterable[Sequence]
) -> list[ClassFacts]:
    train, test = (Counter(label for one in side for label in one.labels) for side in (learned, tested))
    made = []
    for label in usable.classes:
        own = [sequence for sequence in usable.sequences if label in sequence.labels]
        files, persons = {s.file for s in own} - {None}, {s.person for s in own}
        lasting = round(sum(seconds[s.name] for s in own), 3)
        made.append(ClassFacts(label, len(files), len(own), len(persons), lasting, train[label], test[label]))
    return made
