"""Datasets of any size: ten drawn videos, and hard links to them under other names.

The same ten, again and again, so that a frame costs the same in every size unless the size itself costs something. Each
name is a file of its own for the pipeline: it is opened, decoded and prepared anew.
"""

import os
from pathlib import Path

import numpy as np

from experiments import script
from seqdl.base import files
from seqdl.datasets.actors.take import Take

SEED, FRAMES = 2011, 80
PERSONS, ACTIONS = 5, ("boxing", "walking")
BASE = PERSONS * len(ACTIONS)
SIZES = (10, 100, 1000, 10_000)


def video(path: Path, person: int, action: str, scale: int) -> None:
    """Write one video: the figure in the middle of a repetition, enlarged where asked."""
    take = Take(SEED, person, action, "d1")
    first, last = take.path.spans[0]
    start = max(0, (first + last + 1 - FRAMES) // 2)
    large = (np.kron(frame, np.ones((scale, scale), np.uint8)) for frame in take.frames(start, start + FRAMES - 1))
    script.film(path, large, 400_000 * scale * scale)


def write(folder: Path, size: int, scale: int = 1) -> Path:
    """A dataset of ``size`` videos with its list of persons, made where it is absent; its folder."""
    dataset, originals = folder / f"{size}-{scale}x", folder / f"videos-{scale}x"
    if (dataset / "persons.csv").is_file():
        return dataset
    originals.mkdir(parents=True, exist_ok=True)
    rows = ["file,person"]
    for number in range(size):
        person, action = 1 + number % PERSONS, ACTIONS[number % BASE // PERSONS]
        original = originals / f"{action}_{person}.avi"
        if not original.is_file():
            with files.replace_atomic(original) as path:
                video(path, person, action, scale)
        name = f"{action}/{person}_{number // BASE:04d}.avi"
        (dataset / action).mkdir(parents=True, exist_ok=True)
        if not (dataset / name).exists():
            os.link(original, dataset / name)
        rows.append(f"{name},person{person}")
    files.write_atomic(dataset / "persons.csv", "\n".join(rows) + "\n")
    return dataset
