"""How a command that makes much of the same kind again and again deals with memory."""

import contextlib
import ctypes
import gc
from collections.abc import Iterator

SELDOM, NEVER = 300_000, 1_000_000
"""So many objects are made before Python's collector looks for the first ones of them that nobody holds; else 700."""
TRIM, LARGE = -1, -3
"""What glibc's ``mallopt`` calls M_TRIM_THRESHOLD and M_MMAP_THRESHOLD."""
KEPT, LARGEST = 2**26, 2**25
"""So many bytes that nobody uses are kept at most; an array of more than so many is given back at once."""


@contextlib.contextmanager
def starting() -> Iterator[None]:
    """Make what stays until the end of the process, such as modules and compiled code, and get ready for work.

    It is not looked through again and again by the collector of cycles, which is a fifth of the time of a start, nor
    later on. And from now on memory is seldom given back to the system: to fetch it again is a fifth of the time of a
    prediction. Where the system's C library has no such setting, that stays as it is.
    """
    with contextlib.suppress(AttributeError, OSError, TypeError):
        library = ctypes.CDLL(None)
        library.mallopt(LARGE, LARGEST)
        library.mallopt(TRIM, KEPT)
    usual = gc.get_threshold()
    gc.set_threshold(SELDOM, NEVER, NEVER)
    try:
        yield
    finally:
        gc.freeze()
        gc.set_threshold(*usual)
