"""Work in worker processes, a few pieces ahead, so that memory stays flat and an interrupt ends it."""

import contextlib
import multiprocessing.connection
import traceback
from collections.abc import Callable, Generator, Iterator
from multiprocessing.connection import Connection
from typing import Any, TypeVar

from seqdl.base import workers as processes
from seqdl.base.progress import progress
from seqdl.base.workers import Worker
from seqdl.errors import NoRoomError, SeqdlError, reason

FEW = 8
"""So many things are done faster than worker processes start."""
AHEAD = 2
"""So many groups for each process are begun before the first of them is wanted."""

DIED = "the process that read it died: the file is damaged, or there is not enough memory"

T = TypeVar("T")
M = TypeVar("M")


@contextlib.contextmanager
def in_groups(
    work: Callable[[list[T]], list[M]],
    groups: list[list[T]],
    workers: int,
    name: str,
    unit: str = "sequences",
) -> Iterator[Iterator[tuple[T, M]]]:
    """Each thing of some ``groups`` with what ``work`` made of it, in order; in ``workers`` processes if worth while.

    What is made of a thing may be a text, why it cannot be used: it is ``DIED`` for a group of which a process dies.
    At the end of the block the processes are ended, whatever they are at work on.

    ``work`` makes a list of a group and can be pickled; ``name`` and ``unit`` are as in :mod:`seqdl.base.progress`.
    """
    count = sum(map(len, groups))
    many = workers > 1 and count > FEW
    results = _in_processes(work, groups, workers) if many else (work(group) for group in groups)
    with progress(count, name, unit, lines=True) as done, contextlib.closing(results):

        def pairs() -> Iterator[tuple[T, M]]:
            for group, made in zip(groups, results):
                for pair in zip(group, made):
                    yield pair
                    done()

        yield pairs()


def or_reasons(work: Callable[[T], M], things: list[T], name: Callable[[T], object]) -> list[M | str]:
    """What ``work`` makes of each of some ``things``, or why one cannot be used, by its ``name``; the rest goes on."""
    made: list[M | str] = []
    for thing in things:
        try:
            made.append(work(thing))
        except NoRoomError:
            raise
        except Exception as error:  # of any kind: nobody knows what a damaged file makes of a library
            made.append(reason(error, name(thing)))
    return made


def _in_processes(work: Callable[[list[T]], list[M]], groups: list[list[T]], workers: int) -> Generator[list[M]]:
    """Like ``map``, in worker processes, a few groups ahead, so that memory stays flat.

    A group of which a process dies is done once more, when its turn has come and nobody else is at work.
    """
    team, given = _Team(), 0
    made: dict[int, list[M] | None] = {}
    try:
        team.grow(min(workers, len(groups)))
        for turn, group in enumerate(groups):
            while True:
                while team.idle and given < min(len(groups), turn + AHEAD * workers):
                    team.give(given, work, groups[given])
                    given += 1
                if turn in made:
                    break
                team.take(made)
            result = made.pop(turn)
            while result is None and team.busy:
                team.take(made)
            yield _once_more(work, group) if result is None else result
    finally:
        processes.end(team.all)


class _Team:
    """Worker processes: who is idle, and who is at work on a group of which number."""

    def __init__(self) -> None:
        self.idle: list[Worker] = []
        self.busy: dict[Connection, tuple[Worker, int]] = {}

    @property
    def all(self) -> list[Worker]:
        return [*self.idle, *(worker for worker, _ in self.busy.values())]

    def grow(self, count: int) -> None:
        for _ in range(count):
            self.idle.append(processes.start(_serve))

    def give(self, number: int, work: Callable[..., Any], group: list[Any]) -> None:
        """Put somebody who is idle to work."""
        worker = self.idle.pop()
        self.busy[worker.pipe] = worker, number
        _ask(worker, work, group)

    def take(self, made: dict[int, Any]) -> None:
        """Wait for somebody, and take what was made; None where a process has died, whom another one replaces."""
        for pipe in multiprocessing.connection.wait(list(self.busy)):
            assert isinstance(pipe, Connection)
            worker, number = self.busy[pipe]
            try:
                made[number] = _answer(worker)
            except (EOFError, OSError):
                made[number] = None
                processes.end([worker])
                self.grow(1)
            else:
                self.idle.append(worker)
            del self.busy[pipe]


def _once_more(work: Callable[[list[T]], list[M]], group: list[T]) -> list[M]:
    worker = processes.start(_serve)
    try:
        _ask(worker, bool, group)
        try:
            _answer(worker)
        except (EOFError, OSError) as error:  # a process that does nothing dies only where all do
            raise SeqdlError("the processes that prepare video die at once; try workers=1") from error
        _ask(worker, work, group)
        try:
            answer: list[M] = _answer(worker)
            return answer
        except (EOFError, OSError):
            died: list[Any] = [DIED] * len(group)
            return died
    finally:
        processes.end([worker])


def _ask(worker: Worker, work: Callable[..., Any], group: list[Any]) -> None:
    with contextlib.suppress(OSError):  # who has died says so in place of an answer
        worker.pipe.send((work, group))


def _answer(worker: Worker) -> Any:
    made, error = worker.pipe.recv()
    if error is not None:
        raise error
    return made


def _serve(pipe: Connection) -> None:
    """In a worker process: do what is asked for, until nobody asks any more."""
    with contextlib.suppress(EOFError, OSError):
        while True:
            work, group = pipe.recv()
            try:
                answer: tuple[Any, Exception | None] = work(group), None
            except Exception as error:
                error.add_note(traceback.format_exc())
                answer = None, error
            pipe.send(answer)
