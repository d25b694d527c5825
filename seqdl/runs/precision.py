"""Average precision: how far up in a ranking what is looked for stands, where a sequence may show several classes."""

from collections.abc import Sequence

import numpy as np

from seqdl.base.arrays import check


def average_precision(shown: np.ndarray, scores: np.ndarray) -> float | None:
    """The average precision of one class: the mean of the precision at the rank of each sequence that shows it.

    With sequences in the order of their scores, P_n the share of those shown among the first n, and R_n the share of
    all shown that are among them::

        AP = sum_n (R_n - R_{n-1}) P_n

    Choice: sequences of equal scores have no order, so they are taken at once, all or none, as scikit-learn does; an
    interpolated precision, as that of Pascal VOC 2007, is another number, and so are those of papers that use it.

    Parameters
    ----------
    shown : array of bool, (n,)
        Whether each sequence shows the class.
    scores : array of float, (n,)
        How much speaks for it.

    Returns
    -------
    float or None
        In 0..1; None where no sequence shows the class, and there is nothing to find.
    """
    check(shown, "shown", np.bool_, ("n",))
    check(scores, "scores", np.float64, ("n",))
    if len(scores) != len(shown):
        raise ValueError(f"scores: expected {len(shown)} as shown has, got {len(scores)}")
    if not shown.any():
        return None
    order = np.argsort(-scores, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(scores[order])), len(scores) - 1)  # the last of those that are equal
    found = np.cumsum(shown[order])[ends]
    recall = found / found[-1]
    return float(np.sum(np.diff(recall, prepend=0.0) * (found / (ends + 1))))


def precisions(shown: np.ndarray, scores: np.ndarray) -> tuple[float | None, ...]:
    """That of each class, from whether it is ``shown`` and its ``scores`` (n, classes)."""
    return tuple(average_precision(one, values) for one, values in zip(shown.T, scores.astype(np.float64).T))


def mean(values: Sequence[float | None]) -> float:
    """The mean average precision; classes that nothing shows are left out, and without any it is 0."""
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else 0.0
