"""``seqdl prepare DATASET``: have a dataset whole, checked and prepared, so that training starts at once."""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

from seqdl.base import cli
from seqdl.base.interrupts import nothing_lost
from seqdl.base.words import count, some
from seqdl.config import Config, DataConfig, from_dict
from seqdl.datasets import download, registry
from seqdl.datasets.options import add_obtain, add_videos, check_obtain
from seqdl.errors import SeqdlError

if TYPE_CHECKING:
    from seqdl.evaluation.ready import Ready


def options() -> argparse.ArgumentParser:
    """The command's options."""
    parser = cli.parser(
        "prepare",
        "Check a dataset and prepare its video, so that training starts at once. Archives are unpacked where seqdl "
        "knows them, and with --download fetched; the same command goes on with what was interrupted.",
    )
    parser.add_argument("dataset", metavar="DATASET", help=f"one of {', '.join(registry.records())}")
    add_videos(parser)
    add_obtain(parser)
    cli.add_workers(parser)
    parser.add_argument("--json", action="store_true", help="print the result as one JSON object")
    return parser


def work(args: argparse.Namespace) -> int:
    """Obtain, check, prepare, print what there is; wrong is what cannot be used, unless a part will do."""
    from seqdl.evaluation.ready import ready
    from seqdl.runs.environment import cores

    config, check = _configuration(args), args.check or "complete"
    with nothing_lost(cli.say, "the same command goes on where it was"):
        workers = args.workers or cores()
        made = ready(config, args.download, args.urls or (), args.sums or "", check, workers, cli.say)
    left = made.skipped if check != "part" else {}
    if args.json or not left:
        print(json.dumps(asdict(made)) if args.json else _screen(made, config.data))
    if left:
        whole = count(made.sequences + len(left), "sequence")
        part = ", or leave them out with check=part" if registry.find(args.dataset).obtain else ""
        raise SeqdlError(
            f"{made.sequences} of {whole} can be used, the others not ({some(left)}): get these videos again{part}"
        )
    return 0


def _screen(made: Ready, data: DataConfig) -> str:
    disk = f", {download.megabytes(made.bytes)}" if made.bytes else ""
    given = {"--dataset": data.dataset, "--variant": made.variant}
    given |= {"--data-dir": data.data_dir, "--persons": data.persons, "--person-pattern": data.person_pattern}
    words = [word for option, value in given.items() if value for word in (option, value)]
    return (
        f"{made.dataset} {made.variant}: {count(made.sequences, 'sequence')} of {made.frames:,} frames prepared{disk} "
        f"in {made.store}, {made.seconds:.0f} s\n"
        f"train on it: {shlex.join(['seqdl', 'train', *words])}"
    )


def _configuration(args: argparse.Namespace) -> Config:
    check_obtain(args)
    given = {key: getattr(args, key) for key in ("dataset", "variant", "data_dir", "persons", "person_pattern")}
    config = from_dict({"data": {key: value for key, value in given.items() if value}}, cli.configuration(args))
    if args.download and not config.data.data_dir:
        config = replace(config, data=replace(config.data, data_dir=args.dataset))
    return config


main = cli.command(options, work)

if __name__ == "__main__":
    sys.exit(main())
