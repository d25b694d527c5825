"""How long help takes, and a first training run, cold and from the cache of compiled code; the memory it peaks at.

python -m experiments.speed.startup [--json] [--rounds N] [--trainings N]

The training run is a tiny one, on four short clips written for it, so that what is measured is starting: from the
process's first breath to the end of the first online update, and what part of the whole run was spent compiling, or
fetching compiled code. Each cold run has an empty folder for compiled code, which the run after it finds filled.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from experiments import script
from experiments.speed.rows import Row, alone, in_turn, row
from experiments.speed.video import write_clip

SETTINGS = ("convnet.epochs=1", "lstm.epochs=1", "video.box=centre")
LIMITS = {"help": 300.0, "cold": 15000.0, "cached": 1000.0}
"""What is aimed at, in milliseconds: help, and the compiling part of both runs."""

# The training run as the command does it; the clock of the parent's choice is the same in every process.
CHILD = """
import json, sys, time
began, marks, arguments = float(sys.argv[1]), sys.argv[2], sys.argv[3:]
from seqdl import train
import numba.core.event as events
from seqdl.model.convnet import ConvNet
from seqdl.training import loop

loop.CHUNK = 1
seen = {}


class Clock(events.Listener):
    # The outermost stretches alone: what is compiled calls what is compiled.
    def __init__(self):
        self.depth, self.total = 0, 0.0

    def on_start(self, event):
        self.depth += 1
        if self.depth == 1:
            self.start = time.perf_counter()

    def on_end(self, event):
        self.depth -= 1
        if not self.depth:
            self.total += time.perf_counter() - self.start


compiling, holding = Clock(), Clock()
events.register("numba:compile", compiling)
events.register("numba:compiler_lock", holding)  # held while compiled code is fetched, too
run_updates = ConvNet.run_updates


def first(self, *given):
    result = run_updates(self, *given)
    seen.setdefault("first update", time.time() - began)
    return result


ConvNet.run_updates = first
code = train.main(arguments)
seen |= {"whole": time.time() - began, "compiled": compiling.total, "compiled or fetched": holding.total}
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
    works = {name: lambda words=words: script.timed(words).clock for name, words in commands.items()}
    times = in_turn(works, rounds, 0)
    return [row(name, times[name], limit_ms=LIMITS["help"]) for name in list(commands)[1:]]


def write_dataset(folder: Path) -> None:
    """Two persons, two actions, a short clip each."""
    rng = np.random.default_rng(3)
    people = ["file,person"]
    for step, label in ((0, "standing"), (3, "moving")):
        (folder / label).mkdir(parents=True)
        for person in ("ann", "bob"):
            frames = rng.integers(90, 110, (20, 120, 160), dtype=np.uint8)
            for k, frame in enumerate(frames):
                frame[20:110, 60 + step * k : 76 + step * k] = 200
            write_clip(folder / label / f"{person}.avi", iter(frames))
            people.append(f"{label}/{person}.avi,{person}")
    (folder / "persons.csv").write_text("\n".join(people) + "\n")


def one_training(folder: Path, compiled: Path, name: str) -> dict[str, float]:
    """What the child noted down, and its peak memory in megabytes."""
    marks, data = folder / f"{name}.json", folder / "data"
    arguments = ["--dataset", "folder", "--data-dir", data, "--persons", data / "persons.csv", "--workers", "1"]
    arguments += ["--protocol", "leave-one-person-out", "--out", folder / name]
    arguments += [part for setting in SETTINGS for part in ("--set", setting)]
    caches = {"SEQDL_CACHE": str(folder / "cache"), "NUMBA_CACHE_DIR": str(compiled)}
    used = script.timed(["-c", CHILD, repr(time.time()), marks, *arguments], caches)
    return json.loads(marks.read_text()) | {"megabytes": used.memory / 2**20}


def training_rows(trainings: int) -> list[Row]:
    """Cold and cached runs in turn."""
    runs: dict[str, list[dict[str, float]]] = {"cold": [], "cached": []}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_dataset(folder / "data")
        for k in range(trainings):
            for kind, found in runs.items():
                found.append(one_training(folder, folder / f"compiled{k}", f"{kind}{k}"))
    rows = []
    for kind, found in runs.items():
        where = {"cold": "cold", "cached": "compiled code from the cache"}[kind]
        megabytes = float(np.median([run["megabytes"] for run in found]))
        part = [run["compiled or fetched"] for run in found]
        compiled = 1e3 * float(np.median([run["compiled"] for run in found]))
        rows += [
            row(f"training, {where}: compiling or fetching", part, limit_ms=LIMITS[kind], compiled_ms=compiled),
            row(f"training, {where}: to the first update", [run["first update"] for run in found]),
            row(f"training, {where}: whole run", [run["whole"] for run in found], peak_megabytes=megabytes),
        ]
    return rows


def rows(rounds: int = 20, trainings: int = 3) -> list[Row]:
    """Every row of this benchmark; ``ours_ms`` are times of processes or parts of them, no row has a peer."""
    return help_rows(rounds) + training_rows(trainings)


COUNTS = {"rounds": (20, "how often help is asked for"), "trainings": (3, "cold runs, and as many cached ones")}
main = alone("speed.startup", "How long help and a first training run take.", COUNTS, rows)

if __name__ == "__main__":
    sys.exit(main())
