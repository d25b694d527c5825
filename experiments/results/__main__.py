"""The results: run the groups behind them, keep their records, and write the tables from the records.

``python -m experiments.results.protocols`` runs and records the groups that compare protocols.
"""

import argparse
import sys
from pathlib import Path

from experiments import fill, script
from experiments.results import groups, page, running
from seqdl.base import cli

RECORDS = Path(__file__).resolve().parent
OTHERS = ("single-step",)
"""Places of the README that ``experiments.single_step`` fills."""
README, PAGE = script.ROOT / "README.md", script.DOCS / "results.md"


def write(_: argparse.Namespace) -> int:
    """Fill in the tables."""
    fill.write(README, readme(), OTHERS)
    fill.write(PAGE, page.blocks(RECORDS))
    return 0


def readme() -> dict[str, str]:
    """The README's table."""
    return {"results": page.overview(page.load(RECORDS, groups.every()))}


def options() -> argparse.ArgumentParser:
    """The command's options."""
    what = "The results: run them, keep their records, write them down."
    return running.options("results", what, lambda _: groups.every(), RECORDS, write)


main = cli.command(options, lambda args: args.work(args))

if __name__ == "__main__":
    sys.exit(main())
