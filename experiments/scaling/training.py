"""One measured training in a process of its own: seconds and units of each stage, and peak memory.

It is ``seqdl train`` itself, from listing the videos to the report; its stages are wrapped by a stopwatch. Seconds are
those that the processor worked for this process, so that others on the machine count as little as may be.
"""

import os
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import seqdl
from experiments import script
from experiments.scaling import data
from seqdl.base import cli
from seqdl.config import load
from seqdl.evaluation import job
from seqdl.reports import page
from seqdl.runs.result import Result
from seqdl.training import loop, stages

MEGABYTE = 1024.0**2


class Stopwatch:
    """Seconds of the processor by stage; of nested stages each has its own."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self.memory: dict[str, float] = {}
        self.values: dict[str, Any] = {}
        self.open = ["rest"]
        self.since = time.process_time()

    def turn(self) -> None:
        """Give the seconds since the last turn to the stage that is open."""
        before, self.since = self.since, time.process_time()
        self.seconds[self.open[-1]] += self.since - before

    def wrap(self, place: Any, function: str, name: str = "") -> None:
        """Have a function's seconds counted, and keep what it returned last; a stage of training has its own name."""
        original = getattr(place, function)

        def watched(*given: Any, **named: Any) -> Any:
            self.turn()
            self.open.append(name or given[0].name)
            value = original(*given, **named)
            self.turn()
            stage = self.open.pop()
            self.values[stage], self.memory[stage] = value, script.peak() / MEGABYTE
            return value

        setattr(place, function, watched)


def measure(folder: Path, size: int, scale: int, model: str, repeats: int) -> dict[str, Any]:
    """Train one pass several times, with an empty cache each time; of each the seconds and units by stage."""
    watch = Stopwatch()
    watch.wrap(job, "prepare", "prepare")
    watch.wrap(loop, "train")
    watch.wrap(stages, "training_features", "features")
    watch.wrap(loop, "_save", "checkpoint")
    watch.wrap(job, "evaluate", "evaluate")
    watch.wrap(page, "write", "report")
    passes = ["convnet.epochs=1", "lstm.epochs=1", "convnet.patience=2", "lstm.patience=2"]
    measured = []
    for number in range(repeats + 1):
        dataset = data.write(folder, size if number else data.BASE, scale)  # a small one first, which compiles
        config = load(settings=["data.dataset=folder", f"data.data_dir={dataset}", f"model={model}", *passes])
        with tempfile.TemporaryDirectory(dir=folder) as here:
            os.environ["SEQDL_CACHE"] = f"{here}/cache"
            watch.turn()
            watch.seconds.clear()
            run = seqdl.fit(config, f"{here}/run", say=cli.say)
            page.write(run)
            watch.turn()
            units = count(watch.values, run.result) | {"disk": script.disk(Path(here, "cache"))}
        if number:
            measured.append({"seconds": dict(watch.seconds), "units": units, "memory": dict(watch.memory)})
    return {"size": size, "scale": scale, "model": model, "runs": measured}


def count(values: dict[str, Any], result: Result) -> dict[str, float]:
    """How much each stage had to do."""
    features, *_ = values["features"]
    return {
        "frames": result.dataset.frames,
        "sequences": result.dataset.sequences,
        "updates": result.stages["convnet"].updates if "convnet" in result.stages else 0,
        "steps": len(features),
        "tested": sum(sequence.steps for sequence in result.sequences),
        "features": features.nbytes,
    }
