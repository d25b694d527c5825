"""``seqdl stip VIDEO``: space-time interest points and their descriptors, as STIP 2.0 writes them."""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from seqdl.base import cli
from seqdl.base.files import replace_atomic
from seqdl.errors import SeqdlError, UsageError

if TYPE_CHECKING:
    import numpy as np


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
    """Detect, describe, write, draw.

    Parameters
    ----------
    args : argparse.Namespace
        The parsed arguments.

    Returns
    -------
    int
        The exit code.
    """
    video = args.video
    _check_targets(video, args.out, args.overlay)

    import numpy as np

    from seqdl.baseline import text
    from seqdl.baseline.scales import POINT
    from seqdl.baseline.stip import features
    from seqdl.video.reader import Reader

    with Reader(video) as reader:
        frames = sum(1 for _ in reader)  # the format divides by it, and headers lie
        shape = frames, reader.height, reader.width
        rate, notes = reader.rate, reader.report.notes
    for note in notes:
        print(f"seqdl: warning: {video}: {note}", file=sys.stderr)
    found = [np.empty(0, POINT)]
    with _text_file(args.out) as write, Reader(video) as reader:
        for some in features(reader, name=video):
            if len(found) == 1:  # not before the video has turned out to be one that can be used
                write(text.header(Path(video).stem))
            found.append(some.points)
            for line in text.lines(some, shape):
                write(line)
    points = np.concatenate(found)
    if not len(points):
        print(f"seqdl: warning: {video}: no interest points: no corner in it starts, stops or turns", file=sys.stderr)
    if args.overlay:
        _overlay(args.overlay, video, points, rate)
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


def _overlay(target: str, video: str, points: np.ndarray, rate: float) -> None:
    import av

    from seqdl.baseline import overlay
    from seqdl.video.reader import Reader

    with replace_atomic(target) as temporary, Reader(video) as reader:
        try:
            overlay.write(temporary, reader, points, rate)
        except (av.error.FFmpegError, av.codec.codec.UnknownCodecError) as error:
            raise SeqdlError(f"cannot write {target}: {getattr(error, 'strerror', None) or error}") from error


main = cli.command(options, work)

if __name__ == "__main__":
    sys.exit(main())
