"""What the scripts share: arguments, times taken in turn and rows of them, processes, videos, memory and disk."""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import av
import numpy as np

from experiments import fill
from seqdl.base import cli, files
from seqdl.errors import UsageError
from seqdl.reports.tables import Table, plain

EXPERIMENTS = Path(__file__).resolve().parent
ROOT = EXPERIMENTS.parent
DOCS = ROOT / "docs"

Option = tuple[tuple[str, ...], dict[str, Any]]


def option(*names: str, **more: Any) -> Option:
    """An argument of a script, as ``argparse`` takes it."""
    return names, more


def flag(name: str, said: str) -> Option:
    """An option that is there or not."""
    return option(name, action="store_true", help=said)


WORKERS = option("--workers", type=cli.count, default=0, metavar="N", help="runs at once (0: one for each core)")
SETTINGS = option("--set", dest="settings", metavar="KEY=VALUE", action="append", default=[], help="to try it out")


def parser(name: str, description: str, *options: Option) -> argparse.ArgumentParser:
    """The argument parser of ``python -m experiments.NAME``."""
    made = cli.parser(name, description, configurable=False)
    made.prog = f"experiments.{name}"
    add(made, *options)
    return made


def add(parser: argparse.ArgumentParser, *options: Option) -> None:
    """Give a parser further arguments."""
    for names, more in options:
        parser.add_argument(*names, **more)


def command(name: str, description: str, work: Callable[[argparse.Namespace], int], *options: Option) -> cli.Main:
    """The ``main`` of a script: what goes wrong is one line and an exit code, as in the commands of seqdl."""
    return cli.command(lambda: parser(name, description, *options), work)


MEASURED = (
    option("--rounds", type=cli.count, default=200),
    flag("--json", "print one JSON object"),
    flag("--write", "keep the record, and fill in the page"),
    flag("--again", "fill in the page from the record, measure nothing"),
)
"""The options of :func:`measured`."""


def measured(
    args: argparse.Namespace,
    record: Path,
    page: Path,
    measure: Callable[[], Any],
    blocks: Callable[[Any], Mapping[str, str]],
    table: Callable[[Any], str],
    merge: Callable[[Any, Any], Any] | None = None,
) -> int:
    """Measure and print; also keep it and fill in the page, where asked, or only fill in the page from the record."""
    if args.again:
        fill.write(page, blocks(files.read_json(record)))
        return 0
    if args.rounds < 1:
        raise UsageError("--rounds: at least 1")
    found = measure()
    if args.write:
        found = merge(files.read_json(record), found) if merge else found
        files.write_json(record, found)
        fill.write(page, blocks(found))
    print(json.dumps(found) if args.json else table(found))
    return 0


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


def timed(
    work: Callable[[], Any], units: int = 1, again: int = 1, clock: Callable[[], float] = time.perf_counter
) -> Work:
    """The work as one that tells its seconds a unit."""

    def run() -> float:
        start = clock()
        for _ in range(again):
            work()
        return (clock() - start) / (units * again)

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
        more = [
            f"{key} {value:,.0f}" if value >= 100 else f"{key} {value:.3g}" for key, value in list(line.items())[6:]
        ]
        rows.append([line["name"], *cells, str(line["rounds"]), ", ".join(more)])
    return plain(Table(["", "ms", "peer ms", "ratio", "p5", "rounds", "more"], rows))


class Usage(NamedTuple):
    """What a process took: seconds on the clock, seconds of the processor with its children's, peak bytes."""

    clock: float
    processor: float
    memory: float


def process(words: Sequence[str | Path], variables: Mapping[str, str] | None = None) -> Usage:
    """Run Python with some arguments until it ends; ``variables`` come on top of this process's own."""
    started = time.perf_counter()
    with tempfile.TemporaryFile() as said:
        command, known = [sys.executable, *map(str, words)], {**os.environ, **(variables or {})}
        child = subprocess.Popen(command, env=known, stdout=subprocess.DEVNULL, stderr=said)
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            said.seek(0)
            raise RuntimeError(f"the process failed:\n{said.read().decode()}")
    clock = time.perf_counter() - started
    return Usage(clock, used.ru_utime + used.ru_stime, _bytes(used.ru_maxrss))


def film(target: Path | BinaryIO, frames: Iterable[np.ndarray], bit_rate: int, tag: str = "") -> None:
    """Write grey frames as an AVI file of MPEG-4, 25 of them a second."""
    with av.open(str(target) if isinstance(target, Path) else target, "w", format="avi") as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.pix_fmt, stream.bit_rate = "yuv420p", bit_rate
        if tag:
            stream.codec_tag = tag
        for number, frame in enumerate(frames):
            if not number:
                stream.height, stream.width = frame.shape
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="gray")))
        container.mux(stream.encode())


def peak() -> float:
    """The most bytes that this process has had in memory, mapped files with them."""
    status = Path("/proc/self/status")
    if status.is_file():  # what getrusage says on Linux is not below what the parent had
        [kilobytes] = [line.split()[1] for line in status.read_text().splitlines() if line.startswith("VmHWM:")]
        return 1024.0 * int(kilobytes)
    return _bytes(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


def _bytes(most: int) -> float:
    """A ``ru_maxrss`` in bytes: macOS counts in bytes, others in kilobytes."""
    return float(most) * (1 if sys.platform == "darwin" else 1024)


def disk(folder: Path) -> int:
    """The bytes of all files in a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
