"""A folder of exercises: begun, found again, and what is said of it."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from seqdl.base import disk
from seqdl.base.files import write_atomic
from seqdl.base.words import count, near
from seqdl.errors import SeqdlError, UsageError
from seqdl.exercises import source
from seqdl.exercises.bench import Mark
from seqdl.exercises.book import EXERCISES, Exercise
from seqdl.exercises.judge import RIGHT, TO_DO, WRONG


def chosen(names: Iterable[str]) -> list[Exercise]:
    """The exercises of some names, all where there are none; a UsageError for a name that no exercise has."""
    known = {exercise.name: exercise for exercise in EXERCISES}
    wanted = [name.removesuffix(".py") for name in names]
    for name in wanted:
        if name not in known:
            raise UsageError(f"no exercise is called {name}{near(name, known)}")
    return [known[name] for name in dict.fromkeys(wanted)] or list(EXERCISES)


def start(folder: Path, exercises: Iterable[Exercise]) -> tuple[list[Path], list[Path]]:
    """Write the files to begin with into a folder, which may be new: those written, and those left as they were."""
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is no folder: name one for the exercises")
    disk.make_folders(folder)
    written, kept = [], []
    for exercise in exercises:
        file = folder / f"{exercise.name}.py"
        if file.exists():
            kept.append(file)
        else:
            write_atomic(file, source.starter(exercise))
            written.append(file)
    return written, kept


def files(folder: Path, names: Sequence[str]) -> list[tuple[Exercise, Path]]:
    """The exercises in a folder, those of some ``names`` or all that are there; a SeqdlError where there are none."""
    if not folder.is_dir():
        raise SeqdlError(f"{folder} is no folder: seqdl exercise start {folder} makes it")
    found = [(exercise, folder / f"{exercise.name}.py") for exercise in chosen(names)]
    missing = [file for _, file in found if not file.exists()]
    if names and missing:
        raise SeqdlError(f"{missing[0]} is not there: seqdl exercise start {folder} writes what is missing")
    if len(missing) == len(found):
        raise SeqdlError(f"{folder} has no exercise: seqdl exercise start {folder} writes them")
    return [(exercise, file) for exercise, file in found if file.exists()]


def told(mark: Mark, degree: int) -> str:
    """What is said of a file, in a few lines, with hints up to a ``degree`` where it is not right."""
    name, verdicts = mark.exercise.name, mark.verdicts
    if mark.state == RIGHT:
        return f"{name:<14} right: all answers are those of the equations, {count(verdicts.checks, 'check')} hold"
    begun = [verdict for verdict in verdicts.functions if verdict.state != TO_DO and verdict.function]
    to_do = [verdict.function for verdict in verdicts.functions if verdict.state == TO_DO]
    lines = [f"{name:<14} {mark.state}" + (f": {', '.join(to_do)}" if to_do else "")]
    for verdict in verdicts.functions:
        where = f"{verdict.function}: " if verdict.function else ""
        if verdict.state == WRONG:
            lines.append(f"  {where}{verdict.says}")
    right = [
        verdict.function for verdict in begun if verdict.state == RIGHT and verdict.function in mark.exercise.write
    ]
    lines += [f"  right: {', '.join(right)}"] if right else []
    lines += [f"  {proof}" for proof in verdicts.proofs[:2]]
    lines += [f"  hint {n}: {hint}" for n, hint in enumerate(mark.exercise.hints[:degree], 1)]
    return "\n".join(lines)


def listed() -> str:
    """The exercises, a line each."""
    return "\n".join(
        f"{exercise.name:<14} {exercise.title}\n{'':<14} {', '.join(f'{name}()' for name in exercise.write)}; "
        f"solution: {exercise.op.replace('.', '/')}.py"
        for exercise in EXERCISES
    )
