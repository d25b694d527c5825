"""The long version: every operation, every kind, for as long as there is time; the record is for docs/reliability.md."""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from injection import ERRORS
from trying import WORKS, place, tried, undisturbed


def main() -> int:
    """Try, print, record; the exit code is 1 where something was lost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--only", default="", help="names of jobs, with commas")
    parser.add_argument("--record", type=Path, default=Path("experiments/reliability.json"))
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
                todo += [(work, kind, n + 1) for kind in ERRORS for n in range(points[work.name])]
        random.Random(args.seed).shuffle(todo)
        total = len(todo)
        while todo and time.monotonic() < until:
            work, kind, at = todo.pop()
            wrong = tried(work, where, folder, expected[work.name], kind, at)
            row = table[work.name][kind]
            row[0] += 1
            row[2 if wrong else 1] += 1
            if wrong:
                what = expected[work.name].operations[at - 1]
                found.append(f"{work.name}: {kind} at {at} ({what[0]} {Path(what[1]).name}): {wrong}")
                print(found[-1].replace(root, ""), flush=True)
    print(f"\n{'job':<18}{'fault':<20}{'injected':>9}{'survived':>9}{'lost':>6}")
    for name, rows in table.items():
        for kind, row in sorted(rows.items()):
            print(f"{name:<18}{kind:<20}{row[0]:>9}{row[1]:>9}{row[2]:>6}")
    done = sum(row[0] for rows in table.values() for row in rows.values())
    print(f"{done} of {total} faults injected (seed {args.seed}), {len(found)} lost")
    record = {"seed": args.seed, "points": points, "possible": total, "injected": done, "lost": len(found)}
    args.record.write_text(json.dumps(record | {"table": table}, indent=2) + "\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
