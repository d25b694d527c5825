"""Each kernel against its op."""

import numpy as np
import pytest

from seqdl.kernels import connect, conv3d, copies, dense, loss, momentum, rectify_subsample, squash
from seqdl.ops import connect as connect_op
from seqdl.ops import conv3d as conv3d_op
from seqdl.ops import copies as copies_op
from seqdl.ops import dense as dense_op
from seqdl.ops import loss as loss_op
from seqdl.ops import momentum as momentum_op
from seqdl.ops import rectify, subsample
from seqdl.ops import squash as squash_op

F = np.float32


def normal(rng, *shape):
    return rng.standard_normal(shape).astype(F)


def close(result, exact, bound=2e-6):
    assert result.shape == exact.shape
    assert np.linalg.norm(result - exact) <= bound * np.linalg.norm(exact)


def wide(maps, width):
    """Maps with rows as long as the input's, the rest zero."""
    out = np.zeros((*maps.shape[:3], width), F)
    out[..., : maps.shape[3]] = maps
    return out


@pytest.mark.parametrize("kernel", [(2, 3, 1), (1, 2, 2), (3, 1, 3), (2, 2, 4), (2, 3, 5), (1, 4, 7), (1, 1, 9)])
def test_conv3d(rng, kernel):
    a, w, b = normal(rng, 2, 4, 6, 11), normal(rng, 3, 2, *kernel), normal(rng, 3)
    exact = conv3d_op.forward(a, w, b)
    z = np.full((*exact.shape[:3], 11), 7, F)
    conv3d.forward(a, w, b, z)
    close(z[..., : exact.shape[3]], exact)
    dz = normal(rng, *exact.shape)
    da = np.full_like(a, 9)
    conv3d.backward_input(wide(dz, 11), w, da)
    close(da, conv3d_op.backward_input(dz, w, a.shape))
    dw, db = np.ones_like(w), np.ones_like(b)
    conv3d.backward_weights(wide(dz, 11), a, dw, db)
    exact_dw, exact_db = conv3d_op.backward_weights(dz, a, kernel)
    close(dw, exact_dw + 1)
    close(db, exact_db + 1, 1e-5)


def test_connect(rng):
    links = connect_op.table(3)
    a, w, b = normal(rng, 3, 4, 6, 8), normal(rng, len(links), 2, 3, 4), normal(rng, 9)
    exact = connect_op.forward(a, w, b, links)
    z = np.full((*exact.shape[:3], 8), 7, F)
    connect.forward(a, w, b, links, z)
    close(z[..., :5], exact)
    dz = normal(rng, *exact.shape)
    da = np.full_like(a, 9)
    connect.backward_input(wide(dz, 8), w, links, da)
    close(da, connect_op.backward_input(dz, w, links, a.shape))
    dw, db = np.ones_like(w), np.ones_like(b)
    connect.backward_weights(wide(dz, 8), a, links, dw, db)
    exact_dw, exact_db = connect_op.backward_weights(dz, a, links, (2, 3, 4))
    close(dw, exact_dw + 1)
    close(db, exact_db + 1, 1e-5)


@pytest.mark.parametrize("kind", ["gain", "bias"])
@pytest.mark.parametrize("pooling", ["mean", "sum"])
@pytest.mark.parametrize("inside, outside", [("plain", "scaled"), ("linear", "plain"), ("scaled", "linear")])
@pytest.mark.parametrize("n", [2, 3])
def test_the_fused_stage_equals_its_four_equations(rng, kind, pooling, inside, outside, n):
    sums = normal(rng, 3, 2, 2 * n, 2 * n)
    p, c, d = normal(rng, 3), normal(rng, 3), normal(rng, 3)
    y = squash_op.forward(sums, inside)
    r = rectify.forward(y, p, kind)
    out = squash_op.forward(subsample.forward(r, c, d, n, pooling), outside)
    stage = rectify_subsample.Stage(
        2 * n, n, F(1 / n**2 if pooling == "mean" else 1), kind == "gain", *squash.shape(inside), *squash.shape(outside)
    )
    z = wide(sums, 2 * n + 3)
    v, a = np.empty(out.shape, F), np.empty(out.shape, F)
    rectify_subsample.forward(z, p, c, d, stage, v, a)
    close(a, out)
    da = normal(rng, *out.shape)
    du = squash_op.backward(da, out, outside)
    dr, dc, dd = subsample.backward(du, r, c, n, pooling)
    dy, dp = rectify.backward(dr, y, p, kind)
    dz = np.zeros_like(z)
    sums_of = np.ones((3, 3), F)
    rectify_subsample.backward(da, z, v, a, p, c, stage, dz, *sums_of)
    close(dz[..., : 2 * n], squash_op.backward(dy, y, inside), 1e-5)  # 1 - y^2 loses digits where y saturates
    assert not dz[..., 2 * n :].any()
    close(sums_of, np.stack([dp, dc, dd]) + 1, 1e-5)


def test_the_fused_stage_at_the_kink():
    z, one = np.zeros((1, 1, 2, 2), F), np.ones(1, F)
    stage = rectify_subsample.Stage(2, 2, F(0.25), True, *squash.shape("plain"), *squash.shape("linear"))
    v, a, dz = np.empty((1, 1, 1, 1), F), np.empty((1, 1, 1, 1), F), np.full_like(z, np.nan)
    rectify_subsample.forward(z, one, one, one, stage, v, a)
    rectify_subsample.backward(np.ones_like(a), z, v, a, one, one, stage, dz, *np.zeros((3, 1), F))
    assert not dz.any()


def test_tanh_is_right_to_the_last_digits():
    x = np.concatenate([-np.logspace(-30, 2, 4001), [0], np.logspace(-30, 2, 4001), [8.99, 9.0, 9.01, 3e38]]).astype(F)
    y = np.array([squash.tanh(value) for value in x])
    exact = np.tanh(x.astype(float))
    assert np.abs(y - exact).max() < 4e-7
    assert (np.abs(y - exact) <= 5e-7 * np.abs(exact)).all()
    assert np.abs(y).max() <= 1
    assert np.isnan(squash.tanh(F("nan")))


def test_logistic():
    x = np.linspace(-20, 20, 1001, dtype=F)
    assert np.array([squash.logistic(value) for value in x]) == pytest.approx(
        1 / (1 + np.exp(-x.astype(float))), abs=3e-7
    )


def test_dense(rng):
    x, w, b, dz = normal(rng, 7), normal(rng, 4, 7), normal(rng, 4), normal(rng, 4)
    z = np.empty(4, F)
    dense.forward(x, w, b, z)
    close(z, dense_op.forward(x, w, b))
    dx, dw, db = np.full(7, 9, F), np.ones((4, 7), F), np.ones(4, F)
    dense.backward(dz, x, w, dx, dw, db)
    exact = dense_op.backward(dz, x, w)
    for result, expected in zip((dx, dw - 1, db - 1), exact):
        close(result, expected, 1e-5)


@pytest.mark.parametrize("kind", ["cross_entropy", "squared_error"])
def test_loss(rng, kind):
    for scale in (1, 50):
        z = normal(rng, 5) * F(scale)
        y, dz = np.empty(5, F), np.empty(5, F)
        value = loss.loss(z, 2, kind == "cross_entropy", y, dz)
        expected, exact = loss_op.loss(z.astype(float), 2, kind)
        assert value == pytest.approx(expected, rel=2e-6, abs=1e-6)
        assert dz == pytest.approx(exact, abs=1e-6)
        assert y == pytest.approx(loss_op.outputs(z.astype(float), kind), abs=1e-6)


def test_momentum(rng):
    theta, velocity, gradient, rates = normal(rng, 4, 9)
    expected = theta.copy(), velocity.copy()
    momentum_op.update(*expected, gradient, rates, 0.1, 0.9)
    momentum.update(theta, velocity, gradient, rates, F(0.1), F(0.9))
    close(theta, expected[0])
    close(velocity, expected[1])


@pytest.mark.parametrize("mirror", [False, True])
@pytest.mark.parametrize("flip", [False, True])
@pytest.mark.parametrize("shift", [(0, 0), (2, 0), (0, -3), (-1, 1)])
def test_copies(rng, mirror, flip, shift):
    window = normal(rng, 3, 6, 7)
    out = np.empty_like(window)
    copies.copy(window, mirror, flip, *shift, out)
    assert np.array_equal(out, copies_op.copy(window, mirror, flip, shift))


def test_a_copy_by_hand():
    window = np.arange(6.0).reshape(1, 2, 3)
    assert copies_op.copy(window, mirror=True).tolist() == [[[2, 1, 0], [5, 4, 3]]]
    assert copies_op.copy(window, flip=True).tolist() == [[[3, 4, 5], [0, 1, 2]]]
    assert copies_op.copy(window, shift=(0, 1)).tolist() == [[[0, 0, 1], [3, 3, 4]]]
    assert copies_op.copy(window, shift=(-1, 0)).tolist() == [[[3, 4, 5], [3, 4, 5]]]
