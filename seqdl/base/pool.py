"""Work in spawned processes, a few pieces ahead, so that memory stays flat and an interrupt ends it."""

import contextlib
import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any, TypeVar

from tqdm import tqdm

from seqdl.errors import SeqdlError, reason

FEW = 8
"""So many things are done faster than worker processes start."""

DIED = "the process that read it died: the file is damaged, or there is not enough memory"

T = TypeVar("T")
M = TypeVar("M")


def in_groups(
    work: Callable[[list[T]], list[M]],
    groups: list[list[T]],
    workers: int,
    name: str,
    unit: str = "seq",
) -> Iterator[tuple[T, M]]:
    """Each thing of some ``groups`` with what ``work`` made of it, in order; in ``workers`` processes if worth while.

    What is made of a thing may be a text, why it cannot be used: it is ``DIED`` for a group of which a process dies.

    ``work`` makes a list of a group and can be pickled; ``name`` and ``unit`` are the progress bar's.
    """
    count = sum(map(len, groups))
    with tqdm(total=count, desc=name, unit=unit, disable=None, leave=False) as bar:
        many = workers > 1 and count > FEW
        results = _in_processes(work, groups, workers) if many else map(work, groups)
        for group, made in zip(groups, results):
            for pair in zip(group, made):
                yield pair
                bar.update()


def or_reasons(work: Callable[[T], M], things: list[T], name: Callable[[T], object]) -> list[M | str]:
    """What ``work`` makes of each of some ``things``, or why one cannot be used, by its ``name``; the rest goes on."""
    made: list[M | str] = []
    for thing in things:
        try:
            made.append(work(thing))
        except Exception as error:  # of any kind: nobody knows what a damaged file makes of a library
            made.append(reason(error, name(thing)))
    return made


def _in_processes(work: Callable[[list[T]], list[M]], groups: list[list[T]], workers: int) -> Iterator[list[M]]:
    """Like ``map``, in spawned processes, a few groups ahead, so that memory stays flat.

    Where a process dies, what was at work then is done once more, each group alone.
    """
    executor = _executor(workers)
    pending: deque[tuple[list[T], Future[list[M]]]] = deque()
    try:
        for group in groups:
            try:
                pending.append((group, _submit(executor, work, group)))
            except BrokenProcessPool:
                executor.shutdown()
                executor = _executor(workers)
                pending.append((group, _submit(executor, work, group)))
            if len(pending) > 2 * workers:
                yield _finished(work, *pending.popleft())
        while pending:
            yield _finished(work, *pending.popleft())
    except BrokenProcessPool as error:
        raise SeqdlError("the processes that prepare video die at once; try workers=1") from error
    finally:
        executor.shutdown(wait=True, cancel_futures=True)


def _finished(work: Callable[[list[T]], list[M]], group: list[T], future: Future[list[M]]) -> list[M]:
    try:
        return future.result()
    except BrokenProcessPool:
        executor = _executor(1)
    try:
        _submit(executor, os.getpid).result()  # a process that does nothing dies only where all do
        try:
            return _submit(executor, work, group).result()
        except BrokenProcessPool:
            died: list[Any] = [DIED] * len(group)
            return died
    finally:
        executor.shutdown(wait=True, cancel_futures=True)


def _executor(workers: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), _start_worker)


def _submit(executor: ProcessPoolExecutor, work: Callable[..., M], *given: Any) -> Future[M]:
    with interrupt_held_back():
        return executor.submit(work, *given)


@contextlib.contextmanager
def interrupt_held_back() -> Iterator[None]:
    """Processes started meanwhile never see an interrupt, not even while they import; this one sees it afterwards."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _start_worker() -> None:
    """Leave an interrupt to the parent, which ends the workers."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
