"""How far a long loop is, on a terminal."""

import contextlib
import multiprocessing
from collections.abc import Callable, Iterator

from tqdm import tqdm

PATIENCE = 2.0
"""Seconds before anything is shown."""


@contextlib.contextmanager
def progress(count: int | None, name: str, unit: str) -> Iterator[Callable[..., object]]:
    """What is called for each of about ``count`` things that are done; a worker process shows nothing.

    The ``name`` and ``unit`` are shown; of bytes (``B``) it is called with how many they are.
    """
    hidden = True if multiprocessing.parent_process() else None
    scaled = unit == "B"
    with tqdm(desc=name, total=count, unit=unit, unit_scale=scaled, delay=PATIENCE, disable=hidden, leave=False) as bar:
        yield bar.update
