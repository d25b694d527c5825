"""One video of the second edition: what filming people in the open brings with it.

People walk across and on slants that double their size or halve it, throw shadows that are in the picture before them,
wear one grey from hood to shoe, have their heads cut off, pause, and face the camera only roughly; the camera zooms and
shakes. Much is drawn for each video.
"""

from functools import cached_property

import numpy as np

from seqdl.datasets.actors.gait import WALKERS
from seqdl.datasets.actors.moves import ACTIONS, perform
from seqdl.datasets.actors.outdoors import draw_camera, draw_ground, paint_ground
from seqdl.datasets.actors.scene import WIDTH
from seqdl.datasets.actors.skeleton import anchored, joints, walking_speed
from seqdl.datasets.actors.take import BACKGROUND, BODY, CLOTHES, CUT, FPS, HABITS, REPETITIONS, TAKE, Path, Take
from seqdl.datasets.actors.variety import draw_dress, draw_habits, draw_person

SIDEWAYS = ("boxing", "bending", "sitting_down", "kicking")
"""What is shown from the side, most often."""
ANCHORED = ("bending", "sitting_down")
"""Where the hips go back and the feet stay."""
_LIMBS = [(f"shoulder.{s}", f"elbow.{s}", 0.05) for s in ("left", "right")]
_LIMBS += [(f"elbow.{s}", f"wrist.{s}", 0.045) for s in ("left", "right")]


class Varied(Take):
    """One video of the second edition, drawn from a seed: see :class:`seqdl.datasets.actors.take.Take`."""

    edition = (2,)
    actions = ACTIONS

    def _draw(self) -> None:
        rng, own = self._rng(TAKE), self._rng(BODY)
        self.body = draw_person(own)
        self.kind = draw_ground(rng, self.scenario)
        self.clothes = draw_dress(self._rng(CLOTHES), own, self.scenario, self.kind.grey)
        self.style = draw_habits(self.action, self._rng(HABITS), rng)
        self.scene = draw_camera(rng, self.scenario, self.body.height, self.action in WALKERS)
        self.shadowed = tuple((a, b, self._thin * radius) for a, b, radius in (*Take.shadowed, *_LIMBS))
        self.path = self._cross(rng) if self.action in WALKERS else self._stay(rng)

    @property
    def _thin(self) -> float:
        """How much thinner a shadow is that lies across: the ground is seen from a low camera."""
        _, across, down = self.scene.shadow
        if self.scene.wall:
            return 1.0
        return float(np.hypot(2.2 * self.scene.tilt * across, down) / max(np.hypot(across, down), 1e-6))

    def _joints(self, phase: np.ndarray) -> dict[str, np.ndarray]:
        points = joints(self.body, perform(self.action, self.style, phase))
        return anchored(points) if self.action in ANCHORED else points

    def _phase(self, rng: np.random.Generator, frames: int) -> np.ndarray:
        """Quicker and slower by a tenth; who stands also pauses, half of them, every few seconds for up to two."""
        frame = np.arange(frames)
        start, rate, depth = rng.uniform(0, 2 * np.pi), rng.uniform(0.01, 0.06), rng.uniform(0, 0.12)
        pace = 1 + depth * np.sin(rate * frame + start)
        if self.action not in WALKERS and rng.random() < 0.5:
            ends = np.cumsum(rng.uniform(40, 160, frames // 40 + 1))
            for end, length in zip(ends, rng.uniform(5, 50, len(ends)), strict=True):
                pace *= 1 - np.clip(3 - np.abs(frame - end) / (length / 6), 0, 1)
        return start + 2 * np.pi * self.style["cadence"] / FPS * np.cumsum(pace)

    def _stay(self, rng: np.random.Generator) -> Path:
        """On one spot with a sway, from the front or the side within 30 degrees, or for one in six within 70."""
        lengths = rng.integers(68, 130, REPETITIONS)
        frame = np.arange(lengths.sum())
        facing = rng.choice([-1.0, 1.0]) * np.pi / 2 if self.action in SIDEWAYS else 0.0
        facing += np.radians(rng.uniform(-1, 1) * (70 if rng.random() < 1 / 6 else 30))
        start, depth = rng.uniform(0, 2 * np.pi), rng.uniform(0.01, 0.08)
        sway = depth * np.sin(np.outer(frame, [0.043, 0.031]) + start)
        place = np.array([rng.uniform(-0.5, 0.5), rng.uniform(-1.0, 0.0)]) + sway
        yaw = facing + rng.uniform(0.02, 0.12) * np.sin(0.037 * frame + start)
        ends = np.cumsum(lengths)
        spans = tuple((int(e - n), int(e) - 1) for e, n in zip(ends, lengths, strict=True))
        return Path(place, yaw, self._phase(rng, len(frame)), spans)

    def _cross(self, rng: np.random.Generator) -> Path:
        """Across the picture, out of it, and back; on a slant that makes the far end 0.35 to 0.8 of the near one.

        So do three in four in d2 and one in three elsewhere in the open; the others change by a tenth at most. A cut
        sequence begins and ends up to half a second before or after the person's middle is at the border.
        """
        slanted = rng.random() < {"d2": 0.75, "d4": 0.1}.get(self.scenario, 0.35)
        deeper = 1 / (rng.uniform(0.35, 0.8) if slanted else rng.uniform(0.92, 1.0)) - 1
        half = (WIDTH / 2 / np.exp(-self.scene.zoom[0]) + 6) / self.scene.scale + 0.5 * self.body.height
        # From one border, at the usual distance, to the other one, farther off.
        along = half * (2 + deeper) * rng.choice([-1.0, 1.0])
        away = deeper * self.scene.distance
        speed, length = walking_speed(self.action, self.body, self.style) / FPS, np.hypot(along, away)
        near, step = np.array([np.sign(along) * half, 0.0]), np.array([-along, -away]) / length
        outwards = rng.choice([True, False])
        share, sign = [], []
        for _ in range(REPETITIONS):
            way = np.minimum(np.arange(np.ceil(length / speed) + rng.integers(4, 36)) * speed, length)
            share.append(way if outwards else length - way)
            sign.append(np.full(len(way), 1.0 if outwards else -1.0))
            outwards = not outwards
        place = near + np.concatenate(share)[:, None] * step
        heading = np.concatenate(sign)[:, None] * step
        inside = np.abs(self._columns(place) - WIDTH / 2) < WIDTH / 2
        spans, first = [], 0
        for part in share:
            seen = np.flatnonzero(inside[first : first + len(part)])
            start = max(int(seen[0] - rng.integers(-12, 13)), 0)
            end = max(int(seen[-1] + rng.integers(-12, 13)), start + 15)
            spans.append((first + start, first + min(end, len(part) - 1)))
            first += len(part)
        return Path(place, np.arctan2(heading[:, 0], heading[:, 1]), self._phase(rng, len(place)), tuple(spans))

    def short(self, first: int, last: int, most: int) -> tuple[int, int]:
        """First and last frame of a short sequence, of at ``most`` so many: any part of a repetition."""
        return super().short(first + int(self._rng(CUT).integers(max(last + 2 - most - first, 1))), last, most)

    @cached_property
    def _background(self) -> np.ndarray:
        return paint_ground(self._rng(BACKGROUND), self.kind, self.scene)
