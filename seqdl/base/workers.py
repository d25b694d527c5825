"""Processes that work for this one: whoever has nothing more to say to them ends them at once, and none outlives it.

Each has a pipe of its own. So this process knows what one was at work on that has died, and one that is ended while it
writes keeps nobody waiting, as it would with the queue that the workers of ``concurrent.futures`` share, which knows no
way of ending them before Python 3.14.
"""

import contextlib
import multiprocessing
import os
import threading
from collections.abc import Callable, Iterable
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from typing import Any, NamedTuple

from tqdm import tqdm

from seqdl.base import interrupts, memory

PATIENCE = 5.0
"""Seconds after which a process is killed that was told to end and has not."""


class Worker(NamedTuple):
    """A process that works for this one.

    Parameters
    ----------
    process, pipe
        It, and this end of its pipe, which tells of its end by an EOFError.
    """

    process: SpawnProcess
    pipe: Connection


def start(target: Callable[..., object], *arguments: Any, name: str | None = None) -> Worker:
    """Spawn a process that works for this one.

    Parameters
    ----------
    target, *arguments
        Importable by its name, and what it is called with after its end of the pipe; these can be pickled.
    name : str, optional
        For whoever lists processes.
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_child, args=(theirs,), name=name, daemon=True)
    try:
        if os.name == "posix":  # started by the first process, it would let interrupts through to that one
            resource_tracker.ensure_running()
        with interrupts.starting():
            process.start()
        theirs.close()
        with contextlib.suppress(OSError):  # it has died already
            ours.send((target, arguments))  # by the pipe: it then imports what it needs while it is watched over
    except BaseException:
        end([Worker(process, ours)])
        raise
    return Worker(process, ours)


def end(workers: Iterable[Worker]) -> None:
    """End processes; files are whole at any time, so that nothing else has to be waited for."""
    started = [one for one in workers if one.process.pid is not None]
    for one in started:
        one.process.terminate()
    try:
        for one in started:
            one.process.join(PATIENCE)
    finally:
        for one in started:
            one.process.kill()
        for one in started:
            one.process.join()
            one.pipe.close()


def _child(pipe: Connection) -> None:
    memory.seldom()
    with interrupts.ending_with_parent():
        try:
            target, arguments = pipe.recv()
        except EOFError:  # nobody wants it any more
            return
        tqdm.set_lock(threading.RLock())  # not one that other processes could share and that would be left behind
        target(pipe, *arguments)
