"""docs/scaling.md is what its record makes, the record keeps the promises, and the plan is arithmetic."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from experiments import cost as model
from experiments import fill
from experiments.scaling import __main__ as command
from experiments.scaling import page
from seqdl.presets import preset

ROOT = Path(__file__).resolve().parents[2]
RECORD = json.loads(command.RECORD.read_text(encoding="utf-8"))


def filled(record):
    """docs/scaling.md as a record makes it."""
    return fill.fill(command.DOCUMENT.read_text(encoding="utf-8"), page.blocks(record), "scaling.md")


def training(seconds, units, peak):
    return {"seconds": seconds, "units": units, "memory": {"report": peak}}


@pytest.fixture
def made_up():
    """A record whose numbers are easy to reckon with: 1 ms for everything, 4 ms to prepare a large frame."""
    seconds = {"prepare": 1.0, "convnet": 1.0, "features": 1.0, "lstm": 1.0, "evaluate": 1.0}
    seconds |= {"rest": 0.5, "checkpoint": 0.0, "report": 0.0}
    names = ("frames", "sequences", "updates", "steps", "tested", "features", "disk")
    units = dict.fromkeys(names, 1000) | {"disk": 7_000_000}

    def one(size, scale, model, more, peak):
        run = training(seconds | more, units, peak)
        return {"size": size, "scale": scale, "model": model, "runs": [run]}

    measured = [
        one(10, 1, "convnet-lstm", {}, 200),
        one(10, 2, "convnet-lstm", {"prepare": 4.0}, 200),
        one(1000, 1, "convnet-lstm", {}, 279.2),
        one(100, 1, "stip-lstm", {"convnet": 0.0}, 200),
    ]
    workers = [{"1": {"clock": 19.0, "processor": 18.0}, "2": {"clock": 10.0, "processor": 18.5}}]
    machine = {"cpu": "a processor"}
    turns = {stage: {"10": 1e-3, "1000": 1e-3} for stage in ("convnet", "features", "lstm")}
    more = {"turns": turns, "workers": workers, "draws": 4, "videos": 100}
    more["long"] = {"a long film": {"frames": 90_000, "rate": 80.0, "memory": 300.0}}
    return {"machine": machine, "measured": measured, **more}


def test_the_document_is_what_its_record_makes():
    assert command.DOCUMENT.read_text(encoding="utf-8") == filled(RECORD)


def test_the_record_keeps_the_promises():
    """Cost within 5 % while the store fits caches and 10 % beyond, 500 MB, two workers 1.8 times as fast, ten hours."""
    assert model.sizes(RECORD) == [10, 100, 1000, 10_000]
    costs = [model.per_frame(RECORD, size) for size in model.sizes(RECORD)]
    assert max(costs[:3]) < 1.05 * min(costs)
    assert costs[3] < 1.1 * min(costs)
    assert all(model.largest_peak(RECORD, size) < 500 for size in model.sizes(RECORD))
    assert model.speedup(RECORD) >= 1.8
    assert len(RECORD["long"]) == 2 and all(found["memory"] < 500 for found in RECORD["long"].values())
    assert RECORD["long"]["an hour of 1080p"]["frames"] == 90_000 and RECORD["long"]["an hour of 1080p"]["rate"] > 60
    for name in ("paper", "best"):
        sizes = [model.published()[variant] for variant in ("kth1", "kth2")]
        costs = [priced(RECORD, size, preset(chosen)) for size in sizes for chosen in (name, "stip")]
        assert sum(cost.seconds for cost in costs) < 10 * 3600 * model.speedup(RECORD)


def priced(record, size, config):
    return model.price(model.recorded(record, size, config), size, config)


def test_a_plan_is_reckoned_from_the_rates(made_up):
    size = model.Size(100, 10_800, 0.5, 2 * 160 * 120, 3)
    cost = priced(made_up, size, preset("paper"))
    assert cost.prepare == pytest.approx(10_800 * 2e-3)
    trained = 10_000 * 0.5
    seconds = 20 * trained / 4 + 2 * trained * (1 + 10) + 10_000 * 0.5
    assert cost.run == pytest.approx(1e-3 * seconds)
    assert cost.disk == pytest.approx(10_800 * 7000)
    assert cost.beside == pytest.approx(2 * trained * 480)
    more = priced(made_up, size, preset("best"))
    passes, features = 40 * trained / 4, 10 * trained * (1 + 6)  # mirrored or not, moved to four sides or not
    assert more.run == pytest.approx(1e-3 * (passes + features + 10_000 * 0.5))


def test_memory_is_a_line_through_the_smallest_and_the_largest(made_up):
    base, slope = model.growth(made_up)
    assert base == 200
    assert slope == pytest.approx(79.2 / (990 * 80))


def test_more_cores_than_runs_do_not_help_training(made_up):
    cost = model.Cost(prepare=950.0, run=950.0, runs=5, disk=0, beside=0)
    clock = {cores: model.clock(made_up, [cost], cores) for cores in (2, 64, 1024)}
    assert clock[2] == pytest.approx((950 / 2 + 950 * 5 / 2) / 0.95)
    assert clock[64] == pytest.approx((950 / 64 + 950) / 0.95)
    assert clock[1024] == pytest.approx((950 / 1024 + 950) / 0.95)


def test_the_page_has_every_part_of_another_record_too(made_up):
    for one in made_up["measured"]:
        one["runs"][0]["memory"] |= dict.fromkeys(("prepare", "convnet", "lstm"), 100)
    text = filled(made_up)
    assert "| preparing video, a frame | 1000 | 1000 | 0.0 % |" in text
    assert "1,000 videos need 279 MB, 10 need 200 MB" in text
    assert "1.90 times as fast" in text
    for name in ("Table 1 (KTH), preset best", "Hollywood-2, preset paper", "UCF101", "Kinetics-400"):
        assert name in text


@pytest.mark.compiled(reason="a whole training")
def test_a_measured_training_has_all_stages(tmp_path):
    program = (
        "import json, pathlib\nfrom experiments.scaling import training\n"
        f"print(json.dumps(training.measure(pathlib.Path({str(tmp_path)!r}), 10, 1, 'convnet-lstm', 1)))"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=300, env=environment)
    assert done.returncode == 0, done.stderr
    [run] = json.loads(done.stdout)["runs"]
    assert {"prepare", "convnet", "features", "lstm", "evaluate", "rest", "checkpoint", "report"} == set(run["seconds"])
    assert all(value > 0 for value in run["seconds"].values())
    assert run["units"]["frames"] == 800 and run["units"]["sequences"] == 10
    assert run["units"]["disk"] > 800 * 54 * 34 * 4
    assert sorted(path.name for path in tmp_path.iterdir()) == ["10-1x", "videos-1x"]
