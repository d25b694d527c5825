"""Interest points on disk, with their HOF descriptors: what the model ``stip-lstm`` reads of a sequence.

A store of its own beside that of the frames (:mod:`seqdl.stores.frames`), with an item for each video. The points are
those that the detector finds in the whole video, in its own resolution; a sequence has those that lie in its frames. A
point depends on ``HALO`` frames before and after it and on no others, so what lies further from all sequences of a
dataset is not read: the points are the same. Copies of a sequence, mirrored or flipped, are made of what is stored.
"""

import functools
import itertools
import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from seqdl.base import cache as caches
from seqdl.base.arrays import check_whole
from seqdl.base.files import digest
from seqdl.base.pool import in_groups, or_reasons
from seqdl.baseline import stip
from seqdl.baseline.scales import HALO, POINT, check_points
from seqdl.config import Config
from seqdl.datasets import choose
from seqdl.datasets.base import Dataset, Sequence
from seqdl.stores.arrays import ArrayStore, Column, open_store
from seqdl.stores.base import Store, key_of, video_identity
from seqdl.stores.footage import at_rate, opened
from seqdl.stores.frames import made_by
from seqdl.video.downsample import downsample

MAKERS = ("video.reader", "baseline.stip")
"""What makes points and descriptors, with all that it imports."""
COLUMNS = {"points.bin": Column(POINT), "hof.f32": Column(np.float32, (stip.HOF,))}
Render = Callable[[Sequence], Iterator[np.ndarray]] | None


@dataclass
class PointStore(Store):
    """A dataset as the baseline sees it; a span is of points.

    Parameters
    ----------
    points, hof : array of POINT, (n,), and of float32, (n, 90)
        All points of the store, memory-mapped, read-only, and their descriptors.
    frames : dict of str to int
        Frames of each sequence.
    """

    points: np.ndarray
    hof: np.ndarray
    frames: dict[str, int] = field(default_factory=dict)

    @property
    def lengths(self) -> dict[str, int]:
        """Frames of each sequence."""
        return self.frames

    def steps(self, name: str, mirror: bool = False, flip: bool = False, most: int = 0) -> np.ndarray:
        """What the LSTM reads of the sequence ``name``: descriptors (n, 90) of float32, in the order of time.

        ``mirror`` and ``flip`` say which copy of it, see :func:`seqdl.baseline.stip.turned`; ``most`` is as for
        :func:`strongest`.
        """
        first, count = self.spans[name]
        points, hof = self.points[first : first + count], self.hof[first : first + count]
        kept = strongest(points, most)
        return stip.turned(points[kept], hof[kept], mirror, flip)


def strongest(points: np.ndarray, most: int) -> np.ndarray:
    """The places of the ``most`` points of the largest response (0: of all), in their own order, that of time."""
    check_points(points)
    check_whole(most, "most")
    if not 0 < most < len(points):
        return np.arange(len(points))
    return np.sort(np.argsort(-points["response"], kind="stable")[:most])


def find(frames: Iterable[np.ndarray], config: Config, name: str) -> tuple[np.ndarray, np.ndarray]:
    """All points of a video, (n,) of POINT, and their HOF descriptors, (n, 90) of float32.

    ``frames`` are grey, (height, width) of uint8; ``config`` says which form runs, ``name`` is the video's, for
    messages. Points are in the order of time, those of one frame in that of scale, row and column. Choice: frames that
    are too large for the detector are down-sampled by the least whole number that makes them fit. A SeqdlError says
    where a video is too short, or its frames are too small.
    """
    found, described = [], []
    fitting = (downsample(frame, math.ceil(math.sqrt(frame.size / stip.MAX_PIXELS))) for frame in frames)
    for part in stip.parts(fitting, config.backend, name):
        found.append(part.detect())
        described.append(part.hof(found[-1]))
    return np.concatenate(found), np.concatenate(described)


def prepare(dataset: Dataset, config: Config, cache: Path | None = None, workers: int = 1) -> PointStore:
    """Find and describe what is not yet in the store of a ``dataset`` with the settings of ``config``, and open it.

    ``cache``, ``workers`` and errors are as for :func:`seqdl.stores.frames.prepare`.
    """
    config = choose.with_own(config, dataset)
    dataset = at_rate(dataset, config.video.rate)
    # Of all that points depend on but the videos.
    key = digest([config.video.grey, config.video.rate, config.backend, made_by(*MAKERS)])
    folder = (cache or caches.folder()) / f"stip-{key}"
    keys = {sequence.name: key_of([video_identity(sequence, dataset)]) for sequence in dataset.sequences}
    videos: dict[str, Sequence] = {}
    for sequence in dataset.sequences:
        key = keys[sequence.name]
        videos[key] = _hull(videos[key], sequence.first, sequence.last) if key in videos else sequence
    with open_store(folder, COLUMNS) as store:
        settings = {"video": {"grey": config.video.grey, "rate": config.video.rate}, "backend": config.backend}
        caches.describe(folder, made_by(*MAKERS), dataset.name, settings)
        store.forget_damaged({key: video.name for key, video in videos.items()})
        failed = _grow(store, videos, dataset.render, config, workers)
        made = PointStore({}, {}, [], store.array("points.bin"), store.array("hof.f32"))
        for sequence in dataset.sequences:
            key = keys[sequence.name]
            if key in failed:
                made.skipped[sequence.name] = failed[key]
                continue
            first, count, (start, _, frames, _) = store.index[key]
            stop = start + frames if sequence.last is None else min(start + frames, sequence.last + 1)
            if stop <= sequence.first:
                made.skipped[sequence.name] = (
                    f"{sequence.name} begins at frame {sequence.first}, its video has {start + frames}: leave it out"
                )
                continue
            times = made.points["t"][first : first + count]
            low, high = np.searchsorted(times, (sequence.first, stop)).tolist()
            made.spans[sequence.name] = (first + low, high - low)
            made.frames[sequence.name] = stop - sequence.first
        made.notes = [note for key in videos if key not in failed for note in store.index[key].about[3]]
    made.require_any(dataset)
    return made


def _hull(sequence: Sequence, first: int, last: int | None) -> Sequence:
    """A sequence made as long as it takes to hold other frames too."""
    last = None if last is None or sequence.last is None else max(last, sequence.last)
    return replace(sequence, first=min(first, sequence.first), last=last)


def _grow(
    store: ArrayStore, videos: dict[str, Sequence], render: Render, config: Config, workers: int
) -> dict[str, str]:
    """Go through the videos that are not yet there, or not with all their frames; why some cannot be used, by key."""
    missing: list[list[tuple[str, Sequence]]] = []
    for key, video in videos.items():
        whole = video
        if key in store.index:
            first, last, _, _ = store.index[key].about
            whole = _hull(video, first, last)
            if (whole.first, whole.last) == (first, last):
                continue
        missing.append([(key, whole)])
    failed: dict[str, str] = {}
    if missing:
        work = functools.partial(_make, render=render, config=config)
        with store.growing() as add, in_groups(work, missing, workers, "points", "videos") as pairs:
            for (key, video), result in pairs:
                if isinstance(result, str):
                    failed[key] = result
                else:
                    points, hof, frames, notes = result
                    add(key, (points, hof), [video.first, video.last, frames, notes], video.name)
    return failed


Made = tuple[np.ndarray, np.ndarray, int, list[str]] | str


def _make(items: list[tuple[str, Sequence]], render: Render, config: Config) -> list[Made]:
    """For each video its points, descriptors, number of frames and notes, or why it cannot be used."""
    videos = [video for _, video in items]
    return or_reasons(lambda video: _of_video(video, render, config), videos, lambda video: video.file or video.name)


def _of_video(video: Sequence, render: Render, config: Config) -> Made:
    notes: list[str] = []
    within, start = 0, max(0, video.first - HALO)

    def frames() -> Iterator[np.ndarray]:
        nonlocal within
        for t, frame in enumerate(_around(video, start, render, config, notes), start):
            within += video.first <= t and (video.last is None or t <= video.last)
            yield frame

    name = video.name if video.file is None else video.file.name
    points, hof = find(frames(), config, name)
    points["t"] += start
    inside = (points["t"] >= video.first) & (points["t"] < video.first + within)
    return points[inside], hof[inside], within, [f"{name}: {note}" for note in notes]


def _around(video: Sequence, start: int, render: Render, config: Config, notes: list[str]) -> Iterator[np.ndarray]:
    """The frames that are asked for and those around them that their points depend on; also notes on damage."""
    stop = None if video.last is None else video.last + HALO + 1
    if video.file is None:
        assert render is not None
        yield from itertools.islice(render(replace(video, first=start, last=None)), stop and stop - start)
        return
    with opened(video.file, config) as reader:
        yield from itertools.islice(reader, start, stop)
        notes += reader.report.notes
