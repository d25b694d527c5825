"""What the page's JavaScript is given, and what the library makes of it, as JSON has it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import asdict, replace
from typing import Any

import numpy as np

from seqdl.config import ConvNetConfig, LSTMConfig
from seqdl.model.convnet import ConvNet
from seqdl.model.convnet_numpy import LayerRow
from seqdl.model.decision import so_far, vote
from seqdl.model.layers import Convolution
from seqdl.model.lstm_classifier import LSTMClassifier
from seqdl.model.lstm_numpy import NumpyLSTM, step_weights
from seqdl.model.parameters import Parameters
from seqdl.ops import connect, copies, dense, lcn, loss, lstm_variants, momentum
from seqdl.video.normalise import crops
from seqdl.video.person import Boxes

SMALL = ConvNetConfig(
    frames=7,
    rows=14,
    columns=12,
    c1_maps=3,
    c1_kernel=(3, 3, 3),
    c2_kernel=(2, 3, 2),
    c3_kernel=(2, 2, 1),
    c3_maps=2,
    hidden=4,
)
GEOMETRIES = (
    SMALL,
    replace(SMALL, rectification="bias", loss="squared_error", squash="scaled", pooling="sum"),
    replace(SMALL, activation_c="linear", activation_s="linear", c1_maps=4, loss="logistic"),
    replace(SMALL, rectification="bias", activation_c3="linear", rows=17, columns=17, c1_kernel=(2, 3, 3), pool=3,
            c2_kernel=(1, 3, 3), c3_kernel=(1, 1, 1)),
    replace(SMALL, frames=5, c1_kernel=(3, 3, 3), pool=1, c2_kernel=(3, 2, 3), c3_kernel=(1, 2, 2), squash="scaled"),
)  # fmt: skip
CLASSES = 3


def flat(values: Any) -> list[Any]:
    """Numbers as a list."""
    return np.asarray(values).ravel().tolist()


def cases() -> dict[str, Any]:
    """All of them."""
    rng = np.random.default_rng(20)
    return {
        "normalise": list(_normalise(rng)),
        "crops": list(_crops(rng)),
        "copies": list(_copies(rng)),
        "tables": [{"n": n, "out": flat(connect.table(n))} for n in (1, 3, 7)],
        "convnets": [_convnet(rng, config) for config in GEOMETRIES],
        "lstms": list(_lstms(rng)),
        "decisions": list(_decisions(rng)),
    }


def _normalise(rng: np.random.Generator) -> Iterator[dict[str, Any]]:
    a = rng.random((5, 11, 10))
    a[:, :5, :5] = 0.4
    for reading, constant in itertools.product(lcn.READINGS, lcn.CONSTANTS):
        settings = {"size": 5, "sigma": 1.1, "reading": reading, "constant": constant, "value": 0.2}
        yield {"a": flat(a), "shape": a.shape, "settings": settings, "out": flat(lcn.normalise(a, **settings))}


def _crops(rng: np.random.Generator) -> Iterator[dict[str, Any]]:
    frames = rng.integers(0, 256, (3, 20, 24), np.uint8)
    boxes = np.array([[2, 3, 12, 8], [-3.4, -1.2, 19.5, 13.1], [5.3, 12.6, 25.0, 17.0]])
    out = crops(frames, Boxes(*boxes.T, np.ones(3, bool)), (12, 8))
    yield {"frames": flat(frames), "shape": frames.shape, "boxes": boxes.tolist(), "size": (12, 8), "out": flat(out)}


def _copies(rng: np.random.Generator) -> Iterator[dict[str, Any]]:
    a = rng.normal(size=(2, 4, 5))
    for mirror, flip in itertools.product((False, True), repeat=2):
        out = copies.copy(a, mirror, flip)
        yield {"a": flat(a), "shape": (1, *a.shape), "mirror": mirror, "flip": flip, "out": flat(out)}


def _network(config: Any, parameters: Parameters) -> dict[str, Any]:
    return {"config": asdict(config), "shapes": parameters.shapes, "theta": flat(parameters.vector)}


def _convnet(rng: np.random.Generator, config: ConvNetConfig) -> dict[str, Any]:
    """Maps of a whole sequence, and what windows of it say."""
    net = ConvNet(config, CLASSES, backend="numpy", dtype=np.float64)
    net.parameters.vector[:] = rng.uniform(-0.6, 0.6, net.parameters.vector.shape).astype(np.float32)
    frames = rng.normal(size=(config.frames + 3, config.rows, config.columns)).astype(np.float32).astype(np.float64)
    starts = np.array([0, 1, 3])
    features, outputs = net.read(frames, starts)
    maps, sums = _maps(config, net.parameters, frames)
    units = [_unit(rng, config, net.parameters, maps, sums, layer) for layer in sums for _ in range(2)]
    return {
        "network": _network(config, net.parameters),
        "shape": (1, *frames.shape),
        "input": flat(frames),
        "starts": flat(starts),
        "maps": {name: flat(values) for name, values in maps.items()},
        "features": flat(features),
        "outputs": flat(outputs),
        "units": units,
        "switched": [_switched(config, net.parameters, frames, *one) for one in (("C1", 2), ("C2", 5), ("C3", 1))],
    }


def _maps(config: ConvNetConfig, parameters: Parameters, frames: np.ndarray) -> tuple[dict, dict]:
    """The maps of every layer, and what was summed for them."""
    row = LayerRow(config, parameters)
    a, maps, sums = frames[None], {"input": frames[None]}, {}
    for layer in row.layers[:7]:
        squashing, kept = getattr(layer, "squashing", None), getattr(layer, "kind", None)
        if squashing is not None:
            layer.squashing = "linear"
            sums[layer.name] = layer.forward(a)
            layer.squashing = squashing
        else:
            p = layer.p[:, None, None, None]
            sums[layer.name] = p * a if kept == "gain" else a + p
        a = maps[layer.name] = layer.forward(a)
    return maps, sums


def _unit(rng, config, parameters, maps, sums, layer) -> dict[str, Any]:
    """A unit: value, sum, how many terms it has and, by the gradient that reaches the input, where it looks."""
    unit = tuple(int(rng.integers(n)) for n in maps[layer].shape)
    row = LayerRow(config, parameters)
    row.layers[0] = Convolution("C1", parameters, row.gradient, row.layers[0].squashing)
    a, d = maps["input"], np.zeros_like(maps[layer])
    d[unit] = 1
    below = row.layers[: list(sums).index(layer) + 1]
    for one in below:
        a = one.forward(a)
    for one in reversed(below):
        d = one.backward(d)
    seen = [(places.min(), places.max()) for places in np.nonzero(d)[1:]]
    kernel = int(np.prod(getattr(config, f"{layer.lower()}_kernel", (1,))))
    paired = int((connect.table(config.c1_maps)[:, 1] == unit[0]).sum())
    sources = {"C2": paired, "C3": len(maps["S2"]), "S1": config.pool**2, "S2": config.pool**2}.get(layer, 1)
    return {
        "layer": layer,
        "unit": unit,
        "value": float(maps[layer][unit]),
        "sum": float(sums[layer][unit]),
        "count": kernel * sources,
        "field": flat(seen),
    }


def _switched(config, parameters, frames, layer, kernel) -> dict[str, Any]:
    """Features of the first window with a kernel at zero."""
    changed = Parameters(parameters.shapes, np.float64)
    changed.vector[:] = parameters.vector
    weight = changed[f"{layer}.weight"]
    size = int(np.prod(getattr(config, f"{layer.lower()}_kernel")))
    weight.reshape(-1, size)[kernel] = 0
    row = LayerRow(config, changed)
    row.forward(frames[: config.frames])
    return {"off": [f"{layer} {kernel}"], "features": flat(row.c3.y)}


def _lstms(rng: np.random.Generator) -> Iterator[dict[str, Any]]:
    choices = itertools.product((False, True), (False, True), ("tanh", "1997"), loss.KINDS)
    for number, (forget, peepholes, squash, kind) in enumerate(choices):
        config = LSTMConfig(
            cells=4,
            forget_gate=forget,
            peepholes=peepholes,
            squash=squash,
            loss=kind,
            targets=("every", "last")[number % 2],
            truncate=(0, 3)[number // 2 % 2],
        )
        label = number // len(loss.KINDS) % (2**CLASSES if kind == "logistic" else CLASSES)
        inputs, steps, eta, mu, turns = 5, 7, 0.1, 0.9, 4
        net = LSTMClassifier(config, inputs, CLASSES, backend="numpy", dtype=np.float64)
        net.parameters.vector[:] = rng.normal(0, 0.7, net.parameters.vector.shape)
        net.mean[:], net.deviation[:] = rng.normal(size=inputs), rng.uniform(0.5, 2, inputs)
        x = rng.normal(size=(steps, inputs))
        record = {**_network(config, net.parameters), "mean": flat(net.mean), "deviation": flat(net.deviation)}
        form = NumpyLSTM(config, net.parameters)
        trace, z = form.forward(net.scaled(x))
        gates = dict(zip("iogf", trace.gates.transpose(1, 0, 2)))
        value, gradient = net.loss_and_gradient(x, label)
        flow = _flow(form, trace, z, label)
        velocity = np.zeros_like(gradient)
        for _ in range(turns):
            step = net.loss_and_gradient(x, label)[1]
            momentum.update(net.parameters.vector, velocity, step, np.ones_like(step), eta, mu)
        said = {"c": trace.c[1:], "h": trace.h[1:], "e": trace.e, "y": loss.outputs(z, kind), "z": z}
        yield {
            "network": record,
            "x": flat(x),
            "inputs": inputs,
            "classes": CLASSES,
            "label": label,
            "trace": {name: flat(values) for name, values in {"f": np.ones_like(trace.e), **gates, **said}.items()},
            "loss": value,
            "gradient": flat(gradient),
            "flow": flat(flow),
            "turns": turns,
            "eta": eta,
            "mu": mu,
            "updated": flat(net.parameters.vector),
        }


def _flow(form: NumpyLSTM, trace: Any, z: np.ndarray, label: int) -> np.ndarray:
    """The error dc in the carousels at each step: what the input gate is told, divided by its factors."""
    config = form.config
    dz = loss.sequence(z, label, step_weights(config.targets, z), config.loss)[1]
    dh = dense.backward(dz, trace.h[1:], form.v)[0]
    _, u, b, p = form.weights
    bias = lstm_variants.Weights(np.eye(len(b)), u, b, p)  # the gradient by inputs that are added to the sums is da
    da = lstm_variants.backward(
        dh, trace._replace(x=np.zeros((len(z), len(b)))), bias, config.squash, config.truncate
    ).dx
    i, g = trace.gates[:, 0], trace.gates[:, 2]
    return da[:, : config.cells] / (g * i * (1 - i))


def _decisions(rng: np.random.Generator) -> Iterator[dict[str, Any]]:
    tied = np.array([[0.5, 0.4, 0.1], [0.1, 0.6, 0.3], [0.34, 0.33, 0.33], [0.2, 0.45, 0.35]])
    for said, kind in itertools.product((rng.random((6, CLASSES)), tied), ("accumulate", "last")):
        decision, votes = vote(said)
        totals = so_far(said, kind)
        yield {
            "said": flat(said),
            "classes": CLASSES,
            "kind": kind,
            "totals": flat(totals),
            "decision": decision,
            "votes": flat(votes),
        }
