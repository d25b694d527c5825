"""A third model, made up here: a describer and a record of it are all that the whole job needs."""

import json

import numpy as np
import pytest

from seqdl import crossval, evaluate, figures, info, predict, prepare, report, train
from seqdl.errors import UsageError
from seqdl.interface import open_run
from seqdl.model.describers.base import AS_IT_IS, Describer, Steps, View
from seqdl.models import MODELS, Model
from seqdl.stores import frames as frame_store
from seqdl.video.prepare import prepare as prepare_frames
from seqdl.video.windows import starts

LENGTH = 9


class Grey(Describer):
    """A window is its mean grey value, and the grey value's deviation."""

    @staticmethod
    def values(config, classes):
        return 2

    @staticmethod
    def prepare(config, dataset, workers=1):
        return frame_store.prepare(dataset, config, workers=workers)

    def describe(self, store, name, copy=AS_IT_IS):
        first, length = store.spans[name]
        return self._steps(store.frames[first : first + length])

    def view(self, frames, name, box=""):
        clip = prepare_frames(frames, box or self.config.video.box, self.config, name)
        steps = self._steps(clip.frames)
        return View(
            steps, starts(len(clip.frames), LENGTH) + LENGTH / 2, len(clip.frames), float(clip.seen.mean()), clip
        )

    def _steps(self, frames):
        windows = [frames[start : start + LENGTH] for start in starts(len(frames), LENGTH)]
        features = np.array([(window.mean(), window.std()) for window in windows], np.float32)
        return Steps(features, np.empty((0, len(self.classes))))


@pytest.fixture(scope="module", autouse=True)
def registered():
    with pytest.MonkeyPatch.context() as patch:
        model = Model(
            "grey-lstm",
            "the mean grey value of each window",
            f"{__name__}:Grey",
            "Grey",
            "The LSTM reads how bright windows are.",
            "a window",
            ("lcn",),
        )
        patch.setitem(MODELS, model.name, model)
        yield


SETTINGS = ["--model", "grey-lstm", "--set", "lstm.epochs=3", "--set", "backend=numpy", "--workers", "1"]


@pytest.fixture(scope="module")
def run(walkers, tmp_path_factory):
    out = tmp_path_factory.mktemp("runs") / "grey"
    assert train.main(["--dataset", "folder", "--data-dir", str(walkers), "--out", str(out), *SETTINGS]) == 0
    return out


def test_it_trains_and_is_reported(run):
    result = json.loads((run / "result.json").read_text())
    assert (result["model"], result["stages"], result["voting"], result["convnet"]) == (
        "grey-lstm",
        ["lstm"],
        None,
        None,
    )
    assert result["lstm"]["count"] == len(result["sequences"]) == 4 and result["lstm_training"]["epochs"] == 3
    text = (run / "report.md").read_text(encoding="utf-8")
    assert "Grey + LSTM" in text and "how bright windows are" in text and "ConvNet" not in text


def test_it_evaluates_and_resumes_to_the_same(run, capsys):
    before = json.loads((run / "result.json").read_text())
    assert evaluate.main([str(run), "--workers", "1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["sequences"] == before["sequences"]
    assert train.main(["--resume", str(run), "--workers", "1"]) == 0
    assert json.loads((run / "result.json").read_text())["sequences"] == before["sequences"]


def test_it_predicts_what_the_run_says(run, walkers, capsys):
    entry = open_run(run).result.sequences[0]
    [video] = walkers.glob(f"{entry.name}*")
    assert predict.main([str(run), str(video), "--json"]) == 0
    [said] = json.loads(capsys.readouterr().out)["videos"]
    assert (said["label"], said["probability"], said["voting"]) == (entry.decisions["lstm"], entry.probability, None)
    assert len(said["timeline"]) == entry.steps == 24 - 8
    assert predict.main([str(run), str(video)]) == 0
    assert "voting" not in capsys.readouterr().out


def test_it_is_tabulated_drawn_and_told(run, walkers, tmp_path, capsys):
    assert report.main([str(run)]) == 0
    assert "model=grey-lstm" in capsys.readouterr().out
    pytest.importorskip("matplotlib", reason="matplotlib is absent: pip install 'seqdl[plot]'")
    assert figures.main([str(run), "--only", "learning", "confusion", "--out", str(tmp_path)]) == 0
    assert figures.main([str(run), "--only", "kernels", "--out", str(tmp_path)]) == 2
    assert "--only learning confusion" in capsys.readouterr().err
    assert info.main(["--set", "model=grey-lstm", "--json"]) == 0
    assert list(json.loads(capsys.readouterr().out)) == ["lstm"]
    assert prepare.main(["folder", "--data-dir", str(walkers), "--set", "model=grey-lstm", "--workers", "1"]) == 0


def test_its_draws_are_cross_validated(walkers, tmp_path, capsys):
    """In this process: the made-up record is not known in others."""
    from seqdl.config import to_dict
    from seqdl.evaluation import crossval as job

    given = ["--dataset", "folder", "--data-dir", str(walkers), *SETTINGS]
    from seqdl.base import cli

    config = cli.effective(crossval.options().parse_args(given))
    _, draws = job.plan(config, [0, 1])
    rows = [job.run_draw(to_dict(draw.config), str(tmp_path / draw.name)) for draw in draws[:2]]
    assert [row.model for row in rows] == ["grey-lstm"] * 2 and rows[0].shown == ("lstm",)
    assert report.main([str(tmp_path)]) == 0


def test_a_model_that_is_none_is_named(walkers, capsys):
    assert train.main(["--model", "gray-lstm"]) == 2
    assert "did you mean grey-lstm?" in capsys.readouterr().err
    from seqdl.config import load

    with pytest.raises(UsageError, match=r"model = nothing: choose one of .*grey-lstm"):
        load(settings=["model=nothing"])
