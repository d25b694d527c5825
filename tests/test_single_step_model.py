"""The single-step model from the command line: trained, interrupted, begun warm, reported, told, and refused."""

from __future__ import annotations

import csv
import json
import shutil
from dataclasses import replace

import numpy as np
import pytest

from seqdl import evaluate, figures, info, inspect, predict, report, train
from seqdl.base import cli
from seqdl.checks.single_step import single_step_cases
from seqdl.config import Config, SingleStepConfig, from_dict, load
from seqdl.datasets.options import add_data
from seqdl.errors import SeqdlError
from seqdl.evaluation import estimate as estimates
from seqdl.evaluation import job
from seqdl.interface import cross_validate, open_run
from seqdl.model import checkpoint
from seqdl.model.recogniser import Recogniser
from seqdl.presets import preset
from seqdl.runs.folder import RunFolder
from seqdl.runs.progress import progress
from seqdl.runs.settings import changes

pytestmark = pytest.mark.usefixtures("undrawn")

SIZES = (
    "convnet.rows=26", "convnet.columns=26", "convnet.c1_maps=2", "convnet.c1_kernel=[5,3,3]",
    "convnet.c2_kernel=[3,3,3]", "convnet.hidden=6", "lstm.cells=5",
)  # fmt: skip
SMALL = [part for setting in SIZES for part in ("--set", setting)]
NUMPY = ["--set", "backend=numpy", "--workers", "1"]


def run(walkers, out, *more, model="single-step", passes=3):
    given = ["--dataset", "folder", "--data-dir", str(walkers), "--out", str(out), "--model", model, *SMALL, *NUMPY]
    return train.main([*given, "--set", f"single_step.epochs={passes}", "--set", "single_step.crops=1", *more])


def theta(folder, name="single-step"):
    return checkpoint.read(folder / f"{name}.npz")[0]["theta"]


def result(folder):
    return json.loads((folder / "result.json").read_text())


def log(folder):
    with (folder / "log.csv").open(newline="") as lines:
        return [(row["stage"], int(row["epoch"])) for row in csv.DictReader(lines)]


@pytest.fixture(scope="module")
def finished(walkers, tmp_path_factory):
    out = tmp_path_factory.mktemp("runs") / "first"
    assert run(walkers, out) == 0
    return out


@pytest.fixture(scope="module")
def two_steps(walkers, tmp_path_factory):
    """The same networks, trained one after the other."""
    out = tmp_path_factory.mktemp("runs") / "two"
    passes = ["--set", "convnet.epochs=1", "--set", "lstm.epochs=1"]
    assert run(walkers, out, *passes, model="convnet-lstm") == 0
    return out


def test_the_whole_job_leaves_a_run_folder_with_one_stage(finished):
    names = {path.name for path in finished.iterdir()}
    assert {"single-step.npz", "log.csv", "result.json", "report.md"} <= names
    assert not {"convnet.npz", "lstm.npz"} & names
    assert log(finished) == [("single-step", 1), ("single-step", 2), ("single-step", 3)]
    values = result(finished)
    assert (values["model"], values["stages"], values["convnet"]) == ("single-step", ["single-step"], None)
    assert values["single-step"]["epochs"] == 3 and values["single-step"]["updates"] == 3 * 8
    assert values["single-step"]["parameters"] == len(theta(finished))
    assert values["voting"]["count"] == values["lstm"]["count"] == 4
    text = (finished / "report.md").read_text(encoding="utf-8")
    assert (
        "one error trains both" in text
        and "3D-ConvNet and LSTM as one" in text
        and "3D-ConvNet + voting" in text
        and "control" not in text
    )
    losses = [epoch.loss for epoch in RunFolder(finished).log]  # of guessing in each pass, however much the head counts
    assert losses == pytest.approx([np.log(2)] * 3, abs=0.15)
    assert progress(finished).share == 1 and "single-step pass 3/3" in progress(finished).text


def test_what_is_read_of_it_is_the_same_again(finished):
    run_of = open_run(finished)
    assert run_of.result.to_dict() == result(finished) and not run_of.result.control
    assert run_of.result.shown == ("windows", "voting", "lstm")
    both = Recogniser.load(RunFolder(finished)).both
    assert np.array_equal(both.parameters.vector, theta(finished))
    assert np.array_equal(both.convnet.parameters.vector, theta(finished)[: both.convnet.parameters.vector.size])


def test_a_run_from_before_there_was_this_model_is_read_as_before(two_steps, tmp_path, capsys):
    old = shutil.copytree(two_steps, tmp_path / "old")
    config = json.loads((old / "config.json").read_text())
    del config["single_step"]
    (old / "config.json").write_text(json.dumps(config))
    assert RunFolder(old).config == replace(RunFolder(two_steps).config, single_step=SingleStepConfig())
    assert Recogniser.load(RunFolder(old)).both is None
    assert train.main(["--resume", str(old), "--workers", "1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["sequences"] == result(two_steps)["sequences"]


def test_a_result_without_its_stage_is_damaged(finished, tmp_path, capsys):
    copy = shutil.copytree(finished, tmp_path / "copy")
    values = result(copy)
    del values["single-step"]
    (copy / "result.json").write_text(json.dumps(values))
    assert report.main([str(copy)]) == 1
    assert "single-step is missing" in capsys.readouterr().err


def test_an_interrupted_run_goes_on_to_the_same_bytes(walkers, finished, tmp_path, monkeypatch):
    after, out = job.RunFolder.write_log, tmp_path / "run"

    def interrupt(self, passes):
        after(self, passes)
        if len(passes) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(job.RunFolder, "write_log", interrupt)
    assert run(walkers, out) == 130
    monkeypatch.undo()
    assert not (out / "result.json").exists() and 0.6 < progress(out).share < 0.7
    assert train.main(["--resume", str(out), "--workers", "1"]) == 0
    stored, again = (checkpoint.read(folder / "single-step.npz")[0] for folder in (finished, out))
    assert {"theta", "velocity", "square", "evened", "counts"} <= set(stored)
    assert all(stored[name].tobytes() == again[name].tobytes() for name in stored)
    assert (stored["counts"] == 24).all() and (stored["evened"] > 0).any() and (stored["square"] > 0).any()
    assert result(out)["sequences"] == result(finished)["sequences"]


def test_passes_of_the_convnet_come_before_where_they_are_asked_for(walkers, tmp_path, monkeypatch):
    out = tmp_path / "run"
    assert run(walkers, out, "--set", "convnet.epochs=2", passes=1) == 0
    assert log(out) == [("convnet", 1), ("convnet", 2), ("single-step", 1)]
    assert result(out)["stages"] == ["convnet", "single-step"] and result(out)["convnet"]["epochs"] == 2
    size = len(theta(out, "convnet"))
    assert not np.array_equal(theta(out)[:size], theta(out, "convnet"))
    (out / "result.json").unlink()
    for at, share in ((1, 1 / 3), (2, 2 / 3)):
        lines = (out / "log.csv").read_text().splitlines(keepends=True)[: at + 1]
        (tmp_path / "part").mkdir(exist_ok=True)
        shutil.copy(out / "config.json", tmp_path / "part")
        (tmp_path / "part" / "log.csv").write_text("".join(lines))
        assert progress(tmp_path / "part").share == pytest.approx(share)


def test_a_control_leaves_the_convnet_as_it_was_drawn(walkers, tmp_path, capsys):
    out = tmp_path / "run"
    assert run(walkers, out, "--control", passes=1) == 0
    config = RunFolder(out).config
    assert (config.convnet.epochs, config.single_step.convnet_rate) == (0, 0)
    size = len(theta(out, "convnet"))
    assert np.array_equal(theta(out)[:size], theta(out, "convnet"))
    assert open_run(out).result.control and open_run(out).result.shown == ("lstm",)
    assert "This is a control" in (out / "report.md").read_text()
    assert report.main([str(out)]) == 0
    assert "draws (control)" in capsys.readouterr().out


def test_where_nothing_taught_the_head_voting_is_not_shown(walkers, tmp_path, capsys):
    out = tmp_path / "run"
    assert run(walkers, out, "--set", "single_step.head=0", passes=1) == 0
    screen, found = capsys.readouterr().out, open_run(out)
    assert "+ LSTM" in screen and "voting" not in screen
    assert not found.result.control and found.result.shown == ("lstm",)
    assert "Nothing taught the ConvNet to decide on windows" in (out / "report.md").read_text()
    assert report.main([str(out)]) == 0
    assert capsys.readouterr().out.splitlines()[-1].count(" - ") >= 2
    said = found.predict(next(walkers.glob("*/*.avi")))
    assert said.voting is None and said.votes is None and "voting" not in str(said)


def test_a_warm_start_has_the_other_runs_networks(walkers, two_steps, finished, tmp_path):
    """With rates of next to nothing it ends where it began."""
    still = ["--set", "single_step.learning_rate=1e-12", "--set", "single_step.convnet_rate=1e-12"]
    assert run(walkers, tmp_path / "warm", "--warm", str(two_steps), *still, passes=1) == 0
    expected = np.concatenate([theta(two_steps, "convnet"), theta(two_steps, "lstm")])
    assert theta(tmp_path / "warm") == pytest.approx(expected, abs=1e-8)
    assert result(tmp_path / "warm")["sequences"] == result(two_steps)["sequences"]
    assert log(tmp_path / "warm") == [("single-step", 1)]
    assert run(walkers, tmp_path / "again", "--warm", str(finished), *still, passes=1) == 0
    assert theta(tmp_path / "again") == pytest.approx(theta(finished), abs=1e-8)


def rename_classes(folder, classes):
    """What a finished run has learned, under other names; gives the names before."""
    for name in ("convnet.npz", "lstm.npz"):
        arrays, values = checkpoint.read(folder / name)
        checkpoint.save(folder / name, arrays, {**values, "classes": classes})
    return values["classes"]


@pytest.mark.parametrize("classes", [["moving", "swinging"], ["falling", "rising"]])
def test_two_steps_too_begin_with_the_other_runs_networks(walkers, two_steps, tmp_path, classes):
    """Of a run on other classes all but the output layers is taken, which begin with initial weights."""
    other, out = shutil.copytree(two_steps, tmp_path / "other"), tmp_path / "warm"
    assert rename_classes(other, classes) == ["moving", "swinging"]
    still = [f"{name}={value}" for name, value in (("learning_rate", "1e-12"), ("epochs", "1"))]
    given = [part for section in ("convnet", "lstm") for one in still for part in ("--set", f"{section}.{one}")]
    assert run(walkers, out, "--warm", str(other), *given, model="convnet-lstm") == 0
    assert open_run(out).result.dataset.classes == ("moving", "swinging")
    for found, before in zip(*(open_run(folder).recogniser.networks.values() for folder in (out, other))):
        for name, array in before.parameters.items():
            kept = classes[0] == "moving" or not name.startswith(("N2.", "output."))
            assert np.allclose(found.parameters[name], array, atol=1e-7) == (kept or not array.any()), name


def test_once_begun_a_warm_start_needs_the_other_run_no_more(walkers, two_steps, tmp_path):
    other = shutil.copytree(two_steps, tmp_path / "other")
    assert run(walkers, tmp_path / "run", "--warm", str(other), passes=1) == 0
    before = theta(tmp_path / "run")
    shutil.rmtree(other)
    assert train.main(["--resume", str(tmp_path / "run"), "--workers", "1"]) == 0
    assert np.array_equal(theta(tmp_path / "run"), before)


def test_what_cannot_be_a_beginning_is_refused(walkers, two_steps, tmp_path, capsys):
    def refused(*options, code=2, warm=two_steps):
        assert run(walkers, tmp_path / "none", "--warm", str(warm), *options) == code
        [line] = capsys.readouterr().err.strip().splitlines()
        assert not (tmp_path / "none").exists()
        return line

    assert "learned from" in refused("--draw", "2") and "name a run of the same draw" in refused("--draw", "2")
    assert "lstm.cells = 5, not 4" in refused("--set", "lstm.cells=4")
    assert "convnet.squash = plain, not scaled" in refused("--set", "convnet.squash=scaled")
    assert "convnet.epochs = 2" in refused("--set", "convnet.epochs=2")
    assert "--control" in refused("--control")
    assert "nothing: is no run folder" in refused(warm=tmp_path / "nothing")
    unfinished = shutil.copytree(two_steps, tmp_path / "unfinished")
    (unfinished / "result.json").unlink()
    assert "is not finished" in refused(code=1, warm=unfinished)
    classes = shutil.copytree(two_steps, tmp_path / "classes")
    rename_classes(classes, ["falling", "rising"])
    assert "it knows falling, rising, and here moving, swinging are learned" in refused(warm=classes)
    config = json.loads((two_steps / "config.json").read_text())
    stip = shutil.copytree(two_steps, tmp_path / "stip")
    (stip / "config.json").write_text(json.dumps(config | {"model": "stip-lstm"}))
    assert "a run of stip-lstm has no ConvNet" in refused(warm=stip)
    assert run(walkers, tmp_path / "none", "--warm", str(two_steps), model="stip-lstm") == 2
    assert "--warm begins with a trained ConvNet, and stip-lstm has none" in capsys.readouterr().err
    assert "is for the model convnet-lstm" in refused("--set", f"convnet.warm={two_steps}")
    assert run(walkers, tmp_path / "none", "--warm", str(two_steps), "--control", model="convnet-lstm") == 2
    assert "--control leaves the ConvNet untrained" in capsys.readouterr().err
    for options, expected in (
        (("--draw", "2"), "name a run of the same draw"),
        (("--set", "lstm.cells=4"), f"convnet.warm = {two_steps}: its networks are others: lstm.cells = 5, not 4"),
        (("--set", "convnet.epochs=0"), "convnet.epochs = 0 leaves the ConvNet untrained"),
    ):
        assert run(walkers, tmp_path / "none", "--warm", str(two_steps), *options, model="convnet-lstm") == 2
        assert expected in capsys.readouterr().err
    assert train.main(["--resume", str(two_steps), "--warm", str(two_steps)]) == 2
    assert "leave out --warm" in capsys.readouterr().err


def test_who_taught_the_run_that_a_run_began_with_counts_too(walkers, two_steps, tmp_path, capsys):
    """The second run names others as its own training persons; the first one's are known all the same."""
    assert run(walkers, tmp_path / "second", "--warm", str(two_steps), passes=1) == 0
    values = result(tmp_path / "second")
    values["split"]["train_persons"] = ["nobody"]
    (tmp_path / "second" / "result.json").write_text(json.dumps(values))
    assert run(walkers, tmp_path / "third", "--warm", str(tmp_path / "second"), "--draw", "2") == 2
    assert "it has learned from" in capsys.readouterr().err


def test_all_draws_begin_with_the_run_of_the_same_draw(walkers, tmp_path):
    """In this process; what is wrong with the run of any of them is found before the first."""
    still = {"epochs": 1, "crops": 1, "learning_rate": 1e-12, "convnet_rate": 1e-12, "warm": str(tmp_path / "two")}
    data = {"dataset": "folder", "data_dir": str(walkers), "protocol": "leave-one-person-out"}
    base = load(settings=[*SIZES, "backend=numpy"])
    two = from_dict({"data": data, "convnet": {"epochs": 1}, "lstm": {"epochs": 1}}, base)
    one = from_dict({"data": data, "model": "single-step", "convnet": {"epochs": 0}, "single_step": still}, base)
    assert cross_validate(two, out=tmp_path / "two").complete
    assert cross_validate(one, out=tmp_path / "one").complete
    for number in (1, 2, 3):
        began, ended = (tmp_path / name / f"draw{number}-seed0" for name in ("two", "one"))
        expected = np.concatenate([theta(began, "convnet"), theta(began, "lstm")])
        assert theta(ended) == pytest.approx(expected, abs=1e-8)
    shutil.rmtree(tmp_path / "two" / "draw2-seed0")
    assert cross_validate(one, out=tmp_path / "one").complete  # whoever is finished needs them no more
    with pytest.raises(SeqdlError, match="draw2-seed0: is no run folder"):
        cross_validate(one, out=tmp_path / "more")
    assert list((tmp_path / "more").glob("draw*")) == []


def test_commands_that_read_runs_read_this_one(walkers, finished, tmp_path, capsys):
    assert evaluate.main([str(finished), "--workers", "1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["sequences"] == result(finished)["sequences"]
    entry = result(finished)["sequences"][0]
    [video] = walkers.glob(f"{entry['name']}*")
    assert predict.main([str(finished), str(video), "--json"]) == 0
    [said] = json.loads(capsys.readouterr().out)["videos"]
    assert (said["label"], said["voting"]) == (entry["lstm"], entry["voting"])
    assert info.main(["--set", "model=single-step", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert list(told) == ["single-step"] and told["single-step"]["parameters"] == 17_169 + 25_956
    assert info.main(["--set", "model=single-step"]) == 0
    assert "3D-ConvNet (maps x frames x rows x columns) and LSTM as one: 43,125" in capsys.readouterr().out
    pytest.importorskip("matplotlib", reason="matplotlib is absent: pip install 'seqdl[plot]'")
    assert inspect.main([str(video), "--out", str(tmp_path / "look.png"), "--set", "model=single-step"]) == 0
    assert figures.main([str(finished), "--out", str(tmp_path / "figures")]) == 0
    assert len(list((tmp_path / "figures").glob("*.png"))) == len(figures.FIGURES)


@pytest.mark.compiled(reason="compares with compiled kernels")
def test_the_compiled_form_trains_to_the_same(walkers, tmp_path):
    """In sizes that are compiled for the table of checks."""
    config = next(case.config for case in single_step_cases() if case.compiled)
    settings = [setting.replace("=True", "=true") for setting in changes(config, Config())]
    sizes = [part for setting in settings for part in ("--set", setting)]
    for name in ("numpy", "numba"):
        assert run(walkers, tmp_path / name, *sizes, "--set", f"backend={name}") == 0
    one, other = (tmp_path / name for name in ("numpy", "numba"))
    assert theta(other) == pytest.approx(theta(one), abs=2e-3)
    losses = [[epoch.loss for epoch in RunFolder(folder).log] for folder in (one, other)]
    assert losses[0] == pytest.approx(losses[1], rel=1e-2)


def test_too_high_a_rate_is_a_collapse_that_says_what_died(walkers, tmp_path, monkeypatch, capsys):
    from seqdl.training import single_step

    made = single_step.Stage

    def settled(*args, **kwargs):
        return made(*args, **kwargs | {"settle": 40})

    monkeypatch.setattr(single_step, "Stage", settled)
    kill = ["--set", "single_step.convnet_rate=3", "--set", "single_step.head=0"]
    assert run(walkers, tmp_path / "run", *kill, passes=40) == 1
    err = capsys.readouterr().err
    assert "the error no longer reaches the ConvNet" in err and "lower single_step.convnet_rate or" in err


def test_the_model_comes_with_its_preset():
    parser = cli.parser("train", "")
    add_data(parser)
    cli.add_model(parser)
    cli.add_warm(parser)
    assert cli.effective(parser.parse_args(["--model", "single-step"])) == preset("single-step")
    warm = cli.effective(parser.parse_args(["--preset", "single-step-warm"]))
    assert warm == preset("single-step-warm") and warm.convnet.epochs == 3 and warm.model == "single-step"


def test_what_it_costs_is_a_matter_of_crops(monkeypatch, tmp_path):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))

    def seconds(length, *settings):
        config = load(settings=settings, base=preset("single-step"))
        return estimates.estimate(config, 6, 0, [length] * 10, [], [0.001], 1).train - estimates.compiling(config)

    whole, crops = seconds(1000, "single_step.longest=0"), seconds(1000)
    assert whole == pytest.approx(55 * 360 * 992 * estimates.AS_ONE * estimates_factor(), rel=0.01)
    assert crops == pytest.approx(whole * (48 - 16) / np.log(3) / 992, rel=0.01)
    assert seconds(1000, "single_step.shortest=20", "single_step.longest=20") == pytest.approx(whole * 20 / 992)
    assert seconds(1000, "convnet.epochs=2") > crops


def estimates_factor():
    return estimates.SLOWER if estimates.target().lanes < 8 else 1
