"""Interest points drawn on their video."""

import numpy as np
from PIL import Image, ImageDraw

LARGE = 480
"""Smaller frames are enlarged until they are about so wide."""
COLOURS = {2: (230, 159, 0), 4: (86, 180, 233)}
"""By temporal variance; those of Okabe and Ito, which colour-blind readers tell apart."""


def draw(frame: np.ndarray, t: int, points: np.ndarray) -> np.ndarray:
    """A grey frame (Y, X), number ``t``, with the points whose time it lies in, as colours (2 Y', 2 X', 3).

    Circles of a radius of 3 sigma, from tau before to tau after their frame, thick at their own. ``points`` are all, in
    the order of time. The ``frame`` is enlarged; rows and columns are even, as most codecs want them.
    """
    rows, columns = frame.shape
    zoom = max(1, round(LARGE / columns))
    large = Image.fromarray(frame).resize((columns * zoom, rows * zoom), Image.Resampling.BICUBIC)
    picture = Image.new("RGB", (large.width + large.width % 2, large.height + large.height % 2))
    picture.paste(large.convert("RGB"))
    pen = ImageDraw.Draw(picture)
    low, high = np.searchsorted(points["t"], (t - 2, t + 3))
    for point in points[low:high]:
        away = abs(int(point["t"]) - t)
        if away**2 > point["tau2"]:
            continue
        y, x, radius = ((float(v) + 0.5) * zoom for v in (point["y"], point["x"], 3 * np.sqrt(point["sigma2"]) - 0.5))
        corners = (x - radius, y - radius, x + radius, y + radius)
        pen.ellipse(corners, outline=COLOURS[int(point["tau2"])], width=1 if away else 3)
    return np.asarray(picture)
