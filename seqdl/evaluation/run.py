"""The whole job of the paper: prepare, train both networks, evaluate on unseen persons, leave a run folder."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from seqdl import __version__
from seqdl.base import files
from seqdl.config import Config, to_dict
from seqdl.datasets import registry, splits
from seqdl.datasets.base import Dataset, Sequence
from seqdl.datasets.splits import Split
from seqdl.errors import SeqdlError
from seqdl.evaluation.evaluate import evaluate
from seqdl.kernels.jit import compiled_folder
from seqdl.kernels.simd import target
from seqdl.model.recogniser import Recogniser
from seqdl.runs import folder as run_folder
from seqdl.runs import ledger
from seqdl.runs.result import Epoch
from seqdl.stores import frames as store
from seqdl.stores import points
from seqdl.stores.frames import Prepared
from seqdl.stores.points import Points
from seqdl.training import two_steps
from seqdl.training.randomness import generator
from seqdl.training.schedule import Schedule

Say = Callable[[str], None]
SAID = 5
"""So many notes on single videos are said; some datasets have one for each."""


def train(
    config: Config,
    out: str | Path = "",
    resume: bool = False,
    workers: int = 1,
    say: Say = lambda line: None,
) -> tuple[Path, dict[str, Any]]:
    """Train and evaluate one split of a protocol.

    Parameters
    ----------
    config : Config
        Everything that is chosen.
    out : path
        The run folder: a new one, or with ``resume`` the one to go on with.
    resume : bool
        Go on with the run in ``out``.
    workers : int
        Processes that prepare video.
    say : callable
        Told, in sentences, what is going on.

    Returns
    -------
    folder : Path
        The run folder.
    result : dict
        The content of result.json.

    Raises
    ------
    SeqdlError
        For anything that is wrong with the data, the configuration or the folder.
    """
    started = time.monotonic()
    dataset, split = choose(config)
    config = with_box(config, dataset)
    # What can be wrong with geometry and folder is found before hours are spent on preparing.
    Recogniser(config, dataset.classes)
    if not resume:
        run_folder.check(out)
    for section, values in to_dict(config).items():
        shown = [f"{name}={value}" for name, value in values.items()] if isinstance(values, dict) else [str(values)]
        say(f"{section}: {' '.join(shown)}")
    for note in dataset.notes:
        say(f"note: {note}")
    prepared = prepare(dataset, config, workers, say)
    sequences = usable(dataset, prepared)
    splits.check(split, _with_sequences(dataset, sequences))
    learning = [sequence for sequence in sequences if sequence.person in split.train]
    testing = [sequence for sequence in sequences if sequence.person in split.test]
    if not testing:
        raise SeqdlError(f"{split.name} has no test sequence that can be used: choose another split with --draw")
    folder = run_folder.go_on(out, config) if resume else run_folder.create(out, config)
    say(f"run folder: {folder}")
    say(f"{split.sentence} {len(learning)} training and {len(testing)} test sequences")

    recogniser = Recogniser(config, dataset.classes, generator(config.seed, config.data.draw, "initial weights"))
    try:
        stages, log = _train_both(recogniser, prepared, learning, folder, say)
    except BaseException as error:
        if not isinstance(error, Exception):  # interrupted or terminated
            say(f"nothing is lost: go on with seqdl train --resume {folder}")
        raise
    scores = evaluate(recogniser, prepared, testing)
    kind = "inner" if split.held_back else "test"
    date = ledger.note(folder, config, kind, {sequence.person for sequence in testing}, scores)
    result = {
        "version": __version__,
        "model": config.model,
        "seed": config.seed,
        "dataset": _about(dataset, prepared),
        "protocol": split.sentence,
        "split": {
            "name": f"{split.name} {split.number}",
            "train_persons": list(split.train),
            "test_persons": list(split.test),
            "held_back": list(split.held_back),
        },
        "evaluated": {"date": date, "kind": kind, "ledger": ledger.NAME},
        **stages,
        **scores,
        "seconds": round(time.monotonic() - started, 1),
    }
    run_folder.write_log(folder, log)
    files.write_json(folder / "result.json", result)
    return folder, result


def _train_both(
    recogniser: Recogniser, prepared: Prepared | Points, sequences: list[Sequence], folder: Path, say: Say
) -> tuple[dict[str, Any], list[Epoch]]:
    """What result.json says of each stage (nothing of the ConvNet where there is none), and the log of all passes."""
    log: list[Epoch] = []

    def after_pass() -> None:
        run_folder.write_log(folder, log)
        row = log[-1]
        say(
            f"{row.stage} pass {row.epoch}: loss {row.loss:.3f}, training accuracy {row.accuracy:.1%}, "
            f"rate {row.learning_rate:.2g}, {row.seconds:.0f} s"
        )

    stages: dict[str, Any] = {}
    for key, step, network in (
        ("convnet", two_steps.train_convnet, recogniser.convnet),
        ("lstm_training", two_steps.train_lstm, recogniser.lstm),
    ):
        if network is None:
            stages[key] = None
            continue
        schedule = step(recogniser, prepared, sequences, folder, log, after_pass)  # type: ignore[arg-type]
        name = key.removesuffix("_training")
        say(f"{name} stopped: {schedule.stopped}")
        stages[key] = _training(network.parameters.vector.size, [row for row in log if row.stage == name], schedule)
    return stages, log


def rehearse(config: Config) -> None:
    """Train and evaluate a little, so that all kernels that a configuration needs are compiled.

    Parameters
    ----------
    config : Config
        Everything that is chosen.
    """
    config = replace(config, convnet=replace(config.convnet, epochs=1), lstm=replace(config.lstm, epochs=1))
    dataset, _ = choose(config)
    prepared = prepare(dataset, config, 1, lambda line: None)
    recogniser = Recogniser(config, dataset.classes, generator(config.seed, config.data.draw, "initial weights"))
    for sequence in usable(dataset, prepared):
        if isinstance(prepared, Points) and not len(prepared.steps(sequence.name)):
            continue  # there is nothing to be learned from it
        with tempfile.TemporaryDirectory() as folder:
            _train_both(recogniser, prepared, [sequence], Path(folder), lambda line: None)
        evaluate(recogniser, prepared, [sequence])
        return


def choose(config: Config) -> tuple[Dataset, Split]:
    """The dataset and the split that a configuration names.

    Parameters
    ----------
    config : Config
        Its ``data`` section counts.

    Returns
    -------
    dataset : Dataset
        Whoever takes no part is not in it: persons that ``data.only`` does not name, the test persons around an inner
        split.
    split : Split
    """
    data = config.data
    dataset = whole(config)
    split = splits.pick(splits.make(data.protocol, dataset, max(data.draws, data.draw), data.split_seed), data.draw)
    splits.check(split, dataset)
    if data.inner:
        draws = max(data.inner_draws, data.inner_draw)
        inside = splits.inner(split, dataset, data.inner, draws, data.split_seed)
        dataset, split = splits.only(dataset, split.train), splits.pick(inside, data.inner_draw, "data.inner_draw")
        splits.check(split, dataset)
    return dataset, split


def whole(config: Config) -> Dataset:
    """The dataset that a configuration names, without the persons that ``data.only`` leaves out.

    Parameters
    ----------
    config : Config
        Its ``data`` section counts.

    Returns
    -------
    Dataset
    """
    data = config.data
    dataset = registry.load(data.dataset, data.data_dir, data.variant, data.persons)
    return splits.only(dataset, data.only) if data.only else dataset


def with_box(config: Config, dataset: Dataset) -> Config:
    """A configuration that names the rule for the box.

    Parameters
    ----------
    config : Config
        Where it says ``auto``, the dataset's own rule is meant.
    dataset : Dataset
        The dataset.

    Returns
    -------
    Config
    """
    return replace(config, video=replace(config.video, box=dataset.box)) if config.video.box == "auto" else config


def prepare(dataset: Dataset, config: Config, workers: int, say: Say) -> Prepared | Points:
    """The store of a dataset, with a word on what is compiled, left out or damaged.

    Parameters
    ----------
    dataset : Dataset
        What to prepare.
    config : Config
        The settings.
    workers : int
        Processes that prepare video.
    say : callable
        Told.

    Returns
    -------
    Prepared or Points
        What the configuration's model reads.
    """
    if config.backend == "numba":
        if not Path(compiled_folder()).exists():
            say("the kernels are compiled when they are first needed: about 12 seconds in all, once")
        if target().lanes < 8:
            say("this processor has vectors of 4 numbers (no AVX2, no AVX-512): as right, but up to four times slower")
    prepared: Prepared | Points
    if config.model == "stip-lstm":
        prepared = points.prepare(dataset, config, workers=workers)
    else:
        prepared = store.prepare(dataset, config, workers=workers)
    for name, reason in prepared.skipped.items():
        say(f"left out: {name}: {reason}")
    for note in prepared.notes[:SAID]:
        say(f"note: {note}")
    if len(prepared.notes) > SAID:
        say(f"note: {len(prepared.notes) - SAID} more notes on single videos, all of them in result.json")
    return prepared


def usable(dataset: Dataset, prepared: Prepared | Points) -> list[Sequence]:
    """The sequences that could be prepared.

    Parameters
    ----------
    dataset : Dataset
        All of them.
    prepared : Prepared or Points
        The store.

    Returns
    -------
    list of Sequence
    """
    return [sequence for sequence in dataset.sequences if sequence.name in prepared.spans]


def _with_sequences(dataset: Dataset, sequences: list[Sequence]) -> Dataset:
    return replace(dataset, sequences=tuple(sequences))


def _about(dataset: Dataset, prepared: Prepared | Points) -> dict[str, Any]:
    skipped = [f"left out: {name}: {reason}" for name, reason in prepared.skipped.items()]
    return {
        "name": dataset.name,
        "variant": dataset.variant,
        "unit": dataset.unit,
        "classes": list(dataset.classes),
        "sequences": len(prepared.spans),
        "frames": prepared.footage,
        "notes": [*dataset.notes, *skipped, *prepared.notes],
    }


def _training(parameters: int, rows: list[Epoch], schedule: Schedule) -> dict[str, Any]:
    return {
        "parameters": parameters,
        "epochs": len(rows),
        "updates": rows[-1].updates if rows else 0,
        "seconds": round(sum(row.seconds for row in rows), 1),
        "stopped": schedule.stopped,
    }
