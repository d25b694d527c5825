"""What a network learns of a sequence: the number of its class or, of logistic outputs, the set of its classes.

A set is a number too, of which bit k says whether class k is in it (:mod:`seqdl.ops.loss`): what goes through updates,
backends and checkpoints is the same array of whole numbers, whichever the loss is.
"""

from collections.abc import Sequence

import numpy as np

from seqdl.errors import UsageError

MOST = 62
"""Classes of which a set is a number of 64 bits."""


def sets(loss: str) -> bool:
    """Whether with a ``loss`` several classes may be true of one sequence."""
    return loss == "logistic"


def check_classes(loss: str, classes: int, setting: str) -> None:
    """Refuse more ``classes`` than a ``loss`` has targets for, by a UsageError that names the ``setting``."""
    if sets(loss) and classes > MOST:
        raise UsageError(
            f"{setting} = {loss}: tells at most {MOST} classes apart, and here are {classes}: use another loss"
        )


def highest(loss: str, classes: int) -> int:
    """The largest target that there is, for a ``loss`` and so many ``classes``."""
    return (1 << classes if sets(loss) else classes) - 1


def target(labels: Sequence[str], classes: Sequence[str], loss: str) -> int:
    """What is learned with a ``loss`` of a sequence whose ``labels`` are some of the ``classes``: the first, or all."""
    if not sets(loss):
        return classes.index(labels[0])
    return sum(1 << classes.index(label) for label in labels)


def counted(decisions: np.ndarray, targets: np.ndarray, several: bool) -> np.ndarray:
    """The classes that count as the true ones, (n,).

    Where ``several`` classes may be true of one of ``targets`` (n,), that is the one that ``decisions`` (n,) name where
    it is a true one, else the first of them.
    """
    if not several:
        return targets
    first = np.frexp((targets & -targets).astype(np.float64))[1] - 1
    return np.where(targets >> decisions & 1, decisions, first)
