"""``seqdl evaluate RUN``: evaluate a finished run again, on its own test persons or on another dataset."""

import argparse
import json
import sys
from pathlib import Path

from seqdl.base import cli
from seqdl.datasets.options import add_videos


def options() -> argparse.ArgumentParser:
    """The command's options."""
    parser = cli.parser(
        "evaluate",
        "Evaluate a finished run: on the persons it was tested on, or on all sequences of another dataset that show "
        "actions it knows.",
        configurable=False,
    )
    parser.add_argument("run", metavar="RUN", help="a run folder that seqdl train made")
    parser.add_argument("--dataset", default="", help="another dataset, one of those that seqdl train knows")
    add_videos(parser, "the run's")
    parser.add_argument(
        "--map",
        dest="maps",
        metavar="RUNS=DATASETS",
        action="append",
        default=[],
        help="the run's name of a class and the other dataset's, such as walking=walk; may be repeated",
    )
    cli.add_workers(parser, "processes that prepare video, threads that describe it (0: one for each core)")
    parser.add_argument("--out", metavar="DIR", help="write report.html and report.md there")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser


def work(args: argparse.Namespace) -> int:
    """Evaluate, print; the exit code is 1 if any of the sequences could not be used."""
    from seqdl.interface import open_run
    from seqdl.reports import content, page, tables
    from seqdl.runs.environment import cores

    run, workers = open_run(args.run), args.workers or cores()
    where = args.dataset, args.data_dir, args.variant, args.persons
    again = run.evaluate(*where, workers, cli.say, args.person_pattern, args.maps)
    if args.out:
        cli.say(f"report: {page.render(content.of_again(again), Path(args.out))}")
    print(json.dumps(again.to_dict()) if args.json else tables.evaluation(again))
    return 1 if again.skipped else 0


main = cli.command(options, work)

if __name__ == "__main__":
    sys.exit(main())
