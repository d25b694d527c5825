"""``seqdl figures RUN...``: the paper's figures from trained networks, and what else tells how they work."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from seqdl.base import cli
from seqdl.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

FIGURES = {
    "architecture": "Figure 1: the ConvNet's layers with their sizes and kernels; of any configuration without a run",
    "kernels": "the kernels of C1 over time",
    "maps": "Figure 2: what C1 makes of four actions",
    "two-steps": "Figure 3: a sequence from its frames to the decision",
    "learning": "loss, training accuracy and learning rate of both networks",
    "confusion": "what is taken for what, by voting and by the LSTM",
    "early": "accuracy over the seen part of a sequence: how early is the decision right?",
}
OF_RUNS = ("data_dir", "persons", "video", "actions")
"""Options that mean nothing without a run."""


def options() -> argparse.ArgumentParser:
    """The command's options."""
    parser = cli.parser(
        "figures",
        "Draw the paper's figures from finished runs: the networks of the first one, the numbers of all. Without a "
        "run: the architecture that a configuration makes. " + "; ".join(f"{k}: {v}" for k, v in FIGURES.items()) + ".",
    )
    parser.add_argument(
        "runs", metavar="RUN", nargs="*", help="run folders, or folders of them such as one that seqdl crossval made"
    )
    parser.add_argument("--out", metavar="DIR", help="where to (default: figures, in the first folder named, or here)")
    parser.add_argument("--only", metavar="NAME", nargs="+", choices=tuple(FIGURES), help="these figures alone")
    parser.add_argument("--format", choices=("png", "svg", "pdf"), default="png", help="png (the default), svg or pdf")
    parser.add_argument("--video", metavar="FILE", help="show this video in two-steps, not a test sequence")
    parser.add_argument("--actions", metavar="ACTION", nargs="+", help="what maps shows (default: the paper's four)")
    parser.add_argument("--data-dir", metavar="DIR", help="where the runs' videos are now, if they have moved")
    parser.add_argument("--persons", metavar="FILE", help="for folder: where the list of persons is now")
    parser.add_argument("--classes", type=int, metavar="N", help="number of actions, without a run (6, as in KTH)")
    cli.add_workers(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser


def work(args: argparse.Namespace) -> int:
    """Draw, write."""
    if not args.runs:
        _refuse_without_run(args)
    elif args.preset or args.config or args.settings or args.classes is not None:
        raise UsageError("a run has its own configuration: leave out --preset, --config, --set and --classes")

    from seqdl.base import drawing
    from seqdl.reports import gallery
    from seqdl.runs.environment import cores

    drawing.require()
    with drawing.style():
        if args.runs:
            given = (args.data_dir, args.persons, args.video or "", args.actions or (), args.workers or cores())
            names = [name for name in FIGURES if not args.only or name in args.only]
            drawn: Iterable[gallery.Drawn] = gallery.Gallery(gallery.find(args.runs, cli.say), *given).draw_all(names)
        else:
            drawn = gallery.of_configuration(cli.configuration(args), 6 if args.classes is None else args.classes)
        folder = Path(args.out) if args.out else Path(args.runs[0] if args.runs else ".") / "figures"
        written = gallery.save_all(drawn, folder, args.format, (lambda _: None) if args.json else print)
    if args.json:
        print(json.dumps(written))
    return 0


def _refuse_without_run(args: argparse.Namespace) -> None:
    given = [f"--{name.replace('_', '-')}" for name in OF_RUNS if getattr(args, name) is not None]
    given += [f"--only {name}" for name in args.only or () if name != "architecture"]
    if given:
        raise UsageError(f"{given[0]} needs a run folder: name one that seqdl train made")


main = cli.command(options, work)

if __name__ == "__main__":
    sys.exit(main())
