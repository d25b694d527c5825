"""The networks: many updates by both backends, initial values, refused arguments; the gradients are in tests/checks."""

import re
from dataclasses import replace

import numpy as np
import pytest

from seqdl.config import ConvNetConfig, LSTMConfig
from seqdl.kernels.vector import native
from seqdl.model.convnet import ConvNet
from seqdl.model.convnet_numpy import LayerRow
from seqdl.model.lstm_classifier import LSTMClassifier
from seqdl.model.updates import SequenceUpdates, Updates
from seqdl.ops import loss

SMALL = ConvNetConfig(
    frames=6, rows=15, columns=13, c1_maps=3, c1_kernel=(3, 4, 4), c2_kernel=(2, 3, 2), c3_kernel=(2, 1, 2), c3_maps=2,
    hidden=5,
)  # fmt: skip
LSTM = LSTMConfig(cells=6, forget_gate=True, peepholes=True)


def window(rng, config=SMALL, frames=None):
    shape = (frames or config.frames, config.rows, config.columns)
    return rng.standard_normal(shape).astype(np.float32)


def close(compiled, exact, bound=3e-6):
    assert np.linalg.norm(compiled - exact) <= bound * np.linalg.norm(exact)


def slice_of(parameters, name):
    sizes = [int(np.prod(shape)) for _, shape in parameters.shapes]
    at = [known for known, _ in parameters.shapes].index(name)
    return slice(sum(sizes[:at]), sum(sizes[: at + 1]))


def test_both_forms_of_the_convnet_learn_the_same(rng):
    nets = [ConvNet(SMALL, 4, np.random.default_rng(7), backend) for backend in ("numba", "numpy")]
    assert np.array_equal(nets[0].parameters.vector, nets[1].parameters.vector)
    frames = window(rng, frames=40)
    count = 60
    updates = Updates(
        rng.integers(0, 34, count),
        rng.integers(0, 4, count),
        np.hstack([rng.integers(0, 2, (count, 2)), rng.integers(-2, 3, (count, 2))]),
        np.linspace(0.01, 0.001, count, dtype=np.float32),
    )
    learned = [net.run_updates(frames, updates, np.zeros_like(net.parameters.vector), net.rates(), 0.9) for net in nets]
    assert learned[0].losses == pytest.approx(learned[1].losses, rel=1e-4)
    assert (learned[0].decisions == learned[1].decisions).mean() > 0.95
    close(nets[0].parameters.vector, nets[1].parameters.vector, 1e-4)


@pytest.mark.parametrize("kind", ["convnet", "lstm"])
def test_weights_alone_decay(rng, kind):
    def made(decay):
        config = replace(SMALL if kind == "convnet" else LSTM, weight_decay=decay)
        form = np.random.default_rng(7), "numpy"
        return ConvNet(config, 4, *form) if kind == "convnet" else LSTMClassifier(config, 5, 4, *form)

    frames, features = window(rng), rng.standard_normal((9, 5)).astype("f4")
    plain, smaller = made(0.0), made(2.0)
    start, one = plain.parameters.like(), np.ones(1, int)
    start.vector[:] = plain.parameters.vector
    for net in (plain, smaller):
        rates, velocity = np.full(1, 0.1, "f4"), np.zeros_like(start.vector)
        if kind == "convnet":
            updates = Updates(0 * one, one, np.zeros((1, 4), int), rates)
            net.run_updates(frames, updates, velocity, net.rates(), 0.9)
        else:
            net.run_updates(features, SequenceUpdates(np.array([[0, 9]]), one, rates), velocity, 0.9)
    for name in start:
        decays = name.rpartition(".")[2] in ("weight", "input", "recurrent", "peephole")
        lost = plain.parameters[name] - smaller.parameters[name]
        assert lost == pytest.approx(0.2 * start[name] if decays else 0.0, abs=1e-6), name


def test_dropout_follows_the_seeds_and_is_of_updates_alone(rng):
    net = ConvNet(replace(SMALL, dropout=0.5), 4, np.random.default_rng(7), "numpy")
    frames, two = window(rng, frames=7), np.arange(2)
    before = net.read(frames, two)
    updates = Updates(two, two, np.zeros((2, 4), int), np.full(2, 1e-9, "f4"))
    velocity, rates = np.zeros_like(net.parameters.vector), net.rates()

    def losses(*seeds):
        given = updates._replace(seeds=np.array(seeds, np.int64))
        return net.run_updates(frames, given, velocity, rates, 0.0).losses.tolist()

    whole = [net.loss_and_gradient(frames[k : k + 6], k)[0] for k in two]
    assert losses(3, 4) == pytest.approx(losses(3, 4)) and losses(3, 4) != pytest.approx(losses(5, 6))
    assert losses() == pytest.approx(whole) and losses(3, 4) != pytest.approx(whole)
    assert net.read(frames, two)[1] == pytest.approx(before[1])
    for wrong in ((3,), (3, -4)):
        with pytest.raises(ValueError, match="seeds"):
            losses(*wrong)


def test_both_forms_of_the_lstm_learn_the_same(rng):
    nets = [LSTMClassifier(LSTMConfig(cells=7), 5, 4, np.random.default_rng(7), b) for b in ("numba", "numpy")]
    features = rng.standard_normal((50, 5)).astype(np.float32)
    spans = np.stack([rng.integers(0, 40, 40), rng.integers(1, 11, 40)], axis=1)
    updates = SequenceUpdates(spans, rng.integers(0, 4, 40), np.full(40, 0.05, np.float32))
    learned = [net.run_updates(features, updates, np.zeros_like(net.parameters.vector), 0.9) for net in nets]
    assert learned[0].losses == pytest.approx(learned[1].losses, rel=1e-4)
    close(nets[0].parameters.vector, nets[1].parameters.vector, 1e-4)


def gradients(network, backend, rng, classes=4):
    """The gradient of one sample, written to one and the same vector at each ``next``; at first it holds NaN."""
    x = window(rng) if network == "convnet" else rng.standard_normal((7, 5)).astype(np.float32)
    made = ConvNet(SMALL, classes, rng, backend), LSTMClassifier(LSTM, 5, classes, rng, backend)
    net = made[network == "lstm"]
    form = net._backend
    if backend == "numpy":
        row = LayerRow(SMALL, net.parameters) if network == "convnet" else None
        gradient = row.gradient if row else net.parameters.like()
        gradient.vector[:] = np.nan
        while True:
            if row:
                d = loss.loss(row.forward(x), 1, SMALL.loss)[1]
                for layer in reversed(row.layers):
                    d = layer.backward(d)
            else:
                form._learn(x, 1, gradient)
            yield gradient.vector.copy()
    with (form.learning if network == "convnet" else form.workspaces).workspace() as w:
        w.gradient[:] = np.nan  # of the next call, which is given what was used last
    while True:
        yield net.loss_and_gradient(x, 1)[1]


@pytest.mark.parametrize("backend", ["numba", "numpy"])
def test_truth_values_of_numpy_say_which_copy(rng, backend):
    net, frames = ConvNet(SMALL, 4, rng, backend), window(rng, frames=8)
    for expected, features in zip(
        net.read(frames, np.arange(2), True), net.read(frames, np.arange(2), np.True_, np.False_)
    ):
        assert np.array_equal(features, expected)


@pytest.mark.compiled(reason="nothing is compiled there")
@pytest.mark.parametrize("network", ["convnet", "lstm"])
def test_for_another_number_of_classes_nothing_is_compiled(monkeypatch, rng, network):
    next(gradients(network, "numba", rng))
    monkeypatch.setattr(native, "make", lambda name, *_: pytest.fail(f"{name} is compiled or fetched"))
    for classes in (2, 3, 9):
        assert np.isfinite(next(gradients(network, "numba", rng, classes))).all()


@pytest.mark.parametrize("network", ["convnet", "lstm"])
@pytest.mark.parametrize("backend", ["numba", "numpy"])
def test_backward_overwrites_in_both_forms_of_both_networks(rng, network, backend):
    found = gradients(network, backend, rng)
    first = next(found)
    assert np.isfinite(first).all()
    assert np.linalg.norm(first) > 0
    assert [next(found).tobytes() for _ in range(2)] == [first.tobytes()] * 2


@pytest.mark.parametrize("network", ["convnet", "lstm"])
@pytest.mark.parametrize("backend", ["numba", "numpy"])
def test_a_gradient_is_that_of_one_sample_and_an_array_of_its_own(rng, network, backend):
    net = ConvNet(SMALL, 4, rng, backend) if network == "convnet" else LSTMClassifier(LSTM, 5, 4, rng, backend)
    x = window(rng) if network == "convnet" else rng.standard_normal((7, 5)).astype(np.float32)
    _, first = net.loss_and_gradient(x, 1)
    kept = first.tobytes()
    net.loss_and_gradient(-x, 2)
    assert first.tobytes() == kept
    assert net.loss_and_gradient(x, 1)[1].tobytes() == kept


def test_training_stops_at_a_loss_that_is_no_number(rng):
    for backend in ("numba", "numpy"):
        net = ConvNet(SMALL, 4, rng, backend)
        frames, starts = window(rng, frames=20), np.array([0, 1, 12, 2])
        learning_rates = np.full(4, 1e-3, np.float32)
        frames[12:] *= 1e10
        net.parameters["C1.weight"][:] *= 1e30
        updates = Updates(starts, starts % 4, np.zeros((4, 4), np.int64), learning_rates)
        with np.errstate(invalid="ignore", over="ignore"):
            learned = net.run_updates(frames, updates, np.zeros_like(net.parameters.vector), net.rates(), 0.9)
        assert learned.done == 2
        assert np.isfinite(learned.losses[:2]).all()


def test_rates_fall_with_the_square_root_of_weight_sharing():
    shared = ConvNet(ConvNetConfig(rate_rule="sharing"), 6)
    part = slice_of(shared.parameters, "C1.weight")
    assert shared.rates()[part] == pytest.approx(1 / np.sqrt(5 * 48 * 28))
    assert ConvNet(ConvNetConfig(), 6).rates() == pytest.approx(1)


def test_initial_weights_have_the_variance_of_their_fan_in():
    for kind in ("uniform", "normal"):
        net = ConvNet(ConvNetConfig(initial=kind), 6, np.random.default_rng(0))
        assert net.parameters["C3.weight"].std() == pytest.approx(945**-0.5, rel=0.05)
        assert (net.parameters["R1.gain"] == 1).all()
        assert not net.parameters["C1.bias"].any()


@pytest.mark.parametrize(
    "wrong, word",
    [
        (lambda frames: frames.astype(np.float64), "float64"),
        (lambda frames: frames[:, :-1], r"\(n, 15, 13\)"),
        (lambda frames: frames.tolist(), "list"),
        (lambda frames: np.where(frames == frames[:6].max(), np.nan, frames).astype(np.float32), "NaN"),
        (lambda frames: frames.transpose(0, 2, 1).copy().transpose(0, 2, 1), "contiguous"),
    ],
)
def test_frames_that_do_not_fit_are_refused(rng, wrong, word):
    net = ConvNet(SMALL, 4, rng)
    with pytest.raises(ValueError, match=word):
        net.read(wrong(window(rng, frames=9)), np.array([0]))


@pytest.mark.parametrize("backend", ["numba", "numpy"])
@pytest.mark.parametrize(
    "name, wrong, word",
    [
        ("velocity", lambda x: x[:-1], "float32"),
        ("velocity", lambda x: x.astype(np.float64), "float64"),
        ("velocity", lambda x: np.repeat(x, 2)[::2], "contiguous"),
        ("velocity", lambda x: np.frombuffer(x.tobytes(), np.float32), "read-only"),
        ("rates", lambda x: list(x), "list"),
        ("starts", lambda x: x.astype(np.int32), "int32"),
        ("labels", lambda x: x[:-1], r"\(2\)"),
        ("copy", lambda x: x[:, :3], "copy"),
        ("learning_rates", lambda x: x[:, None], "learning_rates"),
        ("frames", lambda x: np.where(np.arange(9)[:, None, None] == 7, np.nan, x).astype(np.float32), "window from 3"),
    ],
)
def test_updates_name_the_argument_that_does_not_fit(rng, backend, name, wrong, word):
    net = ConvNet(SMALL, 4, rng, backend)
    parameters = net.parameters.vector
    given = {
        "frames": window(rng, frames=9),
        "starts": np.array([0, 3]),
        "labels": np.array([1, 2]),
        "copy": np.zeros((2, 4), np.int64),
        "learning_rates": np.full(2, 1e-3, np.float32),
        "velocity": np.zeros_like(parameters),
        "rates": net.rates(),
    }
    given[name] = wrong(given[name])
    frames, velocity, rates = (given.pop(key) for key in ("frames", "velocity", "rates"))
    with pytest.raises(ValueError, match=name) as error:
        net.run_updates(frames, Updates(**given), velocity, rates, 0.9)
    assert re.search(word, str(error.value))
    assert np.isfinite(parameters).all()


def test_windows_and_labels_outside_are_refused(rng):
    net = ConvNet(SMALL, 4, rng)
    frames = window(rng, frames=9)
    for start in (-1, 4):
        with pytest.raises(ValueError, match="starts"):
            net.read(frames, np.array([start]))
    with pytest.raises(ValueError, match="label"):
        net.loss_and_gradient(frames[:6], 4)


def test_inputs_are_standardised_where_that_is_asked_for(rng):
    features = rng.normal(3, 2, (50, 5)).astype(np.float32)
    features[:, 4] = 7
    given, standard = (
        LSTMClassifier(LSTMConfig(cells=3, input_scaling=kind), 5, 4, rng, "numpy") for kind in ("none", "standardise")
    )
    for net in (given, standard):
        net.fit_scaling(features)
    assert np.array_equal(given.scaled(features), features)
    scaled = standard.scaled(features)
    assert scaled.mean(axis=0) == pytest.approx(0, abs=1e-5)
    assert scaled.std(axis=0) == pytest.approx([1, 1, 1, 1, 0], rel=1e-5)
    with pytest.raises(ValueError, match="features"):
        standard.scaled(features[:, :4])


@pytest.mark.parametrize(
    "make", [lambda: ConvNet(SMALL, 4, dtype=np.float64), lambda: LSTMClassifier(LSTMConfig(), 5, 4, dtype=np.float64)]
)
def test_the_compiled_form_is_float32_alone(make):
    with pytest.raises(ValueError, match="float32"):
        make()


@pytest.mark.parametrize("backend", ["numba", "numpy"])
def test_spans_and_labels_outside_are_refused(rng, backend):
    net = LSTMClassifier(LSTMConfig(cells=3), 5, 4, rng, backend)
    features, velocity = rng.standard_normal((9, 5)).astype(np.float32), np.zeros_like(net.parameters.vector)
    for span, label, word in (((0, 0), 0, "spans"), ((5, 5), 0, "spans"), ((-1, 3), 0, "spans"), ((0, 9), 4, "labels")):
        updates = SequenceUpdates(np.array([span]), np.array([label]), np.full(1, 0.1, np.float32))
        with pytest.raises(ValueError, match=word):
            net.run_updates(features, updates, velocity, 0.9)


@pytest.mark.parametrize("backend", ["numba", "numpy"])
def test_an_lstm_refuses_what_is_no_number_and_learns_nothing(rng, backend):
    net = LSTMClassifier(LSTMConfig(cells=3), 5, 4, rng, backend)
    features = rng.standard_normal((9, 5)).astype(np.float32)
    features[6:] = np.nan
    updates = SequenceUpdates(np.array([[0, 4], [2, 6], [0, 4]]), np.array([0, 1, 2]), np.full(3, 0.1, np.float32))
    before = net.parameters.vector.copy()
    with pytest.raises(ValueError, match=r"^scaled, sequence from 2: holds NaN"):
        net.run_updates(features, updates, np.zeros_like(net.parameters.vector), 0.9)
    assert (net.parameters.vector == before).all()
