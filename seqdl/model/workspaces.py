"""Workspaces that calls take and give back, so that a network can be used by several threads at once."""

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

W = TypeVar("W")


class Pool(Generic[W]):
    """The workspaces of a network: no more than there ever were calls at the same time.

    Parameters
    ----------
    make : callable
        Makes one.
    """

    def __init__(self, make: Callable[[], W]) -> None:
        self._make = make
        self._free: deque[W] = deque()  # appending and popping are safe between threads

    def __deepcopy__(self, memo: object) -> "Pool[W]":
        """An empty one: what calls work with belongs to nobody."""
        return Pool(self._make)

    @contextmanager
    def workspace(self) -> Iterator[W]:
        """One that nobody else has meanwhile; after an error it is thrown away with what is half done in it."""
        try:
            one = self._free.pop()  # the last used, which the processor's cache may still hold
        except IndexError:
            one = self._make()
        yield one
        self._free.append(one)
