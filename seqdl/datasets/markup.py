"""XML that somebody else has written, read safely: elements as they come, with the lines in which they begin."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NoReturn
from xml.parsers import expat

from seqdl.errors import SeqdlError

MOST = 2**26
"""Bytes of a file above which it is no list of boxes."""
DEEP = 32
"""So many elements lie within one another at most."""

Visit = Callable[[tuple[str, ...], Mapping[str, str], int], None]


def read(path: Path, visit: Visit) -> None:
    """Go through a file's elements; ``visit`` is told the names from the root on, the attributes and the line.

    Nothing is expanded and nothing else is opened: a file that declares an entity is refused, whatever it is for. A
    SeqdlError names the file and the line, also of what ``visit`` raises as a ValueError.
    """
    parser, names = expat.ParserCreate(), list[str]()

    def refuse(*_: object) -> NoReturn:
        raise ValueError("declares or asks for an entity, which no annotation needs: do not use this copy")

    def begin(name: str, attributes: dict[str, str]) -> None:
        names.append(name)
        if len(names) > DEEP:
            raise ValueError(f"more than {DEEP} elements within one another")
        visit(tuple(names), attributes, parser.CurrentLineNumber)

    parser.StartElementHandler, parser.EndElementHandler = begin, lambda _: names.pop()
    parser.EntityDeclHandler = parser.UnparsedEntityDeclHandler = parser.ExternalEntityRefHandler = refuse
    parser.SkippedEntityHandler = refuse
    try:
        if path.stat().st_size > MOST:
            raise SeqdlError(f"{path}: {path.stat().st_size:,} bytes are too many for annotations; take a fresh copy")
        parser.Parse(path.read_bytes(), True)
    except OSError as error:
        raise SeqdlError(f"cannot read {path}: {error.strerror}") from error
    except expat.ExpatError as error:
        raise SeqdlError(
            f"{path}, line {error.lineno}: no XML: {expat.ErrorString(error.code)}; take a fresh copy"
        ) from error
    except ValueError as error:
        raise SeqdlError(f"{path}, line {parser.CurrentLineNumber}: {error}") from error
