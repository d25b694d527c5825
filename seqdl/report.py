"""``seqdl report RUNS...``: tabulate runs and cross-validations."""

from __future__ import annotations

import argparse
import json
import sys

from seqdl.base import cli
from seqdl.errors import SeqdlError


def options() -> argparse.ArgumentParser:
    """The command's options.

    Returns
    -------
    argparse.ArgumentParser
    """
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
    """Read, print.

    Parameters
    ----------
    args : argparse.Namespace
        The parsed arguments.

    Returns
    -------
    int
        The exit code.
    """
    from seqdl.reports import runs, tables

    rows, unfinished = runs.collect(args.runs)
    for folder in unfinished:
        print(f"left out: {folder} is not finished", file=sys.stderr)
    if not rows:
        raise SeqdlError("none of these runs is finished: go on with seqdl train --resume RUN, or seqdl crossval")
    groups = runs.groups(rows)
    if args.json:
        print(json.dumps({"runs": rows, "groups": groups}))
        return 0
    print_table = tables.markdown if args.markdown else tables.plain
    print(f"{print_table(runs.rows_table(rows))}\n\n{print_table(runs.groups_table(groups))}")
    return 0


main = cli.door(options, work)

if __name__ == "__main__":
    sys.exit(main())
