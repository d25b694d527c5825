"""What the table of cases cannot say of the ops: by hand, and at the ends of the range of numbers."""

import numpy as np
import pytest

from seqdl.ops import connect, loss, lstm, lstm_variants, rectify


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


def test_binary_cross_entropy_of_huge_sums_is_finite():
    value, dz = loss.loss(np.array([1e4, -1e4, 0.0]), 0b001, "logistic")
    assert value == pytest.approx(np.log(2))
    assert dz == pytest.approx([0, 0, 0.5])


def test_cross_entropy_of_huge_sums_is_finite():
    value, dz = loss.loss(np.array([1e4, -1e4, 0.0]), 0)
    assert value == pytest.approx(0)
    assert np.isfinite(dz).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex128])
def test_with_every_addition_off_the_variants_are_the_papers_cell_to_the_last_bit(rng, dtype):
    x, dh, state = (rng.standard_normal(shape).astype(dtype) for shape in ((7, 5), (7, 4), (2, 4)))
    weights = lstm.Weights(*(rng.standard_normal(shape).astype(dtype) for shape in ((12, 5), (12, 4), 12)))
    with_none = lstm_variants.Weights(*weights, np.zeros((0, 4), dtype))
    trace, other = lstm.forward(x, weights, *state), lstm_variants.forward(x, with_none, *state)
    assert all(a.tobytes() == b.tobytes() for a, b in zip(trace, other))
    by_weights, *rest = lstm.backward(dh, trace, weights)
    back = lstm_variants.backward(dh, other, with_none)
    assert all(a.tobytes() == b.tobytes() for a, b in zip([*by_weights, *rest], [*back.weights[:3], *back[1:]]))
    assert back.weights.p.size == 0


def test_truncation_cuts_the_error_between_blocks(rng):
    weights = lstm_variants.Weights(*(rng.standard_normal(shape) for shape in ((12, 3), (12, 4), 12, (0, 4))))
    trace = lstm_variants.forward(rng.standard_normal((6, 3)), weights, *rng.standard_normal((2, 4)))
    dh = np.zeros((6, 4))
    dh[5] = rng.standard_normal(4)
    assert np.abs(lstm_variants.backward(dh, trace, weights).dx[:3]).min() > 0
    cut = lstm_variants.backward(dh, trace, weights, truncate=3).dx
    assert not cut[:3].any()
    assert cut[3:].all()
