"""The long version: every operation, every kind, while there is time; with a record for docs/reliability.md."""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
RECORD, PAGE = ROOT / "experiments" / "reliability.json", ROOT / "docs" / "reliability.md"
sys.path[:0] = [str(Path(__file__).parent), str(ROOT)]
for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")

import numpy as np  # noqa: E402
from injection import ERRORS, SIGNALS  # noqa: E402
from trying import WORKS, cuts, killed, orphaned, place, powerless, tried, undisturbed  # noqa: E402

from experiments import cost, fill  # noqa: E402
from seqdl.base import files  # noqa: E402
from seqdl.config import Config  # noqa: E402
from seqdl.stores.arrays import Column, open_store  # noqa: E402

POWER, RANDOM, WORKER = "power cut", "SIGKILL at a random moment", "a worker is killed"
KINDS = (*ERRORS, *SIGNALS, POWER, WORKER, RANDOM)
UNTIMED = ("report", "prediction")
"""Jobs in which FFmpeg or a library writes what the recorded disk does not see; in which nothing is kept for later."""
SLOW = {"report": 4, "prediction": 4, "cross-validation": 4}
"""Each job is given the same time, but these a part of that: a fault in them takes ten times as long to try."""
Trial = tuple[str, str, str, Callable[[], str | None]]
"""A job, a kind of fault, where, and what tries it."""


def main() -> int:
    """Try, print, record; the exit code is 1 where something was lost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--kills", type=int, default=200, help="at random moments of a training")
    parser.add_argument("--only", default="", help="names of jobs, with commas")
    parser.add_argument("--write", action="store_true", help="keep the record and fill in docs/reliability.md")
    args = parser.parse_args()
    until, rng = time.monotonic() + 60 * args.minutes, random.Random(args.seed)
    names = [work.name for work in WORKS if not args.only or work.name in args.only.split(",")]
    with tempfile.TemporaryDirectory() as root, place(Path(root)) as where:
        checksums = _checksums(Path(root) / "store")
        todo, points = _planned(names, where, Path(root) / "work", args.kills, rng)
        possible = Counter((job, kind) for trials in todo.values() for job, kind, _, _ in trials)
        done: Counter[tuple[str, str]] = Counter()
        lost: list[dict[str, str]] = []
        spent: Counter[str] = Counter()
        while todo and time.monotonic() < until:
            name = min(todo, key=lambda job: (job != RANDOM, spent[job] * SLOW.get(job, 1)))
            job, kind, at, trial = todo[name].pop()
            started = time.monotonic()
            wrong = trial()
            done[job, kind] += wrong is not None
            possible[job, kind] -= wrong is None
            if wrong:
                lost.append({"job": job, "fault": kind, "at": at, "what": wrong.replace(f"{root}/", "")})
                print(f"{job}: {kind} {at}: {wrong}".replace(f"{root}/", ""), flush=True)
            spent[name] += time.monotonic() - started
            if not todo[name]:
                del todo[name]
            if wrong is not None and done.total() % 100 == 0:
                print(f"{done.total()} of {possible.total()} tried, {len(lost)} lost", flush=True)
    cells = [[job, kind, points[job], done[job, kind], count] for (job, kind), count in sorted(possible.items())]
    record = {"seed": args.seed, "cells": cells, "lost": lost, "processor_seconds": round(sum(os.times()[:4]))}
    record["checksums"] = checksums
    text = table(record)
    print(f"\n{text}")
    if args.write:
        files.write_json(RECORD, record)
        fill.write(PAGE, {"reliability": text})
    return 1 if lost else 0


def _planned(
    names: list[str], where: Any, folder: Path, kills: int, rng: random.Random
) -> tuple[dict[str, list[Trial]], dict[str, int]]:
    """All that can be tried, by job and in random order, and the number of operations of each job."""
    todo: dict[str, list[Trial]] = {}
    points: dict[str, int] = {}
    took: list[float] = []
    for work in (work for work in WORKS if work.name in names):
        expected = undisturbed(work, where, folder)
        points[work.name] = len(expected.operations)

        def at(kind: str, n: int, work: Any = work, expected: Any = expected) -> Trial:
            what, path = expected.operations[n - 1]
            do = lambda: tried(work, where, folder, expected, kind, n)  # noqa: E731
            return work.name, kind, f"at operation {n}, {what} {Path(path).name}", do

        def cut(operation: Any, left: Any, work: Any = work, expected: Any = expected) -> Trial:
            place_ = f"after {operation[0]} {Path(operation[1]).name}"
            return work.name, POWER, place_, lambda: powerless(work, where, folder, expected, left)

        def kill(share: float, work: Any = work, expected: Any = expected) -> Trial:
            return work.name, RANDOM, f"at {share:.3f}", lambda: killed(work, where, folder, expected, share, took)

        def orphan(n: int, work: Any = work, expected: Any = expected) -> Trial:
            return work.name, WORKER, f"at answer {n}", lambda: orphaned(where, folder, expected, n)

        trials = [at(kind, n + 1) for kind in (*ERRORS, *SIGNALS) for n in range(points[work.name])]
        trials += [cut(*one) for one in (() if work.name in UNTIMED else cuts(work, where, folder))]
        rng.shuffle(trials)
        if work.name == "preparing":
            trials += [orphan(n + 1) for n in range(4)]  # taken from the end: these first
        todo[work.name] = trials
        if work.name == "training" and kills:
            todo[RANDOM] = [kill(rng.random()) for _ in range(kills)]
    return todo, points


def _checksums(folder: Path, sequences: int = 100, frames: int = 100) -> dict[str, float]:
    """The processor's seconds for comparing checksums of so many sequences, and by record for a training on them."""
    config = Config()
    columns = {"frames.f32": Column(np.float32, (config.convnet.rows, config.convnet.columns))}
    rows = np.random.default_rng(0).random((frames, *columns["frames.f32"].shape), np.float32)
    with open_store(folder, columns) as store:
        with store.growing() as add:
            for k in range(sequences):
                add(str(k), [rows], [], str(k))
        started = time.process_time()
        assert not store.damaged(store.index)
        seconds = time.process_time() - started
    training = cost.estimate(cost.Size(sequences, sequences * frames, 1.0), config)
    return {"frames": sequences * frames, "seconds": round(seconds, 3), "training": round(training, 1)}


def table(record: dict[str, Any]) -> str:
    """In Markdown: a row a kind of fault, a column a job, how many were tried of how many there are."""
    cells = {(job, kind): (done, count) for job, kind, _, done, count in record["cells"]}
    points = {job: n for job, _, n, _, _ in record["cells"]}
    lines = [
        " | ".join(["| fault", *points, "in all", "lost |"]),
        "| --- |" + " ---: |" * (len(points) + 2),
        " | ".join(["| operations on the disk", *map(str, points.values()), str(sum(points.values())), "|"]),
    ]
    total = 0
    for kind in KINDS:
        row = [cells.get((job, kind), (0, 0)) for job in points]
        done, lost = sum(one for one, _ in row), sum(one["fault"] == kind for one in record["lost"])
        total += done
        lines.append(" | ".join([f"| {kind}", *(_share(*one) for one in row), f"{done:,}", f"{lost} |"]))
    said = f"{total:,} faults injected, {total - len(record['lost']):,} survived, {len(record['lost'])} lost"
    sums = record["checksums"]
    costs = f"Comparing the checksums of {sums['frames']:,} prepared frames takes {sums['seconds']:.2f} s of one core"
    share = f"{sums['seconds'] / sums['training']:.2%} of a training on them"
    said = f"{said} (seed {record['seed']}, {record['processor_seconds']:,} s of one core)."
    return "\n".join([*lines, "", f"{said} {costs}, {share}."])


def _share(done: int, count: int) -> str:
    return "" if not count else str(done) if done == count else f"{done} of {count}"


if __name__ == "__main__":
    sys.exit(main())
