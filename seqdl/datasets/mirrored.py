"""Classes that a mirror takes for one another: their names differ by left and right."""

import re
import unicodedata
from collections.abc import Iterable

from seqdl.base.words import some
from seqdl.config import Config
from seqdl.models import MODELS

SIDES = (
    ("left", "right"),
    ("links", "rechts"),
    ("linke", "rechte"),
    ("gauche", "droite"),
    ("gauche", "droit"),
    ("izquierda", "derecha"),
    ("izquierdo", "derecho"),
    ("sinistra", "destra"),
    ("sinistro", "destro"),
    ("esquerda", "direita"),
    ("esquerdo", "direito"),
    ("lewo", "prawo"),
    ("lewa", "prawa"),
    ("vanster", "hoger"),
    ("venstre", "hojre"),
    ("vasen", "oikea"),
    ("влево", "вправо"),
    ("лев", "прав"),
    ("左", "右"),
    ("l", "r"),
)
"""Words for the two sides; those of one letter count where they are a word of the name."""


def pairs(classes: Iterable[str]) -> list[tuple[str, str]]:
    """The classes whose names are each other's with left and right exchanged, each pair once, in the order of names.

    ``wave_left`` and ``wave_right`` are a pair, as are ``HandL`` and ``HandR`` or ``nach links`` and ``nach rechts``.
    """
    names = sorted(classes)
    plain = {_plain(name): name for name in reversed(names)}
    found = set()
    for key, name in plain.items():
        for left, right in SIDES:
            other = plain.get(_exchanged(key, left, right), name)
            if other != name:
                found.add((min(name, other), max(name, other)))
    return sorted(found)


def warning(classes: Iterable[str], config: Config) -> str:
    """What to mind where a ``config`` makes mirrored copies to learn from, and ``classes`` have pairs; else empty."""
    sections = [section for section, _ in MODELS[config.model].stages if section in ("convnet", "lstm")]
    copied = [name for name in sections if getattr(config, name).copies != "none"]
    found = pairs(classes)
    if not found or not copied:
        return ""
    remedy = " ".join(f"--set {name}.copies=none" for name in copied)
    exchanged = some([f"{one} and {other}" for one, other in found], 2)
    return (
        f"Classes that a mirror exchanges ({exchanged}) cannot be told apart by networks that also learn from mirrored "
        f"copies: train with {remedy}."
    )


def _plain(name: str) -> str:
    """Small letters without accents, words apart by blanks."""
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Za-z])(?=[0-9])|(?<=[0-9])(?=[A-Za-z])|[\W_]+", " ", name)
    letters = unicodedata.normalize("NFKD", apart.casefold().replace("ø", "o"))
    return "".join(letter for letter in letters if not unicodedata.combining(letter)).strip()


def _exchanged(text: str, left: str, right: str) -> str:
    sides = {left: right, right: left}
    edge = r"\b" if len(left) == 1 and left.isascii() else ""
    return re.sub(f"{edge}({left}|{right}){edge}", lambda match: sides[match[0]], text)
