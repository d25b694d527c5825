"""Hostile input without end: ``PYTHONPATH=.:tests python -m fuzz --seconds 600 --seed 1`` (``make fuzz``).

Each kind of input has its share of the time, or so many inputs as ``--inputs`` says. What came of them is told in a
line; a fault is told with its number, by which ``--only NAME --number N --keep FILE`` makes the input again.
"""

from __future__ import annotations

import argparse
import json
import platform
import re
import sys
import tempfile
import time
from collections import Counter
from importlib import metadata
from pathlib import Path
from typing import Any

from fuzz.arrivals import ARRIVALS
from fuzz.records import RECORDS
from fuzz.videos import VIDEOS
from fuzz.watch import ANSWERED, CHANGED, NOTED, REFUSED, Kind, Outcome, made, run

from experiments import fill
from seqdl.base import files

KINDS: tuple[Kind, ...] = (*VIDEOS, *RECORDS, *ARRIVALS)
RECORD = Path(__file__).parents[2] / "experiments" / "hostile.json"
PAGE = Path(__file__).parents[2] / "docs" / "hostile-input.md"


def main(argv: list[str] | None = None) -> int:
    """Try, count, say; the exit code is 1 where there was a fault."""
    parser = argparse.ArgumentParser(prog="fuzz", description="Try hostile input of every kind, and count.")
    parser.add_argument("--seconds", type=float, help="for all kinds together")
    parser.add_argument("--inputs", type=int, default=1000, help="of each kind at most (1000)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", metavar="PATTERN", help="kinds whose names match this")
    parser.add_argument("--number", type=int, help="this input alone")
    parser.add_argument("--keep", type=Path, metavar="FILE", help="where to put that input")
    parser.add_argument("--stories", type=int, default=2, help="so many of each sort of fault are told")
    parser.add_argument(
        "--write", action="store_true", help="keep the record, and fill in docs/hostile-input.md from it"
    )
    args = parser.parse_args(argv)
    kinds = [kind for kind in KINDS if re.search(args.only, kind.name)]
    numbers = range(args.inputs) if args.number is None else range(args.number, args.number + 1)
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for kind in kinds:
            if args.keep:
                Path(folder, "kept").mkdir(exist_ok=True)
                args.keep.write_bytes(made(kind, kind.examples(Path(folder, "kept")), numbers[0], args.seed))
            until = time.monotonic() + args.seconds / len(kinds) if args.seconds else float("inf")
            outcomes = list(run(kind, Path(folder), numbers, args.seed, until))
            found.append(summary(kind, outcomes))
            print(json.dumps(found[-1]), flush=True)
            _tell(kind, outcomes, args.stories)
            if args.write:
                write([found[-1]], args.seed)
    return 1 if any(one["faults"] for one in found) else 0


def _tell(kind: Kind, outcomes: list[Outcome], most: int) -> None:
    told: Counter[str] = Counter()
    for outcome in outcomes:
        told[outcome.verdict] += 1
        if outcome.fault and told[outcome.verdict] <= most:
            print(
                f"{kind.name}, input {outcome.number}: {outcome.verdict}\n{outcome.story}", file=sys.stderr, flush=True
            )


def summary(kind: Kind, outcomes: list[Outcome]) -> dict[str, Any]:
    """A kind's line in the record."""
    counted = Counter(outcome.verdict for outcome in outcomes)
    return {
        "kind": kind.name,
        "inputs": len(outcomes),
        **{verdict: counted.pop(verdict, 0) for verdict in (ANSWERED, NOTED, CHANGED, REFUSED)},
        "faults": dict(counted),
        "seconds": round(max((outcome.seconds for outcome in outcomes), default=0), 2),
        "megabytes": max((outcome.grown for outcome in outcomes), default=0) >> 20,
    }


def write(found: list[dict[str, Any]], seed: int) -> None:
    """Put what was found into the record, in place of what it knew of these kinds, and the record into its page."""
    before = files.read_json(RECORD)["kinds"] if RECORD.is_file() else []
    known = {one["kind"]: one for one in (*before, *found)}
    environment = {
        "av": metadata.version("av"),
        "numpy": metadata.version("numpy"),
        "python": platform.python_version(),
    }
    kinds = [known[kind.name] for kind in KINDS if kind.name in known]
    files.write_json(RECORD, {"seed": seed, "environment": environment, "kinds": kinds})
    fill.write(PAGE, {"hostile": table(kinds)})


def table(kinds: list[dict[str, Any]]) -> str:
    """The record as Markdown."""
    head = ["input", "tried", "answered", "with a note", "changed", "refused", "faults", "longest", "most memory"]
    lines = [f"| {' | '.join(head)} |", "| :-- |" + " --: |" * (len(head) - 1)]
    for one in kinds:
        counts = [one["inputs"], *(one[verdict] for verdict in (ANSWERED, NOTED, CHANGED, REFUSED))]
        cells = [*(f"{n:,}" for n in counts), str(sum(one["faults"].values()))]
        lines.append(f"| {' | '.join([one['kind'], *cells])} | {one['seconds']:.2f} s | {one['megabytes']} MB |")
    totals = [sum(one[key] for one in kinds) for key in ("inputs", ANSWERED, NOTED, CHANGED, REFUSED)]
    faults = sum(sum(one["faults"].values()) for one in kinds)
    longest, most = (max((one[key] for one in kinds), default=0) for key in ("seconds", "megabytes"))
    cells = [*(f"{n:,}" for n in totals), str(faults), f"{longest:.2f} s", f"{most} MB"]
    return "\n".join([*lines, f"| all | {' | '.join(cells)} |"])


if __name__ == "__main__":
    sys.exit(main())
