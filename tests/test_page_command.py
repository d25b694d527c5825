"""``seqdl page``: from a run folder to one file, and everything that can go wrong."""

from __future__ import annotations

import base64
import json
import re
import zlib
from dataclasses import replace

import numpy as np
import pytest
from made_up_run import KTH, leave_run, made_up_result

import seqdl
from seqdl import page
from seqdl.config import Config, load
from seqdl.errors import SeqdlError
from seqdl.live_page import build, clips
from seqdl.model import checkpoint
from seqdl.model.recogniser import Recogniser
from seqdl.runs.shipped import shipped

CONFIG = replace(load(settings=["backend=numpy"]), video=replace(Config().video, box="track", rate=25.0))


def left(folder, config=CONFIG):
    """A finished run with drawn weights."""
    run = leave_run(folder, made_up_result(), config)
    made = Recogniser(config, KTH, np.random.default_rng(2))
    for name, network in made.networks.items():
        beside = made.beside() if name == made.last else {}
        vectors = {"theta": network.parameters.vector, **beside}
        checkpoint.save(run.checkpoint(name), vectors, {"classes": list(KTH)})
    return folder, made


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return left(tmp_path_factory.mktemp("page") / "a run")


def test_without_a_run_the_networks_of_the_package_are_shown(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert page.main([]) == 0
    out, err = capsys.readouterr()
    assert out == "page.html\n" and err.startswith("seqdl page: no run is named: the networks that come with seqdl")
    assert data(tmp_path / "page.html")["classes"] == list(shipped().result.dataset.classes)


def data(path):
    """What a page holds."""
    text = path.read_text(encoding="utf-8")
    assert len(text.encode()) < 1_000_000
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', text)[1]
    assert policy.startswith("default-src 'none'") and "http" not in policy
    return json.loads(re.search(r'id="data">(.*?)</script>', text)[1])


def frames(clip):
    changes = np.frombuffer(zlib.decompress(base64.b64decode(clip["frames"]), -15), np.uint8)
    return np.cumsum(changes.reshape(clip["shape"]), axis=0, dtype=np.uint8)


def test_a_page_of_a_run_holds_its_networks_and_rendered_figures(run, capsys):
    folder, made = run
    assert page.main([str(folder)]) == 0
    assert capsys.readouterr().out == f"{folder}/page.html\n"
    held = data(folder / "page.html")
    assert (held["title"], held["classes"], held["crop"]) == ("a run", list(KTH), [60, 40])
    for name, network in (("convnet", made.describer.convnet), ("lstm", made.lstm)):
        theta = np.frombuffer(base64.b64decode(held[name]["theta"]), "<f4")
        np.testing.assert_array_equal(theta, network.parameters.vector)
    assert [clip["name"] for clip in held["clips"]] == ["walking, rendered", "boxing, rendered", "handwaving, rendered"]
    assert seqdl.open_run(folder).page(out=folder / "python.html") == folder / "python.html"
    assert (folder / "python.html").read_bytes() == (folder / "page.html").read_bytes()
    for clip in held["clips"]:
        assert frames(clip).shape == tuple(clip["shape"]) and frames(clip).std() > 5
        assert len(clip["boxes"]) == clip["shape"][0] and max(clip["starts"]) + 9 <= clip["shape"][0]


def test_a_video_given_is_in_the_page_and_what_is_too_large_is_cut(run, walkers, tmp_path, capsys, monkeypatch):
    folder, made = run
    video = walkers / "moving" / "ann_0.avi"
    assert page.main([str(folder), str(video), "--out", str(tmp_path / "own.html"), "--box", "centre"]) == 0
    [clip] = data(tmp_path / "own.html")["clips"]
    whole = clips.of_video(str(video), "centre", made.config, made.describer)
    np.testing.assert_array_equal(frames(clip), whole.small)
    assert (clip["name"], clip["starts"], clip["rate"]) == ("ann_0.avi", list(range(16)), 25)
    tracked = clips.of_video(str(video), "", made.config, made.describer)
    told_nothing = replace(made.config, video=replace(made.config.video, box="auto"))  # as of networks for any video
    by_size = clips.of_video(str(video), "", told_nothing, made.describer)
    np.testing.assert_array_equal(by_size.boxes, tracked.boxes)
    capsys.readouterr()
    monkeypatch.setattr(build, "MOST", 0)
    monkeypatch.setattr(build, "LEAST", 40_000)
    assert page.main([str(folder), str(video), "--out", str(tmp_path / "own.html")]) == 0
    [cut] = data(tmp_path / "own.html")["clips"]
    assert 9 <= cut["shape"][0] < 24 and max(cut["starts"]) + 9 <= cut["shape"][0]
    assert f"ann_0.avi: the page shows its first {cut['shape'][0]} frames" in capsys.readouterr().err
    build.write(made, [], tmp_path / "one.html")
    assert [one["name"] for one in data(tmp_path / "one.html")["clips"]] == ["walking, rendered"]
    monkeypatch.setattr(build, "LEAST", 1000)
    with pytest.raises(SeqdlError, match="too large: give fewer or smaller videos"):
        build.write(made, [str(video)], tmp_path / "none.html")


@pytest.mark.parametrize(
    "change, arguments, code, told",
    [
        ({"model": "stip-lstm"}, [], 1, "its model stip-lstm has no 3D-ConvNet to show: name a run of convnet-lstm or"),
        ({"colour": 3}, [], 1, "config.json is damaged or of another version: unknown configuration key colour"),
        ({}, ["--out", "page.txt"], 2, "--out page.txt: the page is HTML, so give a name that ends in .html"),
        ({"format": 99}, [], 1, "result.json has format 99, this seqdl reads up to 2: use a newer one"),
        ({}, ["missing.avi"], 1, "missing.avi"),
        ({}, ["--out", "missing/page.html"], 1, "missing"),
    ],
)
def test_what_goes_wrong_is_told_in_a_line(tmp_path, monkeypatch, capsys, change, arguments, code, told):
    monkeypatch.chdir(tmp_path)
    if change.get("model") == "stip-lstm":
        left(tmp_path / "run", replace(CONFIG, model="stip-lstm"))
    else:
        left(tmp_path / "run")
        file = tmp_path / "run" / ("result.json" if "format" in change else "config.json")
        file.write_text(json.dumps(json.loads(file.read_text()) | change))
    assert page.main(["run", *arguments]) == code
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1 and err.startswith("seqdl page: error: ") and told in err
    assert not (tmp_path / "run" / "page.html").exists()
