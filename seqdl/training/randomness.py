"""One seed, and a generator of its own for every purpose, so that no draw shifts another."""

import numpy as np

PURPOSES = ("initial weights", "convnet", "lstm", "single-step", "vary")


def generator(seed: int, draw: int, purpose: str, epoch: int = 0) -> np.random.Generator:
    """The generator for one ``purpose`` of ``PURPOSES``, in a run of some ``seed`` and ``draw``.

    Each ``epoch`` has its own, so a resumed run draws what the uninterrupted one would have drawn.
    """
    key = (draw, PURPOSES.index(purpose), epoch)
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=key))
