"""Python's garbage collector in a process that is a command's own: it looks less often, and not at the end."""

import gc

EVERY = 10_000
"""New objects between two looks at the young ones.

Compiling makes a million that stay, and at Python's own 700 a seventh of its time goes into looking through them.
"""


def seldom() -> None:
    """Look more seldom from now on; all objects are still looked through, after a hundred such looks."""
    gc.set_threshold(EVERY, 10, 10)


def no_more() -> None:
    """Have Python's end not look through everything once more, which takes half a second where something was compiled.

    What must be done at the end is registered, and nothing waits for the collector.
    """
    gc.freeze()
