"""What a public function asks of its arguments, in a line above it; the ValueError begins with the argument's name.

::

    @door(a="I T Y X", w="M I R S Q", b="M", where={"w": "R <= T and S <= Y and Q <= X"})
    def forward(a, w, b): ...

A text names the axes of an array of floating-point or complex numbers: the same letter is the same length in all
arguments, ``S?`` may be absent, a first ``...`` is any number of axes, and ``T-R+1`` is worked out from the others.
Only the outermost door is a check: what a function calls inside is given what was looked at already. A network that has
looked at its arguments says so with :func:`inside`.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from types import NoneType
from typing import Any, NamedTuple, ParamSpec, TypeVar

import numpy as np

from seqdl.base.arrays import (
    LARGEST,
    MANY,
    check_choice,
    check_finite,
    check_kind,
    check_number,
    check_whole,
    described,
    is_array,
)

P = ParamSpec("P")
R = TypeVar("R")
FLOATS = (np.float32, np.float64, np.complex64, np.complex128)
_inside: ContextVar[bool] = ContextVar("inside", default=False)


class Array(NamedTuple):
    """An array.

    Parameters
    ----------
    axes : str
        Their names, as above.
    kinds : tuple of type
        Its values' types, or families of them.
    changed : bool
        Whether it is written into.
    below : tuple of str
        For whole numbers: the axis that each column counts.
    empty : bool
        Whether it may be empty.
    """

    axes: str
    kinds: tuple[type, ...] = FLOATS
    changed: bool = False
    below: tuple[str, ...] = ()
    empty: bool = False


class Whole(NamedTuple):
    """A whole number; ``below`` names an axis, or another argument, that it counts.

    Parameters
    ----------
    least, most, below, odd
        Which; the last asks for an odd one.
    """

    least: int = 0
    most: int = MANY
    below: str = ""
    odd: bool = False


class Number(NamedTuple):
    """A real number.

    Parameters
    ----------
    least, most : float
        From and to.
    """

    least: float = -LARGEST
    most: float = LARGEST


class Sizes(NamedTuple):
    """A tuple of whole numbers, the lengths of ``axes``.

    Parameters
    ----------
    axes, least : str, int
        Their names; the least of them.
    """

    axes: str
    least: int = 1


class Fields(NamedTuple):
    """A named tuple of arrays.

    Parameters
    ----------
    kind, asked
        Its class; what is asked of each field, in order.
    """

    kind: type
    asked: tuple[str | Array, ...]


class Kind(NamedTuple):
    """Something of a class.

    Parameters
    ----------
    kinds : tuple of type
        The classes.
    """

    kinds: tuple[type, ...]


FLAG = Kind((bool, np.bool_))
CALLABLE = Kind((Callable,))  # type: ignore[arg-type]
GENERATOR = Kind((np.random.Generator, NoneType))
BACKENDS = ("numba", "numpy")
Asked = str | tuple[str, ...] | Array | Whole | Number | Sizes | Fields | Kind


def door(where: Mapping[str, str] | None = None, **asked: Asked) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Look at the arguments of a function.

    Parameters
    ----------
    where : mapping of str to str
        By argument, what must hold of the lengths, in Python.
    **asked
        By argument: the axes of an array, words to choose from, or one of the classes here.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        signature = inspect.signature(function)

        @functools.wraps(function)
        def checked(*args: P.args, **kwargs: P.kwargs) -> R:
            if _inside.get():
                return function(*args, **kwargs)
            bound = signature.bind(*args, **kwargs)
            bound.apply_defaults()
            _check(bound.arguments, asked, where or {})
            with inside():
                return function(*args, **kwargs)

        return checked

    return decorate


@contextlib.contextmanager
def inside() -> Iterator[None]:
    """What is called in this block is given what was looked at already."""
    token = _inside.set(True)
    try:
        yield
    finally:
        _inside.reset(token)


def _check(values: Mapping[str, Any], asked: Mapping[str, Asked], where: Mapping[str, str]) -> None:
    lengths: dict[str, int] = {}
    late: list[tuple[str, str, int]] = []
    arrays: list[tuple[str, np.ndarray, Array]] = []
    for name, wanted in asked.items():
        _look(values[name], name, wanted, lengths, late, arrays)
    for name, wanted in asked.items():
        if isinstance(wanted, Whole) and wanted.below:
            check_whole(values[name], name, wanted.least, lengths[wanted.below] - 1)
    for name, axis, length in late:
        if eval(axis, {}, lengths) != length:
            known = ", ".join(f"{letter} = {lengths[letter]}" for letter in lengths if letter in axis)
            raise ValueError(f"{name}: expected {axis} = {eval(axis, {}, lengths)} where {known}, got {length}")
    for name, condition in where.items():
        if not eval(condition, {}, lengths):
            known = ", ".join(f"{letter} = {length}" for letter, length in lengths.items() if letter in condition)
            raise ValueError(f"{name}: expected {condition}, got {known}")
    some_complex = any(np.iscomplexobj(array) for _, array, _ in arrays)
    for name, array, wanted in arrays:
        if wanted.changed and not array.flags.writeable:
            raise ValueError(f"{name}: is read-only, and is to be changed")
        if wanted.changed and some_complex and not np.iscomplexobj(array):
            raise ValueError(f"{name}: is of {array.dtype}, and is to hold complex numbers")
        for column, axis in zip(array.T, wanted.below):
            if column.size and not (column.min() >= 0 and column.max() < lengths[axis]):
                raise ValueError(
                    f"{name}: expected 0 to {lengths[axis] - 1} ({axis}), got {column.min()} to {column.max()}"
                )


def _look(
    value: Any,
    name: str,
    wanted: Asked,
    lengths: dict[str, int],
    late: list[tuple[str, str, int]],
    arrays: list[tuple[str, np.ndarray, Array]],
) -> None:
    match wanted:
        case str():
            _look(value, name, Array(wanted), lengths, late, arrays)
        case Array():
            _look_at_array(value, name, wanted, lengths, late)
            arrays.append((name, value, wanted))
        case Whole():
            check_whole(value, name, wanted.least, wanted.most)
            if wanted.odd and value % 2 == 0:
                raise ValueError(f"{name}: expected an odd number, got {value}")
            lengths[name] = int(value)
        case Number():
            check_number(value, name, wanted.least, wanted.most)
        case Sizes():
            axes = wanted.axes.split()
            if not isinstance(value, tuple | list) or len(value) != len(axes):
                raise ValueError(f"{name}: expected {len(axes)} whole numbers ({', '.join(axes)}), got {value!r}")
            for axis, length in zip(axes, value):
                check_whole(length, name, wanted.least)
                _agree(name, axis, int(length), lengths, late)
        case Fields():
            check_kind(value, name, wanted.kind)
            fields: Any = wanted.kind
            for field, part, one in zip(fields._fields, value, wanted.asked):
                _look(part, f"{name}.{field}", one, lengths, late, arrays)
        case Kind():
            check_kind(value, name, *wanted.kinds)
        case _:
            check_choice(value, name, wanted)


def _look_at_array(
    value: Any, name: str, wanted: Array, lengths: dict[str, int], late: list[tuple[str, str, int]]
) -> None:
    axes = wanted.axes.split()
    kinds = " or ".join(kind.__name__ for kind in wanted.kinds)
    fits = (is_array(value) or isinstance(value, np.generic)) and issubclass(value.dtype.type, wanted.kinds)
    shape = value.shape if fits else ()
    if axes[0] == "...":
        axes = axes[1:]
        shape = shape[len(shape) - len(axes) :] if len(shape) >= len(axes) else shape
    elif axes[0].endswith("?"):
        axes = axes[1:] if len(shape) < len(axes) else [axes[0][:-1], *axes[1:]]
    if not fits or len(shape) != len(axes) or not value.dtype.isnative:
        words = f"({', '.join(wanted.axes.split())})"
        raise ValueError(f"{name}: expected an array of {kinds}, {words}, got {described(value)}")
    if not value.size and not wanted.empty:
        raise ValueError(f"{name}: is empty, of shape {value.shape}")
    check_finite(value, name)
    for axis, length in zip(axes, shape):
        _agree(name, axis, length, lengths, late)


def _agree(name: str, axis: str, length: int, lengths: dict[str, int], late: list[tuple[str, str, int]]) -> None:
    if not axis.isidentifier():
        late.append((name, axis, length))
    elif lengths.setdefault(axis, length) != length:
        raise ValueError(f"{name}: expected {axis} = {lengths[axis]} as in the arguments before, got {length}")
