"""What Table 1 costs: a small sample is measured on the machine at hand, and the rest follows from the frames.

Everything grows with the number of frames: preparing them, passes of the networks over them, deciding. The sample is
one video of each action, prepared and learned from in a folder of its own. Where there is no set yet, the sample is of
the embedded dataset, and the sizes are those of the published list.
"""

import argparse
import json
import multiprocessing
import tempfile
import time
from collections.abc import Sequence as Several
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from experiments import access, cost, script
from experiments.cost import Rates, Size
from experiments.results import groups
from experiments.results.groups import Group
from seqdl.config import Config, from_dict
from seqdl.datasets import actors, registry, splits
from seqdl.datasets.base import Dataset, Sequence
from seqdl.evaluation.evaluate import evaluate
from seqdl.evaluation.job import new_recogniser
from seqdl.reports.tables import Table, plain
from seqdl.runs.environment import cores
from seqdl.training.stages import training_features
from seqdl.video.reader import Reader

PASSES = 3
"""Of each network over the sample; the first one, which meets cold caches, does not count."""
MINUTES = (("prepare", 1), ("run", 1), ("left", 0))
"""What is shown in minutes, and with how many digits."""
SHORT = 96
"""Frames of a sequence that kernels are compiled with."""
EMBEDDED = {"kth1": "full-whole", "kth2": "full"}


def predict(chosen: Several[Group], args: argparse.Namespace) -> dict[str, Any]:
    """What is left of the groups: seconds of one core, bytes on the disk, and the memory of a run."""
    predicted: list[dict[str, Any]] = []
    shares, workers = [], args.workers or cores()
    for group in chosen:
        config = groups.make_config(group, args.data_dir or Path(), args.settings)
        dataset, size = _measured(config, args.data_dir)
        rates = measure(config, sample(dataset))
        shares.append(rates.share)
        done, runs = len(groups.seconds(args.out / group.name)), group.experiment.draws * len(args.seeds)
        price = cost.price(rates, size._replace(runs=runs), config)
        left = price.prepare * (done == 0) + price.run * max(runs - done, 0)
        one = {"name": group.name, "runs": runs, "finished": done, "prepare_seconds": price.prepare}
        one |= {"run_seconds": price.run, "left_seconds": left, "disk": price.disk, "at_once": price.beside}
        one |= {"memory": rates.base, "size": {name: getattr(size, name) for name in ("sequences", "frames", "train")}}
        predicted.append(one | {"rates": asdict(rates)})
    return {
        "kind": chosen[0].name.partition("-kth")[0],
        "preset": args.preset,
        "settings": args.settings,
        "measured_on": "its own videos" if args.data_dir else "the embedded dataset",
        "groups": predicted,
        "core_seconds": sum(one["left_seconds"] for one in predicted),
        "disk": sum(one["disk"] for one in predicted) + workers * max(one["at_once"] for one in predicted),
        "memory": max(one["memory"] for one in predicted),
        "share": sum(shares) / len(shares),
        "workers": workers,
        "environment": access.environment(),
    }


def screen(dry: dict[str, Any]) -> str:
    """A dry run on the screen."""
    header = ["group", "frames", "runs", "finished", "preparing", "a run", "what is left", "disk", "memory of a run"]
    rows = []
    for one in dry["groups"]:
        minutes = [f"{one[f'{what}_seconds'] / 60:.{digits}f}" for what, digits in MINUTES]
        counts = [f"{one['size']['frames']:,}", str(one["runs"]), str(one["finished"])]
        sizes = [f"{one['disk'] / 1e9:.2f} GB", f"{one['memory'] / 1e6:.0f} MB"]
        rows.append([one["name"], *counts, *minutes, *sizes])
    hours, workers, share = dry["core_seconds"] / 3600, dry["workers"], dry["share"]
    return (
        f"measured on: {dry['measured_on']}; times in minutes of one core; training may stop sooner\n"
        f"{plain(Table(header, rows))}\n"
        f"in all {hours:.2f} core-hours: {hours / workers:.2f} hours with {workers} at once on free cores, "
        f"{hours / workers / share:.2f} if each gets {100 * share:.0f} % of a core, as just now\n"
        f"disk {dry['disk'] / 1e9:.1f} GB; memory {dry['memory'] / 1e6:.0f} MB for each run at once"
    )


def _measured(config: Config, data_dir: Path | None) -> tuple[Dataset, Size]:
    """What a sample is taken of, and how much there is to be done."""
    if data_dir is None:
        return actors.load(EMBEDDED[config.data.variant]), cost.published()[config.data.variant]
    dataset = registry.load(config.data.dataset, config.data.data_dir, config.data.variant)
    [split, *_] = splits.make(config.data.protocol, dataset, 1)
    size = Size(len(dataset.sequences), sum(map(_frames, dataset.sequences)), len(split.train) / len(dataset.persons))
    return dataset, size


def _frames(sequence: Sequence) -> int:
    if sequence.last is not None:
        return sequence.last + 1 - sequence.first
    assert sequence.file is not None
    with Reader(sequence.file) as reader:
        return reader.report.declared or 0


def sample(dataset: Dataset) -> Dataset:
    """One video of each action, of persons and scenarios that are spread over the set."""
    chosen: list[Sequence] = []
    for number, label in enumerate(dataset.classes):
        videos: dict[str, list[Sequence]] = {}
        for sequence in dataset.sequences:
            if sequence.label == label:
                videos.setdefault(sequence.name.partition("#")[0], []).append(sequence)
        chosen += list(videos.values())[(2 * number + 1) * len(videos) // (2 * len(dataset.classes))]
    return replace(dataset, sequences=tuple(chosen))


def measure(config: Config, dataset: Dataset) -> Rates:
    """Prepare, train and decide a sample in this process, and begin a run in another one."""
    first = {sequence.label: sequence for sequence in reversed(dataset.sequences)}.values()
    short = replace(dataset, sequences=tuple(replace(s, last=s.first + SHORT - 1) for s in first))
    started, busy = time.monotonic(), time.process_time()
    once(config, short)  # whatever is not yet compiled is compiled now
    rates = once(config, dataset)
    share = (time.process_time() - busy) / (time.monotonic() - started)
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as other:
        start, base = other.submit(begin, config, short).result()
    return replace(rates, start=start, base=base, share=min(share, 1.0))


def begin(config: Config, dataset: Dataset) -> tuple[float, float]:
    """The seconds of one core in which a new process begins, apart from preparing a little video; bytes it then has."""
    rates = once(config, dataset)
    seconds = time.process_time() - rates.prepare * sum(map(_frames, dataset.sequences))
    return seconds, script.peak()


def once(config: Config, dataset: Dataset) -> Rates:
    """Prepare a few sequences, train both networks on them, decide them."""
    limits = {"epochs": PASSES, "patience": PASSES + 1}
    config = from_dict({"convnet": limits, "lstm": limits}, config)
    with tempfile.TemporaryDirectory() as name:
        folder, watch = Path(name), _Watch()
        material = access.prepare(dataset, config, folder)
        prepare, disk = watch.lap(), script.disk(folder)
        recogniser = new_recogniser(material.config, dataset)
        if config.model == "convnet-lstm":
            access.learn("convnet", recogniser, material, folder, watch.mark)
        update = watch.last_passes()
        watch.lap()
        features, *_ = training_features(recogniser, material.prepared, list(material.sequences))
        describe = watch.lap()
        access.learn("lstm", recogniser, material, folder, watch.mark)
        learn = watch.last_passes()
        networks = script.disk(folder) - disk
        watch.lap()
        scores = evaluate(recogniser, material.prepared, material.sequences)
        decide = watch.lap()
    frames, result = material.prepared.footage, len(json.dumps(scores.to_dict()))
    parts = {"prepare": prepare, "update": update, "describe": describe, "learn": learn, "decide": decide}
    parts |= {"disk": disk, "held": features.nbytes, "result": result}
    return Rates(**{name: value / frames for name, value in parts.items()}, networks=networks)


class _Watch:
    """The seconds of one core between one thing and the next."""

    def __init__(self) -> None:
        self.since, self.marks = time.process_time(), [0.0]

    def lap(self) -> float:
        """Since the last lap."""
        before, self.since = self.since, time.process_time()
        self.marks = []
        return self.since - before

    def mark(self, _: object) -> None:
        """A pass is done."""
        self.marks.append(time.process_time())

    def last_passes(self) -> float:
        """The mean of the passes after the first one."""
        return (self.marks[-1] - self.marks[0]) / (PASSES - 1) if len(self.marks) == PASSES else 0.0
