"""How fast video is read and prepared, stage by stage, on one core and in two processes.

On the videos of KTH below SEQDL_TEST_DATA where that is set, else on clips of the same size, codec and bit rate,
rendered from the embedded dataset. Times are milliseconds a frame: medians over rounds; each round takes the next clip
and everything is measured on it in turn, so that a busy machine slows all of it.
"""

import functools
import itertools
import multiprocessing
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import imageio.v3 as iio
import numpy as np

from experiments import access, script
from experiments.script import Row, in_turn, row, timed
from seqdl.config import Config, crop_size, load
from seqdl.datasets import registry
from seqdl.datasets.base import Dataset, Sequence
from seqdl.video.downsample import shrink
from seqdl.video.normalise import crops, normalise
from seqdl.video.person import boxes
from seqdl.video.prepare import prepare
from seqdl.video.reader import Reader

FRAMES = 150
"""Frames of a clip that are measured; KTH's sequences have about a hundred."""
RULE = "track"
STAGES = ("reading", "down-sampling", "box", "cutting out", "contrast normalisation")


@contextmanager
def clips(root: Path | None = None) -> Iterator[list[Path]]:
    """KTH's videos below ``root`` or SEQDL_TEST_DATA, or clips like them in a folder that goes away again."""
    root = root or (Path(os.environ["SEQDL_TEST_DATA"]) if os.environ.get("SEQDL_TEST_DATA") else None)
    if root and (root / "kth").is_dir():
        yield sorted((root / "kth").glob("*/person*"))
        return
    dataset = registry.load("actors")
    with tempfile.TemporaryDirectory() as folder:
        made = []
        for action in dataset.classes:
            sequences = [sequence for sequence in dataset.sequences if sequence.label == action][:6]
            frames = itertools.chain.from_iterable(dataset.render(sequence) for sequence in sequences)
            made.append(write_clip(Path(folder) / f"{action}.avi", frames))
        yield made


def write_clip(path: Path, frames: Iterator[np.ndarray]) -> Path:
    """A video as KTH's are: 25 frames and about 100 kB a second."""
    script.film(path, frames, 850_000, "DX50")
    return path


def one_round(path: Path, config: Config, cache: Path) -> dict[str, float]:
    """Seconds a frame of each stage, of the stages together, and of a peer that reads."""
    seconds: dict[str, float] = {}

    def timed(name: str, work: Callable[[], Any]) -> Any:
        start = time.perf_counter()
        result = work()
        seconds[name] = (time.perf_counter() - start) / FRAMES
        return result

    def read() -> list[np.ndarray]:
        with Reader(path) as reader:
            return list(itertools.islice(reader, FRAMES))

    def both() -> None:
        with Reader(path) as reader:
            prepare(itertools.islice(reader, FRAMES), RULE, config)

    size, factor = crop_size(config), config.video.downsample
    frames = timed("reading", read)
    timed("imageio", lambda: list(itertools.islice(iio.imiter(path, plugin="pyav", format="gray"), FRAMES)))
    small = timed("down-sampling", lambda: made_smaller(frames, factor))
    found = timed("box", lambda: boxes(small, RULE, size))
    cut = timed("cutting out", lambda: crops(small, found, size))
    timed("contrast normalisation", lambda: normalise(cut, config.lcn))
    timed("preparing", lambda: prepare(frames, RULE, config))
    timed("reading and preparing", both)
    sequence = Sequence(path.stem, path, "any", "anybody", 0, FRAMES - 1)
    timed("file to store", lambda: access.prepare(Dataset("one", "", ("any",), (sequence,), RULE), config, cache))
    return seconds


def made_smaller(frames: list[np.ndarray], factor: int) -> np.ndarray:
    """Frames as they are made smaller when video is prepared, one by one."""
    out = np.empty((len(frames), *(side // factor for side in frames[0].shape)), np.uint8)
    for k, frame in enumerate(frames):
        shrink(frame[None], factor, out[k : k + 1])
    return out


def stage_rows(paths: list[Path], rounds: int) -> list[Row]:
    """Every stage with its share of all stages; reading beside imageio's; the stages together."""
    config = load()
    with tempfile.TemporaryDirectory() as folder:
        one_round(paths[0], config, Path(folder) / "first")  # compiles
        measured = [one_round(paths[k % len(paths)], config, Path(folder) / str(k)) for k in range(rounds)]
    times = {name: [one[name] for one in measured] for name in measured[0]}
    medians = {name: float(np.median(times[name])) for name in times}
    whole = sum(medians[name] for name in STAGES)
    rows = []
    for name in times:
        if name != "imageio":
            share = {"share": medians[name] / whole} if name in STAGES else {}
            peer = times["imageio"] if name == "reading" else None
            rows.append(row(f"video: {name}", times[name], peer, per_second=1 / medians[name], **share))
    return rows


def prepared_length(path: Path, config: Config) -> int:
    """Read and prepare a whole file; how many frames it has."""
    with Reader(path) as reader:
        return len(prepare(reader, RULE, config).frames)


def process_rows(paths: list[Path], rounds: int) -> list[Row]:
    """All files in one process and in two, which run already; the second row's peer is the first."""
    config = load()
    work = functools.partial(prepared_length, config=config)
    with ExitStack() as stack:
        context = multiprocessing.get_context("spawn")
        pools = {n: stack.enter_context(ProcessPoolExecutor(n, context)) for n in (1, 2)}
        for n, pool in pools.items():
            list(pool.map(work, paths[:1] * 4 * n))  # starts the processes
        frames = sum(pools[1].map(work, paths))
        works = {n: timed(lambda pool=pool: list(pool.map(work, paths)), frames) for n, pool in pools.items()}
        times = in_turn(works, rounds, 0)
    names = {1: "video: reading and preparing, 1 process", 2: "video: reading and preparing, 2 processes"}
    speeds = {n: 1 / float(np.median(some)) for n, some in times.items()}
    return [row(names[n], some, times[1] if n > 1 else None, per_second=speeds[n]) for n, some in times.items()]


def rows(rounds: int) -> list[Row]:
    """Every row: times a frame, frames a second (``per_second``) and a stage's ``share`` of all."""
    with clips() as paths:
        return stage_rows(paths, rounds) + process_rows(paths, max(2, rounds // 20))
