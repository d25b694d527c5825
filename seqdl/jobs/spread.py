"""One runner for jobs, and three ways to spread them: one after the other, over processes, over a cluster."""

import contextlib
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from seqdl.base import locks
from seqdl.base.arrays import is_whole
from seqdl.base.words import count
from seqdl.errors import UsageError
from seqdl.jobs import cluster, processes
from seqdl.jobs.job import Event, Job, done

Run = Callable[[Iterable[Job]], Generator[Event]]


@dataclass(frozen=True)
class Spread:
    """Where jobs are done.

    Parameters
    ----------
    workers : int
        Processes of this machine, with one thread each; 0 for one job after the other in this process.
    retries : int
        How often a job is tried again whose process, or worker of a cluster, has died.
    address, tls
        Of a Dask cluster, which then does the jobs: see :func:`seqdl.jobs.cluster.connect`.
    """

    workers: int = 0
    retries: int = 2
    address: str = ""
    tls: Sequence[str] = ()

    def validate(self) -> None:
        """Find what cannot be right before anything is begun."""
        for name, value in (("workers", self.workers), ("retries", self.retries)):
            if not is_whole(value) or value < 0:
                raise UsageError(f"{name}={value}: give 0 or more")
        if self.address or self.tls:
            cluster.refuse(self.address, self.tls)

    @contextlib.contextmanager
    def ready(self, folder: Path, read: Iterable[Path], say: Callable[[str], None]) -> Iterator[Run]:
        """What does jobs and yields every :class:`~seqdl.jobs.job.Event`; closing it ends them all.

        The jobs write into ``folder`` and ``read`` some paths; ``say`` is told of the cluster.
        """
        if self.address:
            with cluster.connect(self.address, self.tls) as client:
                demand = cluster.demand(folder, read)
                workers, threads = cluster.workers(client, demand)
                say(f"cluster: {cluster.trusted(self.address)}")
                say(f"cluster: {count(workers, 'worker')}, {count(threads, 'draw')} at once")
                yield lambda jobs: cluster.run(jobs, client, demand, self.retries)
        elif self.workers:
            yield lambda jobs: processes.run(jobs, self.workers, self.retries)
        else:
            yield serially


def serially(jobs: Iterable[Job]) -> Generator[Event]:
    """Do jobs one after the other in this process, in its folder and with its threads; they print into their logs."""
    for job in jobs:
        yield Event("started", job.name)
        with locks.held(job.log) as log, contextlib.redirect_stdout(log), contextlib.redirect_stderr(log):
            event = done(job)
        yield event
        yield Event("tick")
