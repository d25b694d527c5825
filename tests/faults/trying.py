"""One fault in one job: inject, look at what was said, go on, compare with the undisturbed job."""

from __future__ import annotations

import contextlib
import itertools
import os
import signal
import tempfile
import threading
import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import tqdm
from injection import SIGNALS, Fault, injected
from power import Disk, Left, lay
from work import WORKS as WORKS
from work import Place, Work, cleared, in_processes, left, no_time, quietly, videos

from seqdl.base import disk, pool
from seqdl.base.workers import Worker

tqdm.tqdm.set_lock(threading.RLock())  # its own is shared with forked children, and one that is killed may hold it
tqdm.tqdm.monitor_interval = 0  # no thread that might hold it while a child is forked
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


def started(work: Work, where: Place, folder: Path) -> int:
    """Begin a job in a process of its own, and go on: the number of the process."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of threads: those of libraries, which are not at work
        child = os.fork()
    if not child:
        code = 1
        try:
            code, _ = _with_cache(work, where, folder)
        finally:
            os._exit(code)
    return child


def _in_a_fork(work: Work, where: Place, folder: Path, kill_after: float | None = None) -> tuple[int, str]:
    """A job in a process that may be killed, whose exit code is negative then; what it said is lost with it."""
    child = started(work, where, folder)
    if kill_after is not None:
        time.sleep(kill_after)
        os.kill(child, signal.SIGKILL)
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


def tried(work: Work, where: Place, folder: Path, expected: Undisturbed, kind: str, at: int) -> str | None:
    """What is wrong after a fault of a ``kind`` at the operation ``at`` of a job, and after going on; empty if nothing.

    None where the fault finds nothing to disturb.

    Right is: an exit code that stands for what happened, one line that says it, what was there before as it was, and
    after going on exactly what the undisturbed job leaves.
    """
    do = _in_a_fork if kind in SIGNALS else _with_cache
    with _begun(work, where, folder) as before:
        with injected(Fault(kind, at)) as fault:
            try:
                code, said = do(work, where, folder)
            except BaseException as error:
                return f"a traceback: {error!r}"
        if not fault.hit and kind not in SIGNALS:
            return None
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
        if code == 0 and wrong and "left out" not in said:
            return f"it says that all is well: {wrong}"
        if code == 0 and not wrong:
            return ""
        return _goes_on(work, where, folder, expected)


def killed(work: Work, where: Place, folder: Path, expected: Undisturbed, share: float, took: list[float]) -> str:
    """The same after SIGKILL at any moment: after a ``share`` of the seconds that the job ``took`` when nobody did."""
    while True:
        with _begun(work, where, folder):
            begun = time.monotonic()
            code, _ = _in_a_fork(work, where, folder, share * took[0] if took else None)
            if code == -signal.SIGKILL:
                return _goes_on(work, where, folder, expected)
            took[:] = [] if took else [time.monotonic() - begun]  # anew, where it was faster than that


def orphaned(where: Place, folder: Path, expected: Undisturbed, at: int) -> str:
    """The same of preparing in two processes, of which one is killed before it hands over for the ``at``-th time."""
    work, answer, asked = in_processes(), pool._answer, itertools.count(1)

    def lost(worker: Worker) -> Any:
        if next(asked) == at:
            worker.process.kill()
        return answer(worker)

    with _begun(work, where, folder), pytest.MonkeyPatch.context() as patch:
        patch.setattr(pool, "FEW", 0)
        patch.setattr(pool, "_answer", lost)
        return _goes_on(work, where, folder, expected)


def powerless(work: Work, where: Place, folder: Path, expected: Undisturbed, left_over: Left) -> str:
    """The same after a power cut that has left this of the folder."""
    try:
        lay(left_over, folder)
        return _goes_on(work, where, folder, expected)
    finally:
        cleared(folder)


def cuts(work: Work, where: Place, folder: Path) -> list[tuple[tuple[str, str], Left]]:
    """All states that a power cut during a job may leave, with the operation after which it comes."""
    with _begun(work, where, folder), pytest.MonkeyPatch.context() as patch:
        recorded = Disk(folder)
        patch.setattr(disk, "act", recorded.act)
        code, said = _with_cache(work, where, folder)
        assert code == 0, said
        return recorded.cuts


@contextlib.contextmanager
def _begun(work: Work, where: Place, folder: Path) -> Iterator[dict[str, bytes]]:
    """What a job starts from is in a folder, and away again afterwards."""
    work.begin(where, folder)
    try:
        yield left(folder)
    finally:
        cleared(folder)


def _goes_on(work: Work, where: Place, folder: Path, expected: Undisturbed) -> str:
    """Do it once more, or the rest of it, and compare."""
    try:
        code, said = _with_cache(work, where, folder)
    except BaseException as error:
        return f"a traceback in going on: {error!r}"
    if code or "Traceback" in said:
        return f"does not go on: exit code {code}: {said[-300:]}"
    return _differs(expected.files, left(folder))


def _differs(expected: dict[str, bytes], found: dict[str, bytes]) -> str:
    visible = [name for name in found if not any(part.startswith(".") for part in Path(name).parts)]
    left_over = [name for name in visible if name not in expected]
    differing = [name for name in expected if found.get(name) != expected[name]]
    return f"differing: {differing}, left over: {left_over}" if differing or left_over else ""
