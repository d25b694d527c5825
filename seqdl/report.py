"""``seqdl report RUNS...``: tabulate runs and cross-validations."""

import argparse
import json
import sys
from pathlib import Path

from seqdl.base import cli
from seqdl.errors import SeqdlError


def options() -> argparse.ArgumentParser:
    """The command's options."""
    parser = cli.parser(
        "report",
        "Tabulate finished runs, one row each, and the means and spreads of those that differ in draw and seed alone.",
        configurable=False,
    )
    parser.add_argument(
        "runs",
        metavar="RUNS",
        nargs="+",
        help="run folders, folders that hold some (such as one that seqdl crossval made), or records of runs",
    )
    parser.add_argument(
        "--out",
        metavar="DIR",
        help="write report.html and report.md there: all about one run, or several together",
    )
    parser.add_argument("--markdown", action="store_true", help="print the tables as Markdown")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser


def work(args: argparse.Namespace) -> int:
    """Read, print, write."""
    from seqdl.reports import page, runs, tables
    from seqdl.runs.summary import groups

    bad: list[SeqdlError] = []
    rows, left = runs.collect(args.runs, bad)
    if not rows and bad:
        raise bad[0]
    left_out = [*(f"{folder} {why}" for folder, why in left.items()), *map(str, bad)]
    for why in left_out:
        cli.say(f"left out: {why}")
    if not rows:
        raise SeqdlError(
            "none of these runs is finished and tested: go on with seqdl train --resume RUN, or seqdl crossval"
        )
    if args.out:
        cli.say(f"report: {page.write_all(rows, left_out, Path(args.out))}")
    found = groups(rows)
    if args.json:
        print(json.dumps({"runs": [row.to_dict() for row in rows], "groups": runs.groups_dict(found)}))
        return 0
    print_table = tables.markdown if args.markdown else tables.plain
    print(f"{print_table(runs.rows_table(rows))}\n\n{print_table(runs.groups_table(found))}")
    return 0


main = cli.command(options, work)

if __name__ == "__main__":
    sys.exit(main())
