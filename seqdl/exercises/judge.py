"""What is right and wrong about a student's functions, and which known mistake it is."""

import functools
import traceback
import warnings
from collections.abc import Callable
from types import FunctionType, ModuleType
from typing import NamedTuple

import numpy as np

from seqdl.base.doors import inside
from seqdl.checks import suite
from seqdl.checks.case import Result
from seqdl.exercises import source
from seqdl.exercises.book import Exercise
from seqdl.exercises.calls import Answer, Call, completed, distance, recorded, same
from seqdl.exercises.further import MISTAKES
from seqdl.exercises.mistakes import Mutation
from seqdl.exercises.rows import asking

RIGHT, TO_DO, WRONG = "right", "to be written", "wrong"


class Verdict(NamedTuple):
    """What is said of one function.

    Parameters
    ----------
    function, state : str
        Its name; :data:`RIGHT`, :data:`TO_DO` or :data:`WRONG`.
    says : str
        What is wrong, in a line.
    named : bool
        Whether it is a known mistake.
    """

    function: str
    state: str
    says: str = ""
    named: bool = False


class Verdicts(NamedTuple):
    """What is said of an exercise.

    Parameters
    ----------
    functions : list of Verdict
        Function by function, in the order of the file.
    proofs : list of str
        Derivatives and results that the cases find off, a line each.
    checks : int
        How many checks of the cases hold, where all is right.
    """

    functions: list[Verdict]
    proofs: list[str]
    checks: int = 0


def judge(exercise: Exercise, text: str, file: str) -> Verdicts:
    """Judge an ``exercise`` by the ``text`` of a student's ``file``; what reading the text raises is a verdict."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            module = source.loaded(text, file)
        except SyntaxError as error:
            where = f"line {error.lineno}" if error.lineno else "the file"
            return Verdicts([Verdict("", WRONG, f"{where} is no Python: {error.msg}")], [])
        except (Exception, SystemExit) as error:
            return Verdicts([Verdict("", WRONG, _raised(error, file))], [])
        functions = compare(exercise, module, file)
        if any(verdict.state == TO_DO for verdict in functions):
            return Verdicts(functions, [])
        return _proved(exercise, completed(module, exercise), functions, file)


def compare(exercise: Exercise, module: ModuleType, file: str, only: str = "") -> list[Verdict]:
    """What an ``exercise`` asks of a student's ``module``, of a ``file``: of its functions, or of ``only`` one."""
    calls, own = _calls(exercise), vars(module)
    return [_of_function(exercise, name, own.get(name), calls[name], file) for name in calls if only in ("", name)]


_calls = functools.cache(recorded)


def _proved(exercise: Exercise, module: ModuleType, functions: list[Verdict], file: str) -> Verdicts:
    """The cases themselves, by complex step and by hand."""
    found: list[Result] = []
    with asking(exercise, module) as rows:
        for row in rows:
            try:
                found += suite.results(row)
            except Exception as error:
                if all(verdict.state == RIGHT for verdict in functions):
                    functions.append(Verdict("", WRONG, _raised(error, file)))
    off = [result for result in found if not result.ok]
    proofs = list(dict.fromkeys(_proof(result) for result in off if result.by in ("complex step", "by hand")))
    if all(verdict.state == RIGHT for verdict in functions) and off:
        functions.append(Verdict("", WRONG, "its functions answer otherwise the second time they are asked"))
    return Verdicts(functions, proofs, 0 if off else len(found))


def _proof(result: Result) -> str:
    what = f"gradient by {result.what}" if result.by == "complex step" else f"the {result.what}"
    return f"{result.by}: {what} is off by {result.error:.1g} of its size ({result.case})"


def _of_function(exercise: Exercise, name: str, function: object, calls: list[Call], file: str) -> Verdict:
    if not isinstance(function, FunctionType):
        return Verdict(name, WRONG, f"there is no function {name} in the file")
    for plain in (True, False):  # what a student would try comes first
        pairs = [(call, call.ask(function)) for call in calls if call.plain == plain]
        if any(isinstance(answer, NotImplementedError) for _, answer in pairs):
            return Verdict(name, TO_DO)
        wrong = next(((call, answer) for call, answer in pairs if not _good(call, answer)), None)
        if wrong and (mistakes := _named(exercise, name, pairs) if plain else []):
            return Verdict(name, WRONG, "; ".join(dict.fromkeys(mistake.says for mistake in mistakes)), named=True)
        if wrong:
            return Verdict(name, WRONG, _difference(*wrong, file))
    return Verdict(name, RIGHT)


def _good(call: Call, answer: Answer) -> bool:
    if isinstance(answer, Exception) or not same(answer, call.answer, call.limit):
        return False
    return all(_kind(a) == _kind(b) for a, b in zip(answer[: call.results], call.answer))


def _kind(array: np.ndarray) -> str:
    """What must be the same: float32 stays float32, whole numbers whole."""
    return array.dtype.kind if array.dtype.kind != "f" else str(array.dtype)


def _named(exercise: Exercise, name: str, pairs: list[tuple[Call, Answer]]) -> list[Mutation]:
    """The known mistakes whose answers are the student's: one that explains all, or one for each array that is off."""
    given = [(call, answer) for call, answer in pairs if not isinstance(answer, Exception)]
    if any(len(answer) != len(call.answer) for call, answer in given):
        return []
    wrong = {k for call, answer in given for k in range(len(answer)) if _off(answer, call.answer, k, call.limit)}
    explained: dict[int, Mutation] = {}
    for mistake, function in _wrong_functions(exercise, name) if wrong else ():
        with inside():
            explains = _explains(function, pairs, wrong)
        if explains == wrong:
            return [mistake]
        for k in explains:
            explained.setdefault(k, mistake)
    return list(explained.values()) if explained.keys() == wrong else []


def _explains(function: Callable[..., object], pairs: list[tuple[Call, Answer]], wrong: set[int]) -> set[int]:
    """Those of the arrays that are wrong in which the answers of a mistaken function are the student's."""
    left, seen = set(wrong), set()
    for call, answer in pairs:
        other = call.ask(function)
        if isinstance(answer, Exception) or isinstance(other, Exception):
            left = left if type(answer) is type(other) else set()
        elif len(other) != len(answer):
            left = set()
        else:
            left = {k for k in left if not _off(answer, other, k, call.limit)}
            seen |= {k for k in left if _off(other, call.answer, k, call.limit)}
        if not left:
            break
    return left & seen


def _off(answer: list[np.ndarray], right: list[np.ndarray], k: int, limit: float) -> bool:
    # Both ways: where one of them is 0 there is no relative distance to it.
    return not min(distance(answer[k], right[k]), distance(right[k], answer[k])) <= limit


@functools.cache
def _wrong_functions(exercise: Exercise, name: str) -> list[tuple[Mutation, Callable[..., object]]]:
    """A function with each of the op's known mistakes."""
    found = []
    for mistake in MISTAKES:
        if f"seqdl.{mistake.function}".rpartition(".")[0] == exercise.op:
            module = source.loaded(source.with_mistake(exercise, mistake), exercise.op)
            found.append((mistake, getattr(module, name)))
    return found


def _difference(call: Call, answer: Answer, file: str) -> str:
    """What is wrong with an answer, in a line, where no known mistake has it."""
    hint = ""
    if call.complex:
        hint = "; it must work with complex numbers too, by which derivatives are checked"
    elif not call.plain:
        hint = "; it must work in float32 too, and stay there"
    if isinstance(answer, Exception):
        return _raised(answer, file) + hint
    results = answer[: len(answer) - (len(call.answer) - call.results)]
    if len(results) != call.results:
        return f"gives back {len(results)} arrays or numbers, expected {call.results}"
    for k, (value, right) in enumerate(zip(answer, call.answer)):
        which = f" number {k + 1} of {call.results}" if call.results > 1 else ""
        if k >= call.results:
            if distance(value, right) > call.limit:
                return (
                    "leaves its arguments otherwise than it should: what is to be changed is changed in place, no more"
                )
        elif value.shape != right.shape:
            return f"result{which} has the shape {value.shape}, expected {right.shape}"
        elif not distance(value, right) <= call.limit:
            return f"result{which} is off by {distance(value, right):.1g} of its size ({call.case}){hint}"
        elif _kind(value) != _kind(right):
            return f"result{which} is of {value.dtype}, expected {right.dtype}{hint}"
    return "its answers are not those of the equations"


def _raised(error: BaseException, file: str) -> str:
    """An exception in a line, with the line of the student's file."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == file]
    where = f"line {lines[-1]}: " if lines else ""
    return f"{where}{type(error).__name__}: {' '.join(str(error).split())}"
