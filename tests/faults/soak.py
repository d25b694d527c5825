"""The long version: every operation, every kind, while there is time; with a record for docs/reliability.md."""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
RECORD, PAGE = ROOT / "experiments" / "reliability.json", ROOT / "docs" / "reliability.md"
sys.path[:0] = [str(Path(__file__).parent), str(ROOT)]

from injection import ERRORS, SIGNALS  # noqa: E402
from trying import WORKS, place, tried, undisturbed  # noqa: E402

from experiments import fill  # noqa: E402
from seqdl.base import files  # noqa: E402


def main() -> int:
    """Try, print, record; the exit code is 1 where something was lost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--only", default="", help="names of jobs, with commas")
    parser.add_argument("--write", action="store_true", help="keep the record and fill in docs/reliability.md")
    args = parser.parse_args()
    until = time.monotonic() + 60 * args.minutes
    table: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(lambda: [0, 0, 0]))
    found, points = [], {}
    with tempfile.TemporaryDirectory() as root, place(Path(root)) as where:
        folder, todo, expected = Path(root) / "work", [], {}
        for work in WORKS:
            if not args.only or work.name in args.only.split(","):
                expected[work.name] = undisturbed(work, where, folder)
                points[work.name] = len(expected[work.name].operations)
                todo += [(work, kind, n + 1) for kind in (*ERRORS, *SIGNALS) for n in range(points[work.name])]
        random.Random(args.seed).shuffle(todo)
        total = len(todo)
        while todo and time.monotonic() < until:
            work, kind, at = todo.pop()
            wrong = tried(work, where, folder, expected[work.name], kind, at)
            row = table[work.name][kind]
            row[0] += 1
            row[2 if wrong else 1] += 1
            if row[0] == 1 or len(todo) % 100 == 0:
                print(f"{len(todo)} to go, {time.process_time():.0f} s of processor time", flush=True)
            if wrong:
                what = expected[work.name].operations[at - 1]
                found.append(f"{work.name}: {kind} at {at} ({what[0]} {Path(what[1]).name}): {wrong}")
                print(found[-1].replace(root, ""), flush=True)
    print(f"{time.process_time():.0f} s of CPU time")
    done = sum(row[0] for rows in table.values() for row in rows.values())
    record = {"seed": args.seed, "points": points, "possible": total, "injected": done, "lost": len(found)}
    text = _table(record | {"table": table})
    print(f"\n{text}")
    if args.write:
        files.write_json(RECORD, record | {"table": table})
        fill.write(PAGE, {"reliability": text})
    return 1 if found else 0


def _table(record: dict[str, Any]) -> str:
    """In Markdown."""
    lines = ["| job | operations | fault | injected | survived | lost |", "| --- | ---: | --- | ---: | ---: | ---: |"]
    for name, rows in record["table"].items():
        for kind, (injected, survived, lost) in sorted(rows.items()):
            lines.append(f"| {name} | {record['points'][name]} | {kind} | {injected} | {survived} | {lost} |")
    said = f"{record['injected']:,} of {record['possible']:,} faults injected (seed {record['seed']})"
    return "\n".join([*lines, "", f"{said}, {record['lost']} lost."])


if __name__ == "__main__":
    sys.exit(main())
