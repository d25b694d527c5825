"""What there is to look at beside a prediction: its frames are the video's, its files are whole or absent."""

from __future__ import annotations

import base64
import csv
import functools
import io
import json
import resource
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from video_files import timed_video

from seqdl import predict
from seqdl.config import load
from seqdl.errors import SeqdlError
from seqdl.model import recogniser as module
from seqdl.model.prediction import Moment, Prediction
from seqdl.model.recogniser import Recogniser
from seqdl.runs.shipped import FOLDER
from seqdl.show import overlay, saved
from seqdl.show.course import Course
from seqdl.show.panel import BACK, LEADS, OTHER, Canvas
from seqdl.show.sheet import NOBODY, SEEN
from seqdl.video.colour import ColourReader, Held
from seqdl.video.reader import Reader

SMALL = [
    "convnet.rows=34",
    "convnet.columns=34",
    "convnet.hidden=4",
    "lstm.cells=3",
    "backend=numpy",
    "video.box=track",
]


@pytest.fixture(scope="module")
def recogniser():
    return Recogniser(load(settings=[*SMALL, "video.box=track"]), ("moving", "swinging"), np.random.default_rng(3))


@pytest.fixture(scope="module")
def video(walkers):
    return walkers / "moving" / "ann_0.avi"


@pytest.fixture(scope="module")
def prediction(recogniser, video):
    return recogniser.predict(video)


def course(frames, seconds, steps, boxes=None, seen=None, again=None):
    steps = np.array(steps, float) if len(steps) else np.empty((0, 2))
    classes = tuple("abcdefghijklmnopqrstuvwxyz"[: steps.shape[1]])
    so_far = steps.cumsum(axis=0) / np.arange(1, len(steps) + 1)[:, None]
    total = so_far[-1] if len(steps) else np.full(len(classes), 1 / len(classes))
    where = () if boxes is None else (np.array(seconds), np.array(boxes, float), np.array(seen))
    return Course(classes, np.array(seconds[: len(steps)]), steps, so_far, total, again or Held(frames, 25), *where)


def colours(path):
    with ColourReader(path) as reader:
        return [(frame.astype(int), seconds) for frame, seconds in reader.timed()]


def near(picture, colour, most=60):
    return np.abs(picture - np.array(colour)).sum(axis=-1) < most


def test_the_frames_of_the_overlay_are_those_of_the_video(prediction, video, tmp_path):
    paths = prediction.save(tmp_path / "new" / "folder")
    assert [path.name for path in paths] == ["ann_0.json", "ann_0.csv", "ann_0.png", "ann_0.mp4"]
    assert sorted(paths) == sorted((tmp_path / "new" / "folder").iterdir())
    with Reader(video) as source, Reader(paths[-1]) as drawn:
        pairs = list(zip(source, drawn, strict=True))
        assert (len(pairs), source.rate, drawn.rate) == (24, 25, 25)
        assert np.allclose(source.times, drawn.times, atol=0.001)
    found = prediction.course
    for (grey, whole), (picture, seconds) in zip(pairs, colours(paths[-1]), strict=True):
        box, seen = found.box_at(seconds)
        left, top, right, bottom = box.round().astype(int)
        assert whole.shape[0] >= 120 and whole.shape[1] > 160 and not any(side % 2 for side in whole.shape)
        away = np.ones((120, 160), bool)
        away[max(0, top - 3) : bottom + 3, max(0, left - 3) : right + 3] = False
        assert np.abs(whole[:120, :160].astype(int) - grey)[away].max() < 40 and away.any()
        assert seen and near(picture[4:116, left : left + 2], SEEN, 120).mean() > 0.7
        assert near(picture[:, 162:], BACK).mean() > 0.5
    said = [np.abs(a - b).max() for (a, _), (b, _) in zip(colours(paths[-1]), colours(paths[-1])[1:])]
    assert max(said) > 100, "bars move"


def test_the_files_say_what_the_prediction_says(prediction, video, tmp_path):
    told, timeline, sheet, _ = prediction.save(tmp_path)
    assert json.loads(told.read_text()) == prediction.to_dict() and "course" not in prediction.to_dict()
    rows = list(csv.DictReader(io.StringIO(timeline.read_text())))
    assert len(rows) == len(prediction.timeline) == len(prediction.course.steps)
    for row, moment in zip(rows, prediction.timeline):
        shares = {name: float(row[name]) for name in ("moving", "swinging")}
        assert max(shares, key=shares.get) == moment.label == row["label"]
        assert sum(shares.values()) == pytest.approx(1, abs=0.002)
    with Image.open(sheet) as picture:
        assert picture.width > 3 * 480 and picture.height > 2 * 360
    last = prediction.course.so_far[-1]
    assert last == pytest.approx(list(prediction.probabilities.values()), abs=1e-4)
    assert replace(prediction, course=None) == prediction


def test_sizes_times_and_turns_stay(tmp_path, rng):
    """Odd sides get a row and a column more; a pause stays one; nothing is resampled."""
    frames = [rng.integers(18 * k, 18 * k + 5, (45, 61)).astype(np.uint8) for k in range(12)]
    seconds = [k / 30 + (k > 6) for k in range(12)]
    source = timed_video(tmp_path / "odd.mkv", frames, seconds, 30)
    boxes = [(-8.0, 5.0, 20.4, 50.0)] * 12
    found = course(None, seconds, np.eye(2)[[0] * 12], boxes, [True] * 6 + [False] * 6, lambda: ColourReader(source))
    overlay.film(tmp_path / "drawn.mp4", found, "odd")
    with Reader(tmp_path / "drawn.mp4") as drawn:
        again = list(drawn)
        assert np.allclose(drawn.times, seconds, atol=0.002) and not drawn.width % 2 and not drawn.height % 2
    assert max(np.abs(a[:5, 25:61].astype(int) - b[:5, 25:61]).max() for a, b in zip(again, frames)) < 9
    pictures = [picture for picture, _ in colours(tmp_path / "drawn.mp4")]
    assert near(pictures[0][8:40, 18:20], SEEN, 120).mean() > 0.8, "what reaches outside ends at the border"
    assert near(pictures[0][8:40, 0:2], SEEN, 120).mean() > 0.8
    assert near(pictures[11][5:45, :20], NOBODY, 120).any() and not near(pictures[11][5:45, :20], SEEN, 60).any()


def test_colours_come_from_the_same_frames_as_grey_values(walkers, test_data):
    files = [path for path in (test_data / "odd").iterdir() if not path.name.startswith(("persons", "README"))]
    assert len(files) > 10
    for path in files:
        with Reader(path) as grey, ColourReader(path) as colour:
            pairs = list(zip(grey, colour.timed(), strict=True))
            assert (grey.width, grey.height, grey.turn) == (colour.width, colour.height, colour.turn)
            assert list(grey.times) == [seconds for _, (_, seconds) in pairs]
        for plain, (picture, _) in pairs[:: max(1, len(pairs) // 4)]:
            assert picture.shape == (*plain.shape, 3) and picture.flags.c_contiguous
            assert np.abs(picture @ [0.299, 0.587, 0.114] - plain).mean() < 3, path


def test_pictures_in_a_folder_keep_the_rate_that_the_networks_see(tmp_path, video):
    with Reader(video) as source:
        for k, frame in enumerate(source):
            Image.fromarray(frame).save(tmp_path / f"{k}.png")
    thirty = Recogniser(load(settings=[*SMALL, "video.box=track", "video.rate=30"]), ("a", "b"))
    prediction = thirty.predict(tmp_path)
    with Reader(prediction.save(tmp_path / "out")[-1]) as drawn:
        assert len(list(drawn)) == 24 and drawn.times[-1] == pytest.approx(prediction.course.moments[-1], abs=0.001)


def test_frames_in_memory_are_drawn_too(tmp_path, rng):
    frames = [rng.integers(0, 255, (24, 32, 3)).astype(np.uint8), np.zeros((24, 32), np.uint8)]
    overlay.film(tmp_path / "a.mp4", course(frames, [0.0, 0.04], np.eye(2)), "a")
    first, second = colours(tmp_path / "a.mp4")
    assert np.abs(first[0][:24, :32].mean(axis=(0, 1)) - frames[0].mean(axis=(0, 1))).max() < 6 and second[1] == 0.04
    assert second[0][:24, :32].max() < 12


@pytest.mark.parametrize("limit", [1000, 30_000])
def test_a_full_disk_leaves_nothing(prediction, tmp_path, limit):
    """The limit of a file's size stands for it; libav meets it in the midst of the video."""
    older = prediction.save(tmp_path)
    content = [path.read_bytes() for path in older]
    assert len(content[-1]) > 30_000
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    try:
        with pytest.raises(SeqdlError, match=r"^cannot write .*ann_0\.\w+: ") as caught:
            prediction.save(tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert ".tmp" not in str(caught.value) and str(tmp_path) in str(caught.value)
    assert sorted(tmp_path.iterdir()) == sorted(older) and [path.read_bytes() for path in older] == content


def made_up(video, again=None):
    found = course([np.zeros((16, 16), np.uint8)] * 3, [0.0, 0.04, 0.08], np.eye(2)[[0, 0, 1]], again=again)
    timeline = tuple(
        Moment(float(t), found.classes[int(step.argmax())], 1.0) for t, step in zip(found.times, found.steps)
    )
    return Prediction(str(video), "a", 0.67, {"a": 0.67, "b": 0.33}, None, None, 3, None, (), timeline, course=found)


def test_two_videos_of_one_name_do_not_overwrite_each_other(tmp_path):
    films = [made_up(name).save(tmp_path)[-1].name for name in ("x/clip.avi", "y/clip.avi", "x/clip.avi", "y/clip.avi")]
    assert films == ["clip.mp4", "clip-2.mp4", "clip.mp4", "clip-2.mp4"]
    assert json.loads((tmp_path / "clip-2.json").read_text())["video"] == "y/clip.avi"
    (tmp_path / "own.mp4").write_bytes(b"mine")
    assert made_up(tmp_path / "own.mp4").save(tmp_path)[-1].name == "own-2.mp4"
    assert (tmp_path / "own.mp4").read_bytes() == b"mine"
    names = {
        "http://host/a/clip.webm?key=1": "clip-3",
        "-": "video",
        "caf\udce9\n.avi": "caf\udce9_",
        "z" * 300: "z" * 80,
    }
    for video, name in names.items():
        assert made_up(video).save(tmp_path)[-1].name == f"{name}.mp4"


def test_where_it_cannot_be_drawn_one_line_says_so(tmp_path, video):
    (tmp_path / "file").write_text("")
    with pytest.raises(SeqdlError, match=r"cannot make the folder .*file"):
        made_up("a.avi").save(tmp_path / "file")
    gone = made_up("a.avi", functools.partial(ColourReader, tmp_path / "a.avi"))
    with pytest.raises(SeqdlError, match=r"a\.avi: no such file"):
        gone.save(tmp_path)
    assert "no such file" in gone._repr_html_() and "<img" not in gone._repr_html_()
    lost = replace(gone, course=replace(gone.course, again=None))
    with pytest.raises(SeqdlError, match="no longer there"):
        lost.save(tmp_path)
    with pytest.raises(SeqdlError, match="not known"):
        replace(gone, course=None).plot()
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_notebook_shows_a_small_moving_picture(prediction, monkeypatch):
    shown = prediction._repr_html_()
    assert len(shown) < 1_000_000 and shown.count("<img") == 1 and "http" not in shown and "<script" not in shown
    data = base64.b64decode(shown.partition("base64,")[2].partition('"')[0])
    with Image.open(io.BytesIO(data)) as film:
        assert film.format == "WEBP" and film.n_frames == 24 and film.size > (320, 240)
    monkeypatch.setattr(overlay, "LARGEST", 20_000)
    smaller = prediction._repr_html_()
    assert len(smaller) < 30_000 < len(shown)
    with Image.open(io.BytesIO(base64.b64decode(smaller.partition("base64,")[2].partition('"')[0]))) as film:
        assert film.n_frames < 24
    assert "&lt;b&gt;" in made_up("<b>.avi")._repr_html_() and "<b>" not in made_up("<b>.avi")._repr_html_()


def test_a_figure_shows_the_decision_over_time(prediction):
    figure = prediction.plot()
    above, band, below = figure.axes
    assert figure.get_suptitle().startswith("ann_0.avi: ")
    assert [len(axes.lines) for axes in (above, below)] == [2, 2]
    assert len(band.patches) == len(prediction.stretches())
    for axes, values in ((above, prediction.course.steps), (below, prediction.course.so_far)):
        drawn = np.sort([line.get_ydata() for line in axes.lines], axis=0)
        assert np.allclose(drawn, np.sort(values.T, axis=0))
    assert made_up("$a$.avi").plot().get_suptitle().startswith(r"\$a\$")


@pytest.mark.parametrize(
    "size, beside", [((64, 48), True), ((160, 120), True), ((720, 480), False), ((1080, 1920), False)]
)
def test_the_panel_can_be_read_at_any_size(size, beside):
    canvas = Canvas(*size, course([], [0.0, 0.04], [[0.3, 0.7], [0.9, 0.1]]))
    picture = canvas(np.full((size[1], size[0], 3), 99, np.uint8), 0.0).copy()
    assert (picture[: size[1], : size[0]] == 99).all() and canvas.em >= 12
    assert (canvas.corner[0] > 0) == beside
    panel = picture[canvas.corner[1] :, canvas.corner[0] :].astype(int)
    leads, other = near(panel, LEADS, 30).sum(), near(panel, OTHER, 30).sum()
    assert leads > other > 0
    later = canvas(np.full((size[1], size[0], 3), 99, np.uint8), 0.04)
    assert near(later[canvas.corner[1] :, canvas.corner[0] :].astype(int), LEADS, 30).sum() > leads


def test_the_panel_says_nothing_where_nothing_is_known():
    """Before the first step, long after the last where nobody is seen, and of more classes than there is space for."""
    blank, boxes = np.zeros((120, 160, 3), np.uint8), [(0, 0, 9, 9)] * 3
    late = Canvas(160, 120, course([], [1.0, 1.04, 3.0], [[0.2, 0.8], [0.2, 0.8]], boxes, [False] * 3))
    bars = [int(near(late(blank, t)[:, 160:].astype(int), OTHER, 30).sum()) for t in (0.5, 1.0, 1.2, 2.0)]
    assert bars[0] == bars[3] == 0 < bars[1] == bars[2]
    many = Canvas(160, 120, course([], [0.0], np.eye(26)[[25]]))
    assert len(many.shown) == 12 and 25 in many.shown
    none = Canvas(160, 120, course([], [], []))
    assert not near(none(blank, 0.0)[:, 160:].astype(int), OTHER, 30).any()


def test_the_command_saves_what_it_predicts(recogniser, walkers, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(module.Recogniser, "load", lambda run, settings: recogniser)
    videos = [str(walkers / label / "ann_0.avi") for label in ("moving", "swinging")]
    out = tmp_path / "out"
    assert predict.main([str(FOLDER), *videos, "--save", str(out), "--json"]) == 0
    shown = capsys.readouterr()
    told = json.loads(shown.out)["videos"]
    assert [json.loads((out / f"{name}.json").read_text()) for name in ("ann_0", "ann_0-2")] == told
    assert shown.err.count("saved: ") == 2 and len(list(out.iterdir())) == 8
    (tmp_path / "file").write_text("")
    assert predict.main([str(FOLDER), *videos, "--save", str(tmp_path / "file")]) == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_a_sheet_has_a_cell_even_where_no_frame_is_at_a_moment(tmp_path):
    found = course([np.zeros((16, 16), np.uint8)], [0.4, 0.44], np.eye(2))
    assert overlay.film(tmp_path / "a.mp4", found, "a").width > 480
    assert saved.made(tmp_path) == tmp_path
