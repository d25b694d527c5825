"""The LSTM's packed order and blocks of vectors, at sizes around a vector; all it says is that of the equations."""

import numpy as np
import pytest

from seqdl.config import LSTMConfig
from seqdl.kernels.layers import lstm
from seqdl.kernels.networks import lstm_classifier
from seqdl.model.lstm_classifier import LSTMClassifier
from seqdl.model.updates import SequenceUpdates

F = np.float32
ALL = {"forget_gate": True, "peepholes": True}
CASES = [
    (LSTMConfig(cells=16), 16, 6, 19),
    (LSTMConfig(cells=15, squash="1997", loss="squared_error", targets="last"), 1, 2, 4),
    (LSTMConfig(cells=21, truncate=3, **ALL), 9, 17, 17),
]


def both(config, inputs, classes, rng):
    fast, slow = (LSTMClassifier(config, inputs, classes, None, *form) for form in ((), ("numpy", np.float64)))
    fast.parameters.vector[:] = rng.normal(0, 0.3, fast.parameters.vector.size)
    slow.parameters.vector[:] = fast.parameters.vector
    return fast, slow


def error(value, exact):
    return np.linalg.norm(value - exact) / np.linalg.norm(exact)


@pytest.mark.parametrize("lanes, registers", [(4, 16), (4, 32), (8, 16), (16, 32)])
@pytest.mark.parametrize("cells", [1, 4, 7, 16, 50, 63])
@pytest.mark.parametrize("extras", [{}, ALL], ids=["paper", "all"])
def test_every_weight_has_a_place_of_its_own(cells, extras, lanes, registers):
    extras = extras or dict.fromkeys(ALL, False)
    g = lstm_classifier.Classifier(
        lstm.Cells(5, cells, **extras, squashing="tanh", lanes=lanes, registers=registers), 0, True, 0
    )
    places, size = lstm_classifier.positions(g, 3), lstm_classifier.size(g, 3)
    net = LSTMClassifier(LSTMConfig(cells=cells, **extras), 5, 3, backend="numpy")
    assert places.shape == net.parameters.vector.shape
    assert len(set(places)) == len(places)
    assert places.min() >= 0
    assert places.max() < size
    assert [size % lanes for size in (g.c.width, g.c.line, g.c.row, g.c.hidden, g.c.peephole, g.c.size, size)] == [
        0
    ] * 7


@pytest.mark.parametrize("config, inputs, classes, steps", CASES)
def test_sizes_around_a_vector(rng, config, inputs, classes, steps):
    fast, slow = both(config, inputs, classes, rng)
    x = rng.standard_normal((steps, inputs)).astype(F)
    assert error(fast.read(x), slow.read(x)) < 2e-6
    value, gradient = fast.loss_and_gradient(x, classes - 1)
    expected, exact = slow.loss_and_gradient(x, classes - 1)
    assert value == pytest.approx(expected, rel=2e-6, abs=1e-6)
    assert error(gradient, exact) < 4e-6


def test_what_longer_sequences_leave_behind_is_not_read(rng):
    fast, _ = both(CASES[2][0], *CASES[2][1:3], rng)
    x = rng.standard_normal((37, 9)).astype(F)
    before = [fast.loss_and_gradient(x[:5], 3)[1], fast.read(x[:5])]
    fast.read(x)
    kept = fast.parameters.vector.copy()
    fast.parameters.vector[:] = np.nan
    fast.loss_and_gradient(x, 3)
    fast.parameters.vector[:] = kept
    after = [fast.loss_and_gradient(x[:5], 3)[1], fast.read(x[:5])]
    assert [a.tobytes() for a in after] == [b.tobytes() for b in before]


def test_updates_are_the_same_bytes_in_one_call_or_many(rng):
    config, inputs, classes, _ = CASES[2]
    features = rng.standard_normal((40, inputs)).astype(F)
    spans = np.array([[0, 9], [3, 20], [39, 1], [5, 17]])
    updates = SequenceUpdates(spans, np.array([0, 16, 2, 2]), np.full(4, 0.05, F))
    start = rng.normal(0, 0.3, both(config, inputs, classes, rng)[0].parameters.vector.size)
    found = []
    for parts in ([slice(4)], [slice(1), slice(1, 3), slice(3, 4)]):
        net = LSTMClassifier(config, inputs, classes)
        net.parameters.vector[:] = start
        velocity = np.zeros_like(net.parameters.vector)
        losses = [
            net.run_updates(features, SequenceUpdates(*(of[part] for of in updates)), velocity, 0.9).losses
            for part in parts
        ]
        found.append((net.parameters.vector.tobytes(), velocity.tobytes(), np.concatenate(losses).tobytes()))
    assert found[0] == found[1]


def test_learning_stops_before_what_is_not_finite(rng):
    fast, _ = both(*CASES[2][:3], rng)
    features = rng.standard_normal((12, 9)).astype(F)
    features[7, 4] = np.nan
    updates = SequenceUpdates(np.array([[0, 5], [4, 8], [0, 5]]), np.zeros(3, int), np.full(3, 0.1, F))
    velocity = np.zeros_like(fast.parameters.vector)
    learned = fast._backend.run_updates(features, updates, velocity, 0.9)  # the network itself says where it is
    assert learned.done == 1
    assert np.isnan(learned.losses[1])
    assert np.isfinite(fast.parameters.vector).all()
    again = fast.run_updates(features, SequenceUpdates(*(of[:1] for of in updates)), velocity, 0.9)
    assert again.done == 1
    assert np.isfinite(fast.parameters.vector).all()


def test_the_loss_of_large_sums(rng):
    fast, slow = both(LSTMConfig(cells=16), 16, 6, rng)
    for net in (fast, slow):
        net.parameters["output.weight"][...] *= 400
    x = rng.standard_normal((19, 16)).astype(F)
    for label in range(6):
        value, gradient = fast.loss_and_gradient(x, label)
        expected, exact = slow.loss_and_gradient(x, label)
        assert value == pytest.approx(expected, rel=1e-5)
        assert error(gradient, exact) < 1e-4
