"""One video: a person who performs an action in a scenario, four times over.

Everything is a function of the frame's number, so any stretch can be rendered without what comes before it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from seqdl.datasets.actors.body import Body, Clothes, draw_body, draw_clothes
from seqdl.datasets.actors.figure import parts
from seqdl.datasets.actors.gait import CLASSES, WALKERS, draw_style, move
from seqdl.datasets.actors.render import Figure, capsule
from seqdl.datasets.actors.scene import MIDDLE, SCENARIOS, WIDTH, Scene, draw_background, draw_scene, grain, look
from seqdl.datasets.actors.skeleton import joints, turn, walking_speed

FPS = 25
REPETITIONS = 4
# What a generator is for: part of its key, so that no two purposes share random numbers.
BODY, CLOTHES, HABITS, TAKE, BACKGROUND, NOISE, CUT = range(7)


@dataclass(frozen=True)
class Path:
    """The person's way over the video's N frames.

    Parameters
    ----------
    place : ndarray, (N, 2)
        To the right of the picture's middle and towards the camera, metres.
    yaw, phase : ndarray, (N,)
        Where the person faces, 0 to the camera, pi/2 to the right; phase of the movement; radians.
    spans : tuple of (int, int)
        First and last frame of each repetition, as KTH's list of sequences would give them.
    """

    place: np.ndarray
    yaw: np.ndarray
    phase: np.ndarray
    spans: tuple[tuple[int, int], ...]


class Take:
    """One video, drawn from a seed.

    Another edition of the dataset overrides what stands first here, ``_draw``, ``_joints``, ``_background`` and
    ``short``.

    Parameters
    ----------
    seed : int
        Of the whole dataset.
    person : int
        Counted from 1.
    action, scenario : str
        One of ``actions`` and one of ``SCENARIOS``.
    """

    edition: tuple[int, ...] = ()  # part of each generator's key
    actions: tuple[str, ...] = CLASSES
    shadowed: tuple[tuple[str, str, float], ...] = (
        ("pelvis", "neck", 0.17),
        ("neck", "crown", 0.10),
        ("hip.left", "ankle.left", 0.08),
        ("hip.right", "ankle.right", 0.08),
    )  # between which points the shadow's capsules lie, and their radius in metres
    body: Body
    clothes: Clothes
    style: Mapping[str, float]
    scene: Scene
    path: Path

    def __init__(self, seed: int, person: int, action: str, scenario: str):
        self.seed, self.person, self.action, self.scenario = seed, person, action, scenario
        self._draw()

    def _draw(self) -> None:
        """Who acts, in what, how and where: body, clothes, style, scene, path."""
        own = self._rng(BODY)
        self.body = draw_body(own)
        skin, hair, long_hair = own.uniform(148, 200), own.uniform(20, 110), own.random() < 0.3
        self.clothes = draw_clothes(self._rng(CLOTHES), skin, hair, bool(long_hair), self.scenario)
        rng = self._rng(TAKE)
        self.style = draw_style(self.action, self._rng(HABITS), rng)
        self.scene = draw_scene(rng, self.scenario, self.action in WALKERS)
        self.path = self._cross(rng) if self.action in WALKERS else self._stay(rng)

    def _rng(self, purpose: int, frame: int = 0) -> np.random.Generator:
        """The generator for a purpose: of body and habits the person's own, of clothes the same for all actions."""
        action = 0 if purpose in (BODY, HABITS, CLOTHES) else self.actions.index(self.action)
        scenario = 0 if purpose in (BODY, HABITS) else SCENARIOS.index(self.scenario)
        return np.random.default_rng([self.seed, *self.edition, purpose, self.person, action, scenario, frame])

    def _joints(self, phase: np.ndarray) -> dict[str, np.ndarray]:
        """The person's points, as :func:`joints` gives them, at each phase of the movement."""
        return joints(self.body, move(self.action, self.style, phase))

    def _phase(self, rng: np.random.Generator, frames: int) -> np.ndarray:
        """The movement's phase: the style's cadence, now a little quicker and now a little slower."""
        frame = np.arange(frames)
        start, rate, wander = rng.uniform(0, 2 * np.pi), rng.uniform(0.01, 0.05), rng.uniform(0.1, 0.5)
        return start + 2 * np.pi * self.style["cadence"] / FPS * frame + wander * np.sin(rate * frame + start)

    def _stay(self, rng: np.random.Generator) -> Path:
        """On one spot with a slow sway; boxing seen from the side, the others from the front."""
        lengths = rng.integers(68, 100, REPETITIONS)
        frame = np.arange(lengths.sum())
        facing = rng.choice([-1.0, 1.0]) * np.radians(rng.uniform(55, 95)) if self.action == "boxing" else 0.0
        facing += np.radians(rng.uniform(-14, 14))
        start = rng.uniform(0, 2 * np.pi)
        sway = 0.03 * np.sin(np.outer(frame, [0.043, 0.031]) + start)
        place = np.array([rng.uniform(-0.4, 0.4), rng.uniform(-0.5, 0.5)]) + sway
        yaw = facing + 0.06 * np.sin(0.037 * frame + start)
        ends = np.cumsum(lengths)
        spans = tuple((int(e - n), int(e) - 1) for e, n in zip(ends, lengths, strict=True))
        return Path(place, yaw, self._phase(rng, len(frame)), spans)

    def _cross(self, rng: np.random.Generator) -> Path:
        """Across the picture, out of it, and back after a while; in d2 often on a slant."""
        slant = np.radians(rng.uniform(-28, 28) if self.scenario == "d2" else rng.uniform(-7, 7))
        speed = walking_speed(self.action, self.body, self.style) / FPS
        half = (WIDTH / 2 / np.exp(-self.scene.zoom[0]) + 6) / self.scene.scale + 0.5 * self.body.height
        crossing = int(np.ceil(2 * half / np.cos(slant) / speed))
        direction = rng.choice([-1.0, 1.0])
        distance, heading = [], []
        for repetition in range(REPETITIONS):
            frames = np.arange(crossing + rng.integers(4, 36))
            distance.append(np.minimum(frames * speed, 2 * half / np.cos(slant)) - half / np.cos(slant))
            heading.append(np.full(len(frames), direction * (-1) ** repetition))
        way, sign = np.concatenate(distance), np.concatenate(heading)
        place = (way * sign)[:, None] * [np.cos(slant), np.sin(slant)] + [0, rng.uniform(-0.4, 0.4)]
        yaw = np.arctan2(sign * np.cos(slant), sign * np.sin(slant))
        inside = np.abs(self._columns(place) - WIDTH / 2) < WIDTH / 2
        spans, first = [], 0
        for part in distance:
            seen = first + np.flatnonzero(inside[first : first + len(part)])
            spans.append((int(seen[0]), int(seen[-1])))
            first += len(part)
        return Path(place, yaw, self._phase(rng, len(way)), tuple(spans))

    def short(self, first: int, last: int, most: int) -> tuple[int, int]:
        """First and last frame of a short sequence, of at ``most`` so many, in a repetition: its beginning."""
        return first, min(last, first + most - 1)

    def __len__(self) -> int:
        return len(self.path.phase)

    def _near(self, place: np.ndarray) -> np.ndarray:
        """Enlargement by nearness to the camera."""
        return 1 / (1 - place[:, 1] / self.scene.distance)

    def _columns(self, place: np.ndarray) -> np.ndarray:
        zoom, shift = self.scene.view(np.arange(len(place)))
        return zoom * (self.scene.scale * self._near(place) * place[:, 0]) + MIDDLE[0] + shift[:, 0]

    @property
    def columns(self) -> np.ndarray:
        """Column of the person's middle in each frame of the video, outside the picture too: (N,)."""
        return self._columns(self.path.place)

    @cached_property
    def _background(self) -> np.ndarray:
        return draw_background(self._rng(BACKGROUND), self.scenario, self.scene.ground)

    def _project(self, points: np.ndarray, frame: np.ndarray) -> np.ndarray:
        """Columns and rows (T, J, 2) of points (T, J, 3) given to the right, up and nearer of the person's place."""
        place = self.path.place[frame]
        zoom, shift = self.scene.view(frame)
        scale = self.scene.scale * self._near(place)[:, None]
        column = MIDDLE[0] + scale * (place[:, :1] + points[..., 0])
        nearer = scale * (place[:, 1:] + points[..., 2])
        row = self.scene.ground + self.scene.tilt * nearer - scale * points[..., 1]
        return MIDDLE + zoom[:, None, None] * (np.stack([column, row], axis=-1) - MIDDLE) + shift[:, None]

    def _shadow(self, points: dict[str, np.ndarray], frame: np.ndarray, scale: np.ndarray) -> list:
        """Capsules (T, S, 6) of the shadow: the points laid on the ground, or beside the person on the wall."""
        _, across, down = self.scene.shadow

        def cast(name: str) -> np.ndarray:
            x, y, z = np.moveaxis(points[name], -1, 0)
            moved = np.stack([x + across * y + self.scene.wall / self.scene.scale, -down * y, z], axis=-1)
            return self._project(moved[:, None], frame)[:, 0]

        radii = np.array([[size, size] for *_, size in self.shadowed])
        ends = np.stack([np.concatenate([cast(a), cast(b)], axis=-1) for a, b, _ in self.shadowed], axis=1)
        return np.concatenate([ends, scale[:, None, None] * radii], axis=-1).tolist()

    def frames(self, first: int = 0, last: int | None = None) -> Iterator[np.ndarray]:
        """The video's frames from first to last, inclusive, counted from 0: (HEIGHT, WIDTH), uint8."""
        # One frame more, from which the first one's smear is taken.
        frame = np.arange(max(first - 1, 0), len(self) if last is None else last + 1)
        zoom, shift = self.scene.view(frame)
        points = turn(self._joints(self.path.phase[frame]), self.path.yaw[frame])
        scale = zoom * self.scene.scale * self._near(self.path.place[frame])
        shown = parts(self.body, self.clothes)
        ends = np.stack([np.stack([points[p.start], points[p.end]], axis=1) for p in shown], axis=1)
        places = self._project(ends.reshape(len(frame), -1, 3), frame).reshape(len(frame), len(shown), 2, 2)
        depths = ends[..., 2].mean(axis=-1) + [part.depth for part in shown]
        exposure = self.scene.exposed(frame)
        figure = Figure(shown, places, depths, scale, self.scene.shade, self.scene.brightness)
        shadow = self._shadow(points, frame, scale)
        for index in range(first - frame[0], len(frame)):
            canvas = look(self._background, float(zoom[index]), shift[index])
            light = np.ones_like(canvas)
            for place in shadow[index]:
                capsule(light, place, -self.scene.shadow[0], (self.scene.edge, 0.0, 0.0, 0.0))
            canvas *= light
            figure.paint(canvas, index)
            canvas *= exposure[index]
            yield grain(self._rng(NOISE, int(frame[index])), canvas, self.scene.noise, self.scene.blur)
