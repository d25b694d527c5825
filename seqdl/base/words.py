"""Names and numbers in messages for people."""

import difflib
from collections.abc import Iterable


def near(name: str, known: Iterable[str]) -> str:
    """The end of a message about an unknown name: the near ones, or else all; such as ``; did you mean kth?``."""
    known = list(known)
    close = difflib.get_close_matches(name, known, n=3, cutoff=0.6)
    return f"; did you mean {', '.join(close)}?" if close else f"; known: {some(known, 12)}"


def count(number: int, noun: str, plural: str = "") -> str:
    """A number with its noun in the singular or the plural, which is one with an s unless given."""
    return f"{number} {noun if number == 1 else plural or noun + 's'}"


def some(names: Iterable[str], most: int = 3) -> str:
    """The first of many names, and how many more there are: ``a, b and 2 more``."""
    first, rest = (names := list(names))[:most], len(names) - most
    return ", ".join(first) + (f" and {rest} more" if rest > 0 else "")
