"""Names and numbers in messages for people."""

import contextlib
import difflib
import os
import unicodedata
from collections.abc import Iterable

LINES = frozenset("\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029")
"""What ends a line."""


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


def printable(text: str) -> str:
    """A text on one line of letters that can be written anywhere as UTF-8, such as ``caf\\udce9`` or ``two\\nlines``.

    Line breaks, other control characters and bytes of file names that are no UTF-8 (which Python holds as lone
    surrogates) are escaped as Python writes them. What is so already stays as it is.
    """
    if text.isprintable():
        return text
    return "".join(_escaped(c) if unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") else c for c in text)


def in_a_line(text: str, most: int) -> str:
    """A text on one line of at most so many letters: line breaks are escaped, and the middle is left out."""
    text = "".join(_escaped(c) if c in LINES else c for c in text) if LINES.intersection(text) else text
    return text if len(text) <= most else f"{text[: most - most // 10 - 5]} ... {text[len(text) - most // 10 :]}"


def name_of(path: str | os.PathLike[str]) -> str:
    """The name that a file's path gives to what is in the file: the same text under every locale, and printable.

    It is in Unicode's composed form (NFC), which macOS does not use. Backslashes are doubled, so that no two paths that
    differ in more than Unicode's form have one name, and the bytes of the path can be told from it.
    """
    text = os.fspath(path)
    with contextlib.suppress(UnicodeEncodeError):  # what no path of this locale can be is as it was written
        text = os.fsencode(text).decode("utf-8", "surrogateescape")
    return printable(unicodedata.normalize("NFC", text.replace("\\", "\\\\")))


def local(path: str | os.PathLike[str]) -> str:
    """A path as this process can open it, where it was written down by one with another locale."""
    text = os.fspath(path)
    try:
        os.fsencode(text)
    except UnicodeEncodeError:
        return os.fsdecode(text.encode("utf-8", "surrogateescape"))
    return text


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
