"""One measured training in a process of its own: seconds and units of each stage, and peak memory.

It is ``seqdl train`` itself, from listing the videos to the report; its stages are wrapped by a stopwatch. Seconds are
those that the processor worked for this process, so that others on the machine count as little as may be.
"""

from __future__ import annotations

import functools
import os
import shutil
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

from experiments import access, script
from experiments.scaling import data
from seqdl.config import Config, load
from seqdl.evaluation import job
from seqdl.reports import page
from seqdl.runs.result import Result
from seqdl.training import loop, stages

WARM = data.BASE
MEGABYTE = 1024.0**2


class Stopwatch:
    """Seconds of the processor by stage; of nested stages each has its own."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self.memory: dict[str, float] = {}
        self.values: dict[str, Any] = {}
        self.open: list[str] = ["rest"]
        self.since = time.process_time()

    def _turn(self) -> None:
        now = time.process_time()
        self.seconds[self.open[-1]] += now - self.since
        self.since = now

    def wrap(self, place: Any, function: str, name: str = "") -> None:
        """Have a function's seconds counted, and keep what it returned last; a stage of training has its own name."""
        original = getattr(place, function)

        @functools.wraps(original)
        def watched(*given: Any, **named: Any) -> Any:
            self._turn()
            stage = name or given[0].name
            self.open.append(stage)
            try:
                self.values[stage] = original(*given, **named)
            finally:
                self._turn()
                self.open.pop()
                self.memory[stage] = script.peak() / MEGABYTE
            return self.values[stage]

        setattr(place, function, watched)

    def lap(self) -> dict[str, float]:
        """The seconds since the last lap."""
        self._turn()
        seconds, self.seconds = dict(self.seconds), defaultdict(float)
        return seconds


def settings(folder: Path, size: int, scale: int, model: str) -> Config:
    """One pass of each network over a dataset."""
    dataset = data.write(folder, size, scale)
    passes = ["convnet.epochs=1", "lstm.epochs=1", "convnet.patience=2", "lstm.patience=2"]
    return load(settings=["data.dataset=folder", f"data.data_dir={dataset}", f"model={model}", *passes])


def measure(folder: Path, size: int, scale: int, model: str, repeats: int) -> dict[str, Any]:
    """Train several times, with an empty cache each time; of each the seconds and units by stage."""
    watch = Stopwatch()
    watch.wrap(job, "prepare", "prepare")
    watch.wrap(loop, "train")
    watch.wrap(stages, "training_features", "features")
    watch.wrap(loop, "_save", "checkpoint")
    watch.wrap(job, "evaluate", "evaluate")
    watch.wrap(page, "write", "report")
    measured = []
    for number in range(repeats + 1):
        here = Path(tempfile.mkdtemp(dir=folder))
        os.environ["SEQDL_CACHE"] = str(here / "cache")
        try:
            config = settings(folder, size if number else WARM, scale, model)
            watch.lap()
            run = access.train(config, here / "run")
            page.write(run)
            seconds = watch.lap()
            disk = script.disk(here / "cache")
        finally:
            shutil.rmtree(here)
        if number:
            units = count(watch.values, run.result) | {"disk": disk}
            measured.append({"seconds": seconds, "units": units, "memory": dict(watch.memory)})
    return {"size": size, "scale": scale, "model": model, "peak": script.peak() / MEGABYTE, "runs": measured}


def count(values: dict[str, Any], result: Result) -> dict[str, float]:
    """How much each stage had to do."""
    features, spans, _ = values["features"]
    return {
        "frames": result.dataset.frames,
        "sequences": result.dataset.sequences,
        "updates": result.stages["convnet"].updates if "convnet" in result.stages else 0,
        "steps": len(features),
        "learned": len(spans),
        "tested": sum(sequence.steps for sequence in result.sequences),
        "features": features.nbytes,
    }
