"""What Table 1 will cost: arithmetic on frames, from a sample that is measured."""

from dataclasses import replace
from pathlib import Path

import pytest

from experiments import cost as model
from experiments.table1 import __main__ as command
from experiments.table1 import sample
from seqdl.config import load
from seqdl.datasets import actors
from seqdl.datasets.actors.gait import CLASSES
from seqdl.model.recogniser import Recogniser

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = ["backend=numpy", "convnet.rows=30", "convnet.columns=26", "convnet.c1_maps=2", "convnet.hidden=8"]
SETTINGS += ["convnet.c1_kernel=[5,3,3]", "convnet.c2_kernel=[3,1,1]", "convnet.window_step=8"]
SETTINGS += ["lstm.window_step=5", "lstm.cells=5"]


@pytest.fixture
def rates():
    seconds = {"prepare": 1.0, "update": 0.1, "describe": 0.01, "learn": 0.002, "decide": 0.04, "start": 7.0}
    return model.Rates(**seconds, disk=100.0, held=10.0, result=2.0, networks=1000.0, base=5e8, share=0.5)


def test_a_run_is_passes_over_the_training_frames_and_one_look_at_the_others(rates):
    config = load(settings=["convnet.epochs=3", "lstm.epochs=5"])
    seconds = model.run_seconds(rates, model.Size(10, 1000, 0.6), config)
    assert seconds == pytest.approx(7 + 600 * (3 * 0.1 + 0.01 + 5 * 0.002) + 400 * 0.04)
    config = load(settings=["model=stip-lstm", "lstm.epochs=5"])
    seconds = model.run_seconds(rates, model.Size(10, 1000, 0.6), config)
    assert seconds == pytest.approx(7 + 600 * (0.01 + 5 * 0.002) + 400 * 0.04)


def test_the_published_set_is_predicted_without_a_video_of_it(rates, monkeypatch, tmp_path, capsys):
    measured = []
    monkeypatch.setattr(sample, "measure", lambda config, dataset: measured.append((config, dataset)) or rates)
    assert sample.EMBEDDED == {"kth1": "full-whole", "kth2": "full"}
    monkeypatch.setattr(sample, "EMBEDDED", {"kth1": "small-whole", "kth2": "small"})
    args = command.options().parse_args(["--out", str(tmp_path), "--seeds", "0", "1", "--workers", "3"])
    chosen = command.make_groups("kth", "paper", "draws", "skip")
    monkeypatch.setattr(sample.groups, "seconds", lambda folder: [1.0] * (folder == tmp_path / chosen[1].name))
    made = sample.predict(chosen, args)
    assert [dataset.variant for _, dataset in measured] == ["small-whole", "small", "small-whole", "small"]
    assert [len({s.label for s in dataset.sequences}) for _, dataset in measured] == [6, 6, 6, 6]
    whole, cut = made["groups"][0], made["groups"][1]
    one = model.run_seconds(rates, model.published()["kth1"], measured[0][0])
    assert whole["left_seconds"] == pytest.approx(289_073 + 10 * one)
    assert (cut["runs"], cut["finished"]) == (10, 1)
    assert cut["left_seconds"] == pytest.approx(9 * model.run_seconds(rates, model.published()["kth2"], measured[1][0]))
    assert whole["disk"] == pytest.approx(100 * 289_073 + 10 * (1000 + 2 * 289_073 * 9 / 25))
    assert made["disk"] == pytest.approx(sum(g["disk"] for g in made["groups"]) + 3 * 10 * 289_073 * 16 / 25)
    assert (made["kind"], made["memory"], made["workers"], made["share"]) == ("kth", 5e8, 3, 0.5)
    hours = made["core_seconds"] / 3600
    said = sample.screen(made)
    assert f"in all {hours:.2f} core-hours: {hours / 3:.2f} hours with 3 at once" in said
    assert f"{hours / 1.5:.2f} if each gets 50 % of a core" in said


def test_the_sample_is_one_video_of_each_action_by_several_persons():
    whole = actors.load("small")
    again = [replace(sequence, name=f"{sequence.name}9") for sequence in whole.sequences]  # two of each video
    chosen = sample.sample(replace(whole, sequences=(*whole.sequences, *again))).sequences
    assert len(chosen) == 12 and len({sequence.name.partition("#")[0] for sequence in chosen}) == 6
    assert len({sequence.person for sequence in chosen}) == 6
    assert {sequence.label for sequence in chosen} == set(CLASSES)


def test_a_little_is_measured():
    dataset = sample.sample(actors.load("small"))
    short = [replace(sequence, last=sequence.first + 24) for sequence in dataset.sequences[:2]]
    dataset = replace(dataset, sequences=tuple(short), classes=tuple(sorted({s.label for s in short})))
    rates = sample.once(load(settings=SETTINGS), dataset)
    assert min(rates.prepare, rates.update, rates.describe, rates.learn, rates.decide) > 0
    assert rates.disk > 30 * 26 * 4  # a frame of float32, and a little more for the index
    copies, windows = 2, 4
    values = Recogniser(load(settings=SETTINGS), dataset.classes).describer.values(load(settings=SETTINGS), 2)
    assert rates.held == pytest.approx(copies * windows * values * 4 / 25)
    assert rates.networks > 1000 and rates.result > 1
