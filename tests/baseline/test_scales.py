"""Windows, pyramid, blocks."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from seqdl.baseline import scales


@pytest.mark.parametrize("variance, space, time", [(2, 7, 5), (4, 9, 7), (8, 12, 9), (16, 17, 13)])
def test_windows(variance, space, time):
    for half, length in ((scales.space_window(variance), space), (scales.time_window(variance), time)):
        assert len(half) == length
        assert 2 * half.sum() - half[0] == pytest.approx(1, abs=1e-6)
        x = np.arange(length)
        assert half / half[0] == pytest.approx(np.exp(-x * x / (2 * variance)), rel=1e-5)


def test_all_twelve_scales():
    names = [scale.name for scale in scales.scales()]
    assert names == [(s, t) for s in (4, 8, 16, 32, 64, 128) for t in (2, 4)]


@pytest.mark.parametrize("shape", [(2, 8, 10), (1, 7, 9)])
def test_a_level_is_blurred_and_halved(rng, shape):
    frames = rng.integers(0, 256, shape).astype(np.uint8)
    window = np.array([1, 2, 1]) / 4
    blurred = ndimage.correlate1d(
        ndimage.correlate1d(frames.astype(float), window, 1, mode="mirror"), window, 2, mode="mirror"
    )
    assert scales.next_level(frames).tolist() == np.floor(blurred + 0.5)[:, ::2, ::2].astype(int).tolist()


@pytest.mark.parametrize("rows, columns, levels", [(120, 160, 3), (64, 48, 3), (40, 41, 2), (37, 200, 2), (41, 41, 3)])
def test_levels_without_room_for_a_point_are_left_out(rows, columns, levels):
    assert len(scales.pyramid(np.zeros((1, rows, columns), np.uint8))) == levels


@pytest.mark.parametrize("sigma2, tau2", [(4, 2), (8, 2), (4, 4), (8, 4)])
def test_neighbouring_blocks_share_their_end_rows(sigma2, tau2):
    blocks = scales.blocks(sigma2, tau2)
    for one, next_one in zip(blocks.starts, blocks.starts[1:]):
        assert one + blocks.size - 1 == next_one
    (first, middle), (again, last) = blocks.times
    assert middle == again == 0
    assert blocks.starts[-1] + blocks.size - blocks.starts[0] == pytest.approx(18 * np.sqrt(sigma2), abs=1.2)
    assert last - first == pytest.approx(8 * np.sqrt(tau2), abs=0.7)


def test_what_depends_on_the_scales():
    smallest = scales.blocks(4, 2)
    assert smallest.starts[-1] + smallest.size - smallest.starts[0] == scales.SMALLEST
    assert all(b.times[1][1] + b.lag <= scales.HALO for b in (scales.blocks(4, 2), scales.blocks(4, 4)))
    assert scales.SHORTEST == 17
