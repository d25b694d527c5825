"""Table 1 of the paper: KTH1 and KTH2, five draws of persons, voting, LSTM, and engineered features with the same LSTM.

python -m experiments.table1 --dry-run                  what the published set will cost on this machine
python -m experiments.table1 --data-dir DIR --dry-run   what is left to be done with the set in DIR, and what it costs
python -m experiments.table1 --data-dir DIR             run it; the same command goes on; write docs/table1.md
python -m experiments.table1 --write                    docs/table1.md from the records alone

DIR is what ``seqdl prepare kth`` has checked. A part of KTH and a stand-in do as well; the page keeps them apart.
"""

import argparse
import sys
from pathlib import Path

from experiments import fill, script
from experiments.results import groups, running
from experiments.results.groups import Experiment, Group
from experiments.script import option
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
    made, settings = [], {"video": {"empty": empty}}
    for recipe in (preset, "stip"):
        for variant in ("kth1", "kth2"):
            data = {"dataset": "kth", "variant": variant, "protocol": protocol}
            title = f"{page.TITLES[kind]}, {variant}"
            whole = Experiment(f"{kind}-{variant}-{name}", title, data, ".", settings, draws=PROTOCOLS[protocol])
            made.append(Group(whole, recipe))
    return made


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
    parser = script.parser(
        "table1",
        "Table 1 of the paper: run it, record it, write it down.",
        option("--data-dir", type=Path, metavar="DIR", help="KTH's folder: videos and 00sequences.txt"),
        option("--preset", choices=PRESETS, default="paper", help="of the learned features (paper)"),
        option("--protocol", choices=PROTOCOLS, default="draws", help="of 16 and 9 persons, or KTH's printed split"),
        option("--empty", choices=("skip", "keep"), default="skip", help="windows in which nobody is seen (skip)"),
        option("--seeds", type=cli.count, nargs="+", default=[0], metavar="SEED", help="of the networks (0)"),
        option("--groups", nargs="+", default=[], metavar="NAME", help="some rows only, such as '*-kth2-*'"),
        script.WORKERS,
        script.flag("--dry-run", "measure a small sample and say what it all costs"),
        script.flag("--keep", "with --dry-run: keep it among the records, for the page"),
        script.flag("--write", "write the page from the records, and run nothing"),
        script.SETTINGS,
        option("--out", type=Path, default=Path("runs/table1"), metavar="DIR", help="the groups' folders"),
        option("--records", type=Path, default=RECORDS, metavar="DIR", help="of finished groups (experiments/table1)"),
    )
    parser.set_defaults(known=every, partial=True)
    return parser


main = cli.command(options, work)

if __name__ == "__main__":
    sys.exit(main())
