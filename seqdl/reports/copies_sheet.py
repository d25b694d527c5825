"""Varied copies as the networks see them, as one picture: each setting of ``vary`` at the ends of its range."""

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from seqdl.base.doors import Kind, Place, door
from seqdl.base.words import printable
from seqdl.config import BOXES, Config, VaryConfig
from seqdl.model import varied
from seqdl.ops.vary import Variation, render
from seqdl.reports.inspection import Inspection, enlarged, summary, white_on_black
from seqdl.show.sheet import FAINT, GAP, INK, LINE, font
from seqdl.stores.footage import opened
from seqdl.video.prepare import Clip, prepare
from seqdl.video.rule import rule_for

EXAMPLE = VaryConfig(
    size=0.2, proportion=0.1, place=3.0, rotation=8.0, speed=0.5, contrast=0.3, brightness=0.3, noise=0.3, blur=1.0,
    bar=0.25, jitter=1.0,
)  # fmt: skip
"""What is drawn of settings that are off."""
Row = tuple[str, tuple[int, int, int], tuple[tuple[str, Variation], ...]]
"""Text, its colour, and copies, each with a few words."""
FACTORS, EITHER_WAY = ("size", "proportion", "speed", "contrast"), ("place", "rotation")
SHOWN, ZOOM, LABEL = 5, 2, 190
"""Frames of a window that are drawn, how much they are enlarged, and the width of the text beside them, in pixels."""
LEGEND = (
    "One window of the network's input in a row of frames, twice: at one end of a setting's range and at the other; "
    "of what begins at 0, half and all of it. Settings in grey are off: what is drawn is an example."
)


@door(video=Place(), config=Kind((Config,)), box=("", *BOXES))
def inspect_copies(video: str | Path, config: Config, box: str = "") -> Inspection:
    """Read and prepare a ``video`` and draw how it is varied, by the ranges of ``config``.

    The ``box`` says how the person is found; empty for :func:`seqdl.video.rule.rule_for`. A SeqdlError for a
    file that cannot be used.
    """
    with opened(video, config) as reader:
        rule = box or rule_for(reader.width, reader.height, config)
        clip = prepare(reader, rule, config, str(video))
        told = summary(reader.report, f"{reader.width} x {reader.height}", rule, float(clip.seen.mean()))
    return Inspection(picture(clip, config, f"{printable(Path(video).name)}: {told}"), told)


def ends(name: str, most: float) -> tuple[tuple[str, Variation], tuple[str, Variation]]:
    """The two ends of the range of the setting ``name``, which is ``most``, each with a few words."""
    if name in FACTORS:
        low, high = 1 / (1 + most), 1 + most
        return (f"x {low:.3g}", Variation(**{name: low})), (f"x {high:.3g}", Variation(**{name: high}))
    if name == "place":
        return (f"-{most:g}", Variation(down=-most, right=-most)), (f"+{most:g}", Variation(down=most, right=most))
    if name == "bar":
        return (f"{most:g}, level", Variation(bar=most)), (f"{most:g}, upright", Variation(bar=most, upright=1))
    low = -most if name in EITHER_WAY else most / 2
    return (f"{low:+g}", Variation(**{name: low})), (f"{most:+g}", Variation(**{name: most}))


def picture(clip: Clip, config: Config, title: str) -> Image.Image:
    """The sheet of a prepared video, ``clip``, by the ranges of ``config``, under a ``title``."""
    section, length = config.vary, config.convnet.frames
    seen = np.convolve(clip.seen, np.ones(length, int), "valid")
    best = np.flatnonzero(seen == seen.max())
    start = int(best[len(best) // 2])
    usual, on = Variation(), varied.wanted(section)
    rows: list[Row] = [("as it is", INK, (("", usual),))]
    for name in varied.RANGES:
        most = getattr(section, name)
        rows.append((f"vary.{name}", INK if most else FAINT, ends(name, most or getattr(EXAMPLE, name))))
    drawn = varied.draw(section if on else EXAMPLE, np.random.default_rng(config.seed), 2)
    rows.append(("all, drawn", INK if on else FAINT, tuple(("", Variation(*row)) for row in drawn.tolist())))
    chosen = np.linspace(0, length - 1, min(SHOWN, length)).round().astype(int)
    high, wide = (side * ZOOM for side in clip.frames.shape[1:])
    strip = len(chosen) * (wide + 2) + GAP
    head, tall = 2 * LINE + 2 * GAP, high + LINE
    text = ImageDraw.Draw(Image.new("RGB", (1, 1)))
    least = max(int(text.textlength(line, font=font())) for line in (title, LEGEND)) + 2 * GAP
    sheet = Image.new("RGB", (max(LABEL + 2 * strip, least), head + len(rows) * tall + GAP), "white")
    draw = ImageDraw.Draw(sheet)
    draw.text((GAP, GAP), title, fill=INK, font=font())
    draw.text((GAP, GAP + LINE), LEGEND, fill=FAINT, font=font())
    for n, (label, ink, variations) in enumerate(rows):
        top = head + n * tall
        draw.text((GAP, top + LINE), label, fill=ink, font=font())
        for k, (words, one) in enumerate(variations):
            left, origin = LABEL + k * strip, start + (1 - one.speed) * (length - 1) / 2
            draw.text((left, top), words, fill=ink, font=font())
            made = render(clip.frames, one._replace(seed=n), float(origin), length)
            for column, t in enumerate(chosen):
                sheet.paste(enlarged(white_on_black(made[t]), ZOOM), (left + column * (wide + 2), top + LINE))
    return sheet
