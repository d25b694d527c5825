"""The permutation test against scipy's, and against cases that can be counted by hand."""

import numpy as np
import pytest
from scipy import stats

from seqdl.runs.significance import by_person, sign_flips


@pytest.mark.parametrize("alternative", ["two-sided", "greater", "less"])
@pytest.mark.parametrize("count", [2, 3, 5, 9, 12])
def test_the_exact_test_is_scipys(rng, count, alternative):
    for _ in range(3):
        # Sixteenths add up without rounding: scipy's own sums lose ties of other numbers now and then.
        lstm, voting = (rng.integers(0, 17, (2, count)) + np.array([[1], [0]])) / 16
        ours = sign_flips(lstm - voting, rng, alternative)
        theirs = stats.permutation_test(
            (lstm, voting),
            lambda x, y, axis: (x - y).mean(axis),
            permutation_type="samples",
            vectorized=True,
            n_resamples=np.inf,
            alternative=alternative,
        )
        assert ours.exact
        assert ours.statistic == pytest.approx(theirs.statistic)
        assert ours.pvalue == pytest.approx(theirs.pvalue, abs=1e-12)


def test_by_hand(rng):
    assert sign_flips([1, 2, 3], rng).pvalue == 2 / 8
    assert sign_flips([1, 2, 3], rng, "greater").pvalue == 1 / 8
    assert sign_flips([1, 2, -3], rng, "greater").pvalue == 5 / 8
    assert sign_flips([0, 0], rng) == (0, 1, True)
    assert sign_flips([0.1] * 10, rng).pvalue == 2 / 1024


def test_ties_are_not_lost_to_rounding(rng):
    """0.1 + 0.2 - 0.3 and its like are 0, however they are added."""
    d = [0.1, 0.2, -0.3, 0.7]
    assert sign_flips(d, rng).pvalue == sign_flips([1, 2, -3, 7], rng).pvalue


def test_too_many_to_be_counted_are_drawn(rng):
    d = rng.normal(0.3, 1, 16)
    exact, drawn = sign_flips(d, rng), sign_flips(d, rng, exact=10)
    assert exact.exact and not drawn.exact
    assert drawn.statistic == exact.statistic
    assert drawn.pvalue == pytest.approx(exact.pvalue, abs=5 * np.sqrt(0.25 / 100_000))
    assert sign_flips(d, np.random.default_rng(3), exact=10) == sign_flips(d, np.random.default_rng(3), exact=10)
    assert sign_flips(np.ones(60), rng, resamples=2000).pvalue == pytest.approx(1 / 2001), "never 0"


def test_a_person_of_many_runs_is_one_person(rng):
    first = {"ann": [10, 5, 8], "bob": [10, 9, 9]}
    second = {"ann": [10, 7, 6], "cec": [4, 4, 3]}
    found = by_person([first, second], rng)
    assert (found.persons, found.better, found.equal, found.worse) == (3, 1, 1, 1)
    assert found.difference == pytest.approx((2 / 20 + 0 - 1 / 4) / 3)
    assert found.pvalue == sign_flips([2 / 20, 0, -1 / 4], rng).pvalue
