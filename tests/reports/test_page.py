"""The report: written from the folder alone, whole, with or without matplotlib, and honest about damage."""

from __future__ import annotations

import dataclasses
import json
import re
import sys
from pathlib import Path

import pytest
from made_up_run import leave_run, record

from seqdl.base import drawing
from seqdl.config import Config
from seqdl.errors import SeqdlError
from seqdl.evaluation.again import Again
from seqdl.reports import content, page


def test_the_report_has_its_tables_and_pictures(run_folder, result):
    pytest.importorskip("matplotlib")
    report = page.write(run_folder)
    run_folder = run_folder.path
    assert report == run_folder / "report.md"
    text = report.read_text(encoding="utf-8")
    pictures = re.findall(r"!\[[^]]+\]\((\S+)\)", text)
    assert sorted(pictures) == ["confusion.png", "decisions.png", "learning.png"]
    for name in pictures:
        content = (run_folder / name).read_bytes()
        assert content.startswith(b"\x89PNG") and len(content) < 200_000
    for expected in ("17,169", "25,956", "person22", result["protocol"], "Every setting has its default", "0.68.1"):
        assert expected in text
    assert f"{result['lstm']['correct']} of {result['lstm']['count']}" in text
    wrong = [s for s in result["sequences"] if not s["label"] == s["voting"] == s["lstm"]]
    assert all(s["name"] in text for s in wrong)
    assert not [p for p in run_folder.iterdir() if p.name.startswith(".")]


def test_the_report_lists_some_notes_and_counts_the_others(tmp_path, result, undrawn):
    result["dataset"]["notes"] = [f"video {number} is odd" for number in range(60)]
    text = page.write(leave_run(tmp_path / "run", result)).read_text(encoding="utf-8")
    assert "Note: video 11 is odd" in text
    assert "video 12 is odd" not in text
    assert "48 more notes are in result.json" in text


def test_the_report_says_whose_numbers_these_are_and_names_the_unit(tmp_path, result, undrawn):
    plain = page.write(leave_run(tmp_path / "plain", result)).read_text(encoding="utf-8")
    assert "inner" not in plain and "control" not in plain and "Test persons (4)" in plain
    result["split"]["held_back"], result["convnet"]["epochs"], result["dataset"]["unit"] = ["x"], 0, "sequence"
    text = page.write(leave_run(tmp_path / "run", result)).read_text(encoding="utf-8")
    assert "its accuracy is not a result" in text and "This is a control" in text and "Test sequences (4)" in text
    assert "sequences that training never saw: 4" in page.last_screen(record(result), tmp_path)


def test_videos_of_unknown_persons_are_called_videos(tmp_path, result, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    result["dataset"]["unit"] = "video"
    text = page.write(leave_run(tmp_path / "run", result)).read_text(encoding="utf-8")
    assert "## Accuracy on unseen videos" in text and "Nobody said who acts in which video" in text
    assert "Test videos (4)" in text and "| sequence | truth |" in text and "unseen persons" not in text
    screen = page.last_screen(record(result), Path("report.md"))
    assert "videos that training never saw: 4" in screen and "person" not in screen


def test_decisions_of_a_run_on_other_videos_of_unknown_persons_are_on_videos_too(tmp_path, result, undrawn):
    one = record(result)
    found = Again("run", one.model, "folder", "", "video", one.dataset.classes, one, {}, {}, ())
    text = page.render(content.of_again(found), tmp_path).with_suffix(".md").read_text(encoding="utf-8")
    assert "## Accuracy on unseen videos" in text and "Nobody said who acts in which video" in text
    assert "unseen persons" not in text and "## By person" not in text


def test_where_nothing_was_tested_no_accuracy_is_told(tmp_path, result):
    result["split"]["test_persons"], result["sequences"] = [], []
    result |= dict.fromkeys(("windows", "voting", "lstm"))
    again = record(record(result).to_dict())
    assert not again.tested and again.sequences == () and again.shown == ()
    run = leave_run(tmp_path / "run", result)
    report, screen = page.write(run).read_text(encoding="utf-8"), page.last_screen(again, tmp_path / "report.md")
    assert "nothing was tested: no accuracy is known" in screen and "%" not in screen
    head, _, learned = report.partition("## Learning")
    assert "nothing was tested" in head and "Accuracy" not in report and "%" not in head
    assert "17,169" in learned and not (run.path / "confusion.png").exists()


def test_only_what_tests_nobody_may_lack_its_scores(result):
    result |= dict.fromkeys(("windows", "voting", "lstm")) | {"sequences": []}
    with pytest.raises(SeqdlError, match=r"result\.json is damaged"):
        record(result)


def test_the_report_can_be_written_again(run_folder):
    first = page.write(run_folder).read_bytes()
    assert page.write(run_folder).read_bytes() == first


def test_without_matplotlib_the_report_says_how_to_get_pictures(run_folder, monkeypatch):
    for name in [name for name in sys.modules if name.split(".")[0] == "matplotlib"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    text = page.write(run_folder).read_text(encoding="utf-8")
    assert "pip install 'seqdl[plot]'" in text
    assert ".png" not in text and not list(run_folder.path.glob("*.png"))
    assert "Decisions over time" not in text


def test_where_matplotlib_cannot_work_the_report_says_why(run_folder, monkeypatch):
    def refuse():
        raise OSError("Matplotlib requires access to a writable cache directory")

    monkeypatch.setattr(drawing, "import_matplotlib", refuse)
    text = page.write(run_folder).read_text(encoding="utf-8")
    assert "No pictures, matplotlib says: Matplotlib requires access" in text and "MPLCONFIGDIR" in text
    assert ".png" not in text


def test_changed_settings_are_listed(tmp_path, result, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    config = Config(seed=5, convnet=dataclasses.replace(Config().convnet, shift=2))
    text = page.write(leave_run(tmp_path, result, config)).read_text(encoding="utf-8")
    assert "| convnet.shift | 2 |" in text and "| seed | 5 |" in text
    assert "convnet.epochs" not in text


def test_nothing_wrong_is_said(tmp_path, result, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    result["sequences"] = [{**s, "voting": s["label"], "lstm": s["label"]} for s in result["sequences"]]
    assert "decide every test sequence rightly" in page.write(leave_run(tmp_path, result)).read_text(encoding="utf-8")


def test_the_last_screen(run_folder, result):
    text = page.last_screen(record(result), run_folder.path / "report.md")
    lines = text.splitlines()
    assert max(len(line) for line in lines if "report." not in line) <= 80
    for key in ("voting", "lstm"):
        score = result[key]
        line = next(line for line in lines if {"voting": "+ voting", "lstm": "+ LSTM"}[key] in line)
        assert f"{100 * score['accuracy']:.1f} %" in line and f"{score['correct']} of {score['count']}" in line
    assert any(line.startswith("3 handwaving") for line in lines)
    assert str(run_folder.path / "report.md") in text
    assert "python -m seqdl.train --dataset kth --data-dir DIR" in text


def test_who_ran_kth_is_not_told_how(result, tmp_path):
    result["dataset"]["name"] = "kth"
    assert "--data-dir" not in page.last_screen(record(result), tmp_path / "report.md")


@pytest.mark.parametrize("name", ["config.json", "env.json", "log.csv", "result.json"])
@pytest.mark.parametrize("content", [None, b"", b"{", b"[1]", b"stage,epoch\nconvnet,1\n", b"\xff\x00"])
def test_a_missing_or_damaged_file_is_named(run_folder, name, content):
    if name == "log.csv" and content == b"":
        return  # no header, no lines: a run without an epoch
    if content is None:
        (run_folder.path / name).unlink()
    elif name == "log.csv" and content in (b"{", b"[1]"):
        (run_folder.path / name).write_bytes(content + b"\n1\n")
    else:
        (run_folder.path / name).write_bytes(content)
    with pytest.raises(SeqdlError, match=re.escape(name)) as caught:
        page.write(run_folder)
    assert "\n" not in str(caught.value)
    assert not (run_folder.path / "report.md").exists()


@pytest.mark.parametrize(
    "place, value, said",
    [
        (("lstm", "confusion"), [[1]], "lstm.confusion is not 6 x 6"),
        (("voting", "accuracy"), "high", "voting.accuracy"),
        (("convnet", "parameters"), None, "convnet.parameters"),
        (("sequences", 3, "label"), "flying", "dataset.classes lacks"),
        (("sequences", 3, "timeline"), [[6, 0.5]], "dataset.classes lacks"),
        (("sequences", 3, "timeline"), [[1]], r"sequences\[3\].timeline\[0\]"),
        (("dataset", "classes", 2), 7, r"dataset.classes\[2\]"),
        (("split",), [], "split"),
        (("model",), "foo", "model is none that is known"),
        (("voting",), None, "voting"),
        (("convnet",), None, "convnet is missing"),
        (("format",), -3, "format"),
        (("stages",), ["convnet", "other"], "other is missing"),
    ],
)
def test_a_wrong_value_is_placed(run_folder, result, place, value, said):
    inner = result
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = value
    (run_folder.path / "result.json").write_text(json.dumps(result))
    with pytest.raises(SeqdlError, match=rf"result\.json is damaged: .*{said}"):
        _ = run_folder.result


def test_a_missing_key_is_placed(run_folder, result):
    del result["dataset"]["notes"]
    (run_folder.path / "result.json").write_text(json.dumps(result))
    with pytest.raises(SeqdlError, match=r"result\.json is damaged: dataset\.notes is missing"):
        _ = run_folder.result
