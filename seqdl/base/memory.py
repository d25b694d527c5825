"""Memory in a process that is a command's own: Python's collector looks less often, and freed memory is kept."""

import contextlib
import ctypes
import gc

EVERY = 10_000
"""New objects between two looks of the collector at the young ones.

Compiling makes a million that stay, and at Python's own 700 a seventh of its time goes into looking through them.
"""
TRIM, LARGE = -1, -3
"""What glibc's ``mallopt`` calls M_TRIM_THRESHOLD and M_MMAP_THRESHOLD."""
KEPT, LARGEST = 2**26, 2**25
"""So many bytes that nobody uses are kept at most; an array of more than so many is given back at once."""


def seldom() -> None:
    """Have the collector look more seldom from now on; all objects are still looked through, after a hundred looks.

    A command says so at the beginning of its own process, and nobody in somebody else's.
    """
    gc.set_threshold(EVERY, 10, 10)


def no_more() -> None:
    """Have Python's end not look through everything once more, which takes half a second where something was compiled.

    What must be done at the end is registered, and nothing waits for the collector.
    """
    gc.freeze()


def kept() -> None:
    """Seldom give memory back to the system from now on: to fetch it again is a fifth of the time of a prediction.

    That cannot be undone, so it is for a command's own process, which was made one by :func:`seldom`: in a program that
    calls a command's ``main`` it stays as it is, as where the system's C library has no such setting.
    """
    if gc.get_threshold()[0] != EVERY:
        return
    with contextlib.suppress(AttributeError, OSError, TypeError):
        library = ctypes.CDLL(None)
        library.mallopt(LARGE, LARGEST)
        library.mallopt(TRIM, KEPT)
