"""Every compiled function against its equation."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

from seqdl.baseline import compiled, equations
from seqdl.baseline.scales import Blocks

SHAPES = [(5, 11, 13), (3, 12, 18)]


def noise(rng, shape):
    return rng.integers(0, 256, shape).astype(np.uint8)


def test_both_have_the_same_functions():
    for name in compiled.__all__:
        one, other = getattr(compiled, name), getattr(equations, name)
        assert list(inspect.signature(one).parameters) == list(inspect.signature(other).parameters)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("sigma2, tau2", [(4, 2), (8, 4)])
def test_smooth_and_response(rng, shape, sigma2, tau2):
    video = noise(rng, shape)
    smoothed = equations.smooth(video, sigma2, tau2)
    assert compiled.smooth(video, sigma2, tau2) == pytest.approx(smoothed, abs=2e-6)
    expected = equations.response(smoothed, sigma2, tau2)
    assert compiled.response(smoothed, sigma2, tau2) == pytest.approx(
        expected, abs=2e-5 * float(np.abs(expected).max())
    )


def test_maxima_ties_and_more_than_there_is_room_for(rng):
    h = rng.integers(0, 40, (4, 60, 60)).astype(np.float32)
    assert compiled.maxima(h, 1, 2).tolist() == equations.maxima(h, 1, 2).tolist()
    flat = np.ones((3, 32, 32), np.float32)
    found = compiled.maxima(flat, 1, 1)
    assert len(found) == 22 * 22 and found.tolist() == equations.maxima(flat, 1, 1).tolist()
    flat[1, 10, 10] = np.nan
    assert [1, 10, 10] not in compiled.maxima(flat, 1, 1).tolist()


def test_directions(rng):
    smoothed = rng.standard_normal((2, 9, 12)).astype(np.float32)
    smoothed[:, :, 6:] = smoothed[:, :, 6:].round()  # ties
    assert compiled.directions(smoothed) == pytest.approx(equations.directions(smoothed), rel=1e-5)


@pytest.mark.parametrize("shape", [(2, 23, 18), (3, 12, 31)])
def test_flow(rng, texture, shape):
    for video in (texture(rng, *shape, velocity=(1.2, -0.7)), noise(rng, shape)):
        expected = equations.flow(video)
        found = compiled.flow(video)
        assert found.shape == expected.shape
        assert found == pytest.approx(expected, abs=1e-3 * max(1, float(np.abs(expected).max())))


def test_flow_of_an_even_frame_is_none():
    assert not compiled.flow(np.full((2, 12, 12), 90, np.uint8)).any()


@pytest.mark.parametrize("bins, cell", [(4, 1), (5, 5), (4, 3)])
def test_histograms(rng, bins, cell):
    where = Blocks(4, (-6, -2, 2), ((-2, 0), (0, 1)), 1)
    places = np.array([[0, 0, 0], [3, 6, 9], [5, 13, 16]])
    values = rng.random((6, -(-14 // cell), -(-17 // cell), bins), np.float32)
    expected = equations.histograms(values, places, where, cell, (14, 17))
    assert compiled.histograms(values, places, where, cell, (14, 17)) == pytest.approx(expected, abs=1e-6)
    assert not compiled.histograms(np.zeros_like(values), places, where, cell, (14, 17)).any()
