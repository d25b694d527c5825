"""``seqdl stip VIDEO...``: space-time interest points and their descriptors, as STIP 2.0 writes them."""

import argparse
import contextlib
import io
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from seqdl.base import cli, disk, targets
from seqdl.base.files import replace_atomic


def options() -> argparse.ArgumentParser:
    """The command's options."""
    parser = cli.parser(
        "stip",
        "Find Laptev's space-time interest points (Harris-3D) in videos, describe them (HOG and HOF), and write them "
        "in the text format of STIP 2.0: a line a point.",
        configurable=False,
    )
    parser.add_argument("videos", metavar="VIDEO", nargs="+", help="video files")
    parser.add_argument(
        "--out",
        metavar="FILE.txt",
        help="the text (default: to standard output); of several videos a folder, in which clip.avi becomes clip.txt",
    )
    parser.add_argument(
        "--overlay",
        metavar="OUT.mp4",
        help="also draw the points on the video: circles of 3 sigma, orange for the short and blue for the long "
        "temporal scale; of several videos a folder",
    )
    return parser


def work(args: argparse.Namespace) -> int:
    """Detect, describe, write, draw; the exit code is 1 if any of the videos could not be used."""
    videos = list(dict.fromkeys(args.videos))
    texts, overlays = targets.plan(
        videos,
        targets.Wanted("out", args.out, ".txt"),
        targets.Wanted("overlay", args.overlay, ".mp4", only="the video is an MP4"),
    )

    from seqdl.baseline import video

    def one(name: str) -> None:
        with _text_file(texts.get(name)) as write:
            found = video.write(name, write)
        for note in found.notes:
            cli.say(f"seqdl: warning: {name}: {note}")
        if not len(found.points):
            cli.say(f"seqdl: warning: {name}: no interest points: no corner in it starts, stops or turns")
        if overlays:
            video.draw(overlays[name], name, found)

    return 1 if cli.each(videos, one, args, "seqdl stip") else 0


@contextlib.contextmanager
def _text_file(out: Path | None) -> Iterator[Callable[[str], object]]:
    """What writes text to the file that was asked for, or to standard output."""
    if out is None:
        yield sys.stdout.write
        return
    with replace_atomic(out) as temporary, io.TextIOWrapper(disk.opened(temporary), "utf-8") as file:
        yield file.write


main = cli.command(options, work)

if __name__ == "__main__":
    sys.exit(main())
