"""From the outputs of many windows or steps to the decision of a sequence."""

from collections.abc import Sequence

import numpy as np

from seqdl.base.doors import REALS, Array, door

OUTPUTS = Array("steps classes", REALS)
HALF = 0.5
"""Choice: of classes that are decided each by itself, those are named whose probability is one half or more."""


@door(outputs=OUTPUTS)
def vote(outputs: np.ndarray) -> tuple[int, np.ndarray]:
    """Majority of the ConvNet's own decisions over a sequence's windows (Section 4.3), and the share of each class.

    From its outputs (windows, classes). Choice: a tie goes to the class with the larger sum of outputs among those with
    most votes; the paper does not say.
    """
    classes = outputs.shape[1]
    votes = np.bincount(outputs.argmax(axis=1), minlength=classes)
    summed = outputs.sum(axis=0)
    decision = int(np.lexsort((summed, votes))[-1])
    return decision, votes / len(outputs)


@door(outputs=OUTPUTS, kind=("accumulate", "last"))
def accumulate(outputs: np.ndarray, kind: str = "accumulate") -> tuple[int, np.ndarray]:
    """The LSTM's decision: "the accumulation of several individual decisions" (Section 3).

    From its outputs (steps, classes): the class, and the outputs averaged over time or, where ``kind`` is "last", those
    of the last step.
    """
    mean = outputs.mean(axis=0) if kind == "accumulate" else outputs[-1]
    return int(mean.argmax()), mean


@door(outputs=OUTPUTS)
def so_far(outputs: np.ndarray, kind: str = "accumulate") -> np.ndarray:
    """The outputs that :func:`accumulate` decides by after each step, (steps, classes)."""
    if kind == "last":
        return outputs
    return outputs.cumsum(axis=0, dtype=np.float64) / np.arange(1, len(outputs) + 1)[:, None]


def named(probabilities: np.ndarray, classes: Sequence[str], threshold: float = 0.0) -> tuple[str, ...]:
    """All ``classes`` whose ``probabilities`` (classes,) reach a ``threshold``, the most probable first; 0 is half."""
    order = np.argsort(-probabilities, kind="stable")
    return tuple(classes[k] for k in order if probabilities[k] >= (threshold or HALF))
