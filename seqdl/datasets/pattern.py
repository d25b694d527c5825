"""Who acts in which of somebody's own videos, where their names say so: ``ann_wave_1.mp4``."""

import re
from collections.abc import Iterable
from pathlib import PurePosixPath

from seqdl.base.words import count
from seqdl.errors import UsageError

_PLACES = {r"\{person\}": "(?P<person>[^/]+?)", r"\*": "[^/]*", r"\?": "[^/]", r"\#": r"\d+"}
_GROUP = "(?P<person>"


def persons(pattern: str, names: Iterable[str]) -> dict[str, str]:
    """The person of each video, from its name.

    Parameters
    ----------
    pattern : str
        As in the setting ``data.person_pattern``: a name with ``{person}`` where the person stands, in which ``*`` is
        any text, ``?`` a character and ``#`` a number; or a regular expression with a group ``(?P<person>...)``, which
        is looked for anywhere in the name. It is held to the file's name, with as many folders before it as it has
        slashes. The file's ending may be left out.
    names : iterable of str
        The videos, as paths with ``/``.

    Returns
    -------
    dict of str to str

    Raises
    ------
    UsageError
        For a pattern without a person, that is no regular expression, or that a name does not fit.

    Examples
    --------
    >>> persons("{person}_*", ["wave/ann_1.mp4", "wave/bob_1.mp4"])
    {'wave/ann_1.mp4': 'ann', 'wave/bob_1.mp4': 'bob'}
    """
    found = _compiled(pattern)
    depth = pattern.count("/") + 1
    who, strangers = {}, []
    for name in names:
        parts = PurePosixPath(name).parts[-depth:]
        whole = "/".join(parts)
        match = _fit(found, "/".join((*parts[:-1], PurePosixPath(name).stem))) or _fit(found, whole)
        if match and match["person"]:
            who[name] = match["person"]
        else:
            strangers.append(name)
    if strangers:
        others = f" and {count(len(strangers) - 1, 'other')}" if len(strangers) > 1 else ""
        raise UsageError(
            f"data.person_pattern = {pattern}: does not fit {strangers[0]}{others}; write one that fits every video's "
            "name, or say who acts where in persons.csv"
        )
    return who


def _fit(found: tuple[re.Pattern[str], bool], name: str) -> re.Match[str] | None:
    expression, anywhere = found
    return expression.search(name) if anywhere else expression.fullmatch(name)


def _compiled(pattern: str) -> tuple[re.Pattern[str], bool]:
    """The regular expression, and whether it may stand anywhere in a name."""
    where = f"data.person_pattern = {pattern}"
    if _GROUP in pattern:
        try:
            return re.compile(pattern), True
        except re.error as error:
            raise UsageError(f"{where}: is no regular expression: {error}") from error
    if pattern.count("{person}") != 1:
        raise UsageError(f"{where}: write {{person}} once, where the person stands, such as '{{person}}_*'")
    escaped = re.escape(pattern)
    for sign, meaning in _PLACES.items():
        escaped = escaped.replace(sign, meaning)
    return re.compile(escaped), False
