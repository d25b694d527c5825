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
    """The command's options."""
    parser = cli.parser(
        "gradcheck",
        "Check every gradient by complex step, and every compiled kernel against its equation: of the networks that "
        "the configuration describes, layer by layer, and of a table of small cases. Exits with 1 if anything is off.",
    )
    parser.add_argument("--classes", type=int, default=6, metavar="N", help="number of actions (6, as in KTH)")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="where all random numbers come from (0)")
    parser.add_argument("--only", metavar="NAME", nargs="+", help="only the cases of these layers, ops or kernels")
    parser.add_argument("--list", action="store_true", help="print the names of all cases and check nothing")
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
    from seqdl.checks.cases import TABLE

    began = time.monotonic()
    networks: list[suite.AnyCase] = suite.networks(cli.configuration(args), args.classes)
    table: list[suite.AnyCase] = list(TABLE)
    if args.only:
        chosen = suite.named([*networks, *table], args.only)
        networks, table = ([case for case in cases if case in chosen] for cases in (networks, table))
    if args.list:
        print("\n".join(case.name for case in [*networks, *table]))
        return 0
    found = {"networks": suite.run(networks, args.seed), "table": suite.run(table, args.seed)}
    everything = found["networks"] + found["table"]
    ok, seconds = all(result.ok for result in everything), time.monotonic() - began
    if args.json:
        values = {"ok": ok, "seed": args.seed, "seconds": round(seconds, 1)}
        print(json.dumps(values | {name: [_plain(r) for r in results] for name, results in found.items()}))
    else:
        print(_layers(everything if args.only else found["networks"]))
        if table:
            print(f"{len(table)} small cases, {len(found['table']):,} checks: {_worst(found['table'])}")
        for r in everything:
            if not r.ok:
                print(f"  {r.case}: {r.what} by {r.by}: {r.error:.1e}, at most {r.bound:.1e}")
        print(f"{'all hold' if ok else 'NOT ALL HOLD'} ({seconds:.1f} s)")
    return 0 if ok else 1


def _plain(result: Result) -> dict[str, Any]:
    """A result as JSON has it, which knows neither NaN nor infinity."""
    error = result.error if math.isfinite(result.error) else None
    return result._asdict() | {"error": error, "ok": result.ok}


def _layers(results: list[Result]) -> str:
    """Case by case, a line for each quantity that has a derivative or a second form."""
    lines = []
    for case in dict.fromkeys(result.case for result in results):
        mine = [result for result in results if result.case == case and result.by in COMPARED]
        lines += [f"{case:<32}{'values':>8}{'complex step':>14}{'kernel':>10}{'bound':>10}"] if mine else []
        for what in dict.fromkeys(result.what for result in mine):
            found = {result.by: result for result in mine if result.what == what}
            step, kernel = (found.get(by) for by in COMPARED)
            good = all(result.ok for result in found.values())
            lines.append(
                f"  {what:<30}{next(iter(found.values())).count:>8,}{_number(step):>14}{_number(kernel):>10}"
                f"{f'{kernel.bound:.1e}' if kernel else '':>10}  {'ok' if good else 'WRONG'}"
            )
        lines += [""] if mine else []
    return "\n".join(lines)


def _number(result: Result | None) -> str:
    return "" if result is None else f"{result.error:.1e}"


def _worst(table: Iterable[Result]) -> str:
    by_step = max((result.error for result in table if result.by == "complex step"), default=0.0)
    by_kernel = max((result.error / result.bound for result in table if result.by == "kernel"), default=0.0)
    return f"complex step at worst {by_step:.1e}, kernels at worst {by_kernel:.0%} of their bound"


main = cli.command(options, work)

if __name__ == "__main__":
    sys.exit(main())
