"""Local contrast normalisation against scipy.ndimage, and the compiled form against the equations."""

import numpy as np
import pytest
from scipy import ndimage

from seqdl.kernels.layers import lcn as kernel
from seqdl.ops import lcn

READINGS = ["two_pass", "one_window"]
CONSTANTS = ["sequence", "frame", "fixed"]


def by_scipy(x, size, sigma, reading, constant, value):
    def blur(a):
        return ndimage.gaussian_filter(a, sigma, mode="nearest", radius=size // 2)

    m = blur(x)
    b = size // 2
    s = np.sqrt(blur((x - m) ** 2) if reading == "two_pass" else np.maximum(blur(x * x) - m * m, 0))[:, b:-b, b:-b]
    c = {"sequence": s.mean(), "frame": s.mean(axis=(1, 2), keepdims=True), "fixed": value}[constant]
    return (x - m)[:, b:-b, b:-b] / np.maximum(s, c)


@pytest.mark.parametrize("reading", READINGS)
@pytest.mark.parametrize("constant", CONSTANTS)
@pytest.mark.parametrize("frames, size, sigma", [(11, 7, 1.5), (2, 5, 0.9)])
def test_both_forms_against_scipy(rng, reading, constant, frames, size, sigma):
    x = rng.random((frames, 17, 13))
    expected = by_scipy(x, size, sigma, reading, constant, 0.2)
    exact = lcn.normalise(x, size, sigma, reading, constant, 0.2)
    assert exact == pytest.approx(expected, rel=1e-9, abs=1e-12)
    out = np.empty(exact.shape, np.float32)
    window = lcn.gaussian(size, sigma).astype(np.float32)
    two_pass, which = reading == "two_pass", CONSTANTS.index(constant)
    kernel.normalise(x.astype(np.float32), window, two_pass, which, np.float32(0.2), out)
    assert np.linalg.norm(out - exact) < 2e-5 * np.linalg.norm(exact)


@pytest.mark.parametrize("constant", ["sequence", "frame"])
def test_a_flat_clip_becomes_zeros(constant):
    x = np.full((9, 20, 20), 0.25)
    assert lcn.normalise(x, constant=constant) == pytest.approx(0, abs=1e-6)
    out = np.empty((9, 14, 14), np.float32)
    window = lcn.gaussian(7, 1.5).astype(np.float32)
    kernel.normalise(x.astype(np.float32), window, True, CONSTANTS.index(constant), np.float32(0), out)
    assert out == pytest.approx(0, abs=1e-2)


def test_brightness_and_contrast_are_removed(rng):
    x = rng.random((9, 20, 20))
    assert lcn.normalise(0.3 * x + 0.5) == pytest.approx(lcn.normalise(x), rel=1e-6)


def test_the_papers_sizes(rng):
    assert lcn.normalise(rng.random((9, 60, 40))).shape == (9, 54, 34)
