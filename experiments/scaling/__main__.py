"""How cost and memory grow with the dataset, and what known datasets would cost: the tables of docs/scaling.md.

python -m experiments.scaling {measure,turns,workers,long,write}

``measure`` trains once on each of 10, 100, 1,000 and 10,000 drawn videos, each time in a new process, and adds what it
found to record.json; what is there already is not measured again. Small sizes are measured several times in turn. The
largest takes 7 GB of disk and ten minutes; ``--others`` are larger pictures and the engineered baseline. ``turns`` has
stores of all sizes side by side in one process, 7 GB too. ``workers`` runs the same cross-validation with one worker
and with two, in turn. ``long`` prepares an hour of 1080p and a minute of 8K, each in a new process: half an hour, and
4 GB of disk.
"""

import argparse
import multiprocessing
import os
import shutil
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from experiments import access, fill, script
from experiments.cost import RECORD
from experiments.scaling import data, long, page, training
from experiments.scaling import turns as side_by_side
from experiments.script import option
from seqdl.base import cli, files

DOCUMENT = script.DOCS / "scaling.md"
REPEATS = {10: 10, 100: 2}
"""Trainings in one process, of the small sizes."""
ROUNDS = {1000: 3, 10_000: 1}
"""At most so many rounds, of the large ones."""
OTHERS = ((10, 2, "convnet-lstm"), (100, 1, "stip-lstm"))
"""Further datasets, as (videos, enlargement, model): larger pictures, and the engineered baseline."""
DRAWS, VIDEOS = 4, 100
ALL_PASSES = ["convnet.patience=1000", "lstm.patience=1000"]
"""So few videos are soon known by heart; training is to take all its passes nevertheless."""


def read() -> dict[str, Any]:
    """The record so far."""
    empty = {"machine": {}, "measured": [], "turns": {}, "workers": [], "long": {}, "draws": DRAWS, "videos": VIDEOS}
    return files.read_json(RECORD) if RECORD.exists() else empty


def measure(args: argparse.Namespace) -> None:
    """Every size in turn, round by round, each in a new process; what is measured is in the record at once."""
    record = read()
    record["machine"] = {key: access.environment()[key] for key in ("cpu", "cores", "python", "seqdl")}
    for number in range(args.rounds):
        sizes = [(size, 1, "convnet-lstm") for size in args.sizes if number < ROUNDS.get(size, args.rounds)]
        for size, scale, model in (*sizes, *(OTHERS if args.others else ())):
            key = {"size": size, "scale": scale, "model": model}
            done = sum(key.items() <= one.items() for one in record["measured"])
            if done > number:
                continue
            cli.say(f"round {number + 1}: {size} videos, {scale} x, {model}")
            given = (args.folder, size, scale, model, REPEATS.get(size, 1))
            with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as process:
                record["measured"].append(process.submit(training.measure, *given).result())
            files.write_json(RECORD, record)


def turns(args: argparse.Namespace) -> None:
    """All sizes side by side."""
    record = read()
    record["turns"] = side_by_side.measure(args.folder, args.sizes, 20 * args.rounds)
    files.write_json(RECORD, record)


def workers(args: argparse.Namespace) -> None:
    """The same cross-validation with one worker and two, in turn; the seconds of each."""
    record = read()
    videos = data.write(args.folder, VIDEOS)
    with tempfile.TemporaryDirectory(dir=args.folder) as name:
        os.environ["SEQDL_CACHE"] = str(Path(name) / "cache")
        crossval(videos, Path(name) / "run", 2, ["convnet.epochs=1", "lstm.epochs=1"])  # prepares, compiles
        for number in range(len(record["workers"]), args.rounds):
            cli.say(f"round {number + 1}: one worker, two workers")
            found = {str(count): crossval(videos, Path(name) / "run", count, ALL_PASSES) for count in (1, 2)}
            record["workers"].append(found)
            files.write_json(RECORD, record)


def long_films(args: argparse.Namespace) -> None:
    """Each of the long films, in a process of its own."""
    record = read()
    for name, (width, height, minutes) in long.FILMS.items():
        film = args.folder / f"{width}x{height}-{minutes}.mp4"
        cli.say(name)
        long.write(film, width, height, minutes)
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as process:
            record["long"][name] = process.submit(long.measure, film).result()
        files.write_json(RECORD, record)


def crossval(videos: Path, out: Path, count: int, settings: list[str]) -> dict[str, float]:
    """Seconds on the clock, and of the processor, that ``seqdl crossval`` takes."""
    words = ["-m", "seqdl", "crossval", "--dataset", "folder", "--data-dir", videos, "--draws", str(DRAWS)]
    words += ["--preset", "best", "--workers", str(count), "--out", out, *(f"--set={one}" for one in settings)]
    used = script.process(words)
    shutil.rmtree(out)
    return {"clock": used.clock, "processor": used.processor}


def work(args: argparse.Namespace) -> int:
    """Measure, or write."""
    if args.what == "write":
        fill.write(DOCUMENT, page.blocks(read()))
    else:
        args.folder = args.folder.absolute()
        args.folder.mkdir(parents=True, exist_ok=True)
        {"measure": measure, "turns": turns, "workers": workers, "long": long_films}[args.what](args)
    return 0


main = script.command(
    "scaling",
    "How cost and memory grow with the dataset.",
    work,
    option("what", choices=("measure", "turns", "workers", "long", "write")),
    option("--sizes", type=cli.count, nargs="+", default=data.SIZES, metavar="N"),
    option("--rounds", type=cli.count, default=5, help="of everything; turns: twenty times as many (5)"),
    script.flag("--others", "also larger pictures, and the baseline"),
    option("--folder", type=Path, default=Path("runs/scaling"), help="for videos and stores"),
)

if __name__ == "__main__":
    sys.exit(main())
