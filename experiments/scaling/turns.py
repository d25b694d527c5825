"""What online training costs beside the size of its store: all sizes in turn, in one process.

A busy machine makes whole trainings of one size dearer than those of another. Here each size does a little in each
round, so that what else is going on slows all of them. The stores hold noise; the work is the same as on video.
"""

import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import numpy as np

from experiments.scaling import data
from experiments.script import in_turn
from seqdl.base import files
from seqdl.config import Config
from seqdl.model.convnet import ConvNet
from seqdl.model.lstm_classifier import LSTMClassifier
from seqdl.model.updates import SequenceUpdates, Updates
from seqdl.training.loop import CHUNK

FRAMES, CLASSES, VALUES, READ = data.FRAMES, 6, 120, 5
STEPS = FRAMES - 8
Work = Callable[[], int]


def noise(path: Path, videos: int, shape: tuple[int, ...]) -> np.ndarray:
    """A store of so many videos, each as long as a part of ``shape`` says, mapped from a file."""
    some = np.random.default_rng(0).standard_normal((10, *shape), np.float32)
    with path.open("wb") as file:
        for _ in range(videos // 10):
            file.write(some.tobytes())
    return np.asarray(np.memmap(path, np.float32, "r+", shape=(videos * shape[0], *shape[1:])))


def works(folder: Path, videos: int, rng: np.random.Generator) -> dict[str, Work]:
    """A little of each kind of work on a store; each tells how many units it did."""
    config = Config()
    frames = noise(folder / f"{videos}.frames", videos, (FRAMES, 54, 34))
    frames.flags.writeable = False
    features = noise(folder / f"{videos}.features", videos, (STEPS, VALUES))
    net = ConvNet(config.convnet, CLASSES, np.random.default_rng(1))
    lstm = LSTMClassifier(config.lstm, VALUES, CLASSES, np.random.default_rng(1))
    steps = np.zeros_like(net.parameters.vector), np.zeros_like(lstm.parameters.vector)
    rates, slow, copies = net.rates(), np.full(CHUNK, 1e-6, np.float32), np.zeros((CHUNK, 4), np.int64)

    def update() -> int:
        starts, labels = rng.integers(0, len(frames) - 8, CHUNK), rng.integers(0, CLASSES, CHUNK)
        net.run_updates(frames, Updates(starts, labels, copies, slow), steps[0], rates, 0.9)
        files.release(frames)
        return CHUNK

    def describe() -> int:
        for video in rng.integers(0, videos, READ):
            net.read(frames, video * FRAMES + np.arange(STEPS))
            files.release(frames)
        return READ * STEPS

    def learn() -> int:
        spans = np.stack([rng.integers(0, videos, CHUNK) * STEPS, np.full(CHUNK, STEPS)], axis=1)
        lstm.run_updates(features, SequenceUpdates(spans, rng.integers(0, CLASSES, CHUNK), slow), steps[1], 0.9)
        files.release(features)
        return CHUNK * STEPS

    return {"convnet": update, "features": describe, "lstm": learn}


def measure(folder: Path, sizes: Sequence[int], rounds: int) -> dict[str, dict[str, float]]:
    """Seconds of the processor for a unit of each work, by size: medians of the rounds."""
    with TemporaryDirectory(dir=folder) as name:
        rng = np.random.default_rng(2)
        all_works = {size: works(Path(name), size, rng) for size in sizes}
        some = {(stage, size): partial(_timed, work) for size in sizes for stage, work in all_works[size].items()}
        found = in_turn(some, rounds, 3)
    stages = ("convnet", "features", "lstm")
    return {stage: {str(size): median(found[stage, size]) for size in sizes} for stage in stages}


def _timed(work: Work) -> float:
    started = time.process_time()
    units = work()
    return (time.process_time() - started) / units
