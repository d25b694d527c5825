"""What the cases call: each function with its arguments, what came back, and how the arguments were left."""

import copy
import functools
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np

from seqdl.base.doors import inside
from seqdl.checks import suite
from seqdl.checks.case import bound
from seqdl.checks.complex_step import relative
from seqdl.exercises import source
from seqdl.exercises.book import Exercise
from seqdl.exercises.rows import asking

SAME = 1e-9
"""How far answers in float64 may differ, relative to their size: orders of summation differ."""
MOST = 3
"""Calls of one function that are kept for each case in plain numbers; of each other kind of numbers one."""

Answer = list[np.ndarray] | Exception
"""What a function gives, and its arguments afterwards, as arrays in a row; or what it raises."""


@dataclass
class Call:
    """One call of a function of the solution.

    Parameters
    ----------
    case, function : str
        In which case; of what.
    given : tuple
        Positional arguments, and those by name.
    answer : list of array
        The right one.
    results : int
        How many of the answer's arrays are results; the others are the arguments afterwards.
    limit : float
        How far, relatively, another answer may be from it.
    """

    case: str
    function: str
    given: tuple[tuple[Any, ...], dict[str, Any]]
    answer: list[np.ndarray]
    results: int
    limit: float

    @property
    def plain(self) -> bool:
        """Whether it is in float64 or whole numbers, as a student would try it."""
        return all(array.dtype in (np.float64, np.int64, np.bool_) for array in flat(self.given) + self.answer)

    @property
    def complex(self) -> bool:
        """Whether it is in complex numbers, for a derivative."""
        return any(np.iscomplexobj(array) for array in flat(self.given))

    def ask(self, function: Callable[..., Any]) -> Answer:
        """What another function answers."""
        args, kwargs = copy.deepcopy(self.given)
        try:
            result = function(*args, **kwargs)
            return flat(result) + flat((args, kwargs))
        except Exception as error:
            return error


def recorded(exercise: Exercise) -> dict[str, list[Call]]:
    """The calls of each of an exercise's functions by its cases, those in plain numbers first."""
    module = source.loaded(source.solution(exercise), exercise.op)
    calls: dict[str, list[Call]] = {name: [] for name in (*exercise.write, *exercise.given)}
    seen, case, far = Counter[tuple[str, ...]](), "", SAME

    def recording(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            given = copy.deepcopy((args, kwargs))
            result = function(*args, **kwargs)
            found = flat(result)
            low = any(array.dtype in (np.float32, np.complex64) for array in found + flat(given))
            limit = far if low else SAME
            call = Call(case, name, given, copy.deepcopy(found + flat((args, kwargs))), len(found), limit)
            kind = (name, case, *(str(array.dtype) for array in flat(given)))
            seen[kind] += 1
            if seen[kind] <= (MOST if call.plain else 1):
                calls[name].append(call)
            return result

        return wrapped

    for name in calls:
        setattr(module, name, recording(name, getattr(module, name)))
    with asking(exercise, completed(module, exercise)) as rows, inside():
        for row in rows:
            case, far = row.name, bound(row.terms)
            suite.results(row)
    return {name: sorted(found, key=lambda call: not call.plain) for name, found in calls.items()}


def completed(module: ModuleType, exercise: Exercise) -> ModuleType:
    """A module that has all that the op has; what it lacks is the solution's."""
    whole = source.loaded(source.solution(exercise), exercise.op)
    for name, value in (vars(exercise.module()) | vars(whole)).items():
        if not name.startswith("__") and not hasattr(module, name):
            setattr(module, name, value)
    return module


def flat(value: Any) -> list[np.ndarray]:
    """The arrays and numbers in a result, in a row; what else there is, such as texts, is left out."""
    if isinstance(value, dict):
        value = tuple(value.values())
    if isinstance(value, slice):
        value = tuple(part for part in (value.start, value.stop, value.step) if part is not None)
    if isinstance(value, tuple | list):
        return [array for part in value for array in flat(part)]
    return [np.asarray(value)] if isinstance(value, np.ndarray | np.generic | int | float | complex) else []


def distance(value: np.ndarray, right: np.ndarray) -> float:
    """How far one array of an answer is from another, relatively; infinite where shapes differ.

    Real and imaginary parts count for themselves: in a complex step the imaginary ones are tiny.
    """
    if value.shape != right.shape or value.dtype.kind not in "biufc" or right.dtype.kind not in "biufc":
        return np.inf
    if np.array_equal(value, right):
        return 0.0
    parts = [(np.real(value), np.real(right)), (np.imag(value), np.imag(right))]
    return max(
        relative(float(np.linalg.norm(a * 1.0 - b)), float(np.linalg.norm(b * 1.0))) if np.isfinite(a).all() else np.inf
        for a, b in parts
    )


def same(value: list[np.ndarray], right: list[np.ndarray], limit: float) -> bool:
    """Whether two answers are the same within a limit."""
    return len(value) == len(right) and all(distance(a, b) <= limit for a, b in zip(value, right))
