"""The kernels of C1 as they are, and how much each answers to change."""

from __future__ import annotations

import numpy as np
import pytest
from drawn_text import overlaps, texts

pytest.importorskip("matplotlib", reason="matplotlib is absent: pip install 'seqdl[plot]'")
from seqdl.reports.maps import change, kernels


def test_change_is_the_share_that_the_mean_frame_lacks(rng):
    still = np.broadcast_to(rng.normal(size=(1, 7, 7)), (5, 7, 7))
    assert change(still) == pytest.approx(0)
    blinking = still * np.array([1, -1, 0, 1, -1])[:, None, None]
    assert change(blinking) == pytest.approx(1)
    assert change(still + 2 * blinking) == pytest.approx(4 * 0.8 / (1 + 4 * 0.8))
    assert change(rng.normal(size=(5, 200, 200))) == pytest.approx(0.8, abs=0.01), "noise"
    assert change(np.zeros((5, 7, 7))) == 0


@pytest.mark.parametrize("maps, frames", [(7, 5), (1, 1), (12, 3)])
def test_every_kernel_is_a_row_of_its_frames(maps, frames, rng):
    weights = rng.normal(size=(maps, frames, 7, 7))
    figure = kernels(weights)
    grid = np.array(figure.axes).reshape(maps, frames)
    for (m, t), axes in np.ndenumerate(grid):
        [image] = axes.images
        np.testing.assert_array_equal(image.get_array(), weights[m, t])
        assert image.get_clim() == (-np.abs(weights[m]).max(), np.abs(weights[m]).max())
    assert f"map {maps}\nchange {change(weights[-1]):.0%}" in [t.get_text() for t in texts(figure)]
    assert overlaps(figure) == []
