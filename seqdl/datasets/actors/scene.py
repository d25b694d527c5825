"""Where a person acts: KTH's four scenarios as background, camera, light, shadow and noise."""

from dataclasses import dataclass

import numpy as np

HEIGHT, WIDTH = 120, 160
SCENARIOS = ("d1", "d2", "d3", "d4")
MARGIN = 40  # of background on each side, for zooming out and shaking
MIDDLE = np.array([WIDTH / 2, 0.55 * HEIGHT])  # what the zoom leaves in place


@dataclass(frozen=True)
class Scene:
    """One scene and the camera before it; picture coordinates are pixels to the right and down, before zoom.

    Parameters
    ----------
    scale, ground : float
        Pixels a metre at the person's usual place, and the row of the ground there.
    tilt : float
        Rows by which a place is lower per pixel that it is nearer to the camera.
    zoom, shake : tuple of float
        Depth (logarithmic), cycles per frame and phase of the camera's zooming; pixels and phase of its shaking.
    shade, brightness : float
        Grey levels by which a round body is lighter on its right side than in the middle; factor on the person's
        levels.
    shadow : tuple of float
        Strength, and columns and rows by which the shadow moves per pixel of height above the ground.
    wall : float
        Columns by which the shadow on a wall stands beside the person; 0 for one on the ground.
    noise, blur : float
        Deviation of the sensor's noise, grey levels; weight of each neighbour in the smoothing that compression leaves.
    distance : float
        Metres from the camera to the person's usual place.
    edge : float
        Width of the shadow's soft edge, pixels.
    exposure : tuple of float
        Depth, cycles per frame and phase of the picture's changing brightness.
    """

    scale: float
    ground: float
    tilt: float
    zoom: tuple[float, float, float]
    shake: tuple[float, float]
    shade: float
    brightness: float
    shadow: tuple[float, float, float]
    wall: float
    noise: float
    blur: float
    distance: float = 12.0
    edge: float = 6.0
    exposure: tuple[float, float, float] = (0.0, 0.0, 0.0)

    def view(self, frame: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The camera's zoom (T,) around ``MIDDLE`` and its shift (T, 2) to the right and down, at frames (T,)."""
        depth, rate, phase = self.zoom
        size, start = self.shake
        angles = np.outer(frame, [0.19, 0.23]) + np.array([start, 2 * start])
        quick = np.outer(frame, [0.83, 0.71]) + np.array([3 * start, start])
        return np.exp(depth * np.sin(2 * np.pi * rate * frame + phase)), size * (np.sin(angles) + 0.4 * np.sin(quick))

    def exposed(self, frame: np.ndarray) -> np.ndarray:
        """Factor on all grey levels at frames (T,), float32."""
        depth, rate, phase = self.exposure
        return (1 + depth * np.sin(2 * np.pi * rate * frame + phase)).astype(np.float32)


def draw_scene(rng: np.random.Generator, scenario: str, moving: bool) -> Scene:
    """A random scene of a ``scenario``, drawn by ``rng``; for somebody ``moving`` the camera is a bit farther away."""
    indoors, zooms = scenario == "d4", scenario == "d2"
    side = rng.choice([-1.0, 1.0])
    sun = rng.uniform(0.25, 0.45) if rng.random() < 0.3 else rng.uniform(0.05, 0.2)
    zoom = (rng.uniform(0.10, 0.22), rng.uniform(1 / 330, 1 / 170), rng.uniform(0, 2 * np.pi))
    on_ground = (sun, side * rng.uniform(0.4, 1.1), rng.uniform(0, 0.1))
    on_wall = (rng.uniform(0.1, 0.35), 0.0, -1.0)
    return Scene(
        scale=rng.uniform(37, 47) if moving else rng.uniform(44, 52),
        ground=rng.uniform(106, 112),
        tilt=rng.uniform(0.12, 0.22),
        zoom=zoom if zooms else (0.0, 0.0, 0.0),
        shake=(0.05 if indoors else rng.uniform(0.1, 0.5), rng.uniform(0, 2 * np.pi)),
        shade=side * (rng.uniform(10, 26) if indoors or sun > 0.2 else rng.uniform(2, 12)),
        brightness=rng.uniform(0.75, 1.1) if indoors else rng.uniform(0.9, 1.1),
        shadow=on_wall if indoors else on_ground,
        wall=side * rng.uniform(5, 16) if indoors else 0.0,
        noise=rng.uniform(3.0, 6.0),
        blur=rng.uniform(0.12, 0.22),
    )


def draw_background(rng: np.random.Generator, scenario: str, ground: float) -> np.ndarray:
    """A lawn seen from above its edge, or indoors a wall, unevenly lit, and the floor before it.

    Drawn by ``rng`` for a ``scenario`` whose ``ground`` is at that row: grey levels of float32, ``MARGIN`` larger than
    the picture on each side.
    """
    rows, columns = HEIGHT + 2 * MARGIN, WIDTH + 2 * MARGIN
    y = np.linspace(-1, 1, rows)[:, None]
    x = np.linspace(-1, 1, columns)
    slope = rng.uniform(-9, 9, 2)
    if scenario != "d4":
        rough = rng.uniform(0.5, 1.2)
        grass = 3.5 * texture(rng, 2, 4) + 3.0 * texture(rng, 6, 16) + 2.5 * texture(rng, 10, 60)
        return (rng.uniform(122, 146) + slope[0] * x + slope[1] * y + rough * grass).astype(np.float32)
    lamp = rng.uniform(-0.8, 0.8)
    light = rng.uniform(150, 205) - rng.uniform(25, 80) * np.abs(x - lamp) ** 1.5 - rng.uniform(0, 25) * y**2
    edge = MARGIN + ground - rng.uniform(3, 14)
    row = np.arange(rows)[:, None]
    floor = np.clip(row - edge, 0, 1)
    board = np.clip(1.5 - np.abs(row - edge + 3), 0, 1) * rng.uniform(-30, 30)
    floor_grey = rng.uniform(75, 135) + slope[0] * x + 2.0 * texture(rng, 3, 8)
    wall = light + board + 1.0 * texture(rng, 8, 8)
    return (wall + floor * (floor_grey - wall)).astype(np.float32)


def texture(rng: np.random.Generator, high: int, wide: int) -> np.ndarray:
    """Normal noise with one value per ``high`` x ``wide`` pixels, interpolated linearly."""
    rows, columns = HEIGHT + 2 * MARGIN, WIDTH + 2 * MARGIN
    coarse = rng.standard_normal((rows // high + 2, columns // wide + 2))
    return _between(coarse, np.arange(rows) / high, np.arange(columns) / wide)


def _between(image: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """The image between its pixels, by linear interpolation, on a grid of rows and columns."""
    r, c = rows.astype(np.intp), columns.astype(np.intp)
    lower = (rows - r).astype(image.dtype)[:, None]
    right = (columns - c).astype(image.dtype)
    image = image[r] * (1 - lower) + image[r + 1] * lower
    return image[:, c] * (1 - right) + image[:, c + 1] * right


def look(background: np.ndarray, zoom: float, shift: np.ndarray) -> np.ndarray:
    """The part of a ``background`` in the picture, enlarged by ``zoom`` around ``MIDDLE`` and moved by ``shift``."""
    x = (np.arange(WIDTH) - shift[0] - MIDDLE[0]) / zoom + MIDDLE[0] + MARGIN
    y = (np.arange(HEIGHT) - shift[1] - MIDDLE[1]) / zoom + MIDDLE[1] + MARGIN
    rows, columns = background.shape
    return _between(background, np.clip(y, 0, rows - 1.001), np.clip(x, 0, columns - 1.001))


def grain(rng: np.random.Generator, frame: np.ndarray, noise: float, blur: float) -> np.ndarray:
    """A clean ``frame`` of float32 as uint8, with sensor noise, and the smoothing that compression leaves of it.

    ``rng`` draws the noise, whose deviation is ``noise`` grey levels; ``blur`` is the weight of each neighbour.
    """
    noisy = np.pad(frame + np.float32(noise) * rng.standard_normal(frame.shape, dtype=np.float32), 1, mode="edge")
    side, centre = np.float32(blur), np.float32(1 - 2 * blur)
    noisy = centre * noisy[1:-1] + side * (noisy[:-2] + noisy[2:])
    noisy = centre * noisy[:, 1:-1] + side * (noisy[:, :-2] + noisy[:, 2:])
    return np.clip(np.rint(noisy), 0, 255).astype(np.uint8)
