"""Work that leaves Python's lock to others, such as compiled code, by a few threads of this process."""

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
M = TypeVar("M")


def in_threads(work: Callable[[T], M], things: Iterable[T], threads: int) -> Generator[M]:
    """Like ``map``, in so many ``threads`` and a few things ahead, so that memory stays flat; with one it is ``map``.

    What is made comes in the order of the ``things``, which are asked for in the caller's thread. Where ``work`` raises
    an error, or the generator is closed, no further thing is begun.
    """
    if threads < 2:
        yield from map(work, things)
        return
    pool, begun = ThreadPoolExecutor(threads), deque[Future[M]]()
    try:
        for thing in things:
            begun.append(pool.submit(work, thing))
            if len(begun) > 2 * threads:
                yield begun.popleft().result()
        while begun:
            yield begun.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)
