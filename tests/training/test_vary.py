"""Varied copies: what is drawn, and what the networks learn from then."""

import numpy as np
import pytest

from seqdl.checks.cases import SMALL
from seqdl.config import Config, VaryConfig, from_dict, load, to_dict
from seqdl.datasets.base import Sequence
from seqdl.errors import UsageError
from seqdl.model import varied
from seqdl.model.convnet import ConvNet
from seqdl.model.describers.windows import Windows
from seqdl.model.recogniser import Recogniser
from seqdl.model.updates import AdamState, SingleStepUpdates, Updates, VariedCrops, VariedUpdates
from seqdl.ops import lcn, vary
from seqdl.presets import PRESETS, preset
from seqdl.stores.frames import FrameStore
from seqdl.training import single_step, stages
from seqdl.training.randomness import generator
from seqdl.training.schedule import Schedule

RANGES = {
    "size": 0.2, "proportion": 0.1, "place": 2.5, "rotation": 10.0, "speed": 0.3, "contrast": 0.2, "brightness": 0.3,
    "noise": 0.2, "blur": 1.0, "bar": 0.3, "jitter": 0.7,
}  # fmt: skip
SEQUENCES = [Sequence("one", None, "a", "p"), Sequence("two", None, "b", "q")]


def configured(model="convnet-lstm", **changed):
    sizes = {name: getattr(SMALL, name) for name in ("frames", "rows", "columns", "c1_maps", "c3_maps", "hidden")}
    kernels = {name: getattr(SMALL, name) for name in ("c1_kernel", "c2_kernel", "c3_kernel")}
    values = {"model": model, "backend": "numpy", "convnet": sizes | kernels, "lstm": {"cells": 3}, "vary": RANGES}
    return from_dict({**values, **changed})


@pytest.fixture
def store(rng):
    frames = rng.standard_normal((40, SMALL.rows, SMALL.columns)).astype(np.float32)
    return FrameStore({"one": (0, 15), "two": (15, 25)}, {}, [], frames, np.ones(40, bool))


def drawn(config, store):
    describer = Windows(config, ("a", "b"), np.random.default_rng(1))
    rng, passes = np.random.default_rng(2), Schedule(config.convnet)
    return describer, describer.draw(store, SEQUENCES, rng, passes)


def test_one_preset_alone_varies_anything_and_else_nothing_more_is_drawn(store):
    assert [name for name in PRESETS if varied.wanted(preset(name).vary)] == ["robust"]
    _, plain = drawn(configured(vary={}), store)
    _, others = drawn(configured(), store)
    assert type(plain) is Updates and type(others) is VariedUpdates
    assert all(np.array_equal(a, b) for a, b in zip(plain[:4], others))


@pytest.mark.parametrize("name", RANGES)
def test_each_is_drawn_from_all_of_its_range_and_alone(name):
    most = RANGES[name]
    rows = varied.draw(VaryConfig(**{name: most}), np.random.default_rng(5), 1000)
    found, usual = vary.Variation(*rows.T), vary.Variation()
    factor, moved = name in ("size", "proportion", "speed", "contrast"), name in ("place", "rotation")
    for field in ("down", "right") if name == "place" else (name,):
        values = getattr(found, field)
        low, high = (1 / (1 + most), 1 + most) if factor else (-most if moved else 0, most)
        assert low <= values.min() < low + (high - low) / 50 and high - (high - low) / 50 < values.max() <= high
        assert np.mean(values < (1 if factor else (low + high) / 2)) == pytest.approx(0.5, abs=0.06)
    for field in set(usual._fields) - {name, "down", "right", "seed", "at", "upright"}:
        assert set(getattr(found, field)) == {getattr(usual, field)}
    assert len(set(found.seed)) > 990


@pytest.mark.parametrize(
    "setting, advice", [("size=1.5", "from 0 to 1"), ("rotation=-1", "degrees"), ("blur=2", "from 0 to 1.5")]
)
def test_ranges_have_a_range(setting, advice):
    with pytest.raises(UsageError, match=advice):
        load(settings=[f"vary.{setting}"])


def test_light_that_changes_everywhere_alike_is_not_seen(rng):
    grey = 0.2 + 0.3 * rng.random((12, 14, 13))
    assert lcn.normalise(1.7 * grey + 0.1) == pytest.approx(lcn.normalise(grey), abs=1e-9)


def test_a_varied_window_sees_its_own_sequence_alone(store):
    _, updates = drawn(configured(vary={"speed": 1.0, "size": 0.2}), store)
    first = updates.spans[:, 0] == 0
    other = store.frames.copy()
    other[15:] = np.nan
    made, _ = varied.windows(other, VariedUpdates(*(column[first] for column in updates[:6])), SMALL.frames)
    assert np.isfinite(made).all() and len(made) == SMALL.frames * first.sum()


def test_the_middle_of_a_window_stays_whatever_the_speed(store):
    one = np.array([vary.Variation(speed=1.9)], float)
    updates = VariedUpdates(*(np.array([18]) for _ in range(4)), np.array([[15, 25]]), one)
    made, _ = varied.windows(store.frames, updates, 5)
    assert np.array_equal(made, store.frames[[16, 18, 20, 22, 24]])


@pytest.mark.parametrize("backend", ["numpy", "numba"])
def test_the_convnet_learns_from_windows_as_the_equation_varies_them(backend, store):
    _, updates = drawn(configured(), store)
    nets = [ConvNet(SMALL, 2, np.random.default_rng(3), form) for form in (backend, "numpy")]
    made = np.concatenate([
        vary.render(
            store.frames[first : first + count],
            vary.Variation(*row),
            float(start - first + (1 - row[5]) * (SMALL.frames - 1) / 2),
            SMALL.frames,
        )
        for start, (first, count), row in zip(updates.starts, updates.spans, updates.variations.tolist())
    ])  # fmt: skip
    places = np.arange(len(updates.starts)) * SMALL.frames
    plain = Updates(places, updates.labels, updates.copy, updates.learning_rates)
    velocities = [np.zeros_like(net.parameters.vector) for net in nets]
    found = nets[0].run_updates(store.frames, updates, velocities[0], nets[0].rates(), 0.9)
    right = nets[1].run_updates(made, plain, velocities[1], nets[1].rates(), 0.9)
    assert found.done == right.done == len(places)
    assert found.losses == pytest.approx(right.losses, abs=1e-4)
    assert velocities[0] == pytest.approx(velocities[1], abs=1e-5)


def test_variations_and_spans_are_looked_at(store):
    net, (_, updates) = ConvNet(SMALL, 2, backend="numpy"), drawn(configured(), store)
    velocity, spans = np.zeros_like(net.parameters.vector), updates.spans + 20
    for wrong in (
        {"spans": spans},
        {"variations": updates.variations[:, 1:]},
        {"variations": updates.variations * np.nan},
    ):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            net.run_updates(store.frames, updates._replace(**wrong), velocity, net.rates(), 0.9)


def test_all_windows_of_a_sequence_that_the_lstm_reads_are_varied_alike(store):
    config = configured(vary=RANGES | {"sequences": 3}, lstm={"cells": 3, "copies": "none"})
    recogniser = Recogniser(config, ("a", "b"), np.random.default_rng(4))
    features, spans, labels = stages.training_features(recogniser, store, SEQUENCES)
    assert labels.tolist() == [0] * 4 + [1] * 4
    rng = generator(0, 1, "vary")
    recogniser.describer.varied_copies(rng)
    for k, (*_, one) in enumerate(recogniser.describer.varied_copies(rng), 5):
        made = vary.render(store.frames[15:], one)
        steps = recogniser.describer.read(made, np.arange(len(made) - SMALL.frames + 1))
        first, count = spans[k]
        assert np.array_equal(features[first : first + count], steps.features)
        assert count != spans[4, 1] or one.speed == pytest.approx(1, abs=0.05)


def test_in_a_single_step_a_crop_is_varied_in_one_way(store):
    section = {"shortest": 3, "longest": 6, "crops": 2, "warm": "", "dropout": 0.0}
    config = configured("single-step", single_step=section, convnet=to_dict(configured().convnet) | {"epochs": 0})
    recogniser = Recogniser(config, ("a", "b"), np.random.default_rng(6))
    both = recogniser.both
    [stage] = stages.stages(recogniser, store, SEQUENCES)
    crops = stage.draw(np.random.default_rng(7), Schedule(config.single_step))
    assert type(crops) is VariedCrops and len(crops.labels) == 2
    start = both.parameters.vector.copy()
    learned = stage.learn(crops, np.zeros_like(start))
    found = both.parameters.vector.copy()
    both.parameters.vector[:] = start
    state, *plain = AdamState.new(start), *crops[:8]
    lengths = crops.steps - 1 + SMALL.frames
    for k, (first, count) in enumerate(crops.spans):
        row, length = crops.variations[k].tolist(), int(lengths[k])
        origin = float(crops.starts[k] - first + (1 - row[5]) * (length - 1) / 2)
        made = vary.render(store.frames[first : first + count], vary.Variation(*row), origin, length)
        one = SingleStepUpdates(*(column[k : k + 1] for column in plain))._replace(starts=np.zeros(1, np.int64))
        assert both.run_updates(made, one, state).losses[0] == learned.losses[k]
    assert learned.done == 2 and np.array_equal(both.parameters.vector, found)
    assert single_step.SEEDS == varied.SEEDS and Config().vary == VaryConfig()
