"""The pictures of a page in HTML: curves and timelines as SVG, frames, kernels and maps as pictures inside of it."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence

import numpy as np
from PIL import Image

from seqdl.reports.blocks import Film
from seqdl.runs.result import Decided

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 320, 140, 62, 8, 8, 20
"""Of a chart, and of its margins."""
ROW = 14
"""Height of a class's row in a timeline, in pixels."""
QUALITIES = (60, 30, 10)
"""Of the frames' WebP, of 100: the first that makes a film no larger than LARGEST."""
LARGEST = 90_000
"""Letters that a film may take on the page."""
KEY = "A row for each class that the LSTM names; tall is sure. Blue above dots: the true class; orange: another one."


def chart(
    title: str,
    runs: Sequence[Sequence[float]],
    low: float | None = None,
    high: float | None = None,
    mark: tuple[str, float] | None = None,
    logarithmic: bool = False,
) -> str:
    """Values over the epochs: a thick line for the mean over the runs, a thin one for each where there are several.

    Parameters
    ----------
    title, runs
        What the values are, without anything that needs to be escaped; and those of each run.
    low, high : float, optional
        The ends of the axis; of the values where absent.
    mark : (str, float), optional
        A dashed line with its name.
    logarithmic : bool
        Whether the axis is.
    """
    longest = max(map(len, runs))
    mean = [float(np.mean([run[n] for run in runs if n < len(run)])) for n in range(longest)]
    values = [value for run in runs for value in run]
    low, high = min(values) if low is None else low, max(values) if high is None else high
    if high <= low:
        low, high = (low / 2, low * 2) if logarithmic and low > 0 else (low - 0.5, low + 0.5)
    scale = np.log if logarithmic and low > 0 else np.asarray

    def y(value: float) -> float:
        share = (scale(value) - scale(low)) / (scale(high) - scale(low))
        return round(HEIGHT - BOTTOM - float(share) * (HEIGHT - TOP - BOTTOM), 1)

    def x(epoch: int) -> float:
        return round(LEFT + epoch / max(1, longest - 1) * (WIDTH - LEFT - RIGHT), 1)

    def line(run: Sequence[float], kind: str) -> str:
        points = " ".join(f"{x(n)},{y(value)}" for n, value in enumerate(run))
        return f'<polyline class="{kind}" points="{points}"/>'

    middle = float(np.sqrt(low * high)) if scale is np.log else (low + high) / 2
    parts = [
        f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(v)}" y2="{y(v)}"/>'
        f'<text x="{LEFT - 5}" y="{y(v) + 4}" text-anchor="end">{v:.3g}</text>'
        for v in (low, middle, high)
    ]
    parts += [
        f'<text x="{x(n)}" y="{HEIGHT - 5}" text-anchor="{where}">{text}</text>'
        for n, where, text in ((0, "start", "epoch 1"), (longest - 1, "end", str(longest)))
        if n or where == "start"
    ]
    if mark is not None:
        at = y(mark[1])
        parts.append(f'<line class="mark" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{at}" y2="{at}"/>')
        parts.append(f'<text x="{WIDTH - RIGHT}" y="{at - 4}" text-anchor="end">{mark[0]}</text>')
    parts += [line(run, "one") for run in runs if len(runs) > 1]
    parts.append(line(mean, "mean") + f'<circle cx="{x(longest - 1)}" cy="{y(mean[-1])}" r="3"/>')
    told = f"{title}: {mean[0]:.3g} in the first epoch, {mean[-1]:.3g} in the last of {longest}"
    picture = f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{told}">{"".join(parts)}</svg>'
    return f"<figure><figcaption>{title}</figcaption>{picture}</figure>"


def timeline(sequence: Decided, classes: Sequence[str], film: Film | None) -> tuple[list[str], str]:
    """The classes that the LSTM names and the true one, a row each, and a picture of when it names them, how surely.

    Parameters
    ----------
    sequence, classes
        What was decided; the actions in the order of the outputs.
    film : Film or None
        Gives each step its time; without it, steps lie side by side.
    """
    said = sequence.marks(classes)
    there = {name for step in said for name, _ in step} | {*sequence.labels}
    rows = [name for name in classes if name in there]
    if film is not None:
        times, length = np.array(film.times, float), film.length
    else:
        times, length = np.arange(len(said)) + 0.5, max(1, len(said))
    width = float(np.median(np.diff(times))) if len(times) > 1 else 1.0
    parts = []
    for r, name in enumerate(rows):
        base, right = (r + 1) * ROW - 1, name in sequence.labels
        path = "".join(
            f"M{time - width / 2:.4g} {base}v-{max(1.0, sure * (ROW - 2)):.3g}h{width:.3g}V{base}z"
            for time, step in zip(times, said)
            for one, sure in step
            if one == name
        )
        parts.append(f'<path class="{"right" if right else "wrong"}" d="{path}"/>' if path else "")
        parts.append(f'<line class="{"truth" if right else "grid"}" x1="0" x2="{length}" y1="{base}" y2="{base}"/>')
    if film is not None:
        parts.append(f'<line class="now" x1="0" x2="0" y1="0" y2="{len(rows) * ROW}"/>')
    box = f'viewBox="0 0 {length} {len(rows) * ROW}" height="{len(rows) * ROW}" preserveAspectRatio="none"'
    return rows, f'<svg {box} aria-hidden="true">{"".join(parts)}</svg>'


def screen(frames: np.ndarray, alt: str) -> str:
    """A place that shows one of ``frames`` (n, rows, columns) at a time: all of them lie one below the other in it.

    Of the ``alt`` what is special in HTML is escaped already.
    """
    count, rows, columns = frames.shape
    below = Image.fromarray(frames.reshape(count * rows, columns))
    for quality in QUALITIES:
        whole = _data(below, "WEBP", quality=quality)
        if len(whole) <= LARGEST:
            break
    picture = f'<image href="{whole}" width="{columns}" height="{count * rows}" y="0"/>'
    return f'<svg class="screen" viewBox="0 0 {columns} {rows}" role="img" aria-label="{alt}">{picture}</svg>'


def tiles(arrays: Sequence[np.ndarray], high: float, alt: str) -> str:
    """Some ``arrays`` side by side, black for minus ``high`` and white for plus; ``alt`` is as for :func:`screen`."""
    rows, columns = max(a.shape[0] for a in arrays), sum(a.shape[1] + 1 for a in arrays) - 1
    whole, left = Image.new("LA", (columns, rows)), 0
    for a in arrays:
        whole.paste(Image.fromarray(grey(a, high)).convert("LA"), (left, (rows - a.shape[0]) // 2))
        left += a.shape[1] + 1
    data = _data(whole, "PNG", optimize=True)
    return f'<img src="{data}" width="{columns}" height="{rows}" alt="{alt}">'


def grey(values: np.ndarray, high: float) -> np.ndarray:
    """Values as bytes: 0 for minus ``high`` and below, 255 for plus and above."""
    return np.clip((values / high + 1) * 127.5, 0, 255).round().astype(np.uint8)


def _data(picture: Image.Image, kind: str, **options: object) -> str:
    held = io.BytesIO()
    picture.save(held, kind, **options)
    return f"data:image/{kind.lower()};base64,{base64.b64encode(held.getvalue()).decode()}"
