"""``seqdl crossval``: every split of a protocol with every seed, several at once, in one folder that can go on."""

import argparse
import contextlib
import json
import sys
from dataclasses import replace
from pathlib import Path

from seqdl.base import cli
from seqdl.datasets.options import add_data
from seqdl.errors import SeqdlError


def options() -> argparse.ArgumentParser:
    """The command's options."""
    parser = cli.parser(
        "crossval",
        "Train and evaluate every split of a protocol, with every seed. Each is a run folder of its own inside one "
        "folder. Interrupted or killed, the same command goes on where it was; what is finished is never run again.",
    )
    add_data(parser)
    cli.add_model(parser)
    cli.add_warm(parser)
    parser.add_argument("--draws", type=cli.count, metavar="N", help="random draws of the protocol draws (5)")
    parser.add_argument("--seeds", type=cli.count, nargs="+", metavar="SEED", help="the seeds of every draw (0)")
    parser.add_argument(
        "--out", metavar="DIR", default="", help="the folder (default: below runs/, named after the configuration)"
    )
    cli.add_workers(parser, "draws that run at once, one thread each (0: one for each core)")
    parser.add_argument(
        "--retries", type=cli.count, default=2, metavar="N", help="how often a draw that was killed is tried again (2)"
    )
    parser.add_argument(
        "--cluster",
        metavar="ADDRESS",
        default="",
        help="run the draws on the Dask cluster whose scheduler is at tcp://HOST:PORT or tls://HOST:PORT, as many at "
        "once as its workers have threads (docs/cluster.md)",
    )
    parser.add_argument(
        "--cluster-tls",
        metavar=("CA", "CERT", "KEY"),
        nargs=3,
        default=(),
        help="files for tls: the authority's certificate, your own and its key (default: what Dask's settings name)",
    )
    parser.add_argument("--json", action="store_true", help="print the content of crossval.json")
    return parser


def work(args: argparse.Namespace) -> int:
    """Run, show how it goes, sum up."""
    from seqdl.evaluation.crossval import default_folder
    from seqdl.interface import cross_validate
    from seqdl.reports import page, runs
    from seqdl.reports.watcher import Watcher
    from seqdl.runs.environment import cores
    from seqdl.runs.folder import PAGE, RunFolder

    config = cli.effective(args, draws=args.draws)
    seeds = args.seeds or [config.seed]
    out = Path(args.out) if args.out else default_folder(config)
    workers = args.workers or cores()
    with contextlib.closing(Watcher(out)) as watcher:
        found = cross_validate(config, seeds, out, workers, args.retries, watcher.watch, args.cluster, args.cluster_tls)
    for name in found.runs:
        run = RunFolder(out / name)
        if not run.reported:  # it was finished just before an end
            page.write(run)
    print(json.dumps(found.to_dict()) if args.json else f"{runs.last_screen(found)}\n\nAll of it: {found.path}")
    if found.runs and (any(watcher.counts.values()) or not (out / PAGE).is_file()):
        left_out = [f"{name}: {why}" for name, why in found.failed.items()]
        rows = [replace(row, run=str(out / row.run)) for row in found.rows]
        cli.say(f"report: {page.write_all(rows, left_out, out)}")
    if found.failed:
        names = ", ".join(found.failed)
        raise SeqdlError(f"not finished: {names} (why: above, and in {out / 'logs'}); the same command tries again")
    return 0


main = cli.command(options, work)

if __name__ == "__main__":
    sys.exit(main())
