"""docs/results.md and the README's table come from the records alone, and the groups behind them can be run."""

import json
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
from made_up import leave_plan, leave_run

from experiments import fill
from experiments.results import __main__ as results
from experiments.results import groups
from experiments.results import page as results_page
from seqdl.config import to_dict
from seqdl.errors import SeqdlError, UsageError
from seqdl.presets import preset
from seqdl.runs import record as records
from seqdl.runs.manifest import Manifest
from seqdl.runs.result import Score

ROOT = Path(__file__).resolve().parents[2]
CLASSES = ["check-watch", "sit-down", "walk"]
SAID = {"alba": "sit-down", "daniel": "walk"}
"""For whom the LSTM takes the first clip for what, in every run; voting errs on the second as well."""


def filled(blocks=None):
    """docs/results.md as the records make it, or ``blocks`` that they have made already."""
    text = results.PAGE.read_text(encoding="utf-8")
    return fill.fill(text, blocks or results_page.blocks(results.RECORDS), "results.md")


def leave_group(folder, config, seeds=(0, 1), failed=None):
    """A finished group of two draws, in each of which one person is tested on a clip of each class."""
    names = []
    about = {"name": "ixmas", "variant": "all", "classes": CLASSES, "sequences": 6, "frames": 180}
    for seed in seeds:
        for draw, person in enumerate(SAID, 1):
            names.append(f"draw{draw}-seed{seed}")
            entries = [
                {"name": f"{person}_{label}", "person": person, "label": label, "voting": label, "lstm": label}
                | {"steps": 30, "probability": 0.9}
                for label in CLASSES
            ]
            entries[0] |= {"voting": "walk", "lstm": SAID[person]}
            entries[1]["voting"] = "walk"
            values = leave_run(folder / names[-1], config, about, entries, person, draw, seed)
            line = {"date": f"2031-0{draw}-01T10:00:00+00:00", "kind": "test", "run": names[-1], "persons": [person]}
            line |= {"voting": 1 / 3, "lstm": 2 / 3, "version": "0", "commit": "abc", "config": values}
            with (folder / "evaluations.jsonl").open("a") as ledger:
                ledger.write(json.dumps(line) + "\n")
    leave_plan(folder, config, [*names, *(failed or ())], seeds, failed)


@pytest.fixture
def recorded(tmp_path, monkeypatch):
    """The records of three groups of one experiment, made up, in a folder of their own."""
    monkeypatch.setattr(results, "RECORDS", tmp_path / "records")
    results.RECORDS.mkdir()
    out = tmp_path / "out"
    chosen = groups.select(["ixmas-draws"], groups.every())
    for group in chosen:
        failed = {"draw1-seed2": "the convnet collapsed in pass 2"} if group.recipe == "paper" else None
        if group.recipe != "stip":
            leave_group(out / group.name, groups.make_config(group, Path()), failed=failed)
    assert results.main(["record", "--out", str(out)]) == 0
    return results


@pytest.fixture(scope="module")
def blocks():
    """What the committed records make, which takes many seconds."""
    return results_page.blocks(results.RECORDS)


@pytest.fixture(scope="module")
def page(blocks):
    """The document with that."""
    return filled(blocks)


def test_the_document_is_what_the_records_make(blocks, page, monkeypatch):
    assert results.PAGE.read_text(encoding="utf-8") == page
    monkeypatch.setattr(results_page, "load", lambda folder, chosen: {})  # which takes seconds once more
    monkeypatch.setattr(results_page, "overview", lambda kept: blocks["overview"])
    readme = results.README.read_text(encoding="utf-8")
    assert readme == fill.fill(readme, results.readme(), "README.md", results.OTHERS)


def test_records_are_small():
    sizes = {path.name: path.stat().st_size for path in (ROOT / "experiments/results").glob("*.json")}
    assert sizes and max(sizes.values()) < 700_000


def test_the_document_says_what_the_records_hold(recorded):
    page = filled()
    section = page.split("## IXMAS part: five draws of 5 / 2 persons")[1].split("\n## ")[0]
    rows = {line.split(" | ")[0].strip("| "): line for line in section.splitlines() if line.startswith("| ")}
    assert "50.0 % (0.0, 0.0; 50.0 to 50.0) | 33.3 % (0.0, 0.0; 33.3 to 33.3) | 66.7 %" in rows["paper"]
    assert rows["control (untrained ConvNet)"].count(" - |") == 3
    assert rows["best"].startswith("| best | 2 | 2 |") and rows["best"].endswith("| 0.5 |")
    assert "`best`: the LSTM is +33.3 points from voting, better for 2 and worse for 0 of 2 persons (exact p" in section
    assert rows["all"] == "| all | alba, daniel | 12 | 33.3 % | 66.7 % |"
    assert rows["never used for choosing"] == "| never used for choosing | daniel | 6 | 33.3 % | 66.7 % |"
    assert "`ixmas-draws-paper`, draw1-seed2: the convnet collapsed in pass 2" in section
    assert rows["alba_check-watch"] == "| alba_check-watch | check-watch | 2 of 2 | sit-down (2) |"
    assert "| check-watch | walk | 2 of 4 | 50.0 % |" in section
    assert "| check-watch | 0 | 2 | 2 | 0.0 % |" in section  # the LSTM's confusions, of both seeds together
    assert "| check-watch | 0 | 0 | 4 | 0.0 % |" in section  # voting's
    assert "- IXMAS part: leave one person out: paper, best, robust, control" in page
    assert "| ixmas-draws-best | 4 | 2031-01-01 10:00 | 2031-02-01 10:00 |" in page
    assert "came to be" not in page
    assert results_page.overview(results_page.load(recorded.RECORDS, groups.every())) in page


def test_other_decisions_make_another_document(recorded):
    before = filled()
    path = recorded.RECORDS / "ixmas-draws-best.json"
    content = json.loads(path.read_text())
    content["runs"][0]["lstm"] = [0, 1, 2]
    path.write_text(json.dumps(content))
    assert filled() != before
    after = filled()
    assert "75.0 %" in after and "75.0 %" not in before
    assert after.index("daniel_check-watch | check-watch | 2 of 2") < after.index(
        "alba_check-watch | check-watch | 1 of 2"
    )


def test_what_is_missing_or_stale_or_unfinished_is_said(recorded):
    path = recorded.RECORDS / "ixmas-draws-best.json"
    content = json.loads(path.read_text())
    content["config"]["convnet"]["hidden"] = 77
    content["planned"] = 6
    path.write_text(json.dumps(content))
    (recorded.RECORDS / "ixmas-draws-paper.json").unlink()
    page = filled()
    assert "`ixmas-draws-best` was run before its recipe came to be what it is now (convnet.hidden=50)" in page
    assert "`ixmas-draws-best` is not finished: 2 of 6 runs are left" in page
    assert "- IXMAS part: five draws of 5 / 2 persons: paper" in page
    assert "Run with 2 of 5 seeds: `ixmas-draws-best`, `ixmas-draws-robust`, `ixmas-draws-control`." in page
    row = ["4", "missing", "missing", *["33.3 %", "66.7 %"] * 2, "66.7 %"]
    assert f"| IXMAS part: five draws of 5 / 2 persons | {' | '.join(row)} |" in page


def test_persons_who_were_looked_at_are_not_counted_as_never_used(page):
    lines = page.splitlines()
    [never] = {line for line in lines if line.startswith("| never used for choosing | lena, lyova, moshe | 150 |")}
    [seen] = {line for line in lines if line.startswith("| looked at for the box | shahar | 50 |")}
    assert never.count("%") == seen.count("%") == 2


def test_sequences_without_a_point_are_counted(page):
    record = json.loads((ROOT / "experiments/results/ixmas-draws-stip.json").read_text())
    section = page.split("## IXMAS part: five draws of 5 / 2 persons")[1].split("\n## ")[0]
    empty = sum(run["without_points"] for run in record["runs"])
    decided = sum(len(run["sequences"]) for run in record["runs"])
    assert (
        f"{empty} of the {decided} decisions of the engineered baseline are on sequences without any point" in section
    )


def test_only_whole_groups_are_recorded_unless_asked(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(results, "RECORDS", tmp_path)
    [group] = groups.select(["ixmas-draws-best"], groups.every())
    folder = tmp_path / "out" / group.name
    leave_group(folder, groups.make_config(group, Path()))
    shutil.rmtree(folder / "draw2-seed1")
    assert results.main(["record", "--out", str(tmp_path / "out")]) == 0
    assert not (tmp_path / f"{group.name}.json").exists()
    assert "1 runs are not finished" in capsys.readouterr().err
    assert results.main(["record", "--partial", "--out", str(tmp_path / "out")]) == 0
    assert len(json.loads((tmp_path / f"{group.name}.json").read_text())["runs"]) == 3


def test_every_group_is_a_configuration_of_its_own():
    every = groups.every()
    assert len({group.name for group in every}) == len(every) > 30
    configs = [groups.make_config(group, Path("videos")) for group in every]
    assert len({repr(config) for config in configs}) == len(every)
    for group, config in zip(every, configs, strict=True):
        assert (config.convnet.epochs == 0) == (group.recipe == "control")
        assert (config.model == "stip-lstm") == (group.recipe == "stip")
        assert (config.convnet.rows, config.convnet.columns) == (
            (34, 54) if config.data.dataset == "ut-interaction" else (54, 34)
        )
        if group.recipe in ("paper", "best") and group.experiment.name.startswith("ixmas"):
            assert to_dict(config) | {"data": 0} == to_dict(preset(group.recipe)) | {"data": 0}


def test_groups_are_chosen_by_beginning_or_pattern():
    every = groups.every()
    assert groups.select([], every) == every
    assert {group.experiment.name for group in groups.select(["ixmas"], every)} == {"ixmas-draws", "ixmas-persons"}
    assert {group.recipe for group in groups.select(["*-best"], every)} == {"best"}
    assert [group.name for group in groups.select(["ut-2-paper"], every)] == ["ut-2-paper"]
    for wrong in ("ix", "ixmas-drawn", "best"):
        with pytest.raises(UsageError, match=f"--groups {wrong}: no such group"):
            groups.select([wrong], every)


def test_a_dry_run_says_what_is_left_and_runs_nothing(tmp_path, capsys):
    [group] = groups.select(["ixmas-draws-best"], groups.every())
    leave_group(tmp_path / group.name, groups.make_config(group, Path()))
    assert results.main(["run", "--dry-run", "--groups", "ixmas-draws-best", "--out", str(tmp_path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].split() == ["ixmas-draws-best", "25", "4", "21"]  # 21 runs of the 60 seconds that the four took
    assert results.main(["run", "--dry-run", "--groups", "weizmann-9-best", "--out", str(tmp_path)]) == 0
    assert capsys.readouterr().out.splitlines()[1].split()[:3] == ["weizmann-9-best", "45", "0"]


def test_a_group_that_fails_does_not_keep_the_others(monkeypatch, capsys, tmp_path):
    done = []

    def run(group, out, data_root, seeds, workers, settings):
        done.append((group.name, tuple(seeds)))
        if group.recipe == "paper":
            raise SeqdlError("no videos there")
        row = SimpleNamespace(shown=("lstm",), scores={"lstm": Score(0.5, 1, 2)})
        return Manifest(out, preset("paper"), (0,), ("draw1-seed0", "b"), {"draw1-seed0": row}, {"b": "collapsed"})

    monkeypatch.setattr(groups, "run", run)
    code = results.main(["run", "--groups", "ut-1-paper", "ut-1-best", "--seeds", "3", "--out", str(tmp_path)])
    out, err = capsys.readouterr()
    assert code == 1
    assert done == [("ut-1-paper", (3,)), ("ut-1-best", (3,))]
    assert "ut-1-best: 1 of 2 runs; voting -, lstm 50.0 %" in out
    assert "ut-1-paper (no videos there); ut-1-best/b (collapsed)" in err.splitlines()[-1]


def test_videos_that_are_nowhere_are_asked_for():
    with pytest.raises(UsageError, match=r"ut-1-best needs videos: give the folder around ut-interaction/"):
        groups.make_config(groups.select(["ut-1-best"], groups.every())[0], None)


TINY = {
    "backend": "numpy",
    "convnet": {"rows": 30, "columns": 26, "c1_maps": 2, "c1_kernel": [5, 3, 3], "c2_kernel": [3, 1, 1], "hidden": 8}
    | {"epochs": 1, "window_step": 8},
    "lstm": {"epochs": 1, "cells": 4, "shift": 0, "window_step": 4},
}


@pytest.mark.compiled(reason="what its processes do is not seen by coverage, and slow without compiled kernels")
def test_a_group_is_run_and_its_networks_are_tried_elsewhere(walkers, tmp_path, cache):
    """For real, on small videos; what is finished is never run again."""
    data = {"dataset": "folder", "protocol": "leave-one-person-out", "data_dir": str(walkers)}
    trained = groups.Experiment("walkers", "", data, settings=TINY)
    tried = groups.Experiment("other", "", data, settings=TINY, trained="walkers")
    one, two = (groups.Group(experiment, "best") for experiment in (trained, tried))
    with pytest.raises(SeqdlError, match="run that group first"):
        groups.run(two, tmp_path, None, [0], 0)
    record = groups.run(one, tmp_path, None, [0], 0)
    assert record.complete and list(record.runs) == ["draw1-seed0", "draw2-seed0", "draw3-seed0"]
    record = groups.run(two, tmp_path, None, [0], 0)
    assert list(record.runs) == ["draw1-seed0", "draw2-seed0", "draw3-seed0"]
    assert {row.scores["lstm"].count for row in record.rows} == {12}
    times = {path: path.stat().st_mtime_ns for path in tmp_path.glob("*/*/result.json")}
    assert len(times) == 6
    for group in (one, two):
        groups.run(group, tmp_path, None, [0], 0)
    assert times == {path: path.stat().st_mtime_ns for path in tmp_path.glob("*/*/result.json")}
    ledger = [json.loads(line) for line in (tmp_path / "other-best" / "evaluations.jsonl").read_text().splitlines()]
    assert [line["kind"] for line in ledger] == ["other"] * 3
    packed = records.pack(tmp_path / "other-best")
    assert packed.results[0].split.train_persons == ("bob", "cec")
    assert packed.config.data.data_dir == ""
