"""Movements of the second edition: boxing in more ways, and six actions that KTH does not have.

All are periodic in a phase, as those of :mod:`seqdl.datasets.actors.gait`; ``style["lead"]`` says with its sign which
hand or foot does what only one of them does: the left one where it is positive.
"""

from collections.abc import Mapping

import numpy as np

from seqdl.datasets.actors.gait import CLASSES, Angles, bump, move, pair, sides, standing

MORE = ("jumping", "bending", "sitting_down", "kicking", "pointing", "checking_watch")
ACTIONS = CLASSES + MORE


def perform(action: str, style: Mapping[str, float], phase: np.ndarray) -> Angles:
    """The joint angles of an ``action``, one of ``ACTIONS``, in a ``style``, at each ``phase`` (T,), in radians."""
    own = {
        "boxing": _box, "jumping": _jump, "bending": _bend, "sitting_down": _sit, "kicking": _kick, "pointing": _point,
        "checking_watch": _check,
    }  # fmt: skip
    return own[action](style, phase) if action in own else move(action, style, phase)


def _held(phase: np.ndarray, share: float, ease: float = 0.16) -> np.ndarray:
    """A pulse between 0 and 1 that is high for a ``share`` of the period, around phase pi; ``ease`` is a slope's."""
    away = np.abs(phase / (2 * np.pi) % 1 - 0.5)
    high = np.clip((0.5 * share - away) / ease + 0.5, 0, 1)
    return high * high * (3 - 2 * high)


def _sided(
    lead: np.ndarray | float, other: np.ndarray | float, style: Mapping[str, float], phase: np.ndarray
) -> np.ndarray:
    """What the leading and the other side do, as left and right: (T, 2)."""
    both = np.stack([np.broadcast_to(lead, phase.shape), np.broadcast_to(other, phase.shape)], axis=-1)
    return both if style["lead"] > 0 else both[:, ::-1]


def _box(style: Mapping[str, float], phase: np.ndarray) -> Angles:
    """Punches from a guard: in turn, or with one hand alone, whose arm may stay stretched out between them.

    ``held`` is the share of its reach that the leading arm keeps, ``balance`` how strong the other hand's punches are,
    ``down`` how far that hand hangs instead of guarding.
    """
    punch = bump(sides(phase), style["sharpness"])
    out = np.stack([style["held"] + (1 - style["held"]) * punch[:, 0], style["balance"] * punch[:, 1]], axis=-1)
    hanging = np.array([0.0, style["down"]])
    at_rest = {
        name: style[f"guard_{name}"] * (1 - hanging) + low * hanging for name, low in (("upper", 4.0), ("fore", 25.0))
    }
    upper, fore = (at_rest[name] + (style[f"punch_{name}"] - at_rest[name]) * out for name in ("upper", "fore"))
    abduction = style["abduction"] * (1 - 0.6 * out)
    if style["lead"] < 0:
        upper, fore, abduction, out = (both[:, ::-1] for both in (upper, fore, abduction, out))
    thigh, knee = standing(style, phase, 3.0)
    return Angles(
        upper=pair(upper, abduction, upper.shape),
        fore=pair(fore, -0.8 * style["abduction"], fore.shape),
        thigh=thigh,
        knee=knee,
        lean=np.radians(style["lean"] + 2 * out.sum(-1)),
        twist=np.radians(style["twist"]) * (out[:, 0] - out[:, 1]),
        bounce=style["bounce"] * (1 + np.sin(2 * phase)),
    )


def _body(style: Mapping[str, float], phase: np.ndarray, **of: np.ndarray | float) -> Angles:
    """Somebody who stands with hanging arms; ``of`` says otherwise, in degrees: flexions, abductions, lean."""
    shape = (*phase.shape, 2)
    hang = style["hang"]
    upper, fore = of.get("upper", hang), of.get("fore", 2.5 * hang)
    thigh, knee = standing(style, phase, 4.0)
    return Angles(
        upper=pair(upper, of.get("aside", style["aside"]), shape),
        fore=pair(fore, of.get("fore_aside", 0.3 * style["aside"]), shape),
        thigh=thigh + pair(of.get("thigh", 0.0), 0.0, shape),
        knee=knee + np.radians(np.broadcast_to(of.get("knee", 0.0), shape)),
        lean=np.radians(style["lean"] + of.get("lean", 0.0) + 0 * phase),
        twist=np.radians(of.get("twist", 0.0)) + 0 * phase,
        bounce=of.get("bounce", 0.0) + 0 * phase,
    )


def _jump(style: Mapping[str, float], phase: np.ndarray) -> Angles:
    """On the spot, with both feet: a crouch, the flight while the arms are up, a soft landing."""
    crouch = (bump(phase, 3) + 0.6 * bump(phase - 4.6, 5))[:, None]
    flight = np.maximum(0, 1 - ((phase % (2 * np.pi) - 2.6) / 1.3) ** 2)
    arms = style["swing"] * bump(phase - 2.2, 1.5)[:, None] - 20 * crouch
    return _body(
        style, phase, upper=arms, fore=arms + 25, thigh=style["crouch"] * crouch, knee=2 * style["crouch"] * crouch,
        lean=0.8 * style["crouch"] * crouch[:, 0], bounce=style["rise"] * flight,
    )  # fmt: skip


def _bend(style: Mapping[str, float], phase: np.ndarray) -> Angles:
    """Down to the knees or the ground and up again, the arms hanging."""
    down = _held(phase, style["stay"])
    return _body(
        style, phase, upper=(style["forward"] * down)[:, None], fore=(1.2 * style["forward"] * down)[:, None],
        thigh=(0.7 * style["give"] * down)[:, None], knee=(style["give"] * down)[:, None], lean=style["depth"] * down,
    )  # fmt: skip


def _sit(style: Mapping[str, float], phase: np.ndarray) -> Angles:
    """Down onto something low, a while there, and up again; the trunk leans forward on the way."""
    down = _held(phase, style["stay"], 0.2)
    way = 4 * down * (1 - down)
    return _body(
        style, phase, upper=(25 * down + style["forward"] * way)[:, None], fore=(60 * down + 30 * way)[:, None],
        thigh=(style["seat"] * down)[:, None], knee=((style["seat"] + style["tuck"]) * down)[:, None],
        lean=style["bow"] * way + 5 * down,
    )  # fmt: skip


def _kick(style: Mapping[str, float], phase: np.ndarray) -> Angles:
    """One foot swings back with a bent knee, then forward and up; the arms go the other way."""
    back, out = 0.8 * bump(phase - 2.2, 3), bump(phase - 3.6, style["sharpness"])
    swing = style["kick"] * out - 28 * back
    return _body(
        style, phase, upper=_sided(-0.3 * swing, 0.5 * swing, style, phase), aside=style["aside"] + 12 * out[:, None],
        thigh=_sided(swing, 0.0, style, phase), knee=_sided(70 * back + style["fold"] * out, 6 * out, style, phase),
        lean=-0.16 * swing,
    )  # fmt: skip


def _point(style: Mapping[str, float], phase: np.ndarray) -> Angles:
    """One arm is raised straight, held and taken down."""
    up = _held(phase, style["stay"])
    hang = style["hang"]
    return _body(
        style, phase, upper=_sided(hang + (style["level"] - hang) * up, hang, style, phase),
        fore=_sided(2.5 * hang + (style["level"] + style["bent"] - 2.5 * hang) * up, 2.5 * hang, style, phase),
        aside=_sided(style["aside"] + style["outwards"] * up, style["aside"], style, phase),
        fore_aside=_sided(style["outwards"] * up, 0.0, style, phase),
    )  # fmt: skip


def _check(style: Mapping[str, float], phase: np.ndarray) -> Angles:
    """A forearm is raised across the chest, looked at and taken down."""
    up = _held(phase, style["stay"])
    hang = style["hang"]
    return _body(
        style, phase, upper=_sided(hang + style["upper"] * up, hang, style, phase),
        fore=_sided(2.5 * hang + (style["fore"] - 2.5 * hang) * up, 2.5 * hang, style, phase),
        fore_aside=_sided(-style["across"] * up, 0.0, style, phase), lean=6 * up,
    )  # fmt: skip
