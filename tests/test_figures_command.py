"""``seqdl figures``: from run folders to pictures, what they show of a run, and everything that can go wrong."""

import json
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

from seqdl import figures, train
from seqdl.runs.folder import RunFolder

pytest.importorskip("matplotlib", reason="matplotlib is absent: pip install 'seqdl[plot]'")

SMALL = ("rows=30", "columns=26", "c1_maps=2", "c1_kernel=[5,3,3]", "c2_kernel=[3,1,1]", "hidden=8", "epochs=2")
SETTINGS = ["backend=numpy", "lstm.epochs=3", *(f"convnet.{setting}" for setting in SMALL)]
NAMES = list(figures.FIGURES)
sys.path.insert(0, str(Path(__file__).parent / "report"))
from drawn_text import overlaps  # noqa: E402


def trained(walkers, out, draw):
    settings = [part for setting in SETTINGS for part in ("--set", setting)]
    data = ["--dataset", "folder", "--data-dir", str(walkers), "--persons", str(walkers / "persons.csv")]
    protocol = ["--protocol", "leave-one-person-out", "--draw", str(draw), "--workers", "1"]
    assert train.main([*data, *protocol, *settings, "--out", str(out)]) == 0
    return out


@pytest.fixture(scope="module")
def finished(walkers, tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    for draw in (1, 2):
        trained(walkers, folder / f"draw{draw}", draw)
    return folder


@pytest.fixture
def run(finished, tmp_path):
    """A copy of a finished run that a test may spoil."""
    return Path(shutil.copytree(finished / "draw1", tmp_path / "run"))


def line(capsys):
    err = capsys.readouterr().err
    assert err.count("\n") == 1, err
    return err


def test_all_figures_of_one_run(run, capsys):
    assert figures.main([str(run), "--workers", "1"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert out.splitlines() == [str(run / "figures" / f"{name}.png") for name in NAMES]
    assert all((run / "figures" / f"{name}.png").read_bytes().startswith(b"\x89PNG") for name in NAMES)


def test_the_end_of_the_early_curves_is_the_result_and_is_noted(run, capsys):
    assert figures.main([str(run), "--only", "early", "--json", "--workers", "1"]) == 0
    shown = json.loads(capsys.readouterr().out)
    result = json.loads((run / "result.json").read_text())
    [early] = shown["early"]
    assert shown["figures"] == [str(run / "figures" / "early.png")]
    assert [early[way][-1] for way in ("voting", "lstm")] == [result[way]["correct"] for way in ("voting", "lstm")]
    assert early["count"] == 4 and early["steps"] == sum(s["steps"] for s in result["sequences"])
    before, after = [json.loads(entry) for entry in (run / "evaluations.jsonl").read_text().splitlines()]
    assert (after["kind"], after["persons"], after["lstm"]) == ("test", before["persons"], before["lstm"])


def test_several_runs_are_counted_together(finished, tmp_path, capsys):
    from seqdl.reports import gallery
    from seqdl.reports import trained as found

    runs = [found.open_trained(RunFolder(finished / f"draw{n}")) for n in (1, 2)]
    one = gallery.Gallery(runs)
    figure, numbers = one.draw("confusion")
    counts = {
        key: sum(int(t.get_text()) for t in axes.texts)
        for key, axes in zip(("voting", "lstm"), figure.axes, strict=True)
    }
    assert counts == {"voting": 8, "lstm": 8} and numbers is None
    figure, _ = one.draw("learning")
    assert [len(axes.lines) for axes in figure.axes[:2]] == [3, 3], "two thin lines and their mean"
    logs = [[e.loss for e in run.run.log if e.stage == "lstm"] for run in runs]
    np.testing.assert_allclose(figure.axes[1].lines[0].get_ydata(), np.mean(logs, axis=0))
    assert figures.main([str(finished), "--only", "learning", "confusion", "--out", str(tmp_path)]) == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["confusion.png", "learning.png"]


def test_what_is_drawn_is_what_the_networks_do(finished):
    """C1's maps from its equation, the box of the video, the features and the decision of the run."""
    from seqdl.model.convnet_numpy import LayerRow
    from seqdl.reports import gallery
    from seqdl.reports import trained as found

    one = found.open_trained(RunFolder(finished / "draw1"))
    dataset, convnet = found.tested(one), found.convnet_of(one.recogniser)
    figure, _ = gallery.Gallery([one]).draw("maps")
    assert len(figure.axes) == 2 * (2 + 2), "two actions are all there are"
    assert overlaps(figure) == []
    name = found.right_ones(one, "moving")[0]
    look = found.look(one, dataset, next(s for s in dataset.sequences if s.name == name), 1)
    start = look.middle(look.chosen[0]) - 4
    window = look.clip.frames[start : start + 9]
    expected = LayerRow(convnet.config, convnet.parameters).layers[0].forward(window[None])[:, 2]
    for axes, picture in zip(figure.axes[:4], (look.clip.crops[start + 4, 3:-3, 3:-3], window[4], *expected)):
        np.testing.assert_allclose(axes.images[0].get_array(), picture, rtol=1e-5)

    entries = one.run.result.sequences
    figure, _ = gallery.Gallery([one]).draw("two-steps")
    assert overlaps(figure) == []
    entry = next(s for s in entries if s.name == gallery.telling(entries))
    features, outputs, summed = figure.axes[-3:]
    assert features.images[0].get_array().shape == (convnet.features, entry.steps)
    ends = {axes.get_label(): axes.get_ydata()[-1] for axes in summed.lines if not axes.get_label().startswith("_")}
    assert max(ends, key=ends.get) == entry.decisions["lstm"]
    assert ends[entry.decisions["lstm"]] == pytest.approx(entry.probability, abs=1e-3)
    mean = [np.mean(next(o for o in outputs.lines if o.get_label() == name).get_ydata()) for name in ends]
    assert mean == pytest.approx(list(ends.values()))


def test_the_frames_shown_are_those_of_the_video(finished, walkers):
    from seqdl.reports import trained as found
    from seqdl.video.reader import Reader

    one = found.open_trained(RunFolder(finished / "draw1"))
    dataset = found.tested(one)
    look = found.look(one, dataset, dataset.sequences[0], 5)
    with Reader(dataset.sequences[0].file) as reader:
        frames = list(reader)
    assert len(look.frames) == len(look.chosen) == 5
    assert (look.chosen[0], look.chosen[-1]) == (0, len(look.view.times) - 1)
    assert set(look.frames) == {look.middle(step) for step in look.chosen}
    assert all(np.array_equal(frame, frames[number]) for number, frame in look.frames.items())


def test_a_sequence_that_shows_what_the_second_step_is_for():
    from seqdl.reports.gallery import telling
    from seqdl.runs.result import Decided

    def entry(name, voting, lstm):
        return Decided(name, "p", "a", 9, {"voting": voting, "lstm": lstm}, 0.5)

    wrong, right, mended = entry("wrong", "b", "b"), entry("right", "a", "a"), entry("mended", "b", "a")
    assert telling([wrong, right, mended]) == "mended"
    assert telling([wrong, right]) == "right"
    assert telling([wrong]) == "wrong"


def test_a_video_of_ones_own(run, walkers, tmp_path, capsys):
    video = walkers / "swinging" / "ann_1.avi"
    command = [str(run), "--only", "two-steps", "--out", str(tmp_path / "out"), "--format", "svg"]
    assert figures.main([*command, "--video", str(video)]) == 0
    assert "ann_1.avi" in capsys.readouterr().out or (tmp_path / "out" / "two-steps.svg").is_file()
    assert figures.main([*command, "--video", str(tmp_path / "none.avi")]) == 1
    assert "none.avi: no such file" in line(capsys)


def test_without_a_run_the_architecture_of_a_configuration(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert figures.main(["--set", "convnet.c1_maps=4", "--classes", "10", "--format", "pdf"]) == 0
    assert capsys.readouterr().out == "figures/architecture.pdf\n"
    assert Path("figures/architecture.pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["--only", "maps"], "--only maps needs a run folder"),
        (["--video", "a.avi"], "--video needs a run folder"),
        (["--data-dir", "x"], "--data-dir needs a run folder"),
        (["--set", "convnet.rows=55"], "S1: 49 x 28 units"),
        (["--classes", "1"], "at least 2 classes"),
        (["--only", "map"], "invalid choice"),
        (["nowhere"], "nowhere does not exist"),
        (["RUN", "--set", "convnet.rows=56"], "a run has its own configuration"),
        (["RUN", "--actions", "mowing"], "--actions mowing: did you mean moving?"),
        (["RUN", "--actions", "zzz"], "the run knows moving, swinging"),
    ],
)
def test_wrong_usage_is_one_line(finished, tmp_path, monkeypatch, arguments, message, capsys):
    monkeypatch.chdir(tmp_path)
    given = [str(finished / "draw1") if one == "RUN" else one for one in arguments]
    try:
        code = figures.main(given)
    except SystemExit as ended:
        code = ended.code
    assert code == 2
    assert message in line(capsys)
    assert not list(tmp_path.iterdir()), "nothing was drawn"


def test_a_run_that_cannot_be_used_is_one_line(run, tmp_path, capsys):
    out = ["--out", str(tmp_path / "out")]
    whole = (run / "convnet.npz").read_bytes()
    (run / "convnet.npz").write_bytes(whole[: len(whole) // 2])
    assert figures.main([str(run), *out]) == 1
    assert "convnet.npz is damaged or no checkpoint" in line(capsys)
    (run / "convnet.npz").write_bytes(whole)
    (run / "result.json").unlink()
    assert figures.main([str(run), *out]) == 1
    assert f"the run in {run} is not finished: go on with seqdl train --resume {run}" in line(capsys)
    (tmp_path / "empty").mkdir()
    assert figures.main([str(tmp_path / "empty"), *out]) == 2
    assert f"{tmp_path / 'empty'} holds no run" in line(capsys)
    assert not (tmp_path / "out").exists()


def test_an_unfinished_run_among_others_is_left_out(finished, run, tmp_path, capsys):
    (run / "result.json").unlink()
    command = [str(finished / "draw2"), str(run), "--only", "confusion", "--out", str(tmp_path / "out")]
    assert figures.main(command) == 0
    assert line(capsys) == f"left out: {run} is not finished\n"


def test_runs_of_different_datasets_are_not_counted_together(finished, run, capsys):
    result = json.loads((run / "result.json").read_text())
    (run / "result.json").write_text(json.dumps({**result, "dataset": {**result["dataset"], "variant": "other"}}))
    assert figures.main([str(finished / "draw2"), str(run)]) == 2
    assert "are of different datasets: draw them one by one" in line(capsys)


def moved(run, where):
    config = json.loads((run / "config.json").read_text())
    config["data"] |= {"data_dir": str(where), "persons": str(where / "persons.csv")}
    (run / "config.json").write_text(json.dumps(config))


def test_videos_that_have_moved(run, walkers, tmp_path, capsys):
    moved(run, tmp_path / "gone")
    out = ["--out", str(tmp_path / "out")]
    assert figures.main([str(run), *out]) == 1
    said = line(capsys)
    assert f"the videos of {run} are no longer in {tmp_path / 'gone'}: say where they are with --data-dir" in said
    assert not (tmp_path / "out").exists()
    assert figures.main([str(run), *out, "--only", "kernels", "learning", "confusion", "architecture"]) == 0
    now = ["--data-dir", str(walkers), "--persons", str(walkers / "persons.csv")]
    capsys.readouterr()
    assert figures.main([str(run), *out, "--only", "maps", *now]) == 0
    shutil.copytree(walkers, tmp_path / "part")
    (tmp_path / "part" / "moving" / "ann_0.avi").unlink()
    rows = (walkers / "persons.csv").read_text().splitlines()
    (tmp_path / "part" / "persons.csv").write_text("\n".join(row for row in rows if "moving/ann_0" not in row))
    capsys.readouterr()
    part = ["--data-dir", str(tmp_path / "part"), "--persons", str(tmp_path / "part" / "persons.csv")]
    assert figures.main([str(run), *out, "--only", "early", *part]) == 1
    assert "lacks 1 of the 4 sequences" in line(capsys)


def test_without_matplotlib(monkeypatch, tmp_path, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert figures.main([]) == 1
    assert "pip install 'seqdl[plot]'" in line(capsys)


def test_a_folder_that_cannot_be_made(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert figures.main(["--out", str(tmp_path / "file")]) == 1
    assert "cannot make the folder" in line(capsys)
