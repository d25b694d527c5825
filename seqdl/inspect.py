"""``seqdl inspect VIDEO``: what the network sees of a video, as one contact sheet."""

import argparse
import io
import sys
from pathlib import Path

from seqdl.base import cli
from seqdl.base.files import write_atomic
from seqdl.base.words import printable
from seqdl.config import BOXES
from seqdl.errors import UsageError


def options() -> argparse.ArgumentParser:
    """The command's options."""
    parser = cli.parser(
        "inspect",
        "Draw what the network sees of a video as one PNG: frames with the box (dashed and crossed out where nobody is "
        "seen), and below each the crop and the normalised input.",
    )
    parser.add_argument("video", metavar="VIDEO", help="a video file")
    parser.add_argument("--out", metavar="FILE.png", help="the picture (default: VIDEO's name with -inspect.png, here)")
    parser.add_argument(
        "--box",
        choices=BOXES,
        default="",
        help="how the person is found: full height, followed from side to side; a box around the person; the middle of "
        "the frame; or all of it (default: video.box; where that is auto, track for frames of 160 x 120 as in KTH, "
        "centre for frames hardly larger than the crop as in IXMAS, else person)",
    )
    parser.add_argument("--frames", metavar="N", type=int, default=12, help="how many frames are drawn (default: 12)")
    return parser


def work(args: argparse.Namespace) -> int:
    """Read, prepare, draw, write."""
    out, config = _target(args.out, args.video), cli.configuration(args)
    from seqdl.reports.inspection import inspect

    found = inspect(args.video, config, args.box, args.frames)
    picture = io.BytesIO()
    found.picture.save(picture, "PNG")
    write_atomic(out, picture.getvalue())
    print(f"{printable(str(out))}: {found.summary}")
    return 0


def _target(out: str | None, video: str) -> Path:
    target = Path(out or f"{Path(video).stem}-inspect.png")
    if target.suffix.lower() != ".png":
        raise UsageError(f"--out {target}: the picture is a PNG, so give a name that ends in .png")
    if target.exists() and Path(video).exists() and target.samefile(video):
        raise UsageError(f"--out {target}: that is the video itself, choose another name")
    return target


main = cli.command(options, work)

if __name__ == "__main__":
    sys.exit(main())
