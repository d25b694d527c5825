"""Work in spawned processes, a few pieces ahead, so that memory stays flat and an interrupt ends it."""

import contextlib
import functools
import multiprocessing
import signal
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any, TypeVar

from tqdm import tqdm

from seqdl.errors import SeqdlError

FEW = 8
"""So many things are done faster than worker processes start."""

T = TypeVar("T")
M = TypeVar("M")


def in_groups(
    work: Callable[[list[T]], list[M]],
    groups: list[list[T]],
    workers: int,
    name: str,
    unit: str = "seq",
    here: Callable[[list[T]], bool] | None = None,
) -> Iterator[tuple[T, M]]:
    """Each thing of some ``groups`` with what ``work`` made of it, in order; in ``workers`` processes if worth while.

    ``work`` makes a list of a group and can be pickled; ``name`` and ``unit`` are the progress bar's; ``here`` says
    which groups are better made in this process, since what is made of them is too large to be handed over.
    """
    count = sum(map(len, groups))
    with tqdm(total=count, desc=name, unit=unit, disable=None, leave=False) as bar:
        many = workers > 1 and count > FEW
        results = _in_processes(work, groups, workers, here) if many else map(work, groups)
        for group, made in zip(groups, results):
            for pair in zip(group, made):
                yield pair
                bar.update()


def _in_processes(
    work: Callable[[list[T]], list[M]], groups: list[list[T]], workers: int, here: Callable[[list[T]], bool] | None
) -> Iterator[list[M]]:
    """Like ``map``, in spawned processes, a few groups ahead, so that memory stays flat."""
    context = multiprocessing.get_context("spawn")
    executor = ProcessPoolExecutor(workers, mp_context=context, initializer=_start_worker)
    pending: deque[Any] = deque()
    try:
        for group in groups:
            if here and here(group):
                pending.append(functools.partial(work, group))
            else:
                with interrupt_held_back():
                    pending.append(executor.submit(work, group).result)
            if len(pending) > 2 * workers:
                yield pending.popleft()()
        while pending:
            yield pending.popleft()()
    except BrokenProcessPool as error:
        raise SeqdlError("a process that prepared video died; is there enough memory? try workers=1") from error
    finally:
        executor.shutdown(wait=True, cancel_futures=True)


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
