"""Pictures of a video under a title, and the person's box on them.

Colours are those of Okabe and Ito, which colour-blind people tell apart; no statement is made by colour alone.
"""

from typing import Any

from PIL import Image, ImageDraw, ImageFont

GAP = 8
"""Between and around pictures, in pixels."""
LINE = 20
"""Height of a line of text, in pixels."""
INK, FAINT, SEEN, NOBODY = (30, 30, 30), (110, 110, 110), (0, 158, 115), (213, 94, 0)


def sheet(cells: list[Image.Image], title: str, legend: str, most: int) -> Image.Image:
    """The contact sheet of some ``cells``, all of one size, under a ``title`` and a ``legend``; ``most`` in a row."""
    wide, tall = cells[0].width + GAP, cells[0].height + 2 * GAP
    across = min(most, len(cells))
    head = 2 * LINE + 2 * GAP
    text = ImageDraw.Draw(Image.new("RGB", (1, 1)))
    least = max(int(text.textlength(line, font=font())) for line in (title, legend)) + 2 * GAP
    whole = Image.new("RGB", (max(across * wide + GAP, least), head + -(-len(cells) // across) * tall), "white")
    draw = ImageDraw.Draw(whole)
    draw.text((GAP, GAP), title, fill=INK, font=font())
    draw.text((GAP, GAP + LINE), legend, fill=FAINT, font=font())
    for k, cell in enumerate(cells):
        whole.paste(cell, (GAP + k % across * wide, head + k // across * tall))
    return whole


def font(size: float = 14) -> Any:
    """The letters of all pictures, of a size in pixels."""
    return ImageFont.load_default(size)


def outline(draw: ImageDraw.ImageDraw, corners: list[int], seen: bool, thick: int = 2) -> None:
    """``draw`` a box, its ``corners`` left, top, right, bottom; dashed and crossed out where nobody is ``seen``.

    Its lines are so many pixels ``thick``.
    """
    left, top, right, bottom = corners[0], corners[1], corners[2] - 1, corners[3] - 1
    if seen:
        draw.rectangle((left, top, right, bottom), outline=SEEN, width=thick)
        return
    for ends in ((left, top, right, bottom), (left, bottom, right, top)):
        draw.line(ends, fill=NOBODY, width=thick // 2)
    dash, step = 5 * thick // 2, 5 * thick
    for x in range(left, right + 1, step):
        for y in (top, bottom - thick + 1):
            draw.rectangle((x, y, min(x + dash, right), y + thick - 1), fill=NOBODY)
    for y in range(top, bottom + 1, step):
        for x in (left, right - thick + 1):
            draw.rectangle((x, y, x + thick - 1, min(y + dash, bottom)), fill=NOBODY)
