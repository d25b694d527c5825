"""``seqdl inspect VIDEO``: what the network sees of a video, as one contact sheet."""

from __future__ import annotations

import argparse
import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from seqdl import cli
from seqdl.errors import UsageError
from seqdl.files import write_atomic

if TYPE_CHECKING:
    import numpy as np
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw

    from seqdl.video.prepare import Clip

ACROSS = 8
"""Frames side by side on a sheet."""
TALL = 120
"""Height of each frame and crop on the sheet, in pixels."""
LINE = 14
"""Height of a line of text, in pixels."""
SEEN, NOBODY = (60, 220, 60), (230, 60, 60)


def options() -> argparse.ArgumentParser:
    """The command's options.

    Returns
    -------
    argparse.ArgumentParser
    """
    parser = cli.parser(
        "inspect",
        "Draw what the network sees of a video as one PNG: frames with the box (dashed where nobody is seen), and "
        "below each the crop and the normalised input.",
    )
    parser.add_argument("video", metavar="VIDEO", help="a video file")
    parser.add_argument("--out", metavar="FILE.png", help="the picture (default: VIDEO's name with -inspect.png, here)")
    parser.add_argument(
        "--box",
        choices=("auto", "track", "person", "centre"),
        help="how the person is found; auto: track for 160 x 120 (KTH), centre up to 64 x 64 (IXMAS), else person",
    )
    parser.add_argument("--frames", metavar="N", type=int, default=24, help="how many frames are drawn (default: 24)")
    return parser


def rule_for(width: int, height: int) -> str:
    """The rule for the box of a lone video, by the size of its frames.

    Parameters
    ----------
    width, height : int
        Size of a frame, in pixels.

    Returns
    -------
    {"track", "centre", "person"}
        ``track`` for KTH's 160 x 120, where a person fills the height; ``centre`` for frames up to 64 x 64, which were
        cut around the person already; else ``person``.
    """
    if (width, height) == (160, 120):
        return "track"
    return "centre" if max(width, height) <= 64 else "person"


def sheet(frames: list[np.ndarray], chosen: np.ndarray, clip: Clip, title: str) -> Image:
    """The contact sheet.

    Parameters
    ----------
    frames : list of array of uint8, (height, width)
        The frames that are drawn, as they are in the video.
    chosen : array of int
        Their numbers.
    clip : Clip
        The whole video, prepared.
    title : str
        The line above.

    Returns
    -------
    PIL.Image.Image
    """
    from PIL import Image, ImageDraw

    cells = [_cell(frame, int(t), clip) for frame, t in zip(frames, chosen)]
    wide, tall = max(cell.width for cell in cells), cells[0].height
    across = min(ACROSS, len(cells))
    whole = Image.new("RGB", (max(across * wide, 480), LINE + 4 + -(-len(cells) // across) * tall), "white")
    ImageDraw.Draw(whole).text((3, 2), title, fill="black")
    for k, cell in enumerate(cells):
        whole.paste(cell, (k % across * wide, LINE + 4 + k // across * tall))
    return whole


def _cell(frame: np.ndarray, t: int, clip: Clip) -> Image:
    """One frame with its box, and under it the crop and the network's input."""
    import numpy as np
    from PIL import Image, ImageDraw

    height, width = frame.shape
    scale = TALL / height
    picture = Image.fromarray(frame).resize((max(1, round(width * scale)), TALL)).convert("RGB")
    b, seen = clip.boxes, bool(clip.seen[t])
    corners = np.array([b.left[t], b.top[t], b.left[t] + b.width[t], b.top[t] + b.height[t]]) * clip.factor * scale
    _outline(ImageDraw.Draw(picture), corners.round().astype(int).tolist(), SEEN if seen else NOBODY, dashed=not seen)
    grey = [clip.crops[t] * 255, 128 + 50 * clip.frames[t]]  # most of the normalised values lie within +-2.5
    below = [Image.fromarray(g.clip(0, 255).astype(np.uint8)) for g in grey]
    below = [
        small.resize((round(small.width * TALL / small.height), TALL), Image.Resampling.NEAREST) for small in below
    ]
    cell = Image.new("RGB", (max(picture.width, below[0].width + below[1].width + 2) + 4, LINE + 2 * TALL + 6), "white")
    ImageDraw.Draw(cell).text((3, 1), f"{t}" if seen else f"{t}  nobody", fill="black" if seen else NOBODY)
    cell.paste(picture, (1, LINE))
    cell.paste(below[0], (1, LINE + TALL + 2))
    cell.paste(below[1], (below[0].width + 3, LINE + TALL + 2))
    return cell


def _outline(draw: ImageDraw, corners: list[int], colour: tuple[int, int, int], dashed: bool) -> None:
    left, top, right, bottom = corners[0], corners[1], corners[2] - 1, corners[3] - 1
    length, period = (4, 8) if dashed else (1, 1)
    for x in range(left, right + 1, period):
        for y in (top, bottom):
            draw.line((x, y, min(x + length - 1, right), y), fill=colour)
    for y in range(top, bottom + 1, period):
        for x in (left, right):
            draw.line((x, y, x, min(y + length - 1, bottom)), fill=colour)


def work(args: argparse.Namespace) -> int:
    """Read, prepare, draw, write.

    Parameters
    ----------
    args : argparse.Namespace
        The parsed arguments.

    Returns
    -------
    int
        The exit code.
    """
    out = Path(args.out or f"{Path(args.video).stem}-inspect.png")
    if out.suffix.lower() != ".png":
        raise UsageError(f"--out {out}: the picture is a PNG, so give a name that ends in .png")
    if not 1 <= args.frames <= 1000:
        raise UsageError(f"--frames {args.frames}: give a number between 1 and 1000")
    config = cli.configuration(args)

    import numpy as np

    from seqdl.video.prepare import prepare
    from seqdl.video.reader import Reader

    rule = args.box or config.video.box
    with Reader(args.video, config.video.grey, config.video.max_frames) as reader:
        if rule == "auto":
            rule = rule_for(reader.width, reader.height)
        clip = prepare(reader, rule, config, args.video)
        report, size = reader.report, f"{reader.width} x {reader.height}"
    chosen = np.unique(np.linspace(0, len(clip.seen) - 1, args.frames).round().astype(int))
    wanted = set(chosen.tolist())
    # Read a second time, so that only the frames that are drawn are held at their full size.
    with Reader(args.video, config.video.grey) as reader:
        frames = [frame for t, frame in enumerate(reader) if t in wanted]
    said = f"{report.decoded} frames of {size}, box {rule}, somebody seen in {clip.seen.mean():.0%}"
    picture = io.BytesIO()
    sheet(frames, chosen, clip, f"{Path(args.video).name}: {said}").save(picture, "PNG")
    write_atomic(out, picture.getvalue())
    print(f"{out}: {said}; {'; '.join(report.notes) or 'no damage'}")
    return 0


def main(argv: list[str] | None = None) -> int:
    """Run ``seqdl inspect``.

    Parameters
    ----------
    argv : list of str, optional
        The arguments; those of the process where absent.

    Returns
    -------
    int
        The exit code.
    """
    return cli.run(work, options(), argv)


if __name__ == "__main__":
    sys.exit(main())
