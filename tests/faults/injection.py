"""What is done to the n-th operation of the seam :func:`seqdl.base.disk.act`."""

from __future__ import annotations

import contextlib
import errno
import os
import signal
from collections.abc import Iterator

import pytest

from seqdl.base import disk

FULL = {"open", "write", "put", "folder", "touch", "map"}
"""What needs space."""
NUMBERS = {"EIO": errno.EIO, "ENOSPC": errno.ENOSPC, "EDQUOT": errno.EDQUOT, "EROFS": errno.EROFS}
ERRORS = (*NUMBERS, "short", "short, then ENOSPC", "MemoryError", "KeyboardInterrupt")
"""Kinds that this process survives."""
SIGNALS = ("SIGKILL before", "SIGKILL after", "SIGTERM", "SIGINT", "SIGINT twice")
"""Kinds that are for a process of their own."""


class Fault:
    """Counts operations and does something at the n-th.

    EIO and what is no error of the disk come once; a disk that is full stays full, one that may only be read stays so.
    ``hit`` says whether anything was done to an operation, as a full disk does nothing to who needs no room any more.

    Parameters
    ----------
    kind, at
        One of ``ERRORS`` or ``SIGNALS``; at which operation, counted from 1, or 0 for never.
    """

    def __init__(self, kind: str = "", at: int = 0) -> None:
        self.kind, self.at = kind, at
        self.done: list[tuple[str, str]] = []
        self.hit = False

    def act(self, what, path, do, *arguments):
        """In place of :func:`seqdl.base.disk.act`."""
        self.done.append((what, str(path)))
        n = len(self.done)
        if not self.at or n < self.at:
            return do(*arguments)
        now = n == self.at
        if self.kind in NUMBERS:
            lasting = self.kind == "EROFS" or (self.kind != "EIO" and what in FULL)
            if (now and (self.kind in ("EIO", "EROFS") or what in FULL)) or (not now and lasting):
                self.hit = True
                raise OSError(NUMBERS[self.kind], os.strerror(NUMBERS[self.kind]), str(path))
            return do(*arguments)
        if self.kind.startswith("short"):
            if now and what == "write":
                self.hit = True
                return do(memoryview(arguments[0]).cast("B")[: len(memoryview(arguments[0]).cast("B")) // 2])
            if not now and "ENOSPC" in self.kind and what in FULL:
                self.hit = True
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
            return do(*arguments)
        if not now:
            return do(*arguments)
        self.hit = True
        if self.kind == "MemoryError":
            raise MemoryError
        if self.kind == "KeyboardInterrupt":
            raise KeyboardInterrupt
        if self.kind == "SIGKILL before":
            os.kill(os.getpid(), signal.SIGKILL)
        made = do(*arguments)
        name = self.kind.split()[0]
        for _ in range(1 + self.kind.endswith("twice")):
            os.kill(os.getpid(), getattr(signal, name))
        return made


@contextlib.contextmanager
def injected(fault: Fault) -> Iterator[Fault]:
    """All operations of this process pass a ``fault``."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(disk, "act", fault.act)
        yield fault
