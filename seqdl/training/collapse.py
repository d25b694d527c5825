"""Noticing that training has collapsed, instead of going on for an hour."""

from collections.abc import Mapping

import numpy as np

from seqdl.errors import CollapseError
from seqdl.model.describers.base import Stage

EXPLODED = 1e3
"""A weight of this network beyond this size is not going to come back."""
VANISHED = 0.01
"""A gradient by all of the ConvNet's parameters of a smaller size comes from saturated units: in training it is 0.1 to
100, and of a ConvNet that too high a rate has killed less than a thousandth."""


def detect(
    stage: Stage,
    epoch: int,
    losses: np.ndarray,
    decisions: np.ndarray,
    labels: np.ndarray,
    settled: bool,
    place: str = "",
) -> None:
    """Raise a CollapseError where a pass shows NaN, exploding weights, or one class for everything.

    It is the pass ``epoch`` of a ``stage``. ``losses`` (n,) are those of the updates that were done, of which the last
    may be no number; ``decisions`` and ``labels`` (n,) say what was decided, and what was right. ``settled`` says
    whether the network has learned for long enough to say more than one class; ``place`` says what the last of the
    updates learned from.
    """
    advice = f"lower {stage.rate} or try another seed="
    where = f"the {stage.name} collapsed in pass {epoch}"
    if len(losses) and not np.isfinite(losses[-1]):
        at = f"at update {len(losses)}, {place}" if place else f"after {len(losses)} updates"
        layer = suspect(stage.parameters)
        raise CollapseError(f"{where}: the loss is no longer a number (NaN) {at}; {layer}; {advice}")
    largest = float(np.abs(stage.parameters.vector).max())
    if not largest < EXPLODED:
        raise CollapseError(f"{where}: exploding weights ({suspect(stage.parameters)}); {advice}")
    late = slice(len(decisions) // 2, None)
    said = np.bincount(decisions[late])
    true = np.bincount(labels[late])
    if settled and said.max() >= 0.98 * said.sum() and true.max() < 0.9 * true.sum():
        raise CollapseError(
            f"{where}: one class for everything (class {said.argmax()} in {said.max() / said.sum():.0%} of the "
            f"decisions, mean loss {losses[late].mean():.3f}); {advice}"
        )


def suspect(parameters: Mapping[str, np.ndarray]) -> str:
    """The first of a network's layers whose weights are not finite, or the one with the largest, in words."""
    for name, weights in parameters.items():
        if not np.isfinite(weights).all():
            return f"{name} has weights that are no numbers"
    name, weights = max(parameters.items(), key=lambda item: float(np.abs(item[1]).max(initial=0)))
    return f"the largest weight is {np.abs(weights).max(initial=0):.3g}, of {name}"


def detect_unreached(stage: Stage, epoch: int, losses: np.ndarray, guessing: np.ndarray, norms: np.ndarray) -> None:
    """Raise a CollapseError where the pass ``epoch`` of a ``stage`` shows that no error reaches the ConvNet any more.

    Its units are then all saturated or all the same: in the later half of the updates the mean of the ``losses`` (n,)
    is no less than that of one who guesses, ``guessing`` (n,), and the ConvNet's gradients, of sizes ``norms`` (n,),
    are next to nothing. Updates that leave the ConvNet alone, for which ``guessing`` is NaN, tell nothing.
    """
    late = slice(len(losses) // 2, len(losses))
    taught = np.isfinite(guessing[late])
    losses, guessing, norms = (array[late][taught] for array in (losses, guessing, norms))
    if not taught.any():
        return
    typical = float(np.median(norms))
    if typical < VANISHED and losses.mean() >= 0.98 * guessing.mean():
        raise CollapseError(
            f"the {stage.name} collapsed in pass {epoch}: the error no longer reaches the ConvNet (its gradient's norm "
            f"is {typical:.2g}, the mean loss {losses.mean():.3f} is that of guessing); "
            f"lower {stage.rate} or try another seed="
        )
