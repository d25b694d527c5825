"""Python's collector of cycles, and when it need hardly look."""

import contextlib
import gc
from collections.abc import Iterator

SELDOM = 300_000
"""So many objects are made before the collector looks for the first ones of them that nobody holds; else 700."""
NEVER = 1_000_000


@contextlib.contextmanager
def patient() -> Iterator[None]:
    """Make what stays until the end of the process, such as modules, without having it looked through again and again.

    That is a fifth of the time in which a command starts. Whatever was made is never looked at later on either.
    """
    usual = gc.get_threshold()
    gc.set_threshold(SELDOM, NEVER, NEVER)
    try:
        yield
    finally:
        gc.freeze()
        gc.set_threshold(*usual)
