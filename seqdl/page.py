"""``seqdl page RUN [VIDEO...]``: a page in which the run's own networks compute, and lessons to try on them."""

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
    parser.add_argument("run", metavar="RUN", help="a run folder that seqdl train made")
    parser.add_argument(
        "videos",
        metavar="VIDEO",
        nargs="*",
        default=[],
        help="videos whose first seconds the page brings along (default: rendered figures)",
    )
    parser.add_argument("--out", metavar="FILE.html", help="the page (default: page.html in the run folder)")
    parser.add_argument("--box", choices=BOXES, default="", help="how the person is found (as in the run)")
    return parser


def work(args: argparse.Namespace) -> int:
    """Load, write."""
    from seqdl.interface import open_run

    print(open_run(args.run).page(args.videos, args.out or "", args.box, cli.say))
    return 0


main = cli.command(options, work)

if __name__ == "__main__":
    sys.exit(main())
