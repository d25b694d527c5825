"""How long help takes, and a first training run, cold and from the cache of compiled code; the memory it peaks at.

The training run is a tiny one, on ten short clips drawn for it, so that what is measured is starting: from the
process's first breath to the end of the first online update, and what part of the whole run was spent compiling, or
fetching compiled code. Each cold run has an empty folder for compiled code, which the run after it finds filled.
"""

import json
import tempfile
import time
from pathlib import Path

import numpy as np

from experiments import script
from experiments.scaling import data
from experiments.script import Row, in_turn, row

SETTINGS = ("convnet.epochs=1", "lstm.epochs=1", "video.box=centre")
LIMITS = {"help": 300.0, "cold": 15000.0, "cached": 1000.0}
"""What is aimed at, in milliseconds: help, and the compiling part of both runs."""

# The training run as the command does it; the clock of the parent's choice is the same in every process.
CHILD = """
import json, sys, time
began, marks, arguments = float(sys.argv[1]), sys.argv[2], sys.argv[3:]
from seqdl import train
from seqdl.kernels.vector import native
from seqdl.model.convnet import ConvNet
from seqdl.training import loop

loop.CHUNK = 1
seen = {}


class Timed:
    def __init__(self, function):
        self.function, self.depth, self.seconds = function, 0, 0.0

    def __call__(self, *given):  # of nested calls the outermost is timed
        start, self.depth = time.perf_counter(), self.depth + 1
        try:
            return self.function(*given)
        finally:
            self.depth -= 1
            self.seconds += 0.0 if self.depth else time.perf_counter() - start


compiling = native._compiled = Timed(native._compiled)
holding = native.make = Timed(native.make)  # what is compiled or fetched
run_updates = ConvNet.run_updates


def first(self, *given):
    result = run_updates(self, *given)
    seen.setdefault("first update", time.time() - began)
    return result


ConvNet.run_updates = first
code = train.main(arguments)
seen["whole"] = time.time() - began
seen["compiled"], seen["compiled or fetched"] = (compiling.seconds, holding.seconds)
open(marks, "w").write(json.dumps(seen))
sys.exit(code)
"""


def help_rows(rounds: int) -> list[Row]:
    """Help beside an interpreter that does nothing, in turn."""
    commands = {
        "start-up: python -c pass": ["-c", "pass"],
        "start-up: seqdl --help": ["-m", "seqdl", "--help"],
        "start-up: python -m seqdl.train --help": ["-m", "seqdl.train", "--help"],
    }
    works = {name: lambda words=words: script.process(words).clock for name, words in commands.items()}
    times = in_turn(works, rounds, 0)
    return [row(name, times[name], limit_ms=LIMITS["help"]) for name in list(commands)[1:]]


def one_training(folder: Path, compiled: Path, name: str) -> dict[str, float]:
    """What the child noted down, and its peak memory in megabytes."""
    marks, videos = folder / f"{name}.json", data.write(folder, data.BASE)
    arguments = ["--dataset", "folder", "--data-dir", videos, "--workers", "1", "--out", folder / name]
    arguments += ["--protocol", "leave-one-person-out", *(f"--set={setting}" for setting in SETTINGS)]
    caches = {"SEQDL_CACHE": str(folder / "cache"), "NUMBA_CACHE_DIR": str(compiled)}
    used = script.process(["-c", CHILD, repr(time.time()), marks, *arguments], caches)
    return json.loads(marks.read_text()) | {"megabytes": used.memory / 2**20}


def training_rows(trainings: int) -> list[Row]:
    """Cold and cached runs in turn."""
    runs: dict[str, list[dict[str, float]]] = {"cold": [], "cached": []}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for k in range(trainings):
            for kind, found in runs.items():
                found.append(one_training(folder, folder / f"compiled{k}", f"{kind}{k}"))
    rows = []
    for kind, found in runs.items():
        where = {"cold": "cold", "cached": "compiled code from the cache"}[kind]
        seconds = {key: [run[key] for run in found] for key in found[0]}
        compiled, megabytes = 1e3 * float(np.median(seconds["compiled"])), float(np.median(seconds["megabytes"]))
        fetched, limit = seconds["compiled or fetched"], LIMITS[kind]
        rows += [
            row(f"training, {where}: compiling or fetching", fetched, limit_ms=limit, compiled_ms=compiled),
            row(f"training, {where}: to the first update", seconds["first update"]),
            row(f"training, {where}: whole run", seconds["whole"], peak_megabytes=megabytes),
        ]
    return rows


def rows(rounds: int = 20, trainings: int = 3) -> list[Row]:
    """Every row of this benchmark; ``ours_ms`` are times of processes or parts of them, no row has a peer."""
    return help_rows(rounds) + training_rows(trainings)
