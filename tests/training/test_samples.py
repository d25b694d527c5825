import numpy as np
import pytest

from seqdl.baseline.scales import POINT
from seqdl.config import Config, ConvNetConfig, LSTMConfig, VideoConfig
from seqdl.datasets.base import Sequence
from seqdl.model.describers.windows import Windows
from seqdl.model.recogniser import Recogniser
from seqdl.stores.frames import FrameStore
from seqdl.stores.points import PointStore
from seqdl.training import stages
from seqdl.training.randomness import generator
from seqdl.training.schedule import Schedule

CLASSES = ("a", "b")


@pytest.fixture
def prepared():
    seen = np.ones(100, bool)
    seen[60:80] = False
    spans = {"one": (0, 30), "two": (30, 61), "short": (91, 9)}
    return FrameStore(spans, {}, [], np.zeros((100, 2, 2), np.float32), seen)


SEQUENCES = [Sequence("one", None, "a", "p"), Sequence("two", None, "b", "q"), Sequence("short", None, "a", "q")]


def windows(config):
    return Windows(Config(convnet=config, backend="numpy"), CLASSES)


def passes(prepared, config, epoch=1):
    rng = generator(3, 1, "convnet", epoch)
    return windows(config).draw(prepared, SEQUENCES, rng, Schedule(config))


def test_windows_stay_inside_their_sequence_and_carry_its_label(prepared):
    for epoch in range(1, 20):
        updates = passes(prepared, ConvNetConfig(shift=2), epoch)
        label = {"one": 0, "two": 1, "short": 0}
        found = set()
        for start, given in zip(updates.starts, updates.labels):
            [(name, _)] = [(n, s) for n, s in prepared.spans.items() if s[0] <= start and start + 9 <= sum(s)]
            assert given == label[name]
            found.add(name)
        assert found == set(prepared.spans)
        assert np.abs(updates.copy[:, 2:]).max() == 2


def test_windows_without_anybody_are_left_out(prepared):
    updates = passes(prepared, ConvNetConfig(window_step=1))
    seen = np.array([prepared.seen[start : start + 9].sum() for start in updates.starts])
    assert seen.min() >= 4
    skipping = windows(ConvNetConfig())
    keeping = Windows(Config(video=VideoConfig(empty="keep"), backend="numpy"), CLASSES)
    two = prepared.seen[30:91]
    assert len(keeping.starts(two)) == 61 - 8
    assert len(skipping.starts(two)) < len(keeping.starts(two))


ASIS, MIRRORED, FLIPPED, BOTH = (0, 0), (1, 0), (0, 1), (1, 1)


@pytest.mark.parametrize(
    "copies, kinds",
    [
        ("none", {ASIS}),
        ("mirror", {ASIS, MIRRORED}),
        ("mirror_flip", {ASIS, MIRRORED, FLIPPED}),
        ("all", {ASIS, MIRRORED, FLIPPED, BOTH}),
    ],
)
def test_all_copies_that_are_asked_for_and_no_others(prepared, copies, kinds):
    updates = passes(prepared, ConvNetConfig(copies=copies, window_step=1))
    assert {tuple(row) for row in updates.copy[:, :2].tolist()} == kinds
    assert not updates.copy[:, 2:].any()


def test_a_pass_depends_on_seed_draw_purpose_and_epoch_alone(prepared):
    config = ConvNetConfig()
    first, again, other = passes(prepared, config), passes(prepared, config), passes(prepared, config, 2)
    assert all(np.array_equal(a, b) for a, b in zip(first, again))
    assert not np.array_equal(first.copy, other.copy) or not np.array_equal(first.starts, other.starts)
    keys = [(0, 1, "convnet", 1), (1, 1, "convnet", 1), (0, 2, "convnet", 1), (0, 1, "lstm", 1), (0, 1, "convnet", 2)]
    numbers = {generator(*key).integers(1 << 60) for key in keys}
    assert len(numbers) == 5


def test_an_lstm_pass_takes_every_sequence_once():
    spans = np.array([[0, 5], [5, 3], [8, 9]])
    recogniser = Recogniser(Config(backend="numpy", model="stip-lstm", lstm=LSTMConfig(copies="none")), CLASSES)
    store = PointStore(
        {"one": (0, 5), "two": (5, 3), "short": (8, 9)}, {}, [], np.zeros(17, POINT), np.zeros((17, 90), np.float32)
    )
    [stage] = stages.stages(recogniser, store, SEQUENCES)
    updates = stage.draw(np.random.default_rng(0), Schedule(ConvNetConfig()))
    assert sorted(map(tuple, updates.spans.tolist())) == sorted(map(tuple, spans.tolist()))
    assert {tuple(span): label for span, label in zip(updates.spans.tolist(), updates.labels)}[(5, 3)] == 1
