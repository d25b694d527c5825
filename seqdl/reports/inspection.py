"""What the network sees of a video, as one contact sheet."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from seqdl.base.arrays import is_whole
from seqdl.base.doors import Kind, Place, door
from seqdl.base.words import printable
from seqdl.config import BOXES, Config
from seqdl.errors import UsageError
from seqdl.show.sheet import GAP, INK, LINE, NOBODY, font, outline, sheet
from seqdl.stores.footage import opened
from seqdl.video.prepare import Clip, prepare
from seqdl.video.reader import ReadReport
from seqdl.video.rule import rule_for

ACROSS = 6
"""Frames side by side on a sheet."""
CELL = (320, 240)
"""Width and height that a frame, and the pair of crops below it, may take on the sheet, in pixels."""
SPAN = 3.0
"""The normalised value that is drawn white; its negative is black."""
LEGEND = (
    "Frame with the box: solid green where somebody is seen, dashed red and crossed out where nobody is. "
    "Below, left: the crop. Right: the network's input, grey for 0, black and white for -3 and +3."
)


def _cell(frame: np.ndarray, caption: str, t: int, clip: Clip) -> Image.Image:
    """One frame with its box, and under it the crop and the network's input, pixel below pixel."""
    scale = min(CELL[0] / frame.shape[1], CELL[1] / frame.shape[0])
    size = tuple(max(1, round(n * scale)) for n in reversed(frame.shape))
    picture = Image.fromarray(frame).resize(size, Image.Resampling.BICUBIC).convert("RGB")
    box, seen = clip.boxes, bool(clip.seen[t])
    left, top = box.left[t], box.top[t]
    corners = [left, top, left + box.width[t], top + box.height[t]]
    outline(ImageDraw.Draw(picture), [round(float(v) * clip.factor * scale) for v in corners], seen)

    rows, columns = clip.size
    input_rows, input_columns = clip.frames.shape[1:]
    zoom = max(1, min(CELL[1] // rows, (CELL[0] - GAP) // (columns + input_columns)))
    crop, seen_by_network = clip.cut(t, t + 1)[0] * 255, white_on_black(clip.frames[t])
    below = CELL[1] + GAP // 2
    cell = Image.new("RGB", (CELL[0], LINE + below + max(CELL[1], rows * zoom)), "white")
    ImageDraw.Draw(cell).text((0, 0), caption, fill=INK if seen else NOBODY, font=font())
    cell.paste(picture, ((CELL[0] - picture.width) // 2, LINE))
    start = (CELL[0] - (columns + input_columns) * zoom - GAP) // 2
    cell.paste(enlarged(crop, zoom), (start, LINE + below))
    border = (rows - input_rows) // 2 * zoom
    cell.paste(enlarged(seen_by_network, zoom), (start + columns * zoom + GAP, LINE + below + border))
    return cell


def enlarged(grey: np.ndarray, zoom: int) -> Image.Image:
    """Grey values 0..255 as a picture whose pixels can be seen."""
    small = Image.fromarray(grey.round().clip(0, 255).astype(np.uint8))
    return small.resize((small.width * zoom, small.height * zoom), Image.Resampling.NEAREST)


def white_on_black(normalised: np.ndarray) -> np.ndarray:
    """Normalised values as grey values 0..255, which may lie beyond."""
    return 127.5 * (1 + normalised / SPAN)


@dataclass(frozen=True)
class Inspection:
    """What the network sees of a video.

    Parameters
    ----------
    picture, summary
        The contact sheet, and the whole in a line.
    """

    picture: Image.Image
    summary: str


@door(video=Place(), config=Kind((Config,)), box=("", *BOXES))
def inspect(video: str | Path, config: Config, box: str = "", frames: int = 12) -> Inspection:
    """Read, prepare and draw a ``video`` with the settings of ``config``: so many ``frames``, 1 to 1000.

    The ``box`` says how the person is found; empty for :func:`~seqdl.video.rule.rule_for`. A UsageError for another
    number of frames, a SeqdlError for a file that cannot be used.
    """
    require_number(frames)
    with opened(video, config) as reader:
        rule = box or rule_for(reader.width, reader.height, config)
        clip = prepare(reader, rule, config, str(video))
        report, times, damaged, size = reader.report, reader.times, reader.damaged, f"{reader.width} x {reader.height}"
    chosen = np.unique(np.linspace(0, len(clip.seen) - 1, frames).round().astype(int))
    wanted = set(chosen.tolist())
    captions = {t: _caption(t, times[t], bool(clip.seen[t]), t in damaged) for t in wanted}
    # Read a second time, so that no frame is held at its full size.
    with opened(video, config) as reader:
        cells = [_cell(frame, captions[t], t, clip) for t, frame in enumerate(reader) if t in wanted]
    told = summary(report, size, rule, float(clip.seen.mean()))
    return Inspection(sheet(cells, f"{printable(Path(video).name)}: {told}", LEGEND, ACROSS), told)


def require_number(frames: int) -> None:
    """Raise a UsageError for a number of ``frames`` that no sheet can have."""
    if not is_whole(frames) or not 1 <= frames <= 1000:
        raise UsageError(f"frames={frames}: give a number between 1 and 1000")


def _caption(t: int, seconds: float, seen: bool, damaged: bool) -> str:
    return f"frame {t}  {seconds:.2f} s{'' if seen else '  nobody'}{'  damaged' if damaged else ''}"


def summary(report: ReadReport, size: str, rule: str, seen: float) -> str:
    """A line about a video: its ``report``, ``size`` and ``rule`` for the box; in what share somebody is ``seen``."""
    declared = "" if report.declared in (None, report.decoded) else f" of {report.declared} declared"
    notes = "; ".join(report.notes) or "no damage"
    return f"{report.decoded} frames{declared}, {size}, box {rule}, somebody seen in {seen:.0%}; {notes}"
