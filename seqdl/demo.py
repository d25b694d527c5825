"""``seqdl demo``: render a clip, name its action with the networks that come with seqdl, and show what they saw."""

import argparse
import json
import os
import sys
import webbrowser

from seqdl.base import cli


def options() -> argparse.ArgumentParser:
    """The command's options."""
    parser = cli.parser(
        "demo",
        "Render a clip of a person whom the networks that come with seqdl never saw, name its action, and show "
        "what they saw. Needs no video and no training.",
        configurable=False,
    )
    parser.add_argument("--action", metavar="NAME", default="handwaving", help="what is performed (handwaving)")
    parser.add_argument("--out", metavar="DIR", default="seqdl-demo", help="where clip and film go (seqdl-demo)")
    parser.add_argument("--no-open", action="store_true", help="open nothing, only say where the film is")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser


def work(args: argparse.Namespace) -> int:
    """Render, predict, draw, print, open."""
    from seqdl.reports import demo

    made = demo.make(args.action, args.out, cli.say)
    if args.json:
        print(json.dumps({**made.prediction.to_dict(), "film": str(made.film)}))
    else:
        print(f"{made.prediction}\nfilm: {made.film} (beside it .png, .csv, .json)", flush=True)
    if not args.no_open and has_display():
        webbrowser.open(made.film.resolve().as_uri())
    return 0


def has_display() -> bool:
    """Whether there is a screen that a film could be opened on."""
    return sys.platform in ("win32", "darwin") or any(map(os.environ.get, ("DISPLAY", "WAYLAND_DISPLAY")))


main = cli.command(options, work)

if __name__ == "__main__":
    sys.exit(main())
