"""``seqdl stip VIDEO``: space-time interest points and their descriptors, as STIP 2.0 writes them."""

import argparse
import contextlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from seqdl.base import cli
from seqdl.base.files import replace_atomic
from seqdl.errors import UsageError


def options() -> argparse.ArgumentParser:
    """The command's options."""
    parser = cli.parser(
        "stip",
        "Find Laptev's space-time interest points (Harris-3D) in a video, describe them (HOG and HOF), and write them "
        "in the text format of STIP 2.0: a line a point.",
        configurable=False,
    )
    parser.add_argument("video", metavar="VIDEO", help="a video file")
    parser.add_argument("--out", metavar="FILE.txt", help="the text (default: to standard output)")
    parser.add_argument(
        "--overlay",
        metavar="OUT.mp4",
        help="also draw the points on the video: circles of 3 sigma, orange for the short and blue for the long "
        "temporal scale",
    )
    return parser


def work(args: argparse.Namespace) -> int:
    """Detect, describe, write, draw."""
    _check_targets(args.video, args.out, args.overlay)

    from seqdl.baseline import video

    with _text_file(args.out) as write:
        found = video.write(args.video, write)
    for note in found.notes:
        cli.say(f"seqdl: warning: {args.video}: {note}")
    if not len(found.points):
        cli.say(f"seqdl: warning: {args.video}: no interest points: no corner in it starts, stops or turns")
    if args.overlay:
        video.draw(args.overlay, args.video, found)
    return 0


def _check_targets(video: str, out: str | None, overlay: str | None) -> None:
    if overlay and Path(overlay).suffix.lower() != ".mp4":
        raise UsageError(f"--overlay {overlay}: the video is an MP4, so give a name that ends in .mp4")
    for option, name in (("--out", out), ("--overlay", overlay)):
        if name and Path(name).exists() and Path(video).exists() and Path(name).samefile(video):
            raise UsageError(f"{option} {name}: that is the video itself, choose another name")
    if out and overlay and Path(out).resolve() == Path(overlay).resolve():
        raise UsageError(f"--out and --overlay {out}: choose two names")


@contextlib.contextmanager
def _text_file(out: str | None) -> Iterator[Callable[[str], object]]:
    """What writes text to the file that was asked for, or to standard output."""
    if out is None:
        yield sys.stdout.write
        return
    with replace_atomic(out) as temporary, temporary.open("w", encoding="utf-8") as file:
        yield file.write


main = cli.command(options, work)

if __name__ == "__main__":
    sys.exit(main())
