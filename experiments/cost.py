"""What runs cost: seconds of one core, bytes on the disk and in memory. The one model behind every prediction.

Everything grows with the number of frames, so a run is its size times rates, seconds and bytes for each frame. Rates
come from the record of ``experiments.scaling`` (:func:`recorded`) or from a sample that is measured on the machine at
hand (``experiments.table1.sample``). Training is taken to need all its passes.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import Any, NamedTuple

from experiments.scaling import data
from experiments.script import EXPERIMENTS
from seqdl.config import Config
from seqdl.model.recogniser import Recogniser

RECORD = EXPERIMENTS / "scaling" / "record.json"
STAGES = {
    "prepare": ("preparing video", "a frame", "frames"),
    "convnet": ("ConvNet, training", "an update", "updates"),
    "features": ("ConvNet, features", "a window", "steps"),
    "lstm": ("LSTM, training", "a window", "steps"),
    "evaluate": ("both, evaluating", "a window", "tested"),
}
"""Of each stage its name, what its cost is counted by, and the key of how many there were."""
PREDICTED = ("convnet-lstm", "stip-lstm")
"""The models whose cost follows from the record."""
FIXED = ("rest", "checkpoint", "report")
"""What a run costs whatever its size: listing, checkpoints, records, pictures."""
TRAIN = 0.8
"""Four of the five persons of the drawn videos train."""
PIXELS = 160 * 120
FEATURES = 120 * 4
"""Bytes of a window's features."""
Record = Mapping[str, Any]


class Size(NamedTuple):
    """How much there is: sequences, frames of them all, the share that trains, pixels of a frame, runs asked for."""

    sequences: int
    frames: int
    train: float
    pixels: int = PIXELS
    runs: int = 1
    title: str = ""

    @property
    def windows(self) -> int:
        """All windows of 9 frames, one after each frame."""
        return self.frames - 8 * self.sequences


@dataclass(frozen=True)
class Rates:
    """Seconds of one core a frame, and bytes a frame.

    ``prepare`` is for preparing (all copies that are wanted), ``update`` for a pass of the ConvNet, ``describe`` for
    the LSTM's training features, ``learn`` for a pass of the LSTM, ``decide`` for a test sequence; ``disk``, ``held``
    and ``result`` are the bytes on the disk: of a prepared frame, of its features during a run, of its decisions.
    Of a run there are ``networks``, the bytes of its checkpoints, ``start``, the seconds in which its process begins,
    and ``base``, the bytes that it then has. ``share`` is what this process had of a core meanwhile.
    """

    prepare: float
    update: float
    describe: float
    learn: float
    decide: float
    disk: float
    held: float
    result: float = 0.0
    networks: float = 0.0
    start: float = 0.0
    base: float = 0.0
    share: float = 1.0


class Cost(NamedTuple):
    """Seconds of one core for preparing and for each run, how many runs, bytes that stay and beside each run."""

    prepare: float
    run: float
    runs: int
    disk: float
    beside: float

    @property
    def seconds(self) -> float:
        """Of one core, in all."""
        return self.prepare + self.run * self.runs


def published() -> dict[str, Size]:
    """The sizes of known datasets, as sizes.json has them; of KTH whole videos go as far as their last listed frame."""
    known = json.loads((EXPERIMENTS / "sizes.json").read_text(encoding="utf-8"))
    return {name: Size(**one | {"train": one["train"][0] / one["train"][1]}) for name, one in known.items()}


def run_seconds(rates: Rates, size: Size, config: Config) -> float:
    """A run's seconds of one core, when training does not stop sooner than it may."""
    passes = config.convnet.epochs if config.model == "convnet-lstm" else 0
    train = passes * rates.update + rates.describe + config.lstm.epochs * rates.learn
    return rates.start + size.frames * (size.train * train + (1 - size.train) * rates.decide)


def price(rates: Rates, size: Size, config: Config) -> Cost:
    """What a dataset costs by these rates."""
    tested, trained = size.frames * (1 - size.train), size.frames * size.train
    disk = rates.disk * size.frames + size.runs * (rates.networks + rates.result * tested)
    seconds = rates.prepare * size.frames, run_seconds(rates, size, config)
    return Cost(*seconds, size.runs, disk, rates.held * trained)


def estimate(size: Size, config: Config) -> float:
    """A run's seconds by the record of ``experiments.scaling``, with what it costs whatever its size."""
    record = json.loads(RECORD.read_text(encoding="utf-8"))
    rates = replace(recorded(record, size, config), start=fixed(record, min(sizes(record))))
    return run_seconds(rates, size, config)


# From the record of experiments.scaling


def recorded(record: Record, size: Size, config: Config) -> Rates:
    """The rates of a configuration on a dataset; updates and features at their dearest, from the largest store."""
    if config.model == "stip-lstm":
        return _points(record)
    known = trainings(record, max(size for size in sizes(record) if size <= 1000))
    one = {stage: unit_cost(known, stage) for stage in STAGES}
    one |= {stage: record["turns"][stage][str(max(sizes(record)))] for stage in ("convnet", "features")}
    # roughly: maps of C1 make as many of C2, and each pair of them has its kernels
    network = (config.convnet.c1_maps / Config().convnet.c1_maps) ** 2 * config.convnet.frames / Config().convnet.frames
    windows = size.windows / size.frames
    steps = windows * copies(config)
    update, describe = windows / config.convnet.window_step * one["convnet"], steps * one["features"]
    learn, decide = steps * one["lstm"], windows * one["evaluate"]
    disk = median(run["units"]["disk"] / run["units"]["frames"] for run in known)
    prepare, held = _preparing(record, size.pixels), steps * FEATURES
    return Rates(prepare, update * network, describe * network, learn, decide * network, disk, held)


def copies(config: Config) -> int:
    """How many copies of a training sequence the LSTM learns from, itself among them."""
    return len(Recogniser(replace(config, backend="numpy"), ("any", "other")).describer.copies())


def _points(record: Record) -> Rates:
    """The engineered baseline: everything goes by frames, as in the videos that were measured."""
    known = trainings(record, 100, 1, "stip-lstm")
    frames = median(run["units"]["frames"] for run in known)
    stages = ("features", "lstm", "evaluate")
    describe, learn, decide = (median(run["seconds"][stage] for run in known) / frames for stage in stages)
    disk, held = (median(run["units"][key] for run in known) / frames for key in ("disk", "features"))
    prepare, decide = unit_cost(known, "prepare"), decide / (1 - TRAIN)
    return Rates(prepare, 0.0, describe / TRAIN, learn / TRAIN, decide, disk, held / TRAIN)


def _preparing(record: Record, pixels: int) -> float:
    """Seconds that preparing a frame takes, by its pixels: a line through the two sizes of picture."""
    small, large = (unit_cost(trainings(record, 10, scale), "prepare") for scale in (1, 2))
    return small + (large - small) / (3 * PIXELS) * (pixels - PIXELS)


def measured(record: Record, size: int, scale: int = 1, model: str = "convnet-lstm") -> list[Sequence[Record]]:
    """The trainings that were measured of one kind, by process."""
    wanted = {"size": size, "scale": scale, "model": model}
    return [one["runs"] for one in record["measured"] if wanted.items() <= one.items()]


def trainings(record: Record, size: int, scale: int = 1, model: str = "convnet-lstm") -> list[Record]:
    """All trainings that were measured of one kind."""
    return [run for runs in measured(record, size, scale, model) for run in runs]


def sizes(record: Record) -> list[int]:
    """The sizes of which there is a training."""
    return [size for size in data.SIZES if measured(record, size)]


def unit_cost(known: Sequence[Record], stage: str) -> float:
    """The median seconds that a stage takes for one of its units."""
    key = STAGES[stage][2]
    return median(run["seconds"][stage] / run["units"][key] for run in known if run["units"][key])


def fixed(record: Record, size: int) -> float:
    """The median seconds that a training of this size takes beside its stages."""
    return median(sum(run["seconds"][name] for name in FIXED) for run in trainings(record, size))


def per_frame(record: Record, size: int) -> float:
    """Seconds for each frame of a dataset of this size: a whole training with the default settings, and its evaluation.

    Both networks' cost is that of sizes side by side. Preparing and evaluating see one sequence at a time, whatever the
    size, so they are the median over all sizes.
    """
    known = [run for one in sizes(record) for run in trainings(record, one)]
    turns, config = {stage: found[str(size)] for stage, found in record["turns"].items()}, Config()
    windows = 1 - 8 / data.FRAMES
    steps = windows * copies(config)
    update = windows / config.convnet.window_step * turns["convnet"]
    prepare, decide = unit_cost(known, "prepare"), windows * unit_cost(known, "evaluate")
    rates = Rates(prepare, update, steps * turns["features"], steps * turns["lstm"], decide, 0, 0)
    return prepare + run_seconds(rates, Size(1, 1, TRAIN), config)


def largest_peak(record: Record, size: int) -> float:
    """The most megabytes that a training of this size had in memory; of the first one in a process."""
    return max(max(runs[0]["memory"].values()) for runs in measured(record, size))


def growth(record: Record) -> tuple[float, float]:
    """Megabytes of a training, and of each further frame, by the smallest and the largest size."""
    least, most = min(sizes(record)), max(sizes(record))
    low, high = largest_peak(record, least), largest_peak(record, most)
    return low, max(high - low, 0.0) / (data.FRAMES * (most - least))


def speedup(record: Record) -> float:
    """How many times as fast two workers are as one: the median of the rounds."""
    return median(found["1"]["clock"] / found["2"]["clock"] for found in record["workers"])


def clock(record: Record, costs: Sequence[Cost], cores: int) -> float:
    """Seconds on the clock of all runs side by side; video is prepared by all cores, a run is trained by one."""
    prepare = sum(cost.prepare for cost in costs) / cores
    work = sum(cost.run * cost.runs for cost in costs) / cores
    return (prepare + max(work, *(cost.run for cost in costs))) / (speedup(record) / 2)
