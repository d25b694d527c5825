"""A frame with what was seen and said of it: the person's box on it, and outside it a panel with the probabilities.

Choice: the frame stands in the upper left corner as it is, pixel for pixel, since a reader may want to look at just
that; the panel stands to the right of a picture too narrow for it, and below any other. Letters and lines grow with the
picture, from 12 pixels up, so that they can be read at 160 x 120 as at 3840 x 2160.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from seqdl.base.words import printable
from seqdl.show.course import Course
from seqdl.show.sheet import font, outline

LETTERS = 12
"""Height of the letters of small pictures, in pixels."""
PER_LETTER = 45
"""In larger ones the side of a square of the picture's area is so many times as long."""
WIDE = 20
"""Width of a column of bars, in heights of a letter."""
MOST = 12
"""Bars of so many classes at most: of those that are most likely at some time."""
COLUMNS = 3
"""So many columns of bars at most."""
BACK, TEXT, FAINT, TRACK = (24, 24, 24), (245, 245, 245), (170, 170, 170), (66, 66, 66)
LEADS, OTHER, MARK = (230, 159, 0), (86, 180, 233), (255, 255, 255)
"""The bar of the class that is decided for so far, those of others, and the mark of the decision so far."""
LEGEND = "bar: now; line: decision so far"


class Canvas:
    """Draws the frames of one video.

    Parameters
    ----------
    width, height : int
        Of the frames, in pixels.
    course : Course
        What was seen and said.
    zoom : float
        By so much the frames are larger than those of the ``course``.

    Attributes
    ----------
    size : tuple of int
        Width and height of what is drawn; even.
    shown : list of int
        The classes whose bars are drawn.
    """

    def __init__(self, width: int, height: int, course: Course, zoom: float = 1.0) -> None:
        self.course, self.zoom, self.frame = course, zoom, (width, height)
        self.em = em = max(LETTERS, round(math.sqrt(width * height) / PER_LETTER))
        peaks = np.vstack([course.total[None], course.steps]).max(axis=0)
        self.shown = sorted(np.argsort(-peaks, kind="stable")[:MOST].tolist())
        beside = width < 1.5 * WIDE * em
        columns = 1 if beside else max(1, min(COLUMNS, width // (WIDE * em), -(-len(self.shown) // 2)))
        self.rows = -(-len(self.shown) // columns)
        self.head, self.line = round(3.5 * em), round(1.4 * em)
        tall = self.head + self.rows * self.line + em // 2
        self.corner = (width + width % 2, 0) if beside else (0, height + height % 2)
        self.wide = WIDE * em if beside else width
        self.column = self.wide // columns
        size = (self.corner[0] + self.wide, max(height, tall)) if beside else (width, self.corner[1] + tall)
        self.size = size[0] + size[0] % 2, size[1] + size[1] % 2
        self.font, self.large, self.small = font(em), font(1.25 * em), font(0.85 * em)
        self._whole = Image.new("RGB", self.size, BACK)
        self._panel = self._bare = self._background(tall)
        self._last: tuple[int, bool] | None = None

    def __call__(self, image: np.ndarray, seconds: float) -> np.ndarray:
        """A frame, (height, width, 3) of uint8, as it is drawn; the array is used again."""
        whole, pen = self._whole, ImageDraw.Draw(self._whole)
        whole.paste(Image.fromarray(image), (0, 0))
        if found := self.course.box_at(seconds):
            self._outline(pen, *found)
        said = self.course.step_at(seconds), self.course.speaks_at(seconds)
        if said != self._last:
            self._last, self._panel = said, self._said(*said)
        whole.paste(self._panel, self.corner)
        right = self.corner[0] + self.wide - self.em // 2, self.corner[1] + self.em // 2
        pen.text(right, f"{seconds:.2f} s", fill=FAINT, font=self.font, anchor="ra")
        return np.asarray(whole)

    def _outline(self, pen: ImageDraw.ImageDraw, box: np.ndarray, seen: bool) -> None:
        width, height = self.frame
        ends = np.array([width, height, width, height])
        corners = np.round(box * self.zoom).clip(0, ends).astype(int).tolist()
        if corners[2] - corners[0] > 2 and corners[3] - corners[1] > 2:
            outline(pen, corners, seen, max(2, self.em // 8))

    def _background(self, tall: int) -> Image.Image:
        """What of the panel never changes: names, the tracks of the bars, the legend."""
        panel = Image.new("RGB", (self.wide, tall), BACK)
        pen = ImageDraw.Draw(panel)
        left = len(self.course.classes) - len(self.shown)
        legend = LEGEND + f"; {left} classes left out" * bool(left)
        pen.text((self.em // 2, 2.2 * self.em), legend, fill=FAINT, font=self.small)
        for k, shown in enumerate(self.shown):
            x, y = self._place(k)
            self._text(pen, (x + self.em, y), printable(self.course.classes[shown]), 7 * self.em, TEXT)
            pen.rectangle(self._bar(k, 1.0), fill=TRACK)
        return panel

    def _said(self, step: int, now: bool) -> Image.Image:
        """The panel after a step, -1 before the first; and whether the step is of ``now``."""
        course, panel = self.course, self._bare.copy()
        pen, start = ImageDraw.Draw(panel), (self.em // 2, self.em // 2)
        if step < 0 and len(course.steps):
            pen.text(start, "nothing said yet", fill=FAINT, font=self.large)
            return panel
        so_far = course.so_far[step] if step >= 0 else course.total
        best = int(so_far.argmax())
        said = f"{so_far[best]:.0%} {printable(course.classes[best])}"
        self._text(pen, start, said, self.wide - 6 * self.em, LEADS, self.large)
        for k, shown in enumerate(self.shown):
            x, y = self._place(k)
            right = x + self.column - self.em // 2
            if now:
                share = float(course.steps[step, shown])
                pen.rectangle(self._bar(k, share), fill=LEADS if shown == best else OTHER)
                pen.text((right, y), f"{share:.0%}", fill=TEXT, font=self.font, anchor="ra")
            mark = self._bar(k, float(so_far[shown]))
            thick = max(2, self.em // 6)
            pen.rectangle(
                (mark[2] - thick // 2, mark[1] - thick // 2, mark[2] + thick // 2, mark[3] + thick // 2), fill=MARK
            )
            if shown == best:
                middle, half = y + 0.6 * self.em, 0.3 * self.em
                tip = x + 0.85 * self.em
                pen.polygon([(tip - half, middle - half), (tip, middle), (tip - half, middle + half)], fill=LEADS)
        return panel

    def _place(self, k: int) -> tuple[int, int]:
        """The upper left corner of the ``k``-th class in the panel."""
        return k // self.rows * self.column, self.head + k % self.rows * self.line

    def _bar(self, k: int, share: float) -> tuple[int, int, int, int]:
        x, y = self._place(k)
        left, right = x + round(8.3 * self.em), x + self.column - round(3.5 * self.em)
        top = y + self.em // 6
        return left, top, left + round(share * (right - left)), top + round(0.85 * self.em)

    def _text(self, pen: Any, at: tuple[int, int], text: str, most: float, fill: Any, letters: Any = None) -> None:
        """Write a text, shortened to so many pixels."""
        letters, whole = letters or self.font, text
        while pen.textlength(text, font=letters) > most and len(text) > 1:
            whole = whole[:-1]
            text = whole + "\N{HORIZONTAL ELLIPSIS}"
        pen.text(at, text, fill=fill, font=letters)
