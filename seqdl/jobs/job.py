"""What is spread: jobs, and what is told of them."""

import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple

from seqdl.errors import SeqdlError

TICK = 0.5
"""Seconds between two looks at what is going on."""


class Job(NamedTuple):
    """One thing to do.

    Parameters
    ----------
    name : str
        For messages.
    function, arguments
        Importable by its name, and what it is called with; these and its value must be picklable.
    log : Path
        Receives what it prints, and is held meanwhile: whoever is told to do the same job waits.
    folder : str
        Where it is done: relative paths start there. Empty for the folder of whoever starts it.
    environment : mapping
        Environment variables that it finds already when it imports, further to those that give it one thread.
    """

    name: str
    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    log: Path
    folder: str = ""
    environment: Mapping[str, str] = {}


class Event(NamedTuple):
    """What happened.

    Parameters
    ----------
    kind : {"started", "tick", "died", "failed", "done", "note"}
        ``died``: the process ended without a word and the job is tried again; ``failed``: it is not tried again;
        ``note``: a sentence of whoever makes the jobs.
    name : str
        The job's name; empty for a ``tick``, which only gives the caller its turn.
    value : object
        ``done``: what the function returned; ``died`` and ``failed``: why, in words; ``note``: the sentence.
    """

    kind: Literal["started", "tick", "died", "failed", "done", "note"]
    name: str = ""
    value: Any = None


def done(job: Job) -> Event:
    """Do a job, here and now."""
    try:
        return Event("done", job.name, job.function(*job.arguments))
    except SeqdlError as error:
        return Event("failed", job.name, str(error))
    except Exception as error:
        traceback.print_exc()
        return Event("failed", job.name, f"{type(error).__name__}: {error} ({job.log} has the whole story)")


def judged(event: Event, attempt: int, retries: int) -> Event:
    """An ``event`` as it counts: who has died more often than ``retries`` has failed; ``attempt`` counts from 1."""
    if event.kind != "died" or attempt <= retries:
        return event
    times = f"{attempt} times" if attempt > 1 else "once"
    return Event("failed", event.name, f"its process died {times}, at last {event.value}")
