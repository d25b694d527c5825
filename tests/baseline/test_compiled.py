"""Every compiled function against its equation."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

from seqdl.baseline import compiled, equations
from seqdl.baseline.scales import Blocks, blocks

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
    [expected] = equations.smooth(video, sigma2, (tau2,))
    [smoothed] = compiled.smooth(video, sigma2, (tau2,))
    assert np.array(smoothed) == pytest.approx(expected, abs=2e-6)
    for first, stop in ((0, len(video)), (1, 3)):
        there = equations.response(expected, sigma2, tau2, first, stop)
        here = compiled.response(smoothed, sigma2, tau2, first, stop)
        inside = np.s_[:, 4:-4]
        assert np.array(here)[inside] == pytest.approx(there[inside], abs=2e-5 * float(np.abs(there).max()))


def test_a_response_does_not_depend_on_where_it_begins_or_on_bands(rng, monkeypatch):
    [smoothed] = compiled.smooth(noise(rng, (27, 45, 40)), 4, (2,))
    whole = np.array(compiled.response(smoothed, 4, 2, 0, 27))[:, 4:-4]
    monkeypatch.setattr(compiled, "RING", 1)
    assert np.array_equal(np.array(compiled.response(smoothed, 4, 2, 3, 25))[:, 4:-4], whole[3:25])


@pytest.mark.compiled(reason="the interpreter sees to it that nothing beyond the frames is read")
def test_nothing_that_memory_held_before_gets_into_a_histogram(rng, monkeypatch):
    """Patches are read in whole vectors, and those at the end of the last frame beyond it."""
    video, room = noise(rng, (21, 48, 40)), compiled._room
    monkeypatch.setattr(compiled, "_room", lambda count: np.full_like(room(count), np.nan))
    place, where = np.array([[12, 42, 34]]), blocks(8, 4)
    [expected], [smoothed] = equations.smooth(video, 8, (4,)), compiled.smooth(video, 8, (4,))
    assert compiled.hog(smoothed, place, where) == pytest.approx(equations.hog(expected, place, where), abs=1e-3)


def volume(video):
    """A response to look for maxima in."""
    made = compiled.Volume(*video.shape)
    made.all[:] = 0
    made.video[:] = video
    return made


def test_maxima_ties_and_more_than_there_is_room_for(rng):
    def same(video):
        found, heights = compiled.maxima(volume(video))
        expected, there = equations.maxima(video)
        assert found.tolist() == expected.tolist() and heights.tolist() == there.tolist()
        return found.tolist()

    same(rng.integers(0, 40, (4, 60, 60)).astype(np.float32))
    flat = np.ones((3, 32, 32), np.float32)
    assert len(same(flat)) == 22 * 22
    flat[1, 10, 10] = np.nan
    assert [1, 10, 10] not in compiled.maxima(volume(flat))[0].tolist()


WHERE = Blocks(4, (-6, -2, 2), ((-2, 0), (0, 1)), 1)
PLACES = np.array([[0, 0, 0], [3, 6, 9], [5, 13, 16]])


def test_histograms_of_gradients(rng):
    video = noise(rng, (6, 14, 17))
    video[:, :, 8:] = 90  # no gradient at all, and ties
    [smoothed], [expected] = (form.smooth(video, 4, (2,)) for form in (compiled, equations))
    found = compiled.hog(smoothed, PLACES, WHERE)
    apart = np.abs(found - equations.hog(expected, PLACES, WHERE))
    assert np.median(apart) < 1e-5 and apart.max() < 0.02  # a pixel near a tie of two directions
    assert not compiled.hog(compiled.smooth(np.full_like(video, 90), 4, (2,))[0], PLACES, WHERE).any()


def test_histograms_of_flow(rng, texture):
    video = texture(rng, 7, 14, 17, velocity=(0.5, -0.4))
    asked = [(PLACES, WHERE), (PLACES[1:2], WHERE._replace(times=((-1, 0), (0, 2))))]
    for found, expected in zip(compiled.hof(video, asked), equations.hof(video, asked), strict=True):
        assert found == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("shape", [(2, 23, 18), (3, 12, 31)])
def test_flow(rng, texture, shape):
    for video in (texture(rng, *shape, velocity=(1.2, -0.7)), noise(rng, shape)):
        expected = equations.flow(video)
        found = compiled.flow(video)
        assert found.shape == expected.shape
        assert found == pytest.approx(expected, abs=1e-3 * max(1, float(np.abs(expected).max())))


def test_flow_of_an_even_frame_is_none():
    assert not compiled.flow(np.full((2, 12, 12), 90, np.uint8)).any()
