"""The race runs, its rows have what is asked for, and docs/performance.md is what the committed record makes."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from experiments import fill
from experiments.speed import __main__ as speed
from experiments.speed import page
from seqdl.checks.cases import SMALL

ROOT = Path(__file__).resolve().parents[2]
KEYS = {"name", "ours_ms", "peer_ms", "ratio", "p5_ratio", "rounds"}
RECORD = json.loads(speed.RECORD.read_text(encoding="utf-8"))


def filled(record):
    """docs/performance.md as a record makes it."""
    return fill.fill(speed.DOCUMENT.read_text(encoding="utf-8"), page.blocks(record), "performance.md")


def run(*arguments):
    command = [sys.executable, "-m", "experiments.speed", *arguments]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
    return subprocess.run(command, capture_output=True, text=True, timeout=300, env=environment)


def test_the_document_is_what_its_record_makes():
    assert speed.DOCUMENT.read_text(encoding="utf-8") == filled(RECORD)


def test_the_record_is_of_enough_rounds_and_has_every_peer():
    assert all(set(row) >= KEYS for row in RECORD["rows"])
    raced = [row for row in RECORD["rows"] if row["ratio"] and not row["name"].startswith("video")]
    assert all(row["rounds"] >= 200 for row in raced)
    assert all(row["ratio"] == pytest.approx(row["peer_ms"] / row["ours_ms"]) for row in raced)
    for peer in ("eager, masked", "eager, grouped", "compile, masked", "compile, grouped", "nn.LSTM", "scipy.ndimage"):
        assert any(peer in row["name"] for row in raced), peer
    rows = {row["name"]: row["ours_ms"] for row in RECORD["rows"]}
    for algorithm in speed.ALGORITHMS:
        each = [ms for name, ms in rows.items() if name.startswith(f"kernel, {algorithm}: ")]
        assert 0.8 < np.sum(each) / rows[f"online step, {algorithm}"] < 1.1
    assert set(RECORD["errors"]) == {"toom_cook", "direct", "PyTorch float32"}
    assert {"cpu", "lanes", "numba", "torch", "compiler"} <= set(RECORD["machine"])


def test_every_number_in_the_document_is_one_of_the_record():
    """A record with other times makes another document, so none of them was typed."""
    other = json.loads(json.dumps(RECORD))
    for row in other["rows"] + other["live"]["rows"]:
        for key in ("ours_ms", "peer_ms", "ratio", "p5_ratio"):
            row[key] = row[key] and row[key] * 3.7
    cells = [
        set(re.findall(r"\| (\d+\.\d{3,}) ", filled(record).split("## The online step")[1]))
        for record in (RECORD, other)
    ]
    assert len(cells[0]) > 20 and len(cells[0] & cells[1]) < 5


def test_figures_say_whether_they_were_reached():
    found = {what: reached for what, _, _, reached, _ in page.figures(RECORD)}
    asked_later = {aim["figure"] for aim in page.AIMS if "start" in aim}  # of some there is not yet a measurement
    assert all(reached is not None for what, reached in found.items() if what not in asked_later)
    share = next(row for row in RECORD["rows"] if row["name"] == "online step, toom_cook")["share_of_peak"]
    kind = page.VECTORS[RECORD["machine"]["lanes"]]
    assert found[f"Toom-Cook step, share of the direct algorithm's limit time, {kind}"] == pytest.approx(1 / share)
    assert {reached for *_, reached, _ in page.figures({"rows": []})} == {None}
    assert "not measured" in filled({"rows": [], "machine": {"cpu": "any", "lanes": 4}})


@pytest.mark.compiled(reason="times compiled code")
def test_a_quick_race_without_torch(monkeypatch, capsys):
    """Of a small ConvNet and one algorithm, which are compiled in a fraction of the time."""
    monkeypatch.setattr(speed, "NETWORK", SMALL)
    monkeypatch.setattr(speed, "ALGORITHMS", ("direct",))
    assert speed.main(["--rounds", "2", "--without-torch", "--parts", "race", "--json"]) == 0
    said = capsys.readouterr()
    record = json.loads(said.out)
    rows = {row["name"]: row for row in record["rows"]}
    assert all(set(row) >= KEYS and row["rounds"] == 2 for row in record["rows"])
    assert record["peak_gflops"] > 1 and record["machine"]["lanes"] in (4, 8, 16)
    work = speed.kernels.multiply_adds(speed.convnet("direct", backend="numpy"))
    assert rows["online step, direct"]["multiply_adds"] == sum(work.values())
    assert rows["forward, one window, direct"]["multiply_adds"] == work["C1"] + work["C2"] + work["C3"]
    each = [row["ours_ms"] for name, row in rows.items() if name.startswith("kernel, direct: ")]
    assert len(each) == len(speed.kernels.KERNELS) == 13 and all(value > 0 for value in each)
    assert record["errors"]["direct"] < 1e-5
    peers = ("scipy", "onnxruntime", "OpenVINO", "JAX")
    assert {name for name, row in rows.items() if row["ratio"]} == {
        name for name in rows if any(map(name.count, peers))
    }
    there = importlib.util.find_spec("onnxruntime") is not None
    assert sum("onnxruntime" in name for name in rows) == 2 * there
    assert ("onnxruntime is left out" in said.err) == (not there)


def test_the_papers_network_needs_so_many_multiplications():
    work = speed.kernels.multiply_adds(speed.convnet("direct", backend="numpy"))
    assert sum(work.values()) == 2 * 11_524_800 + 3 * (2_520_000 + 113_400)
    assert work["C1"] + work["C2"] + work["C3"] == 11_524_800 + 2_520_000 + 113_400


def test_without_torch_one_line_says_what_to_do(tmp_path, monkeypatch):
    (tmp_path / "torch.py").write_text("raise ImportError('no torch')\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    done = run("--rounds", "2")
    assert done.returncode == 1
    said = "experiments.speed: error: PyTorch is missing: make peers adds it, --without-torch leaves its rows out\n"
    assert done.stderr == said


def test_parts_that_were_not_measured_stay():
    old = {"machine": {"cpu": "old"}, "peak_gflops": 1.0, "rows": [{"name": "online step"}, {"name": "video: reading"}]}
    new = {"machine": {"cpu": "new"}, "rows": [{"name": "video: box"}, {"name": "training, cold"}]}
    record = speed.merged(old, new, ("video", "start-up"))
    assert [row["name"] for row in record["rows"]] == ["online step", "video: box", "training, cold"]
    assert (record["peak_gflops"], record["machine"]["cpu"]) == (1.0, "old")  # the race's machine
    again = speed.merged(
        record, {"machine": {"cpu": "new"}, "peak_gflops": 2.0, "rows": [{"name": "kernel"}]}, ("race",)
    )
    assert [row["name"] for row in again["rows"]] == ["kernel", "video: box", "training, cold"]
    assert (again["peak_gflops"], again["machine"]["cpu"]) == (2.0, "new")
