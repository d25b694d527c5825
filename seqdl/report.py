"""``seqdl report RUNS...``: tabulate runs and cross-validations."""

import argparse
import json
import sys

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
    parser.add_argument("--markdown", action="store_true", help="print the tables as Markdown")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser


def work(args: argparse.Namespace) -> int:
    """Read, print."""
    from seqdl.reports import runs, tables
    from seqdl.runs.summary import groups

    rows, left = runs.collect(args.runs)
    for folder, why in left.items():
        cli.say(f"left out: {folder} {why}")
    if not rows:
        raise SeqdlError(
            "none of these runs is finished and tested: go on with seqdl train --resume RUN, or seqdl crossval"
        )
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
