"""The mean of the last passes: of a network that is only a few numbers, which each update changes in a known way."""

import numpy as np
import pytest

from seqdl.config import ConvNetConfig
from seqdl.model import checkpoint
from seqdl.model.describers.base import Stage
from seqdl.model.parameters import Parameters
from seqdl.model.updates import Learned, SequenceUpdates
from seqdl.training.loop import train

UPDATES = 3


def made(**changes):
    """A stage, and what its parameters were after each pass."""
    settings = {"average": 3, "epochs": 7, "patience": 99, "schedule": "constant", "learning_rate": 0.1, **changes}
    parameters, after = Parameters([("N1.weight", (2, 2))]), []

    def draw(rng, passes):
        spans = np.stack([rng.integers(0, 9, UPDATES)] * 2, axis=1)
        return SequenceUpdates(spans, np.arange(UPDATES), passes.rates(UPDATES))

    def learn(updates, velocity):
        for (start, _), rate in zip(updates.spans, updates.learning_rates):
            velocity[:] = 0.9 * velocity + rate * start
            parameters.vector += velocity
        after.append(parameters.vector.copy())
        return Learned(UPDATES, np.ones(UPDATES, np.float32), np.arange(UPDATES))

    return Stage("convnet", ConvNetConfig(**settings), parameters, draw, learn, "rate", settle=1000), after


def trained(stage, path, on_pass=lambda epoch: None):
    train(stage, path, (0, 1), {}, [], on_pass)
    return stage.parameters.vector.copy()


@pytest.mark.parametrize(
    "changes, passes",
    [({}, [4, 5, 6]), ({"average": 9}, range(7)), ({"patience": 2}, [0, 1, 2]), ({"average": 0}, [6])],
)
def test_the_mean_of_the_last_passes_is_kept_whatever_has_ended_them(tmp_path, changes, passes):
    stage, after = made(**changes)
    found = trained(stage, tmp_path / "convnet.npz")
    assert found == pytest.approx(np.mean([after[k] for k in passes], axis=0), rel=1e-6)
    arrays, _ = checkpoint.read(tmp_path / "convnet.npz")
    assert np.array_equal(arrays["theta"], found)
    assert ("recent" in arrays) == (stage.section.average > 0)


@pytest.mark.parametrize("last", [1, 4, 6])
def test_an_interrupted_training_has_the_same_mean_to_the_bit(tmp_path, last):
    def interrupt(epoch):
        if epoch.epoch == last:
            raise KeyboardInterrupt

    whole = trained(made()[0], tmp_path / "whole.npz")
    with pytest.raises(KeyboardInterrupt):
        trained(made()[0], tmp_path / "convnet.npz", interrupt)
    assert np.array_equal(trained(made()[0], tmp_path / "convnet.npz"), whole)
    assert np.array_equal(trained(made()[0], tmp_path / "convnet.npz"), whole)  # finished: nothing is averaged again
