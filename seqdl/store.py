"""Prepared sequences on disk: made once, memory-mapped, reused.

A store is a folder of the cache, named after everything that made its content: the settings, the code of the video room
and the decoder's version. It holds ``frames.f32`` (all normalised frames one after the other), ``seen.u8`` (whether
anybody is seen in each), and ``index.jsonl``, one line a sequence: its key (file, size, time, range, box), offset and
length. The files only grow, and an index line is written after its frames: what an interrupt leaves behind the last
line is cut off at the next opening, and sequences whose frames are no longer there are prepared again. One process
writes at a time.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

import numpy as np
from tqdm import tqdm

from seqdl import config as configuration
from seqdl import files
from seqdl.config import Config
from seqdl.datasets.base import Dataset, Sequence
from seqdl.errors import SeqdlError

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


def prepare(dataset: Dataset, config: Config, cache: Path | None = None, workers: int = 1) -> Prepared:
    """Prepare what is not yet in the store, and open it.

    Parameters
    ----------
    dataset : Dataset
        What to prepare.
    config : Config
        The settings.
    cache : Path, optional
        The folder of all stores; see :func:`seqdl.files.cache_folder`.
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
    folder = (cache or files.cache_folder()) / settings_key(config)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _locked(folder):
            return _prepared(dataset, rule, config, folder, workers)
    except OSError as error:
        raise SeqdlError(
            f"cannot write the store of prepared video in {folder}: {error.strerror or error}; "
            "free some space, or set SEQDL_CACHE to a folder that can be written"
        ) from error
    except BrokenProcessPool as error:
        raise SeqdlError("a process that prepared video died; is there enough memory? try --workers 1") from error


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
    settings = [video, configuration.to_dict(config.lcn), configuration.crop_size(config), _makers()]
    return hashlib.sha256(json.dumps(settings).encode()).hexdigest()[:16]


@functools.cache
def _makers() -> str:
    """A hash of the code that prepares, and the decoder's version; of all kernels, since they share their words."""
    import av

    here = Path(__file__).parent
    made_by = hashlib.sha256(av.__version__.encode())
    for path in sorted([*(here / "video").glob("*.py"), *(here / "kernels").glob("*.py"), here / "ops/lcn.py"]):
        made_by.update(path.read_bytes())
    return made_by.hexdigest()


def _sequence_key(sequence: Sequence, dataset: Dataset, rule: str) -> str:
    identity: list[Any] = [dataset.source, sequence.name]
    if sequence.file is not None:
        with contextlib.suppress(OSError):
            status = sequence.file.stat()
            identity = [str(sequence.file.resolve()), status.st_size, status.st_mtime_ns]
    return hashlib.sha256(json.dumps([identity, sequence.first, sequence.last, rule]).encode()).hexdigest()[:24]


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold the store for this process; another one that prepares waits."""
    try:
        import fcntl
    except ImportError:  # not on Windows: one process at a time is the user's care there
        yield
        return
    with open(folder / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _prepared(dataset: Dataset, rule: str, config: Config, folder: Path, workers: int) -> Prepared:
    rows, columns = config.convnet.rows, config.convnet.columns
    index = _read_index(folder, rows * columns * 4)
    keys = {sequence.name: _sequence_key(sequence, dataset, rule) for sequence in dataset.sequences}
    missing = [sequence for sequence in dataset.sequences if keys[sequence.name] not in index]
    skipped: dict[str, str] = {}
    if missing:
        settings = {"video": configuration.to_dict(config.video), "lcn": configuration.to_dict(config.lcn)}
        files.write_json(folder / "settings.json", settings)
        total = sum(length for _, length, _ in index.values())
        with (
            open(folder / "frames.f32", "ab") as frames,
            open(folder / "seen.u8", "ab") as seen,
            open(folder / "index.jsonl", "a") as lines,
        ):
            frames.truncate(total * rows * columns * 4)
            seen.truncate(total)
            for sequence, made in _made(missing, dataset, rule, config, workers):
                if isinstance(made, str):
                    skipped[sequence.name] = made
                    continue
                clip, was_seen, notes = made
                frames.write(clip.tobytes())
                seen.write(was_seen.tobytes())
                frames.flush()
                seen.flush()
                index[keys[sequence.name]] = _add_line(lines, keys[sequence.name], total, len(clip), notes)
                total += len(clip)
    spans, notes, least = {}, [], config.convnet.frames
    for name, key in keys.items():
        if name not in skipped:
            offset, length, said = index[key]
            if length < least:  # prepared for a network with shorter windows
                skipped[name] = f"{name} has {length} frames, a window needs {least}: leave it out"
                continue
            spans[name] = (offset, length)
            notes += said
    if not spans:
        raise SeqdlError(f"no sequence of {dataset.name} can be used; the first: {next(iter(skipped.values()))}")
    mapped = np.memmap(folder / "frames.f32", np.float32, "r").reshape(-1, rows, columns)
    return Prepared(np.asarray(mapped), np.fromfile(folder / "seen.u8", bool), spans, skipped, notes)


def _read_index(folder: Path, frame_bytes: int) -> dict[str, tuple[int, int, list[str]]]:
    """The sequences there are, by key: offset, length, notes.

    It ends before the first line that was cut short, does not follow on the one before, or whose frames are not there.
    """
    path = folder / "index.jsonl"
    index: dict[str, tuple[int, int, list[str]]] = {}
    if not path.exists():
        return index
    there = min(_size(folder / "frames.f32") // frame_bytes, _size(folder / "seen.u8"))
    good, total = 0, 0
    for line in path.read_bytes().splitlines(keepends=True):
        try:
            key, offset, length, notes = json.loads(line)
            follows = line.endswith(b"\n") and offset == total and 0 < length <= there - total
        except (ValueError, TypeError):
            break
        if not follows:
            break
        index[key] = (offset, length, notes)
        good, total = good + len(line), total + length
    os.truncate(path, good)
    return index


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _add_line(lines: TextIO, key: str, offset: int, length: int, notes: list[str]) -> tuple[int, int, list[str]]:
    lines.write(json.dumps([key, offset, length, notes]) + "\n")
    lines.flush()
    return offset, length, notes


Made = tuple[np.ndarray, np.ndarray, list[str]] | str


def _made(
    sequences: list[Sequence], dataset: Dataset, rule: str, config: Config, workers: int
) -> Iterator[tuple[Sequence, Made]]:
    """Each sequence with its frames, whether anybody is seen and notes, or with the reason why not; in order."""
    work = functools.partial(_make, render=dataset.render, rule=rule, config=config)
    groups = _groups(sequences)
    with tqdm(total=len(sequences), desc="prepare", unit="seq", disable=None, leave=False) as bar:
        many = workers > 1 and len(sequences) > FEW
        results = _in_processes(work, groups, workers) if many else map(work, groups)
        for group, made in zip(groups, results):
            for pair in zip(group, made):
                yield pair
                bar.update()


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


def _in_processes(work: Any, groups: list[list[Sequence]], workers: int) -> Iterator[list[Made]]:
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
