"""``seqdl inspect VIDEO...``: what the network sees of a video, as one contact sheet."""

import argparse
import io
import sys

from seqdl.base import cli, targets
from seqdl.base.files import write_atomic
from seqdl.base.words import printable
from seqdl.config import BOXES


def options() -> argparse.ArgumentParser:
    """The command's options."""
    parser = cli.parser(
        "inspect",
        "Draw what the network sees of a video as one PNG: frames with the box (dashed and crossed out where nobody is "
        "seen), and below each the crop and the normalised input.",
    )
    parser.add_argument("videos", metavar="VIDEO", nargs="+", help="video files")
    parser.add_argument(
        "--out",
        metavar="FILE.png",
        help="the picture (default: VIDEO's name with -inspect.png, here); of several videos a folder of them",
    )
    parser.add_argument(
        "--box",
        choices=BOXES,
        default="",
        help="how the person is found: full height, followed from side to side; a box around the person; the middle of "
        "the frame; or all of it (default: video.box; where that is auto, track for frames of 160 x 120 as in KTH, "
        "centre for frames hardly larger than the crop as in IXMAS, else person)",
    )
    parser.add_argument(
        "--copies",
        action="store_true",
        help="in place of the frames: one window of the input as each setting of the section vary varies it, at the "
        "ends of its range, such as --set vary.size=0.2",
    )
    parser.add_argument("--frames", metavar="N", type=int, default=12, help="how many frames are drawn (default: 12)")
    return parser


def work(args: argparse.Namespace) -> int:
    """Read, prepare, draw, write; the exit code is 1 if any of the videos could not be used."""
    videos, config = list(dict.fromkeys(args.videos)), cli.configuration(args)
    wanted = targets.Wanted("out", args.out or "./", ".png", added="-inspect", only="the picture is a PNG")
    [pictures] = targets.plan(videos, wanted)
    from seqdl.reports.copies_sheet import inspect_copies
    from seqdl.reports.inspection import inspect, require_number

    require_number(args.frames)

    def one(name: str) -> None:
        found = inspect_copies(name, config, args.box) if args.copies else inspect(name, config, args.box, args.frames)
        picture = io.BytesIO()
        found.picture.save(picture, "PNG")
        write_atomic(pictures[name], picture.getvalue())
        print(f"{printable(str(pictures[name]))}: {found.summary}", flush=True)

    return 1 if cli.each(videos, one, args, "seqdl inspect") else 0


main = cli.command(options, work)

if __name__ == "__main__":
    sys.exit(main())
