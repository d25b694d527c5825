"""The equations against scipy's correlation, filters and special functions."""

import numpy as np
import pytest
from scipy import ndimage, signal, special

from seqdl.ops import connect, conv3d, loss, lstm, subsample

SIZES = [((5, 6, 7), (2, 3, 4)), ((3, 8, 5), (3, 1, 5)), ((4, 2, 9), (1, 2, 1)), ((9, 13, 11), (5, 7, 7))]


def close(ours, theirs, bound=1e-13):
    assert ours.shape == theirs.shape
    assert np.linalg.norm(ours - theirs) <= bound * np.linalg.norm(theirs)


def by_scipy(a, w, b, dz, links):
    """Outputs and gradients of a convolution, link by link: rows (source, target) with one kernel ``w[k]`` each."""
    z = np.broadcast_to(b[:, None, None, None], dz.shape).copy()
    da, dw = np.zeros_like(a), np.empty_like(w)
    for k, (source, target) in enumerate(links):
        z[target] += signal.correlate(a[source], w[k], mode="valid", method="direct")
        da[source] += signal.convolve(dz[target], w[k], mode="full", method="direct")
        dw[k] = signal.correlate(a[source], dz[target], mode="valid", method="direct")
    return z, da, dw, dz.sum(axis=(1, 2, 3))


@pytest.mark.parametrize("size, kernel", SIZES)
def test_convolution_is_the_valid_part_of_a_correlation(rng, size, kernel):
    sources, targets = 2, 3
    a, b = rng.standard_normal((sources, *size)), rng.standard_normal(targets)
    w = rng.standard_normal((targets, sources, *kernel))
    z = conv3d.forward(a, w, b)
    dz = rng.standard_normal(z.shape)
    links = [(source, target) for target in range(targets) for source in range(sources)]
    theirs = by_scipy(a, w.reshape(-1, *kernel), b, dz, links)
    dw, db = conv3d.backward_weights(dz, a, kernel)
    ours = (z, conv3d.backward_input(dz, w, a.shape), dw.reshape(-1, *kernel), db)
    for mine, other in zip(ours, theirs):
        close(mine, other)


@pytest.mark.parametrize("size, kernel", SIZES[:3])
def test_convolution_through_the_table_is_a_sum_of_correlations(rng, size, kernel):
    links = connect.table(3)
    a, b = rng.standard_normal((3, *size)), rng.standard_normal(9)
    w = rng.standard_normal((len(links), *kernel))
    z = connect.forward(a, w, b, links)
    dz = rng.standard_normal(z.shape)
    theirs = by_scipy(a, w, b, dz, links)
    dw, db = connect.backward_weights(dz, a, links, kernel)
    for mine, other in zip((z, connect.backward_input(dz, w, links, a.shape), dw, db), theirs):
        close(mine, other)


def uniform(r, n):
    """Means over windows of n x n units: a running mean, of which every n-th value in each direction is kept."""
    return ndimage.uniform_filter(r, size=(1, 1, n, n))[:, :, n // 2 :: n, n // 2 :: n]


@pytest.mark.parametrize("n", [1, 2, 3, 4])
@pytest.mark.parametrize("pooling", ["mean", "sum"])
def test_subsampling_is_a_running_mean_at_every_nth_unit(rng, n, pooling):
    a, c, b = rng.standard_normal((3, 2, 3 * n, 5 * n)), rng.standard_normal(3), rng.standard_normal(3)
    v = uniform(a, n) * (n * n if pooling == "sum" else 1)
    u = subsample.forward(a, c, b, n, pooling)
    close(u, np.stack([c[m] * v[m] + b[m] for m in range(3)]))
    du = rng.standard_normal(u.shape)
    da, dc, db = subsample.backward(du, a, c, n, pooling)
    close(dc, ndimage.sum_labels(du * v, np.arange(3)[:, None, None, None] + np.zeros_like(v), range(3)))
    close(db, ndimage.sum_labels(du, np.arange(3)[:, None, None, None] + np.zeros_like(v), range(3)))
    spread = np.kron(du, np.ones((n, n))) / (n * n if pooling == "mean" else 1)
    close(da, np.stack([c[m] * spread[m] for m in range(3)]))


def test_logistic_is_expit():
    x = np.concatenate([np.linspace(-45, 45, 2001), [-1e4, -800.0, 0.0, 800.0, 1e4]])
    assert lstm.logistic(x) == pytest.approx(special.expit(x), rel=1e-15, abs=2e-16)


@pytest.mark.parametrize("scale", [1, 30, 2000])
def test_softmax_and_cross_entropy(rng, scale):
    z = scale * rng.standard_normal((4, 6))
    assert loss.outputs(z) == pytest.approx(special.softmax(z, axis=-1), rel=1e-12, abs=1e-300)
    for label, row in enumerate(z):
        value, dz = loss.loss(row, label)
        assert value == pytest.approx(special.logsumexp(row) - row[label], rel=1e-14, abs=1e-14 * scale)
        assert value == pytest.approx(-special.log_softmax(row)[label], rel=1e-14, abs=1e-14 * scale)
        assert dz == pytest.approx(special.softmax(row) - np.eye(6)[label], rel=1e-12, abs=1e-15)
