"""One seed, and a generator of its own for every purpose, so that no draw shifts another."""

from __future__ import annotations

import numpy as np

PURPOSES = ("initial weights", "convnet", "lstm")


def generator(seed: int, draw: int, purpose: str, epoch: int = 0) -> np.random.Generator:
    """The generator for one purpose.

    Parameters
    ----------
    seed : int
        The run's seed.
    draw : int
        The split's number.
    purpose : str
        One of ``PURPOSES``.
    epoch : int
        The pass; each has its own generator, so a resumed run draws what the uninterrupted one would have drawn.

    Returns
    -------
    numpy.random.Generator
    """
    key = (draw, PURPOSES.index(purpose), epoch)
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=key))
