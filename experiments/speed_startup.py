"""How long help takes, and a first training run, cold and from the cache of compiled code; the memory it peaks at.

python experiments/speed_startup.py [--json] [--rounds N] [--trainings N]

The training run is a tiny one, on four short clips written for it, so that what is measured is starting: from the
process's first breath to the end of the first online update, and what part of the whole run was spent compiling, or
fetching compiled code. Each cold run has an empty folder for compiled code, which the run after it finds filled.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from speed_video import Row, row, table, write_clip

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
from seqdl.training import two_steps

two_steps.CHUNK = 1
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


def environment(folder: Path, compiled: Path) -> dict[str, str]:
    """One thread, and caches of its own."""
    threads = dict.fromkeys(("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    return {**os.environ, **threads, "SEQDL_CACHE": str(folder / "cache"), "NUMBA_CACHE_DIR": str(compiled)}


def wall(command: list[str]) -> float:
    """Seconds that a process takes."""
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def help_rows(rounds: int) -> list[Row]:
    """Help beside an interpreter that does nothing, in turn."""
    python = sys.executable
    commands = {
        "start-up: python -c pass": [python, "-c", "pass"],
        "start-up: seqdl --help": [python, "-m", "seqdl", "--help"],
        "start-up: python -m seqdl.train --help": [python, "-m", "seqdl.train", "--help"],
    }
    times: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            times[name].append(wall(command))
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
    began = time.time()
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, repr(began), *map(str, [marks, *arguments])],
        env=environment(folder, compiled),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    with child.stderr as pipe:
        said = pipe.read().decode()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise RuntimeError(f"the training run failed:\n{said}")
    kilobytes = usage.ru_maxrss / (1024 if sys.platform == "darwin" else 1)
    return json.loads(marks.read_text()) | {"megabytes": kilobytes / 1024}


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


def main(argv: list[str] | None = None) -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--rounds", type=int, default=20, help="how often help is asked for")
    parser.add_argument("--trainings", type=int, default=3, help="how many cold training runs, and as many cached ones")
    args = parser.parse_args(argv)
    measured = rows(args.rounds, args.trainings)
    print(json.dumps({"rows": measured}) if args.json else table(measured))
    return 0


if __name__ == "__main__":
    sys.exit(main())
