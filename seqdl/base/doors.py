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
import re
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
    check_path,
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
    like : str
        Another argument, whose shape it has.
    """

    axes: str
    kinds: tuple[type, ...] = FLOATS
    changed: bool = False
    below: tuple[str, ...] = ()
    empty: bool = False
    like: str = ""


class Whole(NamedTuple):
    """A whole number; ``below`` names an axis, or another argument, that it counts.

    Parameters
    ----------
    least, most, below, odd
        Which; the last asks for an odd one.
    sets : tuple of str
        Another argument and a word of it, with which it is a set of what it counts: bit k says whether k is in it.
    """

    least: int = 0
    most: int = MANY
    below: str = ""
    odd: bool = False
    sets: tuple[str, ...] = ()


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


class Place(NamedTuple):
    """A path.

    Parameters
    ----------
    empty : bool
        Whether an empty text may stand for none.
    """

    empty: bool = False


FLAG = Kind((bool, np.bool_))
TEXT, REALS = Kind((str,)), (np.float32, np.float64)
CALLABLE = Kind((Callable,))  # type: ignore[arg-type]
GENERATOR = Kind((np.random.Generator, NoneType))
BACKENDS = ("numba", "numpy")
Asked = str | tuple[str, ...] | Array | Whole | Number | Sizes | Fields | Kind | Place


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
    look = _Look()
    for name, wanted in asked.items():
        look.at(values[name], name, wanted)
    for name, wanted in asked.items():
        if isinstance(wanted, Whole) and wanted.below:
            others, a_set = look.lengths[wanted.below], wanted.sets and values[wanted.sets[0]] == wanted.sets[1]
            check_whole(values[name], name, wanted.least, (2**others if a_set else others) - 1)
    for name, axis, length in look.late:
        if eval(axis, {}, look.lengths) != length:
            raise ValueError(
                f"{name}: expected {axis} = {eval(axis, {}, look.lengths)}{look.known(axis)}, got {length}"
            )
    for name, condition in where.items():
        if not eval(condition, {}, look.lengths):
            raise ValueError(f"{name}: expected {condition}{look.known(condition)}")
    some_complex = any(np.iscomplexobj(array) for _, array, _ in look.arrays)
    for name, array, wanted in look.arrays:
        if wanted.like and array.shape != values[wanted.like].shape:
            raise ValueError(f"{name}: expected {values[wanted.like].shape} as {wanted.like} has, got {array.shape}")
        if wanted.changed and not array.flags.writeable:
            raise ValueError(f"{name}: is read-only, and is to be changed")
        if wanted.changed and some_complex and not np.iscomplexobj(array):
            raise ValueError(f"{name}: is of {array.dtype}, and is to hold complex numbers")
        for column, axis in zip(array.T, wanted.below):
            least, most = column.min(), column.max()
            if not 0 <= least <= most < look.lengths[axis]:
                raise ValueError(
                    f"{name}: expected 0 to {look.lengths[axis] - 1}{look.known(axis)}, got {least} to {most}"
                )


class _Look:
    """What a look at the arguments of one call has found: lengths, who has them, and what is to be compared at last."""

    def __init__(self) -> None:
        self.lengths: dict[str, int] = {}
        self.owners: dict[str, str] = {}
        self.late: list[tuple[str, str, int]] = []
        self.arrays: list[tuple[str, np.ndarray, Array]] = []

    def at(self, value: Any, name: str, wanted: Asked) -> None:
        """Look at one argument."""
        match wanted:
            case str():
                self.at(value, name, Array(wanted))
            case Array():
                self.at_array(value, name, wanted)
                self.arrays.append((name, value, wanted))
            case Whole():
                check_whole(value, name, wanted.least, wanted.most)
                if wanted.odd and value % 2 == 0:
                    raise ValueError(f"{name}: expected an odd number, got {value}")
                self.is_long(name, name, int(value))
            case Number():
                check_number(value, name, wanted.least, wanted.most)
            case Sizes():
                axes = wanted.axes.split()
                if not isinstance(value, tuple | list) or len(value) != len(axes):
                    raise ValueError(f"{name}: expected {len(axes)} whole numbers ({', '.join(axes)}), got {value!r}")
                for axis, length in zip(axes, value):
                    check_whole(length, name, wanted.least)
                    self.is_long(name, axis, int(length))
            case Fields():
                check_kind(value, name, wanted.kind)
                fields: Any = wanted.kind
                for field, part, one in zip(fields._fields, value, wanted.asked):
                    self.at(part, f"{name}.{field}", one)
            case Place():
                check_path(value, name, wanted.empty)
            case Kind():
                check_kind(value, name, *wanted.kinds)
            case _:
                check_choice(value, name, wanted)

    def at_array(self, value: Any, name: str, wanted: Array) -> None:
        """Look at one array."""
        axes = wanted.axes.split()
        fits = (is_array(value) or isinstance(value, np.generic)) and issubclass(value.dtype.type, wanted.kinds)
        shape = value.shape if fits else ()
        if axes[0] == "...":
            axes = axes[1:]
            shape = shape[max(0, len(shape) - len(axes)) :]
        elif axes[0].endswith("?"):
            absent = len(shape) < len(axes)
            axes, shape = [axes[0][:-1], *axes[1:]], (0, *shape) if absent else shape
        if not fits or len(shape) != len(axes) or not value.dtype.isnative:
            kinds = " or ".join(kind.__name__ for kind in wanted.kinds)
            words = ", ".join(wanted.axes.split())
            raise ValueError(f"{name}: expected an array of {kinds}, ({words}), got {described(value)}")
        if not value.size and not wanted.empty:
            raise ValueError(f"{name}: is empty, of shape {value.shape}")
        check_finite(value, name)
        for axis, length in zip(axes, shape):
            self.is_long(name, axis, length)

    def is_long(self, name: str, axis: str, length: int) -> None:
        """An axis of an argument is so long."""
        if not axis.isidentifier():
            self.late.append((name, axis, length))
        elif self.lengths.setdefault(axis, length) != length:
            raise ValueError(f"{name}: expected {axis} = {self.lengths[axis]} as {self.owners[axis]} has, got {length}")
        else:
            self.owners.setdefault(axis, name)

    def known(self, expression: str) -> str:
        """The lengths in an expression, in words."""
        names = dict.fromkeys(re.findall(r"[A-Za-z]\w*", expression))
        found = [f"{axis} = {self.lengths[axis]} of {self.owners[axis]}" for axis in names if axis in self.lengths]
        return f", given {', '.join(found)}"
