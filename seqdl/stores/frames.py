"""Prepared sequences on disk: made once, memory-mapped, reused.

A store is a folder of the cache (:mod:`seqdl.stores.arrays`), named after everything that made its content: the
settings, the code of the video room and the decoder's version. It holds ``frames.f32`` (all normalised frames one
after the other) and ``seen.u8`` (whether anybody is seen in each); a sequence's key is its file, size, time, range and
box.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import multiprocessing
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from tqdm import tqdm

from seqdl import config as configuration
from seqdl.base import files
from seqdl.config import Config
from seqdl.datasets.base import Dataset, Sequence
from seqdl.errors import SeqdlError
from seqdl.stores.arrays import Column, Shelf, opened

FEW = 8
"""So many sequences are prepared faster than worker processes start."""
TOGETHER = 16
"""At most so many sequences of one file are prepared in one go, and held in memory meanwhile."""


@dataclass
class Prepared:
    """A dataset as the network sees it.

    Parameters
    ----------
    frames : array of float32, (F, rows, columns)
        All frames of the store, memory-mapped, read-only.
    seen : array of bool, (F,)
        Whether anybody is seen.
    spans : dict of str to (int, int)
        First frame and number of frames of each sequence, by its name.
    skipped : dict of str to str
        Sequences that could not be prepared, and why.
    notes : list of str
        Damage that was found and worked around.
    """

    frames: np.ndarray
    seen: np.ndarray
    spans: dict[str, tuple[int, int]] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @property
    def footage(self) -> int:
        """Frames of all sequences."""
        return sum(length for _, length in self.spans.values())


def prepare(dataset: Dataset, config: Config, cache: Path | None = None, workers: int = 1) -> Prepared:
    """Prepare what is not yet in the store, and open it.

    Parameters
    ----------
    dataset : Dataset
        What to prepare.
    config : Config
        The settings.
    cache : Path, optional
        The folder of all stores; see :func:`seqdl.base.files.cache_folder`.
    workers : int
        Processes that prepare; they are spawned, so a script that asks for more than one needs the
        ``if __name__ == "__main__"`` guard.

    Returns
    -------
    Prepared

    Raises
    ------
    SeqdlError
        Where no sequence at all could be prepared, or the cache cannot be written.
    """
    rule = dataset.box if config.video.box == "auto" else config.video.box
    rows, columns = config.convnet.rows, config.convnet.columns
    arrays = {"frames.f32": Column(np.float32, (rows, columns)), "seen.u8": Column(np.bool_)}
    with opened((cache or files.cache_folder()) / settings_key(config), arrays) as shelf:
        return _prepared(dataset, rule, config, shelf, workers)


def settings_key(config: Config) -> str:
    """A name for everything but the sequences that prepared frames depend on.

    Parameters
    ----------
    config : Config
        The settings.

    Returns
    -------
    str
    """
    video = configuration.to_dict(config.video)
    for independent in ("empty", "box", "max_frames"):
        del video[independent]
    # Of all kernels, since they share their words.
    makers = code_hash("video/*.py", "kernels/*.py", "ops/lcn.py")
    settings = [video, configuration.to_dict(config.lcn), configuration.crop_size(config), makers]
    return hashlib.sha256(json.dumps(settings).encode()).hexdigest()[:16]


@functools.cache
def code_hash(*patterns: str) -> str:
    """A hash of the code that prepares, and of the decoder's version.

    Parameters
    ----------
    *patterns : str
        Which files of the package.

    Returns
    -------
    str
    """
    import av

    here = Path(__file__).parents[1]
    made_by = hashlib.sha256(av.__version__.encode())
    for path in sorted(path for pattern in patterns for path in here.glob(pattern)):
        made_by.update(path.read_bytes())
    return made_by.hexdigest()


def video_identity(sequence: Sequence, dataset: Dataset) -> list[Any]:
    """What tells a sequence's video from all others: the file as it is now, or what a dataset renders it from.

    Parameters
    ----------
    sequence : Sequence
        The sequence.
    dataset : Dataset
        Its dataset.

    Returns
    -------
    list
        As JSON has it.
    """
    if sequence.file is not None:
        with contextlib.suppress(OSError):
            status = sequence.file.stat()
            return [str(sequence.file.resolve()), status.st_size, status.st_mtime_ns]
    return [dataset.source, sequence.label, sequence.person, dict(sequence.extra), str(sequence.file)]


def key_of(identity: list[Any]) -> str:
    """A name for an item of a store.

    Parameters
    ----------
    identity : list
        What tells it from all others, as JSON has it.

    Returns
    -------
    str
    """
    return hashlib.sha256(json.dumps(identity).encode()).hexdigest()[:24]


def _prepared(dataset: Dataset, rule: str, config: Config, shelf: Shelf, workers: int) -> Prepared:
    keys = {
        sequence.name: key_of([video_identity(sequence, dataset), sequence.first, sequence.last, rule])
        for sequence in dataset.sequences
    }
    missing = [sequence for sequence in dataset.sequences if keys[sequence.name] not in shelf.index]
    skipped: dict[str, str] = {}
    if missing:
        settings = {"video": configuration.to_dict(config.video), "lcn": configuration.to_dict(config.lcn)}
        files.write_json(shelf.folder / "settings.json", settings)
        work = functools.partial(_make, render=dataset.render, rule=rule, config=config)
        with shelf.growing() as add:
            for sequence, made in in_groups(work, _groups(missing), workers, "prepare"):
                if isinstance(made, str):
                    skipped[sequence.name] = made
                else:
                    clip, seen, notes = made
                    add(keys[sequence.name], (clip, seen), notes)
    spans, notes, least = {}, [], config.convnet.frames
    for name, key in keys.items():
        if name not in skipped:
            first, length, said = shelf.index[key]
            if length < least:  # prepared for a network with shorter windows
                skipped[name] = f"{name} has {length} frames, a window needs {least}: leave it out"
                continue
            spans[name] = (first, length)
            notes += said
    if not spans:
        raise SeqdlError(f"no sequence of {dataset.name} can be used; the first: {next(iter(skipped.values()))}")
    return Prepared(shelf.array("frames.f32"), shelf.array("seen.u8"), spans, skipped, notes)


Made = tuple[np.ndarray, np.ndarray, list[str]] | str


def _groups(sequences: list[Sequence]) -> list[list[Sequence]]:
    """Successive stretches of one file together, so that its frames are decoded once, and not anew for each."""
    groups: list[list[Sequence]] = []
    for sequence in sequences:
        before = groups[-1][-1] if groups else None
        goes_on = (
            before is not None
            and sequence.file is not None
            and sequence.file == before.file
            and before.last is not None
            and before.last < sequence.first
        )
        if goes_on and len(groups[-1]) < TOGETHER:
            groups[-1].append(sequence)
        else:
            groups.append([sequence])
    return groups


T = TypeVar("T")
M = TypeVar("M")


def in_groups(
    work: Callable[[list[T]], list[M]], groups: list[list[T]], workers: int, name: str, unit: str = "seq"
) -> Iterator[tuple[T, M]]:
    """Work on groups of things, in processes where that is worth while, with a progress bar.

    Parameters
    ----------
    work : callable
        Makes something of each thing of a group; can be pickled.
    groups : list of list
        The things.
    workers : int
        Processes.
    name, unit : str
        The bar's.

    Yields
    ------
    tuple
        Each thing and what was made of it, in order.
    """
    count = sum(map(len, groups))
    with tqdm(total=count, desc=name, unit=unit, disable=None, leave=False) as bar:
        many = workers > 1 and count > FEW
        results = _in_processes(work, groups, workers) if many else map(work, groups)
        for group, made in zip(groups, results):
            for pair in zip(group, made):
                yield pair
                bar.update()


def _in_processes(work: Callable[[list[T]], list[M]], groups: list[list[T]], workers: int) -> Iterator[list[M]]:
    """Like ``map``, in spawned processes, a few groups ahead, so that memory stays flat."""
    context = multiprocessing.get_context("spawn")
    executor = ProcessPoolExecutor(workers, mp_context=context, initializer=_start_worker)
    pending: deque[Any] = deque()
    try:
        for group in groups:
            with interrupt_held_back():
                pending.append(executor.submit(work, group))
            if len(pending) > 2 * workers:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
    except BrokenProcessPool as error:
        raise SeqdlError("a process that prepared video died; is there enough memory? try --workers 1") from error
    finally:
        executor.shutdown(wait=True, cancel_futures=True)


@contextlib.contextmanager
def interrupt_held_back() -> Iterator[None]:
    """Processes started meanwhile never see an interrupt, not even while they import; this one sees it afterwards."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _start_worker() -> None:
    """Leave an interrupt to the parent, which ends the workers."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _make(sequences: list[Sequence], render: Any, rule: str, config: Config) -> list[Made]:
    """For each sequence of a group its frames, whether anybody is seen and notes, or why it cannot be used."""
    made: list[Made] = []
    while len(made) < len(sequences):  # what comes after a failure starts with the file anew
        try:
            for result in _clips(sequences[len(made) :], render, rule, config):
                made.append(result)
        except SeqdlError as error:
            made.append(str(error))
    return made


def _clips(sequences: list[Sequence], render: Any, rule: str, config: Config) -> Iterator[Made]:
    from seqdl.video.prepare import prepare as prepare_frames
    from seqdl.video.reader import Reader

    file = sequences[0].file
    if file is None:
        for sequence in sequences:
            clip = prepare_frames(render(sequence), rule, config, sequence.name)
            yield clip.frames, clip.seen, []
        return
    with Reader(file, grey=config.video.grey, max_frames=config.video.max_frames) as reader:
        numbered = enumerate(reader)
        for sequence in sequences:
            clip = prepare_frames(_stretch(numbered, sequence), rule, config, sequence.name)
            yield clip.frames, clip.seen, [f"{sequence.name}: {note}" for note in reader.report.notes]


def _stretch(numbered: Iterable[tuple[int, np.ndarray]], sequence: Sequence) -> Iterator[np.ndarray]:
    """The sequence's own frames; what follows stays for the next one."""
    for k, frame in numbered:
        if k >= sequence.first:
            yield frame
        if k == sequence.last:
            return
