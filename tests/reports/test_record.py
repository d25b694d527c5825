"""Records of cross-validations: small, whole, and the same rows as the run folders they were made of."""

import copy
import json
from dataclasses import replace

import numpy as np
import pytest
from made_up_run import leave_run, made_up_result
from made_up_run import record as as_read

from seqdl.config import Config, from_dict, load, to_dict
from seqdl.errors import SeqdlError
from seqdl.reports import runs
from seqdl.runs import ledger, record
from seqdl.runs.folder import read_config
from seqdl.runs.result import Result
from seqdl.runs.settings import changes, settings
from seqdl.runs.shipped import FOLDER
from seqdl.runs.summary import Row, groups

PERSONS = ((22, 2), (3, 5))


def crossval(folder, seeds=(0, 1), stip=False, protocol="draws", **values):
    """A finished cross-validation of two draws, made up: each draw tests two persons."""
    rng = np.random.default_rng(1)
    names = []
    for seed in seeds:
        for draw, persons in enumerate(PERSONS, 1):
            data = {"protocol": protocol, "draw": draw, "data_dir": "/somewhere/videos"}
            config = from_dict({"seed": seed, "data": data, **values})
            result = made_up_result(persons=persons)
            result |= {"seed": seed}
            result["split"]["name"] = f"draws {draw}"
            result["dataset"]["unit"] = "person"
            result["dataset"]["notes"] = ["/somewhere/videos/a.avi is cut short."]
            for entry in result["sequences"]:  # no two runs alike
                entry["lstm"] = str(rng.choice([entry["lstm"], entry["label"]]))
            confusion = np.zeros((6, 6), int)
            classes = result["dataset"]["classes"]
            for entry in result["sequences"]:
                confusion[classes.index(entry["label"]), classes.index(entry["lstm"])] += 1
            right, total = int(np.trace(confusion)), int(confusion.sum())
            result["lstm"] = {
                "accuracy": right / total,
                "correct": right,
                "count": total,
                "confusion": confusion.tolist(),
            }
            if stip:
                result |= {"model": "stip-lstm", **dict.fromkeys(("windows", "voting", "convnet"))}
                result["sequences"] = [{**entry, "voting": None} for entry in result["sequences"]]
            name = f"draw{draw}-seed{seed}"
            leave_run(folder / name, result, config)
            (folder / "crossval.json").touch()
            ledger.note(folder / name, config, "test", result["split"]["test_persons"], as_read(result).scores)
            names.append(name)
    manifest = {"config": to_dict(config), "seeds": list(seeds), "runs": {}, "draws": [*names, "draw2-seed9"]}
    manifest["failed"] = {"draw2-seed9": f"collapsed ({folder}/logs/x.log)"}
    (folder / "crossval.json").write_text(json.dumps(manifest))
    return folder


def without_place(rows):
    return [replace(row, run="") for row in rows]


@pytest.mark.parametrize("stip", [False, True])
def test_a_record_gives_the_rows_of_its_folders(tmp_path, stip):
    model = {"model": "stip-lstm"} if stip else {}
    folder = crossval(tmp_path / "cv", stip=stip, **model)
    record.write(tmp_path / "r.json", record.pack(folder))
    of_record, of_folders = (runs.collect([place])[0] for place in (tmp_path / "r.json", folder))
    assert len(of_record) == 4
    assert without_place(of_record) == without_place(of_folders)
    assert of_record[0].run == f"{tmp_path / 'r.json'}: draw1-seed0"
    assert [one for _, one in groups(of_record)] == [one for _, one in groups(of_folders)]


def test_every_decision_and_every_pass_is_kept(tmp_path):
    folder = crossval(tmp_path / "cv")
    packed = record.pack(folder)
    for run in packed.runs:
        before, result = json.loads((folder / run.name / "result.json").read_text()), run.result.to_dict()
        assert run.config.seed == before["seed"] and f"draw{run.config.data.draw}-" in run.name
        for entry, old in zip(result["sequences"], before["sequences"], strict=True):
            assert entry["probability"] == pytest.approx(old["probability"], abs=0.005)
            left_out = ("probability", "timeline", "shares")
            assert {key: value for key, value in entry.items() if key not in left_out} == {
                key: value for key, value in old.items() if key not in left_out
            }
        for way in ("windows", "voting", "lstm", "convnet", "seconds"):
            assert result[way] == before[way]
        assert result["split"] == {**before["split"], "held_back": []}
    assert [len(passes) for passes in packed.runs[0].log.values()] == [12, 10]
    assert (packed.planned, list(packed.failed)) == (5, ["draw2-seed9"])


def test_it_names_no_folder_and_is_small(tmp_path):
    protocol = "file:/somewhere/else/splits.txt"
    record.write(tmp_path / "r.json", record.pack(crossval(tmp_path / "cv", range(5), protocol=protocol)))
    text = (tmp_path / "r.json").read_text()
    assert str(tmp_path) not in text and "/somewhere" not in text
    assert "a.avi is cut short" in text and "collapsed (logs/x.log)" in text
    packed = json.loads(text)
    assert packed["config"]["data"]["protocol"] == "file:splits.txt"
    decisions = sum(len(run["sequences"]) for run in packed["runs"])
    assert len(text) < 4000 + 2500 * len(packed["runs"]) + 20 * decisions
    assert text.count("\n") > len(packed["runs"]) + len(packed["evaluations"])


def test_evaluations_outlive_the_runs_they_came_of(tmp_path):
    record.write(tmp_path / "r.json", record.pack(crossval(tmp_path / "first", seeds=(0,))))
    again = record.pack(crossval(tmp_path / "again", seeds=(0,), convnet={"shift": 2, "copies": "mirror"}))
    again = replace(again, evaluations=tuple(replace(look, date="2099-01-01") for look in again.evaluations))
    record.write(tmp_path / "r.json", again)
    record.write(tmp_path / "r.json", again)
    kept = json.loads((tmp_path / "r.json").read_text())["evaluations"]
    assert [line["settings"] for line in kept] == [""] * 2 + ["convnet.copies=mirror convnet.shift=2"] * 2
    assert {line["run"] for line in kept} == {"draw1-seed0", "draw2-seed0"}


def test_what_makes_no_record_is_named(tmp_path):
    folder = crossval(tmp_path / "cv", seeds=(0,))
    config = json.loads((folder / "draw2-seed0" / "config.json").read_text())
    config["convnet"]["shift"] = 7
    (folder / "draw2-seed0" / "config.json").write_text(json.dumps(config))
    with pytest.raises(SeqdlError, match=r"draw2-seed0 has other settings than .*draw1-seed0"):
        record.pack(folder)
    config["convnet"]["shift"] = 0
    (folder / "draw2-seed0" / "config.json").write_text(json.dumps(config))
    (folder / "draw1-seed0" / "result.json").write_text("{}")
    with pytest.raises(SeqdlError, match=r"result\.json is damaged"):
        record.pack(folder)
    for name in ("draw1-seed0", "draw2-seed0"):
        (folder / name / "result.json").unlink()
    with pytest.raises(SeqdlError, match="no finished run"):
        record.pack(folder)
    (tmp_path / "r.json").write_text('{"runs": [1]}')
    with pytest.raises(SeqdlError, match=r"r\.json is damaged"):
        runs.collect([tmp_path / "r.json"])


def test_a_preset_is_named_where_that_is_shorter(monkeypatch):
    from seqdl import presets
    from seqdl.runs import settings as module

    best = {"convnet": {"copies": "mirror", "shift": 2}, "lstm": {"cells": 60}}
    monkeypatch.setitem(presets.PRESETS, "best", best)
    assert module.PRESETS is presets.PRESETS
    made = from_dict(best)
    assert settings(made) == ["best"]
    control = copy.deepcopy(best)
    control["convnet"]["epochs"] = 0
    assert settings(from_dict(control)) == ["best", "convnet.epochs=0"]
    assert settings(from_dict({"convnet": {"shift": 2}})) == ["convnet.shift=2"]
    assert settings(Config()) == []
    assert changes(made, made) == []
    stip = from_dict({"model": "stip-lstm", "seed": 3, "convnet": {"shift": 2}, "stip": {"points": 9}})
    assert settings(stip) == ["model=stip-lstm", "stip.points=9"]
    assert settings(from_dict({"stip": {"points": 9}})) == []


def test_a_rate_is_told_where_it_is_not_the_datasets_own():
    told = {"auto": [], 25: [], 12.5: ["video.rate=12.5"], "stored": ["video.rate=stored"], 30: ["video.rate=30.0"]}
    for rate, right in told.items():
        assert settings(load(settings=[f"video.rate={rate}"])) == right
    ut = ["data.dataset=ut-interaction", "video.rate=30"]
    assert settings(load(settings=ut)) == []


def test_the_settings_of_an_earlier_version_are_read():
    values = to_dict(load())
    del values["video"]["rate"]
    values["video"]["max_frames"] = 20000
    assert read_config(values, "config.json") == load()


def test_a_run_whose_sequences_show_one_class_each_is_written_as_it_always_was():
    written = json.loads((FOLDER / "result.json").read_text(encoding="utf-8"))
    again = Result.from_dict(written, "result.json").to_dict()
    assert json.dumps(again) == json.dumps(written)
    result = as_read(made_up_result())
    text = json.dumps([result.to_dict(), Row.of(Config(), result).to_dict()])
    assert not any(f'"{name}"' in text for name in ("also", "named", "over_time", "precision"))
