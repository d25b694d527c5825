"""Varied copies: drawn as the section ``vary`` of the configuration says, made by the form that runs the networks."""

import functools
from dataclasses import fields
from typing import TYPE_CHECKING

import numpy as np

from seqdl.base.arrays import check_exact, check_finite, read_only
from seqdl.config import VaryConfig
from seqdl.model.updates import Updates, VariedUpdates
from seqdl.model.workspaces import Pool
from seqdl.ops import vary
from seqdl.ops.vary import Variation

if TYPE_CHECKING:
    from seqdl.kernels.layers.vary import Frames, Workspace

SEEDS = 2**31
"""The seeds of what is drawn for each frame are below this."""


RANGES = tuple(field.name for field in fields(VaryConfig) if field.name != "sequences")
"""The settings that say how far something is varied."""


def wanted(section: VaryConfig) -> bool:
    """Whether anything is varied."""
    return any(getattr(section, name) for name in RANGES)


def draw(section: VaryConfig, rng: np.random.Generator, count: int) -> np.ndarray:
    """So many variations drawn by ``rng``, (count, V) of float64: the numbers of :class:`seqdl.ops.vary.Variation`.

    The ``section`` says how far each is varied, and ``count`` how many they are.
    """

    def factor(most: float) -> np.ndarray:
        return (1 + most) ** rng.uniform(-1, 1, count)

    def either_way(most: float) -> np.ndarray:
        return most * rng.uniform(-1, 1, count)

    def up_to(most: float) -> np.ndarray:
        return most * rng.uniform(0, 1, count)

    drawn = {
        "size": factor(section.size),
        "proportion": factor(section.proportion),
        "down": either_way(section.place),
        "right": either_way(section.place),
        "rotation": either_way(section.rotation),
        "speed": factor(section.speed),
        "contrast": factor(section.contrast),
        "brightness": up_to(section.brightness),
        "noise": up_to(section.noise),
        "blur": up_to(section.blur),
        "bar": up_to(section.bar),
        "upright": rng.integers(2, size=count),
        "at": up_to(1),
        "jitter": up_to(section.jitter),
        "seed": rng.integers(SEEDS, size=count),
    }
    return np.stack([drawn[name] for name in Variation._fields], axis=1).astype(np.float64)


def origins(starts: np.ndarray, lengths: np.ndarray, variations: np.ndarray) -> np.ndarray:
    """Which frames (n,) copies of clips begin at, whose middles stay where they are whatever the speed.

    ``starts`` and ``lengths`` (n,) are first frame and number of frames of the clips, ``variations`` (n, V) theirs.
    """
    return starts + (1 - variations[:, Variation._fields.index("speed")]) * (lengths - 1) / 2


def check_variations(variations: np.ndarray, spans: np.ndarray, count: int, frames: int) -> None:
    """A ValueError for ``variations`` and ``spans`` that are none of ``count`` clips among so many ``frames``."""
    check_exact(variations, "variations", np.float64, (count, len(Variation._fields)))
    check_finite(variations, "variations")
    check_exact(spans, "spans", np.int64, (count, 2))
    if count and (spans.min() < 0 or spans[:, 1].min() < 1 or spans.sum(axis=1).max() > frames):
        raise ValueError(f"spans: sequences that are empty, or reach outside the {frames} frames")


def windows(
    frames: np.ndarray, updates: VariedUpdates, window: int, backend: str = "numba", out: np.ndarray | None = None
) -> tuple[np.ndarray, Updates]:
    """Varied windows, one after the other, and the ``updates`` by them.

    The ``frames`` (F, Y, X) are those of a store; a ``window`` has so many; ``backend`` and ``out`` are as in
    :func:`render`.
    """
    starts, labels, copy, rates, spans, variations, seeds = updates
    lengths = np.full(len(starts), window)
    made = render(frames, spans, origins(starts, lengths, variations), lengths, variations, window, backend, out)
    return made, Updates(np.arange(len(starts)) * window, labels, copy, rates, seeds)


def render(
    frames: np.ndarray,
    spans: np.ndarray,
    origins: np.ndarray,
    lengths: np.ndarray,
    variations: np.ndarray,
    window: int,
    backend: str,
    out: np.ndarray | None = None,
) -> np.ndarray:
    """Varied copies of n clips, one after the other, (all their frames, Y, X).

    Parameters
    ----------
    frames : array, (F, Y, X)
        The frames of a store.
    spans : array of int64, (n, 2)
        First frame and number of frames of each clip's sequence, beyond which nothing is looked at.
    origins : array of float64, (n,)
        Which frame of the store is each copy's first, possibly between two.
    lengths : array of int64, (n,)
        Frames of each copy, at least those of a window.
    variations : array of float64, (n, V)
        From :func:`draw`.
    window : int
        Frames of a window.
    backend : {"numba", "numpy"}
        Which form runs.
    out : array of float32, (at least all their frames, Y, X), optional
        Where the compiled form puts them; new memory would be fetched from the system each time.
    """
    if backend == "numpy":
        clips = [
            vary.render(frames[first : first + count], Variation(*row), float(origin - first), int(length))
            for (first, count), origin, length, row in zip(spans, origins, lengths, variations.tolist())
        ]
        return np.concatenate(clips)
    from seqdl.kernels.layers import vary as kernel

    count = int(lengths.sum())
    out = np.empty((count, *frames.shape[1:]), np.float32) if out is None else out[:count]
    g = kernel.sizes(window, *frames.shape[1:])
    with _room(g).workspace() as work:
        kernel.render_clips(g, read_only(frames), spans, origins, lengths, variations, work, out)
    return out


@functools.cache
def _room(g: "Frames") -> "Pool[Workspace]":
    """What copies of that size are made in, and what will make the next ones."""
    from seqdl.kernels.layers import vary as kernel

    return Pool(lambda: kernel.workspace(g))
