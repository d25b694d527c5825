"""Interest points on disk, with their HOF descriptors: what the model ``stip-lstm`` reads of a sequence.

A store of its own beside that of the frames (:mod:`seqdl.store`), with an item for each sequence and each copy of it
(mirrored, flipped). The points are those that the detector finds in the whole video, in its own resolution, as far as
they lie in the sequence's frames. A point depends on ``HALO`` frames before and after it and on no others, so these
are all that is read around a sequence: the points are the same.
"""

from __future__ import annotations

import functools
import hashlib
import itertools
import json
from collections.abc import Callable, Iterable, Iterator
from collections.abc import Sequence as Several
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from seqdl import files
from seqdl.baseline import stip
from seqdl.baseline.scales import HALO, POINT
from seqdl.config import Config
from seqdl.datasets.base import Dataset, Sequence
from seqdl.errors import SeqdlError
from seqdl.ops import copies
from seqdl.shelf import Column, opened
from seqdl.store import code_hash, in_groups, sequence_key
from seqdl.video.reader import Reader

COLUMNS = {"points.bin": Column(POINT), "hof.f32": Column(np.float32, (stip.HOF,))}
Version = tuple[bool, bool]
"""A copy of a sequence: whether it is mirrored, and whether flipped."""
PLAIN: Version = (False, False)
Render = Callable[[Sequence], Iterator[np.ndarray]] | None


@dataclass
class Points:
    """A dataset as the baseline sees it.

    Parameters
    ----------
    points : array of POINT, (n,)
        All points of the store, memory-mapped, read-only; of a copy in its own coordinates.
    hof : array of float32, (n, 90)
        Their descriptors.
    spans : dict of str to dict of (bool, bool) to (int, int)
        First point and number of points of each sequence and copy (mirrored, flipped), by the sequence's name.
    footage : int
        Frames of all sequences.
    skipped : dict of str to str
        Sequences that could not be used, and why.
    notes : list of str
        Damage that was found and worked around.
    """

    points: np.ndarray
    hof: np.ndarray
    spans: dict[str, dict[Version, tuple[int, int]]] = field(default_factory=dict)
    footage: int = 0
    skipped: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def steps(self, name: str, version: Version = PLAIN, most: int = 0) -> np.ndarray:
        """What the LSTM reads of a sequence.

        Parameters
        ----------
        name : str
            The sequence.
        version : tuple of bool
            Which copy of it: mirrored, flipped.
        most : int
            As for :func:`strongest`.

        Returns
        -------
        array of float32, (n, 90)
            A descriptor a step, in the order of time.
        """
        first, count = self.spans[name][version]
        chosen = slice(first, first + count)
        return self.hof[chosen][strongest(self.points[chosen], most)]


def strongest(points: np.ndarray, most: int) -> np.ndarray:
    """The points of the largest response, in their own order.

    Parameters
    ----------
    points : array of POINT, (n,)
        In the order of time.
    most : int
        So many; 0 for all.

    Returns
    -------
    array of int
        Their places.
    """
    if not 0 < most < len(points):
        return np.arange(len(points))
    return np.sort(np.argsort(-points["response"], kind="stable")[:most])


def find(frames: Iterable[np.ndarray], config: Config, name: str) -> tuple[np.ndarray, np.ndarray]:
    """All points of a video and their HOF descriptors.

    Parameters
    ----------
    frames : iterable of array of uint8, (height, width)
        Grey frames.
    config : Config
        Says which form runs.
    name : str
        The video's name, for messages.

    Returns
    -------
    points : array of POINT, (n,)
        In the order of time; points of one frame in that of scale, row and column.
    hof : array of float32, (n, 90)

    Raises
    ------
    SeqdlError
        For a video that is too short, or whose frames are too small or too large.
    """
    found = list(stip.features(frames, config.backend, name))
    return np.concatenate([part.points for part in found]), np.concatenate([part.hof for part in found])


def prepare(
    dataset: Dataset,
    config: Config,
    versions: Several[Version] = (PLAIN,),
    cache: Path | None = None,
    workers: int = 1,
) -> Points:
    """Find and describe what is not yet in the store, and open it.

    Parameters
    ----------
    dataset : Dataset
        Whose sequences.
    config : Config
        The settings.
    versions : sequence of tuple of bool
        Which copies are needed: (mirrored, flipped), the plain one among them.
    cache : Path, optional
        The folder of all stores; see :func:`seqdl.files.cache_folder`.
    workers : int
        Processes; they are spawned, so a script that asks for more than one needs the ``if __name__ == "__main__"``
        guard.

    Returns
    -------
    Points

    Raises
    ------
    SeqdlError
        Where no sequence at all can be used, or the cache cannot be written.
    """
    folder = (cache or files.cache_folder()) / f"stip-{_settings_key(config)}"
    wanted = {(sequence.name, version): (sequence, version) for sequence in dataset.sequences for version in versions}
    keys = {place: sequence_key(item[0], dataset, f"stip {item[1]}") for place, item in wanted.items()}
    made = Points(np.empty(0, POINT), np.empty((0, stip.HOF), np.float32))
    with opened(folder, COLUMNS) as shelf:
        missing = [[item] for place, item in wanted.items() if keys[place] not in shelf.index]
        if missing:
            work = functools.partial(_make, render=dataset.render, config=config)
            with shelf.growing() as add:
                for (sequence, version), result in in_groups(work, missing, workers, "points"):
                    if isinstance(result, str):
                        made.skipped[sequence.name] = result
                    else:
                        add(keys[sequence.name, version], result[:2], result[2:])
        made.points, made.hof = shelf.array("points.bin"), shelf.array("hof.f32")
        for (name, version), key in keys.items():
            if name in made.skipped:
                continue
            first, count, (frames, notes) = shelf.index[key]
            made.spans.setdefault(name, {})[version] = (first, count)
            if version == PLAIN:
                made.footage += frames
                made.notes += notes
    if not made.spans:
        first_reason = next(iter(made.skipped.values()))
        raise SeqdlError(f"no sequence of {dataset.name} can be used; the first: {first_reason}")
    return made


def _settings_key(config: Config) -> str:
    """A name for everything but the sequences that points and descriptors depend on."""
    makers = code_hash("video/reader.py", "video/arrays.py", "kernels/*.py", "baseline/*.py")
    return hashlib.sha256(json.dumps([config.video.grey, config.backend, makers]).encode()).hexdigest()[:16]


Made = tuple[np.ndarray, np.ndarray, int, list[str]] | str


def _make(items: list[tuple[Sequence, Version]], render: Render, config: Config) -> list[Made]:
    """For each sequence its points, descriptors, number of frames and notes, or why it cannot be used."""
    made: list[Made] = []
    for sequence, version in items:
        try:
            made.append(_of_sequence(sequence, version, render, config))
        except SeqdlError as error:
            made.append(str(error))
    return made


def _of_sequence(sequence: Sequence, version: Version, render: Render, config: Config) -> Made:
    notes: list[str] = []
    within, start = 0, max(0, sequence.first - HALO)

    def frames() -> Iterator[np.ndarray]:
        nonlocal within
        for t, frame in enumerate(_around(sequence, start, render, config, notes), start):
            within += sequence.first <= t and (sequence.last is None or t <= sequence.last)
            yield copies.copy(frame[None], *version)[0]

    points, hof = find(frames(), config, sequence.name)
    points["t"] += start
    inside = (points["t"] >= sequence.first) & (points["t"] < sequence.first + within)
    return points[inside], hof[inside], within, [f"{sequence.name}: {note}" for note in notes]


def _around(sequence: Sequence, start: int, render: Render, config: Config, notes: list[str]) -> Iterator[np.ndarray]:
    """The sequence's frames and those around it that its points depend on; also notes on damage."""
    stop = None if sequence.last is None else sequence.last + HALO + 1
    if sequence.file is None:
        assert render is not None
        yield from itertools.islice(render(replace(sequence, first=start, last=None)), stop and stop - start)
        return
    with Reader(sequence.file, grey=config.video.grey, max_frames=config.video.max_frames) as reader:
        yield from itertools.islice(reader, start, stop)
        notes += reader.report.notes
