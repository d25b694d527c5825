"""The protocol's own effect: one model, the same data, and five ways of dividing who trains from who is tested.

python experiments/protocols.py run --data-root DIR   run what is not yet finished; the same command goes on
python experiments/protocols.py run --dry-run         what there is to be done, and what it costs
python experiments/protocols.py record                keep the records of finished groups

Leaving one person out is not run here: its records are those of results.py. ``results.py write`` writes the table.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import numpy as np
import results
from groups import Experiment, Group
from protocols_page import DATASETS, DRAWS, MIXED

from seqdl.base import cli, files
from seqdl.datasets import registry

COST = {"weizmann": (0.25, 5.0), "ixmas": (1.1, 5.0)}
SEEDS = {"draws": (0,), "fixed": (0, 1, 2, 3, 4), "mixed": (0,)}
"""One seed where there are many splits, several where there is one."""
FIXED = {"weizmann": ("lyova", "moshe", "shahar"), "ixmas": ("daniel", "florian")}
"""Who is tested in the one fixed split: the last of the alphabet, as many as a random draw tests."""


def every(args: argparse.Namespace) -> list[Group]:
    """The groups; before they are run, also the split and the folders that they need."""
    made = []
    for dataset in DATASETS:
        split, mixed = args.out / f"fixed-{dataset}.txt", args.out / f"mixed-{dataset}"
        if args.verb == "run" and args.data_root and not args.dry_run:
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
    experiment = Experiment(
        f"protocol-{dataset}-{kind}",
        f"{dataset}: {kind}",
        data,
        COST[dataset],
        "" if kind == "mixed" else dataset,
        {"video": {"box": box}},
        seeds=SEEDS[kind],
        draws=draws,
    )
    return Group(experiment, "best")


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


def options() -> argparse.ArgumentParser:
    """The command's options."""
    parser = cli.parser("protocols", "What the protocol alone does to an accuracy.", configurable=False)
    parser.prog = "protocols.py"
    results.add_verbs(parser, every)
    return parser


def main(argv: list[str] | None = None) -> int:
    """Run the command."""
    return cli.run(lambda args: args.work(args), options(), argv)


if __name__ == "__main__":
    sys.exit(main())
