"""The marked places of a page: a person writes the page, a script what stands between markers.

A place is everything between ``<!-- NAME -->`` and ``<!-- end of NAME -->``, each on a line of its own. Whatever is
outside is left to the byte, so findings are written in the page itself, beside the tables that show them.
"""

import re
from collections.abc import Collection, Mapping
from pathlib import Path

from seqdl.base import files
from seqdl.errors import SeqdlError

MARKER = re.compile(r"^<!-- (end of )?([\w-]+) -->$\n?", re.MULTILINE)


def fill(text: str, blocks: Mapping[str, str], page: str, others: Collection[str] = ()) -> str:
    """A page with its places filled in with ``blocks``, in Markdown; those of ``others``, another script's, stay.

    Markers and blocks that do not fit one another are an error, in which the page goes by its name ``page``.
    """
    parts, at, name, seen = [], 0, "", set()
    for marker in MARKER.finditer(text):
        end, found = marker.groups()
        if not end and name:
            raise SeqdlError(f"{page}: <!-- {name} --> is not closed before <!-- {found} --> begins")
        if end and found != name:
            raise SeqdlError(f"{page}: <!-- end of {found} --> closes nothing")
        if not end and (found in seen or found not in {*blocks, *others}):
            why = "is there twice" if found in seen else "is a place that nobody fills"
            raise SeqdlError(f"{page}: <!-- {found} --> {why}")
        if end and name in blocks:
            parts.append(f"{blocks[name].strip()}\n")
        else:
            parts.append(text[at : marker.start()])
        parts.append(marker.group())
        at, name = marker.end(), "" if end else found
        seen.add(found)
    if name:
        raise SeqdlError(f"{page}: <!-- {name} --> is not closed")
    if missing := [block for block in blocks if block not in seen]:
        raise SeqdlError(f"{page} lacks the markers <!-- {missing[0]} --> and <!-- end of {missing[0]} -->")
    return "".join([*parts, text[at:]])


def write(page: Path, blocks: Mapping[str, str], others: Collection[str] = (), target: Path | None = None) -> None:
    """Fill a page's places; ``target`` receives the whole page where it is not to stay where it is."""
    text = fill(page.read_text(encoding="utf-8"), blocks, page.name, others)
    files.write_atomic(target or page, text)
