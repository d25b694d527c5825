"""``seqdl datasets [NAME]``: which datasets there are, and where one comes from and how its folder must look."""

import argparse
import json
import sys

from seqdl.base import cli
from seqdl.datasets import page, registry


def options() -> argparse.ArgumentParser:
    """The command's options."""
    parser = cli.parser(
        "datasets",
        "List the datasets, or tell of one of them: where it comes from, its terms, and how its folder must look.",
        configurable=False,
    )
    parser.add_argument("dataset", metavar="NAME", nargs="?", help=f"one of {', '.join(registry.records())}")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser


def work(args: argparse.Namespace) -> int:
    """Print what is known; returns the exit code."""
    known = registry.records()
    if args.dataset:
        record = registry.find(args.dataset)
        print(json.dumps(record.to_dict()) if args.json else page.details(record))
    elif args.json:
        print(json.dumps({name: record.to_dict() for name, record in known.items()}))
    else:
        print("\n".join(page.summary(record) for record in known.values()))
        print("\nseqdl datasets NAME tells where one comes from, its terms, and how its folder must look.")
    return 0


main = cli.command(options, work)

if __name__ == "__main__":
    sys.exit(main())
