"""Checkpoints within a pass: whatever ends a training, and wherever, it goes on to the same bits."""

import numpy as np
import pytest

from seqdl.config import ConvNetConfig
from seqdl.errors import SeqdlError
from seqdl.model import checkpoint
from seqdl.model.describers.base import Stage
from seqdl.model.parameters import Parameters
from seqdl.model.updates import Learned, SequenceUpdates
from seqdl.training import loop

UPDATES, PASSES = 10, 3


class Learner:
    """A network of a few numbers, whose state beside them counts as well; it is interrupted at its n-th part."""

    def __init__(self, interrupt=-1, updates=UPDATES):
        self.parts, self.interrupt, self.updates = 0, interrupt, updates
        settings = {"average": 2, "epochs": PASSES, "patience": 99, "learning_rate": 0.1}
        self.parameters, self.beside = Parameters([("N1.weight", (2, 2))]), {"counts": np.zeros(1)}
        self.stage = Stage(
            "convnet", ConvNetConfig(**settings), self.parameters, self.draw, self.learn, "rate", 1000, self.beside
        )

    def draw(self, rng, passes):
        spans = np.stack([rng.integers(0, 9, self.updates)] * 2, axis=1)
        return SequenceUpdates(spans, np.arange(self.updates), passes.rates(self.updates))

    def learn(self, updates, velocity):
        if self.parts == self.interrupt:
            raise KeyboardInterrupt
        self.parts += 1
        losses = []
        for (start, _), rate in zip(updates.spans, updates.learning_rates):
            self.beside["counts"] += 1
            velocity[:] = 0.9 * velocity + rate * start / self.beside["counts"]
            self.parameters.vector += velocity
            losses.append(self.parameters.vector.sum())
        size = len(losses)
        return Learned(size, np.array(losses, np.float32), updates.labels + 1, np.ones(size, np.float32))


def trained(path, interrupt=-1, updates=UPDATES):
    """The bits of a training, and its log."""
    learner, log = Learner(interrupt, updates), []
    loop.train(learner.stage, path, (0, 1), {}, log, lambda epoch: None)
    return learner.parameters.vector.tobytes() + learner.beside["counts"].tobytes(), [one.loss for one in log]


@pytest.fixture
def often(monkeypatch):
    """A checkpoint after every three updates."""
    monkeypatch.setattr(loop, "CHUNK", 3)
    monkeypatch.setattr(loop, "EVERY", 0.0)


def test_the_bits_are_those_of_a_training_without_them(tmp_path, monkeypatch, often):
    made = trained(tmp_path / "often.npz")
    monkeypatch.undo()
    assert trained(tmp_path / "whole.npz") == made


@pytest.mark.parametrize("interrupt", range(PASSES * 4))
def test_an_interrupt_within_a_pass_costs_no_more_than_the_part_at_work(tmp_path, often, interrupt):
    whole = trained(tmp_path / "whole.npz")
    with pytest.raises(KeyboardInterrupt):
        trained(tmp_path / "convnet.npz", interrupt)
    again = Learner()
    loop.train(again.stage, tmp_path / "convnet.npz", (0, 1), {}, [], lambda epoch: None)
    assert again.parts == PASSES * 4 - interrupt
    assert trained(tmp_path / "convnet.npz") == whole


def test_a_pass_that_was_left_is_of_another_format_and_fits_its_own_updates(tmp_path, often):
    path = tmp_path / "convnet.npz"
    with pytest.raises(KeyboardInterrupt):
        trained(path, 2)
    arrays, values = checkpoint.read(path)
    assert (values["format"], values["part"][0], arrays["losses"].shape) == (2, 6, (UPDATES,))
    before = path.read_bytes()
    with pytest.raises(SeqdlError, match="was left in a pass of 10 updates, and now one has 9: train anew"):
        trained(path, updates=9)
    assert path.read_bytes() == before
