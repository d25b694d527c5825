"""What is painted of a person: tapered capsules between points of the skeleton."""

from dataclasses import dataclass

from seqdl.datasets.actors.body import Body, Clothes
from seqdl.datasets.actors.skeleton import SIDES


@dataclass(frozen=True)
class Part:
    """One capsule of the figure.

    Parameters
    ----------
    start, end : str
        The points of the skeleton between which it lies.
    start_radius, end_radius : float
        Half its width at the two points, metres.
    grey : float
        Its grey level, 0..255.
    stripes, stripe_depth : float
        Number and depth (grey levels) of the stripes across it.
    depth : float
        Added to its distance towards the camera when parts are put in order, metres.
    """

    start: str
    end: str
    start_radius: float
    end_radius: float
    grey: float
    stripes: float = 0.0
    stripe_depth: float = 0.0
    depth: float = 0.0


def parts(body: Body, clothes: Clothes) -> tuple[Part, ...]:
    """All parts of a dressed person, in no order of depth."""
    sided = [part for side in SIDES for part in (*_leg(body, clothes, side), *_arm(body, clothes, side))]
    return (*_head(body, clothes), *_trunk(body, clothes), *sided)


def _head(body: Body, clothes: Clothes) -> list[Part]:
    wide = 0.68 * body.head
    found = [
        Part("neck", "chin", 0.048 * body.girth, 0.044 * body.girth, clothes.skin),
        Part("nape", "hair", 1.02 * wide, wide, clothes.hair),
        Part("chin", "crown", 0.74 * wide, 0.96 * wide, clothes.skin),
    ]
    if clothes.long_hair:
        found.append(Part("neck", "hair", 0.8 * wide, wide, clothes.hair, depth=-0.02))
    return found


def _trunk(body: Body, clothes: Clothes) -> list[Part]:
    wide = 0.5 * body.shoulder + 0.035 * body.girth * clothes.looseness
    found = [
        Part(f"chest.{side}", f"waist.{side}", wide, 0.76 * wide, clothes.top, clothes.stripes, clothes.stripe_depth)
        for side in SIDES
    ]
    found.append(Part("neck", "pelvis", 0.5 * wide, 0.76 * wide, clothes.top, clothes.stripes, clothes.stripe_depth))
    if clothes.bag:
        found.append(Part("back.upper", "back.lower", 0.10, 0.12, clothes.bag))
    return found


def _leg(body: Body, clothes: Clothes, side: str) -> list[Part]:
    cloth = body.girth * clothes.looseness
    shin, shin_width = (clothes.skin, body.girth) if clothes.shorts else (clothes.trousers, cloth)
    found = [
        Part(f"hip.{side}", f"knee.{side}", 0.090 * cloth, 0.064 * cloth, clothes.trousers, depth=-0.15),
        Part(f"knee.{side}", f"ankle.{side}", 0.062 * shin_width, 0.045 * shin_width, shin, depth=-0.1),
        Part(f"heel.{side}", f"toe.{side}", 0.045, 0.03, clothes.shoe, depth=-0.1),
    ]
    if clothes.coat:
        found.append(Part(f"hip.{side}", f"flap.{side}", 0.115 * cloth, 0.125 * cloth, clothes.top, depth=-0.08))
    return found


def _arm(body: Body, clothes: Clothes, side: str) -> list[Part]:
    cloth = body.girth * clothes.looseness
    fore, fore_width = (clothes.skin, body.girth) if clothes.short_sleeves else (clothes.sleeve, cloth)
    return [
        Part(f"shoulder.{side}", f"elbow.{side}", 0.062 * cloth, 0.049 * cloth, clothes.sleeve),
        Part(f"elbow.{side}", f"wrist.{side}", 0.045 * fore_width, 0.036 * fore_width, fore, depth=0.01),
        Part(f"wrist.{side}", f"finger.{side}", 0.04, 0.036, clothes.skin, depth=0.02),
    ]
