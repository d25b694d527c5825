"""Noticing that training has collapsed, instead of going on for an hour."""

from __future__ import annotations

import numpy as np

from seqdl.errors import CollapseError

EXPLODED = 1e3
"""A weight of this network beyond this size is not going to come back."""


def check(
    stage: str,
    epoch: int,
    losses: np.ndarray,
    decisions: np.ndarray,
    labels: np.ndarray,
    theta: np.ndarray,
    settled: bool,
    advice: str,
) -> None:
    """Raise if a pass shows a collapse.

    Parameters
    ----------
    stage : str
        Which network.
    epoch : int
        The pass, from 1.
    losses : array, (n,)
        Loss of each update that was done; the last one may be no number.
    decisions, labels : array of int, (n,)
        What was decided, and what was right.
    theta : array
        The parameters after the pass.
    settled : bool
        Whether the network has learned for long enough to say more than one class.
    advice : str
        What to do, for the message.

    Raises
    ------
    CollapseError
        Naming the collapse: NaN, exploding weights, or one class for everything.
    """
    where = f"the {stage} collapsed in pass {epoch}"
    if len(losses) and not np.isfinite(losses[-1]):
        raise CollapseError(f"{where}: the loss is no longer a number (NaN) after {len(losses)} updates; {advice}")
    largest = float(np.abs(theta).max())
    if not largest < EXPLODED:
        raise CollapseError(f"{where}: exploding weights (the largest is {largest:.3g}); {advice}")
    late = slice(len(decisions) // 2, None)
    said = np.bincount(decisions[late])
    true = np.bincount(labels[late])
    if settled and said.max() >= 0.98 * said.sum() and true.max() < 0.9 * true.sum():
        raise CollapseError(
            f"{where}: one class for everything (class {said.argmax()} in {said.max() / said.sum():.0%} of the "
            f"decisions, mean loss {losses[late].mean():.3f}); {advice}"
        )
