"""A finished run evaluated once more: on its own test persons, or on another dataset."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from seqdl.base.words import count, near, some
from seqdl.config import DataConfig
from seqdl.datasets import registry
from seqdl.datasets.base import Sequence
from seqdl.errors import SeqdlError, UsageError
from seqdl.evaluation import job
from seqdl.evaluation.evaluate import evaluate
from seqdl.model.recogniser import Recogniser
from seqdl.runs import ledger
from seqdl.runs.folder import RunFolder
from seqdl.runs.result import Evaluation
from seqdl.runs.shipped import FOLDER


@dataclass(frozen=True)
class Again:
    """A run's decisions on some sequences.

    Parameters
    ----------
    run, model : str
        The run folder, and its model.
    dataset, variant, unit, classes, evaluation
        What it was evaluated on and is divided by, the actions, and what came of it.
    skipped : dict of str to str
        Sequences that could not be used, and why.
    names : dict of str to str
        Classes of the dataset that count as another one of the run's.
    notes : tuple of str
        What is odd about the dataset and its videos.
    """

    run: str
    model: str
    dataset: str
    variant: str
    unit: str
    classes: tuple[str, ...]
    evaluation: Evaluation
    skipped: dict[str, str]
    names: dict[str, str]
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        dataset = {"name": self.dataset, "variant": self.variant}
        told = {"dataset": dataset, "names": self.names, "notes": list(self.notes), "skipped": self.skipped}
        return {"run": self.run, **told, **self.evaluation.to_dict()}


def evaluate_again(
    run: RunFolder,
    dataset: str = "",
    data_dir: str | None = None,
    variant: str | None = None,
    persons: str | None = None,
    workers: int = 1,
    say: job.Say = job.silent,
    person_pattern: str | None = None,
    maps: Iterable[str] = (),
) -> Again:
    """Evaluate a finished run on the persons it was tested on, or on all that it can know of another ``dataset``.

    The ``run`` notes the look in its ledger. ``data_dir``, ``variant``, ``persons`` and ``person_pattern`` are as in
    the settings of the section ``data``, the run's own where absent; ``maps`` are classes of the run and of the other
    dataset that are the same, as :func:`same_names` takes them; ``workers`` processes prepare video, as many threads
    describe it, and ``say`` is told what is left out. A SeqdlError says where a run or dataset cannot be used, or there
    is nothing to evaluate.
    """
    own, tested = run.config.data, set(run.result.split.test_persons)
    other = (dataset or own.dataset) != own.dataset or _another_folder(own, data_dir)
    if not other and not tested:
        raise SeqdlError(f"{run} was trained on everything and tests nothing: name another dataset with dataset=")
    if not other and maps:
        raise UsageError(f"maps={next(iter(maps))}: names classes of another dataset: name that with dataset=")
    before = DataConfig() if other else own
    recogniser = Recogniser.load(run, "auto" if other else "")
    recogniser.threads = workers
    found = registry.load(
        dataset or own.dataset,
        before.data_dir if data_dir is None else data_dir,
        before.variant if variant is None else variant,
        before.persons if persons is None else persons,
        before.person_pattern if person_pattern is None else person_pattern,
    )
    names = same_names(maps, recogniser.classes, found.classes)
    if names:
        found = replace(found, sequences=tuple(_renamed(sequence, names) for sequence in found.sequences))
    for note in found.notes if other else ():
        say(f"note: {note}")
    chosen, left = _divided(found.sequences, recogniser.classes, set(found.persons) if other else tested)
    if not chosen:
        raise SeqdlError(
            f"{found.name} shows none of the actions that {run} knows ({some(recogniser.classes, 12)}) but "
            f"{some(found.classes, 12)}: say which are the same with maps=RUNS=DATASETS"
            if other
            else f"{found.name} has no sequence of the run's test persons ({', '.join(sorted(tested))})"
        )
    if left:
        unknown = some(sorted({label for sequence in left for label in sequence.labels}), 12)
        why = f"show actions that the run does not know: {unknown}" if other else "are not those that the run tested"
        say(f"note: {len(left)} of {count(len(found.sequences), 'sequence')} {why}")
    known_already = _known_already(run, chosen) if other and found.name == own.dataset else []
    for note in known_already:
        say(f"note: {note}")
    odd = (*(found.notes if other else ()), *known_already)
    found = replace(found, sequences=tuple(chosen), several=recogniser.several)
    store = job.prepare(recogniser.config, found, workers, say, "the notes that --json prints")
    evaluation = evaluate(recogniser, store, store.usable(found))
    kind = "other" if other else "inner" if own.inner else "test"
    if run.path != FOLDER:  # the package stays as it was installed
        ledger.note(run.path, run.config, kind, found.persons, evaluation.scores)
    about = run.config.model, found.name, found.variant, found.unit
    return Again(str(run), *about, recogniser.classes, evaluation, store.skipped, names, (*odd, *store.notes))


def same_names(maps: Iterable[str], known: Collection[str], there: Collection[str]) -> dict[str, str]:
    """For each class of a dataset that a run calls otherwise the run's name of it.

    ``maps`` are texts such as ``walking=walk``, of a class that the run knows, one of ``known``, and a class of the
    dataset, one of those ``there``; where it can only be meant so, they may stand the other way round. Several classes
    may be one of the run's. A UsageError names a text of another form, with an unknown class, or one that says
    something else than another.

    Examples
    --------
    >>> same_names(["walking=walk", "jump=walking"], ["walking", "running"], ["walk", "jump", "bend"])
    {'walk': 'walking', 'jump': 'walking'}
    """
    found: dict[str, str] = {}
    for text in maps:
        ours, equals, theirs = (part.strip() for part in text.partition("="))
        if not (ours and equals and theirs):
            raise UsageError(f"maps={text}: write a class of the run and one of the dataset, such as walking=walk")
        if (ours not in known or theirs not in there) and theirs in known and ours in there:
            ours, theirs = theirs, ours
        if ours not in known:
            raise UsageError(f"maps={text}: the run knows no {ours}{near(ours, known)}")
        if theirs not in there:
            raise UsageError(f"maps={text}: the dataset has no {theirs}{near(theirs, there)}")
        if found.setdefault(theirs, ours) != ours:
            raise UsageError(f"maps={text}: {theirs} is {found[theirs]} already; map it once")
    return found


def _renamed(sequence: Sequence, names: Mapping[str, str]) -> Sequence:
    """A sequence whose labels are called as the run calls them."""
    first, *others = dict.fromkeys(names.get(label, label) for label in sequence.labels)
    return replace(sequence, label=first, also=tuple(others))


def _divided(
    sequences: Iterable[Sequence], known: Collection[str], persons: Collection[str]
) -> tuple[list[Sequence], list[Sequence]]:
    """Of some persons' sequences those that show something known, with such labels alone; and all others."""
    chosen, left = list[Sequence](), list[Sequence]()
    for sequence in sequences:
        labels = [label for label in sequence.labels if label in known]
        if labels and sequence.person in persons:
            chosen.append(replace(sequence, label=labels[0], also=tuple(labels[1:])))
        else:
            left.append(sequence)
    return chosen, left


def _known_already(run: RunFolder, sequences: list[Sequence]) -> list[str]:
    """A note where other videos of one's own show whom the run learned from, or are the same files."""
    unit, trained = run.result.dataset.unit, run.result.split.train_persons
    if unit == "video":
        files = {Path(run.config.data.data_dir, name).resolve() for name in trained}
        seen = [sequence.name for sequence in sequences if sequence.file and sequence.file.resolve() in files]
    else:
        seen = [sequence.name for sequence in sequences if sequence.person in trained]
    share = f"{len(seen)} of {count(len(sequences), 'sequence')}"
    return [f"{share} are of {unit}s that the run learned from, and no unseen ones."] if seen else []


def _another_folder(data: DataConfig, data_dir: str | None) -> bool:
    """Whether other videos of one's own are meant; a set with known persons may just have moved."""
    if data_dir is None or not registry.find(data.dataset).own_videos:
        return False
    return Path(data_dir).resolve() != Path(data.data_dir).resolve()
