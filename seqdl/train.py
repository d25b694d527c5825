"""``python -m seqdl.train``: train and evaluate on a dataset, and write a run folder."""

import argparse
import json
import sys
from pathlib import Path

from seqdl.base import cli
from seqdl.config import from_dict
from seqdl.datasets.options import add_data
from seqdl.errors import UsageError

MOVABLE = ("data_dir", "persons")
"""Options that say where something is and not what: they may differ when a run goes on."""


def options() -> argparse.ArgumentParser:
    """The command's options."""
    parser = cli.parser(
        "train",
        "Train the 3D-ConvNet and the LSTM, evaluate both on unseen persons, and write a run folder. "
        "Without options it runs on the embedded dataset.",
    )
    add_data(parser)
    cli.add_model(parser)
    cli.add_warm(parser)
    parser.add_argument("--draw", type=int, metavar="N", help="which split of the protocol, from 1")
    parser.add_argument("--seed", type=int, help="the seed of every random draw (0)")
    parser.add_argument("--out", metavar="DIR", default="", help="the run folder (a new one below runs/)")
    parser.add_argument(
        "--resume", metavar="RUN", help="go on with an interrupted run; --data-dir says where its videos are now"
    )
    cli.add_workers(parser, "processes that prepare video, threads that describe it (0: one for each core)")
    parser.add_argument("--json", action="store_true", help="print the result as one JSON object")
    return parser


def work(args: argparse.Namespace) -> int:
    """Train, print the last screen."""
    from seqdl.interface import fit
    from seqdl.reports import page
    from seqdl.runs.environment import cores
    from seqdl.runs.folder import RunFolder

    if args.resume:
        _refuse_with_resume(args)
        resumed = RunFolder(Path(args.resume))
        if not resumed.there:
            raise UsageError(f"--resume {resumed} is not a run folder: name one that seqdl train made")
        moved = {name: getattr(args, name) for name in MOVABLE if getattr(args, name) is not None}
        config, out = from_dict({"data": moved}, resumed.config), args.resume
    else:
        config, out = cli.effective(args, draw=args.draw), args.out
        config = config if args.seed is None else from_dict({"seed": args.seed}, config)
    run = fit(config, out, bool(args.resume), args.workers or cores(), cli.say)
    report = run.report()
    print(json.dumps(run.result.to_dict()) if args.json else page.last_screen(run.result, report))
    return 0


def _refuse_with_resume(args: argparse.Namespace) -> None:
    names = [
        name for name in (*cli.DATA_OPTIONS, "model", "warm", "draw", "seed", "preset", "config") if name not in MOVABLE
    ]
    given = [cli.option(name) for name in names if getattr(args, name) is not None]
    given += [f"--{name}" for name in ("control", "out") if getattr(args, name)] + ["--set"] * bool(args.settings)
    if given:
        raise UsageError(f"--resume goes on with the run's own configuration: leave out {', '.join(given)}")


main = cli.command(options, work)

if __name__ == "__main__":
    sys.exit(main())
