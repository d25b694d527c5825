"""One hostile input at a time: what came of it, how long it took, how much memory it held.

Inputs are used in a process of its own, which may crash, hang or grow without harm to whoever counts.
"""

from __future__ import annotations

import contextlib
import ctypes
import multiprocessing
import os
import re
import resource
import time
import traceback
import zlib
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from seqdl.errors import SeqdlError

MEMORY = 500 << 20
"""Bytes by which a process may grow over one input."""
SECONDS = 5.0
"""Processor time that one input may take."""
PATIENCE = 60.0
"""Seconds after which an input is taken to hang."""
LINE = 5200
"""Letters that a line may have."""
BATCH = 100
"""So many inputs one process is given, so that what libraries keep does not add up."""
ANSWERED, NOTED, REFUSED, CHANGED = "answered", "noted", "refused", "changed"


class Kind(NamedTuple):
    """A kind of input.

    Parameters
    ----------
    name, suffix : str
        For the table; how its files are named.
    examples : callable
        ``examples(folder)`` gives valid ones as bytes; the folder is the kind's own.
    mutate : callable
        Makes hostile bytes of one; see :mod:`fuzz.mutations`.
    use : callable
        ``use(path)`` does with the file what the program would; it may return one of the verdicts.
    named : str
        What a line must name where that is not the file itself, such as the place that ``use`` moves it to: a pattern.
    """

    name: str
    suffix: str
    examples: Callable[[Path], list[bytes]]
    mutate: Callable[[np.random.Generator, bytes], bytes]
    use: Callable[[Path], str | None]
    named: str = ""


class Outcome(NamedTuple):
    """What came of one input.

    Parameters
    ----------
    number : int
        Which input; with kind and seed it can be made again.
    verdict : str
        ``answered``, ``noted`` (answered, and said to be odd), ``changed`` (another answer, of which nothing was said),
        ``refused``, or a fault in a few words.
    seconds, grown : float, int
        Processor time, and bytes by which the process grew.
    story : str
        The message, or the traceback of a fault.
    """

    number: int
    verdict: str
    seconds: float = 0.0
    grown: int = 0
    story: str = ""

    @property
    def fault(self) -> bool:
        """Whether it must not be."""
        return self.verdict not in (ANSWERED, NOTED, REFUSED, CHANGED)


def made(kind: Kind, examples: list[bytes], number: int, seed: int) -> bytes:
    """One hostile input: the same for the same numbers."""
    rng = np.random.default_rng([seed, number, zlib.crc32(kind.name.encode())])
    return kind.mutate(rng, examples[int(rng.integers(len(examples)))])


def tried(kind: Kind, path: Path, number: int) -> Outcome:
    """Use an input here and now."""
    _forget_peak()
    before, began = _memory("VmRSS"), time.process_time()
    verdict, story = _verdict(kind, path)
    seconds, grown = time.process_time() - began, _memory("VmHWM") - before
    if verdict in (ANSWERED, NOTED, REFUSED, CHANGED):
        if grown > MEMORY:
            verdict, story = "memory", f"{grown >> 20} MB"
        elif seconds > SECONDS:
            verdict, story = "slow", f"{seconds:.1f} s"
    return Outcome(number, verdict, seconds, grown, story)


def _verdict(kind: Kind, path: Path) -> tuple[str, str]:
    try:
        return kind.use(path) or ANSWERED, ""
    except SeqdlError as error:
        message = str(error)
        if "\n" in message:
            return "more than a line", message[:LINE]
        if len(message) > LINE:
            return "a line too long", message[:200]
        if not re.search(kind.named or re.escape(path.name), message):
            return "does not name the file", message
        return REFUSED, message
    except MemoryError:
        return "out of memory", traceback.format_exc()
    except Exception as error:
        return type(error).__name__, traceback.format_exc()


def run(kind: Kind, folder: Path, numbers: range, seed: int, until: float = float("inf")) -> Iterator[Outcome]:
    """Use the inputs of some ``numbers``, in processes of their own, until a time by :func:`time.monotonic`."""
    home = folder / kind.name.replace(" ", "-").replace("/", "-").replace(",", "")
    home.mkdir(parents=True, exist_ok=True)
    examples = kind.examples(home)
    for number, example in enumerate(examples):
        path = home / f"valid-{number}{kind.suffix}"
        path.write_bytes(example)
        verdict, story = _verdict(kind, path)
        assert verdict in (ANSWERED, NOTED, REFUSED), f"{kind.name}: the valid example {number}: {verdict} {story}"
    at = numbers.start
    context = multiprocessing.get_context("fork")
    while at < numbers.stop and time.monotonic() < until:
        here, there = context.Pipe(duplex=False)
        batch = range(at, min(at + BATCH, numbers.stop))
        process = context.Process(target=_work, args=(there, kind, home, examples, batch, seed, until))
        process.start()
        there.close()
        came = None
        while True:
            if not here.poll(PATIENCE):
                process.kill()
                came = Outcome(at, "hangs", PATIENCE)
                break
            try:
                outcome = here.recv()
            except EOFError:
                break
            at = outcome.number + 1
            yield outcome
        process.join()
        if came is None and process.exitcode:
            came = Outcome(at, f"crash ({process.exitcode})")
        if came is not None:
            yield came
            at += 1
        elif time.monotonic() >= until:
            return


def _work(
    pipe: Connection, kind: Kind, home: Path, examples: list[bytes], batch: range, seed: int, until: float
) -> None:
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 2)  # what libraries in C have to say
    os.fsync = lambda _: None  # type: ignore[assignment]
    size = _memory("VmSize") + 4 * MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (size, size))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for number in batch:
        if time.monotonic() >= until:
            break
        path = home / f"input-{number}{kind.suffix}"
        path.write_bytes(made(kind, examples, number, seed))
        outcome = tried(kind, path, number)
        path.unlink(missing_ok=True)
        pipe.send(outcome)
    pipe.close()
    os._exit(0)


def _memory(which: str) -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(which + ":"):
            return int(line.split()[1]) << 10
    return 0


def _forget_peak() -> None:
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


@contextlib.contextmanager
def stained(value: int) -> Iterator[None]:
    """Have memory that nobody has written hold a value: what is read of it shows (glibc alone)."""
    libc: Any = ctypes.CDLL(None)
    perturb = -6
    set_option = getattr(libc, "mallopt", lambda *_: 0)
    set_option(perturb, value)
    try:
        yield
    finally:
        set_option(perturb, 0)
