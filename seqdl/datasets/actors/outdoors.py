"""Where people act in the second edition: grounds, light and cameras over the range of filming in the open.

The ranges are those of days, lenses and hands, with their reasons beside them. No video was measured for them.
"""

from typing import NamedTuple

import numpy as np

from seqdl.datasets.actors.scene import HEIGHT, MARGIN, WIDTH, Scene, texture


class Ground(NamedTuple):
    """The ground of one scene.

    Parameters
    ----------
    grey : float
        Its mean grey level.
    relief : float
        Factor on the contrast of its structure: 0 for a plain one.
    """

    grey: float
    relief: float


def draw_ground(rng: np.random.Generator, scenario: str) -> Ground:
    """The ground, or indoors the wall: snow, sand and concrete are light, wet grass and asphalt dark."""
    if scenario == "d4":
        return Ground(rng.uniform(95, 205), rng.uniform(0, 1))
    return Ground(rng.uniform(78, 178), rng.uniform(0.3, 1.0) if rng.random() < 0.4 else rng.uniform(1.0, 2.6))


def draw_camera(rng: np.random.Generator, scenario: str, height: float, moving: bool) -> Scene:
    """Camera and light, drawn by ``rng``, for a person of that ``height`` in metres, at the place nearest to it.

    Who films fills half to nine tenths of the picture's height with the person, less with one ``moving``, and in a
    quarter of all videos so much that the crown is at the upper border or beyond it. One camera in three is held in the
    hand, the others stand; in the ``scenario`` d2 most zoom, in the others in the open some.

    The sun stands 9 to 50 degrees high, as between an hour after it has risen and a noon of spring, anywhere around:
    shadows of one to six times the person's height, whose half-shadow is narrow; their grey is half to a third below
    the light's, which is what a clear sky leaves of it. On half of the days there are clouds, and hardly any shadow.
    """
    indoors = scenario == "d4"
    tight = rng.random() < 0.25
    tall = rng.uniform(96, 116) if tight else rng.uniform(62, 100) if moving else rng.uniform(72, 104)
    crown = rng.uniform(-12, 2) if tight else rng.uniform(0.25, 0.85) * max(HEIGHT - 6 - tall, 0)
    distance = rng.uniform(6, 16)
    tilt = rng.uniform(0.9, 1.9) / distance  # the camera stands on a low tripod, or at the height of the eyes
    side, azimuth = rng.choice([-1.0, 1.0]), rng.uniform(0, 2 * np.pi)
    sunny = not indoors and rng.random() < 0.5
    length = 1 / np.tan(np.radians(rng.uniform(9, 50)))
    hard = rng.uniform(0.3, 0.55), length * np.sin(azimuth), tilt * length * np.cos(azimuth)
    soft = rng.uniform(0.03, 0.2), side * rng.uniform(0.2, 0.9), rng.uniform(0, 0.1)
    on_wall = rng.uniform(0.05, 0.4), 0.0, -1.0
    zooms = rng.random() < (0.0 if indoors else 0.8 if scenario == "d2" else 0.15)
    depth, rate, phase = rng.uniform(0.06, 0.25), rng.uniform(1 / 400, 1 / 120), rng.uniform(0, 2 * np.pi)
    held = rng.random() < 0.35  # in the hand, not on a tripod
    bright = rng.uniform(8, 32) if sunny or indoors else rng.uniform(0, 8)
    return Scene(
        scale=tall / height,
        ground=min(crown + tall, 0.97 * HEIGHT + 6 * tight),
        tilt=tilt,
        zoom=(depth, rate, phase) if zooms else (0.0, 0.0, 0.0),
        shake=(rng.uniform(0.5, 2.2) if held else rng.uniform(0.02, 0.4), rng.uniform(0, 2 * np.pi)),
        shade=-np.sign(hard[1]) * bright if sunny else side * bright,
        brightness=rng.uniform(0.75, 1.15),
        shadow=on_wall if indoors else hard if sunny else soft,
        wall=side * rng.uniform(4, 18) if indoors else 0.0,
        noise=rng.uniform(1.5, 8.0),
        blur=rng.uniform(0.08, 0.24),
        distance=distance,
        edge=rng.uniform(1.5, 4.0) if sunny else 6.0,
        exposure=(rng.uniform(0, 0.06), rng.uniform(1 / 300, 1 / 60), rng.uniform(0, 2 * np.pi)),
    )


def paint_ground(rng: np.random.Generator, kind: Ground, scene: Scene) -> np.ndarray:
    """The background of a ``scene`` whose ground is of that ``kind``: grey levels as ``scene.draw_background`` gives.

    ``rng`` draws the structure, which grows towards the camera, and what is behind the ground or lies across it.
    Structures run along the rows, as seen from a low camera: tufts, mown stripes, the edge of a path, a hedge far away.
    """
    rows, columns = HEIGHT + 2 * MARGIN, WIDTH + 2 * MARGIN
    y, x = np.linspace(-1, 1, rows)[:, None], np.linspace(-1, 1, columns)
    slope = rng.uniform(-12, 12, 2)
    tufts = int(rng.integers(2, 5)), int(rng.integers(3, 9))
    fine = rng.uniform(2.0, 5.5) * texture(rng, *tufts) * (1 + 0.4 * y)
    coarse = rng.uniform(1.0, 5.0) * texture(rng, 6, 16) + rng.uniform(1.0, 4.0) * texture(rng, 12, 60)
    picture = kind.grey + slope[0] * x + slope[1] * y + kind.relief * (fine + coarse)
    row = np.arange(rows)[:, None] - MARGIN
    if rng.random() < 0.35:  # a hedge, a wall, the sky: what is behind the ground
        edge = rng.uniform(-5, 0.75 * scene.ground)
        behind = kind.grey + rng.uniform(-55, 55) + rng.uniform(0.5, 4) * texture(rng, 5, 9)
        picture += np.clip((edge - row) / rng.uniform(1, 6) + 0.5, 0, 1) * (behind - picture)
    if rng.random() < 0.25:  # a path or a line across
        away = np.abs(row - rng.uniform(0.5, 1.1) * scene.ground - rng.uniform(-0.08, 0.08) * 90 * x)
        picture += np.clip(rng.uniform(1, 9) - away, 0, 1) * rng.uniform(-25, 45)
    return picture.astype(np.float32)
