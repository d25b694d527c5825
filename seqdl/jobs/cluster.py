"""The jobs of :mod:`seqdl.jobs.processes` on the workers of a Dask cluster.

A worker does a job as this machine does: in a process of its own with one thread. So it comes to the same bits wherever
it runs and whoever runs beside it, and a job that dies takes neither its worker nor a neighbour with it. What a worker
loses by dying itself is begun again elsewhere, from its checkpoints. Files are on a file system that all see.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
import pickle
import queue
import re
import secrets
import warnings
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from seqdl import __version__
from seqdl.base import files
from seqdl.errors import SeqdlError, UsageError
from seqdl.jobs import processes
from seqdl.jobs.job import TICK, Event, Job, judged
from seqdl.runs.environment import LIBRARIES

if TYPE_CHECKING:
    from distributed import Client, Future, Security, Worker

CONNECT = 10.0
"""Seconds in which a scheduler must answer."""
WORKERS = 30.0
"""Seconds in which a cluster must have a worker."""
SILENCE = 60.0
"""Seconds after which a scheduler that answers no more counts as gone."""

LOST = "the scheduler of the cluster is gone: nothing is lost, the same command goes on where it was"


class Demand(NamedTuple):
    """What a worker must have for its results to be those of this machine, and to be found here.

    Parameters
    ----------
    versions : dict of str to str
        See :func:`versions`.
    paths : tuple of str
        Absolute paths of folders and files that it must see.
    token, content : str
        An absolute path of a file that it must see, and its content.
    """

    versions: dict[str, str]
    paths: tuple[str, ...]
    token: str
    content: str


@dataclass
class _Given:
    """A job that a cluster was given."""

    job: Job
    attempt: int
    future: Future
    worker: str = ""


def refuse(address: str, tls: Sequence[str]) -> None:
    """Find what cannot be right about the ``address`` and ``tls`` of :func:`connect`; a UsageError says what it is."""
    if not address:
        raise UsageError("tls= goes with address=: give the address of the scheduler too")
    if not re.fullmatch(r"(tcp|tls)://[^\s/]+:\d+", address):
        raise UsageError(f"address={address} is no address: give tcp://HOST:PORT, or tls://HOST:PORT")
    if tls and not address.startswith("tls:"):
        raise UsageError(f"tls= goes with an address that begins with tls://, not with {address}")
    for name in tls:
        if not Path(name).is_file():
            raise UsageError(f"tls={name} is no file: give the authority's certificate, yours and its key")


def trusted(address: str) -> str:
    """Who can do what through a cluster at an ``address``, in a sentence."""
    if address.startswith("tls:"):
        return "whoever has a certificate of its authority can run any program on it, and on this machine"
    return (
        "without TLS, whoever reaches its scheduler can run any program on it, and on this machine: for trusted "
        "networks only, elsewhere use tls:// (docs/cluster.md)"
    )


@contextlib.contextmanager
def connect(address: str, tls: Sequence[str] = ()) -> Iterator[Client]:
    """Connect to a cluster that has a worker, whose scheduler is at ``tcp://HOST:PORT`` or ``tls://HOST:PORT``.

    ``tls`` are the files of the authority's certificate, of one's own and of its key; where empty those count that
    Dask's own configuration names. A SeqdlError says where Dask is not installed, nobody answers, or there is no
    worker.
    """
    try:
        import distributed
    except ImportError as error:
        raise SeqdlError("address= needs Dask, which is not installed: pip install 'seqdl[cluster]'") from error
    security = distributed.Security(**dict(zip(("tls_ca_file", "tls_client_cert", "tls_client_key"), tls)))
    with _quiet():
        try:
            asyncio.run(_greet(address, security))
            client = distributed.Client(address, security=security, timeout=CONNECT, set_as_default=False)
        except Exception as error:
            raise SeqdlError(
                f"no Dask scheduler answers at {address} ({_why(error)}): start it with dask scheduler, or name another"
            ) from error
        with client:
            try:
                client.wait_for_workers(1, timeout=WORKERS)
            except OSError as error:
                raise SeqdlError(
                    f"the cluster at {address} has no worker: start one with dask worker {address}"
                ) from error
            yield client


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """What matters is said in one line by an error; other versions are refused where they matter, see Demand."""
    from distributed.versions import VersionMismatchWarning

    logger = logging.getLogger("distributed")
    level = logger.level
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", VersionMismatchWarning)
            logger.setLevel(logging.CRITICAL)
            yield
    finally:
        logger.setLevel(level)


async def _greet(address: str, security: Security) -> None:
    """Raise what is wrong with whoever is there; Dask by itself would wait for ever for one that says nothing."""
    from distributed.comm.core import connect

    async with asyncio.timeout(CONNECT):
        comm = await connect(address, timeout=CONNECT, **security.get_connection_args("client"))
        await comm.close()


def _why(error: BaseException) -> str:
    """The innermost cause that says something."""
    said = str(error)
    while (cause := error.__cause__) is not None:
        error, said = cause, str(cause) or said
    return said.splitlines()[0] if said else type(error).__name__


def versions() -> dict[str, str]:
    """What results depend on: this package, to the letter (a hash of its source), and the libraries it computes
    with.
    """
    here = Path(__file__).resolve().parents[1]
    source = hashlib.sha256()
    for path in sorted(here.rglob("*.py")):
        source.update(path.read_bytes())
    own = {"seqdl": f"{__version__} ({source.hexdigest()[:12]})"}
    return own | {name: metadata.version(name) for name in LIBRARIES}


def demand(folder: Path, paths: Iterable[Path]) -> Demand:
    """What workers must have for jobs from here that read some paths; a file ``shared`` is written into their
    folder.
    """
    token, content = folder.absolute() / "shared", secrets.token_hex(16)
    files.write_atomic(token, content)
    seen = [Path.cwd(), *(path.absolute() for path in paths)]
    return Demand(versions(), tuple(map(str, seen)), str(token), content)


def fault(demand: Demand) -> str:
    """Why the machine that calls this may not do a job: words to be put behind its name, or empty."""
    for name, version in versions().items():
        if (wanted := demand.versions.get(name)) != version:
            return f"has {name} {version}, and here is {wanted}: install the same in both places"
    for path in demand.paths:
        if not Path(path).exists():
            return f"does not see {path}: it must be on a file system that all machines share, under the same name"
    with contextlib.suppress(OSError):
        if Path(demand.token).read_text() == demand.content:
            return ""
    return f"does not see {demand.token}: out= must be on a file system that all machines share, under the same name"


def workers(client: Client, demand: Demand) -> tuple[int, int]:
    """Make sure that all workers may do what they will be given, and count them and their threads.

    A SeqdlError names a worker and what it lacks. Whoever comes later is asked when it begins a job.
    """
    for worker, wrong in client.run(fault, demand, on_error="return").items():
        if isinstance(wrong, BaseException):  # such as a seqdl that is not there or knows nothing of this
            wrong = f"cannot work for this seqdl ({type(wrong).__name__}: {wrong}): install the same in both places"
        if wrong:
            raise SeqdlError(f"the worker {worker} {wrong}")
    threads = _threads(client)
    return len(threads), sum(threads.values())


def run(jobs: Iterable[Job], client: Client, demand: Demand, retries: int) -> Generator[Event]:
    """Do all ``jobs`` on a cluster, begun in their order, one for each thread; close the iterator to end them all.

    Workers, which must have what ``demand`` says, may come and go; without the ``client`` they end what they do within
    a second. A job that has died, by itself or with its worker, is tried again up to ``retries`` times. The last try
    begins only when no other job is at its last, so that one that takes whole workers along cannot use up the tries of
    its neighbours. A SeqdlError says where the scheduler is gone, or a worker may not do the jobs.
    """
    waiting = deque((job, 1) for job in jobs)
    given: dict[str, _Given] = {}
    news: queue.SimpleQueue[tuple[str, str]] = queue.SimpleQueue()
    topic = f"seqdl-{secrets.token_hex(8)}"
    client.subscribe_topic(topic, lambda event: news.put(tuple(event[1])))
    alone = False
    try:
        while waiting or given:
            threads = _threads(client)
            if alone == bool(threads):
                alone = not alone
                yield Event("note", value="no worker is left: waiting for one" if alone else "there is a worker again")
            while len(given) < sum(threads.values()) and (pair := _next(waiting, given, retries)):
                key = f"{topic}-{pair[0].name}-{pair[1]}"
                future = client.submit(_do, pickle.dumps((pair[0], demand)), key, topic, key=key, pure=False)
                given[key] = _Given(*pair, future)
                future.add_done_callback(lambda future: news.put((future.key, "")))
            with contextlib.suppress(queue.Empty):
                key, worker = news.get(timeout=TICK)
                if key in given:
                    yield from _told(key, worker, given, waiting, retries)
            yield Event("tick")
    except OSError as error:  # also what a question runs into whose answer never comes
        raise SeqdlError(LOST) from error
    finally:
        with contextlib.suppress(OSError):
            if client.status == "running":
                client.cancel([one.future for one in given.values()])
                client.unsubscribe_topic(topic)


def _threads(client: Client) -> dict[str, int]:
    """How many threads each worker has; and whether there is still a scheduler."""
    if client.status != "running":
        raise SeqdlError(LOST)
    return client.nthreads(callback_timeout=SILENCE)


def _next(waiting: deque[tuple[Job, int]], given: dict[str, _Given], retries: int) -> tuple[Job, int] | None:
    """Take out the first job that may be given away now."""
    last = max(retries, 1)
    held_back = any(one.attempt > last for one in given.values())
    for place, (job, attempt) in enumerate(waiting):
        if not (held_back and attempt > last):
            del waiting[place]
            return job, attempt
    return None


def _told(
    key: str, worker: str, given: dict[str, _Given], waiting: deque[tuple[Job, int]], retries: int
) -> Iterator[Event]:
    """What a message means: a worker has begun the job or, where none is named, the attempt is over."""
    one = given[key]
    if not one.worker:
        yield Event("started", one.job.name)
    if worker:
        one.worker = worker
        return
    event = judged(_outcome(one), one.attempt, retries)
    del given[key]
    if event.kind == "died":
        waiting.appendleft((one.job, one.attempt + 1))
    yield event


def _died(job: Job, worker: str) -> Event:
    return Event("died", job.name, f"with its worker {worker}".rstrip())


def _outcome(one: _Given) -> Event:
    from distributed import KilledWorker

    if one.future.cancelled():
        raise SeqdlError(LOST)
    try:
        return one.future.result(SILENCE)
    except (KilledWorker, TimeoutError):
        return _died(one.job, one.worker)
    except (SeqdlError, OSError):
        raise
    except Exception as error:
        return Event("failed", one.job.name, f"{type(error).__name__}: {error} (at its worker {one.worker})")


def _do(letter: bytes, key: str, topic: str) -> Event:
    """On a worker: do a job in a process of its own, as long as somebody wants it."""
    from distributed import Reschedule, get_worker

    job, demand = pickle.loads(letter)
    worker = get_worker()
    if wrong := fault(demand):
        raise SeqdlError(f"the worker {worker.address} {wrong}")
    if before := _begun(worker, key, topic):
        return _died(job, before)
    worker.log_event(topic, [key, worker.address])
    with contextlib.closing(processes.run([job], 1, 1)) as events:
        for event in events:
            if event.kind in ("died", "failed", "done"):
                return event
            if not _wanted(worker, key):
                break
    raise Reschedule


def _begun(worker: Worker, key: str, topic: str) -> str:
    """Who has begun a task before: what a worker loses the scheduler gives to another by itself, and does not count."""
    from distributed.utils import sync

    begun = sync(worker.loop, worker.scheduler.events, topic=topic, callback_timeout=SILENCE)
    return next((address for _, (name, address) in begun if name == key), "")


def _wanted(worker: Worker, key: str) -> bool:
    """Whether a worker is to stay and its task has not been cancelled."""
    from distributed import Status

    task = worker.state.tasks.get(key)
    executing = task is not None and task.state in ("executing", "long-running")
    return executing and worker.status in (Status.running, Status.paused)
