"""The whole job, from video files to a report, and everything that can go wrong on the way."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from seqdl import crossval, evaluate, figures, predict, train
from seqdl.base import words
from seqdl.model import checkpoint

pytestmark = pytest.mark.usefixtures("undrawn")

SHORT = ["--set", "convnet.epochs=3", "--set", "convnet.patience=9", "--set", "lstm.epochs=4", "--workers", "1"]
if os.environ.get("NUMBA_DISABLE_JIT", "0") != "0":  # no compiled kernels: a network that is quick in NumPy
    SMALL = ("rows=30", "columns=26", "c1_maps=2", "c1_kernel=[5,3,3]", "c2_kernel=[3,1,1]", "hidden=8")
    SHORT += ["--set", "backend=numpy", *(part for setting in SMALL for part in ("--set", f"convnet.{setting}"))]
ONCE = ["--set", "convnet.epochs=1", "--set", "lstm.epochs=1"]
FILES = {"config.json", "env.json", "log.csv", "convnet.npz", "lstm.npz", "result.json", "report.md", "report.html"}


def run(walkers, out, *more):
    return train.main(["--dataset", "folder", "--data-dir", str(walkers), "--out", str(out), *SHORT, *more])


@pytest.fixture(scope="module")
def finished(walkers, tmp_path_factory):
    out = tmp_path_factory.mktemp("runs") / "first"
    assert run(walkers, out) == 0
    return out


def test_the_whole_job_leaves_a_run_folder(finished):
    assert {path.name for path in finished.iterdir()} >= FILES
    result = json.loads((finished / "result.json").read_text())
    assert result["convnet"]["epochs"] == 3
    assert result["lstm_training"]["epochs"] == 4
    for way in ("voting", "lstm"):
        assert result[way]["count"] == len(result["sequences"]) == 4
        assert result[way]["accuracy"] == result[way]["correct"] / 4
        assert np.trace(result[way]["confusion"]) == result[way]["correct"]
    persons = set(result["split"]["train_persons"]), set(result["split"]["test_persons"])
    assert not persons[0] & persons[1]
    assert {entry["person"] for entry in result["sequences"]} == persons[1]
    config = json.loads((finished / "config.json").read_text())
    assert config["convnet"]["epochs"] == 3
    assert config["video"]["box"] == "person"


def test_stdout_is_the_result_and_stderr_the_log(walkers, tmp_path, capsys):
    assert run(walkers, tmp_path / "run", "--json") == 0
    out, err = capsys.readouterr()
    result = json.loads(out)
    assert 0 <= result["voting"]["accuracy"] <= 1
    assert 0 <= result["lstm"]["accuracy"] <= 1
    assert "convnet pass 3" in err
    assert "convnet.epochs=3" in next(line for line in err.splitlines() if line.startswith("settings:"))


def vectors(folder):
    return [checkpoint.read(folder / name)[0]["theta"] for name in ("convnet.npz", "lstm.npz")]


def test_the_same_seed_gives_the_same_bytes(walkers, finished, tmp_path):
    assert run(walkers, tmp_path / "again") == 0
    assert all(map(np.array_equal, vectors(finished), vectors(tmp_path / "again")))
    assert run(walkers, tmp_path / "other", "--seed", "1") == 0
    assert not np.array_equal(vectors(finished)[0], vectors(tmp_path / "other")[0])


@pytest.mark.parametrize("stop", ["convnet pass 2", "lstm pass 1"])
def test_an_interrupted_run_goes_on_to_the_same_result(walkers, finished, tmp_path, monkeypatch, capsys, stop):
    from seqdl.runs.folder import RunFolder

    original = RunFolder.write_log

    def interrupt(folder, log):
        original(folder, log)
        if log and f"{log[-1].stage} pass {log[-1].epoch}" == stop:
            raise KeyboardInterrupt

    monkeypatch.setattr(RunFolder, "write_log", interrupt)
    out = tmp_path / "run"
    assert run(walkers, out) == 130
    assert f"--resume {out}" in capsys.readouterr().err
    monkeypatch.undo()
    assert train.main(["--resume", str(out)]) == 0
    assert all(map(np.array_equal, vectors(finished), vectors(out)))
    logs = [[line.rsplit(",", 1)[0] for line in (f / "log.csv").read_text().splitlines()] for f in (finished, out)]
    assert logs[0] == logs[1]
    results = [json.loads((folder / "result.json").read_text()) for folder in (finished, out)]
    assert results[0]["sequences"] == results[1]["sequences"]


def test_a_finished_run_can_be_resumed_and_says_the_same(finished, tmp_path, capsys):
    copy = shutil.copytree(finished, tmp_path / "copy")
    assert train.main(["--resume", str(copy), "--json"]) == 0
    again = json.loads(capsys.readouterr().out)
    before = json.loads((finished / "result.json").read_text())
    assert again["sequences"] == before["sequences"]
    assert again["lstm_training"] == before["lstm_training"]


@pytest.mark.compiled(reason="trains in a process of its own, which is not measured")
@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_termination_has_its_exit_code_and_keeps_the_checkpoint(walkers, tmp_path):
    out = tmp_path / "run"
    command = [sys.executable, "-m", "seqdl.train", "--dataset", "folder", "--data-dir", str(walkers)]
    command += ["--out", str(out), "--set", "convnet.epochs=9999", "--set", "convnet.patience=9999", "--workers", "1"]
    with (tmp_path / "log").open("w+") as log, subprocess.Popen(command, stderr=log, stdout=log) as process:
        until = time.monotonic() + 100
        while not (out / "convnet.npz").exists():
            assert process.poll() is None, (tmp_path / "log").read_text()
            assert time.monotonic() < until
            time.sleep(0.1)
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 143
    assert checkpoint.read(out / "convnet.npz")[1]["schedule"]["epoch"] >= 1
    assert "Traceback" not in (tmp_path / "log").read_text()


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_every_evaluation_is_noted(walkers, finished, tmp_path, capsys):
    copy = shutil.copytree(finished, tmp_path / "copy")
    [first] = lines(copy / "evaluations.jsonl")
    result = json.loads((copy / "result.json").read_text())
    assert result["evaluated"] == {"date": first["date"], "kind": "test", "ledger": "evaluations.jsonl"}
    assert first["kind"] == "test"
    assert first["persons"] == result["split"]["test_persons"]
    assert first["config"] == json.loads((copy / "config.json").read_text())
    assert (first["voting"], first["lstm"]) == (result["voting"]["accuracy"], result["lstm"]["accuracy"])
    others = shutil.copytree(walkers, tmp_path / "others")
    (tmp_path / "crossval.json").write_text("{}")
    assert evaluate.main([str(copy), "--workers", "1"]) == 0
    assert evaluate.main([str(copy), "--data-dir", str(others), "--workers", "1"]) == 0
    assert [line["kind"] for line in lines(copy / "evaluations.jsonl")] == ["test", "test", "other"]
    assert [line["kind"] for line in lines(tmp_path / "evaluations.jsonl")] == ["test", "other"]
    shutil.rmtree(others)
    (tmp_path / "evaluations.jsonl").unlink()
    (tmp_path / "evaluations.jsonl").mkdir()
    capsys.readouterr()
    assert evaluate.main([str(copy), "--workers", "1"]) == 1
    out, err = capsys.readouterr()
    assert "evaluations.jsonl" in err
    assert out == ""


def test_an_inner_split_never_reads_a_test_person(walkers, tmp_path, monkeypatch, capsys):
    """The videos of the test person are no videos here, and nothing is said about that."""
    data, probe = shutil.copytree(walkers, tmp_path / "data"), tmp_path / "probe"
    inner = ["--set", "data.inner=leave-one-person-out", "--set", "convnet.epochs=1", "--set", "lstm.epochs=1"]
    assert run(data, probe, *inner) == 0
    [held_back] = json.loads((probe / "result.json").read_text())["split"]["held_back"]
    for file in data.glob(f"*/{held_back}_*.avi"):
        file.write_text("no video")
    capsys.readouterr()
    assert run(data, tmp_path / "run", *inner) == 0
    assert "left out" not in capsys.readouterr().err
    result = json.loads((tmp_path / "run" / "result.json").read_text())
    assert held_back not in {*result["split"]["train_persons"], *result["split"]["test_persons"]}
    assert result["evaluated"]["kind"] == lines(tmp_path / "run" / "evaluations.jsonl")[0]["kind"] == "inner"
    assert "for choosing settings" in (tmp_path / "run" / "report.md").read_text()
    assert vectors(probe)[0].tobytes() == vectors(tmp_path / "run")[0].tobytes()


def test_only_some_persons(walkers, tmp_path):
    assert run(walkers, tmp_path / "run", "--set", 'data.only=["ann", "cec"]', "--set", "convnet.epochs=1") == 0
    result = json.loads((tmp_path / "run" / "result.json").read_text())
    assert sorted(result["split"]["train_persons"] + result["split"]["test_persons"]) == ["ann", "cec"]
    assert result["dataset"]["sequences"] == 8


def test_the_control_leaves_the_convnet_untrained(walkers, tmp_path, capsys):
    from seqdl.model.recogniser import Recogniser
    from seqdl.runs.folder import RunFolder
    from seqdl.training.randomness import generator

    out = tmp_path / "run"
    assert run(walkers, out, "--set", "convnet.epochs=0") == 0
    result = json.loads((out / "result.json").read_text())
    assert (result["convnet"]["epochs"], result["convnet"]["updates"]) == (0, 0)
    assert result["convnet"]["stopped"] == "not trained"
    assert result["lstm_training"]["epochs"] == 4
    config = RunFolder(out).config
    fresh = Recogniser(config, ("moving", "swinging"), generator(config.seed, config.data.draw, "initial weights"))
    assert np.array_equal(vectors(out)[0], fresh.describer.convnet.parameters.vector)
    assert "This is a control" in (out / "report.md").read_text()
    assert (out / "learning.png").exists()
    assert train.main(["--resume", str(out)]) == 0
    assert json.loads((out / "result.json").read_text())["sequences"] == result["sequences"]


def test_evaluating_again_gives_the_same_numbers(finished, capsys):
    assert evaluate.main([str(finished), "--workers", "1", "--json"]) == 0
    again = json.loads(capsys.readouterr().out)
    before = json.loads((finished / "result.json").read_text())
    assert again["sequences"] == before["sequences"]
    page = finished.with_name("again")
    assert evaluate.main([str(finished), "--workers", "1", "--out", str(page)]) == 0
    assert f"{finished} on folder" in (page / "report.html").read_text(encoding="utf-8")
    assert "%" in capsys.readouterr().out


def test_predicting_a_video(finished, walkers, capsys):
    video = walkers / "moving" / "ann_0.avi"
    assert predict.main([str(finished), str(video), "--json"]) == 0
    [prediction] = json.loads(capsys.readouterr().out)["videos"]
    assert prediction["label"] in ("moving", "swinging")
    assert sum(prediction["probabilities"].values()) == pytest.approx(1, abs=1e-3)
    assert sum(prediction["votes"].values()) == pytest.approx(1, abs=1e-3)
    assert prediction["frames"] == 24
    assert prediction["timeline"][0]["seconds"] == pytest.approx(4.5 / 25)
    assert len(prediction["timeline"]) <= 24 - 8
    assert predict.main([str(finished), str(video)]) == 0
    assert prediction["label"] in capsys.readouterr().out


def test_one_bad_video_among_good_ones(finished, walkers, tmp_path, capsys):
    bad = tmp_path / "bad.avi"
    bad.write_text("this is no video")
    assert predict.main([str(finished), str(bad), str(walkers / "moving" / "ann_0.avi"), "--json"]) == 1
    out, err = capsys.readouterr()
    assert len(json.loads(out)["videos"]) == 1
    assert "bad.avi" in err
    assert "Traceback" not in err


def one_line(capsys, *words):
    lines = [line for line in capsys.readouterr().err.splitlines() if "error:" in line]
    assert len(lines) == 1
    assert all(word in lines[0] for word in words), lines


@pytest.mark.parametrize(
    "options, code, words",
    [
        (["--dataset", "kht"], 2, ["kht", "kth"]),
        (["--dataset", "kth"], 2, ["--data-dir"]),
        (["--dataset", "kth", "--data-dir", "nowhere"], 2, ["nowhere"]),
        (["--set", "convnet.lerning_rate=1"], 2, ["lerning_rate", "learning_rate"]),
        (["--set", "convnet.epochs=many"], 2, ["convnet.epochs"]),
        (["--set", "convnet.epochs=-1"], 2, ["convnet.epochs"]),
        (["--set", "lstm.epochs=0"], 2, ["lstm.epochs"]),
        (["--set", "data.inner=magic"], 2, ["magic"]),
        (["--set", "data.inner_draw=99", "--set", "data.inner=leave-one-person-out"], 2, ["data.inner_draw", "from 1"]),
        (["--set", "data.only=nobody"], 2, ["nobody"]),
        (["--set", "convnet.learning_rate=-1"], 2, ["convnet.learning_rate"]),
        (["--set", "convnet.learning_rate=inf"], 2, ["convnet.learning_rate"]),
        (["--set", "lstm.input_gate_bias=nan"], 2, ["lstm.input_gate_bias"]),
        (["--set", "lcn.size=6"], 2, ["lcn.size"]),
        (["--set", "convnet.rows=53"], 2, ["S1"]),
        (["--config", "nothing.toml"], 2, ["nothing.toml"]),
        (["--draw", "9", "--protocol", "fixed"], 2, []),
        (["--draw", "1000000000"], 2, ["1000000000", "10000"]),
        (["--protocol", "magic"], 2, ["magic"]),
        (["--workers", "-1"], 2, ["--workers", "-1"]),
        (["--resume", "nothing"], 2, ["nothing"]),
        (["--resume", "nothing", "--seed", "3"], 2, ["--seed"]),
    ],
)
def test_wrong_usage_is_one_line_and_leaves_nothing(options, code, words, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    try:
        assert train.main(options) == code
    except SystemExit as stopped:
        assert stopped.code == code
    one_line(capsys, *words)
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_option_is_one_line(capsys):
    with pytest.raises(SystemExit) as stopped:
        train.main(["--fast"])
    assert stopped.value.code == 2
    one_line(capsys, "--fast")


def test_a_dataset_of_one_person_or_one_class(walkers, tmp_path, capsys):
    alone = shutil.copytree(walkers, tmp_path / "alone")
    (alone / "persons.csv").write_text(
        (walkers / "persons.csv").read_text().replace(",bob", ",ann").replace(",cec", ",ann")
    )
    assert run(alone, tmp_path / "run") == 1
    one_line(capsys, "person")
    shutil.rmtree(alone / "moving")
    (alone / "persons.csv").unlink()
    assert run(alone, tmp_path / "run") == 1
    one_line(capsys, "class")
    assert not (tmp_path / "run").exists()


def test_no_name_of_a_file_loses_a_training(walkers, tmp_path, capsys):
    """Neither bytes that are no UTF-8 nor line breaks, on a terminal of plain ASCII; and the run goes on."""
    videos, out = tmp_path / os.fsdecode(b"vid\xe9os"), tmp_path / os.fsdecode("ö".encode() + b"\xff")
    names = {"ann": "ann\x1b[31m.avi", "bob": "two\nlines.avi", "cec": os.fsdecode(b"caf\xe9.avi")}
    rows = ["file,person"]
    for label in ("moving", "swinging"):
        odd = os.fsdecode(b"\xff " + label.encode())
        (videos / odd).mkdir(parents=True)
        for person, name in names.items():
            shutil.copy(walkers / label / f"{person}_0.avi", videos / odd / name)
            rows.append(words.printable(f"{odd}/{name},{person}"))
    (videos / "persons.csv").write_text("\n".join(rows))
    environment = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"}

    def seqdl(name, *options):
        command = [sys.executable, "-m", f"seqdl.{name}", *map(str, options)]
        done = subprocess.run(command, capture_output=True, env=environment, check=False, timeout=300)
        assert done.returncode == 0, done.stderr
        return done.stdout.decode("ascii")

    assert r"\udcff moving" in seqdl("train", "--dataset", "folder", "--data-dir", videos, "--out", out, *SHORT, *ONCE)
    first = json.loads((out / "result.json").read_text(encoding="utf-8"))
    assert first["dataset"]["classes"] == [r"\udcff moving", r"\udcff swinging"]
    assert r"\udcff moving" in (out / "report.md").read_text(encoding="utf-8")
    (out / "result.json").unlink()
    assert train.main(["--resume", str(out), "--workers", "1"]) == 0
    again = json.loads((out / "result.json").read_text(encoding="utf-8"))
    assert again["sequences"] == first["sequences"] and len((out / "evaluations.jsonl").read_bytes().splitlines()) == 2
    video = videos / os.fsdecode(b"\xff moving") / names["cec"]
    assert r"vid\udce9os/\udcff moving/caf\udce9.avi: \udcff" in seqdl("predict", out, video)
    capsys.readouterr()
    assert predict.main([str(out), str(video), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["videos"][0]["video"] == str(video)


def test_damaged_and_short_videos_are_left_out_and_named(walkers, tmp_path, capsys):
    damaged = shutil.copytree(walkers, tmp_path / "damaged")
    (damaged / "moving" / "ann_0.avi").write_bytes(b"")
    (damaged / "moving" / "bob_0.avi").write_text("no video")
    assert run(damaged, tmp_path / "run") == 0
    err = capsys.readouterr().err
    assert "left out" in err
    assert "ann_0.avi" in err
    assert "bob_0.avi" in err
    result = json.loads((tmp_path / "run" / "result.json").read_text())
    assert result["dataset"]["sequences"] == 10


@pytest.fixture(scope="module")
def everything(walkers, tmp_path_factory):
    """A run that was trained on all videos."""
    out = tmp_path_factory.mktemp("runs") / "everything"
    assert run(walkers, out, "--protocol", "all", *ONCE) == 0
    return out


def test_who_trains_on_everything_claims_no_accuracy(walkers, everything, tmp_path, capsys):
    result = json.loads((everything / "result.json").read_text())
    assert result["split"]["test_persons"] == [] and len(result["split"]["train_persons"]) == 3
    assert result["lstm"] is result["voting"] is result["windows"] is None and result["sequences"] == []
    assert not (everything / "evaluations.jsonl").exists()
    assert "no accuracy is known" in (everything / "report.md").read_text()
    assert train.main(["--resume", str(everything)]) == 0
    assert "nothing was tested: no accuracy is known" in capsys.readouterr().out
    assert predict.main([str(everything), str(walkers / "moving" / "ann_0.avi"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["videos"][0]["label"] in ("moving", "swinging")
    assert evaluate.main([str(everything), "--workers", "1"]) == 1
    one_line(capsys, "was trained on everything and tests nothing: name another dataset with --dataset")
    assert figures.main([str(everything), "--out", str(tmp_path)]) == 1
    one_line(capsys, "has tested nothing")
    data = ["--dataset", "folder", "--data-dir", str(walkers), "--protocol", "all"]
    assert crossval.main([*data, "--out", str(tmp_path / "all")]) == 2
    one_line(capsys, "--protocol all tests nobody, so that nothing can be cross-validated")
    assert not (tmp_path / "all").exists()


def test_another_dataset_may_have_other_names(walkers, finished, tmp_path, capsys):
    """Links, so that nothing is prepared anew but what has another name."""
    others = tmp_path / "others"
    others.mkdir()
    (others / "going").symlink_to(walkers / "moving")
    (others / "swinging").symlink_to(walkers / "swinging")
    copy = shutil.copytree(finished, tmp_path / "copy")
    command = [str(copy), "--data-dir", str(others), "--workers", "1", "--person-pattern", "{person}_#"]
    assert evaluate.main([*command, "--map", "moving=going", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["names"] == {"going": "moving"} and told["lstm"]["count"] == 12
    assert told["notes"] == ["8 of 12 sequences are of persons that the run learned from, and no unseen ones."]
    assert {entry["label"] for entry in told["sequences"]} == {"moving", "swinging"}
    assert {entry["person"] for entry in told["sequences"]} == {"ann", "bob", "cec"}
    for given, message in (
        ("moving", "--map moving: write a class of the run and one of the dataset"),
        ("movin=going", "--map movin=going: the run knows no movin; did you mean moving?"),
        ("moving=goin", "--map moving=goin: the dataset has no goin; did you mean going?"),
    ):
        assert evaluate.main([*command, "--map", given]) == 2
        one_line(capsys, message)
    assert evaluate.main([*command, "--map", "moving=going", "--map", "swinging=going"]) == 2
    one_line(capsys, "going is moving already; map it once")
    assert evaluate.main([str(copy), "--map", "moving=going"]) == 2
    one_line(capsys, "--map moving=going: names classes of another dataset: name that with --dataset")


def test_many_notes_on_videos_are_counted(monkeypatch):
    from seqdl.config import Config
    from seqdl.evaluation import job
    from seqdl.stores.base import Store

    noisy = SimpleNamespace(prepare=lambda *_: Store({}, {}, [f"note {number}" for number in range(9)]))
    monkeypatch.setattr(job.describers, "kind", lambda config: noisy)
    said = []
    job.prepare(Config(backend="numpy"), None, 1, said.append)
    assert said[:5] == [f"note: note {number}" for number in range(5)]
    assert said[5:] == ["note: 4 more notes on single videos, all of them in result.json"]
    job.prepare(Config(backend="numpy"), None, 1, said.append, "the notes")
    assert said[-1] == "note: 4 more notes on single videos, all of them in the notes"


def test_an_existing_run_folder_is_not_touched(walkers, finished, capsys):
    before = {path.name: path.stat().st_mtime_ns for path in finished.iterdir()}
    assert run(walkers, finished) == 2
    one_line(capsys, "--resume")
    assert before == {path.name: path.stat().st_mtime_ns for path in finished.iterdir()}


def test_an_output_folder_that_cannot_be_made(walkers, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("seqdl.stores.frames.prepare", None)  # it must be noticed before anything is prepared
    (tmp_path / "file").write_text("")
    assert run(walkers, tmp_path / "file" / "run") == 1
    one_line(capsys, "file")


def test_a_run_folder_that_cannot_be_filled_leaves_nothing(walkers, tmp_path, capsys, monkeypatch):
    from seqdl.base import files
    from seqdl.errors import SeqdlError

    original = files.write_json

    def full(path, value):
        if path.name == "env.json":
            raise SeqdlError(f"cannot write {path}: No space left on device")
        original(path, value)

    monkeypatch.setattr(files, "write_json", full)
    assert run(walkers, tmp_path / "run") == 1
    one_line(capsys, "No space left")
    assert not (tmp_path / "run").exists()


def test_runs_that_start_together_never_share_a_folder(tmp_path, monkeypatch):
    from seqdl.config import load
    from seqdl.runs import folder as run_folder

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Path, "exists", lambda self: False)  # the other run makes the folder just after one has looked
    first, second = (run_folder._free(load()) for _ in [(tmp_path / "runs").mkdir(), None])
    assert first != second


def test_a_run_goes_on_after_its_videos_have_moved(finished, walkers, tmp_path, capsys):
    copy, moved = shutil.copytree(finished, tmp_path / "copy"), shutil.copytree(walkers, tmp_path / "moved")
    config = json.loads((copy / "config.json").read_text())
    config["data"]["data_dir"] = "gone"
    (copy / "config.json").write_text(json.dumps(config))
    assert train.main(["--resume", str(copy)]) == 2
    one_line(capsys, "gone", "--data-dir")
    for options in (["--data-dir", str(moved)], []):  # the second time it knows
        assert train.main(["--resume", str(copy), "--workers", "1", *options]) == 0
    results = [json.loads((folder / "result.json").read_text()) for folder in (finished, copy)]
    assert results[0]["sequences"] == results[1]["sequences"]
    (moved / "moving").rename(moved / "turning")
    (moved / "persons.csv").write_text((walkers / "persons.csv").read_text().replace("moving/", "turning/"))
    capsys.readouterr()
    assert train.main(["--resume", str(copy), "--workers", "1"]) == 1
    one_line(capsys, "convnet.npz", "other classes")


@pytest.mark.parametrize("name", ["convnet.npz", "lstm.npz", "config.json"])
def test_a_damaged_run_folder_is_named(finished, walkers, tmp_path, capsys, name):
    copy = shutil.copytree(finished, tmp_path / "copy")
    (copy / name).write_bytes((copy / name).read_bytes()[:100])
    assert predict.main([str(copy), str(walkers / "moving" / "ann_0.avi")]) == 1
    one_line(capsys, name)


def test_damage_in_a_run_folder_is_named(finished, tmp_path, capsys):
    copy = shutil.copytree(finished, tmp_path / "copy")
    shutil.copy(finished / "lstm.npz", copy / "convnet.npz")
    assert evaluate.main([str(copy)]) == 1
    one_line(capsys, "convnet.npz", "does not fit")
    shutil.copy(finished / "convnet.npz", copy / "convnet.npz")
    (copy / "result.json").write_text('{"x": 1}')
    assert evaluate.main([str(copy)]) == 1
    one_line(capsys, "result.json")


@pytest.mark.parametrize("content", ["[1]", '{"x": 1}', '{"convnet": 3}'])
def test_another_programs_config_json_is_named(finished, walkers, tmp_path, capsys, content):
    copy = shutil.copytree(finished, tmp_path / "copy")
    (copy / "config.json").write_text(content)
    for command in (predict.main, evaluate.main, train.main):
        video = [str(walkers / "moving" / "ann_0.avi")] * (command is predict.main)
        assert command(["--resume", str(copy)] if command is train.main else [str(copy), *video]) == 1
        one_line(capsys, "config.json")


def test_a_folder_that_is_no_run(tmp_path, capsys):
    assert predict.main([str(tmp_path), "video.avi"]) == 2
    one_line(capsys, "neither a run folder nor a video")


def test_a_collapse_is_named(walkers, tmp_path, capsys):
    assert run(walkers, tmp_path / "run", "--set", "convnet.learning_rate=1e9") == 1
    one_line(capsys, "collapsed", "convnet.learning_rate")


def test_debug_shows_the_traceback():
    from seqdl.errors import UsageError

    with pytest.raises(UsageError):
        train.main(["--dataset", "kht", "--debug"])


@pytest.mark.compiled(reason="compares with the compiled form, in a network that is large for plain Python")
def test_both_backends_run_the_whole_job_alike(walkers, tmp_path, capsys):
    few = ("convnet.window_step=8", "lstm.window_step=8", "lstm.epochs=1", "convnet.epochs=1")
    options = [part for setting in few for part in ("--set", setting)]
    results = []
    for backend in ("numba", "numpy"):
        out = tmp_path / backend
        assert run(walkers, out, *options, "--set", f"backend={backend}") == 0
        results.append(vectors(out))
    for fast, slow in zip(*results):
        assert np.linalg.norm(fast - slow) < 1e-3 * np.linalg.norm(slow)
    assert Path(tmp_path / "numpy" / "report.md").exists()


def test_whoever_evaluates_on_what_was_learned_is_told(walkers, finished, tmp_path):
    others = tmp_path / "others"
    others.mkdir()
    (others / "moving").symlink_to(walkers / "moving")
    copy = shutil.copytree(finished, tmp_path / "copy")
    result = json.loads((copy / "result.json").read_text())
    result["dataset"]["unit"], result["split"]["train_persons"] = "video", ["moving/ann_0.avi", "moving/cec_1.avi"]
    (copy / "result.json").write_text(json.dumps(result))
    assert evaluate.main([str(copy), "--data-dir", str(others), "--out", str(tmp_path / "page")]) == 0
    told = (tmp_path / "page" / "report.md").read_text()
    assert "Note: 2 of 6 sequences are of videos that the run learned from, and no unseen ones." in told


def test_other_videos_of_ones_own_are_evaluated_whole(finished, walkers, tmp_path, capsys):
    others = shutil.copytree(walkers, tmp_path / "others")
    assert evaluate.main([str(finished), "--data-dir", str(others), "--workers", "1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["lstm"]["count"] == 12


def test_bad_videos_among_good_ones_are_evaluated_without(finished, walkers, tmp_path, capsys):
    others = shutil.copytree(walkers, tmp_path / "others")
    bad = ["moving/ann_0.avi", "swinging/cec_1.avi"]
    for name in bad:
        (others / name).write_text("no video")
    command = [str(finished), "--data-dir", str(others), "--workers", "1"]
    assert evaluate.main([*command, "--json"]) == 1
    out, err = capsys.readouterr()
    found = json.loads(out)
    assert found["lstm"]["count"] == 10 and list(found["skipped"]) == bad
    assert [line.split(":")[1].strip() for line in err.splitlines() if line.startswith("left out: ")] == bad
    assert evaluate.main(command) == 1
    assert "%" in capsys.readouterr().out
    for video in others.rglob("*.avi"):
        video.write_text("no video")
    assert evaluate.main(command) == 1
    out, err = capsys.readouterr()
    assert out == "" and err.count("left out: ") == 12 and "error: no sequence of folder" in err.splitlines()[-1]


@pytest.mark.compiled(reason="nothing is compiled without Numba's compiler")
def test_the_first_run_says_that_it_compiles(walkers, tmp_path, monkeypatch, capsys):
    from seqdl.evaluation import estimate

    monkeypatch.setattr(estimate, "compiled_folder", lambda: tmp_path / "nothing here")
    assert run(walkers, tmp_path / "run", "--set", "convnet.epochs=1") == 0
    assert "compiled when they are first needed" in capsys.readouterr().err
