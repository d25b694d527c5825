"""Networks that were trained on one dataset decide the sequences of another: nothing is trained here."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from groups import Group
from seqdl.evaluation.run import usable, with_box

from seqdl import __version__
from seqdl.base import files
from seqdl.config import Config, to_dict
from seqdl.datasets import registry
from seqdl.datasets.base import Dataset
from seqdl.errors import SeqdlError
from seqdl.evaluation import summary
from seqdl.evaluation.crossval import MANIFEST
from seqdl.evaluation.evaluate import evaluate
from seqdl.model.recogniser import Recogniser
from seqdl.runs import folder as run_folder
from seqdl.runs import ledger
from seqdl.stores import frames as store
from seqdl.stores.frames import FrameStore


def run(group: Group, out: Path, config: Config, seeds: Sequence[int]) -> dict[str, Any]:
    """Try every finished network of another group; the content of crossval.json, as a cross-validation writes it."""
    source, folder = out / f"{group.experiment.trained}-{group.recipe}", out / group.name
    networks = [path.parent for path in sorted(source.glob("*/result.json"))]
    networks = [path for path in networks if files.read_json(path / "result.json")["seed"] in seeds]
    if not networks:
        raise SeqdlError(
            f"{group.name} tries the networks of {source.name}, and {source} holds none: run that group first"
        )
    dataset = registry.load(config.data.dataset, config.data.data_dir, config.data.variant)
    config = with_box(config, dataset)
    record: dict[str, Any] = {
        "config": to_dict(config),
        "seeds": list(seeds),
        "protocol": f"networks of {source.name}",
        "draws": [network.name for network in networks],
        "complete": False,
        "failed": {},
        "runs": {},
    }
    folder.mkdir(parents=True, exist_ok=True)
    files.write_json(folder / MANIFEST, record)
    prepared = store.prepare(dataset, config)
    for network in networks:
        target = folder / network.name
        if not (target / "result.json").is_file():
            _try(network, target, dataset, prepared)
            print(f"{group.name}: {network.name} done", file=sys.stderr, flush=True)
        content = (files.read_json(target / f"{name}.json") for name in ("config", "result"))
        record["runs"][network.name] = summary.row(*content)
    record["complete"] = True
    files.write_json(folder / MANIFEST, record)
    return record


def _try(network: Path, target: Path, dataset: Dataset, prepared: FrameStore) -> None:
    """Decide the sequences and leave a run folder that says who was trained, and on whom."""
    started = time.monotonic()
    recogniser = Recogniser.load(network)
    trained = files.read_json(network / "result.json")
    unknown = set(dataset.classes) - set(recogniser.classes)
    if unknown:
        raise SeqdlError(f"{network} does not know {', '.join(sorted(unknown))} of {dataset.name}: try another dataset")
    sequences = usable(dataset, prepared)
    config = recogniser.config
    target.mkdir(exist_ok=True)
    files.write_json(target / "config.json", to_dict(config))
    files.write_json(target / "env.json", run_folder.environment())
    scores = evaluate(recogniser, prepared, sequences)
    date = ledger.note(target, config, "other", dataset.persons, scores)
    about = {
        "name": dataset.name,
        "variant": dataset.variant,
        "unit": dataset.unit,
        "classes": list(recogniser.classes),
        "sequences": len(sequences),
        "frames": sum(length for _, length in prepared.spans.values()),
        "notes": [*dataset.notes, *prepared.notes],
    }
    split = {
        "name": f"trained on {trained['dataset']['name']}, {trained['split']['name']}",
        "train_persons": trained["split"]["train_persons"],
        "test_persons": list(dataset.persons),
        "held_back": [],
    }
    result = {
        "version": __version__,
        "seed": config.seed,
        "dataset": about,
        "protocol": f"Trained on {trained['dataset']['name']} ({trained['protocol']}) and tried on {dataset.name}.",
        "split": split,
        "evaluated": {"date": date, "kind": "other", "ledger": ledger.NAME},
        **{stage: trained[stage] for stage in ("convnet", "lstm_training") if stage in trained},
        **scores,
        "seconds": round(time.monotonic() - started, 1),
    }
    files.write_json(target / "result.json", result)
