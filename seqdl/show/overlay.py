"""A video with what was seen and said of it, as a video, as a sheet of some of its moments and as a small film."""

import base64
import io
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np
from PIL import Image

from seqdl.base.progress import progress
from seqdl.errors import SeqdlError
from seqdl.show.course import Course
from seqdl.show.panel import Canvas
from seqdl.show.sheet import sheet
from seqdl.video import writer
from seqdl.video.colour import Colours

FAST = {"preset": "veryfast"}
"""For the encoder: a large picture costs more there than everything else does."""
MOMENTS, ACROSS = 6, 3
"""So many moments are on a sheet, and so many in a row."""
CELL, SMALL = (480, 360), (320, 240)
"""Width and height that a frame may take on a sheet, and in a small film."""
FILM, LONGEST = 60, 8.0
"""Frames and seconds of a small film at most."""
QUALITIES, LARGEST = (60, 35, 15), 700_000
"""Of a small film: the first of these with which it has at most so many bytes."""
LEGEND = "Box: solid green where somebody is seen, dashed red and crossed out where nobody is."


def film(path: Path, course: Course, name: str) -> Image.Image:
    """Write a video with what was seen and said of it to ``path``, as MP4; and the sheet of its moments.

    Every frame of the video is in it, at its seconds, in colour, upright and at its size. The ``name`` is the title.
    """
    cells: list[Image.Image] = []
    wanted = _telling(course)

    def drawn(source: Colours) -> Iterator[tuple[np.ndarray, float]]:
        canvas = None
        with progress(source.expected, path.stem, "frame") as further:
            for image, seconds in source.timed():
                if canvas is None:
                    canvas = Canvas(image.shape[1], image.shape[0], course)
                if len(cells) < len(wanted) and seconds >= wanted[len(cells)]:
                    cells.append(_cell(image, seconds, course, CELL))
                yield canvas(image, seconds), seconds
                further()

    with _again(course) as source:
        writer.write_timed(path, drawn(source), source.rate, FAST)
    return sheet(cells, name, LEGEND, ACROSS)


def small_film(course: Course) -> str:
    """A small moving picture of it, which plays in at most 8 seconds, as the address of an animated WebP in a page."""
    cells: list[Image.Image] = []
    wanted, last = _even(course, FILM), 0.0
    with _again(course) as source:
        for image, seconds in source.timed():
            if len(cells) < len(wanted) and seconds >= wanted[len(cells)]:
                cells.append(_cell(image, seconds, course, SMALL))
            last = seconds
    each, found = round(1000 * min(LONGEST, max(last, 0.5)) / len(cells)), b""
    for quality in QUALITIES:
        data = io.BytesIO()
        cells[0].save(data, "WEBP", save_all=True, append_images=cells[1:], duration=each, loop=0, quality=quality)
        found = data.getvalue()
        if len(found) <= LARGEST:
            break
    return f"data:image/webp;base64,{base64.b64encode(found).decode()}"


def _again(course: Course) -> AbstractContextManager[Colours]:
    if course.again is None:
        raise SeqdlError("the frames of the video are no longer there: nothing can be drawn on them")
    return course.again()


def _telling(course: Course) -> list[float]:
    """The moments of a sheet: of the steps at equal intervals, since there is somebody then; if there are any."""
    if not len(course.times):
        return _even(course, MOMENTS)
    return np.unique(course.times[[(2 * k + 1) * len(course.times) // (2 * MOMENTS) for k in range(MOMENTS)]]).tolist()


def _even(course: Course, most: int) -> list[float]:
    """So many moments from the first frame's on, at equal intervals."""
    ends = [times[-1] for times in (course.moments, course.times) if times is not None and len(times)]
    last = float(max(ends, default=0.0))
    return [last * k / most for k in range(most)] if last else [0.0]


def _cell(image: np.ndarray, seconds: float, course: Course, most: tuple[int, int]) -> Image.Image:
    """A frame as it is drawn where its picture may be so wide and high."""
    zoom = min(most[0] / image.shape[1], most[1] / image.shape[0])
    width, height = max(1, round(image.shape[1] * zoom)), max(1, round(image.shape[0] * zoom))
    scaled = Image.fromarray(image).resize((width, height), Image.Resampling.BICUBIC)
    return Image.fromarray(Canvas(width, height, course, zoom)(np.asarray(scaled), seconds).copy())
