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
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from experiments import access, script
from experiments.scaling import data
from seqdl.config import Config, load
from seqdl.evaluation import run
from seqdl.reports import page
from seqdl.stores import frames as store
from seqdl.stores import points
from seqdl.training import loop, two_steps

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

    def wrap(self, place: Any, name: str, stage: str) -> None:
        """Have a function's seconds counted, and keep what it returned last."""
        original = getattr(place, name)

        @functools.wraps(original)
        def watched(*given: Any, **named: Any) -> Any:
            self._turn()
            self.open.append(stage)
            try:
                self.values[stage] = original(*given, **named)
            finally:
                self._turn()
                self.open.pop()
                self.memory[stage] = script.peak() / MEGABYTE
            return self.values[stage]

        setattr(place, name, watched)

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
    watch.wrap(store, "prepare", "prepare")
    watch.wrap(points, "prepare", "prepare")
    watch.wrap(two_steps, "train_convnet", "convnet")
    watch.wrap(two_steps, "training_features", "features")
    watch.wrap(two_steps, "train_lstm", "lstm")
    watch.wrap(loop, "_save", "checkpoint")
    watch.wrap(run, "evaluate", "evaluate")
    watch.wrap(page, "write", "report")
    measured = []
    for number in range(repeats + 1):
        here = Path(tempfile.mkdtemp(dir=folder))
        os.environ["SEQDL_CACHE"] = str(here / "cache")
        try:
            config = settings(folder, size if number else WARM, scale, model)
            watch.lap()
            result = access.train(config, here / "run")
            page.write(here / "run")
            seconds = watch.lap()
            disk = script.disk(here / "cache")
        finally:
            shutil.rmtree(here)
        if number:
            units = count(watch.values, result) | {"disk": disk}
            measured.append({"seconds": seconds, "units": units, "memory": dict(watch.memory)})
    return {"size": size, "scale": scale, "model": model, "peak": script.peak() / MEGABYTE, "runs": measured}


def count(values: dict[str, Any], result: Mapping[str, Any]) -> dict[str, float]:
    """How much each stage had to do."""
    features, spans, _ = values["features"]
    return {
        "frames": result["dataset"]["frames"],
        "sequences": result["dataset"]["sequences"],
        "updates": result["convnet"]["updates"] if result["convnet"] else 0,
        "steps": len(features),
        "learned": len(spans),
        "tested": sum(sequence["steps"] for sequence in result["sequences"]),
        "features": features.nbytes,
    }
