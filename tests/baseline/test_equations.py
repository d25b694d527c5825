"""Response, flow and descriptors on volumes with known answers."""

from __future__ import annotations

import numpy as np
import pytest

from seqdl.baseline import equations, scales
from seqdl.baseline.scales import Blocks


def response_of_a_dot(sigma2, tau2, a, b, height):
    """H at the middle of a Gaussian dot of variances a and b: every integral is one of Gaussians."""
    a1, b1 = a + sigma2, b + tau2
    height = height * a / a1 * np.sqrt(b / b1)
    v, u = 2 * sigma2, 2 * tau2
    c, d = 1 / (1 / v + 2 / a1), 1 / (1 / u + 2 / b1)
    mass = c / v * np.sqrt(d / u)
    space = 16 * sigma2 * height**2 / a1**2 * c * mass  # Sobel's operator is 8 times the derivative, half of it counts
    time = tau2 * height**2 / b1**2 * d * mass
    return space**2 * time - scales.SHARE * (2 * space + time) ** 3


def response(video, sigma2, tau2):
    """H of a whole video."""
    return equations.response(equations.smooth(video, sigma2, (tau2,))[0], sigma2, tau2, 0, len(video))


@pytest.mark.parametrize("sigma2, tau2", [(4, 2), (4, 4), (8, 2), (8, 4)])
def test_the_response_at_a_blinking_dot(dot, sigma2, tau2):
    video = dot(49, 65, 65, (24, 32, 32), 50, 16)
    h = response(video, sigma2, tau2)
    expected = response_of_a_dot(sigma2, tau2, 50, 16, 200 / 255)
    assert h[24, 32, 32] == pytest.approx(expected, rel=0.1)


def test_nothing_that_only_stands_or_only_moves_responds(rng, texture):
    """In pure translation Lx vx + Ly vy + Lt = 0 everywhere, so that mu has no full rank."""
    standing = response(texture(rng, 24, 48, 48), 4, 2)
    moving = response(texture(rng, 24, 48, 48, (0.5, 0.25), blur=4), 4, 2)
    shaking = response(rng.permutation(texture(rng, 24, 48, 48, (0.5, 0.25), blur=4)), 4, 2)
    most = [h[7:-7, 5:-5, 5:-5].max() for h in (standing, moving, shaking)]
    assert most[0] <= 0 and most[1] < 0.02 * most[2] and most[2] > 1e-7


def test_smoothing_keeps_the_mean_and_widens_the_dot(dot):
    video = dot(49, 65, 65, (24, 32, 32), 50, 16)
    [smoothed] = equations.smooth(video, 8, (4,))
    f = video / 255
    assert smoothed.sum() == pytest.approx(f.sum(), rel=1e-5)
    for axis, middle, more in ((0, 24, 4), (1, 32, 8), (2, 32, 8)):
        where = (np.arange(f.shape[axis]) - middle) ** 2
        other = tuple(k for k in range(3) if k != axis)
        before, after = (np.average(where, weights=v.sum(axis=other)) for v in (f, smoothed))
        assert after - before == pytest.approx(more, rel=0.03)


def test_maxima_have_no_larger_neighbour():
    h = np.zeros((5, 20, 20), np.float32)
    h[2, 9, 9], h[2, 9, 11], h[1, 10, 12], h[3, 5, 14], h[2, 4, 9], h[2, 14, 5] = 1, 2, 3, 1e-9, 5, 4
    found, heights = equations.maxima(h)
    assert found.tolist() == [[1, 10, 12], [2, 9, 9], [2, 14, 5]] and heights.tolist() == [3, 1, 4]
    assert equations.maxima(h[1:4])[0].tolist() == [[1, 9, 9], [1, 14, 5]]


@pytest.mark.parametrize(
    "degrees, expected", [(0, 0), (45, 1), (90, 2), (135, 3), (180, 0), (225, 1), (20, 0), (60, 1)]
)
def test_directions_of_an_edge(degrees, expected):
    y, x = np.mgrid[:15, :15]
    angle = np.deg2rad(degrees)
    ramp = (x * np.cos(angle) + y * np.sin(angle)).astype(np.float32)[None]
    values = equations.directions(ramp)[0, 1:-1, 1:-1]
    off = abs(degrees % 180 - 45 * expected)
    assert values[..., expected] == pytest.approx(8 * np.cos(np.deg2rad(off)), rel=1e-5)
    assert np.count_nonzero(values) == 13 * 13


@pytest.mark.parametrize("velocity", [(0, 0), (1, 0), (0, -1.5), (0.6, 0.8), (-2, 3)])
def test_flow_of_a_pure_translation(rng, texture, velocity):
    v = equations.flow(texture(rng, 3, 60, 80, velocity, blur=3))
    assert v.shape == (2, 12, 16, 2)
    error = np.hypot(*np.moveaxis(v - velocity, -1, 0))[:, 2:-2, 2:-2]
    assert np.median(error) < 0.05 and np.quantile(error, 0.9) < 0.15


def test_flow_where_nothing_can_be_told(rng):
    """In an even frame, and along an edge, G is singular: no motion, and no nonsense."""
    even = np.full((3, 40, 40), 90, np.uint8)
    assert not equations.flow(even).any()
    edge = np.full((3, 40, 40), 90, np.uint8)
    edge[:, :, 20:] = 180
    assert not equations.flow(edge).any()


def test_motions():
    angles = np.deg2rad([45, 135, 225, 315, 10, 100, 190, 280, 45])
    speed = np.array([1] * 8 + [0.39])
    v = np.stack([speed * np.sin(angles), speed * np.cos(angles)], axis=-1)[None, None]
    values = equations.motions(v)
    assert values.argmax(axis=-1).tolist() == [[[1, 2, 3, 4, 1, 2, 3, 4, 0]]]
    assert values.sum(axis=-1).tolist() == [[[1] * 9]] and values.max() == 1


BLOCKS = Blocks(3, (-4, -1, 2), ((-1, 0), (0, 1)), 1)


def test_histograms_count_in_the_right_block():
    values = np.zeros((9, 20, 30, 4), np.float32)
    values[..., 0] = 1
    values[3, 9, 17] = 0, 0, 6, 0  # two rows above, three columns to the right, a frame before
    h = equations.histograms(values, np.array([[4, 11, 14]]), BLOCKS, 1, (20, 30)).reshape(3, 3, 2, 4)
    expected = np.zeros((3, 3, 2, 4))
    expected[..., 0] = 1
    expected[2, 0, 0] = 17 / 23, 0, 6 / 23, 0
    assert h == pytest.approx(expected)


def test_histograms_repeat_the_frame_beyond_its_border(rng):
    values = rng.random((6, 8, 9, 4), np.float32)
    large = np.pad(values, ((2, 2), (9, 9), (9, 9), (0, 0)), mode="edge")
    places = np.array([[0, 0, 0], [5, 7, 8], [2, 1, 7]])
    inside = equations.histograms(large, places + np.array([2, 9, 9]), BLOCKS, 1, (26, 27))
    assert equations.histograms(values, places, BLOCKS, 1, (8, 9)) == pytest.approx(inside)


def test_histograms_of_cells_count_pixels():
    values = np.zeros((4, 4, 6, 5), np.float32)
    values[..., 0] = 1
    values[:, 2, 3] = 0, 0, 0, 1, 0  # rows 10..14, columns 15..19
    h = equations.histograms(values, np.array([[2, 10, 15]]), BLOCKS, 5, (20, 30)).reshape(3, 3, 2, 5)
    assert h[1, 1].tolist() == [pytest.approx([5 / 9, 0, 0, 4 / 9, 0])] * 2  # rows and columns -1, 0, 1
    assert h[2, 2, 0, 3] == 1 and h[0, 0, 0, 0] == 1


def test_an_empty_block_is_all_zero():
    assert not equations.histograms(
        np.zeros((4, 20, 20, 4), np.float32), np.array([[2, 10, 10]]), BLOCKS, 1, (20, 20)
    ).any()
