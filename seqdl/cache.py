"""``seqdl cache``: what is kept between commands, prepared video and compiled code; and clear it."""

from __future__ import annotations

import argparse
import json
import sys
import time
from datetime import timedelta
from typing import TYPE_CHECKING

from seqdl.base import cache, cli
from seqdl.datasets.download import megabytes
from seqdl.errors import UsageError

if TYPE_CHECKING:
    from seqdl.stores.cached import Entry


def options() -> argparse.ArgumentParser:
    """The command's options."""
    parser = cli.parser(
        "cache",
        "List prepared video and compiled code, or clear them; what is cleared is made again when it is needed. "
        "SEQDL_CACHE chooses the folder, NUMBA_CACHE_DIR another one for compiled code.",
        configurable=False,
    )
    parser.add_argument("action", nargs="?", choices=("list", "clear"), default="list", help="list (the default)")
    parser.add_argument("--stale", action="store_true", help="only what was made by other code than the present")
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument("--compiled", action="store_true", help="only compiled code")
    kind.add_argument("--video", action="store_true", help="only prepared video")
    parser.add_argument("--older-than", type=float, default=0, metavar="DAYS", help="only what was not used so long")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser


def work(args: argparse.Namespace) -> int:
    """List, or clear and say what was freed."""
    if not args.older_than >= 0:
        raise UsageError(f"--older-than {args.older_than}: give a number of days, 0 or more")
    from seqdl.stores import cached

    chosen = cached.entries("compiled" if args.compiled else "video" if args.video else "", args.stale, args.older_than)
    if args.action == "list":
        listed = {"folder": str(cache.folder()), "bytes": _size(chosen), "entries": [one.to_dict() for one in chosen]}
        print(json.dumps(listed) if args.json else _table(chosen))
        return 0
    removed, left = cached.clear(chosen)
    for entry in left:
        print(f"left, since another process holds it: {entry.folder}", file=sys.stderr)
    if args.json:
        names = {"removed": [one.to_dict() for one in removed], "left": [one.to_dict() for one in left]}
        print(json.dumps({"freed": _size(removed), **names}))
    else:
        print(f"{len(removed)} removed, {megabytes(_size(removed))} freed in {cache.folder()}")
    return 0


def _size(chosen: list[Entry]) -> int:
    return sum(entry.size for entry in chosen)


def _table(chosen: list[Entry]) -> str:
    from seqdl.reports.tables import Table, plain

    rows = []
    for entry in chosen:
        cells = [entry.kind, entry.folder.name, megabytes(entry.size), f"{entry.count:,}", _ago(entry.made)]
        rows.append([*cells, _ago(entry.used), entry.state, ", ".join(entry.datasets)])
    head = ["kind", "folder", "size", "items", "begun", "last used", "state", "datasets"]
    total = f"{megabytes(_size(chosen))} in {cache.folder()} (SEQDL_CACHE chooses another folder)"
    return f"{plain(Table(head, rows))}\n\n{total}" if rows else f"nothing; {total}"


def _ago(moment: float) -> str:
    days = timedelta(seconds=time.time() - moment).days
    return "today" if days < 1 else f"{days} day{'s' * (days > 1)} ago"


main = cli.command(options, work)

if __name__ == "__main__":
    sys.exit(main())
