"""The protocol's own effect: one model, the same data, and five ways of dividing who trains from who is tested.

Leaving one person out is not run here: its records are those of ``experiments.results``, which also writes the tables.
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from experiments import access
from experiments.results import running
from experiments.results.groups import Experiment, Group
from seqdl.base import cli, files
from seqdl.datasets import registry
from seqdl.reports.tables import Table, markdown, percent
from seqdl.runs.summary import Row

RECORDS = Path(__file__).resolve().parent
LEFT_OUT = {"weizmann": "weizmann-10-best", "ixmas": "ixmas-persons-best"}
"""Of each dataset the record of leaving one person out."""
DRAWS, MIXED, FEW = 30, 10, 5
SEEDS = {"draws": (0,), "fixed": (0, 1, 2, 3, 4), "mixed": (0,)}
"""One seed where there are many splits, several where there is one."""
FIXED = {"weizmann": ("lyova", "moshe", "shahar"), "ixmas": ("daniel", "florian")}
"""Who is tested in the one fixed split: the last of the alphabet, as many as a random draw tests."""
WAYS = ("voting", "lstm")


def every(args: argparse.Namespace) -> list[Group]:
    """The groups; before they are run, also the split and the folders that they need."""
    made = []
    for dataset in LEFT_OUT:
        split, mixed = args.out / f"fixed-{dataset}.txt", args.out / f"mixed-{dataset}"
        if args.command == "run" and args.data_root and not args.dry_run:
            args.out.mkdir(parents=True, exist_ok=True)
            files.write_atomic(split, f"test: {' '.join(FIXED[dataset])}\n")
            mix(dataset, args.data_root / dataset, mixed)
        known = {"dataset": dataset}
        made += [
            _group(dataset, "draws", {**known, "protocol": "draws", "draws": DRAWS}, DRAWS),
            _group(dataset, "fixed", {**known, "protocol": f"file:{split}"}, 1),
            _group(dataset, "mixed", {"dataset": "folder", "data_dir": str(mixed), "draws": MIXED}, MIXED),
        ]
    return made


def _group(dataset: str, kind: str, data: dict[str, Any], draws: int) -> Group:
    box = "centre" if dataset == "ixmas" else "person"  # which the folder of mixed clips does not know
    name, folder, settings = f"protocol-{dataset}-{kind}", "" if kind == "mixed" else dataset, {"video": {"box": box}}
    title = f"{dataset}: {kind}"
    return Group(Experiment(name, title, data, folder, settings, seeds=SEEDS[kind], draws=draws), "best")


def mix(dataset: str, source: Path, target: Path) -> None:
    """The wrong way: a dataset folder whose "persons" are random groups of clips, as many as there are persons."""
    whole = registry.load(dataset, source)
    order = np.random.default_rng(0).permutation(len(whole.sequences))
    rows = ["file,person"]
    for place, number in enumerate(order):
        sequence = whole.sequences[number]
        assert sequence.file is not None
        link = target / sequence.label / sequence.file.name
        link.parent.mkdir(parents=True, exist_ok=True)
        if not link.is_symlink():
            link.symlink_to(sequence.file.resolve())
        rows.append(f"{sequence.label}/{link.name},group{place % len(whole.persons) + 1}")
    files.write_atomic(target / "persons.csv", "\n".join(rows) + "\n")


def blocks(folder: Path) -> dict[str, str]:
    """The tables of docs/results.md, of each dataset one."""
    made = {}
    for dataset, left_out in LEFT_OUT.items():
        found = {kind: _rows(folder / f"protocol-{dataset}-{kind}-best.json") for kind in SEEDS}
        done = markdown(table(found, _rows(folder / f"{left_out}.json"))) if any(found.values()) else "Not run yet."
        made[f"protocols-{dataset}"] = done
    return made


def _rows(path: Path) -> Sequence[Row]:
    """The runs of a record; none where it is missing."""
    return access.read_record(path).rows if path.is_file() else []


def table(found: Mapping[str, Sequence[Row]], left_out: Sequence[Row]) -> Table:
    """A row for each way of dividing."""
    draws = {way: access.by_draw(found["draws"], way) for way in WAYS}
    ordered = {way: sorted(means.values(), reverse=True) for way, means in draws.items()}
    first = {way: [means[number] for number in sorted(means)[:FEW]] for way, means in draws.items()}
    seeds = _seeds(found["draws"])
    ways = [
        (f"random draws of persons, all {len(ordered['lstm']) or DRAWS}", seeds, ordered),
        (f"the first {FEW} of them, as in the paper", seeds, first),
        (f"the best {FEW}", seeds, {way: values[:FEW] for way, values in ordered.items()}),
        (f"the worst {FEW}", seeds, {way: values[-FEW:] for way, values in ordered.items()}),
    ]
    for name, rows in (
        ("leave one person out", left_out),
        ("one fixed split", found["fixed"]),
        ("the wrong way: clips drawn, not persons", found["mixed"]),
    ):
        ways.append((name, _seeds(rows), {way: list(access.by_draw(rows, way).values()) for way in WAYS}))
    lines = [[name, str(len(values["lstm"])), seeds, *_cells(values, ordered)] for name, seeds, values in ways]
    return Table(["protocol", "splits", "seeds", "voting", "effect", "LSTM", "effect"], lines)


def _seeds(rows: Sequence[Mapping[str, Any]]) -> str:
    return str(len({row.seed for row in rows}))


def _cells(values: Mapping[str, Sequence[float]], every: Mapping[str, Sequence[float]]) -> list[str]:
    cells = []
    for way in WAYS:
        if not values[way]:
            cells += ["missing", "-"]
            continue
        mean = float(np.mean(values[way]))
        effect = f"{100 * (mean - float(np.mean(every[way]))):+z.1f}" if every[way] else "-"
        cells += [percent(mean) + access.spread(values[way]), effect]
    return cells


main = cli.command(
    lambda: running.options("results.protocols", "What the protocol alone does to an accuracy.", every, RECORDS),
    lambda args: args.work(args),
)

if __name__ == "__main__":
    sys.exit(main())
