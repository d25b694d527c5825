"""Table 1 of the paper: KTH1 and KTH2, five draws of persons, voting, LSTM, and engineered features with the same LSTM.

python -m experiments.table1 --dry-run                  what the published set will cost on this machine
python -m experiments.table1 --data-dir DIR --dry-run   what is left to be done with the set in DIR, and what it costs
python -m experiments.table1 --data-dir DIR             run it; the same command goes on; write docs/table1.md
python -m experiments.table1 --write                    docs/table1.md from the records alone

DIR is what ``seqdl prepare kth`` has checked. A part of KTH and a stand-in do as well; the page keeps them apart.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from experiments import fill, script
from experiments.results import groups, running
from experiments.results.groups import Experiment, Group
from experiments.table1 import page, sample
from seqdl.base import cli, files
from seqdl.datasets import kth
from seqdl.errors import SeqdlError, UsageError

RECORDS = Path(__file__).resolve().parent
PAGE = script.DOCS / "table1.md"
PRESETS = ("paper", "best")
"""Of the learned features. The engineered ones have one of their own, ``stip``, which the LSTM asks for."""
PROTOCOLS = {"draws": 5, "fixed": 1}


def every(args: argparse.Namespace) -> list[Group]:
    """The table's groups of runs, for the set in the folder that is named; without one, for the published set."""
    whole = kth.load(args.data_dir, "kth1") if args.data_dir else None
    kind = page.kind(whole.name, len(whole.sequences), "kth1") if whole else "kth"
    return make_groups(kind, args.preset, args.protocol, args.empty)


def make_groups(kind: str, preset: str, protocol: str, empty: str) -> list[Group]:
    """KTH1 and KTH2, first with learned and then with engineered features."""
    name = protocol if empty == "skip" else f"{protocol}-{empty}"
    sets = [
        Experiment(
            f"{kind}-{variant}-{name}",
            f"{page.TITLES[kind]}, {variant}",
            {"dataset": "kth", "variant": variant, "protocol": protocol},
            ".",
            {"video": {"empty": empty}},
            draws=PROTOCOLS[protocol],
        )
        for variant in ("kth1", "kth2")
    ]
    return [Group(experiment, recipe) for recipe in (preset, "stip") for experiment in sets]


def work(args: argparse.Namespace) -> int:
    """Run, record, write; or say what it costs."""
    args.data_root, args.records = args.data_dir, args.records.resolve()
    args.records.mkdir(parents=True, exist_ok=True)
    if args.write:
        write(args.records)
        return 0
    chosen = groups.select(args.groups, every(args))
    if args.dry_run:
        cost = sample.predict(chosen, args)
        print(sample.screen(cost))
        if args.keep:
            files.write_json(args.records / f"cost-{cost['kind']}-{cost['preset']}.json", cost)
        return 0
    if not args.data_dir:
        raise UsageError("give KTH's folder with --data-dir DIR (seqdl prepare kth --download fetches it)")
    failed = None
    try:
        running.run(args)
    except SeqdlError as error:
        failed = error
    running.record(args)
    write(args.records)
    if failed:
        raise failed
    return 0


def write(records: Path) -> None:
    """Fill in the page; of other records than the project's own it goes beside them."""
    target = PAGE if records == RECORDS else records / PAGE.name
    fill.write(PAGE, page.blocks(records), target=target)
    print(f"written: {target}")


def options() -> argparse.ArgumentParser:
    """The command's options."""
    parser = script.parser("table1", "Table 1 of the paper: run it, record it, write it down.")
    parser.add_argument("--data-dir", type=Path, metavar="DIR", help="KTH's folder: videos and 00sequences.txt")
    parser.add_argument("--preset", choices=PRESETS, default="paper", help="of the learned features (paper)")
    parser.add_argument(
        "--protocol", choices=PROTOCOLS, default="draws", help="five draws of 16 and 9 persons, or KTH's printed split"
    )
    parser.add_argument(
        "--empty",
        choices=("skip", "keep"),
        default="skip",
        help="windows in which nobody is seen: leave them out (the default) or not",
    )
    parser.add_argument("--seeds", type=cli.count, nargs="+", default=[0], metavar="SEED", help="of the networks (0)")
    parser.add_argument("--groups", nargs="+", default=[], metavar="NAME", help="some rows only, such as '*-kth2-*'")
    cli.add_workers(parser, "runs at once, one thread each (0: one for each core)")
    parser.add_argument("--dry-run", action="store_true", help="measure a small sample and say what it all costs")
    parser.add_argument("--keep", action="store_true", help="with --dry-run: keep it among the records, for the page")
    parser.add_argument("--write", action="store_true", help="write the page from the records, and run nothing")
    parser.add_argument(
        "--set", dest="settings", metavar="KEY=VALUE", action="append", default=[], help="to try it out"
    )
    parser.add_argument("--out", type=Path, default=Path("runs/table1"), metavar="DIR", help="the groups' folders")
    parser.add_argument(
        "--records", type=Path, default=RECORDS, metavar="DIR", help="where records are kept (experiments/table1)"
    )
    parser.set_defaults(known=every, partial=True)
    return parser


main = script.command(options, work)

if __name__ == "__main__":
    sys.exit(main())
