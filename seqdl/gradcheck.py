"""``seqdl gradcheck``: prove every gradient of the networks of a configuration, and of every op."""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from seqdl.base import cli
from seqdl.errors import UsageError

if TYPE_CHECKING:
    from seqdl.checks.case import Result

COMPARED = ("complex step", "kernel")


def options() -> argparse.ArgumentParser:
    """The command's options.

    Returns
    -------
    argparse.ArgumentParser
    """
    parser = cli.parser(
        "gradcheck",
        "Check every gradient by complex step, and every compiled kernel against its equation: of the networks that "
        "the configuration describes, layer by layer, and of a table of small cases. Exits with 1 if anything is off.",
    )
    parser.add_argument("--classes", type=int, default=6, metavar="N", help="number of actions (6, as in KTH)")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="where all random numbers come from (0)")
    parser.add_argument("--json", action="store_true", help="print one JSON object with every check")
    return parser


def work(args: argparse.Namespace) -> int:
    """Check, print.

    Parameters
    ----------
    args : argparse.Namespace
        The parsed arguments.

    Returns
    -------
    int
        0 if all hold, 1 otherwise.
    """
    if args.seed < 0:
        raise UsageError(f"--seed {args.seed}: give 0 or more")
    from seqdl.checks import suite

    began = time.monotonic()
    networks = suite.run(suite.rows_of(cli.configuration(args), args.classes), args.seed)
    table = suite.run(seed=args.seed)
    seconds = time.monotonic() - began
    ok = all(result.ok for result in networks + table)
    if args.json:
        values = {"ok": ok, "seed": args.seed, "seconds": round(seconds, 1)}
        named = {"networks": networks, "table": table}
        print(json.dumps(values | {name: [_plain(r) for r in results] for name, results in named.items()}))
    else:
        print(_screen(networks, table))
        print(f"{'all hold' if ok else 'NOT ALL HOLD'} ({seconds:.1f} s)")
    return 0 if ok else 1


def _plain(result: Result) -> dict[str, Any]:
    """A result as JSON has it, which knows neither NaN nor infinity."""
    error = result.error if math.isfinite(result.error) else None
    return result._asdict() | {"error": error, "ok": result.ok}


def _screen(networks: list[Result], table: list[Result]) -> str:
    """The networks layer by layer, then the small cases in sum, then what does not hold."""
    lines = []
    for row in dict.fromkeys(result.row for result in networks):
        mine = [result for result in networks if result.row == row]
        lines += [f"{row:<32}{'values':>8}{'complex step':>14}{'kernel':>10}{'bound':>10}"]
        for what in dict.fromkeys(result.what for result in mine if result.check in COMPARED):
            found = {result.check: result for result in mine if result.what == what}
            step, kernel = (found.get(check) for check in COMPARED)
            good = all(result.ok for result in (step, kernel) if result)
            count = next(result.count for result in (step, kernel) if result)
            lines.append(
                f"  {what:<30}{count:>8,}{_number(step):>14}{_number(kernel):>10}"
                f"{f'{kernel.bound:.1e}' if kernel else '':>10}  {'ok' if good else 'WRONG'}"
            )
        lines.append("")
    rows = len({result.row for result in table})
    lines.append(f"{rows} small cases, {len(table):,} checks: {_worst(table)}")
    wrong = [result for result in networks + table if not result.ok]
    lines += [f"  {r.row}: {r.what} by {r.check}: {r.error:.1e}, at most {r.bound:.1e}" for r in wrong]
    return "\n".join(lines)


def _number(result: Result | None) -> str:
    return "" if result is None else f"{result.error:.1e}"


def _worst(table: Iterable[Result]) -> str:
    by_step = max(result.error for result in table if result.check == "complex step")
    by_kernel = max(result.error / result.bound for result in table if result.check == "kernel")
    return f"complex step at worst {by_step:.1e}, kernels at worst {by_kernel:.0%} of their bound"


main = cli.command(options, work)

if __name__ == "__main__":
    sys.exit(main())
