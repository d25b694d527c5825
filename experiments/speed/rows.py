"""Times that are taken in turn, and rows of them: medians over rounds, beside a peer's where there is one."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from seqdl.reports.tables import Table, plain

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
    rows = []
    for line in lines:
        figures = {"ours_ms": 4, "peer_ms": 4, "ratio": 2, "p5_ratio": 2}
        cells = ["" if line[key] is None else f"{line[key]:.{digits}f}" for key, digits in figures.items()]
        more = ", ".join(f"{key} {value:.3g}" for key, value in list(line.items())[6:])
        rows.append([line["name"], *cells, str(line["rounds"]), more])
    return plain(Table(["", "ms", "peer ms", "ratio", "p5", "rounds", "more"], rows))
