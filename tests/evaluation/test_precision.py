"""Average precision by hand and by scikit-learn, and what is asked of its arguments."""

import numpy as np
import pytest

from seqdl.runs.precision import average_precision, mean, precisions


def test_average_precision_by_hand():
    shown, scores = np.array([True, False, True, False]), np.array([0.9, 0.8, 0.7, 0.1])
    assert average_precision(shown, scores) == pytest.approx((1 / 1 + 2 / 3) / 2)
    assert average_precision(shown, -scores) == pytest.approx((1 / 2 + 2 / 4) / 2)
    assert average_precision(shown, np.zeros(4)) == 0.5, "of equals all or none is taken"


@pytest.mark.parametrize("levels", [1, 2, 5, 1000])
@pytest.mark.parametrize("count", [1, 2, 40, 884])
def test_average_precision_is_that_of_scikit_learn(rng, count, levels):
    metrics = pytest.importorskip("sklearn.metrics", reason="scikit-learn is absent: pip install seqdl[sklearn]")
    for share in (0.02, 0.3, 1.0):
        shown, scores = rng.random(count) < share, rng.integers(levels, size=count) / levels
        shown[rng.integers(count)] = True
        assert average_precision(shown, scores) == pytest.approx(
            metrics.average_precision_score(shown, scores), abs=1e-12, rel=0
        )


def test_a_class_that_nothing_shows_has_none_and_is_left_out_of_the_mean():
    shown = np.array([[True, False, True], [False, False, True]])
    found = precisions(shown, np.array([[0.1, 0.9, 0.5], [0.2, 0.3, 0.4]], np.float32))
    assert found == (0.5, None, 1.0) and mean(found) == 0.75
    assert mean((None,)) == 0


@pytest.mark.parametrize(
    "shown, scores, named",
    [
        (np.array([1, 0]), np.zeros(2), "shown"),
        (np.array([True, False]), np.zeros(3), "scores"),
        (np.array([True, False]), np.array([0, np.nan]), "scores"),
        (np.zeros(0, bool), np.zeros(0), "shown"),
    ],
)
def test_wrong_arguments_are_named(shown, scores, named):
    with pytest.raises(ValueError, match=f"^{named}: "):
        average_precision(shown, scores)
