"""A finished run evaluated once more: on its own test persons, or on another dataset."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from seqdl.config import DataConfig
from seqdl.datasets import registry
from seqdl.errors import SeqdlError
from seqdl.evaluation import job
from seqdl.evaluation.evaluate import evaluate
from seqdl.model.recogniser import Recogniser
from seqdl.runs import ledger
from seqdl.runs.folder import RunFolder
from seqdl.runs.result import Evaluation


@dataclass(frozen=True)
class Again:
    """A run's decisions on some sequences.

    Parameters
    ----------
    run, model : str
        The run folder, and its model.
    dataset, variant, classes, evaluation
        What it was evaluated on, the actions, and what came of it.
    skipped : dict of str to str
        Sequences that could not be used, and why.
    """

    run: str
    model: str
    dataset: str
    variant: str
    classes: tuple[str, ...]
    evaluation: Evaluation
    skipped: dict[str, str]

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        dataset = {"name": self.dataset, "variant": self.variant}
        return {"run": self.run, "dataset": dataset, "skipped": self.skipped, **self.evaluation.to_dict()}


def evaluate_again(
    run: RunFolder,
    dataset: str = "",
    data_dir: str | None = None,
    variant: str | None = None,
    persons: str | None = None,
    workers: int = 1,
    say: job.Say = job.silent,
) -> Again:
    """Evaluate a finished run on the persons it was tested on, or on all that it can know of another ``dataset``.

    The ``run`` notes the look in its ledger. ``data_dir``, ``variant`` and ``persons`` are as in the settings of the
    section ``data``, the run's own where absent; ``workers`` processes prepare video, and ``say`` is told what is left
    out. A SeqdlError says where a run or dataset cannot be used, or there is nothing to evaluate.
    """
    own, tested = run.config.data, set(run.result.split.test_persons)
    other = (dataset or own.dataset) != own.dataset or _another_folder(own, data_dir)
    before = DataConfig() if other else own
    recogniser = Recogniser.load(run, "auto" if other else "")
    found = registry.load(
        dataset or own.dataset,
        before.data_dir if data_dir is None else data_dir,
        before.variant if variant is None else variant,
        before.persons if persons is None else persons,
    )
    for note in found.notes if other else ():
        say(f"note: {note}")
    chosen = [s for s in found.sequences if s.label in recogniser.classes and (other or s.person in tested)]
    if not chosen:
        raise SeqdlError(
            f"{found.name} shows none of the actions that {run} knows ({', '.join(recogniser.classes)})"
            if other
            else f"{found.name} has no sequence of the run's test persons ({', '.join(sorted(tested))})"
        )
    left = len(found.sequences) - len(chosen)
    if left:
        why = "show actions that the run does not know" if other else "are not of the run's test persons"
        say(f"note: {left} of {len(found.sequences)} sequences {why}")
    found = replace(found, sequences=tuple(chosen))
    store = job.prepare(recogniser.config, found, workers, say)
    evaluation = evaluate(recogniser, store, store.usable(found))
    kind = "other" if other else "inner" if own.inner else "test"
    ledger.note(run.path, run.config, kind, found.persons, evaluation.scores)
    names = run.config.model, found.name, found.variant
    return Again(str(run), *names, recogniser.classes, evaluation, store.skipped)


def _another_folder(data: DataConfig, data_dir: str | None) -> bool:
    """Whether other videos of one's own are meant; a set with known persons may just have moved."""
    if data_dir is None or not registry.find(data.dataset).own_videos:
        return False
    return Path(data_dir).resolve() != Path(data.data_dir).resolve()
