"""The whole job of the paper: choose, prepare, train the stages, evaluate on who was not seen, record."""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from seqdl import __version__
from seqdl.base import disk
from seqdl.base.files import temporarily
from seqdl.base.interrupts import nothing_lost
from seqdl.base.words import printable
from seqdl.config import Config, head_taught
from seqdl.datasets import choose, splits
from seqdl.datasets.base import Dataset
from seqdl.datasets.splits import Split
from seqdl.evaluation.estimate import compiling
from seqdl.evaluation.evaluate import evaluate
from seqdl.kernels.vector.simd import target
from seqdl.model import describers
from seqdl.model.recogniser import Recogniser
from seqdl.runs import folder as run_folder
from seqdl.runs import ledger
from seqdl.runs.folder import RunFolder
from seqdl.runs.result import Epoch, Evaluation, Material, Noted, Persons, Result, Training
from seqdl.runs.settings import in_a_line
from seqdl.stores.base import NothingUsableError, Store
from seqdl.training import loop, warm
from seqdl.training.randomness import generator
from seqdl.training.stages import stages

Say = Callable[[str], None]
OnPass = Callable[[Epoch], None]
SAID = 5
"""So many notes on single videos are said; some datasets have one for each."""


def silent(_: Any) -> None:
    """Say nothing."""


def train(
    config: Config,
    out: str | Path = "",
    resume: bool = False,
    workers: int = 1,
    say: Say = silent,
    on_pass: OnPass = silent,
) -> RunFolder:
    """Train and evaluate one split of the protocol that ``config`` names; the run folder has the result.

    ``out`` is a new run folder, or with ``resume`` the one to go on with; ``workers`` processes prepare video, and as
    many threads describe it. ``say`` is told, in sentences, what is going on; ``on_pass`` is given every
    :class:`~seqdl.runs.result.Epoch` once, right after its checkpoint is written, and after a resume only new ones. A
    SeqdlError says what is wrong with data, configuration or folder.
    """
    started = time.monotonic()
    dataset, split = choose.choose(config)
    config = choose.with_own(config, dataset)
    # what can be wrong with geometry or beginning is found before hours are spent
    recogniser = begin(config, dataset, split, out if resume else "")
    recogniser.threads = workers
    if resume:
        run_folder.require_same(out, config)
    else:
        run_folder.require_free(out)
    _introduce(config, dataset, say)
    with nothing_lost(say, "the same command goes on with what is not yet prepared"):
        store = prepare(config, dataset, workers, say)
    usable = replace(dataset, sequences=tuple(store.usable(dataset)))
    learning, testing = splits.sides(split, usable)
    split = splits.without_left_out(split, usable)
    run = run_folder.go_on(out, config) if resume else run_folder.create(out, config)
    say(f"run folder: {printable(str(run))}")
    say(f"{split.sentence} {len(learning)} training and {len(testing)} test sequences")
    with nothing_lost(say, f"go on with seqdl train --resume {printable(str(run))}"):
        trained = train_stages(recogniser, store, learning, run, say, on_pass)
        evaluation = evaluate(recogniser, store, testing) if testing else Evaluation({}, ())
    noted = Noted(kind="none")
    if testing:
        kind = "inner" if split.held_back else "test"
        date = ledger.note(run.path, config, kind, {sequence.person for sequence in testing}, evaluation.scores)
        noted = Noted(date, kind, ledger.LEDGER)
    result = Result(
        version=__version__,
        model=config.model,
        seed=config.seed,
        dataset=_about(dataset, store),
        protocol=split.sentence,
        split=_persons(split),
        evaluated=noted,
        stages=trained,
        scores=evaluation.scores,
        sequences=evaluation.sequences,
        seconds=round(time.monotonic() - started, 1),
        head_taught=head_taught(config),
    )
    run.write_result(result)
    return run


def new_recogniser(config: Config, dataset: Dataset) -> Recogniser:
    """Untrained networks with the initial weights of a configuration's seed and draw."""
    return Recogniser(config, dataset.classes, generator(config.seed, config.data.draw, "initial weights"))


def begin(config: Config, dataset: Dataset, split: Split, folder: str | Path = "") -> Recogniser:
    """The networks as training on a ``split`` of a ``dataset`` begins: new, or those of a run that is named.

    In a run ``folder`` that has a checkpoint already, training goes on from that, and no other run is needed. What is
    wrong with the ``config`` is found.
    """
    recogniser = new_recogniser(config, dataset)
    begun = folder != "" and RunFolder(Path(folder)).checkpoint(recogniser.last).exists()
    if warm.wanted(config) and not begun:
        warm.start(recogniser, dataset, split)
    return recogniser


def prepare(config: Config, dataset: Dataset, workers: int, say: Say = silent, where: str = "result.json") -> Store:
    """The store of a ``dataset`` for the describer of a ``config``, made by so many ``workers``.

    What is compiled, left out or damaged is told to ``say``; of many notes the first, and ``where`` the caller has all.
    """
    if config.backend == "numba":
        if seconds := compiling(config):
            say(f"the kernels are compiled when they are first needed: about {seconds:.0f} seconds in all, once")
        if target().lanes < 8:
            say("this processor has vectors of 4 numbers (no AVX2, no AVX-512): as right, but up to four times slower")
    try:
        store = describers.kind(config).prepare(config, dataset, workers)
    except NothingUsableError as error:
        _say_skipped(error.skipped, say)
        raise
    _say_skipped(store.skipped, say)
    for note in store.notes[:SAID]:
        say(f"note: {printable(note)}")
    if len(store.notes) > SAID:
        say(f"note: {len(store.notes) - SAID} more notes on single videos, all of them in {where}")
    return store


def _say_skipped(skipped: dict[str, str], say: Say) -> None:
    for name, reason in skipped.items():
        say(f"left out: {name}: {printable(reason)}")


def train_stages(
    recogniser: Recogniser,
    store: Store,
    sequences: list[Any],
    run: RunFolder,
    say: Say = silent,
    on_pass: OnPass = silent,
) -> dict[str, Training]:
    """Train all stages of a ``recogniser`` on ``sequences`` of a ``store``, or go on with them; how each went.

    The ``run`` takes the checkpoints and the log; ``say`` and ``on_pass`` are told as by :func:`train`.
    """
    config = recogniser.config
    log: list[Epoch] = []
    trained: dict[str, Training] = {}

    def after_pass(epoch: Epoch) -> None:
        run.write_log(log)
        say(str(epoch))
        on_pass(epoch)

    for stage in stages(recogniser, store, sequences, run.path):
        key, must_agree = (config.seed, config.data.draw), {"classes": list(recogniser.classes)}
        done = loop.train(stage, run.checkpoint(stage.name), key, must_agree, log, after_pass)
        say(f"{stage.name} stopped: {done.schedule.stopped}")
        size, passes = stage.parameters.vector.size, done.passes
        updates, seconds = passes[-1].updates if passes else 0, round(sum(epoch.seconds for epoch in passes), 1)
        trained[stage.name] = Training(size, len(passes), updates, seconds, done.schedule.stopped)
    run.write_log(log)
    return trained


def rehearse(config: Config) -> None:
    """Train and evaluate a little, so that all kernels that a configuration needs are compiled."""
    convnet, lstm = replace(config.convnet, epochs=min(config.convnet.epochs, 1)), replace(config.lstm, epochs=1)
    config = replace(config, convnet=convnet, lstm=lstm, single_step=replace(config.single_step, epochs=1, crops=1))
    dataset, _ = choose.choose(config)
    config = choose.with_own(config, dataset)
    recogniser, store = new_recogniser(config, dataset), prepare(config, dataset, 1)
    for sequence in store.usable(dataset):
        if len(recogniser.describer.describe(store, sequence.name).features):  # else nothing can be learned from it
            folder = disk.temporary_folder()
            with temporarily(folder):
                train_stages(recogniser, store, [sequence], RunFolder(folder))
            evaluate(recogniser, store, [sequence])
            return


def _introduce(config: Config, dataset: Dataset, say: Say) -> None:
    say(f"settings: {printable(in_a_line(config))} (all of them in the run folder's {run_folder.CONFIG})")
    for note in dataset.notes:
        say(f"note: {printable(note)}")


def _about(dataset: Dataset, store: Store) -> Material:
    notes = (*dataset.notes, *(f"left out: {name}: {why}" for name, why in store.skipped.items()), *store.notes)
    count, shown = len(store.spans), tuple(map(printable, notes))
    return Material(dataset.name, dataset.variant, dataset.classes, count, store.footage, shown, dataset.unit)


def _persons(split: Split) -> Persons:
    held_back = tuple(split.held_back)
    return Persons(f"{split.name} {split.number}", tuple(split.train), tuple(split.test), held_back)
