"""How cost and memory grow with the dataset, and what known datasets would cost: writes docs/scaling.md.

python experiments/scaling.py measure [--sizes N ...] [--rounds N] [--others] [--folder DIR]
python experiments/scaling.py turns [--rounds N] [--folder DIR]
python experiments/scaling.py workers [--rounds N] [--folder DIR]
python experiments/scaling.py write                     the document, from the record

``measure`` trains once on each of 10, 100, 1,000 and 10,000 drawn videos, each time in a new process, and adds what it
found to scaling.json; what is there already is not measured again. Small sizes are measured several times in turn. The
largest takes 7 GB of disk and ten minutes; ``--others`` are larger pictures and the engineered baseline. ``turns`` has
stores of all sizes side by side in one process, 7 GB too. ``workers`` runs the same cross-validation with one worker
and with two, in turn.
"""

from __future__ import annotations

import os

for _name in ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"  # read when the libraries are imported

import argparse  # noqa: E402
import multiprocessing  # noqa: E402
import resource  # noqa: E402
import shutil  # noqa: E402
import subprocess  # noqa: E402
import sys  # noqa: E402
import tempfile  # noqa: E402
import time  # noqa: E402
from concurrent.futures import ProcessPoolExecutor  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402

import scaling_data  # noqa: E402
import scaling_page  # noqa: E402

from seqdl.base import cli, files  # noqa: E402
from seqdl.runs import folder as run_folder  # noqa: E402

HERE = Path(__file__).parent
RECORD, DOCUMENT = HERE / "scaling.json", HERE.parent / "docs" / "scaling.md"
REPEATS = {10: 10, 100: 2}
"""Trainings in one process, of the small sizes."""
ROUNDS = {1000: 3, 10_000: 1}
"""At most so many rounds, of the large ones."""
OTHERS = ((10, 2, "convnet-lstm"), (100, 1, "stip-lstm"))
"""Further datasets, as (videos, enlargement, model): larger pictures, and the engineered baseline."""
DRAWS, VIDEOS = 4, 100
ALL_PASSES = ["convnet.patience=1000", "lstm.patience=1000"]
"""So few videos are soon known by heart; training is to take all its passes nevertheless."""


def read(path: Path) -> dict[str, Any]:
    """The record so far."""
    return (
        files.read_json(path)
        if path.exists()
        else {"machine": {}, "measured": [], "turns": {}, "workers": [], "draws": DRAWS, "videos": VIDEOS}
    )


def measure(args: argparse.Namespace) -> None:
    """Every size in turn, round by round, each in a new process; what is measured is in the record at once."""
    import scaling_run

    record = read(args.record)
    record["machine"] = {key: run_folder.environment()[key] for key in ("cpu", "cores", "python", "seqdl")}
    for number in range(args.rounds):
        sizes = [(size, 1, "convnet-lstm") for size in args.sizes if number < ROUNDS.get(size, args.rounds)]
        for size, scale, model in (*sizes, *(OTHERS if args.others else ())):
            key = {"size": size, "scale": scale, "model": model}
            done = sum(key.items() <= one.items() for one in record["measured"])
            if done > number:
                continue
            print(f"round {number + 1}: {size} videos, {scale} x, {model}", file=sys.stderr, flush=True)
            given = (args.folder, size, scale, model, REPEATS.get(size, 1))
            with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as process:
                record["measured"].append(process.submit(scaling_run.measure, *given).result())
            files.write_json(args.record, record)


def turns(args: argparse.Namespace) -> None:
    """All sizes side by side."""
    import scaling_turns

    record = read(args.record)
    record["turns"] = scaling_turns.measure(args.folder, args.sizes, 20 * args.rounds)
    files.write_json(args.record, record)


def workers(args: argparse.Namespace) -> None:
    """The same cross-validation with one worker and two, in turn; the seconds of each."""
    record = read(args.record)
    data = scaling_data.write(args.folder, VIDEOS)
    with tempfile.TemporaryDirectory(dir=args.folder) as name:
        os.environ["SEQDL_CACHE"] = str(Path(name) / "cache")
        crossval(data, Path(name) / "run", 2, ["convnet.epochs=1", "lstm.epochs=1"])  # prepares, compiles
        for number in range(len(record["workers"]), args.rounds):
            print(f"round {number + 1}: one worker, two workers", file=sys.stderr, flush=True)
            found = {str(count): crossval(data, Path(name) / "run", count, ALL_PASSES) for count in (1, 2)}
            record["workers"].append(found)
            files.write_json(args.record, record)


def crossval(data: Path, out: Path, count: int, settings: list[str]) -> dict[str, float]:
    """Seconds on the clock, and of the processor, that ``seqdl crossval`` takes."""
    command = [sys.executable, "-m", "seqdl", "crossval", "--dataset", "folder", "--data-dir", str(data)]
    command += ["--draws", str(DRAWS), "--preset", "best", "--workers", str(count), "--out", str(out)]
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    subprocess.run([*command, *(f"--set={one}" for one in settings)], check=True, capture_output=True)
    clock, after = time.monotonic() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    shutil.rmtree(out)
    return {"clock": clock, "processor": sum(after[:2]) - sum(before[:2])}


def work(args: argparse.Namespace) -> int:
    """Measure, or write."""
    if args.what == "write":
        files.write_atomic(args.document, scaling_page.page(read(args.record)))
    else:
        args.folder = args.folder.absolute()
        args.folder.mkdir(parents=True, exist_ok=True)
        {"measure": measure, "turns": turns, "workers": workers}[args.what](args)
    return 0


def options() -> argparse.ArgumentParser:
    """The command's options."""
    parser = cli.parser("scaling", "How cost and memory grow with the dataset.", configurable=False)
    parser.prog = "scaling.py"
    parser.add_argument("what", choices=("measure", "turns", "workers", "write"))
    parser.add_argument("--sizes", type=cli.count, nargs="+", default=scaling_data.SIZES, metavar="N")
    parser.add_argument(
        "--rounds", type=cli.count, default=5, help="how often everything is measured; turns: twenty times as often (5)"
    )
    parser.add_argument("--others", action="store_true", help="also larger pictures, and the baseline")
    parser.add_argument("--folder", type=Path, default=Path("runs/scaling"), help="for videos and stores")
    parser.add_argument("--record", type=Path, default=RECORD, help=argparse.SUPPRESS)
    parser.add_argument("--document", type=Path, default=DOCUMENT, help=argparse.SUPPRESS)
    return parser


def main(argv: list[str] | None = None) -> int:
    """Run the command."""
    return cli.run(work, options(), argv)


if __name__ == "__main__":
    sys.exit(main())
