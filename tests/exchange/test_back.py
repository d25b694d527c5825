"""What leaves as safetensors or a state of PyTorch comes back equal to the byte; what is not ours is one line."""

from __future__ import annotations

import json

import numpy as np
import pytest
from tiny_run import leave, recogniser

from seqdl import __main__
from seqdl.errors import SeqdlError, UsageError
from seqdl.exchange import back, named, outside
from seqdl.model import checkpoint
from seqdl.model.recogniser import Recogniser


@pytest.fixture
def safetensors():
    return pytest.importorskip("safetensors.numpy", reason="safetensors is absent: pip install safetensors")


def _bytes(run, made):
    names = [made.last] if made.both else list(made.networks)
    stored = {name: checkpoint.read(run.checkpoint(name))[0] for name in names}
    return {(name, key): array.tobytes() for name, arrays in stored.items() for key, array in arrays.items()}


@pytest.mark.parametrize(
    "settings",
    [(), ("model=single-step",), ("model=stip-lstm", "lstm.peepholes=true"), ("lstm.input_scaling=standardise",)],
    ids=" ".join,
)
def test_safetensors_come_back_equal_to_the_byte(settings, tmp_path, safetensors):
    made = recogniser(*settings)
    run = leave(tmp_path / "run", made)
    outside.write_safetensors(tmp_path / "net.safetensors", named.arrays(made), named.record(run, made))
    again = back.import_run(tmp_path / "net.safetensors", tmp_path / "again")
    assert _bytes(again, made) == _bytes(run, made)
    assert (again.config, again.log, again.environment) == (run.config, run.log, run.environment)
    assert (again.result.scores, again.result.sequences) == (run.result.scores, ())
    loaded = Recogniser.load(again)
    assert named.record(again, loaded) == named.record(run, made)


def test_a_state_of_pytorch_comes_back_and_its_module_decides_the_same(tmp_path, run, rng):
    torch = pytest.importorskip("torch", reason="torch is absent: make peers")
    made = Recogniser.load(run)
    outside.write_torch(tmp_path / "net", named.arrays(made), named.record(run, made))
    assert _bytes(back.import_run(tmp_path / "net", tmp_path / "again"), made) == _bytes(run, made)
    module: dict = {"__name__": "model"}
    exec((tmp_path / "net/model.py").read_text(), module)
    net, classes = module["load"](str(tmp_path / "net/state.pt"))
    assert classes == list(made.classes)
    frames = rng.normal(0, 1, (14, 20, 18)).astype(np.float32)
    decision = made.decide(made.describer.read(frames, np.arange(6)))
    with torch.no_grad():
        np.testing.assert_allclose(net(torch.from_numpy(frames))["steps"].numpy(), decision.steps, atol=1e-5)


@pytest.mark.parametrize(
    "settings",
    [
        ("convnet.rectification=bias", "convnet.pooling=sum", "convnet.squash=scaled", "lstm.forget_gate=true"),
        ("lstm.peepholes=true", "lstm.squash=1997", "lstm.decision=last", "lstm.window_step=3"),
        ("lstm.peepholes=true", "lstm.forget_gate=true", "lstm.loss=squared_error", "lstm.input_scaling=standardise"),
        ("convnet.loss=logistic", "lstm.loss=logistic", "convnet.activation_s=linear", "model=single-step"),
    ],
    ids=" ".join,
)
def test_the_module_for_pytorch_knows_every_variant(settings, rng):
    torch = pytest.importorskip("torch", reason="torch is absent: make peers")
    from dataclasses import asdict

    from seqdl.exchange import torch_net

    made = recogniser(*settings)
    net = torch_net.Net(asdict(made.config), made.lstm.inputs, len(made.classes))
    net.load_state_dict({name: torch.from_numpy(a.copy()) for name, a in named.arrays(made).items()})
    frames = rng.normal(0, 1, (14, 20, 18)).astype(np.float32)
    steps = made.describer.read(frames, made.describer.starts(np.ones(14, bool)))
    decision = made.decide(steps)
    with torch.no_grad():
        found = net(torch.from_numpy(frames))
    for name, value in zip(
        ("features", "windows", "steps", "decision"),
        (steps.features, steps.outputs, decision.steps, decision.accumulated),
    ):
        np.testing.assert_allclose(found[name].numpy(), value, rtol=1e-5, atol=1e-5, err_msg=name)


def test_arrays_of_another_order_in_memory_are_written_as_they_are(tmp_path, safetensors):
    a = np.arange(12, dtype=np.float32).reshape(3, 4)
    arrays = {"fortran": np.asfortranarray(a), "turned": a.T, "strided": a[:, ::2]}
    outside.write_safetensors(tmp_path / "a.safetensors", arrays, {})
    for name, value in safetensors.load_file(tmp_path / "a.safetensors").items():
        assert np.array_equal(value, arrays[name]), name


@pytest.fixture
def exported(run, tmp_path, safetensors):
    made = Recogniser.load(run)
    path = tmp_path / "net.safetensors"
    outside.write_safetensors(path, named.arrays(made), named.record(run, made))
    return path


def _changed(path, arrays=None, **record):
    there, told = outside.read(path)
    there = there | (arrays or {})
    outside.write_safetensors(path, there, told | {"digest": named.digest(there)} | record)


@pytest.mark.parametrize(
    "spoil, said",
    [
        (lambda p: p.write_bytes(p.read_bytes()[:-100]), "is damaged"),
        (lambda p: p.write_bytes(p.read_bytes()[:40]), "is damaged"),
        (lambda p: p.write_bytes(b""), "is damaged"),
        (lambda p: p.write_bytes(b"PK\x03\x04 not a state"), "state"),
        (lambda p: p.write_bytes(p.read_bytes()[:-1] + b"\x7f"), "is damaged or was changed"),
        (lambda p: outside.write_safetensors(p, {"w": np.ones(3)}, {"by": "somebody"}), "is not from seqdl export"),
        (lambda p: _changed(p, format_version="9"), "has format 9, this seqdl reads 1"),
        (lambda p: _changed(p, {"lstm.output.bias": np.ones(9, np.float32)}), "lstm.output.bias is float32"),
        (lambda p: _changed(p, {"more": np.ones(1)}), "has besides more"),
        (lambda p: _changed(p, {"lstm.mean": np.full(108, np.nan, np.float32)}), "lstm.mean is"),
        (lambda p: _changed(p, config="{}"), "does not fit its configuration"),
        (lambda p: _changed(p, config='{"unheard": 1}'), "of another version"),
        (lambda p: _changed(p, result="{"), "no result that can be read"),
        (lambda p: _changed(p, classes='["a", "a", "b"]'), "classes"),
    ],
)
def test_a_file_that_is_none_is_one_line_and_leaves_nothing(spoil, said, exported, tmp_path, capsys):
    spoil(exported)
    assert __main__.main(["import", str(exported), "--out", str(tmp_path / "out")]) == 1
    err = capsys.readouterr().err
    assert err.count("\n") == 1 and said in err
    assert [path.name for path in tmp_path.iterdir()] == [exported.name]


def test_an_onnx_file_and_a_missing_one_are_told_apart(tmp_path):
    (tmp_path / "net.onnx").write_bytes(b"\x08\x08\x12\x07pytorch")
    with pytest.raises(SeqdlError, match="an ONNX file is for other programs"):
        outside.read(tmp_path / "net.onnx")
    with pytest.raises(SeqdlError, match=r"cannot read .*nothing.safetensors: No such file"):
        outside.read(tmp_path / "nothing.safetensors")


def test_nothing_is_written_over(exported, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out/mine.txt").write_text("mine")
    with pytest.raises(UsageError, match="exists already"):
        back.import_run(exported, tmp_path / "out")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["mine.txt"]


def test_several_forms_by_one_command(run, tmp_path, capsys):
    pytest.importorskip("onnx", reason="onnx is absent: pip install onnx")
    pytest.importorskip("safetensors", reason="safetensors is absent: pip install safetensors")
    onnx, tensors = tmp_path / "net.onnx", tmp_path / "net.safetensors"
    assert __main__.main(["export", str(run), "--onnx", str(onnx), "--safetensors", str(tensors), "--card"]) == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["README.md", "net.onnx", "net.safetensors"]
    assert capsys.readouterr().out.count("written: ") == 3
    assert __main__.main(["import", str(tensors), "--out", str(tmp_path / "again")]) == 0


def test_an_export_of_nothing_or_over_somebodys_text_is_refused(run, tmp_path, capsys):
    assert __main__.main(["export", str(run)]) == 2
    (tmp_path / "README.md").write_text("# Mine\n")
    assert __main__.main(["export", str(run), "--card", str(tmp_path / "README.md")]) == 2
    assert "is no card of seqdl" in capsys.readouterr().err
    assert (tmp_path / "README.md").read_text() == "# Mine\n"


def test_a_library_that_is_absent_is_named_with_its_extra(run, tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "onnx", None)
    assert __main__.main(["export", str(run), "--onnx", str(tmp_path / "net.onnx")]) == 1
    assert capsys.readouterr().err.endswith('an ONNX file needs onnx: pip install "seqdl[export]"\n')
    assert not list(tmp_path.iterdir())


def test_the_card_is_the_hubs_and_names_nobody(run):
    from seqdl.exchange import card

    made = Recogniser.load(run)
    text = card.card(run, made, named.record(run, made))
    assert named.digest(named.arrays(made)) in text and "videos-of-ann" not in text and "person22" not in text
    hub = pytest.importorskip("huggingface_hub", reason="huggingface_hub is absent: make peers")
    data = hub.ModelCard(text).data
    assert (data.library_name, data.pipeline_tag) == ("seqdl", "video-classification")
    found = {result.metric_name: result.metric_value for result in data.eval_results}
    assert found["accuracy by the LSTM"] == run.result.scores["lstm"].accuracy
    assert json.loads(json.dumps(data.to_dict()))["license"] == "other"
