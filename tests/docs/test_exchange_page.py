"""The programs in docs/exchange.md do what the page says."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from seqdl.config import LCNConfig, load
from seqdl.ops import lcn

PAGE = Path(__file__).resolve().parents[2] / "docs/exchange.md"


def _program(name):
    text = PAGE.read_text(encoding="utf-8").partition(f"<!-- {name} -->\n```python\n")[2]
    code = text.partition(f"```\n<!-- end of {name} -->")[0]
    assert code
    made: dict = {}
    exec(code, made)
    return made


def test_the_reader_of_the_graph_decides_as_seqdl(tmp_path, rng):
    pytest.importorskip("onnx", reason="onnx is absent: pip install onnx")
    from seqdl.exchange import outside
    from seqdl.model.recogniser import Recogniser

    made = Recogniser(load(settings=["backend=numpy"]), ("run", "walk", "wave"), rng)
    outside.write_onnx(tmp_path / "net.onnx", made, {"seqdl": "0", "classes": json.dumps(made.classes)})
    frames = rng.normal(0, 1, (12, 54, 34)).astype(np.float32)
    label, decision = _program("reader")["decide"](tmp_path / "net.onnx", frames)
    expected = made.decide(made.describer.read(frames, np.arange(4)))
    assert label == made.classes[expected.lstm]
    np.testing.assert_allclose(decision, expected.accumulated, atol=1e-5)


def test_what_comes_before_is_local_contrast_normalisation(rng):
    grey = rng.uniform(0, 1, (9, 20, 18))
    found = _program("contrast")["normalise"](grey, asdict(LCNConfig()))
    np.testing.assert_allclose(found, lcn.normalise(grey), atol=1e-12)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_pass_is_logged_for_tensorboard(tmp_path, monkeypatch):
    pytest.importorskip("tensorboard", reason="tensorboard is absent: pip install tensorboard")
    pytest.importorskip("torch", reason="torch is absent: make peers")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    from seqdl.runs.result import Epoch

    monkeypatch.chdir(tmp_path)
    on_pass = _program("tensorboard")["on_pass"]
    for number in (1, 2):
        on_pass(Epoch("lstm", number, 10 * number, 0.05, 1 / number, 0.5, 1.0))
    found = EventAccumulator("logs").Reload()
    assert [(one.step, one.value) for one in found.Scalars("lstm/loss")] == [(1, 1.0), (2, 0.5)]
