"""Prepared sequences on disk: made once, memory-mapped, reused.

A store is a folder of the cache (:mod:`seqdl.stores.arrays`), named after everything that made its content: the
settings, the code of seqdl.video and the decoder's version. It holds ``frames.f32`` (all normalised frames one
after the other) and ``seen.u8`` (whether anybody is seen in each); a sequence's key is its file, size, time, range and
box.
"""

import functools
import hashlib
import multiprocessing
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from seqdl import config as configuration
from seqdl.base import cache as caches
from seqdl.base import disk
from seqdl.base.files import digest, release
from seqdl.base.interrupts import undone
from seqdl.base.pool import in_groups
from seqdl.base.rows import IN_MEMORY, spans
from seqdl.base.sources import code_hash
from seqdl.config import GIVEN, Config
from seqdl.datasets import choose
from seqdl.datasets.base import Dataset, Sequence
from seqdl.errors import NoRoomError, SeqdlError, reason
from seqdl.stores.arrays import PIECE, ArrayStore, Column, open_store
from seqdl.stores.base import Store, key_of, video_identity
from seqdl.stores.footage import at_rate, boxed, opened, rate_of
from seqdl.video.windows import too_short

MAKERS = ("video.reader", "video.prepare")
"""What makes prepared frames, with all that it imports."""
HANDED = ".handed"
"""How a file is named in which a worker process hands over what it made."""
TOGETHER = 16
"""At most so many sequences of one file are prepared in one go, and held in memory meanwhile."""


@dataclass
class FrameStore(Store):
    """A dataset as the 3D-ConvNet sees it; a span is of frames.

    Parameters
    ----------
    frames, seen : array of float32, (F, rows, columns), and of bool, (F,)
        All frames of the store, memory-mapped, read-only, and whether anybody is seen in each.
    """

    frames: np.ndarray
    seen: np.ndarray


def prepare(dataset: Dataset, config: Config, cache: Path | None = None, workers: int = 1) -> FrameStore:
    """Prepare what is not yet in the store of a ``dataset`` with the settings of ``config``, and open it.

    ``cache`` is the folder of all stores, by default :func:`seqdl.base.cache.folder`. ``workers`` processes are
    spawned, so a script that asks for more than one needs the ``if __name__ == "__main__"`` guard. A SeqdlError says
    where no sequence at all could be prepared, or the cache cannot be written.
    """
    config = choose.with_own(config, dataset)
    dataset = at_rate(dataset, config.video.rate)
    with open_store((cache or caches.folder()) / settings_key(config), _columns(config)) as store:
        settings = {"video": configuration.to_dict(config.video), "lcn": configuration.to_dict(config.lcn)}
        caches.describe(store.folder, made_by(*MAKERS), dataset.name, settings)
        return _prepared(dataset, config, store, workers)


def there(dataset: Dataset, config: Config) -> FrameStore:
    """What is already in the store of a ``dataset`` with the settings of ``config``: no sequence is prepared.

    Nothing is made or written, and nobody is waited for; an OSError where the store cannot be read.
    """
    config = choose.with_own(config, dataset)
    dataset = at_rate(dataset, config.video.rate)
    store = ArrayStore(caches.folder() / settings_key(config), _columns(config), mend=False)
    keys = _keys(dataset, config)
    damaged = set(store.damaged(keys.values()))
    spans = {name: store.index[key][:2] for name, key in keys.items() if key in store.index and key not in damaged}
    return FrameStore(spans, {}, [], store.array("frames.f32"), store.array("seen.u8"))


def _columns(config: Config) -> dict[str, Column]:
    rows, columns = config.convnet.rows, config.convnet.columns
    return {"frames.f32": Column(np.float32, (rows, columns)), "seen.u8": Column(np.bool_)}


def _keys(dataset: Dataset, config: Config) -> dict[str, str]:
    return {
        sequence.name: key_of(
            [video_identity(sequence, dataset), sequence.first, sequence.last, _box(sequence, dataset, config)]
        )
        for sequence in dataset.sequences
    }


def _box(sequence: Sequence, dataset: Dataset, config: Config) -> Any:
    """What the box of a sequence depends on beside its frames: the rule, and boxes that come with it."""
    if config.video.box != GIVEN or dataset.boxes is None:
        return config.video.box
    try:
        return [GIVEN, [column.tolist() for column in dataset.boxes(sequence)]]
    except SeqdlError as error:
        return [GIVEN, str(error)]


def settings_key(config: Config) -> str:
    """A name for everything but the sequences that prepared frames depend on."""
    video = configuration.to_dict(config.video) | {"rate": rate_of(config)}
    for independent in ("empty", "box"):
        del video[independent]
    return digest([video, configuration.to_dict(config.lcn), configuration.crop_size(config), made_by(*MAKERS)])


def made_by(*modules: str) -> str:
    """A hash of the code of modules, as :func:`seqdl.base.sources.code_hash`, and of the decoder's version."""
    return hashlib.sha256(f"{metadata.version('av')} {code_hash(*modules)}".encode()).hexdigest()[:16]


def _prepared(dataset: Dataset, config: Config, store: ArrayStore, workers: int) -> FrameStore:
    keys = _keys(dataset, config)
    store.forget_damaged({key: name for name, key in keys.items()})
    missing = [sequence for sequence in dataset.sequences if keys[sequence.name] not in store.index]
    skipped: dict[str, str] = {}
    if missing:
        _clear(store.folder)
        work = functools.partial(_make, render=dataset.render, config=config, folder=store.folder, boxes=dataset.boxes)
        with (
            undone(lambda: _clear(store.folder)),
            store.growing() as add,
            in_groups(work, _groups(missing), workers, "prepare") as pairs,
        ):
            for sequence, made in pairs:
                if isinstance(made, str):
                    skipped[sequence.name] = made
                else:
                    clip, seen, notes = made
                    add(keys[sequence.name], (_fetched(clip, store), seen), notes, sequence.name)
                    if isinstance(clip, Path):
                        disk.remove(clip)
    spans, notes = {}, []
    for name, key in keys.items():
        if name not in skipped:
            first, length, said = store.index[key]
            if short := too_short(name, length, config.convnet.frames):  # prepared for a network with shorter windows
                skipped[name] = short
                continue
            spans[name] = (first, length)
            notes += said
    found = FrameStore(spans, skipped, notes, store.array("frames.f32"), store.array("seen.u8"))
    found.require_any(dataset)
    return found


Made = tuple[np.ndarray | Path, np.ndarray, list[str]] | str


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


def _clear(folder: Path) -> None:
    """Remove what worker processes handed over, or began to, and nobody fetched."""
    for left in folder.glob(f"*{HANDED}"):
        disk.remove(left)


def _hand_over(clip: np.ndarray, folder: Path) -> np.ndarray | Path:
    """A sequence's frames; what a worker process has made of a long one lies in a file, which is where it is."""
    if clip.nbytes <= IN_MEMORY or multiprocessing.parent_process() is None:
        return clip
    path = folder / f"{secrets.token_hex(8)}{HANDED}"
    try:
        with disk.opened(path) as file:
            for first, last in spans(len(clip), PIECE):
                file.write(clip[first:last].tobytes())
                release(clip)
    except OSError as error:
        raise NoRoomError(
            f"cannot write the store of prepared video in {folder}: {error.strerror or error}; "
            "free some space, or set SEQDL_CACHE to a folder that can be written"
        ) from error
    return path


def _fetched(clip: np.ndarray | Path, store: ArrayStore) -> np.ndarray:
    """What was handed over, as an array."""
    if isinstance(clip, np.ndarray):
        return clip
    column = store.columns["frames.f32"]
    return disk.mapped(clip, column.kind).reshape(-1, *column.shape)


def _make(sequences: list[Sequence], render: Any, config: Config, folder: Path, boxes: Any = None) -> list[Made]:
    """For each sequence of a group its frames, whether anybody is seen and notes, or why it cannot be used."""
    made: list[Made] = []
    while len(made) < len(sequences):  # what comes after a failure starts with the file anew
        try:
            for clip, seen, notes in _clips(sequences[len(made) :], render, config, boxes):
                made.append((_hand_over(clip, folder), seen, notes))
        except NoRoomError:
            raise
        except Exception as error:  # of any kind: nobody knows what a damaged file makes of a library
            sequence = sequences[len(made)]
            made.append(reason(error, sequence.file or sequence.name))
    return made


def _clips(
    sequences: list[Sequence], render: Any, config: Config, boxes: Any
) -> Iterator[tuple[np.ndarray, np.ndarray, list[str]]]:
    from seqdl.video.prepare import prepare as prepare_frames

    file = sequences[0].file
    if file is None:
        for sequence in sequences:
            clip = prepare_frames(render(sequence), config.video.box, config, sequence.name)
            yield clip.frames, clip.seen, []
        return
    with opened(file, config) as reader:
        numbered = enumerate(reader)
        for sequence in sequences:
            frames: Iterable[np.ndarray] = _stretch(numbered, sequence)
            if boxes and config.video.box == GIVEN:
                frames = boxed(frames, boxes(sequence), reader.rate, config, sequence.first)
            clip = prepare_frames(frames, config.video.box, config, sequence.name)
            yield clip.frames, clip.seen, [f"{sequence.name}: {note}" for note in (*reader.report.notes, *clip.notes)]


def _stretch(numbered: Iterable[tuple[int, np.ndarray]], sequence: Sequence) -> Iterator[np.ndarray]:
    """The sequence's own frames; what follows stays for the next one."""
    for k, frame in numbered:
        if k >= sequence.first:
            yield frame
        if k == sequence.last:
            return
