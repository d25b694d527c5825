"""The online training loop that all stages share: passes, checkpoints also within long ones, collapse, stopping."""

import time
import warnings
from collections.abc import Callable, Mapping
from dataclasses import astuple, dataclass, replace
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
EVERY = 180.0
"""Seconds between two checkpoints within a pass: what an interrupt may cost at most."""


@dataclass
class Part:
    """The part of a pass that is done.

    Parameters
    ----------
    done, seconds : int, float
        So many updates, in that time.
    losses, decisions, norms : array, (n,)
        As :class:`seqdl.model.updates.Learned` has them, of all updates of the pass.
    """

    done: int
    seconds: float
    losses: np.ndarray
    decisions: np.ndarray
    norms: np.ndarray

    @property
    def columns(self) -> dict[str, np.ndarray]:
        """What a checkpoint holds of it."""
        return {"losses": self.losses, "decisions": self.decisions, "norms": self.norms}


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
    part : Part, optional
        Of the next pass, where a checkpoint within it was gone on from.
    """

    stage: Stage
    path: Path
    velocity: np.ndarray
    schedule: Schedule
    log: list[Epoch]
    recent: np.ndarray
    part: Part | None = None

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

    Within long passes there is one after every :data:`EVERY` seconds, from which the same bits come.

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
        _go_on(run, must_agree)
    elif run.schedule.stopped:  # a network that is not to be trained keeps its initial weights
        _save(run, must_agree)
    while not run.schedule.stopped:
        epoch = run.schedule.epoch + 1
        updates = stage.draw(generator(*key, stage.name, epoch), run.schedule)
        started = time.monotonic() - (run.part.seconds if run.part else 0)
        learned = _pass(run, epoch, updates, started, must_agree)
        seen = slice(0, max(learned.done, 1))
        losses, decisions = learned.losses[: learned.done + 1], learned.decisions[: learned.done + 1]
        labels = targets.counted(decisions, updates.labels[: learned.done + 1], stage.several)
        done = sum(one.updates for one in run.passes[-1:]) + learned.done
        settled = done >= stage.settle
        if settled and stage.guessing and learned.norms is not None:
            collapse.detect_unreached(stage, epoch, losses, stage.guessing(updates), learned.norms)
        place = stage.place(updates, len(losses) - 1) if stage.place else ""
        collapse.detect(stage, epoch, losses, decisions, labels, settled, place)
        accuracy = float((decisions[seen] == labels[seen]).mean())
        run.schedule.after(accuracy)
        run.average()
        rate, loss = float(updates.learning_rates[-1]), _mean_loss(stage, updates, losses, seen)
        run.log.append(Epoch(stage.name, epoch, done, rate, loss, accuracy, round(time.monotonic() - started, 3)))
        _save(run, must_agree)
        on_pass(run.log[-1])
    return run


def _pass(run: Training, epoch: int, updates: Any, started: float, must_agree: Mapping[str, Any]) -> Learned:
    """All updates of a pass, chunk by chunk, so that an interrupt, the progress bar and checkpoints get their turn."""
    count, stage, saved = len(updates.labels), run.stage, time.monotonic()
    begun = _begun(run, count)
    losses, decisions, norms = begun.columns.values()
    title = f"{stage.name} pass {epoch}/{stage.section.epochs}"
    with tqdm(total=count, initial=begun.done, desc=title, unit="upd", disable=None, leave=False) as bar:
        for first in range(begun.done, count, CHUNK):
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
            now = time.monotonic()
            good = within(run.velocity) and within(stage.parameters.vector)
            if good and now - saved >= EVERY and first + size < count:
                _save(run, must_agree, replace(begun, done=first + size, seconds=now - started))
                saved = now
    return Learned(count, losses, decisions, norms)


def _begun(run: Training, count: int) -> Part:
    """What is done of a pass of so many updates; in those that follow nothing is."""
    part, run.part = run.part, None
    if part is None:
        losses, norms = np.full((2, count), np.nan, np.float32)
        return Part(0, 0.0, losses, np.zeros(count, np.int64), norms)
    if len(part.losses) != count:
        raise checkpoint.MisfitError(
            f"{run.path} was left in a pass of {len(part.losses)} updates, and now one has {count}: train anew, not "
            "with resume="
        )
    return part


def _mean_loss(stage: Stage, updates: Any, losses: np.ndarray, part: slice) -> float:
    """The mean of a ``part`` of the ``losses`` (n,); where an update adds several up, the mean of those."""
    counted = stage.counted(updates)[part] if stage.counted else 1.0
    return float((losses[part] / counted).mean(dtype=np.float64))


def _save(run: Training, values: Mapping[str, Any], part: Part | None = None) -> None:
    """Write a checkpoint, after a pass or within one of which a ``part`` is done."""
    log = [astuple(epoch) for epoch in run.passes]
    whole = {"schedule": run.schedule.state(), "log": log, **values}
    if part is None:
        checkpoint.save(run.path, run.vectors, whole)
    else:
        within_it = {**whole, "part": [part.done, part.seconds]}
        checkpoint.save(run.path, run.vectors | part.columns, within_it, checkpoint.PARTIAL)


def _go_on(run: Training, must_agree: Mapping[str, Any]) -> None:
    """Go on from the last checkpoint or, where that is damaged, from the one before, and say so."""
    try:
        _resume(run, must_agree)
    except checkpoint.MisfitError:
        raise
    except SeqdlError as error:
        if not checkpoint.before(run.path).exists():
            raise
        warnings.warn(f"{error}; going on from the one before it, {checkpoint.before(run.path)}", stacklevel=2)
        checkpoint.restore(run.path)
        _resume(run, must_agree)


def _resume(run: Training, must_agree: Mapping[str, Any]) -> None:
    arrays, values = checkpoint.read(run.path, "schedule", "log")
    checkpoint.fill(run.vectors, arrays, run.path)
    for name, value in must_agree.items():
        if values.get(name, value) != value:
            raise checkpoint.MisfitError(
                f"{run.path} was trained on other {name} ({values[name]}) than are there now ({value}): train anew, "
                "not with resume="
            )
    for name, value in decode(dict[str, int | float | str], values["schedule"], run.path, "schedule").items():
        setattr(run.schedule, name, value)
    if "part" in values:
        done, seconds = decode(tuple[int, float], values["part"], run.path, "part")
        names = ("losses", "decisions", "norms")
        checkpoint.require(names, arrays, run.path)
        run.part = Part(done, seconds, *(arrays[name] for name in names))
    rows = decode(tuple[tuple[str, int, int, float, float, float, float], ...], values["log"], run.path, "log")
    run.log.extend(Epoch(*row) for row in rows)
