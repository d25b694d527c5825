"""The single-step model's compiled form beside the equations: gradients, updates, and what it keeps of a sequence."""

from dataclasses import replace

import numpy as np
import pytest

from seqdl.base.doors import inside
from seqdl.checks.single_step import drawn, single_step_cases
from seqdl.config import Config, SingleStepConfig
from seqdl.kernels.networks import walk
from seqdl.model.geometry import shapes, single_step_layers
from seqdl.model.parameters import Parameters
from seqdl.model.single_step_compiled import CompiledSingleStep
from seqdl.model.single_step_numpy import NumpySingleStep
from seqdl.model.updates import AdamState, SingleStepUpdates

pytestmark = pytest.mark.compiled(reason="whole sequences take minutes in uncompiled kernels")

F = np.float32
CASES = [case for case in single_step_cases() if case.compiled]
CLASSES = CASES[0].classes
MORE = SingleStepConfig(late=1.0, dropout=0.4), SingleStepConfig(weight_decay=0.1, evening=False)
CONFIGS = {case.config.convnet.algorithm: replace(case.config, single_step=more) for case, more in zip(CASES, MORE)}
"""The rows of the table, whose sizes are compiled for them: what is chosen besides is not compiled."""


def both(config):
    """The compiled form and the equations in float64, with the same parameters of float32."""
    exact = drawn(config, CLASSES, np.random.default_rng(11), np.float64)
    layers = single_step_layers(config, CLASSES)
    parameters = Parameters(shapes(layers))
    parameters.vector[:] = exact.vector
    exact.vector[:] = parameters.vector
    return CompiledSingleStep(config, layers, parameters), NumpySingleStep(config, exact)


def sequence(rng, config, frames):
    return rng.standard_normal((frames, config.convnet.rows, config.convnet.columns)).astype(F)


def crops(rng, frames, config, count=10):
    """Crops of all lengths and copies; one leaves the ConvNet alone, one the LSTM, one has no dropout."""
    most = (len(frames) - config.convnet.frames) // config.lstm.window_step
    steps = rng.integers(1, most // 2, count)
    copy = np.hstack([rng.integers(0, 2, (count, 2)), rng.integers(-2, 3, (count, 2))])
    seeds, rates, convnet_rates = rng.integers(0, 2**31, count), np.full(count, 0.01, F), np.full(count, 0.003, F)
    seeds[2], rates[5], convnet_rates[7] = -1, 0, 0
    starts, labels = rng.integers(0, len(frames) // 4, count), rng.integers(0, CLASSES, count)
    head = np.linspace(1, 0, count, dtype=F)
    return SingleStepUpdates(starts, steps, labels, copy, seeds, rates, convnet_rates, head)


def fresh(parameters):
    return AdamState.new(parameters.vector)


def learn(net, frames, updates, state):
    with inside():
        return net.run_updates(frames.astype(net.parameters.vector.dtype), updates, state)


def close(value, exact, bound):
    assert np.linalg.norm(value - exact) <= bound * np.linalg.norm(exact)


@pytest.mark.parametrize("slots", [32, 2, 1])
@pytest.mark.parametrize("name", CONFIGS)
def test_a_sequences_gradient_is_that_of_the_equations_kept_or_made_once_more(rng, monkeypatch, name, slots):
    monkeypatch.setattr(walk, "SLOTS", slots)
    config = CONFIGS[name]
    fast, slow = both(config)
    for frames in (config.convnet.frames, 8, 41):
        given = sequence(rng, config, frames)
        value, gradient = fast.loss_and_gradient(given, 1, 0.6, 3)
        expected, exact = slow.loss_and_gradient(given.astype(float), 1, 0.6, 3)
        assert value == pytest.approx(expected, rel=1e-6)
        found, wanted = (Parameters(shapes(single_step_layers(config, CLASSES)), np.float64) for _ in range(2))
        found.vector[:], wanted.vector[:] = gradient, exact
        for part in found:  # what nearly cancels has no digits in float32
            distance = np.linalg.norm(found[part] - wanted[part])
            assert distance <= 1e-5 * np.linalg.norm(wanted[part]) + 1e-6 * np.linalg.norm(exact), part


@pytest.mark.parametrize("name", CONFIGS)
def test_ten_updates_are_those_of_the_equations(rng, name):
    fast, slow = both(CONFIGS[name])
    frames = sequence(rng, CONFIGS[name], 60)
    updates, states = crops(rng, frames, CONFIGS[name]), [fresh(net.parameters) for net in (fast, slow)]
    before = fast.parameters.vector.copy()
    told, wanted = (learn(net, frames, updates, state) for net, state in zip((fast, slow), states))
    assert told.done == 10
    assert told.losses == pytest.approx(wanted.losses, rel=1e-4)
    assert (told.decisions == wanted.decisions).all()
    assert told.norms == pytest.approx(wanted.norms, rel=1e-3)
    assert told.norms[7] == 0
    assert states[0].counts.tolist() == states[1].counts.tolist() == [9, 9]
    # Adam's first steps are as large for a gradient that is little more than rounding as for any other
    close(fast.parameters.vector - before, slow.parameters.vector - before, 1e-2)
    for value, exact in zip(states[0][:3], states[1][:3]):
        close(value, exact, 1e-3)


def test_a_network_whose_rate_is_0_is_left_alone(rng):
    config = CONFIGS["toom_cook"]
    fast, _ = both(config)
    frames, size = sequence(rng, config, 60), len(fast.convnet.vector)
    updates = crops(rng, frames, config)
    for name, part in (("convnet_rates", slice(size)), ("learning_rates", slice(size, None))):
        state, before = fresh(fast.parameters), fast.parameters.vector.copy()
        learn(fast, frames, updates._replace(**{name: np.zeros(10, F)}), state)
        moved = fast.parameters.vector != before
        assert not moved[part].any() and moved.any()
        assert not state.mean[part].any() and not state.square[part].any()


def test_updates_are_the_same_bytes_in_one_call_or_many_and_after_longer_sequences(rng):
    config = CONFIGS["direct"]
    frames = sequence(rng, config, 90)
    updates, found = crops(rng, frames, config), []
    for parts in ([slice(10)], [slice(1), slice(1, 6), slice(6, 10)]):
        fast, _ = both(config)
        kept = fast.parameters.vector.copy()
        if len(parts) > 1:
            fast.parameters.vector[:] = np.nan
            fast.loss_and_gradient(frames, 1, 1.0, 5)
            fast.parameters.vector[:] = kept
        state = fresh(fast.parameters)
        told = [learn(fast, frames, SingleStepUpdates(*(of[part] for of in updates)), state) for part in parts]
        parts_told = [np.concatenate([getattr(one, name) for one in told]) for name in ("losses", "decisions", "norms")]
        found.append([array.tobytes() for array in (fast.parameters.vector, *state, *parts_told)])
    assert found[0] == found[1]


def test_learning_stops_before_what_is_not_finite(rng):
    config = CONFIGS["toom_cook"]
    fast, _ = both(config)
    frames = sequence(rng, config, 60)
    updates = crops(rng, frames, config)
    updates.starts[4], frames[updates.starts[4] :] = 40, np.nan
    updates.steps[:5], updates.starts[:4] = 3, 2
    state = fresh(fast.parameters)
    told = learn(fast, frames, updates, state)
    assert told.done == 4 and state.counts.tolist() == [4, 4]
    assert np.isnan(told.losses[4]) and np.isfinite(fast.parameters.vector).all()


def test_what_is_kept_of_a_long_sequence_is_bounded():
    """A minute of 25 frames a second in the paper's network: S1, S2 and their errors, and some tiles."""
    fast, _ = both(Config())
    kept = walk.sequence(fast.sizes, 1500 - 9 + 1)
    assert sum(array.nbytes for array in kept) < 80e6
