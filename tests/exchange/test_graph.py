"""The ONNX graph says what seqdl says, whatever the settings and the length."""

from __future__ import annotations

import itertools
import json

import numpy as np
import pytest
from tiny_run import recogniser

pytest.importorskip("onnx", reason="onnx is absent: pip install onnx")

CONVNET = {
    "convnet.rectification": ("gain", "bias"),
    "convnet.loss": ("cross_entropy", "logistic"),
    "convnet.squash": ("plain", "scaled"),
    "convnet.pooling": ("mean", "sum"),
    "convnet.activation_c": ("tanh", "linear"),
    "convnet.activation_s": ("tanh", "linear"),
    "convnet.activation_c3": ("tanh", "linear"),
}
LSTM = {
    "lstm.forget_gate": ("false", "true"),
    "lstm.peepholes": ("false", "true"),
    "lstm.squash": ("tanh", "1997"),
    "lstm.loss": ("cross_entropy", "squared_error"),
    "lstm.decision": ("accumulate", "last"),
    "lstm.window_step": ("1", "3"),
    "lstm.input_scaling": ("none", "standardise"),
}


def _pairs(choices):
    """Few settings, in which every two values of two choices meet."""
    met, found = set(), []

    def new(values):
        return set(itertools.combinations(zip(choices, values), 2)) - met

    while gain := new(best := max(itertools.product(*choices.values()), key=lambda values: len(new(values)))):
        met |= gain
        found.append(tuple(f"{name}={value}" for name, value in zip(choices, best)))
    return found


def _said(made, frames):
    steps = made.describer.read(frames, made.describer.starts(np.ones(len(frames), bool)))
    decision = made.decide(steps)
    return {
        "features": steps.features,
        "windows": steps.outputs,
        "steps": decision.steps,
        "decision": decision.accumulated,
    }


def _outside(made, given):
    """What onnxruntime says of the graph of these networks."""
    runtime = pytest.importorskip("onnxruntime", reason="onnxruntime is absent: pip install onnxruntime")
    from seqdl.exchange import graph

    built = graph.build(made, {"seqdl": "0"})
    session = runtime.InferenceSession(built.SerializeToString(), providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return [dict(zip(names, session.run(None, one))) for one in given]


def _same(found, expected):
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        assert found[name].shape == value.shape, name
        np.testing.assert_allclose(found[name], value, rtol=1e-5, atol=1e-5, err_msg=name)


@pytest.mark.parametrize("settings", [*_pairs(CONVNET), *_pairs(LSTM), ("model=single-step",)], ids=" ".join)
def test_the_graph_says_what_seqdl_says(settings, rng):
    made = recogniser(*settings)
    clips = [rng.normal(0, 1, (length, 20, 18)).astype(np.float32) for length in (9, 10, 23)]
    for found, clip in zip(_outside(made, [{"frames": clip} for clip in clips]), clips):
        _same(found, _said(made, clip))


def test_the_papers_networks_over_long_sequences(rng):
    from seqdl.config import load
    from seqdl.model.recogniser import Recogniser

    made = Recogniser(load(settings=["backend=numpy"]), tuple("abcdef"), rng)
    clips = [rng.normal(0, 1, (length, 54, 34)).astype(np.float32) for length in (9, 25)]
    for found, clip in zip(_outside(made, [{"frames": clip} for clip in clips]), clips):
        _same(found, _said(made, clip))


def test_two_hundred_frames(rng):
    made = recogniser()
    clip = rng.normal(0, 1, (200, 20, 18)).astype(np.float32)
    _same(_outside(made, [{"frames": clip}])[0], _said(made, clip))


def test_of_the_engineered_baseline_the_lstm_leaves(rng):
    made = recogniser("model=stip-lstm")
    x = rng.normal(0, 1, (7, made.lstm.inputs)).astype(np.float32)
    [found] = _outside(made, [{"features": x}])
    _same(found, {"steps": made.lstm.read(x), "decision": made.lstm.read(x).mean(axis=0)})


def test_it_is_of_standard_operators_alone_and_tells_of_the_run(run):
    from seqdl.exchange import graph, named
    from seqdl.model.recogniser import Recogniser

    made = Recogniser.load(run)
    built = graph.build(made, named.record(run, made))
    assert [(one.domain, one.version) for one in built.opset_import] == [("", 18)]
    assert {node.domain for node in built.graph.node} == {""}
    told = {one.key: one.value for one in built.metadata_props}
    assert json.loads(told["classes"]) == list(made.classes)
    assert (told["box"], json.loads(told["rate"]), json.loads(told["lcn"])["size"]) == ("person", 25, 7)
    assert "26 x 24" in told["before"] and told["digest"] == named.digest(named.arrays(made))
    assert "videos-of-ann" not in str(told)
