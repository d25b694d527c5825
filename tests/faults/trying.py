"""One fault in one job: inject, look at what was said, go on, compare with the undisturbed job."""

from __future__ import annotations

import contextlib
import os
import tempfile
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from injection import SIGNALS, Fault, injected
from work import WORKS as WORKS
from work import Place, Work, cleared, left, no_time, quietly, videos

CODES = {
    "KeyboardInterrupt": (0, 130),
    "SIGTERM": (0, 143),
    "SIGINT": (0, 130),
    "SIGINT twice": (0, 130),
} | dict.fromkeys(("SIGKILL before", "SIGKILL after"), (0, -9))
"""What a job may end with; else done, or failed and said so."""


@dataclass(frozen=True)
class Undisturbed:
    """What a job leaves that nothing happens to, by operations and files.

    Parameters
    ----------
    operations, files
        What it did on the disk, and what is there afterwards.
    """

    operations: list[tuple[str, str]]
    files: dict[str, bytes]


@contextlib.contextmanager
def place(root: Path) -> Iterator[Place]:
    """Videos, prepared, and a run of them; no time passes."""
    made = Place(videos(root / "videos"), root / "cache", root / "first" / "run")
    (root / "first").mkdir()
    with no_time(), pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEQDL_CACHE", str(made.cache))
        patch.setattr(tempfile, "tempdir", str(root))
        assert quietly(lambda: WORKS[1].run(made, root / "first"))[0] == 0
        yield made


def _with_cache(work: Work, where: Place, folder: Path) -> tuple[int, str]:
    with pytest.MonkeyPatch.context() as patch:
        if work.name == "preparing":
            patch.setenv("SEQDL_CACHE", str(folder / "cache"))
        return quietly(lambda: work.run(where, folder))


def _in_a_fork(work: Work, where: Place, folder: Path) -> tuple[int, str]:
    """The same in a process that may be killed, whose exit code is negative then; what it said is lost with it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of threads: those of libraries, which are not at work
        child = os.fork()
    if not child:
        code = 1
        try:
            code, _ = _with_cache(work, where, folder)
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), ""


def undisturbed(work: Work, where: Place, folder: Path) -> Undisturbed:
    """Do a job in a ``folder``, which is removed afterwards: the paths in what it writes are those of others."""
    work.begin(where, folder)
    with injected(Fault()) as fault:
        code, said = _with_cache(work, where, folder)
    assert code == 0, said
    made = Undisturbed(fault.done, left(folder))
    cleared(folder)
    return made


def tried(work: Work, where: Place, folder: Path, expected: Undisturbed, kind: str, at: int) -> str:
    """What is wrong after a fault of a ``kind`` at the operation ``at`` of a job, and after going on; empty if nothing.

    Right is: an exit code that stands for what happened, one line that says it, what was there before as it was, and
    after going on exactly what the undisturbed job leaves.
    """
    work.begin(where, folder)
    before = left(folder)
    try:
        with injected(Fault(kind, at)) as fault:
            try:
                do = _in_a_fork if kind in SIGNALS else _with_cache
                code, said = do(work, where, folder)
            except BaseException as error:
                return f"a traceback: {error!r}"
        errors = [line for line in said.splitlines() if "error:" in line]
        if "Traceback" in said:
            return f"a traceback: {said[-300:]}"
        if code not in CODES.get(kind, (0, 1)):
            return f"exit code {code}: {said[-300:]}"
        if code and not errors and kind not in SIGNALS:
            return f"exit code {code} and no line says why: {said[-300:]}"
        between = left(folder)
        lost = [name for name, content in before.items() if not between.get(name, b"").startswith(content)]
        if lost:
            return f"lost: {lost}"
        wrong = _differs(expected.files, between)
        if code == 0 and wrong and (fault.hit or kind in SIGNALS) and "left out" not in said:
            return f"it says that all is well: {wrong}"
        if code == 0 and not wrong:
            return ""
        code, said = _with_cache(work, where, folder)
        if code:
            return f"does not go on: exit code {code}: {said[-300:]}"
        return _differs(expected.files, left(folder))
    finally:
        cleared(folder)


def _differs(expected: dict[str, bytes], found: dict[str, bytes]) -> str:
    left_over = [name for name in found if name not in expected and not Path(name).name.startswith(".")]
    differing = [name for name in expected if found.get(name) != expected[name]]
    return f"differing: {differing}, left over: {left_over}" if differing or left_over else ""
