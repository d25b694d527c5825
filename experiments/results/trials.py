"""Networks that were trained on one dataset decide the sequences of another: nothing is trained here."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from experiments import access
from experiments.access import Material
from experiments.results.groups import Group
from seqdl import __version__, open_run
from seqdl.base import cli
from seqdl.config import Config
from seqdl.datasets import registry
from seqdl.datasets.base import Dataset
from seqdl.errors import SeqdlError
from seqdl.evaluation.evaluate import evaluate
from seqdl.runs import ledger
from seqdl.runs.folder import RunFolder
from seqdl.runs.manifest import Manifest
from seqdl.runs.result import Material as About
from seqdl.runs.result import Noted, Persons


def run(group: Group, out: Path, config: Config, seeds: Sequence[int]) -> Manifest:
    """Try every finished network of another group, in a folder such as a cross-validation's."""
    source, folder = out / f"{group.experiment.trained}-{group.recipe}", out / group.name
    networks = [path for path, result in access.finished(source).items() if result.seed in seeds]
    if not networks:
        what = f"{group.name} tries the networks of {source.name}"
        raise SeqdlError(f"{what}, and {source} holds none: run that group first")
    dataset = registry.load(config.data.dataset, config.data.data_dir, config.data.variant)
    material = access.prepare(dataset, config)
    folder.mkdir(parents=True, exist_ok=True)
    done = Manifest(folder, material.config, tuple(seeds), tuple(network.name for network in networks))
    done.write()
    for network in networks:
        target = folder / network.name
        if access.row(target) is None:
            _try(network, target, dataset, material)
            cli.say(f"{group.name}: {network.name} done")
        done.runs[network.name] = access.row(target)
    done.write()
    return done


def _try(network: Path, target: Path, dataset: Dataset, material: Material) -> None:
    """Decide the sequences and leave a run folder that says who was trained, and on whom."""
    started, run = time.monotonic(), open_run(network)
    recogniser, trained = run.recogniser, run.result
    unknown = set(dataset.classes) - set(recogniser.classes)
    if unknown:
        raise SeqdlError(f"{network} does not know {', '.join(sorted(unknown))} of {dataset.name}: try another dataset")
    access.begin(target, recogniser.config)
    found = evaluate(recogniser, material.prepared, material.sequences)
    date = ledger.note(target, recogniser.config, "other", dataset.persons, found.scores)
    notes = (*dataset.notes, *material.prepared.notes)
    sizes = len(material.sequences), material.prepared.footage
    divided = f"trained on {trained.dataset.name}, {trained.split.name}"
    result = replace(
        trained,
        version=__version__,
        dataset=About(dataset.name, dataset.variant, recogniser.classes, *sizes, notes, dataset.unit),
        protocol=f"Trained on {trained.dataset.name} ({trained.protocol}) and tried on {dataset.name}.",
        split=Persons(divided, trained.split.train_persons, dataset.persons),
        evaluated=Noted(date, "other", ledger.LEDGER),
        scores=found.scores,
        sequences=found.sequences,
        seconds=round(time.monotonic() - started, 1),
    )
    left = RunFolder(target)
    left.write_log([])  # of no pass: it was not trained here
    left.write_result(result)
