"""Painting a figure: capsules with soft edges, farther ones first, each in its own small rectangle."""

from collections.abc import Sequence

import numpy as np

from seqdl.datasets.actors.figure import Part

_LEAST = np.float32(1e-6)


def capsule(canvas: np.ndarray, place: Sequence[float], grey: float, look: Sequence[float]) -> None:
    """Paint one tapered capsule into a ``canvas`` of float32.

    The pixel at distance d from the axis, where the radius is r, is covered by clip((r - d) / soft + 1/2, 0, 1). In
    ``place`` are columns and rows of the two ends and their radii: x0, y0, x1, y1, r0, r1, in pixels. ``grey`` is a
    level or, below zero, the share by which the canvas, of ones, is darkened at most (a shadow). In ``look`` are the
    width of the soft edge in pixels; shade, the grey levels that the right edge is lighter; number and depth of the
    stripes across.
    """
    x0, y0, x1, y1, r0, r1 = place
    soft, shade, stripes, depth = look
    reach = soft / 2 + 1
    left, right = int(max(min(x0 - r0, x1 - r1) - reach, 0)), int(max(x0 + r0, x1 + r1) + reach) + 1
    top, bottom = int(max(min(y0 - r0, y1 - r1) - reach, 0)), int(max(y0 + r0, y1 + r1) + reach) + 1
    target = canvas[top : max(bottom, 0), left : max(right, 0)]
    if not target.size:
        return
    rows, columns = target.shape
    px = np.arange(left, left + columns, dtype=np.float32) - np.float32(x0)
    py = np.arange(top, top + rows, dtype=np.float32)[:, None] - np.float32(y0)
    dx, dy = np.float32(x1 - x0), np.float32(y1 - y0)
    length = dx * dx + dy * dy + _LEAST
    along = np.minimum(np.maximum(px * (dx / length) + py * (dy / length), 0), 1)
    qx = px - along * dx
    qy = py - along * dy
    radius = np.float32(r1 - r0) * along + np.float32(r0)
    cover = (radius - np.sqrt(qx * qx + qy * qy)) * np.float32(1 / soft) + np.float32(0.5)
    cover = np.minimum(np.maximum(cover, 0), 1)
    if grey < 0:
        np.minimum(target, 1 + np.float32(grey) * cover, out=target)
        return
    paint = qx * (np.float32(shade) / radius) + np.float32(grey)
    if depth:
        paint += np.float32(depth) * np.sin(np.float32(2 * np.pi * stripes) * along)
    target += cover * (paint - target)


class Figure:
    """A figure's parts over the frames of a stretch of video, ready to be painted.

    Parameters
    ----------
    parts : sequence of Part
        What is painted.
    places : ndarray, (T, P, 2, 2)
        Columns and rows of the two ends of each part.
    depths : ndarray, (T, P)
        Distance of each part towards the camera.
    scale : ndarray, (T,)
        Pixels a metre.
    shade, brightness : float
        Grey levels by which a part is lighter on its right edge; factor on all grey levels.
    """

    def __init__(
        self,
        parts: Sequence[Part],
        places: np.ndarray,
        depths: np.ndarray,
        scale: np.ndarray,
        shade: float,
        brightness: float,
    ):
        radii = np.array([[part.start_radius, part.end_radius] for part in parts])
        self.places = np.concatenate(
            [places.reshape(*places.shape[:2], 4), scale[:, None, None] * radii], axis=-1
        ).tolist()
        self.order = np.argsort(depths, axis=1, kind="stable").tolist()
        # A quick part smears over half the way it goes in one frame, as during a long exposure.
        steps = np.diff(places.mean(axis=2), axis=0, prepend=places[:1].mean(axis=2))
        self.soft = (1.2 + 0.5 * np.hypot(steps[..., 0], steps[..., 1])).tolist()
        self.greys = [brightness * part.grey for part in parts]
        self.stripes = [(part.stripes, brightness * part.stripe_depth) for part in parts]
        self.shade = shade

    def paint(self, canvas: np.ndarray, frame: int) -> None:
        """Paint one frame's figure, counted from the stretch's first, into a canvas of float32."""
        places, soft = self.places[frame], self.soft[frame]
        for part in self.order[frame]:
            capsule(canvas, places[part], self.greys[part], (soft[part], self.shade, *self.stripes[part]))
