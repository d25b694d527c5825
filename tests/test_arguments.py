"""Whatever comes from outside through the Python interface is looked at: one error, of one line, names the argument.

A table of doors, each with a call that is right, and for each kind of argument a list of values that are wrong. A value
that is right all the same for one of them stands in ``FINE``.
"""

from __future__ import annotations

import re
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any, NamedTuple

import numpy as np
import pytest

import seqdl
import seqdl.ops
from seqdl.base import drawing
from seqdl.baseline import scales, stip, text
from seqdl.baseline import video as stip_video
from seqdl.config import Config, ConvNetConfig, LCNConfig, LSTMConfig, load
from seqdl.errors import SeqdlError
from seqdl.model import describers
from seqdl.model.convnet import ConvNet
from seqdl.model.decision import accumulate, vote
from seqdl.model.describers.base import Steps
from seqdl.model.lstm_classifier import LSTMClassifier
from seqdl.model.recogniser import Recogniser
from seqdl.model.updates import SequenceUpdates, Updates
from seqdl.ops import (
    adam,
    connect,
    conv3d,
    copies,
    dense,
    dropout,
    evening,
    lcn,
    loss,
    lstm,
    lstm_variants,
    momentum,
    overlap,
    rectify,
    squash,
    subsample,
    vary,
)
from seqdl.reports import copies_sheet, figures, inspection, maps, two_steps
from seqdl.runs import significance
from seqdl.runs.result import Result
from seqdl.stores import points as point_store
from seqdl.video import downsample, normalise, resample, rule, windows
from seqdl.video.person import Boxes

F = np.float32
RNG = np.random.default_rng(3)
HUGE = {"1e300": 1e300, "1e38": 1e38}


def normal(*shape: int, kind: Any = F) -> np.ndarray:
    return RNG.standard_normal(shape).astype(kind)


class Is(NamedTuple):
    """An argument: its kind, a right value, and what else there is to know of it."""

    kind: str
    value: Any
    more: Any = None


def spoiled(value: np.ndarray, by: Any) -> np.ndarray:
    """A copy with one value that is something else."""
    made = np.array(value, np.result_type(value.dtype, np.float32), copy=True)
    made[tuple(length // 2 for length in made.shape)] = by
    return made


def wrong_arrays(value: np.ndarray) -> dict[str, Any]:
    """What no array of floating-point numbers is."""
    with np.errstate(over="ignore"):
        return {
            "list": value.tolist(),
            "None": None,
            "text": "a",
            "number": 1.0,
            "whole": np.ones(value.shape, int),
            "bool": np.ones(value.shape, bool),
            "object": value.astype(object),
            "texts": value.astype(str),
            "masked": np.ma.masked_array(value, value > 0),
            "other bytes": value.astype(value.dtype.newbyteorder()),
            "one axis more": value[None, None],
            "empty": value[:0],
            "NaN": spoiled(value, np.nan),
            "infinite": spoiled(value, -np.inf),
            "1e300": spoiled(value.astype(np.float64), 1e300),
            "1e38": spoiled(value, 1e38),
            "half": value.astype(np.float16),
            **({"one axis less": value[0]} if value.ndim > 1 else {}),
        }


def exact_arrays(value: np.ndarray) -> dict[str, Any]:
    """What no array of exactly this type, of float32, is."""
    return wrong_arrays(value) | {"double": value.astype(np.float64), "complex": value.astype(np.complex64)}


def grey(value: np.ndarray) -> dict[str, Any]:
    """What no grey frames of uint8 are."""
    others = {name: value.astype(kind) for name, kind in (("float", F), ("int16", np.int16), ("bool", bool))}
    shapes = {"one axis more": value[None], "one axis less": value[0, 0], "empty": value[:, :0]}
    return {"None": None, "text": "a", "object": value.astype(object)} | others | shapes


NOT_WHOLE = {"1.5": 1.5, "None": None, "text": "a", "NaN": np.nan, "True": True, "array": np.ones(2), "1j": 1j}
WRONG: dict[str, Any] = {
    "floats": lambda value, more: wrong_arrays(value),
    "reals": lambda value, more: wrong_arrays(value) | {"complex": value.astype(np.complex128)},
    "float32": lambda value, more: exact_arrays(value),
    "grey": lambda value, more: grey(value),
    "label": lambda value, more: NOT_WHOLE | {"-1": -1, "classes": more, "10**30": 10**30},
    "count": lambda value, more: NOT_WHOLE | {"0": 0, "-1": -1, "10**30": 10**30},
    "from 0": lambda value, more: NOT_WHOLE | {"-1": -1, "10**30": 10**30},
    "number": lambda value, more: (
        HUGE | {"NaN": np.nan, "inf": np.inf, "None": None, "text": "a", "True": True, "1j": 1j}
    ),
    "word": lambda value, more: {"unknown": "nonsense", "None": None, "1": 1, "list": ["a"], "empty": more or ""},
    "flag": lambda value, more: {"None": None, "text": "a", "2": 2, "array": np.ones(2, bool)},
    "path": lambda value, more: {"None": None, "1": 1, "bytes": b"x", "empty": "", "list": ["a"]},
    "place": lambda value, more: {"None": None, "1": 1, "bytes": b"x", "list": ["a"]},
    "indices": lambda value, more: {
        "list": value.tolist(),
        "None": None,
        "floats": value + 0.5,
        "float": value.astype(float),
        "bool": value > 0,
        "-1": value - more,
        "too large": value + more,
        "two axes": value[None, None],
        "object": value.astype(object),
    },
    "sizes": lambda value, more: {
        "None": None,
        "number": 3,
        "one more": (*value, 1),
        "1.5": (*value[:-1], 1.5),
        "text": "a" * len(value),
        "10**30": (*value[:-1], 10**30),
    },
    "kind": lambda value, more: {"None": None, "dict": {}, "text": "a", "number": 1},
    "callable": lambda value, more: {"None": None, "text": "a"},
    "dtype": lambda value, more: {"int": int, "text": "nonsense", "None": None, "float16": np.float16},
    "generator": lambda value, more: {"seed": 3, "text": "a"},
    "points": lambda value, more: {
        "None": None,
        "floats": np.zeros((3, 6)),
        "list": value.tolist(),
        "two axes": value[None],
    },
    "workers": lambda value, more: {"-1": -1, "1.5": 1.5, "None": None, "text": "a", "True": True},
    "texts": lambda value, more: {"None": None, "text": "ab", "twice": ("a", "a"), "numbers": (1, 2), "empty": ()},
    "text": lambda value, more: {"None": None, "1": 1, "bytes": b"a"},
    "several": lambda value, more: {"None": None, "empty": [], "numbers": [1, 2], "one": value[0]},
}

SMALL = ConvNetConfig(
    frames=6, rows=15, columns=13, c1_maps=2, c1_kernel=(3, 4, 4), c2_kernel=(2, 3, 2), c3_kernel=(2, 1, 2), c3_maps=2,
    hidden=5,
)  # fmt: skip
SETTINGS = ["convnet.rows=34", "convnet.columns=34", "convnet.hidden=4", "lstm.cells=3", "backend=numpy"]
FORM = "numpy"  # the checks are the network's own, whichever form runs
NET, READER = ConvNet(SMALL, 4, RNG, FORM), LSTMClassifier(LSTMConfig(cells=3), 5, 4, RNG, FORM)
RECOGNISER = Recogniser(load(settings=SETTINGS), ("walking", "boxing"), RNG)
SQUARED = Recogniser(load(settings=[*SETTINGS, "lstm.loss=squared_error"]), ("walking", "boxing"), RNG)
VIDEO = RNG.integers(0, 255, (20, 40, 44), dtype=np.uint8)
POINTS = np.array([(20, 20, 9, 4, 2, 1.0)] * 3, scales.POINT)
LINKS = connect.table(2)
WEIGHTS = lstm.Weights(normal(9, 4), normal(9, 3), normal(9))
VARIANT = lstm_variants.Weights(normal(12, 4), normal(12, 3), normal(12), normal(3, 3))
TRACE = lstm.forward(normal(5, 4), WEIGHTS, normal(3), normal(3))
VARIED = lstm_variants.forward(normal(5, 4), VARIANT, normal(3), normal(3))
PLACES = Boxes(*(np.full(20, v) for v in (0.0, 2.0, 40.0, 30.0)), np.ones(20, bool))


def in_updates(run: Any, kind: type, given: dict[str, np.ndarray]) -> Any:
    """A call whose named tuple of updates is given field by field."""

    def call(**arguments: Any) -> Any:
        fields = {name: arguments.pop(name) for name in kind._fields if name in arguments}
        return run(updates=kind(**given | fields), **arguments)

    return call


def fields_of(value: Any, name: str, kind: str = "floats") -> dict[str, Is]:
    return {f"{name}.{field}": Is(kind, part) for field, part in value._asdict().items()}


def by_field(function: Any, **tuples: Any) -> Any:
    """A call whose named tuples are given field by field, as ``weights.w``."""

    def call(**arguments: Any) -> Any:
        whole = {}
        for name, value in tuples.items():
            parts = {key: arguments.pop(f"{name}.{key}") for key in value._fields}
            whole[name] = type(value)(**parts)
        return function(**whole, **arguments)

    return call


def floats(**shapes: tuple[int, ...]) -> dict[str, Is]:
    return {name: Is("floats", normal(*shape)) for name, shape in shapes.items()}


CONV = {"a": (2, 4, 6, 7), "w": (3, 2, 2, 3, 4), "b": (3,)}
TABLE = {"a": (2, 4, 6, 7), "w": (6, 2, 3, 4), "b": (5,)}
LINKED = {"links": Is("links", LINKS)}
KIND, POOLING = Is("word", "gain"), {"n": Is("count", 2), "pooling": Is("word", "sum")}
WINDOWS = {"frames": Is("count", 3), "step": Is("count", 2)}
WRONG["links"] = lambda value, more: {
    "None": None,
    "list": value.tolist(),
    "floats": value.astype(float),
    "-1": value - 1,
    "too large": value + 1,
    "three columns": np.hstack([value, value[:, :1]]),
}
UPDATES = {
    "starts": Is("indices64", np.array([0, 2]), 20),
    "labels": Is("indices64", np.array([1, 2]), 20),
    "copy": Is("kind", np.zeros((2, 4), np.int64)),
    "learning_rates": Is("float32", np.full(2, 1e-3, F)),
}
SPANS = {
    "spans": Is("kind", np.array([[0, 3], [2, 4]])),
    "labels": Is("indices64", np.array([1, 2]), 20),
    "learning_rates": Is("float32", np.full(2, 1e-3, F)),
}
WRONG["indices64"] = lambda value, more: WRONG["indices"](value, more) | {"int32": value.astype(np.int32)}

DOORS: dict[str, tuple[Any, dict[str, Is]]] = {
    # The equations
    "conv3d.forward": (conv3d.forward, floats(**CONV)),
    "conv3d.backward_input": (
        conv3d.backward_input,
        floats(dz=(3, 3, 4, 4), w=CONV["w"]) | {"shape": Is("sizes", (2, 4, 6, 7))},
    ),
    "conv3d.backward_weights": (
        conv3d.backward_weights,
        floats(dz=(3, 3, 4, 4), a=CONV["a"]) | {"kernel": Is("sizes", (2, 3, 4))},
    ),
    "conv3d.valid": (conv3d.valid, floats(a=CONV["a"], w=CONV["w"])),
    "conv3d.patch": (conv3d.patch, {"tap": Is("sizes", (0, 1, 2)), "size": Is("sizes", (3, 4, 4))}),
    "connect.table": (connect.table, {"n": Is("count", 3)}),
    "connect.forward": (connect.forward, floats(**TABLE) | LINKED),
    "connect.backward_input": (
        connect.backward_input,
        floats(dz=(5, 3, 4, 4), w=TABLE["w"]) | LINKED | {"shape": Is("sizes", (2, 4, 6, 7))},
    ),
    "connect.backward_weights": (
        connect.backward_weights,
        floats(dz=(5, 3, 4, 4), a=TABLE["a"]) | LINKED | {"kernel": Is("sizes", (2, 3, 4))},
    ),
    "copies.copy": (
        copies.copy,
        floats(window=(4, 5, 6))
        | {"mirror": Is("flag", True), "flip": Is("flag", False), "shift": Is("sizes", (1, -2))},
    ),
    "dense.forward": (dense.forward, floats(x=(5, 3), w=(4, 3), b=(4,))),
    "dense.backward": (dense.backward, floats(dz=(5, 4), x=(5, 3), w=(4, 3))),
    "lcn.gaussian": (lcn.gaussian, {"size": Is("count", 7), "sigma": Is("number", 1.5)}),
    "lcn.blur": (lcn.blur, floats(a=(4, 9, 9), w=(3,))),
    "lcn.normalise": (
        lcn.normalise,
        floats(a=(4, 9, 9))
        | {"size": Is("count", 5), "sigma": Is("number", 1.5), "reading": Is("word", "one_window")}
        | {"constant": Is("word", "frame"), "value": Is("number", 0.1)},
    ),
    "loss.outputs": (loss.outputs, floats(z=(3, 4)) | {"kind": Is("word", "squared_error")}),
    "loss.loss": (loss.loss, floats(z=(4,)) | {"label": Is("label", 2, 4), "kind": Is("word", "cross_entropy")}),
    "loss.sequence": (
        loss.sequence,
        floats(z=(3, 4), weights=(3,)) | {"label": Is("label", 2, 4), "kind": Is("word", "cross_entropy")},
    ),
    "loss.target": (
        loss.target,
        {"classes": Is("count", 4), "label": Is("label", 2, 4), "kind": Is("word", "squared_error")},
    ),
    "lstm.logistic": (lstm.logistic, floats(a=(3, 4))),
    "lstm.forward": (
        by_field(lstm.forward, weights=WEIGHTS),
        floats(x=(5, 4), h0=(3,), c0=(3,)) | fields_of(WEIGHTS, "weights"),
    ),
    "lstm.backward": (
        by_field(lstm.backward, trace=TRACE, weights=WEIGHTS),
        floats(dh=(5, 3)) | fields_of(TRACE, "trace") | fields_of(WEIGHTS, "weights"),
    ),
    "lstm.trace_of": (
        lstm.trace_of,
        floats(x=(5, 4), h0=(3,), c0=(3,)) | {"weights": Is("kind", WEIGHTS)},
    ),
    "lstm_variants.forward": (
        by_field(lstm_variants.forward, weights=VARIANT),
        floats(x=(5, 4), h0=(3,), c0=(3,)) | fields_of(VARIANT, "weights") | {"squash": Is("word", "1997")},
    ),
    "lstm_variants.backward": (
        by_field(lstm_variants.backward, trace=VARIED, weights=VARIANT),
        floats(dh=(5, 3))
        | fields_of(VARIED, "trace")
        | fields_of(VARIANT, "weights")
        | {"squash": Is("word", "1997"), "truncate": Is("from 0", 2)},
    ),
    "momentum.update": (
        momentum.update,
        floats(theta=(5,), velocity=(5,), gradient=(5,), rates=(5,))
        | {"learning_rate": Is("number", 0.1), "mu": Is("number", 0.9)},
    ),
    "momentum.decay": (momentum.decay, floats(theta=(5,), shares=(5,)) | {"learning_rate": Is("number", 0.1)}),
    "adam.update": (
        adam.update,
        floats(theta=(5,), mean=(5,), gradient=(5,), rates=(5,))
        | {"square": Is("floats", np.abs(normal(5))), "learning_rate": Is("number", 0.1), "count": Is("count", 3)}
        | {"decay": Is("number", 0.9), "decay_square": Is("number", 0.99), "epsilon": Is("number", 1e-8)}
        | {"weight_decay": Is("number", 0.1)},
    ),
    "dropout.mask": (
        dropout.mask,
        {"seed": Is("from 0", 3), "shape": Is("sizes", (3, 7)), "share": Is("number", 0.25)},
    ),
    "dropout.numbers": (dropout.numbers, {"seed": Is("from 0", 3), "count": Is("from 0", 7)}),
    "vary.render": (
        vary.render,
        floats(frames=(4, 5, 6))
        | {"variation": Is("kind", vary.Variation()), "origin": Is("number", 1.5), "count": Is("from 0", 3)},
    ),
    "vary.render, its variation": (
        lambda **numbers: vary.render(normal(4, 5, 6), vary.Variation(**numbers)),
        {name: Is("number", value) for name, value in vary.Variation()._asdict().items()},
    ),
    "vary.nearest": (
        vary.nearest,
        {"length": Is("count", 9), "origin": Is("number", 1.5)} | {"speed": Is("number", 1.1), "count": Is("count", 3)},
    ),
    "vary.duration": (vary.duration, {"length": Is("count", 9), "speed": Is("number", 1.1)}),
    "evening.even": (evening.even, {"dx": Is("reals", normal(5, 3)), "means": Is("reals", np.abs(normal(4)))}),
    "overlap.forward": (overlap.forward, floats(a=(3, 7, 2, 4)) | WINDOWS),
    "overlap.backward": (
        overlap.backward,
        floats(dv=(3, 72)) | {"shape": Is("sizes", (3, 7, 2, 4))} | WINDOWS,
    ),
    "rectify.forward": (rectify.forward, floats(a=(3, 2, 4, 4), p=(3,)) | {"kind": KIND}),
    "rectify.backward": (rectify.backward, floats(dr=(3, 2, 4, 4), a=(3, 2, 4, 4), p=(3,)) | {"kind": KIND}),
    "squash.forward": (squash.forward, floats(x=(3, 4)) | {"kind": Is("word", "scaled")}),
    "squash.backward": (squash.backward, floats(dy=(3, 4), y=(3, 4)) | {"kind": Is("word", "scaled")}),
    "subsample.pool": (subsample.pool, floats(a=(3, 2, 4, 6)) | POOLING),
    "subsample.forward": (subsample.forward, floats(a=(3, 2, 4, 6), c=(3,), b=(3,)) | POOLING),
    "subsample.backward": (subsample.backward, floats(du=(3, 2, 2, 3), a=(3, 2, 4, 6), c=(3,)) | POOLING),
    # From video to the network's input
    "downsample": (downsample.downsample, {"frame": Is("grey", VIDEO), "factor": Is("count", 2)}),
    "windows.starts": (
        windows.starts,
        {"length": Is("from 0", 20), "frames": Is("count", 9), "step": Is("count", 2), "phase": Is("from 0", 1)},
    ),
    "windows.usable_starts": (
        windows.usable_starts,
        {
            "seen": Is("flags", np.ones(20, bool)),
            "frames": Is("count", 9),
            "step": Is("count", 2),
            "phase": Is("from 0", 1),
            "empty": Is("word", "keep"),
        },
    ),
    "normalise.crops": (
        normalise.crops,
        {"frames": Is("grey", VIDEO), "boxes": Is("kind", PLACES), "size": Is("sizes", (30, 20))},
    ),
    **{
        f"normalise.crops, {field}": (
            lambda boxes, field=field: normalise.crops(VIDEO, PLACES._replace(**{field: boxes}), (30, 20)),
            {"boxes": Is("boxes", getattr(PLACES, field))},
        )
        for field in ("top", "left", "height", "width")
    },
    "resample.taps": (
        resample.taps,
        {
            "start": Is("number", 1.5),
            "length": Is("number", 20.0),
            "count": Is("count", 10),
            "available": Is("count", 30),
        },
    ),
    "normalise.normalise": (
        normalise.normalise,
        {"clip": Is("float32", normal(9, 12, 14)), "config": Is("kind", LCNConfig())},
    ),
    # The networks
    "ConvNet": (
        ConvNet,
        {
            "config": Is("kind", SMALL),
            "classes": Is("count", 4),
            "rng": Is("generator", RNG),
            "backend": Is("word", FORM),
            "dtype": Is("dtype", F),
        },
    ),
    "ConvNet.read": (
        NET.read,
        {
            "frames": Is("float32", normal(9, 15, 13)),
            "starts": Is("indices", np.array([0, 2]), 20),
            "mirror": Is("flag", True),
            "flip": Is("flag", np.bool_(False)),
        },
    ),
    "ConvNet.loss_and_gradient": (
        NET.loss_and_gradient,
        {"window": Is("float32", normal(6, 15, 13)), "label": Is("label", 2, 4)},
    ),
    "ConvNet.run_updates": (
        in_updates(NET.run_updates, Updates, {}),
        UPDATES
        | {
            "frames": Is("float32", normal(9, 15, 13)),
            "velocity": Is("float32", 0 * NET.parameters.vector),
            "rates": Is("float32", NET.rates()),
            "mu": Is("number", 0.9),
        },
    ),
    "LSTMClassifier": (
        LSTMClassifier,
        {
            "config": Is("kind", LSTMConfig(cells=3)),
            "inputs": Is("count", 5),
            "classes": Is("count", 4),
            "rng": Is("generator", RNG),
            "backend": Is("word", FORM),
            "dtype": Is("dtype", F),
        },
    ),
    "LSTMClassifier.fit_scaling": (
        LSTMClassifier(LSTMConfig(cells=3, input_scaling="standardise"), 5, 4, RNG, FORM).fit_scaling,
        {"features": Is("reals", normal(7, 5))},
    ),
    "LSTMClassifier.scaled": (READER.scaled, {"features": Is("reals", normal(7, 5))}),
    "LSTMClassifier.read": (READER.read, {"features": Is("reals", normal(7, 5))}),
    "LSTMClassifier.loss_and_gradient": (
        READER.loss_and_gradient,
        {"features": Is("reals", normal(7, 5)), "label": Is("label", 2, 4)},
    ),
    "LSTMClassifier.run_updates": (
        in_updates(READER.run_updates, SequenceUpdates, {}),
        SPANS
        | {
            "scaled": Is("float32", normal(7, 5)),
            "velocity": Is("float32", 0 * READER.parameters.vector),
            "mu": Is("number", 0.9),
        },
    ),
    "decision.vote": (vote, {"outputs": Is("reals", normal(7, 4))}),
    "decision.accumulate": (accumulate, {"outputs": Is("reals", normal(7, 4)), "kind": Is("word", "last")}),
    "Recogniser": (
        Recogniser,
        {
            "config": Is("kind", load(settings=SETTINGS)),
            "classes": Is("texts", ("walking", "boxing")),
            "rng": Is("generator", RNG),
        },
    ),
    "Recogniser.decide": (
        RECOGNISER.decide,
        {"steps": Is("kind", Steps(normal(7, RECOGNISER.lstm.inputs), normal(7, 2)))},
    ),
    "Recogniser.decide, its steps": (
        by_field(RECOGNISER.decide, steps=Steps(None, None)),
        fields_of(Steps(normal(7, RECOGNISER.lstm.inputs), normal(7, 2)), "steps", "reals"),
    ),
    "Recogniser.probabilities": (RECOGNISER.probabilities, {"outputs": Is("reals", normal(7, 2))}),
    "Recogniser.probabilities, squared": (SQUARED.probabilities, {"outputs": Is("reals", normal(7, 2))}),
    "Windows.read": (
        RECOGNISER.describer.read,
        {
            "frames": Is("float32", normal(11, 34, 34)),
            "starts": Is("indices", np.array([0, 2]), 20),
            "mirror": Is("flag", True),
            "flip": Is("flag", False),
        },
    ),
    "Windows.starts": (
        RECOGNISER.describer.starts,
        {"seen": Is("flags", np.ones(20, bool)), "step": Is("from 0", 2), "phase": Is("from 0", 1)},
    ),
    "Windows.values": (
        lambda classes: describers.kind(Config()).layers(Config(), classes),
        {"classes": Is("count", 4)},
    ),
    # The engineered baseline
    "scales.space_window": (scales.space_window, {"variance": Is("number", 4.0)}),
    "scales.time_window": (scales.time_window, {"variance": Is("number", 4.0)}),
    "scales.time_border": (scales.time_border, {"tau2": Is("number", 4)}),
    "scales.blocks": (scales.blocks, {"sigma2": Is("count", 4), "tau2": Is("count", 2)}),
    "scales.next_level": (scales.next_level, {"frames": Is("grey", VIDEO)}),
    "scales.pyramid": (scales.pyramid, {"frames": Is("grey", VIDEO)}),
    "stip.detect": (stip.detect, {"video": Is("grey", VIDEO), "backend": Is("word", FORM)}),
    "stip.features": (
        lambda frames, backend: list(stip.features(frames, backend, "frames")),
        {"frames": Is("grey", VIDEO), "backend": Is("word", FORM)},
    ),
    "stip.describe": (
        stip.describe,
        {"video": Is("grey", VIDEO), "points": Is("points", POINTS), "backend": Is("word", FORM)},
    ),
    "stip.turned": (
        stip.turned,
        {
            "points": Is("points", POINTS),
            "hof": Is("float32", normal(3, 90)),
            "mirror": Is("flag", True),
            "flip": Is("flag", False),
        },
    ),
    "points.strongest": (point_store.strongest, {"points": Is("points", POINTS), "most": Is("from 0", 2)}),
    "text.header": (text.header, {"name": Is("text", "clip")}),
    "text.lines": (
        lambda found, shape: list(text.lines(found, shape)),
        {"found": Is("kind", stip.Features(POINTS, normal(3, 72), normal(3, 90))), "shape": Is("sizes", (20, 40, 44))},
    ),
    "text.parse": (text.parse, {"text": Is("text", text.header("clip"))}),
    # What is told of runs
    "significance.sign_flips": (
        significance.sign_flips,
        {
            "differences": Is("reals", normal(6)),
            "rng": Is("kind", RNG),
            "alternative": Is("word", "greater"),
            "exact": Is("from 0", 20),
            "resamples": Is("count", 1000),
        },
    ),
    "maps.kernels": (maps.kernels, {"weights": Is("reals", normal(2, 3, 4, 4))}),
    "maps.change": (maps.change, {"kernel": Is("reals", normal(3, 4, 4))}),
    "two_steps.running": (
        two_steps.running,
        {"outputs": Is("reals", normal(7, 4)), "config": Is("kind", LSTMConfig())},
    ),
    "drawing.label": (drawing.label, {"text": Is("text", "walking"), "longest": Is("count", 8)}),
    "drawing.sheet": (
        drawing.sheet,
        {"width": Is("number", 3.0), "height": Is("number", 2), "title": Is("text", "a title")},
    ),
    "rule.rule_for": (
        rule.rule_for,
        {"width": Is("count", 160), "height": Is("count", 120), "config": Is("kind", Config())},
    ),
}
WRONG["flags"] = lambda value, more: {
    "None": None,
    "list": value.tolist(),
    "whole": value.astype(int),
    "floats": value.astype(float),
    "two axes": value[None],
    "empty": value[:0],
}
WRONG["boxes"] = lambda value, more: {
    "None": None,
    "text": "a",
    "NaN": value * np.nan,
    "1e300": value + 1e300,
    "far": value + 1e38,
    "one less": value[1:],
    "texts": value.astype(str).astype(object) + "a",
}

FINE = {
    ("copies.copy", "window", "whole"): "pictures of whole numbers can be mirrored too",
    ("copies.copy", "window", "half"): "nothing is computed with them",
    ("conv3d.valid", "a", "one axis more"): "of further axes nothing is asked",
    ("conv3d.valid", "w", "one axis more"): "of further axes nothing is asked",
    ("conv3d.valid", "a", "one axis less"): "of further axes nothing is asked",
    ("conv3d.valid", "w", "one axis less"): "of further axes nothing is asked",
    ("loss.outputs", "z", "one axis more"): "any number of decisions",
    ("loss.outputs", "z", "one axis less"): "any number of decisions",
    ("lstm.logistic", "a", "one axis more"): "an array of any shape",
    ("lstm.logistic", "a", "one axis less"): "an array of any shape",
    ("squash.forward", "x", "one axis more"): "an array of any shape",
    ("squash.forward", "x", "one axis less"): "an array of any shape",
    ("dense.forward", "x", "one axis less"): "a vector",
    ("downsample", "frame", "one axis more"): "any number of frames",
    ("Recogniser.probabilities", "outputs", "one axis more"): "any number of decisions",
    ("Recogniser.probabilities", "outputs", "one axis less"): "any number of decisions",
    ("Recogniser.probabilities", "outputs", "empty"): "no step",
    ("Recogniser.probabilities, squared", "outputs", "one axis more"): "any number of decisions",
    ("Recogniser.probabilities, squared", "outputs", "one axis less"): "any number of decisions",
    ("Recogniser.probabilities, squared", "outputs", "empty"): "no step",
    ("LSTMClassifier.scaled", "features", "half"): "they are scaled in float32",
    ("LSTMClassifier.read", "features", "half"): "they are scaled in float32",
    ("LSTMClassifier.fit_scaling", "features", "half"): "they are scaled in float32",
    ("LSTMClassifier.loss_and_gradient", "features", "half"): "they are scaled in float32",
    ("lstm_variants.forward", "weights.p", "empty"): "no peepholes",
    ("lstm_variants.backward", "weights.p", "empty"): "no peepholes",
    ("Recogniser.decide, its steps", "steps.features", "half"): "they are scaled in float32",
    ("Recogniser.decide, its steps", "steps.outputs", "empty"): "a describer that does not decide",
    ("significance.sign_flips", "differences", "other bytes"): "a list of numbers",
    ("significance.sign_flips", "differences", "list"): "a list of numbers",
    ("significance.sign_flips", "differences", "whole"): "a list of numbers",
    ("significance.sign_flips", "differences", "half"): "a list of numbers",
}
"""What is right although it is not what most functions take, and why."""

NOWHERE = seqdl.load_config(settings=["data.dataset=folder", "data.data_dir=nowhere"])
NO_RUN = seqdl.Run(Path("nowhere"))
FILES: dict[str, tuple[Any, dict[str, Is]]] = {
    "load_config": (
        seqdl.load_config,
        {"path": Is("place", None), "settings": Is("settings", ()), "base": Is("kind", Config())},
    ),
    "open_run": (seqdl.open_run, {"folder": Is("path", "nowhere")}),
    "fit": (
        seqdl.fit,
        {
            "config": Is("kind", NOWHERE),
            "out": Is("place", ""),
            "resume": Is("flag", False),
            "workers": Is("workers", 1),
            "say": Is("callable", print),
            "on_pass": Is("callable", print),
        },
    ),
    "cross_validate": (
        seqdl.cross_validate,
        {
            "config": Is("kind", NOWHERE),
            "seeds": Is("seeds", (0,)),
            "out": Is("place", ""),
            "workers": Is("workers", 0),
            "retries": Is("workers", 2),
            "watch": Is("callable", print),
            "address": Is("text", ""),
        },
    ),
    "Run.evaluate": (
        NO_RUN.evaluate,
        {
            "dataset": Is("text", ""),
            "data_dir": Is("place", None),
            "variant": Is("place", None),
            "persons": Is("place", None),
            "workers": Is("workers", 1),
            "say": Is("callable", print),
        },
    ),
    "Run.page": (
        NO_RUN.page,
        {
            "videos": Is("videos", ()),
            "out": Is("place", "page.html"),
            "box": Is("word", "track", "-"),
            "say": Is("callable", print),
        },
    ),
    "Recogniser.load": (Recogniser.load, {"folder": Is("path", "nowhere"), "box": Is("word", "track", "-")}),
    "Recogniser.predict": (RECOGNISER.predict, {"video": Is("path", "nowhere"), "box": Is("word", "track", "-")}),
    "inspect": (
        inspection.inspect,
        {
            "video": Is("path", "nowhere"),
            "config": Is("kind", Config()),
            "box": Is("word", "track", "-"),
            "frames": Is("count", 3),
        },
    ),
    "inspect_copies": (
        copies_sheet.inspect_copies,
        {"video": Is("path", "nowhere"), "config": Is("kind", Config()), "box": Is("word", "track", "-")},
    ),
    "stip_video.write": (stip_video.write, {"video": Is("path", "nowhere"), "line": Is("callable", print)}),
    "stip_video.draw": (
        stip_video.draw,
        {
            "target": Is("path", "nowhere.mp4"),
            "video": Is("path", "nowhere"),
            "found": Is("kind", stip_video.Found(POINTS, 25.0, ())),
        },
    ),
    "drawing.save": (drawing.save, {"figure": Is("nothing", None), "path": Is("path", "a.gif")}),
    "figures.learning_curves": (
        figures.learning_curves,
        {"result": Is("kind", object.__new__(Result)), "logs": Is("several", ["log"])},
    ),
    "figures.confusions": (figures.confusions, {"results": Is("several", ["result"])}),
    "figures.decisions": (figures.decisions, {"result": Is("kind", None)}),
}
"""Doors of which the right call needs a run or a video: what is wrong is found before either is looked for."""
WRONG["settings"] = lambda value, more: {"number": 1, "numbers": [1], "no key": ["nonsense"]}
WRONG["seeds"] = lambda value, more: {"None": None, "1.5": [1.5], "-1": [-1], "number": 3, "text": "a", "empty": []}
WRONG["videos"] = lambda value, more: {"None": None, "number": 3, "text": "a.avi", "numbers": [1]}
WRONG["nothing"] = lambda value, more: {}
FINE |= {
    ("load_config", "path", "None"): "no file",
    ("open_run", "folder", "None"): "the networks that come with the package",
    ("load_config", "base", "None"): "the defaults",
    ("Run.evaluate", "data_dir", "None"): "the run's own",
    ("Run.evaluate", "variant", "None"): "the run's own",
    ("Run.evaluate", "persons", "None"): "the run's own",
}
CASES = {
    (door, argument, name)
    for doors in (DOORS, FILES)
    for door, (_, arguments) in doors.items()
    for argument, given in arguments.items()
    for name in WRONG[given.kind](given.value, given.more)
}


def test_what_is_fine_is_in_the_table():
    assert set(FINE) <= CASES and len(CASES) > 2000


def test_every_op_is_in_the_table():
    modules = [module for name, module in vars(seqdl.ops).items() if isinstance(module, ModuleType)]
    public = [
        f"{module.__name__.rpartition('.')[2]}.{name}"
        for module in modules
        for name, value in vars(module).items()
        if isinstance(value, FunctionType) and value.__module__ == module.__name__ and name[0] != "_"
    ]
    assert len(public) > 25 and set(public) <= set(DOORS)


@pytest.mark.parametrize("door", DOORS)
def test_what_is_right_passes(door):
    call, arguments = DOORS[door]
    call(**{name: given.value for name, given in arguments.items()})


def names(argument: str, said: str) -> bool:
    """Whether an error's words begin with the argument, or where it is more than a letter hold it."""
    short = argument.rpartition(".")[2]
    begins = re.match(rf"(?:the )?(?:{re.escape(argument)}|{short})\b", said)
    return bool(begins or (len(short) > 1 and re.search(rf"\b{short}\b", said))) and "\n" not in said


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("door", [*DOORS, *FILES])
def test_what_is_wrong_is_named(door, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    call, arguments = (DOORS | FILES)[door]
    failed = []
    for argument, given in arguments.items():
        for name, value in WRONG[given.kind](given.value, given.more).items():
            fine, case = (door, argument, name) in FINE, f"{door}({argument}={name})"
            right = {key: one.value for key, one in arguments.items()}
            try:
                call(**right | {argument: value})
            except (ValueError, SeqdlError) as error:
                if fine and door in DOORS:
                    failed.append(f"{case} is fine, but: {error}")
                elif not fine and not names(argument, str(error)):
                    failed.append(f"{case} is not named: {error}")
            except Exception as error:
                failed.append(f"{case}: {type(error).__name__}: {error}")
            else:
                if not fine:
                    failed.append(f"{case}: no error")
    assert not failed, "\n".join(failed)
    assert not list(tmp_path.iterdir())
