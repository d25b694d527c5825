"""The online training loop that all stages share: passes, checkpoints, collapse, stopping."""

import time
from collections.abc import Callable, Mapping
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from seqdl.base.arrays import within
from seqdl.errors import SeqdlError
from seqdl.model import checkpoint, targets
from seqdl.model.describers.base import Stage
from seqdl.model.updates import Learned
from seqdl.runs.codec import decode
from seqdl.runs.result import Epoch
from seqdl.training import collapse
from seqdl.training.randomness import generator
from seqdl.training.schedule import Schedule

CHUNK = 200
"""Updates between two looks at the clock: half a second."""


@dataclass
class Training:
    """A stage, as far as its training has got.

    Parameters
    ----------
    stage, path
        What is trained, and its checkpoint.
    velocity : array, (P,)
        The running step.
    schedule, log
        Its learning rate; the passes of all stages so far.
    recent : array, (K, P)
        The parameters after each of the last K passes, of which the mean is what is kept in the end.
    """

    stage: Stage
    path: Path
    velocity: np.ndarray
    schedule: Schedule
    log: list[Epoch]
    recent: np.ndarray

    @property
    def passes(self) -> list[Epoch]:
        """The passes of this stage."""
        return [epoch for epoch in self.log if epoch.stage == self.stage.name]

    @property
    def vectors(self) -> dict[str, np.ndarray]:
        """What a checkpoint holds."""
        recent = {"recent": self.recent} if len(self.recent) else {}
        return {"theta": self.stage.parameters.vector, "velocity": self.velocity, **recent, **self.stage.beside}

    def average(self) -> None:
        """Take note of what a pass has led to; after the last one the parameters are the mean of the last passes."""
        if not len(self.recent):
            return
        done, theta = self.schedule.epoch, self.stage.parameters.vector
        self.recent[(done - 1) % len(self.recent)] = theta
        if self.schedule.stopped:
            theta[:] = self.recent[:done].mean(axis=0, dtype=np.float64)


def train(
    stage: Stage,
    path: Path,
    key: tuple[int, int],
    must_agree: Mapping[str, Any],
    log: list[Epoch],
    on_pass: Callable[[Epoch], None],
) -> Training:
    """Train a ``stage`` until its schedule stops; a checkpoint at ``path`` after every pass, from which it goes on.

    ``key`` is the seed and the draw, for all that is random. ``must_agree`` are plain values for the checkpoint;
    training goes on only where they are the same. A line is added to the ``log`` of all stages for every pass, also for
    those that the checkpoint tells of; ``on_pass`` is called once after the checkpoint of every pass that is made here.
    A CollapseError ends a training that has collapsed, and leaves the checkpoint of the last good pass; a SeqdlError
    says where a checkpoint is damaged or does not fit.
    """
    zeros = stage.parameters.like().vector
    recent = np.zeros((stage.section.average, len(zeros)), zeros.dtype)
    run = Training(stage, path, zeros, Schedule(stage.section), log, recent)
    if path.exists():
        _resume(run, must_agree)
    elif run.schedule.stopped:  # a network that is not to be trained keeps its initial weights
        _save(run, must_agree)
    while not run.schedule.stopped:
        epoch = run.schedule.epoch + 1
        updates = stage.draw(generator(*key, stage.name, epoch), run.schedule)
        started = time.monotonic()
        learned = _pass(run, epoch, updates)
        seen = slice(0, max(learned.done, 1))
        losses, decisions = learned.losses[: learned.done + 1], learned.decisions[: learned.done + 1]
        labels = targets.counted(decisions, updates.labels[: learned.done + 1], stage.several)
        done = sum(one.updates for one in run.passes[-1:]) + learned.done
        settled = done >= stage.settle
        if settled and stage.guessing and learned.norms is not None:
            collapse.detect_unreached(stage, epoch, losses, stage.guessing(updates), learned.norms)
        collapse.detect(stage, epoch, losses, decisions, labels, settled)
        accuracy = float((decisions[seen] == labels[seen]).mean())
        run.schedule.after(accuracy)
        run.average()
        rate, loss = float(updates.learning_rates[-1]), _mean_loss(stage, updates, losses, seen)
        run.log.append(Epoch(stage.name, epoch, done, rate, loss, accuracy, round(time.monotonic() - started, 3)))
        _save(run, must_agree)
        on_pass(run.log[-1])
    return run


def _pass(run: Training, epoch: int, updates: Any) -> Learned:
    """All updates of a pass, chunk by chunk, so that an interrupt and the progress bar get their turn."""
    count, stage = len(updates.labels), run.stage
    losses, norms = np.full((2, count), np.nan, np.float32)
    decisions = np.zeros(count, np.int64)
    title = f"{stage.name} pass {epoch}/{stage.section.epochs}"
    with tqdm(total=count, desc=title, unit="upd", disable=None, leave=False) as bar:
        for first in range(0, count, CHUNK):
            if not within(run.velocity):  # the weights explode: a collapse, whatever the loss was
                return Learned(first, losses, decisions, norms)
            part = slice(first, first + CHUNK)
            learned = stage.learn(type(updates)(*(column[part] for column in updates)), run.velocity)
            losses[part], decisions[part] = learned.losses, learned.decisions
            if learned.norms is not None:
                norms[part] = learned.norms
            size = len(learned.losses)
            if learned.done < size:
                return Learned(first + learned.done, losses, decisions, norms)
            bar.update(size)
            right = (decisions[part] == targets.counted(decisions[part], updates.labels[part], stage.several)).mean()
            loss = _mean_loss(stage, updates, losses, part)
            bar.set_postfix(loss=f"{loss:.3f}", accuracy=f"{right:.2f}", refresh=False)
    return Learned(count, losses, decisions, norms)


def _mean_loss(stage: Stage, updates: Any, losses: np.ndarray, part: slice) -> float:
    """The mean of a ``part`` of the ``losses`` (n,); where an update adds several up, the mean of those."""
    counted = stage.counted(updates)[part] if stage.counted else 1.0
    return float((losses[part] / counted).mean(dtype=np.float64))


def _save(run: Training, values: Mapping[str, Any]) -> None:
    log = [astuple(epoch) for epoch in run.passes]
    checkpoint.save(run.path, run.vectors, {"schedule": run.schedule.state(), "log": log, **values})


def _resume(run: Training, must_agree: Mapping[str, Any]) -> None:
    arrays, values = checkpoint.read(run.path, "schedule", "log")
    checkpoint.fill(run.vectors, arrays, run.path)
    for name, value in must_agree.items():
        if values.get(name, value) != value:
            raise SeqdlError(f"{run.path} was trained on other {name} than are there now: train anew, not with resume=")
    for name, value in decode(dict[str, int | float | str], values["schedule"], run.path, "schedule").items():
        setattr(run.schedule, name, value)
    rows = decode(tuple[tuple[str, int, int, float, float, float, float], ...], values["log"], run.path, "log")
    run.log.extend(Epoch(*row) for row in rows)
