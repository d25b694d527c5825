"""Local contrast normalisation at sizes around a vector and a window, and that it writes its output alone."""

import numpy as np
import pytest

from seqdl.kernels.layers import lcn as kernel
from seqdl.ops import lcn

F = np.float32
SHAPES = [(1, 9, 35, 3), (2, 11, 16, 9), (3, 40, 37, 35), (13, 8, 21, 7), (4, 5, 6, 1)]


@pytest.mark.parametrize("two_pass", [True, False], ids=["two_pass", "one_window"])
@pytest.mark.parametrize("frames, rows, columns, size", SHAPES)
def test_sizes_around_a_vector_and_a_window(rng, frames, rows, columns, size, two_pass):
    x = rng.random((frames, rows, columns)).astype(F)
    if size == 1:
        x[:] = 0.5  # a window of one unit sees no contrast at all
    w = lcn.gaussian(size, size / 4).astype(F)
    for which, constant in enumerate(("sequence", "frame", "fixed")):
        expected = lcn.normalise(
            x.astype(float), size, size / 4, "two_pass" if two_pass else "one_window", constant, 0.2
        )
        memory = np.full(expected.size + 200, 7, F)
        out = memory[100:-100].reshape(expected.shape)
        out[:] = np.nan
        kernel.normalise(x, w, two_pass, which, F(0.2), out)
        assert np.linalg.norm(out - expected) <= 3e-6 * np.linalg.norm(expected)
        assert (memory[:100] == 7).all()
        assert (memory[-100:] == 7).all()


def test_what_is_not_a_number_is_seen_by_its_neighbours_alone(rng):
    x = rng.random((12, 12, 40)).astype(F)
    x[11, 6, 30] = np.nan
    out = np.zeros((12, 10, 38), F)
    kernel.normalise(x, lcn.gaussian(3, 0.8).astype(F), True, 2, F(0.2), out)
    wrong = np.argwhere(np.isnan(out))
    assert {tuple(place) for place in wrong} >= {(11, 5, 29)}
    assert (np.abs(wrong - [11, 5, 29]) <= 2).all()


@pytest.mark.parametrize("two_pass", [True, False], ids=["two_pass", "one_window"])
def test_of_no_frames_there_are_none(two_pass):
    w, out = lcn.gaussian(3, 0.8).astype(F), np.zeros((0, 10, 38), F)
    for constant in range(3):
        assert len(kernel.normalise(np.zeros((0, 12, 40), F), w, two_pass, constant, F(0.2), out)) == 0


def test_the_same_clip_gives_the_same_bytes(rng):
    x = rng.random((9, 20, 30)).astype(F)
    out = np.zeros((2, 9, 14, 24), F)
    for k in range(2):
        kernel.normalise(x.copy(), lcn.gaussian(7, 1.5).astype(F), True, 0, F(0), out[k])
    assert out[0].tobytes() == out[1].tobytes()
