"""Times that are taken in turn, and rows of them: medians over rounds, beside a peer's where there is one."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from experiments import script
from seqdl.base import cli

Row = dict[str, Any]
Work = Callable[[], Any]
"""Something that is done and tells what it took."""


def row(name: str, ours: list[float], peer: list[float] | None = None, **more: Any) -> Row:
    """One line of a table, from seconds in each round."""
    ratios = np.divide(peer, ours) if peer else None
    return {
        "name": name,
        "ours_ms": 1e3 * float(np.median(ours)),
        "peer_ms": 1e3 * float(np.median(peer)) if peer else None,
        "ratio": float(np.median(peer) / np.median(ours)) if peer else None,
        "p5_ratio": float(np.quantile(ratios, 0.05)) if peer else None,
        "rounds": len(ours),
        **more,
    }


def timed(work: Callable[[], Any], units: int = 1, again: int = 1) -> Work:
    """The work as one that tells its seconds a unit."""

    def run() -> float:
        start = time.perf_counter()
        for _ in range(again):
            work()
        return (time.perf_counter() - start) / (units * again)

    return run


def in_turn(works: Mapping[Any, Work], rounds: int, idle: int = 2) -> dict[Any, list[Any]]:
    """What every work tells, all in turn, round by round; so many rounds before that count for nothing."""
    told: dict[Any, list[Any]] = {name: [] for name in works}
    for number in range(1 - idle, rounds + 1):
        for name, work in works.items():
            result = work()
            if number > 0:
                told[name].append(result)
        if sys.stderr.isatty():
            print(f"\rround {number} of {rounds}", end="\n" * (number == rounds), file=sys.stderr)
    return told


def table(lines: list[Row]) -> str:
    """The rows for people."""
    text = [f"{'':<64}{'ms':>10}{'peer ms':>10}{'ratio':>7}{'p5':>7}{'rounds':>8}  more"]
    for line in lines:
        cells = [line["ours_ms"], line["peer_ms"], line["ratio"], line["p5_ratio"]]
        shown = ["" if cell is None else f"{cell:.{digits}f}" for cell, digits in zip(cells, (4, 4, 2, 2))]
        figures = "".join(f"{cell:>{width}}" for cell, width in zip(shown, (10, 10, 7, 7)))
        more = [f"{key} {value:.3g}" for key, value in list(line.items())[6:] if key != "per_second"]
        if "per_second" in line:
            more.insert(0, f"{line['per_second']:.0f} a second")
        text.append(f"{line['name']:<64}{figures}{line['rounds']:>8}  {', '.join(more)}")
    return "\n".join(text)


def alone(name: str, description: str, counts: dict[str, tuple[int, str]], rows: Callable[..., list[Row]]) -> cli.Main:
    """The ``main`` of one part measured alone; ``counts`` are options with their defaults and what they say."""

    def options() -> argparse.ArgumentParser:
        parser = script.parser(name, description)
        parser.add_argument("--json", action="store_true", help="print one JSON object")
        for option, (default, said) in counts.items():
            parser.add_argument(f"--{option}", type=cli.count, default=default, help=f"{said} ({default})")
        return parser

    def work(args: argparse.Namespace) -> int:
        measured = rows(*(getattr(args, option) for option in counts))
        print(json.dumps({"rows": measured}) if args.json else table(measured))
        return 0

    return script.command(options, work)
