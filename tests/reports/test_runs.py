"""Tables of many runs: what is found, what belongs together, and what the numbers are."""

import json
import re
import sys

import numpy as np
import pytest
from made_up_run import made_up_result

from seqdl import report as tabulate
from seqdl.config import Config, from_dict, to_dict
from seqdl.errors import SeqdlError, UsageError
from seqdl.reports import runs
from seqdl.runs.settings import settings
from seqdl.runs.summary import groups


def make(folder, draw=1, seed=0, lstm=(20, 4), result=True, **settings):
    """A run folder with chosen decisions of the LSTM: so many right, so many wrong; voting errs twice as often."""
    config = to_dict(from_dict({"seed": seed, "data": {"draw": draw, "protocol": "draws"}, **settings}))
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps(config))
    if result:
        content = made_up_result(persons=(1, 2), takes=1)
        content |= {"seed": seed, "sequences": []}
        content["convnet"]["epochs"] = settings.get("convnet", {}).get("epochs", 12)
        content["split"] = {"name": f"draws {draw}", "train_persons": ["c"], "test_persons": ["a", "b"]}
        empty = {"name": "x", "steps": 9, "probability": 0.5}
        for number in range(sum(lstm)):
            ways = {"lstm": number < lstm[0], "voting": number < lstm[0] - lstm[1]}
            decided = {way: "boxing" if right else "walking" for way, right in ways.items()}
            content["sequences"].append({"person": "ab"[number % 2], "label": "boxing", **decided, **empty})
        for way in ("voting", "lstm"):
            confusion = np.zeros((6, 6), int)
            right = sum(entry[way] == "boxing" for entry in content["sequences"])
            confusion[0, 0], confusion[0, 5] = right, sum(lstm) - right
            total = sum(lstm)
            content[way] = {
                "accuracy": right / total,
                "correct": right,
                "count": total,
                "confusion": confusion.tolist(),
            }
        (folder / "result.json").write_text(json.dumps(content))
    return folder


def test_means_and_spreads_over_draws_and_seeds(tmp_path):
    right = {(1, 0): 20, (2, 0): 22, (1, 1): 18, (2, 1): 23}
    for (draw, seed), number in right.items():
        make(tmp_path / f"{draw}-{seed}", draw, seed, (number, 24 - number))
    rows, left = runs.collect([tmp_path])
    assert not left
    assert [(row.seed, row.draw) for row in rows] == [(0, 1), (0, 2), (1, 1), (1, 2)]
    [(row, group)] = groups(rows)
    assert (group.runs, group.draws, group.seeds, row.settings) == (4, 2, 2, ())
    assert group.mean["lstm"] == pytest.approx(83 / 96)
    assert group.spread["draws"]["lstm"] == pytest.approx(np.std([19 / 24, 22.5 / 24], ddof=1))
    assert group.spread["seeds"]["lstm"] == pytest.approx(np.std([21 / 24, 20.5 / 24], ddof=1))
    assert group.spread["runs"]["lstm"] == pytest.approx(np.std([v / 24 for v in right.values()], ddof=1))
    assert (group.lowest["lstm"], group.highest["lstm"]) == (18 / 24, 23 / 24)
    assert group.pooled["lstm"].correct == 83
    assert np.array(group.pooled["lstm"].confusion)[0].tolist() == [83, 0, 0, 0, 0, 13]
    assert group.lstm_against_voting.persons == 2
    assert group.lstm_against_voting.difference == pytest.approx(13 / 96)
    assert "86.5 % (10.3, 1.5)" in tabulate_text(tmp_path)
    assert runs.spread(group, "lstm") == "86.5 % (sd of draws 10.3, of seeds 1.5)"


def tabulate_text(path):
    from seqdl.reports import tables

    return tables.plain(runs.groups_table(groups(runs.collect([path])[0])))


def test_one_run_has_no_spread(tmp_path):
    make(tmp_path / "run")
    [(_, group)] = groups(runs.collect([tmp_path / "run"])[0])
    assert group.spread == {over: dict.fromkeys(("windows", "voting", "lstm")) for over in ("draws", "seeds", "runs")}
    assert "83.3 % (-, -)" in tabulate_text(tmp_path)
    assert runs.spread(group, "lstm") == "83.3 %"


def test_other_settings_are_another_group(tmp_path):
    make(tmp_path / "a")
    make(tmp_path / "b", seed=1)
    make(tmp_path / "shift", convnet={"shift": 2})
    make(tmp_path / "control", convnet={"epochs": 0})
    found = groups(runs.collect([tmp_path])[0])
    assert [(row.settings, group.runs) for row, group in found] == [
        ((), 2),
        (("convnet.epochs=0",), 1),
        (("convnet.shift=2",), 1),
    ]
    control = next(line for line in tabulate_text(tmp_path).splitlines() if "control" in line)
    assert control.split()[-7:] == ["-", "-", "83.3", "%", "(-,", "-)", "-"]


def test_settings_name_what_differs():
    config = from_dict({"seed": 5, "backend": "numpy", "video": {"box": "track"}, "lstm": {"cells": 9}})
    assert settings(config) == ["backend=numpy", "lstm.cells=9"]
    config = from_dict({"data": {"only": ["a", "b"], "split_seed": 4, "draw": 3, "data_dir": "x"}})
    assert settings(config) == ["data.split_seed=4", "data.only=a,b"]
    assert settings(Config()) == []


def test_folders_at_any_depth_and_the_same_twice(tmp_path):
    folder = make(tmp_path / "deep" / "er" / "run")
    assert len(runs.collect([folder, tmp_path / "deep", folder])[0]) == 1
    assert [row.run for row in runs.collect([tmp_path / "deep"])[0]] == [str(folder)]


def test_what_holds_no_run_or_a_damaged_one_is_named(tmp_path):
    (tmp_path / "empty").mkdir()
    for path, word in ((tmp_path / "empty", "holds no run"), (tmp_path / "nothing", "does not exist")):
        with pytest.raises(UsageError, match=f"{path.name} {word}"):
            runs.collect([path])
    for number, content in enumerate(['{"x": 1}', "[]", "{"]):
        folder = make(tmp_path / f"bad{number}")
        (folder / "result.json").write_text(content)
        with pytest.raises(SeqdlError, match=folder.name):
            runs.collect([folder])


def test_several_runs_are_one_page_and_bad_folders_are_named_on_it(tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    for number, name in enumerate(("one", "b", "<i>")):
        make(tmp_path / "runs" / name, seed=number)
    make(tmp_path / "runs" / "c", result=False)
    (tmp_path / "runs" / "b" / "result.json").write_text("{")
    assert tabulate.main([str(tmp_path / "runs"), str(tmp_path / "none"), "--out", str(tmp_path / "out")]) == 0
    said = capsys.readouterr().err
    assert said.count("left out: ") == 3 and f"report: {tmp_path / 'out' / 'report.html'}" in said
    for name in ("report.html", "report.md"):
        text = (tmp_path / "out" / name).read_text(encoding="utf-8")
        assert "2 runs on actors small" in text and "the mean of 2 runs (1 draw, 2 seeds)" in text
        assert text.count("Left out: ") == 3
    text = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    cell = re.search(r'<section class="cell" id="confusion-lstm-0-5".*?</section>', text).group()
    assert cell.count("<td>one</td>") == cell.count("<td>&lt;i&gt;</td>") == 4 and "<i>" not in text
    capsys.readouterr()
    assert tabulate.main([str(tmp_path / "runs" / "b"), "--out", str(tmp_path / "out")]) == 1
    assert "b/result.json" in capsys.readouterr().err
    (tmp_path / "file").touch()
    assert tabulate.main([str(tmp_path / "runs"), "--out", str(tmp_path / "file" / "x")]) == 1
    assert "choose another with --out" in capsys.readouterr().err


def test_the_command(tmp_path, capsys):
    make(tmp_path / "a", lstm=(20, 4))
    make(tmp_path / "b", seed=1, result=False)
    assert tabulate.main([str(tmp_path)]) == 0
    out, err = capsys.readouterr()
    assert "a, b" in out and "83.3 %" in out and "66.7 %" in out
    assert "b is not finished" in err
    assert tabulate.main([str(tmp_path), "--markdown"]) == 0
    assert "| actors small | draws |" in capsys.readouterr().out
    assert tabulate.main([str(tmp_path), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["runs"][0]["lstm"]["correct"] == 20
    assert found["groups"][0]["runs"] == 1
    assert tabulate.main([str(tmp_path / "b")]) == 1
    assert "none of these runs is finished" in capsys.readouterr().err
    nothing = json.loads((tmp_path / "a" / "result.json").read_text())
    nothing["split"]["test_persons"], nothing["sequences"] = [], []
    (tmp_path / "a" / "result.json").write_text(json.dumps(nothing | dict.fromkeys(("windows", "voting", "lstm"))))
    assert tabulate.main([str(tmp_path / "a")]) == 1
    err = capsys.readouterr().err
    assert (
        "a has tested nothing, and no accuracy is known" in err and "none of these runs is finished and tested" in err
    )
    assert tabulate.main([str(tmp_path / "c")]) == 2
    assert capsys.readouterr().err.count("\n") == 1
