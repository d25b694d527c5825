"""What single-step training learns from: crops within stretches of windows, rates, the head's weight; its collapse."""

from __future__ import annotations

from math import log
from types import SimpleNamespace

import numpy as np
import pytest

from seqdl.config import load
from seqdl.datasets.base import Sequence
from seqdl.errors import CollapseError
from seqdl.model.describers.windows import Windows
from seqdl.model.recogniser import Recogniser
from seqdl.presets import preset
from seqdl.stores.frames import FrameStore
from seqdl.training import collapse, single_step, stages
from seqdl.training.randomness import generator
from seqdl.training.schedule import Schedule

CLASSES = ("a", "b")
SEQUENCES = [Sequence("one", None, "a", "p"), Sequence("two", None, "b", "q"), Sequence("short", None, "a", "q")]
LABELS = {"one": 0, "two": 1, "short": 0}


@pytest.fixture
def prepared():
    """Nobody is in frames 60 to 79: the middle of the second sequence, which has windows before and after."""
    seen = np.ones(120, bool)
    seen[60:80] = False
    return FrameStore({"one": (0, 30), "two": (30, 81), "short": (111, 9)}, {}, [], np.zeros((120, 2, 2), "f4"), seen)


def configured(*settings):
    return load(settings=["backend=numpy", "single_step.crops=3", *settings], base=preset("single-step"))


def passes(store, count, *settings):
    config = configured(*settings)
    describer, schedule, found = Windows(config, CLASSES), Schedule(config.single_step), []
    for epoch in range(1, count + 1):
        rng = generator(5, 1, "single-step", epoch)
        found.append(single_step.draw(describer, store, SEQUENCES, rng, schedule))
        schedule.after(0.5)
    return describer, found


def crops(updates):
    return list(zip(updates.starts.tolist(), updates.steps.tolist(), updates.labels.tolist()))


def test_a_pass_takes_a_crop_of_each_sequence_that_never_leaves_it(prepared):
    for updates in passes(prepared, 30)[1]:
        held = []
        for start, steps, label in crops(updates):
            [name] = [n for n, (first, length) in prepared.spans.items() if first <= start < first + length]
            assert start + steps - 1 + 9 <= sum(prepared.spans[name]) and label == LABELS[name]
            held.append(name)
        assert sorted(held) == sorted(LABELS)
    _, [updates] = passes(prepared, 1, "single_step.crops=7")
    assert sorted(updates.labels.tolist()) == sorted(3 * [*LABELS.values()])


@pytest.mark.parametrize(
    "settings", [(), ("single_step.longest=0",), ("single_step.shortest=1", "single_step.longest=3")]
)
@pytest.mark.parametrize("step", [1, 3])
def test_crops_never_cross_a_gap_and_in_time_cover_every_window(prepared, settings, step):
    describer, found = passes(prepared, 300, f"lstm.window_step={step}", *settings)
    usable = {int(start) for name in LABELS for start in describer.starts_of(prepared, name)}
    windows = [set(range(start, start + steps * step, step)) for updates in found for start, steps, _ in crops(updates)]
    assert all(crop <= usable for crop in windows)
    assert set().union(*windows) == usable
    assert not any(start in usable for start in range(61, 70))  # there is a gap to be crossed


def test_the_length_of_a_crop_is_drawn_and_whole_stretches_are_taken_where_asked_for(prepared):
    lengths = [
        steps
        for updates in passes(prepared, 200, "single_step.shortest=4", "single_step.longest=16")[1]
        for start, steps, _ in crops(updates)
        if start < 30
    ]
    assert set(lengths) == set(range(4, 17))
    assert np.median(lengths) == pytest.approx(8, abs=1.5)  # the middle of the logarithms
    whole = {crop[:2] for updates in passes(prepared, 40, "single_step.longest=0")[1] for crop in crops(updates)}
    assert whole == {(0, 22), (30, 26), (76, 27), (111, 1)}


def test_rates_of_both_networks_fall_together_and_the_heads_weight_linearly(prepared):
    _, found = passes(prepared, 10, "single_step.epochs=10", "single_step.head=0.8", "single_step.head_end=0.2")
    rates, of_convnet, head = (
        np.concatenate([getattr(updates, name) for updates in found])
        for name in ("learning_rates", "convnet_rates", "head")
    )
    done = np.arange(30) / 30
    assert rates == pytest.approx(0.003 * 0.05**done, rel=1e-5)
    assert of_convnet == pytest.approx(0.0005 * 0.05**done, rel=1e-5)
    assert head == pytest.approx(0.8 - 0.6 * done, rel=1e-5)
    assert {array.dtype for array in (rates, of_convnet, head)} == {np.dtype("f4")}


def test_networks_learn_by_turns_where_that_is_asked_for(prepared):
    _, [updates] = passes(prepared, 1, "single_step.alternate=true")
    assert (updates.learning_rates > 0).tolist() == [True, False, True]
    assert (updates.convnet_rates > 0).tolist() == [False, True, False]


def test_every_update_has_a_seed_of_its_own_and_a_copy_as_the_convnet_asks_for(prepared):
    _, found = passes(prepared, 40)
    seeds = np.concatenate([updates.seeds for updates in found])
    copy = np.concatenate([updates.copy for updates in found])
    assert len(set(seeds.tolist())) == len(seeds) and seeds.min() >= 0 and seeds.dtype == np.int64
    assert set(copy[:, 0].tolist()) == {0, 1} and not copy[:, 1].any() and np.abs(copy[:, 2:]).max() == 2


@pytest.mark.parametrize(
    "settings, names",
    [
        ([], ["single-step"]),
        (["convnet.epochs=2"], ["convnet", "single-step"]),
        (["single_step.convnet_rate=0"], ["convnet", "single-step"]),  # a control: the stage has no pass
        (["single_step.convnet_rate=0", "single_step.warm=run"], ["single-step"]),
    ],
)
def test_the_convnet_has_a_stage_of_its_own_where_that_says_something(prepared, settings, names):
    recogniser = Recogniser(configured(*settings), CLASSES, np.random.default_rng(0))
    made = stages.stages(recogniser, prepared, SEQUENCES)
    assert [stage.name for stage in made] == names
    assert (made[-1].guessing is None) == ("single_step.convnet_rate=0" in settings)


def stage():
    return SimpleNamespace(name="single-step", rate="single_step.convnet_rate or single_step.learning_rate,")


def test_a_convnet_that_no_error_reaches_is_a_collapse():
    guessing, dead = np.full(100, log(6), "f4"), np.full(100, 0.003, "f4")
    losses = guessing + np.where(np.arange(100) < 50, 3, 0.01).astype("f4")
    with pytest.raises(
        CollapseError, match=r"single-step collapsed in pass 7: the error no longer reaches the ConvNet"
    ):
        collapse.detect_unreached(stage(), 7, losses, guessing, dead)
    collapse.detect_unreached(stage(), 7, losses, guessing, 100 * dead)  # it is learning
    collapse.detect_unreached(stage(), 7, losses - 0.5, guessing, dead)  # it has learned
    by_turns = np.where(np.arange(len(dead)) % 2, np.nan, guessing)
    collapse.detect_unreached(stage(), 7, losses, by_turns, np.where(np.isfinite(by_turns), 100 * dead, 0))
    with pytest.raises(CollapseError):
        collapse.detect_unreached(stage(), 7, losses, by_turns, dead)


def test_who_guesses_has_the_entropy_and_with_squared_error_the_mean_target():
    updates = SimpleNamespace(head=np.array([0.0, 0.5, 1.0], "f4"), convnet_rates=np.ones(3, "f4"))
    found = single_step.guessing(configured(), 6, updates)
    assert found == pytest.approx(log(6) * np.array([1, 1.5, 2]))
    both = configured("lstm.loss=squared_error", "convnet.loss=squared_error")
    targets = np.array([1, -1, -1, -1])
    expected = ((targets - targets.mean()) ** 2).sum() / 2
    assert single_step.guessing(both, 4, updates) == pytest.approx(expected * np.array([1, 1.5, 2]))
    both = configured("lstm.loss=logistic", "convnet.loss=logistic")
    assert single_step.guessing(both, 4, updates) == pytest.approx(-log(1 / 4 * (3 / 4) ** 3) * np.array([1, 1.5, 2]))
