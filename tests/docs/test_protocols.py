"""The protocol's own effect: who is divided how, and a table whose numbers are those of the runs."""

import argparse
import csv
from pathlib import Path
from types import SimpleNamespace

import pytest

from experiments.results import groups, protocols
from seqdl.config import to_dict
from seqdl.datasets import registry, splits, weizmann
from seqdl.presets import preset
from seqdl.runs.result import Score

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def videos(tmp_path):
    """Both datasets as far as a loader looks: the names of their files."""
    root = tmp_path / "data"
    for folder in ("weizmann", "ixmas"):
        (root / folder).mkdir(parents=True)
    for person in weizmann.PERSONS:
        for action in weizmann.ACTIONS:
            (root / "weizmann" / f"{person}_{action}.avi").touch()
    for person in ("alba", "amel", "andreas", "chiara", "clare", "daniel", "florian"):
        for number, action in enumerate(("walk", "kick"), 1):
            for camera in (0, 1):
                (root / "ixmas" / f"{person}1_{number:02d}_{action}_cam{camera}_frames_0001_0050.avi").touch()
    return root


def chosen(videos, out, dry_run=False):
    return protocols.every(argparse.Namespace(command="run", data_root=videos, out=out, dry_run=dry_run))


def test_one_model_under_every_protocol(videos, tmp_path):
    made = chosen(videos, tmp_path / "out")
    assert len({group.name for group in made}) == len(made) == 6
    for group in made:
        config = to_dict(groups.make_config(group, videos))
        same = to_dict(preset("best"))
        assert {**config, "data": 0, "video": 0} == {**same, "data": 0, "video": 0}
        dataset = registry.load(config["data"]["dataset"], config["data"]["data_dir"])
        divided = splits.make(config["data"]["protocol"], dataset, config["data"]["draws"])
        assert len(divided) == group.experiment.draws
        original = registry.load(group.experiment.name.split("-")[1], videos / group.experiment.name.split("-")[1])
        assert config["video"]["box"] == original.box
        assert {len(split.test) for split in divided} == {3 if original.name == "weizmann" else 2}
        for split in divided:
            splits.require_trainable(split, dataset)


def test_the_fixed_split_is_of_persons_never_used_for_choosing():
    for dataset, persons in protocols.FIXED.items():
        assert not set(persons) & set(groups.DEVELOPMENT[dataset])


def test_the_wrong_way_has_one_person_on_both_sides_and_every_clip_once(videos, tmp_path):
    for _ in range(2):  # again: the same, and no complaint
        chosen(videos, tmp_path)
        mixed = registry.load("folder", tmp_path / "mixed-weizmann")
        with (tmp_path / "mixed-weizmann" / "persons.csv").open(newline="") as lines:
            rows = list(csv.DictReader(lines))
    assert len(rows) == len(mixed.sequences) == 90
    assert sorted(Path(s.file).resolve().name for s in mixed.sequences) == sorted(
        p.name for p in (videos / "weizmann").iterdir()
    )
    assert all(s.file.resolve().stem == f"{s.file.stem.split('_')[0]}_{s.label}" for s in mixed.sequences)
    sizes = [sum(s.person == group for s in mixed.sequences) for group in mixed.persons]
    assert sizes == [10] * 9
    split = splits.make("draws", mixed)[0]
    sides = [{s.file.stem.split("_")[0] for s in mixed.sequences if s.person in p} for p in (split.train, split.test)]
    assert len(sides[0] & sides[1]) > 5


def test_a_dry_run_leaves_nothing_behind(videos, tmp_path):
    chosen(videos, tmp_path / "out", dry_run=True)
    assert not (tmp_path / "out").exists()


def rows(accuracies, seeds=(0, 1)):
    """Runs whose LSTM reaches what is given in the mean of the seeds; voting ten points less."""
    return [
        SimpleNamespace(
            draw=draw, seed=seed, scores={"lstm": Score(a + 0.02 * seed - 0.01, 0, 0), "voting": Score(a - 0.1, 0, 0)}
        )
        for draw, a in enumerate(accuracies, 1)
        for seed in seeds
    ]


def test_effects_are_measured_from_all_draws():
    draws = [0.70, 0.80, 0.60, 0.75, 0.65, 0.90, 0.85, 0.50, 0.55, 0.70]
    found = {"draws": rows(draws), "fixed": rows([0.8]), "mixed": rows([0.95, 0.93])}
    made = protocols.table(found, rows([0.72, 0.78]))
    lines = {line[0]: line[1:] for line in made.rows}
    assert lines["random draws of persons, all 10"][4:] == ["70.0 % (12.9; 50.0 to 90.0)", "+0.0"]
    assert lines["the first 5 of them, as in the paper"][4:] == ["70.0 % (7.9; 60.0 to 80.0)", "+0.0"]
    assert lines["the best 5"][4:] == ["80.0 % (7.9; 70.0 to 90.0)", "+10.0"]
    assert lines["the worst 5"][:4] == ["5", "2", "50.0 % (7.9; 40.0 to 60.0)", "-10.0"]
    assert lines["one fixed split"] == ["1", "2", "70.0 %", "+10.0", "80.0 %", "+10.0"]
    assert lines["leave one person out"][0] == "2" and lines["leave one person out"][5] == "+5.0"
    assert lines["the wrong way: clips drawn, not persons"][5] == "+24.0"


def test_what_is_missing_is_said(tmp_path):
    assert set(protocols.blocks(tmp_path).values()) == {"Not run yet."}
    lines = protocols.table({"draws": [], "fixed": [], "mixed": rows([0.9])}, []).rows
    assert ["leave one person out", "0", "0", "missing", "-", "missing", "-"] in lines
    assert lines[-1][1:] == ["1", "2", "80.0 %", "-", "90.0 %", "-"]
