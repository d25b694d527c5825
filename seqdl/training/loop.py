"""The online training loop that both networks share: passes, checkpoints, collapse, stopping."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from tqdm import tqdm

from seqdl.errors import SeqdlError
from seqdl.model import checkpoint
from seqdl.model.updates import Learned, SequenceUpdates, Updates
from seqdl.runs.result import Epoch
from seqdl.training import collapse
from seqdl.training.schedule import Schedule

U = TypeVar("U", Updates, SequenceUpdates)


@dataclass
class Stage:
    """One of the two networks in training.

    Parameters
    ----------
    name : str
        ``convnet`` or ``lstm``.
    path : Path
        Its checkpoint.
    theta, velocity : array, (P,)
        Its parameters and their running step.
    schedule : Schedule
        Its learning rate.
    draw : callable
        ``draw(epoch, schedule)`` gives the updates of a pass, in order.
    run : callable
        ``run(updates)`` does some of them.
    extra : callable
        Further arrays of the checkpoint, by name; filled when training goes on from it.
    values : dict
        Further values for the checkpoint; training goes on only where they are the same.
    settle : int
        Updates after which one class for everything is a collapse, and no longer a beginning.
    advice : str
        What to do about a collapse.
    chunk : int
        Updates between two looks at the clock.
    """

    name: str
    path: Path
    theta: np.ndarray
    velocity: np.ndarray
    schedule: Schedule
    draw: Callable[[int, Schedule], Any]
    run: Callable[[Any], Learned]
    extra: Callable[[], dict[str, np.ndarray]]
    values: dict[str, Any]
    settle: int
    advice: str
    chunk: int


def run(stage: Stage, log: list[Epoch], after_pass: Callable[[], None]) -> None:
    """Train until the schedule stops; a checkpoint after every pass.

    Parameters
    ----------
    stage : Stage
        The network in training; where its checkpoint exists, training goes on from there.
    log : list of Epoch
        Of all stages; a row is added for every pass.
    after_pass : callable
        Called after every checkpoint.

    Raises
    ------
    CollapseError
        Where training has collapsed; the checkpoint of the last good pass stays.
    SeqdlError
        For a damaged checkpoint, or one that does not fit.
    """
    if stage.path.exists():
        _resume(stage, log)
    elif stage.schedule.stopped:  # a network that is not to be trained keeps its initial weights
        _save(stage, log)
    while not stage.schedule.stopped:
        epoch = stage.schedule.epoch + 1
        updates = stage.draw(epoch, stage.schedule)
        started = time.monotonic()
        learned = _pass(stage, epoch, updates)
        seen = slice(0, max(learned.done, 1))
        labels = updates.labels[: learned.done + 1]
        losses, decisions = learned.losses[: len(labels)], learned.decisions[: len(labels)]
        done = sum(row.updates for row in log[-1:] if row.stage == stage.name) + learned.done
        settled = done >= stage.settle
        collapse.check(stage.name, epoch, losses, decisions, labels, stage.theta, settled, stage.advice)
        accuracy = float((decisions[seen] == labels[seen]).mean())
        stage.schedule.after(accuracy)
        rate, loss = float(updates.learning_rates[-1]), float(losses[seen].mean(dtype=np.float64))
        log.append(Epoch(stage.name, epoch, done, rate, loss, accuracy, round(time.monotonic() - started, 3)))
        _save(stage, log)
        after_pass()


def _pass(stage: Stage, epoch: int, updates: Any) -> Learned:
    """All updates of a pass, chunk by chunk, so that an interrupt and the progress bar get their turn."""
    count = len(updates.labels)
    losses = np.full(count, np.nan, np.float32)
    decisions = np.zeros(count, np.int64)
    limit = stage.schedule.config.epochs
    with tqdm(total=count, desc=f"{stage.name} pass {epoch}/{limit}", unit="upd", disable=None, leave=False) as bar:
        for first in range(0, count, stage.chunk):
            part = slice(first, first + stage.chunk)
            learned = stage.run(type(updates)(*(column[part] for column in updates)))
            losses[part], decisions[part] = learned.losses, learned.decisions
            size = len(learned.losses)
            if learned.done < size:
                return Learned(first + learned.done, losses, decisions)
            bar.update(size)
            right = (decisions[part] == updates.labels[part]).mean()
            bar.set_postfix(loss=f"{learned.losses.mean():.3f}", accuracy=f"{right:.2f}", refresh=False)
    return Learned(count, losses, decisions)


def _save(stage: Stage, log: list[Epoch]) -> None:
    arrays = {"theta": stage.theta, "velocity": stage.velocity, **stage.extra()}
    rows = [astuple(row) for row in log if row.stage == stage.name]
    checkpoint.save(stage.path, arrays, {"schedule": stage.schedule.state(), "log": rows, **stage.values})


def _resume(stage: Stage, log: list[Epoch]) -> None:
    arrays, values = checkpoint.load(stage.path, "schedule", "log")
    checkpoint.fill({"theta": stage.theta, "velocity": stage.velocity, **stage.extra()}, arrays, stage.path)
    for name, value in stage.values.items():
        if values.get(name, value) != value:
            raise SeqdlError(f"{stage.path} was trained on other {name} than are there now: train anew, not --resume")
    for name, value in values["schedule"].items():
        setattr(stage.schedule, name, value)
    log.extend(Epoch(*row) for row in values["log"])
