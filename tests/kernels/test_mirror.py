"""What the table of cases cannot say of the kernels: all numbers a float32 can be, copies by hand."""

import numpy as np
import pytest

from seqdl.kernels.layers import loss, squash
from seqdl.ops import copies as copies_op
from seqdl.ops import loss as loss_op

F = np.float32


def test_tanh_is_right_to_the_last_digits():
    x = np.concatenate([-np.logspace(-30, 2, 4001), [0], np.logspace(-30, 2, 4001), [8.99, 9.0, 9.01, 3e38]]).astype(F)
    y = np.append(x, F("nan"))
    squash.forward(squash.Kind("plain"), y, len(y))
    assert np.isnan(y[-1])
    y = y[:-1]
    exact = np.tanh(x.astype(float))
    assert np.abs(y - exact).max() < 4e-7
    assert (np.abs(y - exact) <= 5e-7 * np.abs(exact)).all()


@pytest.mark.parametrize("kind", loss_op.KINDS)
def test_loss_of_large_sums(rng, kind):
    z = rng.standard_normal(5).astype(F) * F(50)
    y, dz, value = np.empty(5, F), np.empty(5, F), np.empty(1, F)
    loss.loss(loss.Kind(loss_op.KINDS.index(kind)), z, 2, y, dz, 5, value)
    expected, exact = loss_op.loss(z.astype(float), 2, kind)
    assert value[0] == pytest.approx(expected, rel=2e-6, abs=1e-6)
    assert dz == pytest.approx(exact, abs=1e-6)
    assert y == pytest.approx(loss_op.outputs(z.astype(float), kind), abs=1e-6)


def test_a_copy_by_hand():
    window = np.arange(6.0).reshape(1, 2, 3)
    assert copies_op.copy(window, mirror=True).tolist() == [[[2, 1, 0], [5, 4, 3]]]
    assert copies_op.copy(window, flip=True).tolist() == [[[3, 4, 5], [0, 1, 2]]]
    assert copies_op.copy(window, shift=(0, 1)).tolist() == [[[0, 0, 1], [3, 3, 4]]]
    assert copies_op.copy(window, shift=(-1, 0)).tolist() == [[[3, 4, 5], [3, 4, 5]]]
