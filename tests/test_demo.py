"""Right after installation: the networks that come with the package name a rendered clip, and videos without a RUN."""

import json
import shutil

import pytest

import seqdl
from seqdl import demo, predict
from seqdl.base import files
from seqdl.errors import SeqdlError
from seqdl.reports import demo as library
from seqdl.runs import shipped
from seqdl.video.reader import Reader


@pytest.fixture(scope="module", autouse=True)
def package(tmp_path_factory, quick):
    """A copy of the networks that reads quickly."""
    folder = shutil.copytree(shipped.FOLDER, tmp_path_factory.mktemp("package") / "actors")
    config = files.read_json(folder / "config.json")
    files.write_json(folder / "config.json", {**config, "backend": quick})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shipped, "FOLDER", folder)
        yield folder


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """What a demonstration leaves."""
    return library.make("boxing", tmp_path_factory.mktemp("demo"), lambda _: None)


def test_a_demonstration_names_what_it_renders_and_shows_it(tmp_path, monkeypatch, capsys):
    opened = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    monkeypatch.setattr(demo, "has_display", lambda: True)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "seqdl-demo").mkdir()
    (tmp_path / "seqdl-demo" / "other.png").touch()  # what is there already is no hindrance
    assert demo.main(["--json", "--action", "walking"]) == 0
    out, err = capsys.readouterr()
    told = json.loads(out)
    assert told["label"] == "walking" and told["probability"] > 0.5
    assert "walking by person01 of actors full, from whom the networks did not learn" in err
    film = tmp_path / told["film"]
    assert opened == [film.as_uri()] and film == tmp_path / "seqdl-demo" / "walking.mp4"
    with Reader(film) as reader:
        assert sum(1 for _ in reader) == told["frames"] and reader.height > 120


@pytest.mark.parametrize("options, display", [([], ""), (["--no-open"], ":0")])
def test_where_nothing_can_or_may_be_opened_only_the_place_is_said(made, options, display, monkeypatch, capsys):
    monkeypatch.setenv("DISPLAY", display)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setattr("webbrowser.open", lambda _: pytest.fail("opened"))
    monkeypatch.setattr(library, "make", lambda *_: made)
    assert demo.main(["--action", "boxing", *options]) == 0
    assert capsys.readouterr().out == f"{made.prediction}\nfilm: {made.film} (beside it .png, .csv, .json)\n"


def test_an_action_that_nobody_performs_is_named(tmp_path, capsys):
    assert demo.main(["--action", "handwavin", "--out", str(tmp_path / "new")]) == 2
    assert "--action handwavin: there is no such action; did you mean handwaving" in capsys.readouterr().err
    assert not (tmp_path / "new").exists()


def test_without_a_run_the_networks_of_the_package_decide(made, package, capsys):
    assert predict.main([made.prediction.video, "--json"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out) == {"run": str(package), "videos": [made.prediction.to_dict()], "failed": {}}
    assert err.startswith("seqdl predict: no run is named: the networks that come with seqdl decide")
    assert err.count("\n") == 1 and "drawn figures" in err
    assert seqdl.open_run().path == package and made.prediction.label == "boxing"


def test_a_run_is_told_from_videos(package, tmp_path, capsys):
    clip = "clip.mp4"
    assert predict.main([str(package), "--box", "track", clip, "--json", "b.avi"]) == 1
    out, err = capsys.readouterr()
    assert list(json.loads(out)["failed"]) == [clip, "b.avi"] and "no run is named" not in err
    assert shipped.chosen(["runs/a.AVI", "b.avi"])[1] == ["runs/a.AVI", "b.avi"]
    for special in ("0", "-", "videos/*.avi", "http://localhost/a", "rtsp://camera/1", "/dev/video9"):
        assert shipped.chosen([special, clip]) == (shipped.shipped(), [special, clip])
    (tmp_path / "empty").mkdir()
    wrong = {
        (str(package),): "is a run folder, and there is no video",
        (clip, str(package)): f"{package} is a run folder: name one, before the videos",
        ("runs/mien", clip): "runs/mien is neither a run folder nor a video",
        (str(tmp_path / "empty"), clip): "is neither a run folder nor a video",
        (str(package.parent), clip): f"holds runs and is none: name one of them, such as {package}",
    }
    for names, said in wrong.items():
        assert predict.main([*names]) == 2
        err = capsys.readouterr().err
        assert said in err and err.count("\n") == 1


def test_a_package_without_its_networks_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(shipped, "FOLDER", tmp_path)
    with pytest.raises(SeqdlError, match="install seqdl again, or name a run"):
        seqdl.open_run()
