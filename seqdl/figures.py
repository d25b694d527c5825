"""``seqdl figures RUN...``: the paper's figures from trained networks, and what else tells how they work."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seqdl.base import cli
from seqdl.errors import SeqdlError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.figure import Figure

    from seqdl.reports.trained import Trained

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
    """Draw, write.

    Parameters
    ----------
    args : argparse.Namespace
        The parsed arguments.

    Returns
    -------
    int
        The exit code.
    """
    names = [name for name in FIGURES if not args.only or name in args.only]
    if not args.runs:
        names = _without_run(args, names)
    elif args.preset or args.config or args.settings or args.classes is not None:
        raise UsageError("a run has its own configuration: leave out --preset, --config, --set and --classes")

    from seqdl.reports import drawing

    drawing.require()
    written, numbers = [], {}
    with drawing.style():
        drawn = _of_runs(args, names) if args.runs else _of_configuration(args)
        folder = _folder(args.out, args.runs)
        for name, figure, found in drawn:
            path = folder / f"{name}.{args.format}"
            drawing.save(figure, path)
            written.append(str(path))
            if found is not None:
                numbers[name] = found
            if not args.json:
                print(path, flush=True)
    if args.json:
        print(json.dumps({"figures": written, **numbers}))
    return 0


Drawn = tuple[str, "Figure", Any]
"""A figure with its name before it, and what it was drawn from after it."""


def _of_runs(args: argparse.Namespace, names: list[str]) -> Iterator[Drawn]:
    """The figures of finished runs, drawn one by one; what is wrong is found before the first."""
    from seqdl.reports.gallery import Gallery
    from seqdl.runs.environment import cores

    given = (args.data_dir, args.persons, args.video or "", args.actions or ())
    gallery = Gallery(_runs(args.runs), *given, args.workers or cores())
    gallery.check(names)
    return ((name, *gallery.draw(name)) for name in names)


def _of_configuration(args: argparse.Namespace) -> Iterator[Drawn]:
    from seqdl.reports.architecture import architecture

    config = cli.configuration(args).convnet
    return iter([("architecture", architecture(config, 6 if args.classes is None else args.classes), None)])


def _without_run(args: argparse.Namespace, names: list[str]) -> list[str]:
    given = [f"--{name.replace('_', '-')}" for name in OF_RUNS if getattr(args, name) is not None]
    given += [f"--only {name}" for name in args.only or () if name != "architecture"]
    if given:
        raise UsageError(f"{given[0]} needs a run folder: name one that seqdl train made")
    return ["architecture"]


def _runs(paths: list[str]) -> list[Trained]:
    """The finished runs in the folders that were named."""
    from seqdl.reports import runs, trained
    from seqdl.runs.folder import RunFolder

    rows, unfinished = runs.collect(paths)
    if not rows:
        raise SeqdlError(f"the run in {unfinished[0]} is not finished: go on with seqdl train --resume {unfinished[0]}")
    for folder in unfinished:
        print(f"left out: {folder} is not finished", file=sys.stderr)
    return [trained.load(RunFolder(Path(row.run))) for row in rows]


def _folder(out: str | None, runs: list[str]) -> Path:
    folder = Path(out) if out else Path(runs[0] if runs else ".") / "figures"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SeqdlError(f"cannot make the folder {folder}: {error.strerror}; choose another with --out") from error
    return folder


main = cli.command(options, work)

if __name__ == "__main__":
    sys.exit(main())
