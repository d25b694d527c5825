"""``seqdl gradcheck``: prove every gradient of the networks of a configuration, and of every op."""

import argparse
import json
import sys
import time

from seqdl.base import cli
from seqdl.errors import UsageError


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
    """Check, print; the exit code is 1 if anything is off."""
    if args.seed < 0:
        raise UsageError(f"--seed {args.seed}: give 0 or more")
    from seqdl.checks import screen, suite
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
        print(json.dumps(values | {name: [screen.plain(r) for r in results] for name, results in found.items()}))
    else:
        print(screen.by_case(everything if args.only else found["networks"]))
        if table:
            print(f"{len(table)} small cases, {len(found['table']):,} checks: {screen.worst(found['table'])}")
        for r in everything:
            if not r.ok:
                print(f"  {r.case}: {r.what} by {r.by}: {r.error:.1e}, at most {r.bound:.1e}")
        print(f"{'all hold' if ok else 'NOT ALL HOLD'} ({seconds:.1f} s)")
    return 0 if ok else 1


main = cli.command(options, work)

if __name__ == "__main__":
    sys.exit(main())
