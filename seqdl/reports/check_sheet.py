"""A few sequences of each class on one picture, each with the person's box."""

import io

import numpy as np
from PIL import Image, ImageDraw

from seqdl.base.words import printable
from seqdl.evaluation.samples import Sample
from seqdl.show.sheet import GAP, INK, LINE, NOBODY, font, outline

CELL = (300, 225)
"""Width and height that a frame may take, in pixels."""
BESIDE = 2
"""So many classes stand side by side."""
LEGEND = "The middle frame of a few sequences of each class. Green: the person's box. Dashed red: nobody is seen."


def png(samples: list[Sample], title: str) -> bytes:
    """The :func:`sheet` of some ``samples`` under a ``title``, as a file's content."""
    data = io.BytesIO()
    sheet(samples, title).save(data, "PNG")
    return data.getvalue()


def sheet(samples: list[Sample], title: str) -> Image.Image:
    """The picture of some ``samples`` under a ``title``, those of one class side by side."""
    classes: dict[str, list[Image.Image]] = {}
    for sample in samples:
        classes.setdefault(sample.label, []).append(_cell(sample))
    beside, each = min(BESIDE, len(classes)), max(map(len, classes.values()), default=0)
    wide, tall = each * (CELL[0] + GAP) + 2 * GAP, CELL[1] + 2 * LINE + 2 * GAP
    head, rows = 2 * LINE + 2 * GAP, -(-len(classes) // BESIDE)
    drawn = ImageDraw.Draw(Image.new("RGB", (1, 1)))
    least = max(int(drawn.textlength(line, font=font())) for line in (title, LEGEND)) + 2 * GAP
    whole = Image.new("RGB", (max(beside * wide, least), head + rows * tall), "white")
    draw = ImageDraw.Draw(whole)
    draw.text((GAP, GAP), title, fill=INK, font=font())
    draw.text((GAP, GAP + LINE), LEGEND, fill=INK, font=font())
    for k, (label, cells) in enumerate(classes.items()):
        left, top = GAP + k % BESIDE * wide, head + k // BESIDE * tall
        draw.text((left, top), _cut(draw, printable(label), wide - 2 * GAP), fill=INK, font=font())
        draw.line((left, top + LINE - 2, left + wide - 3 * GAP, top + LINE - 2), fill=INK)
        for n, cell in enumerate(cells):
            whole.paste(cell, (left + n * (CELL[0] + GAP), top + LINE))
    return whole


def _cell(sample: Sample) -> Image.Image:
    """One frame with its box, and its name below."""
    height, width = sample.picture.shape
    scale = min(CELL[0] / width, CELL[1] / height)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    picture = Image.fromarray(np.ascontiguousarray(sample.picture)).resize(size, Image.Resampling.BICUBIC)
    picture = picture.convert("RGB")
    outline(ImageDraw.Draw(picture), [round(scale * corner) for corner in sample.box], sample.seen)
    cell = Image.new("RGB", (CELL[0], CELL[1] + LINE), "white")
    cell.paste(picture, ((CELL[0] - size[0]) // 2, CELL[1] - size[1]))
    draw = ImageDraw.Draw(cell)
    caption = _cut(draw, printable(sample.name), CELL[0] - (0 if sample.seen else 60))
    draw.text(
        (0, CELL[1] + 1), caption + " nobody" * (not sample.seen), fill=INK if sample.seen else NOBODY, font=font()
    )
    return cell


def _cut(draw: ImageDraw.ImageDraw, text: str, width: int) -> str:
    """Both ends of a text that is too long for its place."""
    kept, shown = len(text), text
    while kept and draw.textlength(shown, font=font()) > width:
        kept -= 1
        shown = text[: kept // 2] + "..." + text[len(text) - (kept + 1) // 2 :]
    return shown
