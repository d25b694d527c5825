"""``seqdl settings [NAME]``: every setting with its default, the values it may have, and what it is for."""

import argparse
import dataclasses
import json
import re
import sys
import textwrap
from typing import Any

from seqdl.base import cli
from seqdl.base import settings as known

WIDTH = 100


def options() -> argparse.ArgumentParser:
    """The command's options."""
    parser = cli.parser(
        "settings",
        "List what --set and TOML files can change: defaults, ranges, choices, and what each setting is for. What "
        "follows from them for the network's size: seqdl info.",
        configurable=False,
    )
    parser.add_argument("name", nargs="?", default="", metavar="NAME", help="a section or a setting: lstm, lstm.cells")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser


def work(args: argparse.Namespace) -> int:
    """Print what is asked for; of all settings the first sentences."""
    found = known.settings(args.name)
    if args.json:
        print(json.dumps({one.name: _values(one) for one in found}))
        return 0
    sections, before = known.sections(), None
    for one in found:
        if one.section != before and one.section and not args.name.partition(".")[2]:
            print(f"\n{one.section}: {sections[one.section]}")
        before = one.section
        print(f"  {f'{one.name} = {_shown(one.default)}':<44}  {one.allowed}")
        what = one.what if args.name else re.split(r"(?<=[.!?])\s", one.what)[0]
        print(textwrap.fill(what, WIDTH, initial_indent=" " * 6, subsequent_indent=" " * 6))
    if not args.name:
        print("\nseqdl settings NAME tells all of a section or a setting; --set NAME=VALUE changes one.")
    return 0


def _values(one: known.Setting) -> dict[str, Any]:
    return {key: value for key, value in dataclasses.asdict(one).items() if key != "name"}


def _shown(value: Any) -> str:
    return json.dumps(value).strip('"') or "(empty)"


main = cli.command(options, work)

if __name__ == "__main__":
    sys.exit(main())
