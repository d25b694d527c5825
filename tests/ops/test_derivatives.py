"""What the table of cases cannot say of the ops: by hand, and at the ends of the range of numbers."""

import numpy as np
import pytest

from seqdl.ops import connect, loss, lstm, rectify


def test_connection_table_of_the_paper():
    links = connect.table(7)
    assert len(links) == 56
    fed = [frozenset(links[links[:, 1] == target, 0].tolist()) for target in range(35)]
    assert [len(sources) for sources in fed] == [1] * 14 + [2] * 21
    assert len(set(fed[14:])) == 21
    assert np.bincount(links[:, 0]).tolist() == [8] * 7


def test_rectify_at_the_kink():
    zero, one = np.zeros((1, 1, 1, 1)), np.ones((1, 1, 1, 1))
    dy, dp = rectify.backward(one, zero, np.ones(1))
    assert dy.item() == 0
    assert dp.item() == 0


def test_cross_entropy_of_huge_sums_is_finite():
    value, dz = loss.loss(np.array([1e4, -1e4, 0.0]), 0)
    assert value == pytest.approx(0)
    assert np.isfinite(dz).all()


def test_truncation_cuts_the_error_between_blocks(rng):
    weights = lstm.Weights(*(rng.standard_normal(shape) for shape in ((12, 3), (12, 4), 12, (0, 4))))
    trace = lstm.forward(rng.standard_normal((6, 3)), weights, *rng.standard_normal((2, 4)))
    dh = np.zeros((6, 4))
    dh[5] = rng.standard_normal(4)
    assert np.abs(lstm.backward(dh, trace, weights).dx[:3]).min() > 0
    cut = lstm.backward(dh, trace, weights, truncate=3).dx
    assert not cut[:3].any()
    assert cut[3:].all()
