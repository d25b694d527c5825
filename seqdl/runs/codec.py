"""Records as plain JSON values and back: dataclasses by the types of their fields, with one clear line for damage."""

import dataclasses
import functools
import types
from collections.abc import Mapping
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from seqdl.errors import SeqdlError

T = TypeVar("T")
RARE = {"rare": True}
"""Metadata of a field that few records have: where it has its default, a file does not name it."""
_hints = functools.cache(get_type_hints)


def encode(value: Any) -> Any:
    """A record, or a container of some, as JSON has it; without fields that do not count when records are compared."""
    if dataclasses.is_dataclass(value):
        fields = [field for field in dataclasses.fields(value) if field.compare]
        values = [(field, getattr(value, field.name)) for field in fields]
        return {one.name: encode(v) for one, v in values if not (one.metadata.get("rare") and v == one.default)}
    if isinstance(value, Mapping):
        return {key: encode(item) for key, item in value.items()}
    return [encode(item) for item in value] if isinstance(value, list | tuple) else value


def decode(kind: type[T], value: Any, source: object, where: str = "") -> T:
    """A record of a ``kind`` from a ``value`` that JSON gave, at the place ``where`` of the file ``source``.

    The kind is a dataclass, or what may stand in one: int, float, str, bool, dict, a tuple of any length or of a given
    one, a union. Keys that a dataclass does not know are passed over; a field that is missing has its default. A
    SeqdlError names the file and the place where something else stands.
    """
    origin, inner = get_origin(kind), get_args(kind)
    if dataclasses.is_dataclass(kind):
        return _record(kind, _held(value, Mapping, source, where), source, where)
    if origin in (Union, types.UnionType):
        return _either(inner, value, source, where)
    if origin is tuple:
        items = _held(value, list | tuple, source, where)
        kinds = inner[:1] * len(items) if inner[1:] == (...,) else inner
        if len(kinds) != len(items):
            raise damaged(source, where)
        pairs = zip(kinds, items, strict=True)
        return tuple(decode(one, item, source, f"{where}[{n}]") for n, (one, item) in enumerate(pairs))  # type: ignore[return-value]
    if origin is dict:
        items = _held(value, Mapping, source, where)
        return {key: decode(inner[1], item, source, _below(where, key)) for key, item in items.items()}  # type: ignore[return-value]
    if kind is Any:
        return value
    _held(value, int | float if kind is float else kind, source, where)
    if isinstance(value, bool) and kind is not bool:
        raise damaged(source, where)
    return value


def damaged(source: object, where: str = "", what: str = "is not what a run leaves there") -> SeqdlError:
    """The error that says where a file holds something else."""
    return SeqdlError(f"{source} is damaged: {where or 'its content'} {what}")


def _record(kind: Any, values: Mapping[str, Any], source: object, where: str) -> Any:
    found, hints = {}, _hints(kind)
    for field in dataclasses.fields(kind):
        if field.name in values:
            found[field.name] = decode(hints[field.name], values[field.name], source, _below(where, field.name))
        elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            raise damaged(source, _below(where, field.name), "is missing")
    return kind(**found)


def _either(kinds: tuple[Any, ...], value: Any, source: object, where: str) -> Any:
    if value is None and type(None) in kinds:
        return None
    for kind in kinds:
        if kind is not type(None):
            try:
                return decode(kind, value, source, where)
            except SeqdlError:
                continue
    raise damaged(source, where)


def _held(value: Any, kind: Any, source: object, where: str) -> Any:
    if not isinstance(value, kind):
        raise damaged(source, where)
    return value


def _below(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name
