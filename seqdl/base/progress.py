"""How far a long loop is: a bar on a terminal, elsewhere a line now and then."""

import contextlib
import multiprocessing
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from tqdm import tqdm

T = TypeVar("T")

PATIENCE = 2.0
"""Seconds before anything is shown on a terminal."""
EVERY, GROWTH = 10.0, 0.25
"""Where there is no terminal, seconds before a line and between two, and the least share by which the time that has
passed must have grown since: half an hour is told of in about 20 lines."""


@contextlib.contextmanager
def progress(
    count: int | None, name: str, unit: str, lines: bool = False, clock: Callable[[], float] = time.monotonic
) -> Iterator[Callable[..., object]]:
    """What is called for each of about ``count`` things that are done; a worker process shows nothing.

    ``name`` and ``unit`` are what is at work and on what; of bytes (``B``) it is called with how many they are. With
    ``lines``, something is also said where no terminal is, at times by the ``clock``.
    """
    at_work = multiprocessing.parent_process() is None
    if lines and at_work and not sys.stderr.isatty():
        yield _Lines(count, name, unit, clock).update
        return
    hidden, scaled, said = None if at_work else True, unit == "B", unit if unit == "B" else f" {unit}"
    with tqdm(desc=name, total=count, unit=said, unit_scale=scaled, delay=PATIENCE, disable=hidden, leave=False) as bar:
        yield bar.update


def followed(things: Sequence[T], name: str, unit: str) -> Iterator[T]:
    """The ``things`` that a loop goes through, each done when the next is asked for; ``name`` and ``unit`` as above."""
    with progress(len(things), name, unit) as done:
        for one in things:
            yield one
            done()


class _Lines:
    """Lines on standard error that say how far a loop is."""

    def __init__(self, count: int | None, name: str, unit: str, clock: Callable[[], float]) -> None:
        self.count, self.name, self.unit, self.clock = count, name, unit, clock
        self.done, self.started = 0, clock()
        self.due = self.started + EVERY

    def update(self) -> None:
        """One more is done."""
        self.done += 1
        now = self.clock()
        if now < self.due:
            return
        spent, of = now - self.started, f" of {self.count}" if self.count else ""
        left = f", about {spent / self.done * (self.count - self.done):.0f} s to go" if self.count else ""
        print(f"{self.name}: {self.done}{of} {self.unit}{left}", file=sys.stderr, flush=True)
        self.due = now + max(EVERY, GROWTH * spent)
