"""Who acts: the measures of a body and the clothes on it."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Body:
    """The measures of one person, in metres.

    Parameters
    ----------
    height, thigh, shin, foot : float
        From the ground to the crown; lengths of the leg's segments.
    trunk, upper_arm, forearm, hand : float
        From the middle of the hips to the neck; lengths of the arm's segments.
    shoulder, hip, head : float
        Half the distance between the two joints, half the head's height.
    girth : float
        Thickness of limbs and trunk, relative to the average person.
    """

    height: float
    thigh: float
    shin: float
    foot: float
    trunk: float
    upper_arm: float
    forearm: float
    hand: float
    shoulder: float
    hip: float
    head: float
    girth: float


@dataclass(frozen=True)
class Clothes:
    """Grey levels (0..255) and cut of what a person wears in one scenario.

    Parameters
    ----------
    skin, hair, top, sleeve, trousers, shoe : float
        Grey levels; ``sleeve`` is that of the upper arm.
    short_sleeves, shorts : bool
        Bare forearms, bare shins.
    stripes, stripe_depth : float
        Number of stripes across the trunk, and how far their grey departs from the top's.
    looseness : float
        Factor on the thickness of the clothed parts.
    coat : bool
        The top reaches down to half the thigh.
    bag : float
        Grey level of a bag on the back; 0 without one.
    long_hair : bool
        Hair down to the shoulders.
    """

    skin: float
    hair: float
    top: float
    sleeve: float
    trousers: float
    shoe: float
    short_sleeves: bool
    shorts: bool
    stripes: float
    stripe_depth: float
    looseness: float
    coat: bool
    bag: float
    long_hair: bool


def draw_body(rng: np.random.Generator) -> Body:
    """A random adult: proportions vary by some percent around the usual ones."""

    def around(share: float, spread: float) -> float:
        return height * share * (1 + spread * rng.uniform(-1, 1))

    height = rng.uniform(1.56, 1.94)
    legs = rng.uniform(0.95, 1.05)
    return Body(
        height=height,
        thigh=around(0.245, 0.03) * legs,
        shin=around(0.245, 0.03) * legs,
        foot=around(0.13, 0.08),
        trunk=around(0.30, 0.03) * (2 - legs),
        upper_arm=around(0.175, 0.06),
        forearm=around(0.15, 0.06),
        hand=around(0.055, 0.1),
        shoulder=around(0.100, 0.08),
        hip=around(0.05, 0.1),
        head=around(0.066, 0.07),
        girth=rng.uniform(0.82, 1.22),
    )


def draw_clothes(rng: np.random.Generator, skin: float, hair: float, long_hair: bool, scenario: str) -> Clothes:
    """What a person puts on in a ``scenario``: light or coat and bag in d3, most often dark against the ground.

    The grey levels ``skin`` and ``hair``, and whether there is ``long_hair``, are the person's own; ``rng`` draws the
    rest.
    """
    other = scenario == "d3"

    def grey() -> float:
        dark = rng.random() < 0.8
        return rng.uniform(18, 95) if dark else rng.uniform(165, 220)

    top = grey()
    striped = rng.random() < 0.35
    return Clothes(
        skin=skin,
        hair=rng.uniform(20, 190) if other and rng.random() < 0.3 else hair,
        top=top,
        sleeve=grey() if rng.random() < 0.2 else top,
        trousers=grey(),
        shoe=grey(),
        short_sleeves=not other and rng.random() < 0.3,
        shorts=not other and rng.random() < 0.15,
        stripes=rng.uniform(2, 6) if striped else 1.0,
        stripe_depth=rng.uniform(25, 60) if striped else rng.uniform(0, 12),
        looseness=rng.uniform(1.1, 1.35) if other else rng.uniform(0.92, 1.1),
        coat=other and rng.random() < 0.6,
        bag=grey() if other and rng.random() < 0.5 else 0.0,
        long_hair=long_hair,
    )
