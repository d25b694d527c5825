"""``seqdl page [RUN] [VIDEO...]``: a page in which the run's own networks compute, and lessons to try on them."""

import argparse
import sys

from seqdl.base import cli
from seqdl.config import BOXES


def options() -> argparse.ArgumentParser:
    """The command's options."""
    parser = cli.parser(
        "page",
        "Write one HTML file in which a run's networks compute in the browser: every map, gate and decision of a clip, "
        "of a file that is opened there or of a camera, and lessons to try. It asks nobody for anything.",
        configurable=False,
    )
    parser.add_argument(
        "names",
        metavar="[RUN] [VIDEO ...]",
        nargs="*",
        default=[],
        help="a run folder that seqdl train made (without one: the networks that come with seqdl), and videos whose "
        "first seconds the page brings along (default: rendered figures)",
    )
    parser.add_argument(
        "--out", metavar="FILE.html", help="the page (default: page.html in the run folder, or here without a RUN)"
    )
    parser.add_argument("--box", choices=BOXES, default="", help="how the person is found (as in the run)")
    return parser


def work(args: argparse.Namespace) -> int:
    """Load, write."""
    from seqdl.interface import open_run
    from seqdl.runs import shipped

    run, videos = shipped.chosen(args.names, alone=True)
    if videos == args.names:
        cli.say(f"seqdl page: {shipped.told()}")
    print(open_run(run.path).page(videos, args.out or "", args.box, cli.say))
    return 0


main = cli.command(options, work)

if __name__ == "__main__":
    sys.exit(main())
