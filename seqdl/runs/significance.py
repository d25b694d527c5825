"""Is the LSTM better than voting, or was it luck? An exact permutation test, paired by test person.

Sequences of one person are much alike, so persons and not sequences are the units. Were both ways equally good, each
person's difference might as well have had the other sign (Fisher 1935): all ways of choosing signs are equally
likely, and the p-value is the share of them whose mean is at least as far from 0 as the one observed.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np

from seqdl.base.arrays import check_choice, check_finite, check_kind, check_whole, described, is_array

EXACT = 20
"""Up to so many differences all 2^n ways are counted: a million sums."""
RESAMPLES = 100_000
BLOCK = 1000


class Verdict(NamedTuple):
    """What a permutation test says.

    Parameters
    ----------
    statistic, pvalue : float
        The mean difference, and its p-value in 0..1.
    exact : bool
        Whether all ways were counted, or some drawn.
    """

    statistic: float
    pvalue: float
    exact: bool


def sign_flips(
    differences: Sequence[float] | np.ndarray,
    rng: np.random.Generator,
    alternative: Literal["two-sided", "greater", "less"] = "two-sided",
    exact: int = EXACT,
    resamples: int = RESAMPLES,
) -> Verdict:
    """The permutation test of paired ``differences`` (n,), at least one, against an ``alternative`` to "no difference".

    With signs s in {-1, 1}^n, each as likely as any other, and d the differences::

        T(s) = sum_i s_i d_i / n        p = P(|T(s)| >= |T(1)|)

    Up to ``exact`` pairs all 2^n signs are counted. Otherwise ``rng`` draws so many ``resamples``, in whole thousands;
    the observed signs count as one more, so that p is never 0 (Phipson and Smyth 2010, "Permutation p-values should
    never be zero"; the test is that of R. A. Fisher, The Design of Experiments, 1935, section 21).
    """
    d = _numbers(differences, "differences", np.float64)
    check_finite(d, "differences")
    check_kind(rng, "rng", np.random.Generator)
    check_choice(alternative, "alternative", ("two-sided", "greater", "less"))
    check_whole(exact, "exact", 0, 26)
    check_whole(resamples, "resamples", 1, 10**8)
    observed, slack = d.sum(), 1e-9 * np.abs(d).sum()
    counted = len(d) <= exact
    if counted:
        sums = np.zeros(1)
        for value in d:
            sums = np.concatenate([sums + value, sums - value])
    else:
        blocks = [rng.choice((-1.0, 1.0), (BLOCK, len(d))) @ d for _ in range(-(-resamples // BLOCK))]
        sums = np.concatenate([*blocks, [observed]])
    far = {
        "greater": sums >= observed - slack,
        "less": sums <= observed + slack,
        "two-sided": np.abs(sums) >= abs(observed) - slack,
    }[alternative]
    return Verdict(float(observed / len(d)), float(far.mean()), counted)


def _numbers(values: Sequence[float] | np.ndarray, name: str, kind: type) -> np.ndarray:
    array: Any = np.asarray(values) if isinstance(values, list | tuple) else values
    if not is_array(array) or array.dtype.kind not in ("iu" if kind is np.int64 else "iuf") or array.ndim != 1:
        raise ValueError(f"{name}: expected {'whole ' * (kind is np.int64)}numbers, (n,), got {described(array)}")
    if not len(array):
        raise ValueError(f"{name}: is empty, of shape (0,)")
    return array.astype(kind)


def _counts(values: Sequence[int | None], name: str) -> np.ndarray:
    counts = _numbers(values, name, np.int64)  # type: ignore[arg-type]
    if len(counts) != 3 or not 0 <= counts[1:].min() <= counts[1:].max() <= counts[0] or not counts[0]:
        raise ValueError(f"{name}: expected sequences and how many of them are right by each way, got {values}")
    return counts


@dataclass(frozen=True)
class Comparison:
    """The LSTM against voting, paired by person.

    Parameters
    ----------
    persons, difference
        How many were tested; the mean over them of the LSTM's accuracy less voting's.
    better, equal, worse : int
        For how many persons the LSTM is so.
    pvalue, exact
        Two-sided; see :class:`Verdict`.
    """

    persons: int
    difference: float
    better: int
    equal: int
    worse: int
    pvalue: float
    exact: bool


def by_person(runs: Iterable[Mapping[str, Sequence[int | None]]], rng: np.random.Generator) -> Comparison:
    """The LSTM against voting over many runs, a pair for each person who was tested.

    Each run says by person: sequences, those that voting decided rightly, and those that the LSTM did. Runs in which
    one person is tested, over draws and seeds, are counted together: they are no new persons.
    """
    totals: dict[str, np.ndarray] = {}
    for persons in runs:
        for person, counts in persons.items():
            totals[person] = totals.get(person, np.zeros(3, np.int64)) + _counts(counts, f"runs, {person}")
    if not totals:
        raise ValueError("runs: there is no person in them")
    return compared([(lstm - voting) / count for count, voting, lstm in totals.values()], rng)


def compared(differences: Sequence[float] | np.ndarray, rng: np.random.Generator) -> Comparison:
    """What :func:`by_person` says, of ``differences`` (n,), one for each person; ``rng`` draws signs."""
    test = sign_flips(differences, rng)
    better, worse = (int(sum(sign * one > 0 for one in differences)) for sign in (1, -1))
    equal = len(differences) - better - worse
    return Comparison(len(differences), test.statistic, better, equal, worse, test.pvalue, test.exact)
