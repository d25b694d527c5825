"""Both networks as one: one vector, checks of what comes in, and the updates of the NumPy form."""

from __future__ import annotations

import numpy as np
import pytest

from seqdl.config import from_dict
from seqdl.errors import UsageError
from seqdl.model.convnet import ConvNet
from seqdl.model.lstm_classifier import LSTMClassifier
from seqdl.model.single_step import SingleStep
from seqdl.model.updates import AdamState, SingleStepUpdates
from seqdl.ops import adam, copies, dropout
from seqdl.ops.evening import KEPT, even

SMALL = {
    "model": "single-step",
    "backend": "numpy",
    "convnet": {
        "frames": 5, "rows": 11, "columns": 9, "c1_maps": 2, "c1_kernel": [2, 4, 2], "c2_kernel": [2, 3, 3],
        "c3_kernel": [2, 1, 1], "c3_maps": 3, "hidden": 4,
    },
    "lstm": {"cells": 4, "window_step": 2},
}  # fmt: skip
CLASSES = 3


def made(rng, **changes):
    config = from_dict(changes, from_dict(SMALL))
    convnet = ConvNet(config.convnet, CLASSES, rng, config.backend)
    lstm = LSTMClassifier(config.lstm, convnet.features, CLASSES, rng, config.backend)
    return SingleStep(config, convnet, lstm)


def some(rng, both, count=6, **changes):
    """Frames, updates on crops of them, and a state of the first update."""
    frames = rng.standard_normal((40, *both.layers[0].output[2:])).astype("f4")
    updates = SingleStepUpdates(
        rng.integers(0, 20, count),
        rng.integers(1, 7, count),
        rng.integers(0, CLASSES, count),
        np.stack([rng.integers(0, 2, count), rng.integers(0, 2, count), *rng.integers(-1, 2, (2, count))], axis=1),
        rng.integers(0, 2**31, count),
        np.full(count, 0.01, "f4"),
        np.full(count, 0.002, "f4"),
        np.linspace(1, 0, count, dtype="f4"),
    )
    return frames, updates._replace(**changes), AdamState.new(both.parameters.vector)


def test_the_networks_go_on_with_their_parameters_in_one_vector(rng):
    config = from_dict(SMALL)
    convnet = ConvNet(config.convnet, CLASSES, rng, "numpy")
    lstm = LSTMClassifier(config.lstm, convnet.features, CLASSES, rng, "numpy")
    frames, starts = rng.standard_normal((12, 11, 9)).astype("f4"), np.arange(3)
    features, said = convnet.read(frames, starts)
    steps, before = lstm.read(features), (convnet.parameters.vector.copy(), lstm.parameters.vector.copy())
    both = SingleStep(config, convnet, lstm)
    assert np.array_equal(both.parameters.vector, np.concatenate(before))
    assert np.shares_memory(both.parameters["C1.weight"], convnet.parameters["C1.weight"])
    assert np.array_equal(convnet.read(frames, starts)[0], features) and np.array_equal(lstm.read(features), steps)
    both.parameters.vector[:] *= 1.5
    assert not np.allclose(convnet.read(frames, starts)[1], said) and not np.allclose(lstm.read(features), steps)


def test_an_update_is_the_gradient_through_adam(rng):
    """Without evening, which is no gradient: as the loss and the gradient of the crop's copy say, one by one."""
    both = made(rng, single_step={"evening": False, "weight_decay": 0.1})
    frames, updates, state = some(rng, both)
    alone = made(np.random.default_rng(0), single_step={"evening": False})
    theta = alone.parameters.vector
    theta[:] = both.parameters.vector
    mean, square = np.zeros_like(theta), np.zeros_like(theta)
    size = both.convnet.parameters.vector.size
    rates = np.where(np.arange(len(theta)) < size, 0.2, 1).astype("f4")
    learned = both.run_updates(frames, updates, state)
    for k in range(6):
        start, steps, label, copy, seed, _, _, head = (column[k] for column in updates)
        mirror, flip, *shift = copy.tolist()
        crop = frames[start : start + 2 * (steps - 1) + 5]
        moved = np.ascontiguousarray(copies.copy(crop, bool(mirror), bool(flip), tuple(shift)))
        value, gradient = alone.loss_and_gradient(moved, int(label), head=float(head), seed=int(seed))
        adam.update(theta, mean, square, gradient, rates, 0.01, k + 1, weight_decay=0.1)
        assert learned.losses[k] == pytest.approx(value, rel=1e-5)
        assert learned.norms[k] == pytest.approx(np.linalg.norm(gradient[:size]), rel=1e-5)
    assert learned.done == 6 and state.counts.tolist() == [6, 6] and not state.evened.any()
    for found, expected in ((both.parameters.vector, theta), (state.mean, mean), (state.square, square)):
        assert found == pytest.approx(expected, rel=1e-4, abs=1e-7)


@pytest.mark.parametrize("left", ["convnet_rates", "learning_rates"])
def test_a_part_whose_rate_is_0_is_left_alone(rng, left):
    both = made(rng)
    frames, updates, state = some(rng, both, **{left: np.zeros(6, "f4")})
    before, size = both.parameters.vector.copy(), both.convnet.parameters.vector.size
    learned = both.run_updates(frames, updates, state)
    alone, moved = (slice(size), slice(size, None))[:: 1 if left == "convnet_rates" else -1]
    assert np.array_equal(both.parameters.vector[alone], before[alone])
    assert not state.mean[alone].any() and not state.square[alone].any()
    assert (both.parameters.vector[moved] != before[moved]).mean() > 0.9 and learned.done == 6
    assert (learned.norms == 0).all() == (left == "convnet_rates")


def test_evening_gives_all_places_the_mean_size_and_remembers_it(rng):
    evened = np.zeros(256, "f4")
    dx = rng.standard_normal((4, 5)) * np.array([[8.0], [4], [2], [1]])
    sizes = 4 * np.linalg.norm(dx, axis=1)
    even(dx, evened)
    assert evened[:4] == pytest.approx(sizes, rel=1e-5) and not evened[4:].any()
    assert 4 * np.linalg.norm(dx, axis=1) == pytest.approx(np.full(4, sizes.mean()), rel=1e-5)
    again = np.ones((2, 5))
    even(again, evened)
    assert evened[:2] == pytest.approx(KEPT * sizes[:2] + (1 - KEPT) * 2 * np.sqrt(5), rel=1e-5)
    assert evened[2:4] == pytest.approx(sizes[2:], rel=1e-5)


def test_steps_beyond_the_last_place_share_it(rng):
    evened = np.zeros(256, "f4")
    dx = rng.standard_normal((300, 2))
    sizes = 300 * np.linalg.norm(dx, axis=1)
    even(dx, evened)
    last = sizes[255]
    for size in sizes[256:]:
        last = KEPT * last + (1 - KEPT) * size
    assert evened[255] == pytest.approx(last, rel=1e-4)


def test_later_steps_count_more_and_dropout_follows_the_seed(rng):
    both, late = made(rng), made(rng, single_step={"late": 3.0})
    late.parameters.vector[:] = both.parameters.vector
    frames = rng.standard_normal((21, 11, 9)).astype("f4")
    said = both.lstm.read(both.convnet.read(frames, np.arange(0, 17, 2))[0])
    each, weights = -np.log(said[:, 1]), np.arange(1, 10) ** 3.0
    assert both.loss_and_gradient(frames, 1)[0] == pytest.approx(each.mean(), rel=1e-5)
    assert late.loss_and_gradient(frames, 1)[0] == pytest.approx(np.average(each, weights=weights), rel=1e-5)
    features = both.convnet.read(frames, np.arange(0, 17, 2))[0] * dropout.mask(7, (9, both.lstm.inputs), 0.25)
    expected = -np.log(both.lstm.read(features.astype("f4"))[:, 1]).mean()
    assert both.loss_and_gradient(frames, 1, seed=7)[0] == pytest.approx(expected, rel=1e-5)


def test_a_loss_that_is_no_number_ends_the_updates(rng):
    both = made(rng)
    frames, updates, state = some(rng, both)
    both.parameters["output.weight"][:] = np.inf
    with np.errstate(all="ignore"):
        learned = both.run_updates(frames, updates, state)
    assert learned.done == 0 and not state.counts.any()


@pytest.mark.parametrize(
    "field, value, message",
    [
        ("starts", np.array([38] + [0] * 5), "starts, steps: windows that are none, or reach outside the 40 frames"),
        ("starts", np.array([-1] + [0] * 5), "starts, steps: windows"),
        ("steps", np.zeros(6, int), "starts, steps: windows that are none"),
        ("labels", np.full(6, 3), "labels: expected 0 to 2, got 3 to 3"),
        ("seeds", np.zeros(5, int), r"seeds: expected an array of int64, \(6\), got int64, \(5,\)"),
        ("copy", np.zeros((6, 2), int), "copy: expected"),
        ("head", np.zeros(6), "head: expected an array of float32"),
        ("convnet_rates", np.full(6, np.nan, "f4"), "convnet_rates: holds NaN"),
    ],
)
def test_updates_that_cannot_be_are_named_and_change_nothing(rng, field, value, message):
    both = made(rng)
    frames, updates, state = some(rng, both)
    before = both.parameters.vector.copy()
    with pytest.raises(ValueError, match=message):
        both.run_updates(frames, updates._replace(**{field: value}), state)
    assert np.array_equal(both.parameters.vector, before) and not state.counts.any()


def test_frames_and_states_that_cannot_be_are_named(rng):
    both = made(rng)
    frames, updates, state = some(rng, both)
    frames[updates.starts[2], 0, 0] = np.nan
    with pytest.raises(ValueError, match="frames, crop from"):
        both.run_updates(frames, updates, state)
    with pytest.raises(ValueError, match=r"evened: expected an array of float32, \(256\)"):
        both.run_updates(frames, updates, state._replace(evened=np.zeros(9, "f4")))
    with pytest.raises(ValueError, match="frames: expected at least the 5 of a window, got 4"):
        both.loss_and_gradient(np.zeros((4, 11, 9), "f4"), 0)
    with pytest.raises(ValueError, match=r"frames: expected an array of float32, \(n, 11, 9\)"):
        both.loss_and_gradient(np.zeros((9, 11, 8), "f4"), 0)


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"lstm": {"input_scaling": "standardise"}}, "lstm.input_scaling = standardise: .*use none"),
        ({"single_step": {"shortest": 9, "longest": 8}}, r"single_step.longest = 8: give at least .*\(9\), or 0"),
        ({"single_step": {"warm": "run"}, "convnet": {"epochs": 3}}, "convnet.epochs = 3: .*single_step.warm.*give 0"),
    ],
)
def test_settings_without_a_meaning_are_refused(rng, changes, message):
    with pytest.raises(UsageError, match=message):
        made(rng, **changes)
