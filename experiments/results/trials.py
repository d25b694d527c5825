"""Networks that were trained on one dataset decide the sequences of another: nothing is trained here."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from experiments import access
from experiments.access import Material
from experiments.results.groups import Group
from seqdl import __version__
from seqdl.base import files
from seqdl.config import Config, to_dict
from seqdl.datasets import registry
from seqdl.datasets.base import Dataset
from seqdl.errors import SeqdlError


def run(group: Group, out: Path, config: Config, seeds: Sequence[int]) -> dict[str, Any]:
    """Try every finished network of another group; the content of crossval.json, as a cross-validation writes it."""
    source, folder = out / f"{group.experiment.trained}-{group.recipe}", out / group.name
    networks = {path: result for path, result in access.finished(source).items() if result["seed"] in seeds}
    if not networks:
        raise SeqdlError(
            f"{group.name} tries the networks of {source.name}, and {source} holds none: run that group first"
        )
    dataset = registry.load(config.data.dataset, config.data.data_dir, config.data.variant)
    material = access.prepare(dataset, config)
    record: dict[str, Any] = {
        "config": to_dict(material.config),
        "seeds": list(seeds),
        "protocol": f"networks of {source.name}",
        "draws": [network.name for network in networks],
        "complete": False,
        "failed": {},
        "runs": {},
    }
    folder.mkdir(parents=True, exist_ok=True)
    access.write_manifest(folder, record)
    for network, trained in networks.items():
        target = folder / network.name
        if access.row(target) is None:
            _try(network, trained, target, dataset, material)
            access.say(f"{group.name}: {network.name} done")
        record["runs"][network.name] = access.row(target)
    record["complete"] = True
    access.write_manifest(folder, record)
    return record


def _try(network: Path, trained: Any, target: Path, dataset: Dataset, material: Material) -> None:
    """Decide the sequences and leave a run folder that says who was trained, and on whom."""
    started = time.monotonic()
    recogniser = access.recogniser(network)
    unknown = set(dataset.classes) - set(recogniser.classes)
    if unknown:
        raise SeqdlError(f"{network} does not know {', '.join(sorted(unknown))} of {dataset.name}: try another dataset")
    config, split = recogniser.config, trained["split"]
    target.mkdir(exist_ok=True)
    files.write_json(target / "config.json", to_dict(config))
    files.write_json(target / "env.json", access.environment())
    scores = access.evaluate(recogniser, material)
    result = {
        "version": __version__,
        "seed": config.seed,
        "dataset": {
            "name": dataset.name,
            "variant": dataset.variant,
            "unit": dataset.unit,
            "classes": list(recogniser.classes),
            "sequences": len(material.sequences),
            "frames": material.prepared.footage,
            "notes": [*dataset.notes, *material.prepared.notes],
        },
        "protocol": f"Trained on {trained['dataset']['name']} ({trained['protocol']}) and tried on {dataset.name}.",
        "split": {
            "name": f"trained on {trained['dataset']['name']}, {split['name']}",
            "train_persons": split["train_persons"],
            "test_persons": list(dataset.persons),
            "held_back": [],
        },
        "evaluated": access.note(target, config, "other", dataset.persons, scores),
        **{stage: trained[stage] for stage in ("convnet", "lstm_training") if stage in trained},
        **scores,
        "seconds": round(time.monotonic() - started, 1),
    }
    files.write_json(target / "result.json", result)
