"""Jobs in spawned processes, one process each: one that dies takes no other with it, and is tried again."""

import contextlib
import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait

from seqdl.base import locks
from seqdl.base import workers as processes
from seqdl.base.workers import Worker
from seqdl.jobs.job import TICK, Event, Job, done, judged

THREADS = ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
_STARTING = threading.Lock()
"""Environment variables are one set for all threads: one process is started at a time."""


@dataclass
class _Running:
    job: Job
    attempt: int
    worker: Worker


def run(jobs: Iterable[Job], workers: int, retries: int) -> Generator[Event]:
    """Do all ``jobs``, ``workers`` at once with one thread each; close the iterator to end them all.

    A job is tried again up to ``retries`` times whose process has died (killed, out of memory), not one that raises.
    """
    waiting = deque((job, 1) for job in jobs)
    running: list[_Running] = []
    try:
        while waiting or running:
            while waiting and len(running) < workers:
                job, attempt = waiting.popleft()
                running.append(_start(job, attempt))
                yield Event("started", job.name)
            ready = wait([one.worker.pipe for one in running], TICK)
            for one in [one for one in running if one.worker.pipe in ready]:
                event = judged(_end(one), one.attempt, retries)
                running.remove(one)
                if event.kind == "died":
                    waiting.appendleft((one.job, one.attempt + 1))
                yield event
            yield Event("tick")
    finally:
        processes.end(one.worker for one in running)


def _start(job: Job, attempt: int) -> _Running:
    with _STARTING, _variables({**dict.fromkeys(THREADS, "1"), **job.environment}), _by_a_daemon():
        return _Running(job, attempt, processes.start(_do, job, name=job.name))


def _end(one: _Running) -> Event:
    process, pipe = one.worker
    try:
        event = pipe.recv()
    except (EOFError, OSError):
        event = None
    pipe.close()
    process.join()
    return event or Event("died", one.job.name, _how(process.exitcode))


def _how(code: int | None) -> str:
    if code is not None and code < 0:
        with contextlib.suppress(ValueError):
            return f"by {signal.Signals(-code).name}" + (" (is there enough memory?)" if code == -9 else "")
    return f"with exit code {code}"


@contextlib.contextmanager
def _variables(values: Mapping[str, str]) -> Iterator[None]:
    """Processes started meanwhile find these variables, which are read when libraries are imported."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@contextlib.contextmanager
def _by_a_daemon() -> Iterator[None]:
    """Daemons, as Dask's workers are, may not start processes, which could outlive them: ours do not."""
    this = multiprocessing.current_process()
    before, this.daemon = this.daemon, False
    try:
        yield
    finally:
        this.daemon = before


def _do(pipe: Connection, job: Job) -> None:
    """Do a job in a process of its own and send what came of it."""
    if job.folder:
        os.chdir(job.folder)
    with locks.held(job.log) as log:
        for stream in (1, 2):  # they hold it until the process ends
            os.dup2(log.fileno(), stream)
    pipe.send(done(job))
