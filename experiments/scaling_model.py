"""From what scaling.py measured to what known datasets would cost: seconds a frame, and the sizes of the sets."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, NamedTuple

import scaling_data

from seqdl.config import Config
from seqdl.training.samples import lstm_versions

STAGES = {
    "prepare": ("preparing video", "a frame", "frames"),
    "convnet": ("ConvNet, training", "an update", "updates"),
    "features": ("ConvNet, features", "a window", "steps"),
    "lstm": ("LSTM, training", "a window", "steps"),
    "evaluate": ("both, evaluating", "a window", "tested"),
}
"""Of each stage its name, what its cost is counted by, and the key of how many there were."""
FIXED = ("rest", "checkpoint", "report")
"""What a run costs whatever its size: listing, checkpoints, records, pictures."""
TRAIN = 0.8
"""Four of the five persons train."""
Record = Mapping[str, Any]


@dataclass(frozen=True)
class Footage:
    """A dataset's size: sequences, frames and pixels of a frame, the share that trains, and the runs asked for."""

    title: str
    sequences: int
    frames: int
    pixels: int
    train: float
    runs: int

    @property
    def windows(self) -> int:
        """All windows of 9 frames, one after each frame."""
        return self.frames - 8 * self.sequences


KTH = (
    Footage("KTH1, whole videos", 599, 289_073, 160 * 120, 16 / 25, 5),
    Footage("KTH2, cut sequences", 2391, 227_637, 160 * 120, 16 / 25, 5),
)
OTHERS = (
    Footage("Hollywood-2", 1707, round(20.1 * 3600 * 25 * 1707 / 3669), 640 * 360, 823 / 1707, 1),
    Footage("UCF101", 13_320, 27 * 3600 * 25, 320 * 240, 9537 / 13_320, 3),
    Footage("Kinetics-400", 306_245, 306_245 * 10 * 25, 340 * 256, 246_245 / 306_245, 1),
)
MACHINES = {"laptop, 2 cores": 2, "64 cores": 64, "16 x 64 cores": 1024}


class Cost(NamedTuple):
    """Seconds of one core for preparing and for each run, how many runs, bytes of the store and beside each run."""

    prepare: float
    run: float
    runs: int
    disk: float
    beside: float

    @property
    def seconds(self) -> float:
        """Of one core, in all."""
        return self.prepare + self.run * self.runs


def runs(record: Record, size: int, scale: int = 1, model: str = "convnet-lstm") -> list[Record]:
    """All trainings that were measured of one kind."""
    wanted = {"size": size, "scale": scale, "model": model}
    return [run for one in record["measured"] if wanted.items() <= one.items() for run in one["runs"]]


def sizes(record: Record) -> list[int]:
    """The sizes of which there is a training."""
    return [size for size in scaling_data.SIZES if runs(record, size)]


def cost_of(trainings: Sequence[Record], stage: str) -> float:
    """The median seconds that a stage takes for one of its units."""
    key = STAGES[stage][2]
    return median(run["seconds"][stage] / run["units"][key] for run in trainings if run["units"][key])


def per_frame(record: Record, size: int) -> float:
    """Seconds for each frame of a dataset of this size: a whole training with the default settings, and its evaluation.

    Both networks' cost is that of sizes side by side. Preparing and evaluating see one sequence at a time, whatever the
    size, so they are the median over all sizes.
    """
    known = [run for one in sizes(record) for run in runs(record, one)]
    turns, config = record["turns"], Config()
    windows = 1 - 8 / scaling_data.FRAMES
    trained = windows * TRAIN
    steps = trained * len(lstm_versions(config))
    updates = config.convnet.epochs * trained / config.convnet.window_step
    seconds = cost_of(known, "prepare") + windows * (1 - TRAIN) * cost_of(known, "evaluate")
    seconds += updates * turns["convnet"][str(size)]
    return seconds + steps * (turns["features"][str(size)] + config.lstm.epochs * turns["lstm"][str(size)])


def largest_peak(record: Record, size: int) -> float:
    """The most megabytes that a training of this size had in memory; of the first one in a process."""
    return max(max(run["memory"].values()) for run in first_runs(record, size))


def first_runs(record: Record, size: int) -> list[Record]:
    """Of each process the first training of this size."""
    wanted = {"size": size, "scale": 1, "model": "convnet-lstm"}
    return [one["runs"][0] for one in record["measured"] if wanted.items() <= one.items()]


def growth(record: Record) -> tuple[float, float]:
    """Megabytes of a training, and of each further frame, by the smallest and the largest size."""
    least, most = min(sizes(record)), max(sizes(record))
    frames = scaling_data.FRAMES * (most - least)
    low, high = largest_peak(record, least), largest_peak(record, most)
    return low, max(high - low, 0.0) / frames


def prepare_cost(record: Record) -> Callable[[int], float]:
    """Seconds that preparing a frame takes, by its pixels: a line through the two sizes of picture."""
    small, large = cost_of(runs(record, 10), "prepare"), cost_of(runs(record, 10, 2), "prepare")
    pixels = 160 * 120
    slope = (large - small) / (3 * pixels)
    return lambda count: small + slope * (count - pixels)


def cost(record: Record, footage: Footage, config: Config) -> Cost:
    """What a dataset costs with a configuration of one of the two models, if training stops no sooner than it may.

    Updates and features at their dearest, from the largest store.
    """
    if config.model == "stip-lstm":
        return _points_cost(record, footage, config)
    known = runs(record, max(size for size in sizes(record) if size <= 1000))
    one = {stage: cost_of(known, stage) for stage in STAGES}
    one |= {stage: record["turns"][stage][str(max(sizes(record)))] for stage in ("convnet", "features")}
    trained = footage.windows * footage.train
    steps = trained * len(lstm_versions(config))
    seconds = config.convnet.epochs * trained / config.convnet.window_step * one["convnet"]
    seconds += steps * (one["features"] + config.lstm.epochs * one["lstm"])
    seconds += footage.windows * (1 - footage.train) * one["evaluate"]
    prepare = footage.frames * prepare_cost(record)(footage.pixels)
    disk = median(run["units"]["disk"] / run["units"]["frames"] for run in known) * footage.frames
    return Cost(prepare, seconds, footage.runs, disk, steps * 480)


def _points_cost(record: Record, footage: Footage, config: Config) -> Cost:
    """The engineered baseline: everything goes by frames, as in the videos that were measured."""
    known = runs(record, 100, 1, "stip-lstm")
    frames = median(run["units"]["frames"] for run in known)
    shares = [median(run["seconds"][stage] for run in known) / frames for stage in ("features", "lstm", "evaluate")]
    described, learned, decided = shares[0] / TRAIN, shares[1] / TRAIN, shares[2] / (1 - TRAIN)
    prepare, disk = (cost_of(known, "prepare"), median(run["units"]["disk"] for run in known) / frames)
    beside = median(run["units"]["features"] for run in known) / frames / TRAIN
    train = described + config.lstm.epochs * learned
    seconds = footage.frames * (footage.train * train + (1 - footage.train) * decided)
    trained = footage.frames * footage.train
    return Cost(prepare * footage.frames, seconds, footage.runs, disk * footage.frames, beside * trained)


def speedup(record: Record) -> float:
    """How many times as fast two workers are as one: the median of the rounds."""
    return median(found["1"]["clock"] / found["2"]["clock"] for found in record["workers"])


def clock(record: Record, costs: Sequence[Cost], cores: int) -> float:
    """Seconds on the clock of all runs side by side; video is prepared by all cores, a run is trained by one."""
    prepare = sum(cost.prepare for cost in costs) / cores
    work = sum(cost.run * cost.runs for cost in costs) / cores
    return (prepare + max(work, *(cost.run for cost in costs))) / (speedup(record) / 2)
