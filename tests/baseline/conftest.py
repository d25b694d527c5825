"""Volumes whose answers are known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage


@pytest.fixture
def texture():
    """Smooth random grey values that move by a known velocity: ``texture(rng, frames, rows, columns, (vy, vx))``."""

    def make(rng, frames, rows, columns, velocity=(0.0, 0.0), blur=2.0):
        margin = int(np.ceil(frames * np.abs(velocity).max())) + 8
        large = ndimage.gaussian_filter(rng.standard_normal((rows + 2 * margin, columns + 2 * margin)), blur)
        large = 127 + 45 * large / large.std()
        y, x = np.mgrid[:rows, :columns] + margin
        moved = [
            ndimage.map_coordinates(large, [y - velocity[0] * t, x - velocity[1] * t], order=3) for t in range(frames)
        ]
        return np.stack(moved).round().clip(0, 255).astype(np.uint8)

    return make


@pytest.fixture
def corner():
    """A bright corner on dark ground: ``corner(places, rows, columns)``; to the left of and above its place it is."""

    def make(places, rows, columns):
        y, x = np.mgrid[:rows, :columns]
        frames = [200 / (1 + np.exp(y - at[0])) / (1 + np.exp(x - at[1])) + 20 for at in places]
        return np.stack(frames).round().astype(np.uint8)

    return make


@pytest.fixture
def dot():
    """A dot that blinks once: ``dot(frames, rows, columns, (t, y, x), sigma2, tau2)``, a Gaussian."""

    def make(frames, rows, columns, at, sigma2, tau2):
        t, y, x = (np.arange(n) - c for n, c in zip((frames, rows, columns), at, strict=True))
        t, y, x = np.exp(-(t**2) / (2 * tau2)), np.exp(-(y**2) / (2 * sigma2)), np.exp(-(x**2) / (2 * sigma2))
        return (200 * t[:, None, None] * y[:, None] * x).round().astype(np.uint8)

    return make
