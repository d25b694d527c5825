"""Hollywood-2 on stand-ins: official names and lists, several labels a clip, drawn figures or empty files."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from test_published_sets import QUICK, empty

from experiments import standins
from seqdl import evaluate, page, predict, train
from seqdl.config import Config, from_dict
from seqdl.datasets import choose, hollywood2, registry, splits
from seqdl.errors import SeqdlError, UsageError
from seqdl.evaluation.check import check
from seqdl.model.recogniser import Recogniser
from seqdl.reports import content, html, markdown
from seqdl.reports import runs as run_tables
from seqdl.runs import record
from seqdl.runs.folder import RunFolder
from seqdl.runs.manifest import Manifest
from seqdl.runs.precision import average_precision
from seqdl.runs.result import Result
from seqdl.runs.summary import Row
from seqdl.runs.together import together


@pytest.mark.parametrize("variant, part", [("clean", "train"), ("auto", "autotrain")])
def test_the_whole_of_hollywood_2(tmp_path, variant, part):
    data = registry.load("hollywood2", empty("hollywood2", tmp_path, 12, 200), variant)
    assert data.notes == () and data.classes == hollywood2.ACTIONS and data.several
    [split] = splits.make("auto", data)
    assert (split.name, len(split.train), len(split.test)) == ("fixed", hollywood2.SETS[part], 884)
    splits.require_trainable(split, data)
    shown = Counter((label, s.extra["set"]) for s in data.sequences for label in s.labels)
    at = list(hollywood2.SETS).index(part)
    assert all(shown[label, part] == n[at] and shown[label, "test"] == n[2] for label, n in hollywood2.POSITIVE.items())
    first = data.sequences[0]
    assert first.labels == (first.label, *first.also) and len(first.labels) == 2
    assert registry.find("hollywood2").variants[variant].sequences == len(data.sequences)


def test_a_part_of_hollywood_2_and_what_is_odd(tmp_path):
    folder = empty("hollywood2", tmp_path, 3, 4)
    clips, lists = folder / "AVIClips", folder / "ClipSets"
    (clips / "actioncliptest00002.avi").unlink()
    (clips / "actioncliptrain00099.avi").touch()
    for label in hollywood2.ACTIONS[:3]:
        path = lists / f"{label}_train.txt"
        path.write_text(path.read_text().replace("00003  1", "00003  -1").replace("actioncliptrain00004  -1\n", ""))
    data = registry.load("hollywood2", folder)
    assert data.notes == (
        "A part of Hollywood-2: 10 of 823 train clips, 10 of 884 test clips and 3 of 12 classes.",
        "No lists of 9 classes: FightPerson, GetOutCar, HandShake and 6 more.",
        "1 clip that not all classes' lists name, and no more shown: actioncliptrain00004.",
        "1 of 22 clips that the lists of Hollywood-2 name are not there: actioncliptest00002.",
        "1 clip that the lists of Hollywood-2 do not name: actioncliptrain00099.",
        "1 clip without a label left out: actioncliptrain00003.",
    )
    assert len(registry.load("hollywood2", folder, "auto").sequences) == 21, "the other training clips are as they were"


@pytest.mark.parametrize(
    "name, old, new, message",
    [
        ("Eat_train.txt", "actioncliptrain00002  -1", "actioncliptrain00002  0", "line 2: .* is no clip of this"),
        ("Eat_train.txt", "actioncliptrain00002", "actioncliptest00002", "line 2: .* is no clip of this set"),
        ("Eat_train.txt", "actioncliptrain00002  -1", "actioncliptrain00001  -1", "line 2: .*00001 has 1 and -1"),
        ("Eat_test.txt", "  -1", "", "'actioncliptest00002' is no clip of this set"),
        ("Eat_test.txt", "", None, "has no Eat_test.txt: unpack the published lists"),
    ],
)  # fmt: skip
def test_lists_of_hollywood_2_that_contradict_or_are_missing(tmp_path, name, old, new, message):
    path = empty("hollywood2", tmp_path, 3, 4) / "ClipSets" / name
    text = path.read_text()
    assert old in text
    path.unlink() if new is None else path.write_text(text.replace(old, new))
    with pytest.raises(SeqdlError, match=message) as error:
        registry.load("hollywood2", tmp_path)
    assert "\n" not in str(error.value)


def test_without_lists_without_clips_of_a_set_and_with_a_class_that_never_trains(tmp_path):
    folder = empty("hollywood2", tmp_path, 2, 3)
    path = folder / "ClipSets" / "DriveCar_train.txt"
    path.write_text(path.read_text().replace("  1", "  -1"))
    settings = {"data": {"dataset": "hollywood2", "data_dir": str(folder)}}
    with pytest.raises(SeqdlError, match=r"split 1 \(fixed\) of hollywood2: no training sequences of DriveCar"):
        choose.choose(from_dict(settings, Config()))
    for clip in (folder / "AVIClips").glob("*autotrain*"):
        clip.unlink()
    with pytest.raises(SeqdlError, match="fixed, split 1: none of what trains is in hollywood2 here"):
        splits.make("fixed", registry.load("hollywood2", folder, "auto"))
    for path in (folder / "ClipSets").iterdir():
        path.unlink()
    with pytest.raises(SeqdlError, match=r"has no AnswerPhone_train\.txt, AnswerPhone_test\.txt, .* unpack the publ"):
        registry.load("hollywood2", folder)


def test_several_labels_imply_logistic_outputs_and_refuse_another_loss(tmp_path):
    data = registry.load("hollywood2", empty("hollywood2", tmp_path, 2, 3))
    config = choose.with_own(Config(), data)
    assert config.convnet.loss == config.lstm.loss == "logistic" and config.video.box == "whole"
    assert choose.with_own(config, data) == config
    with pytest.raises(UsageError, match=r"^lstm\.loss = squared_error: names one class, and clips of hollywood2 may"):
        choose.with_own(from_dict({"lstm": {"loss": "squared_error"}}, Config()), data)
    one = replace(data, several=False)
    assert choose.with_own(Config(), one).convnet.loss == "cross_entropy"


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hollywood2")
    standins.write("hollywood2", folder / "set", 2, 3, frames=12)
    options = ["--dataset", "hollywood2", "--data-dir", str(folder / "set"), "--out", str(folder / "run"), *QUICK]
    assert train.main([*options, "--workers", "1"]) == 0
    return RunFolder(folder / "run")


def test_a_whole_training_ranks_names_and_reports_several_classes(trained, capsys):
    result = trained.result
    assert result.several and result.shown == ("voting", "lstm") and trained.config.convnet.loss == "logistic"
    shown = np.array([[name in s.labels for name in result.dataset.classes] for s in result.sequences])
    assert shown.sum(axis=1).max() == 2
    for way in ("voting", "lstm"):
        ranked = np.array([s.shares[way] for s in result.sequences])
        found = tuple(average_precision(one, values) for one, values in zip(shown.T, ranked.T))
        assert result.scores[way].precision == pytest.approx(found) and not result.scores["windows"].precision
        for sequence, values in zip(result.sequences, ranked):
            assert set(sequence.named[way]) == {c for c, p in zip(result.dataset.classes, values) if p >= 0.5}
            assert sequence.counted(way) in sequence.labels
    for one in result.sequences:
        at_least = [{name for name, sure in step if sure >= 0.5} for step in one.marks(result.dataset.classes)]
        assert len(at_least) == len(one.timeline) == one.steps
        assert all(
            bool(names) == (sure >= 0.5) and (name in names) == bool(names)
            for names, (name, sure) in zip(at_least, one.timeline)
        )
    assert Result.from_dict(json.loads(json.dumps(result.to_dict())), "result.json") == result
    text = (trained.path / "report.md").read_text()
    measure = f"mean average precision {100 * result.scores['lstm'].measure:.1f} % by the LSTM"
    assert measure in text and "| AnswerPhone | 3 |" in text
    assert "truth: AnswerPhone, DriveCar" in (trained.path / "report.html").read_text()


def test_evaluated_again_it_is_the_same_and_a_class_that_nothing_shows_is_left_out(trained, tmp_path, capsys):
    assert evaluate.main([str(trained.path), "--json", "--workers", "1"]) == 0
    again = json.loads(capsys.readouterr().out)
    assert again["lstm"]["precision"] == list(trained.result.scores["lstm"].precision)
    assert [one["also"] for one in again["sequences"] if "also" in one] == [["DriveCar"]]
    result = trained.result
    without = replace(result.scores["lstm"], precision=(0.25, None))
    lost = replace(
        result,
        scores={**result.scores, "lstm": without},
        sequences=tuple(replace(s, label="AnswerPhone", also=()) for s in result.sequences),
    )
    blocks = list(content._precision(lost.model, lost, lost.dataset.classes))
    markdown.write(blocks, tmp_path / "report.md")
    html.write(blocks, tmp_path / "report.html")
    for file in tmp_path.iterdir():
        assert "No test sequence shows DriveCar: of it no average precision is known" in file.read_text()


def test_records_and_tables_of_many_runs_hold_several_labels(trained):
    result = trained.result
    packed = record.PackedRun("draw1-seed0", trained.config, result, {})
    whole = record.Record((packed,), trained.environment, 1, {}, ())
    found = record.from_dict(json.loads(json.dumps(record.to_dict_of(whole))), "record").results[0]
    assert found.scores == result.scores
    assert [(s.labels, s.named, s.decisions) for s in found.sequences] == [
        (s.labels, s.named, s.decisions) for s in result.sequences
    ]
    row = Row.of(trained.config, result)
    assert Row.from_dict(json.loads(json.dumps(row.to_dict())), "row") == row and row.several
    table = run_tables.rows_table([row])
    assert f"{100 * result.scores['lstm'].measure:.1f} %" in table.rows[0] and table.rows[0][5] == "-"
    manifest = Manifest(trained.path, trained.config, (0,), ("draw1-seed0",), {"draw1-seed0": row})
    said = run_tables.last_screen(manifest)
    assert "mean average precision by" in said and run_tables.spread(manifest.summary, "lstm") in said
    both = together([result, result], result.dataset.classes)
    assert both.scores["lstm"].precision == pytest.approx(result.scores["lstm"].precision)


def test_a_video_is_told_all_labels_above_the_threshold(trained, capsys):
    clip = str(trained.path.parent / "set" / "AVIClips" / "actioncliptest00001.avi")
    assert predict.main([str(trained.path), clip, "--threshold", "0.01"]) == 0
    said = capsys.readouterr().out
    recogniser = Recogniser.load(trained)
    found = recogniser.predict(clip, threshold=0.01)
    order = sorted(found.probabilities, key=lambda name: -found.probabilities[name])
    assert found.labels == tuple(order) and found.answer == ", ".join(order)
    assert ", ".join(f"{name} ({found.probabilities[name]:.0%})" for name in order) in said
    assert {one.label for one in found.stretches()} == {"AnswerPhone, DriveCar"}
    none = recogniser.predict(clip, threshold=0.99)
    assert (none.labels, none.answer) == ((), "uncertain") and f"uncertain, at best {order[0]}" in str(none)
    values = json.loads(found.to_json())
    assert values["labels"] == order and values["several"] and values["timeline"][0]["label"] == "AnswerPhone, DriveCar"
    half = recogniser.predict(clip)
    assert half.labels == tuple(name for name in order if half.probabilities[name] >= 0.5)
    assert found.to_csv().splitlines()[1].split(",")[2:4] == ['"AnswerPhone', ' DriveCar"']


def test_a_check_counts_each_label(trained):
    found = check(trained.config)
    assert found.trainable and [(one.label, one.sequences, one.train, one.test) for one in found.classes] == [
        ("AnswerPhone", 6, 3, 3),
        ("DriveCar", 6, 3, 3),
    ]


def test_the_page_of_its_networks_has_logistic_outputs(trained, tmp_path):
    clip = str(trained.path.parent / "set" / "AVIClips" / "actioncliptest00001.avi")
    assert page.main([str(trained.path), clip, "--out", str(tmp_path / "page.html")]) == 0
    assert (tmp_path / "page.html").read_text(encoding="utf-8").count('"loss":"logistic"') == 2
