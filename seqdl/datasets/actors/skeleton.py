"""From joint angles to points in the picture: the skeleton standing on the ground, turned and projected."""

from collections.abc import Mapping

import numpy as np

from seqdl.datasets.actors.body import Body
from seqdl.datasets.actors.gait import Angles, move

SIDES = ("left", "right")


def joints(body: Body, angles: Angles) -> dict[str, np.ndarray]:
    """Places of the joints in the person's own frame: forwards, up, to the left; metres, (T, 3) each.

    The ground is at height 0; the lower foot stands on it, or ``angles.bounce`` above it in a flight phase. The middle
    of the hips has no forward or sideways motion: walking on is the path's business. There are the joints and the other
    points that body parts are drawn between; sided ones end in ``.left`` or ``.right``.
    """
    frames = len(angles.lean)
    zero = np.zeros(frames)
    spine = np.stack([np.sin(angles.lean), np.cos(angles.lean), zero], axis=-1)
    across = np.stack([np.sin(angles.twist), zero, np.cos(angles.twist)], axis=-1)
    forward = np.cross(spine, across)
    points: dict[str, np.ndarray] = {"pelvis": np.zeros((frames, 3)), "neck": body.trunk * spine}
    for index, (side, sign) in enumerate(zip(SIDES, (1.0, -1.0), strict=True)):
        points |= {f"{name}.{side}": point for name, point in _leg(body, angles, index, sign).items()}
        shoulder = 0.95 * points["neck"] + sign * body.shoulder * across
        elbow = shoulder + body.upper_arm * _direction(angles.upper[:, index], sign)
        wrist = elbow + body.forearm * _direction(angles.fore[:, index], sign)
        points |= {
            f"shoulder.{side}": shoulder,
            f"chest.{side}": 0.88 * points["neck"] + sign * 0.52 * body.shoulder * across,
            f"waist.{side}": 0.05 * points["neck"] + sign * 0.40 * body.shoulder * across,
            f"elbow.{side}": elbow,
            f"wrist.{side}": wrist,
            f"finger.{side}": wrist + body.hand * _direction(angles.fore[:, index], sign),
        }
    upright = 0.6 * spine + np.array([0.0, 0.4, 0.0])
    chin = points["neck"] + 0.75 * body.head * upright + 0.25 * body.head * forward
    points |= {
        "chin": chin,
        "crown": chin + 0.85 * body.head * upright,
        "nape": chin + 0.45 * body.head * upright - 0.45 * body.head * forward,
        "hair": chin + 1.05 * body.head * upright - 0.30 * body.head * forward,
        "back.upper": 0.85 * points["neck"] - 0.14 * forward,
        "back.lower": 0.35 * points["neck"] - 0.15 * forward,
    }
    lowest = np.min([points[f"{name}.{side}"][:, 1] for name in ("heel", "toe") for side in SIDES], axis=0)
    rise = (angles.bounce - lowest)[:, None] * np.array([0.0, 1.0, 0.0])
    return {name: point + rise for name, point in points.items()}


def anchored(points: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The points of :func:`joints` moved forwards or back so that the middle of the ankles stays: for who does not go.

    It stays below where the hips are when the person stands upright.
    """
    feet = 0.5 * (points["ankle.left"] + points["ankle.right"]) * np.array([1.0, 0.0, 0.0])
    return {name: point - feet for name, point in points.items()}


def _direction(angle: np.ndarray, sign: float) -> np.ndarray:
    """Unit vectors (T, 3) of a limb from its flexion and abduction (T, 2); hanging down at zero."""
    flexion, abduction = angle[:, 0], angle[:, 1]
    return np.stack(
        [np.sin(flexion) * np.cos(abduction), -np.cos(flexion) * np.cos(abduction), sign * np.sin(abduction)], axis=-1
    )


def _leg(body: Body, angles: Angles, index: int, sign: float) -> dict[str, np.ndarray]:
    """One leg's points, from the hip down; the foot stays flat unless the shin leans far."""
    hip = np.zeros((len(angles.lean), 3)) + np.array([0.0, 0.0, sign * body.hip])
    thigh = angles.thigh[:, index]
    shin = thigh - np.stack([angles.knee[:, index], np.zeros(len(hip))], axis=-1)
    pitch = np.clip(0.8 * (shin[:, 0] + 0.1), -1.3, 0.35)
    flap = hip + 0.5 * body.thigh * _direction(0.7 * thigh, sign)
    knee = hip + body.thigh * _direction(thigh, sign)
    ankle = knee + body.shin * _direction(shin, sign)
    toe = np.stack([np.cos(pitch), np.sin(pitch), 0.15 * sign * np.ones(len(hip))], axis=-1)
    sole = np.stack([np.sin(pitch), -np.cos(pitch), np.zeros(len(hip))], axis=-1)
    heel = ankle + 0.3 * body.foot * sole - 0.2 * body.foot * toe
    return {"hip": hip, "flap": flap, "knee": knee, "ankle": ankle, "heel": heel, "toe": heel + body.foot * toe}


def turn(points: Mapping[str, np.ndarray], yaw: np.ndarray) -> dict[str, np.ndarray]:
    """The points of :func:`joints` seen by the camera: to the right, up, towards the camera.

    ``yaw`` (T,) says where the person faces, in radians: 0 to the camera, pi/2 to the right of the picture.
    """
    sin, cos = np.sin(yaw), np.cos(yaw)
    return {
        name: np.stack([p[:, 0] * sin + p[:, 2] * cos, p[:, 1], p[:, 0] * cos - p[:, 2] * sin], axis=-1)
        for name, p in points.items()
    }


def walking_speed(action: str, body: Body, style: Mapping[str, float]) -> float:
    """Metres per second at which the standing foot of a walking, jogging or running ``body`` does not slide.

    Two steps a cycle, each the foot's way from front to back in that ``action`` and ``style``, times ``reach`` for the
    flight phase.
    """
    cycle = joints(body, move(action, style, np.linspace(0, 2 * np.pi, 48)))["ankle.left"][:, 0]
    return 2 * float(np.ptp(cycle)) * style["reach"] * style["cadence"]
