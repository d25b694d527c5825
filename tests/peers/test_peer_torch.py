"""Convolutions, both networks and their training against PyTorch: values and gradients by a peer we did not write.

Torch runs in float64. The NumPy form must equal it to 1e-10 in float64, the compiled form to 1e-5 in float32: both
normwise, for each array of parameters on its own. Parameters, inputs, initial states and cotangents are random. A
ConvNet's gradients are compared over several windows at once: in a single one the three biases of a small layer may
happen to cancel, and what cancels has no digits in float32.
"""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from seqdl.checks import mirror
from seqdl.checks.case import Buffers
from seqdl.checks.cases import TABLE
from seqdl.checks.networks import ConvNetCase, off_the_kink
from seqdl.checks.single_step import drawn
from seqdl.config import Config, ConvNetConfig, LSTMConfig
from seqdl.model.convnet import ConvNet
from seqdl.model.convnet_numpy import LayerRow
from seqdl.model.geometry import single_step_layers
from seqdl.model.lstm_classifier import LSTMClassifier
from seqdl.model.single_step_compiled import CompiledSingleStep
from seqdl.model.single_step_numpy import NumpySingleStep
from seqdl.model.updates import SequenceUpdates, Updates, seeds
from seqdl.ops import adam, connect, conv3d, dropout, lstm_variants, momentum
from seqdl.ops import loss as loss_op

torch = pytest.importorskip("torch", reason="PyTorch is absent: make peers installs it")

import torch_net  # noqa: E402

EXACT, SINGLE = 1e-10, 1e-5

CHOICES = {
    "squash": ("plain", "scaled"),
    "rectification": ("gain", "bias"),
    "pooling": ("mean", "sum"),
    "loss": ("cross_entropy", "squared_error"),
    "activation_c": ("tanh", "linear"),
    "activation_s": ("tanh", "linear"),
    "activation_c3": ("tanh", "linear"),
}
ALL = [dict(zip(CHOICES, values)) for values in product(*CHOICES.values())]
DEFAULT, OTHERS = ALL[0], ALL[-1]
# Eight of the 128 in which every pair of choices meets in all four ways: an orthogonal array of strength two.
PAIRS = [
    {name: values[(run & mask).bit_count() % 2] for mask, (name, values) in enumerate(CHOICES.items(), 1)}
    for run in range(8)
]
PAIRS[-1]["loss"] = "logistic"  # once in place of the squared error: every pair is met all the same
ONE_OTHER = [{**DEFAULT, name: other} for name, (_, other) in CHOICES.items()]

PAPER = ConvNetConfig()
SMALL = ConvNetConfig(
    frames=6, rows=15, columns=13, c1_maps=3, c1_kernel=(3, 4, 4), c2_kernel=(2, 3, 2), c3_kernel=(2, 1, 2), c3_maps=2,
    hidden=5,
)  # fmt: skip
LSTMS = [
    {},
    {"squash": "1997"},
    {"forget_gate": True},
    {"forget_gate": True, "squash": "1997"},
    {"loss": "squared_error"},
    {"targets": "last", "loss": "logistic"},
    {"truncate": 4},
    {"forget_gate": True, "squash": "1997", "loss": "squared_error", "targets": "last", "truncate": 3},
]
SLOW = pytest.mark.compiled(reason="the network of the paper takes minutes in uncompiled kernels")
MANY = pytest.mark.compiled(reason="networks take minutes in uncompiled kernels")


def tensor(values):
    return torch.tensor(np.asarray(values, np.float64), requires_grad=True)


def close(ours, theirs, bound, what=""):
    assert ours.shape == theirs.shape, what
    difference, size = np.linalg.norm(ours - theirs), np.linalg.norm(theirs)
    assert difference <= bound * size, f"{what}: {difference / size:.1e}"


def by_name(net, vectors):
    """Flat vectors as named arrays, one row a vector."""
    rows = [net.parameters.like() for _ in vectors]
    for row, vector in zip(rows, vectors):
        row.vector[:] = vector
    return {name: np.stack([row[name] for row in rows]) for name in rows[0]}


def close_by_name(ours, theirs, bound):
    assert set(ours) == set(theirs)
    for name, array in ours.items():
        close(array, theirs[name], bound, name)


@pytest.mark.parametrize("size, kernel", [((9, 54, 34), (5, 7, 7)), ((4, 7, 6), (2, 1, 3))])
def test_convolution_is_conv3d(rng, size, kernel):
    a, w, b = rng.standard_normal((2, *size)), rng.standard_normal((3, 2, *kernel)), rng.standard_normal(3)
    ta, tw, tb = tensor(a), tensor(w), tensor(b)
    tz = torch.nn.functional.conv3d(ta, tw, tb)
    z = conv3d.forward(a, w, b)
    close(z, tz.detach().numpy(), EXACT)
    dz = rng.standard_normal(z.shape)
    tz.backward(torch.tensor(dz))
    dw, db = conv3d.backward_weights(dz, a, kernel)
    for ours, theirs in zip((conv3d.backward_input(dz, w, a.shape), dw, db), (ta, tw, tb)):
        close(ours, theirs.grad.numpy(), EXACT)


@pytest.mark.parametrize("maps", [3, 7])
def test_convolution_through_the_table_is_a_masked_conv3d(rng, maps):
    kernel, links = (3, 5, 4), connect.table(maps)
    targets = 2 * maps + maps * (maps - 1) // 2
    layer = torch.nn.Conv3d(maps, targets, kernel, dtype=torch.float64)
    mask = torch.zeros_like(layer.weight)
    mask[links[:, 1], links[:, 0]] = 1
    a = rng.standard_normal((maps, 5, 9, 7))
    w = layer.weight.detach().numpy()[links[:, 1], links[:, 0]]
    ta = tensor(a)
    tz = torch.nn.functional.conv3d(ta, layer.weight * mask, layer.bias)
    z = connect.forward(a, w, layer.bias.detach().numpy(), links)
    close(z, tz.detach().numpy(), EXACT)
    dz = rng.standard_normal(z.shape)
    tz.backward(torch.tensor(dz))
    dw, db = connect.backward_weights(dz, a, links, kernel)
    close(connect.backward_input(dz, w, links, a.shape), ta.grad.numpy(), EXACT)
    close(dw, layer.weight.grad.numpy()[links[:, 1], links[:, 0]], EXACT)
    close(db, layer.bias.grad.numpy(), EXACT)


@pytest.mark.parametrize("scale", [1, 10, 800])
@pytest.mark.parametrize("label", [0, 0b10110, 0b11111])
def test_logistic_units_are_torchs_binary_cross_entropy_with_logits(rng, label, scale):
    z = scale * rng.standard_normal(5)
    peer = tensor(z)
    expected = torch_net.loss(peer, label, "logistic")
    expected.backward()
    value, dz = loss_op.loss(z, label, "logistic")
    close(np.array([value]), np.array([expected.item()]), EXACT)
    assert dz == pytest.approx(peer.grad.numpy(), abs=1e-15, rel=EXACT)
    assert loss_op.outputs(z, "logistic") == pytest.approx(torch.sigmoid(peer).detach().numpy(), abs=1e-15, rel=EXACT)


def convnets(rng, config):
    classes = 4 if config.rows == SMALL.rows else 6  # those of other tests, for which the default is compiled too
    """One network three times with the same random parameters: NumPy in float64, compiled in float32, torch."""
    slow = ConvNet(config, classes, backend="numpy", dtype=np.float64)
    fast = ConvNet(config, classes, rng)
    for name, view in fast.parameters.items():
        if not name.endswith("weight"):
            view += rng.normal(0, 0.3, view.shape)
        if name.endswith("coefficient") and config.pooling == "sum":
            view /= config.pool**2  # otherwise most units saturate, and 1 - y^2 has no digits left in float32
    slow.parameters.vector[:] = fast.parameters.vector
    peer = torch_net.TorchConvNet(config, classes)
    peer.load(fast.parameters)
    return slow, fast, peer


def compare_convnet(rng, config, form, windows=3):
    slow, fast, peer = convnets(rng, config)
    net, bound = (slow, EXACT) if form == "numpy" else (fast, SINGLE)
    starts = np.arange(windows)[::-1] * config.frames
    shape = config.frames, config.rows, config.columns
    if form == "numpy":
        frames = rng.standard_normal((windows * config.frames, *shape[1:]), np.float32)
    else:  # see compare_single_step
        layers = LayerRow(config, slow.parameters).layers
        frames = np.concatenate([off_the_kink(layers, shape, config.frames, rng) for _ in range(windows)])
    frames = frames.astype(net.parameters.vector.dtype)
    features, outputs = net.read(frames, starts)
    gradients, expected_gradients = [], []
    for k, start in enumerate(starts):
        window = frames[start : start + config.frames]
        given = torch.tensor(window, dtype=torch.float64)
        close(features[k], peer.describe(given).detach().numpy(), bound)
        close(outputs[k], torch_net.outputs(peer(given), config.loss).detach().numpy(), bound)
        peer.zero_grad()
        expected = peer.loss(given, 3 - k)
        expected.backward()
        value, gradient = net.loss_and_gradient(window, 3 - k)
        assert value == pytest.approx(expected.item(), rel=bound)
        gradients.append(gradient)
        expected_gradients.append({name: array.copy() for name, array in peer.gradients().items()})
    theirs = {name: np.stack([one[name] for one in expected_gradients]) for name in expected_gradients[0]}
    close_by_name(by_name(net, gradients), theirs, bound)
    return net


@pytest.mark.parametrize("changes", [DEFAULT, *ONE_OTHER, OTHERS], ids=["default", *CHOICES, "others"])
def test_outputs_loss_and_gradients_of_the_papers_convnet(rng, changes):
    net = compare_convnet(rng, replace(PAPER, **changes), "numpy")
    assert net.parameters.vector.size == 17169


# Each set of sizes and choices is compiled anew, in many seconds: a few sets stand for all, and those of other tests.
@SLOW
@pytest.mark.parametrize(
    "changes, algorithm", [(DEFAULT, "toom_cook"), (OTHERS, "direct")], ids=["default", "others, direct"]
)
def test_outputs_loss_and_gradients_of_the_papers_compiled_convnet(rng, changes, algorithm):
    compare_convnet(rng, replace(PAPER, algorithm=algorithm, **changes), "compiled")


@pytest.mark.parametrize("pooling, loss", list(product(CHOICES["pooling"], CHOICES["loss"])))
def test_outputs_loss_and_gradients_of_a_small_convnet_for_every_choice(rng, pooling, loss):
    for changes in ALL:
        if (changes["pooling"], changes["loss"]) == (pooling, loss):
            compare_convnet(rng, replace(SMALL, **changes), "numpy")


@MANY
@pytest.mark.parametrize("case", [case for case in TABLE if isinstance(case, ConvNetCase)], ids=lambda case: case.name)
def test_outputs_loss_and_gradients_of_the_small_compiled_convnets_of_the_table(rng, case):
    """Which are compiled for that, and there held to the equations, as those are here for every choice."""
    compare_convnet(rng, case.config, "compiled")


def ten_windows(rng, config, count=10, classes=6):
    frames = rng.standard_normal((30, config.rows, config.columns)).astype(np.float32)
    return frames, Updates(
        rng.integers(0, 30 - config.frames + 1, count),
        rng.integers(0, classes, count),
        np.hstack([rng.integers(0, 2, (count, 2)), rng.integers(-2, 3, (count, 2))]),
        np.linspace(0.004, 0.001, count, dtype=np.float32),
        seeds(rng, config.dropout, count),
    )


def torch_copy(window, mirror, flip, rows, columns):
    """Mirror, flip, then move the picture over its repeated border."""
    window = window.flip([axis for axis, wanted in ((1, flip), (2, mirror)) if wanted])
    border = max(abs(rows), abs(columns))
    padded = torch.nn.functional.pad(window, (border,) * 4, mode="replicate")
    return padded[:, border - rows :, border - columns :][:, : window.shape[1], : window.shape[2]]


def torch_convnet_learns(peer, frames, updates, mu):
    velocity, losses, decisions = {}, [], []
    for k, (start, label, copy, rate) in enumerate(zip(*updates[:4])):
        if len(updates.seeds):
            peer.dropout = torch.tensor(dropout.mask(updates.seeds[k], (1, 50), peer.config.dropout)[0])
        window = torch.tensor(frames[start : start + peer.config.frames], dtype=torch.float64)
        window = torch_copy(window, *copy)
        decisions.append(peer(window).argmax().item())
        peer.zero_grad()
        value = peer.loss(window, int(label))
        value.backward()
        losses.append(value.item())
        shared = peer.config.rate_rule == "sharing"
        factors = {layer: 1 / np.sqrt(uses) for layer, uses in peer.uses.items()} if shared else None
        torch_net.update(peer, velocity, float(rate), mu, factors)
    return losses, decisions


# How far a float32 network may have drifted, as a share of the way it has gone: ten gradients, each within SINGLE.
DRIFT = 10 * SINGLE


def same_trajectory(net, before, learned, losses, decisions, theirs, bound):
    """The losses, the decisions, and the way that each array of parameters has gone.

    Besides the drift each of the ten steps may round a parameter by half a unit in its last place: much for a gain of
    about 1 that moves by 0.001.
    """
    assert learned.done == len(losses)
    assert learned.losses == pytest.approx(losses, rel=bound)
    assert learned.decisions.tolist() == decisions
    rounding = len(losses) * np.finfo(before.dtype).eps / 2
    start = net.parameters.like()
    start.vector[:] = before
    for name, view in net.parameters.items():
        drift, way = np.linalg.norm(view - theirs[name]), np.linalg.norm(theirs[name] - start[name])
        assert drift <= bound * way + rounding * np.linalg.norm(theirs[name]), f"{name}: {drift / way:.1e} of the way"


@pytest.mark.parametrize("form, bound", [("numpy", 1e-9), pytest.param("compiled", DRIFT, marks=SLOW)])
@pytest.mark.parametrize(
    "changes",
    [{}, {"rate_rule": "sharing", "weight_decay": 3.0, "dropout": 0.5}, OTHERS | {"algorithm": "direct"}],
    ids=["default", "sharing", "others"],
)
def test_ten_online_updates_of_the_papers_convnet(rng, changes, form, bound):
    slow, fast, peer = convnets(rng, replace(PAPER, **changes))
    frames, updates = ten_windows(rng, peer.config)
    losses, decisions = torch_convnet_learns(peer, frames, updates, 0.9)
    net = slow if form == "numpy" else fast
    before = net.parameters.vector.copy()
    learned = net.run_updates(frames.astype(before.dtype), updates, np.zeros_like(before), net.rates(), 0.9)
    same_trajectory(net, before, learned, losses, decisions, peer.values(), bound)


def test_momentum_is_that_of_sgd_where_the_rate_is_constant(rng):
    theta, velocity = rng.standard_normal(7), np.zeros(7)
    peer = torch.nn.Parameter(torch.tensor(theta))
    optimiser = torch.optim.SGD([peer], lr=0.02, momentum=0.8)
    for _ in range(10):
        gradient = rng.standard_normal(7)
        peer.grad = torch.tensor(gradient)
        optimiser.step()
        momentum.update(theta, velocity, gradient, np.ones(7), 0.02, 0.8)
    close(theta, peer.detach().numpy(), EXACT)


def test_adam_is_that_of_torch(rng):
    theta, mean, square = rng.standard_normal(7), np.zeros(7), np.zeros(7)
    rates, decays = np.array([1, 1, 1, 0.5, 0.5, 0.5, 0.5]), (0.8, 0.95)
    parts = [torch.nn.Parameter(torch.tensor(theta[part])) for part in (slice(3), slice(3, 7))]
    groups = [{"params": [part], "lr": 0.02 * factor} for part, factor in zip(parts, (1, 0.5))]
    optimiser = torch.optim.Adam(groups, betas=decays, eps=1e-3)
    for count in range(1, 11):
        gradient = rng.standard_normal(7)
        parts[0].grad, parts[1].grad = torch.tensor(gradient[:3]), torch.tensor(gradient[3:])
        optimiser.step()
        adam.update(theta, mean, square, gradient, rates, 0.02, count, *decays, 1e-3)
    close(theta, torch.cat(parts).detach().numpy(), EXACT)


def lstm_weights(rng, blocks, inputs, cells, dtype):
    shapes = [(blocks * cells, inputs), (blocks * cells, cells), (blocks * cells,), (0, cells)]
    return lstm_variants.Weights(*(rng.normal(0, 0.4, shape).astype(dtype) for shape in shapes))


def ours(form, x, weights, h0, c0, dh, kind):
    """Cells' outputs and all gradients, by the equations or by the kernels (which leave out that by x)."""
    if form == "compiled":
        return mirror.lstm_cells(kind, 0)(dh, Buffers(), x, h0, c0, *weights)
    trace = lstm_variants.forward(x, weights, h0, c0, kind)
    back = lstm_variants.backward(dh, trace, weights, kind)
    return trace.h[1:], {"x": back.dx, "h0": back.dh0, "c0": back.dc0, **back.weights._asdict()}


@pytest.mark.parametrize("form, bound", [("numpy", EXACT), ("compiled", SINGLE)])
@pytest.mark.parametrize("kind", ["tanh", "1997"])
@pytest.mark.parametrize("steps", [1, 9])
@pytest.mark.parametrize("forget_gate", [False, True], ids=["held open", "forget gate"])
def test_the_lstm_is_that_of_torch(rng, forget_gate, steps, kind, form, bound):
    inputs, cells, dtype = 6, 5, np.float64 if form == "numpy" else np.float32
    weights = lstm_weights(rng, 4 if forget_gate else 3, inputs, cells, dtype)
    x, dh = rng.standard_normal((steps, inputs)).astype(dtype), rng.standard_normal((steps, cells)).astype(dtype)
    h0, c0 = rng.standard_normal((2, cells)).astype(dtype)
    peer = torch_net.TorchLSTM(inputs, cells, forget_gate, kind)
    peer.load(*weights[:3])
    given = [tensor(values) for values in (x, h0, c0)]
    h, _, _ = peer(*given)
    h.backward(torch.tensor(dh, dtype=torch.float64))
    outputs, gradients = ours(form, x, weights, h0, c0, dh, kind)
    close(outputs, h.detach().numpy(), bound)
    theirs = [*peer.gradients(), *(values.grad.numpy() for values in given)]
    for name, other in zip(("w", "u", "b", "x", "h0", "c0"), theirs):
        if name in gradients:
            close(gradients[name], other, bound, name)


def lstm_classifiers(rng, config, inputs, classes=6):
    slow = LSTMClassifier(config, inputs, classes, backend="numpy", dtype=np.float64)
    fast = LSTMClassifier(config, inputs, classes)
    fast.parameters.vector[:] = rng.normal(0, 0.3, fast.parameters.vector.size)
    slow.parameters.vector[:] = fast.parameters.vector
    peer = torch_net.TorchLSTMClassifier(config, inputs, classes)
    peer.load(fast.parameters)
    return slow, fast, peer


# The first two of the compiled ones are those of the table of cases.
@pytest.mark.parametrize(
    "form, bound, cells, changes",
    [("numpy", EXACT, 8, changes) for changes in LSTMS]
    + [
        ("compiled", SINGLE, 7, {}),
        ("compiled", SINGLE, 6, {"forget_gate": True, "loss": "logistic"}),
        ("compiled", SINGLE, 8, LSTMS[-1]),
    ],
)
@pytest.mark.parametrize("steps", [1, 11])
def test_outputs_loss_and_gradients_of_the_lstm_classifier(rng, steps, changes, form, bound, cells):
    config = LSTMConfig(cells=cells, **changes)
    slow, fast, peer = lstm_classifiers(rng, config, 5)
    x = rng.standard_normal((steps, 5)).astype(np.float32)
    net = slow if form == "numpy" else fast
    given = torch.tensor(x, dtype=torch.float64)
    close(net.read(x), torch_net.outputs(peer(given), config.loss).detach().numpy(), bound)
    expected = peer.loss(given, 2)
    expected.backward()
    value, gradient = net.loss_and_gradient(x, 2)
    assert value == pytest.approx(expected.item(), rel=bound)
    close_by_name(by_name(net, [gradient]), {name: array[None] for name, array in peer.gradients().items()}, bound)


@pytest.mark.parametrize("form, bound", [("numpy", 1e-9), pytest.param("compiled", DRIFT, marks=SLOW)])
@pytest.mark.parametrize(
    "changes", [{}, {**LSTMS[-1], "squash": "tanh", "weight_decay": 3.0, "dropout": 0.25}], ids=["default", "others"]
)
def test_ten_online_updates_of_the_papers_lstm(rng, changes, form, bound):
    slow, fast, peer = lstm_classifiers(rng, LSTMConfig(**changes), 120)
    features = np.tanh(rng.standard_normal((200, 120))).astype(np.float32)
    spans = np.stack([rng.integers(0, 160, 10), rng.integers(1, 41, 10)], axis=1)
    rates = np.linspace(0.05, 0.01, 10, dtype=np.float32)
    updates = SequenceUpdates(spans, rng.integers(0, 6, 10), rates, rng.integers(0, 2**31, 10))
    velocity, losses, decisions = {}, [], []
    for (start, steps), label, rate, seed in zip(*updates):
        x = torch.tensor(features[start : start + steps], dtype=torch.float64)
        x *= torch.tensor(dropout.mask(seed, tuple(x.shape), peer.config.dropout))
        decisions.append(torch_net.outputs(peer(x), peer.config.loss).sum(0).argmax().item())
        peer.zero_grad()
        value = peer.loss(x, int(label))
        value.backward()
        losses.append(value.item())
        torch_net.update(peer, velocity, float(rate), 0.9)
    net = slow if form == "numpy" else fast
    before = net.parameters.vector.copy()
    learned = net.run_updates(net.scaled(features), updates, np.zeros_like(before), 0.9)
    same_trajectory(net, before, learned, losses, decisions, peer.values(), bound)


def compare_single_step(rng, config, frames, classes=6):
    """Loss and gradients of both networks as one.

    At the kink of abs(x) the derivative jumps: a unit on its other side changes all gradients before it. Both sides are
    in float64 here, where their sums differ by some 1e-16. Of the hundred thousand units of a sequence none lies so
    near to the kink, for any seed, and the bound is that of exact numbers. In float32, whose sums differ by some 1e-7,
    now and then one does, and the gradients by C1 and C2 are then off by far more than rounding.
    """
    parameters = drawn(config, classes, rng, np.float64)
    convnet = torch_net.TorchConvNet(config.convnet, classes)
    lstm = torch_net.TorchLSTMClassifier(config.lstm, convnet.N1.in_features, classes)
    convnet.load(parameters)
    lstm.load(parameters)
    sequence = rng.standard_normal((frames, config.convnet.rows, config.convnet.columns))
    steps = (frames - config.convnet.frames) // config.lstm.window_step + 1
    weights, mask = rng.random(steps), (rng.random((steps, convnet.N1.in_features)) < 0.75) / 0.75
    given = [torch.tensor(values) for values in (sequence, weights, mask)]
    expected = torch_net.single_step_loss(convnet, lstm, given[0], 3, given[1], 0.7, given[2])
    expected.backward()
    model = NumpySingleStep(config, parameters)
    value, gradient = model.loss_and_gradient(sequence, 3, weights=weights, head=0.7, mask=mask)
    assert value == pytest.approx(expected.item(), rel=EXACT)
    found = parameters.like()
    found.vector[:] = gradient
    close_by_name(found, convnet.gradients() | lstm.gradients(), EXACT)
    return parameters


@pytest.mark.parametrize("seed", range(5))
def test_loss_and_gradient_of_the_single_step_model_of_the_papers_size(seed):
    parameters = compare_single_step(np.random.default_rng(seed), Config(), 14)
    assert parameters.vector.size == 17169 + 25956


@SLOW
@pytest.mark.parametrize("seed", range(5))
def test_the_compiled_single_step_model_of_the_papers_size(seed):
    """In float32, so frames are drawn again while a unit lies at the kink: see :func:`compare_single_step`."""
    rng, config = np.random.default_rng(seed), Config()
    exact = drawn(config, 6, rng, np.float64)
    convnet = torch_net.TorchConvNet(config.convnet, 6)
    lstm = torch_net.TorchLSTMClassifier(config.lstm, convnet.N1.in_features, 6)
    convnet.load(exact)
    lstm.load(exact)
    frames = off_the_kink(NumpySingleStep(config, exact).maps, (16, 54, 34), 16, rng)
    weights, mask = np.full(8, 1 / 8), dropout.mask(seed, (8, 120), config.single_step.dropout)
    given = [torch.tensor(values, dtype=torch.float64) for values in (frames, weights, mask)]
    expected = torch_net.single_step_loss(convnet, lstm, given[0], 3, given[1], 0.7, given[2])
    expected.backward()
    found = exact.like(np.float32)
    found.vector[:] = exact.vector
    model = CompiledSingleStep(config, single_step_layers(config, 6), found)
    value, found.vector[:] = model.loss_and_gradient(frames, 3, 0.7, seed)
    assert value == pytest.approx(expected.item(), rel=SINGLE)
    close_by_name(found, convnet.gradients() | lstm.gradients(), SINGLE)


@pytest.mark.parametrize("changes", LSTMS)
def test_loss_and_gradient_of_a_small_single_step_model(rng, changes):
    for choices, step in ((OTHERS, 1), (PAIRS[1], 2), (PAIRS[4], 3)):
        lstm = LSTMConfig(cells=5, window_step=step, **changes)
        compare_single_step(rng, Config(convnet=replace(SMALL, **choices), lstm=lstm), 16)
