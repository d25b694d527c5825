"""Who acts and how in the second edition: bodies, clothes and habits over the range that one meets.

The ranges are those of people and of what they wear when they are filmed in the open, with their reasons beside them.
No video was measured for them.
"""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from seqdl.datasets.actors.body import Body, Clothes, draw_body, draw_clothes
from seqdl.datasets.actors.gait import STYLES
from seqdl.datasets.actors.moves import ACTIONS

WIDER = 1.35
"""Factor on the half ranges of the first edition's habits: people whom nobody asked to move alike."""

# What is not just wider, and the actions that the first edition does not have; units as in ``gait.STYLES``.
_STANDING = {"stance": (4, 4), "knee_base": (4, 4), "lean": (1, 4), "aside": (7, 6), "hang": (4, 6)}
OTHERWISE: Mapping[str, Mapping[str, tuple[float, float]]] = {
    # Between a stroll (80 steps a minute) and haste (135); a slow jog (135) to a brisk one; running 160 to 200.
    "walking": {"cadence": (0.90, 0.22)},
    "jogging": {"cadence": (1.26, 0.15)},
    "running": {"cadence": (1.50, 0.17)},
    # Each hand one slow punch in two seconds to three in two, from a bent arm at the ribs or the chin, the front one
    # kept out by up to seven tenths of its reach; the other hand as strong, or doing nothing, at the chin or hanging.
    "boxing": {
        "cadence": (0.95, 0.50), "held": (0.2, 0.55), "balance": (0.45, 0.7), "down": (0.15, 0.6),
        "guard_upper": (20, 24), "guard_fore": (140, 26), "punch_upper": (82, 16), "punch_fore": (90, 14),
        "sharpness": (2.8, 1.8),
    },
    # From the thighs or from the shoulders' height, up to where the hands meet, or hardly above the head.
    "handwaving": {"cadence": (0.70, 0.38), "low": (42, 42), "high": (132, 26), "forward": (12, 22)},
    # From small claps before the chest to wide ones with straight arms.
    "handclapping": {
        "cadence": (1.0, 0.50), "open": (42, 34), "fore_open": (46, 34), "upper": (42, 32), "fore": (84, 32),
    },
    "jumping": {
        **_STANDING, "cadence": (0.75, 0.25), "crouch": (32, 16), "rise": (0.25, 0.17), "swing": (70, 80),
    },
    "bending": {
        **_STANDING, "cadence": (0.50, 0.14), "stay": (0.45, 0.25), "depth": (72, 28), "give": (35, 35),
        "forward": (10, 22),
    },
    "sitting_down": {
        **_STANDING, "cadence": (0.42, 0.10), "stay": (0.5, 0.2), "seat": (84, 22), "tuck": (8, 16),
        "forward": (20, 25), "bow": (28, 16),
    },
    "kicking": {
        **_STANDING, "cadence": (0.65, 0.28), "kick": (62, 34), "sharpness": (5, 2), "fold": (12, 14),
    },
    "pointing": {
        **_STANDING, "cadence": (0.48, 0.15), "stay": (0.5, 0.25), "level": (82, 22), "bent": (6, 14),
        "outwards": (14, 34),
    },
    "checking_watch": {
        **_STANDING, "cadence": (0.48, 0.15), "stay": (0.45, 0.25), "upper": (32, 18), "fore": (112, 20),
        "across": (38, 18),
    },
}  # fmt: skip
LIMITS = {"held": (0.0, 0.7), "balance": (0.0, 1.0), "down": (0.0, 1.0), "bounce": (0.0, 0.2), "knee_base": (0.0, 40.0)}
"""Where a range ends early: what lies beyond counts as the end, which is then more frequent."""


def _habits() -> dict[str, dict[str, tuple[float, float]]]:
    wider = {action: {n: (mean, WIDER * half) for n, (mean, half) in style.items()} for action, style in STYLES.items()}
    return {action: {**wider.get(action, {}), **OTHERWISE[action]} for action in ACTIONS}


HABITS = _habits()
"""Mean and half range of each parameter of ``ACTIONS``."""


def draw_habits(action: str, person: np.random.Generator, take: np.random.Generator) -> dict[str, float]:
    """A person's way of performing an ``action``: as :func:`seqdl.datasets.actors.gait.draw_style`, in wider ranges.

    Both generators are those that it takes: ``person`` fresh from the person's key, ``take`` for what differs between
    takes. ``lead`` says by its sign which side leads: the person's own.
    """
    own = {name: person.uniform(-1, 1) for name in sorted({name for style in HABITS.values() for name in style})}
    style = {"lead": person.uniform(-0.25, 0.75)}  # one in four is left-handed or stands as if
    for name, (mean, half) in HABITS[action].items():
        low, high = LIMITS.get(name, (-np.inf, np.inf))
        style[name] = float(np.clip(mean + half * (0.75 * own[name] + 0.25 * take.uniform(-1, 1)), low, high))
    return style


def draw_person(rng: np.random.Generator) -> Body:
    """An adult or a child from ten years, from slim to stout: a body of the first edition, stretched.

    Heights between the first percentile of women and the last of men, 1.49 to 1.97 m, and for one in six less, down to
    1.32 m with a head that has not shrunk as much; legs, arms and shoulders relative to the height by a tenth.
    """
    body = draw_body(rng)
    child = rng.random() < 1 / 6
    height = rng.uniform(1.32, 1.5) if child else rng.uniform(1.49, 1.97)
    legs, arms, wide = rng.uniform(0.93, 1.07), rng.uniform(0.93, 1.08), rng.uniform(0.88, 1.16)
    size = height / body.height
    return Body(
        height=height,
        thigh=size * body.thigh * legs,
        shin=size * body.shin * legs,
        foot=size * body.foot,
        trunk=size * body.trunk * (2 - legs),
        upper_arm=size * body.upper_arm * arms,
        forearm=size * body.forearm * arms,
        hand=size * body.hand,
        shoulder=size * body.shoulder * wide,
        hip=size * body.hip * wide,
        head=size**0.5 * body.head,
        girth=(0.85 if child else 1.0) * rng.uniform(0.78, 1.4),
    )


def draw_dress(rng: np.random.Generator, own: np.random.Generator, scenario: str, ground: float) -> Clothes:
    """What is worn in a ``scenario`` before a background of the grey level ``ground``.

    The generator ``own`` draws what is the person's in all scenarios, ``rng`` the rest.

    Two in five are in one grey from hood or hair to shoe, dark or light, without anything on it; one in five wears a
    top or trousers whose grey is the background's within a tenth, which leaves little of it to be seen; everybody else
    is dressed as in the first edition. Coats are worn in all scenarios in the open, in d3 mostly.
    """
    clothes = draw_clothes(rng, own.uniform(105, 205), own.uniform(20, 130), bool(own.random() < 0.3), scenario)
    coat = clothes.coat or (scenario != "d4" and rng.random() < 0.25)
    plain, alike, above = rng.random() < 0.4, rng.random() < 0.2, rng.random() < 0.5
    level = rng.uniform(14, 60) if rng.random() < 0.7 else rng.uniform(190, 235)
    near = float(np.clip(ground * (1 + rng.uniform(-0.1, 0.1)), 0, 255))
    hood = plain and rng.random() < 0.4
    if plain:
        around = level + rng.uniform(-6, 6, 3)
        clothes = replace(
            clothes, top=level, sleeve=level, trousers=around[0], shoe=around[1], stripes=1.0, stripe_depth=0.0,
            bag=0.0, short_sleeves=False, shorts=False, hair=around[2] if hood else clothes.hair,
        )  # fmt: skip
    if alike:
        clothes = replace(clothes, top=near, sleeve=near) if above else replace(clothes, trousers=near)
    return replace(clothes, coat=coat, looseness=clothes.looseness * rng.uniform(0.95, 1.15))
