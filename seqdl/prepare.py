"""``seqdl prepare DATASET``: have a dataset whole, checked and prepared, so that training starts at once."""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from dataclasses import replace
from typing import Any

from seqdl.base import cli
from seqdl.base.words import count
from seqdl.config import Config, DataConfig, from_dict
from seqdl.datasets import download, registry
from seqdl.datasets.options import add_obtain, add_videos, check_obtain


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
    """Obtain, check, prepare, print what there is.

    Parameters
    ----------
    args : argparse.Namespace
        The parsed arguments.

    Returns
    -------
    int
        The exit code.
    """
    from seqdl.evaluation.ready import ready
    from seqdl.runs.environment import cores

    config = _configuration(args)
    try:
        workers, check = args.workers or cores(), args.check or "complete"
        made = ready(config, args.download, args.urls or (), args.sums or "", check, workers, cli.say)
    except BaseException as error:
        if not isinstance(error, Exception):  # interrupted or terminated
            cli.say("nothing is lost: the same command goes on where it was")
        raise
    print(json.dumps(made.to_dict()) if args.json else _screen(made.to_dict(), config.data))
    return 0


def _screen(result: dict[str, Any], data: DataConfig) -> str:
    disk = f", {download.megabytes(result['bytes'])}" if result["bytes"] else ""
    given = {"--dataset": data.dataset, "--variant": result["variant"]}
    given |= {"--data-dir": data.data_dir, "--persons": data.persons}
    words = [word for option, value in given.items() if value for word in (option, value)]
    return (
        f"{result['dataset']} {result['variant']}: {count(result['sequences'], 'sequence')} of {result['frames']:,} "
        f"frames prepared{disk} in {result['store']}, {result['seconds']:.0f} s\n"
        f"train on it: {shlex.join(['seqdl', 'train', *words])}"
    )


def _configuration(args: argparse.Namespace) -> Config:
    check_obtain(args)
    given = {key: getattr(args, key) for key in ("dataset", "variant", "data_dir", "persons")}
    config = from_dict({"data": {key: value for key, value in given.items() if value}}, cli.configuration(args))
    if args.download and not config.data.data_dir:
        config = replace(config, data=replace(config.data, data_dir=args.dataset))
    return config


main = cli.command(options, work)

if __name__ == "__main__":
    sys.exit(main())
