"""How a person moves: the joint angles of the six actions over time.

All movements are periodic in a phase. The two sides of the body follow it half a period apart in walking, jogging,
running and boxing, and together in handwaving and handclapping.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

CLASSES = ("walking", "jogging", "running", "boxing", "handwaving", "handclapping")
WALKERS = CLASSES[:3]

# Mean and half range over persons of each parameter: degrees, cycles per second (cadence), metres (bounce), or shares.
# Neighbouring gaits nearly touch in each single parameter, so that one pose alone does not tell them apart.
STYLES: Mapping[str, Mapping[str, tuple[float, float]]] = {
    "walking": {
        "cadence": (0.96, 0.12), "hip": (25, 5), "hip_mean": (7, 4), "knee_swing": (58, 10), "knee_stance": (12, 6),
        "knee_base": (6, 4), "swing_at": (0.71, 0.015), "arm": (22, 12), "arm_mean": (2, 8), "elbow": (38, 30),
        "lean": (4, 5), "reach": (0.95, 0.04), "bounce": (0.0, 0.0), "abduction": (8, 5), "twist": (6, 4),
    },
    "jogging": {
        "cadence": (1.24, 0.10), "hip": (27, 5), "hip_mean": (11, 4), "knee_swing": (70, 14), "knee_stance": (20, 7),
        "knee_base": (9, 4), "swing_at": (0.695, 0.015), "arm": (24, 11), "arm_mean": (-4, 9), "elbow": (72, 28),
        "lean": (6, 5), "reach": (1.0, 0.06), "bounce": (0.035, 0.02), "abduction": (11, 6), "twist": (8, 5),
    },
    "running": {
        "cadence": (1.47, 0.13), "hip": (30, 5), "hip_mean": (14, 4), "knee_swing": (86, 16), "knee_stance": (24, 7),
        "knee_base": (11, 4), "swing_at": (0.68, 0.015), "arm": (31, 12), "arm_mean": (-6, 9), "elbow": (84, 24),
        "lean": (9, 5), "reach": (1.02, 0.06), "bounce": (0.055, 0.025), "abduction": (13, 6), "twist": (10, 5),
    },
    "boxing": {
        "cadence": (1.05, 0.30), "guard_upper": (32, 16), "guard_fore": (128, 18), "punch_upper": (80, 14),
        "punch_fore": (90, 12), "sharpness": (3.2, 1.6), "balance": (0.8, 0.2), "abduction": (14, 9), "twist": (14, 9),
        "stance": (9, 6), "knee_base": (10, 7), "lean": (4, 5), "bounce": (0.012, 0.012),
    },
    "handwaving": {
        "cadence": (0.72, 0.22), "low": (32, 24), "high": (132, 18), "fold_low": (4, 10), "fold_high": (32, 22),
        "forward": (10, 12), "stance": (4, 3), "knee_base": (2, 2), "lean": (1, 3), "twist": (2, 2),
        "bounce": (0.006, 0.006),
    },
    "handclapping": {
        "cadence": (0.95, 0.28), "open": (46, 26), "closed": (0, 5), "fore_open": (48, 28), "fore_closed": (43, 5),
        "upper": (40, 22), "fore": (82, 22), "stance": (4, 3), "knee_base": (2, 2), "lean": (1, 3), "twist": (1, 1),
        "bounce": (0.004, 0.004),
    },
}  # fmt: skip


class Angles(NamedTuple):
    """Joint angles in radians over T frames; sided ones have two columns, left and right.

    Parameters
    ----------
    upper, fore, thigh : ndarray, (T, 2, 2)
        Flexion (forwards from hanging) and abduction (outwards) of upper arm, forearm and thigh; that of the forearm is
        its own direction and not relative to the upper arm.
    knee : ndarray, (T, 2)
        Flexion of the knee.
    lean, twist : ndarray, (T,)
        Forward lean of the trunk; turn of the shoulders against the hips, positive to the right.
    bounce : ndarray, (T,)
        Height of the lower foot above the ground, in metres.
    """

    upper: np.ndarray
    fore: np.ndarray
    thigh: np.ndarray
    knee: np.ndarray
    lean: np.ndarray
    twist: np.ndarray
    bounce: np.ndarray


def draw_style(action: str, person: np.random.Generator, take: np.random.Generator) -> dict[str, float]:
    """A person's way of performing an ``action``: mostly the person's own, a little different in each take.

    The generator ``person`` comes fresh from the person's key, so that the same habits (stride, lean, tempo) show in
    all of a person's actions; ``take`` draws what differs between takes. There is a value for each parameter of
    ``STYLES[action]``.
    """
    names = sorted({name for style in STYLES.values() for name in style})
    habits = {name: person.uniform(-1, 1) for name in names}
    return {
        name: mean + spread * (0.8 * habits[name] + 0.2 * take.uniform(-1, 1))
        for name, (mean, spread) in STYLES[action].items()
    }


def move(action: str, style: Mapping[str, float], phase: np.ndarray) -> Angles:
    """The joint angles of an ``action`` in a ``style`` of :func:`draw_style`, at each ``phase`` (T,) of the movement.

    A period of the phase, in radians, is one cycle of both sides.
    """
    if action in WALKERS:
        return _stride(style, phase)
    return {"boxing": _box, "handwaving": _wave, "handclapping": _clap}[action](style, phase)


def sides(phase: np.ndarray) -> np.ndarray:
    """The phases of left and right, half a period apart: (T, 2)."""
    return np.stack([phase, phase + np.pi], axis=-1)


def bump(phase: np.ndarray, sharpness: float) -> np.ndarray:
    """A smooth periodic pulse of height 1 at phase 0."""
    return np.exp(sharpness * (np.cos(phase) - 1))


def pair(flexion: np.ndarray | float, abduction: np.ndarray | float, shape: tuple[int, ...]) -> np.ndarray:
    """Flexion and abduction in degrees, broadcast to ``shape`` and joined, in radians."""
    return np.radians(np.stack([np.broadcast_to(flexion, shape), np.broadcast_to(abduction, shape)], axis=-1))


def _stride(style: Mapping[str, float], phase: np.ndarray) -> Angles:
    """Walking, jogging, running: phase 0 is the left foot's touch-down, the knee folds while its leg swings."""
    p = sides(phase)
    thigh = style["hip_mean"] + style["hip"] * np.cos(p)
    knee = (
        style["knee_base"]
        + style["knee_stance"] * bump(p - 2 * np.pi * 0.15, 4)
        + style["knee_swing"] * bump(p - 2 * np.pi * style["swing_at"], 2.6)
    )
    upper = style["arm_mean"] - style["arm"] * np.cos(p)
    elbow = style["elbow"] - 0.45 * style["arm"] * np.cos(p)
    return Angles(
        upper=pair(upper, style["abduction"], p.shape),
        fore=pair(upper + np.maximum(elbow, 3), -0.6 * style["abduction"], p.shape),
        thigh=pair(thigh, 1.0, p.shape),
        knee=np.radians(knee),
        lean=np.radians(style["lean"] + 1.5 * np.cos(2 * phase)),
        twist=np.radians(style["twist"]) * np.cos(phase),
        bounce=style["bounce"] * bump(2 * phase - 1.7 * np.pi, 1.5),
    )


def standing(style: Mapping[str, float], phase: np.ndarray, spread: float) -> tuple[np.ndarray, np.ndarray]:
    """Thighs and knees of somebody who stands, at each ``phase``: legs apart by ``spread`` degrees.

    The ``style`` says by how much the left leg is forward, ``stance``, and how bent the knees are.
    """
    side = np.array([1.0, -1.0])
    shape = (*phase.shape, 2)
    sway = 1.2 * np.sin(phase)[:, None]
    thigh = pair(style["stance"] * side + 0.5 * style["knee_base"] + sway, spread, shape)
    return thigh, np.radians(np.broadcast_to(style["knee_base"] + sway * side, shape))


def _box(style: Mapping[str, float], phase: np.ndarray) -> Angles:
    """Punches in turn from a guard in front of the chin; ``balance`` says how much weaker the right hand's are."""
    p = sides(phase)
    out = bump(p, style["sharpness"]) * np.array([1.0, style["balance"]])
    thigh, knee = standing(style, phase, 3.0)
    upper = style["guard_upper"] + (style["punch_upper"] - style["guard_upper"]) * out
    fore = style["guard_fore"] + (style["punch_fore"] - style["guard_fore"]) * out
    return Angles(
        upper=pair(upper, style["abduction"] * (1 - 0.6 * out), p.shape),
        fore=pair(fore, -0.8 * style["abduction"], p.shape),
        thigh=thigh,
        knee=knee,
        lean=np.radians(style["lean"] + 3 * out.sum(-1)),
        twist=np.radians(style["twist"]) * (out[:, 0] - out[:, 1]),
        bounce=style["bounce"] * (1 + np.sin(2 * phase)),
    )


def _upright(style: Mapping[str, float], phase: np.ndarray, upper: np.ndarray, fore: np.ndarray, beat: int) -> Angles:
    """The arms of somebody who stands with a slight turn to and fro, and ``beat`` bounces a period."""
    thigh, knee = standing(style, phase, 4.0)
    lean = np.radians(style["lean"] + 0 * phase)
    twist = np.radians(style["twist"]) * np.sin(phase)
    return Angles(upper, fore, thigh, knee, lean, twist, style["bounce"] * (1 + np.sin(beat * phase)))


def _wave(style: Mapping[str, float], phase: np.ndarray) -> Angles:
    """Both arms swing in the frontal plane from the hips to above the head and back."""
    up = (0.5 - 0.5 * np.cos(sides(phase)[:, :1])) * np.ones(2)
    abduction = style["low"] + (style["high"] - style["low"]) * up
    fold = style["fold_low"] + (style["fold_high"] - style["fold_low"]) * up
    upper = pair(style["forward"], abduction, abduction.shape)
    return _upright(style, phase, upper, pair(style["forward"], abduction + fold, abduction.shape), 1)


def _clap(style: Mapping[str, float], phase: np.ndarray) -> Angles:
    """Both arms open to the sides and close in front of the body."""
    apart = (0.5 + 0.5 * np.cos(phase))[:, None] * np.ones(2)
    abduction = style["closed"] + (style["open"] - style["closed"]) * apart
    fore = (style["fore_open"] + style["fore_closed"]) * apart - style["fore_closed"]
    upper = pair(style["upper"] * (1 - 0.4 * apart), abduction, abduction.shape)
    return _upright(style, phase, upper, pair(style["fore"], fore, abduction.shape), 2)
