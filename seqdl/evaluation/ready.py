"""A dataset whole, checked and prepared, so that training starts at once."""

import contextlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from seqdl.base import cache
from seqdl.base.words import count, printable, some
from seqdl.config import Config
from seqdl.datasets import choose, download, registry
from seqdl.datasets.base import Dataset, DatasetRecord
from seqdl.errors import SeqdlError
from seqdl.evaluation import job
from seqdl.model import describers
from seqdl.stores import frames as store
from seqdl.stores.base import Store
from seqdl.stores.footage import at_rate, opened


@dataclass(frozen=True)
class Ready:
    """What is prepared.

    Parameters
    ----------
    dataset, variant, data_dir, store : str
        The dataset's name and reading, where its videos are, and where what is prepared of them is.
    sequences : int
        How many can be used.
    skipped : dict of str to str
        The others, and why.
    frames, bytes : int
        Of those that can be used; the bytes on the disk are 0 for interest points, whose number nobody knows before.
    notes : tuple of str
        What is odd about the dataset and its videos.
    seconds : float
        What it took.
    """

    dataset: str
    variant: str
    data_dir: str
    store: str
    sequences: int
    skipped: dict[str, str]
    frames: int
    bytes: int
    notes: tuple[str, ...]
    seconds: float


def ready(
    config: Config,
    fetch: bool = False,
    urls: Sequence[str] = (),
    sums: str = "",
    check: str = "complete",
    workers: int = 1,
    say: job.Say = job.silent,
) -> Ready:
    """Obtain a dataset where its record knows how, check it, and prepare its video.

    The section ``data`` of ``config`` says which dataset, the others what a network sees of it. With ``fetch`` absent
    archives are fetched, from ``urls`` where they are given instead of the official addresses; ``sums`` is a file of
    the archives' sums, where they are others than the published ones. ``check`` is ``part`` where a part of the dataset
    will do, ``complete``, or ``strict`` where no sequence may be shorter than listed. There are so many ``workers``
    that prepare video, and ``say`` is told, in sentences. Anything wrong with dataset, configuration or disk is a
    SeqdlError; sequences that cannot be used are told in the result.
    """
    started = time.monotonic()
    describer = describers.kind(config)
    describer.layers(config, 2)  # impossible sizes are found before anything is fetched
    data, record = config.data, registry.find(config.data.dataset)
    if record.obtain and data.data_dir:  # without, the registry says that it is wanted
        record.obtain(Path(data.data_dir), record.variant(data.variant), fetch, urls, sums, check != "part", say)
    dataset = choose.whole(config)
    config = choose.with_own(config, dataset)
    dataset = at_rate(dataset, config.video.rate)
    for note in dataset.notes:
        say(f"note: {printable(note)}")
    _say_cost(dataset, config, check, say)
    prepared = job.prepare(config, dataset, workers, say, "the notes that --json prints")
    if record.obtain:
        _check_lengths(record, dataset, prepared, check, say)
    frames, seconds = prepared.footage, round(time.monotonic() - started, 1)
    return Ready(
        dataset.name,
        dataset.variant,
        data.data_dir,
        str(cache.folder()),
        len(prepared.spans),
        prepared.skipped,
        frames,
        frames * describer.frame_bytes(config),
        (*dataset.notes, *prepared.notes),
        seconds,
    )


def _say_cost(dataset: Dataset, config: Config, check: str, say: job.Say) -> None:
    """How much there is to prepare, from the headers of the files; ranges outside of their videos are refused."""
    declared = {file: _declared(file, config) for file in {sequence.file for sequence in dataset.sequences}}
    frames, outside = 0, []
    for sequence in dataset.sequences:
        there = declared[sequence.file]
        if there is not None and sequence.first >= there:
            outside.append(sequence.name)
        ends = [end for end in (there, None if sequence.last is None else sequence.last + 1) if end is not None]
        frames += max(0, min(ends) - sequence.first) if ends else 0
    if outside and check != "part":
        raise SeqdlError(
            f"{count(len(outside), 'listed sequence')} after the end of the video ({some(outside)}): the list and the "
            "videos do not belong together; take both from one place, or leave such sequences out with check=part"
        )
    need = frames * describers.kind(config).frame_bytes(config)
    disk = f": {download.megabytes(need)} at most in {cache.folder()}, less where some are prepared already"
    say(f"{count(len(dataset.sequences), 'sequence')} of {frames:,} frames{disk if need else ''}")
    if not (cache.folder() / store.settings_key(config)).exists():  # otherwise some are there
        download.check_space(cache.folder(), need)


def _declared(file: Path | None, config: Config) -> int | None:
    """The frames that a file's header promises, at the rate of a configuration.

    What is wrong with the file is said when it is prepared.
    """
    with contextlib.suppress(Exception):
        if file:
            with opened(file, config) as reader:
                return reader.expected
    return None


def _check_lengths(record: DatasetRecord, dataset: Dataset, prepared: Store, check: str, say: job.Say) -> None:
    """Whether every listed sequence that can be used is as long as listed."""
    other_rate = dataset.rate != record.rate  # then the last frame may be half a frame
    short = [
        sequence.name
        for sequence in dataset.sequences
        if sequence.last is not None
        and sequence.name in prepared.spans
        and prepared.lengths[sequence.name] + other_rate < sequence.last + 1 - sequence.first
    ]
    if not short:
        return
    which = f"{count(len(short), 'sequence')} shorter than listed, since the video ends before: {some(short)}"
    if check == "strict":
        raise SeqdlError(f"{which}; get the videos again, or use them so with check=complete")
    known = all(name.startswith(record.cut_short) for name in short)
    say(f"note: {which}" + ("; a known fault of the published copy" if known else "") + ".")
