"""Every op's backward pass against the complex step, with random cotangents and non-zero states."""

import numpy as np
import pytest

from seqdl.ops import connect, conv3d, dense, loss, lstm, momentum, rectify, squash, subsample

STEP = 1e-30


def agree(function, arguments, gradients, rng):
    """Compare analytic gradients with complex-step derivatives along random directions."""
    for index, gradient in gradients.items():
        direction = rng.standard_normal(arguments[index].shape)
        moved = list(arguments)
        moved[index] = arguments[index] + 1j * STEP * direction
        expected = np.sum(function(*moved)).imag / STEP
        assert np.sum(gradient * direction) == pytest.approx(expected, rel=1e-10, abs=1e-13), index


def normal(rng, *shape):
    return rng.standard_normal(shape)


def test_conv3d(rng):
    a, w, b = normal(rng, 2, 5, 6, 7), normal(rng, 3, 2, 2, 3, 4), normal(rng, 3)
    dz = normal(rng, 3, 4, 4, 4)
    dw, db = conv3d.backward_weights(dz, a, (2, 3, 4))
    da = conv3d.backward_input(dz, w, a.shape)
    agree(lambda a, w, b: dz * conv3d.forward(a, w, b), (a, w, b), {0: da, 1: dw, 2: db}, rng)


def test_connect(rng):
    links = connect.table(3)
    a, w, b = normal(rng, 3, 4, 5, 6), normal(rng, len(links), 2, 3, 4), normal(rng, 9)
    dz = normal(rng, 9, 3, 3, 3)
    dw, db = connect.backward_weights(dz, a, links, (2, 3, 4))
    da = connect.backward_input(dz, w, links, a.shape)
    agree(lambda a, w, b: dz * connect.forward(a, w, b, links), (a, w, b), {0: da, 1: dw, 2: db}, rng)


def test_connection_table_of_the_paper():
    links = connect.table(7)
    assert len(links) == 56
    fed = [frozenset(links[links[:, 1] == target, 0].tolist()) for target in range(35)]
    assert [len(sources) for sources in fed] == [1] * 14 + [2] * 21
    assert len(set(fed[14:])) == 21
    assert np.bincount(links[:, 0]).tolist() == [8] * 7


@pytest.mark.parametrize("kind", ["plain", "scaled", "linear"])
def test_squash(rng, kind):
    x, dy = normal(rng, 3, 4), normal(rng, 3, 4)
    dx = squash.backward(dy, squash.forward(x, kind), kind)
    agree(lambda x: dy * squash.forward(x, kind), (x,), {0: dx}, rng)


@pytest.mark.parametrize("kind", ["gain", "bias"])
def test_rectify(rng, kind):
    y, p, dr = normal(rng, 3, 2, 4, 5), normal(rng, 3), normal(rng, 3, 2, 4, 5)
    dy, dp = rectify.backward(dr, y, p, kind)
    agree(lambda y, p: dr * rectify.forward(y, p, kind), (y, p), {0: dy, 1: dp}, rng)


def test_rectify_at_the_kink():
    zero, one = np.zeros((1, 1, 1, 1)), np.ones((1, 1, 1, 1))
    dy, dp = rectify.backward(one, zero, np.ones(1))
    assert dy.item() == 0
    assert dp.item() == 0


@pytest.mark.parametrize("pooling", ["mean", "sum"])
def test_subsample(rng, pooling):
    r, c, d, du = normal(rng, 3, 2, 4, 6), normal(rng, 3), normal(rng, 3), normal(rng, 3, 2, 2, 3)
    dr, dc, dd = subsample.backward(du, r, c, 2, pooling)
    agree(lambda r, c, d: du * subsample.forward(r, c, d, 2, pooling), (r, c, d), {0: dr, 1: dc, 2: dd}, rng)


@pytest.mark.parametrize("steps", [(), (4,)])
def test_dense(rng, steps):
    x, w, b, dz = normal(rng, *steps, 5), normal(rng, 3, 5), normal(rng, 3), normal(rng, *steps, 3)
    dx, dw, db = dense.backward(dz, x, w)
    agree(lambda x, w, b: dz * dense.forward(x, w, b), (x, w, b), {0: dx, 1: dw, 2: db}, rng)


@pytest.mark.parametrize("kind", ["cross_entropy", "squared_error"])
def test_loss(rng, kind):
    z = normal(rng, 5)
    agree(lambda z: loss.loss(z, 3, kind)[0], (z,), {0: loss.loss(z, 3, kind)[1]}, rng)


def test_cross_entropy_of_huge_sums_is_finite():
    value, dz = loss.loss(np.array([1e4, -1e4, 0.0]), 0)
    assert value == pytest.approx(0)
    assert np.isfinite(dz).all()


LSTMS = [
    (b, peep, squash_, n) for b in (3, 4) for peep in (False, True) for squash_ in ("tanh", "1997") for n in (1, 6)
]


@pytest.mark.parametrize("blocks, peepholes, kind, steps", LSTMS)
def test_lstm(rng, blocks, peepholes, kind, steps):
    inputs, cells = 5, 4
    p = normal(rng, blocks - 1 if peepholes else 0, cells)
    x, h0, c0 = normal(rng, steps, inputs), normal(rng, cells), normal(rng, cells)
    weights = lstm.Weights(
        normal(rng, blocks * cells, inputs), normal(rng, blocks * cells, cells), normal(rng, blocks * cells), p
    )
    dh = normal(rng, steps, cells)
    back = lstm.backward(dh, lstm.forward(x, weights, h0, c0, kind), weights, kind)

    def function(x, h0, c0, *weights):
        return dh * lstm.forward(x, lstm.Weights(*weights), h0, c0, kind).h[1:]

    arguments = (x, h0, c0, *weights)
    agree(function, arguments, dict(enumerate([back.dx, back.dh0, back.dc0, *back.weights])), rng)


def test_truncation_cuts_the_error_between_blocks(rng):
    weights = lstm.Weights(normal(rng, 12, 3), normal(rng, 12, 4), normal(rng, 12), np.zeros((0, 4)))
    trace = lstm.forward(normal(rng, 6, 3), weights, normal(rng, 4), normal(rng, 4))
    dh = np.zeros((6, 4))
    dh[5] = normal(rng, 4)
    assert np.abs(lstm.backward(dh, trace, weights).dx[:3]).min() > 0
    cut = lstm.backward(dh, trace, weights, truncate=3).dx
    assert not cut[:3].any()
    assert cut[3:].all()


def test_momentum_by_hand():
    theta, velocity = np.array([1.0, 2.0]), np.array([0.5, -0.5])
    momentum.update(theta, velocity, np.array([10.0, 20.0]), np.array([1.0, 0.5]), 0.1, 0.9)
    assert velocity == pytest.approx([0.45 - 1.0, -0.45 - 1.0])
    assert theta == pytest.approx([0.45, 0.55])
