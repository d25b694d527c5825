"""``seqdl check DATASET``: what a training on a dataset would meet, before anything is trained."""

import argparse
import json
import sys

from seqdl.base import cli, targets
from seqdl.base.files import write_atomic
from seqdl.base.words import printable
from seqdl.datasets import registry
from seqdl.datasets.options import add_split, add_videos, take_folder
from seqdl.errors import SeqdlError, UsageError


def options() -> argparse.ArgumentParser:
    """The command's options."""
    parser = cli.parser(
        "check",
        "Read every file of a dataset through and tell, on one screen, what a training on it would meet: what will be "
        "left out and why, what to mind, how a split looks, what it costs. Nothing is trained, prepared or changed. "
        "The exit code is 1 where it cannot be trained on, or something of it is damaged or left out.",
    )
    known = ", ".join(registry.records())
    parser.add_argument("dataset", nargs="?", metavar="DATASET", help=f"one of {known}; or a folder of class folders")
    parser.add_argument("--store", action="store_true", help="compare all prepared video with its checksums instead")
    add_videos(parser)
    add_split(parser)
    cli.add_model(parser)
    cli.add_warm(parser)
    parser.add_argument("--draw", type=int, metavar="N", help="which split of the protocol, from 1")
    sheet = parser.add_mutually_exclusive_group()
    sheet.add_argument(
        "--sheet",
        metavar="FILE.png",
        help="the picture of a few files of each class (default: DATASET-check.png, here)",
    )
    sheet.add_argument("--no-sheet", action="store_true", help="draw no picture")
    cli.add_workers(parser, "processes that read video (0: one for each core)")
    parser.add_argument(
        "--json", action="store_true", help="print all that was found, file by file, as one JSON object"
    )
    return parser


def work(args: argparse.Namespace) -> int:
    """Check, draw, print."""
    if args.store:
        return _stores(args)
    name = take_folder(args)
    wanted = "" if args.no_sheet else args.sheet or "./"
    config = cli.effective(args, draw=args.draw)
    [pictures] = targets.plan([name], targets.Wanted("sheet", wanted, ".png", "-check", only="the picture is a PNG"))
    from seqdl.evaluation.check import check
    from seqdl.reports import check as page
    from seqdl.reports import check_sheet
    from seqdl.runs.environment import cores

    found, drawn, failed = check(config, args.workers or cores()), "", False
    if pictures and found.samples:
        try:
            write_atomic(pictures[name], check_sheet.png(found.samples, f"{name}, {found.variant}"))
            drawn = printable(str(pictures[name]))
        except SeqdlError as error:  # what was found is told all the same
            cli.say(f"seqdl check: error: {cli.as_options(str(error), args, options())}")
            failed = True
    if args.json:
        print(json.dumps(page.to_dict(found) | {"sheet": drawn}))
    else:
        print(page.screen(found, drawn, lambda text: cli.as_options(text, args, options())))
    return 0 if found.whole and not failed else 1


def _stores(args: argparse.Namespace) -> int:
    """Compare all prepared video with its checksums."""
    if args.dataset:
        raise UsageError(f"--store looks at prepared video, of all datasets: leave out {args.dataset}")
    from seqdl.stores import cached

    found = {str(entry.folder): cached.damaged(entry) for entry in cached.entries("video")}
    print(json.dumps(found) if args.json else cached.told(found))
    return 1 if any(found.values()) else 0


main = cli.command(options, work)

if __name__ == "__main__":
    sys.exit(main())
