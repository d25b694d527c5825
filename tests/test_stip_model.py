"""The engineered baseline in the whole job: trained, resumed, evaluated, told, and refused where it makes no sense."""

import json
import os
import shutil

import av
import numpy as np
import pytest

from seqdl import crossval, evaluate, info, predict, train
from seqdl import report as tabulate
from seqdl.baseline.scales import POINT
from seqdl.config import load
from seqdl.datasets.base import Sequence
from seqdl.errors import GeometryError, SeqdlError
from seqdl.model import checkpoint
from seqdl.model.describers.base import Steps
from seqdl.model.recogniser import Recogniser
from seqdl.reports import page
from seqdl.runs.folder import RunFolder
from seqdl.stores.points import PointStore
from seqdl.training import loop, stages

pytestmark = pytest.mark.usefixtures("undrawn")

SHORT = ["--model", "stip-lstm", "--set", "lstm.epochs=4", "--workers", "1"]
if os.environ.get("NUMBA_DISABLE_JIT", "0") != "0":  # no compiled kernels: the equations in NumPy are quicker
    SHORT += ["--set", "backend=numpy"]
FILES = {"config.json", "env.json", "log.csv", "lstm.npz", "result.json", "report.md", "evaluations.jsonl"}


def run(data, out, *more):
    return train.main(["--dataset", "folder", "--data-dir", str(data), "--out", str(out), *SHORT, *more])


def result_of(folder):
    return json.loads((folder / "result.json").read_text())


def write(file, pictures):
    with av.open(str(file), "w") as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt, stream.bit_rate = 80, 60, "yuv420p", 400_000
        for picture in pictures:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, "gray")))
        container.mux(stream.encode())


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """A square jumps or swings to and fro; in each person's second video of swinging nothing moves: it has no point."""
    folder = tmp_path_factory.mktemp("data")
    rows = ["file,person"]
    for label in ("jumping", "swinging"):
        (folder / label).mkdir()
        for number, person in enumerate(("ann", "bob", "cec")):
            for clip in range(2):
                pictures = np.full((24, 60, 80), 90, np.uint8)
                for t, picture in enumerate(pictures):
                    there = 12 * ((t + clip) % 6 > 2)
                    y, x = (14 + there, 30 + number) if label == "jumping" else (20, 24 + number + there)
                    if label == "jumping" or clip == 0:
                        picture[y : y + 18, x : x + 18] = 200
                write(folder / label / f"{person}_{clip}.avi", pictures)
                rows.append(f"{label}/{person}_{clip}.avi,{person}")
    (folder / "persons.csv").write_text("\n".join(rows) + "\n")
    return folder


@pytest.fixture(scope="module")
def finished(data, tmp_path_factory):
    out = tmp_path_factory.mktemp("runs") / "first"
    assert run(data, out) == 0
    return out


def test_the_whole_job_leaves_a_run_folder(finished):
    names = {path.name for path in finished.iterdir()}
    assert names >= FILES
    assert "convnet.npz" not in names
    result = result_of(finished)
    assert (result["model"], result["convnet"], result["voting"], result["windows"]) == ("stip-lstm", None, None, None)
    assert result["lstm"]["count"] == len(result["sequences"]) == 4
    assert result["lstm_training"]["parameters"] == 3 * 50 * (90 + 50 + 1) + 2 * 51
    assert result["lstm_training"]["updates"] == 4 * (2 * 4 - 2) * 2  # both copies of what has points
    assert result["dataset"]["frames"] == 12 * 24
    assert all(entry["voting"] is None for entry in result["sequences"])
    [noted] = [json.loads(line) for line in (finished / "evaluations.jsonl").read_text().splitlines()]
    assert (noted["voting"], noted["lstm"]) == (None, result["lstm"]["accuracy"])


def test_sequences_without_points_are_decided_by_the_prior_and_counted(finished):
    result = result_of(finished)
    assert result["without_points"] == 1
    [empty] = [entry for entry in result["sequences"] if not entry["steps"]]
    assert empty["label"] == "swinging"
    assert (empty["lstm"], empty["probability"], empty["timeline"]) == ("jumping", 0.5, [])  # a tie: the first class
    assert np.allclose(Recogniser.load(finished).prior, 0.5)


def test_the_report_and_the_screens_speak_of_what_there_is(finished, data, capsys):
    text = (finished / "report.md").read_text(encoding="utf-8")
    assert (
        "Harris-3D + LSTM" in text
        and "1 of 4 test sequences have no interest point" in text
        and "| model | stip-lstm" in text
    )
    assert "voting" not in text.lower() and "3D-ConvNet" not in text and "confusion.png" in text
    assert evaluate.main([str(finished), "--workers", "1"]) == 0
    screen = capsys.readouterr().out
    assert "Harris-3D + LSTM" in screen and "voting" not in screen
    assert tabulate.main([str(finished)]) == 0
    assert "stip" in capsys.readouterr().out


def test_evaluating_again_gives_the_same_numbers(finished, data, tmp_path, capsys):
    assert evaluate.main([str(finished), "--workers", "1", "--json"]) == 0
    again, before = json.loads(capsys.readouterr().out), result_of(finished)
    assert again["sequences"] == before["sequences"] and again["without_points"] == 1
    others = shutil.copytree(data, tmp_path / "others")
    assert evaluate.main([str(finished), "--data-dir", str(others), "--workers", "1", "--json"]) == 0
    other = json.loads(capsys.readouterr().out)
    assert (other["lstm"]["count"], other["without_points"]) == (12, 3)


@pytest.mark.parametrize("stop", [1, 4])
def test_an_interrupted_run_goes_on_to_the_same_result(data, finished, tmp_path, monkeypatch, capsys, stop):
    original = RunFolder.write_log

    def interrupt(folder, log):
        original(folder, log)
        if len(log) == stop:
            raise KeyboardInterrupt

    monkeypatch.setattr(RunFolder, "write_log", interrupt)
    assert run(data, tmp_path / "run") == 130
    monkeypatch.undo()
    assert f"--resume {tmp_path / 'run'}" in capsys.readouterr().err
    assert train.main(["--resume", str(tmp_path / "run")]) == 0
    assert result_of(tmp_path / "run")["sequences"] == result_of(finished)["sequences"]
    stored = [checkpoint.read(folder / "lstm.npz")[0] for folder in (finished, tmp_path / "run")]
    assert all(np.array_equal(stored[0][name], stored[1][name]) for name in stored[0])


def test_predicting(finished, data, capsys):
    videos = [str(data / name) for name in ("jumping/ann_0.avi", "swinging/ann_1.avi")]
    assert predict.main([str(finished), *videos, "--json"]) == 0
    moving, still = json.loads(capsys.readouterr().out)["videos"]
    assert (moving["voting"], moving["votes"], moving["seen"], moving["frames"]) == (None, None, None, 24)
    assert sum(moving["probabilities"].values()) == pytest.approx(1, abs=1e-3)
    times = [step["seconds"] for step in moving["timeline"]]
    assert times == sorted(times) and times[0] >= 6 / 25 and times[-1] <= 17 / 25
    assert (still["label"], still["timeline"]) == ("jumping", [])
    assert predict.main([str(finished), *videos]) == 0
    said = capsys.readouterr().out
    assert "voting" not in said and "no interest points" in said


def test_a_run_says_the_same_of_a_video_as_predicting_it(finished, data, capsys):
    entry = next(one for one in result_of(finished)["sequences"] if one["steps"])
    [video] = data.glob(f"{entry['name']}*")
    assert predict.main([str(finished), str(video), "--json"]) == 0
    [prediction] = json.loads(capsys.readouterr().out)["videos"]
    assert (prediction["label"], len(prediction["timeline"])) == (entry["lstm"], entry["steps"])
    assert prediction["probability"] == entry["probability"]


def test_points_that_are_left_out_are_left_out_everywhere(data, finished, tmp_path, capsys):
    assert run(data, tmp_path / "run", "--set", "stip.points=2") == 0
    assert {entry["steps"] for entry in result_of(tmp_path / "run")["sequences"]} == {0, 2}
    capsys.readouterr()
    assert predict.main([str(tmp_path / "run"), str(data / "jumping/ann_0.avi"), "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["videos"][0]["timeline"]) == 2


def one_line(capsys, *words):
    lines = [line for line in capsys.readouterr().err.splitlines() if "error:" in line]
    assert len(lines) == 1
    assert all(word in lines[0] for word in words), lines


@pytest.mark.parametrize(
    "options, words",
    [
        (["--control"], ["--control", "stip-lstm"]),
        (["--model", "stip"], ["model = stip", "stip-lstm"]),
        (["--set", "stip.points=-1"], ["stip.points"]),
        (["--set", "lstm.cells=0"], ["lstm.cells"]),
        (["--resume", "nothing"], ["--model"]),
    ],
)
def test_wrong_usage_is_one_line_and_leaves_nothing(data, tmp_path, monkeypatch, capsys, options, words):
    monkeypatch.chdir(tmp_path)
    given = ["--dataset", "folder", "--data-dir", str(data)] if "--resume" not in options else []
    assert train.main([*given, *SHORT, *options]) == 2
    one_line(capsys, *words)
    assert list(tmp_path.iterdir()) == []


def test_a_rule_for_the_box_is_refused(finished, data, capsys):
    assert predict.main([str(finished), str(data / "jumping/ann_0.avi"), "--box", "track"]) == 2
    one_line(capsys, "--box track", "stip-lstm")


def test_damage_and_collapse_are_named(finished, data, tmp_path, capsys):
    copy = shutil.copytree(finished, tmp_path / "copy")
    (copy / "lstm.npz").write_bytes((copy / "lstm.npz").read_bytes()[:100])
    assert predict.main([str(copy), str(data / "jumping/ann_0.avi")]) == 1
    one_line(capsys, "lstm.npz")
    (copy / "lstm.before.npz").unlink()  # to which it would go back
    result = result_of(finished)
    (copy / "result.json").write_text(json.dumps({**result, "voting": result["lstm"]}))
    assert train.main(["--resume", str(copy)]) == 1
    one_line(capsys, "lstm.npz")
    with pytest.raises(SeqdlError, match=r"result\.json is damaged: sequences\[0\] lacks a decision"):
        page.write(RunFolder(copy))
    assert run(data, tmp_path / "run", "--set", "lstm.learning_rate=1e9") == 1
    one_line(capsys, "collapsed", "lstm.learning_rate")


def test_nothing_to_learn_from_is_one_line():
    recogniser = Recogniser(load(settings=["model=stip-lstm", "backend=numpy"]), ("moving", "swinging"))
    empty = PointStore({"still": (0, 0)}, {}, [], np.empty(0, POINT), np.empty((0, 90), np.float32))
    with pytest.raises(SeqdlError, match="no training sequence has any interest point"):
        stages.training_features(recogniser, empty, [Sequence("still", None, "moving", "ann")])


def test_the_prior_is_the_share_of_the_training_sequences(rng, tmp_path):
    """Those without points count too, and the checkpoint keeps it."""
    settings = ["model=stip-lstm", "backend=numpy", "lstm.cells=3", "lstm.epochs=1", "lstm.copies=none"]
    recogniser = Recogniser(load(settings=settings), ("a", "b"), rng)
    spans = {"x": (0, 4), "y": (4, 0), "z": (4, 3)}
    made = PointStore(spans, {}, [], np.zeros(7, POINT), rng.random((7, 90), np.float32))
    sequences = [Sequence(name, None, label, "ann") for name, label in (("x", "b"), ("y", "b"), ("z", "a"))]
    log = []
    [stage] = stages.stages(recogniser, made, sequences, tmp_path)
    loop.train(stage, tmp_path / "lstm.npz", (0, 1), {}, log, lambda epoch: None)
    assert recogniser.prior == pytest.approx([1 / 3, 2 / 3])
    assert checkpoint.read(tmp_path / "lstm.npz")[0]["prior"] == pytest.approx([1 / 3, 2 / 3])
    assert log[0].updates == 2


@pytest.mark.parametrize("loss", ["cross_entropy", "squared_error"])
def test_the_prior_decides_where_there_is_no_step(rng, loss):
    settings = ["model=stip-lstm", "backend=numpy", "lstm.cells=3", f"lstm.loss={loss}"]
    recogniser = Recogniser(load(settings=settings), ("a", "b", "c"), rng)
    recogniser.prior[:] = 0.2, 0.4, 0.4
    nothing = np.empty((0, 3))
    decision = recogniser.decide(Steps(np.empty((0, 90), np.float32), nothing))
    assert decision.lstm == 1
    assert recogniser.probabilities(decision.accumulated) == pytest.approx([0.2, 0.4, 0.4], abs=1e-5)
    read = recogniser.decide(Steps(rng.random((5, 90), np.float32), nothing))
    assert read.steps.shape == (5, 3) and "voting" not in read.ways


def test_its_geometry(capsys):
    assert info.main(["--json", "--set", "model=stip-lstm"]) == 0
    networks = json.loads(capsys.readouterr().out)
    assert list(networks) == ["lstm"]
    assert networks["lstm"]["layers"][0]["output"] == [90]
    assert networks["lstm"]["parameters"] == 3 * 50 * (90 + 50 + 1) + 6 * 51
    with pytest.raises(GeometryError, match="2 classes"):
        Recogniser(load(settings=["model=stip-lstm"]), ("one",))


def test_every_draw_and_its_summary(data, tmp_path, capsys):
    options = ["--dataset", "folder", "--data-dir", str(data), "--protocol", "leave-one-person-out", *SHORT]
    options += ["--only-persons", "ann", "bob", "--set", "convnet.epochs=0"]  # which is no control: there is none
    assert crossval.main([*options, "--out", str(tmp_path / "out")]) == 0
    out, err = capsys.readouterr()
    assert "Harris-3D + LSTM" in out and "3D-ConvNet" not in out
    assert "by the LSTM" in err and "voting" not in err and "permutation" not in out
    record = json.loads((tmp_path / "out" / "crossval.json").read_text())
    assert record["complete"] and len(record["runs"]) == 2
    for row in record["runs"].values():
        assert (row["model"], row["voting"], row["windows"], row["control"]) == ("stip-lstm", None, None, False)
        [counts] = row["persons"].values()
        assert counts == [4, None, row["lstm"]["correct"]]
    total = record["summary"]
    assert total["mean"]["voting"] is None and total["spread"]["draws"]["windows"] is None
    assert total["pooled"]["voting"] is None and total["lstm_against_voting"] is None
    assert total["pooled"]["lstm"]["count"] == 8
    name = next(iter(record["runs"]))
    assert (tmp_path / "out" / name / "report.md").exists()
