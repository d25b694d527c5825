"""How far a long loop is, on a terminal."""

import multiprocessing
from collections.abc import Iterable, Iterator
from typing import TypeVar

from tqdm import tqdm

T = TypeVar("T")
PATIENCE = 2.0
"""Seconds before anything is shown."""


def progress(things: Iterable[T], count: int | None, name: str, unit: str) -> Iterator[T]:
    """The same ``things``, of which there are about ``count``; a worker process shows nothing."""
    hidden = True if multiprocessing.parent_process() else None
    return iter(tqdm(things, name, count, unit=unit, delay=PATIENCE, disable=hidden, leave=False))
