"""The single-step model beside the two networks that it is made of; its derivatives are in tests/checks."""

import numpy as np
import pytest

from seqdl.checks.single_step import drawn
from seqdl.config import Config, ConvNetConfig, LSTMConfig
from seqdl.model.convnet import ConvNet
from seqdl.model.convnet_numpy import LayerRow
from seqdl.model.lstm_classifier import LSTMClassifier
from seqdl.model.single_step_numpy import NumpySingleStep
from seqdl.ops import adam

SMALL = ConvNetConfig(
    frames=6, rows=15, columns=13, c1_maps=2, c1_kernel=(3, 4, 4), c2_kernel=(2, 3, 2), c3_kernel=(2, 1, 2), c3_maps=2,
    hidden=5,
)  # fmt: skip
CLASSES = 4


def made(rng, config):
    parameters = drawn(config, CLASSES, rng, np.float64)
    return NumpySingleStep(config, parameters), parameters


def sequence(rng, config, frames):
    return rng.standard_normal((frames, config.convnet.rows, config.convnet.columns))


def parts(config, vector):
    """The ConvNet's part of a vector and the LSTM's."""
    size = ConvNet(config.convnet, CLASSES, backend="numpy").parameters.vector.size
    return vector[:size], vector[size:]


def networks(config, parameters):
    """The two networks of the same parameters, each on its own."""
    convnet = ConvNet(config.convnet, CLASSES, backend="numpy", dtype=np.float64)
    lstm = LSTMClassifier(config.lstm, convnet.features, CLASSES, backend="numpy", dtype=np.float64)
    convnet.parameters.vector[:], lstm.parameters.vector[:] = parts(config, parameters.vector)
    return convnet, lstm


def close(value, expected, bound=1e-12):
    assert np.linalg.norm(value - expected) <= bound * np.linalg.norm(expected)


@pytest.mark.parametrize("convnet, frames, step", [(ConvNetConfig(), 13, 1), (SMALL, 12, 1), (SMALL, 13, 3)])
def test_the_gradient_of_a_sequence_is_the_sum_over_its_windows(rng, convnet, frames, step):
    """Each window goes through the ConvNet on its own, with its own error, and the gradients are added."""
    config = Config(convnet=convnet, lstm=LSTMConfig(cells=6, window_step=step))
    model, parameters = made(rng, config)
    given = sequence(rng, config, frames)
    x = model.describe(given)
    dx = rng.standard_normal(x.shape)
    model.gradient.vector[:] = 0
    model.describe_back(dx)
    row, total = LayerRow(convnet, parameters), np.zeros_like(parameters.vector)
    for k, error in enumerate(dx):
        row.forward(given[k * step : k * step + convnet.frames])
        d = error.reshape(row.c3.y.shape)
        for layer in reversed(row.layers[: row.layers.index(row.c3) + 1]):
            d = layer.backward(d)
        total += row.gradient.vector
    close(model.gradient.vector, total)


@pytest.mark.parametrize("step", [1, 2])
def test_its_features_are_those_of_the_convnet(rng, step):
    config = Config(convnet=SMALL, lstm=LSTMConfig(cells=3, window_step=step))
    model, parameters = made(rng, config)
    given = sequence(rng, config, 11)
    close(model.describe(given), networks(config, parameters)[0].read(given, np.arange(0, 6, step))[0])


def test_with_the_head_alone_it_is_the_convnets_mean_over_all_windows(rng):
    config = Config(convnet=SMALL, lstm=LSTMConfig(cells=3))
    model, parameters = made(rng, config)
    given, convnet = sequence(rng, config, 10), networks(config, parameters)[0]
    value, gradient = model.loss_and_gradient(given, 2, weights=np.zeros(5), head=1.0)
    losses, gradients = zip(*(convnet.loss_and_gradient(given[k : k + 6], 2) for k in range(5)))
    assert value == pytest.approx(np.mean(losses), rel=1e-12)
    by_convnet, by_lstm = parts(config, gradient)
    close(by_convnet, np.mean(gradients, axis=0))
    assert not by_lstm.any()


@pytest.mark.parametrize("targets", ["every", "last"])
def test_without_choices_the_lstms_part_is_the_classifiers_and_the_head_learns_nothing(rng, targets):
    config = Config(convnet=SMALL, lstm=LSTMConfig(cells=3, targets=targets))
    model, parameters = made(rng, config)
    given = sequence(rng, config, 10)
    value, gradient = model.loss_and_gradient(given, 2)
    expected, by_classifier = networks(config, parameters)[1].loss_and_gradient(model.describe(given), 2)
    assert value == pytest.approx(expected, rel=1e-12)
    close(parts(config, gradient)[1], by_classifier)
    assert not model.gradient["N1.weight"].any() and model.gradient["C1.weight"].any()


def test_a_frame_is_seen_by_the_windows_that_it_lies_in(rng):
    """By nine in the paper; at a sequence's ends by fewer."""
    config = Config(convnet=SMALL, lstm=LSTMConfig(cells=3))
    model, _ = made(rng, config)
    given = sequence(rng, config, 14)
    before = model.describe(given)
    for moved in range(14):
        other = given.copy()
        other[moved] += 1
        changed = np.flatnonzero((model.describe(other) != before).any(axis=1))
        assert changed.tolist() == [t for t in range(9) if t <= moved < t + 6]


def test_it_learns_by_adam_to_tell_two_sequences_apart(rng):
    config = Config(convnet=SMALL, lstm=LSTMConfig(cells=5, initial_range=0.5))
    model, parameters = made(rng, config)
    sequences = [contrast * sequence(rng, config, 9) for contrast in (0.2, 1)]
    theta, losses = parameters.vector, []
    mean, square, rates = np.zeros_like(theta), np.zeros_like(theta), np.ones_like(theta)
    for count in range(1, 151):
        value, gradient = model.loss_and_gradient(sequences[count % 2], count % 2, head=1.0)
        adam.update(theta, mean, square, gradient, rates, 0.01, count)
        losses.append(value)
    assert max(losses[-2:]) < 0.2 * min(losses[:2])
