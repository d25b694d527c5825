"""The contact sheet, and the line that goes with it."""

from __future__ import annotations

import av
import numpy as np
import pytest
from PIL import Image

from seqdl import inspect
from seqdl.config import VaryConfig, load
from seqdl.model import varied
from seqdl.ops.vary import Variation
from seqdl.reports import copies_sheet, inspection
from seqdl.show import sheet
from seqdl.video import rule as rules


def encode(path, frames):
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=25)
        stream.height, stream.width, stream.pix_fmt = frames[0].shape[0], frames[0].shape[1], "gray"
        for image in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="gray")))
        container.mux(stream.encode())
    return path


def crossing(rng, count=80, height=120, width=160):
    """Somebody crosses to the right in the first half; then nobody is there."""
    frames = rng.normal(110, 3, (count, height, width)).clip(0, 255).astype(np.uint8)
    for t in range(count // 2):
        at = round(t * 2 * width / count)
        frames[t, height // 5 : -height // 6, max(0, at - 8) : at + 8] = 40
    return frames


@pytest.fixture
def video(tmp_path, rng, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return encode(tmp_path / "clip.avi", crossing(rng))


def line(capsys):
    out, err = capsys.readouterr()
    assert err == "" and out.count("\n") == 1
    return out


def count(picture, colour):
    return int((np.asarray(picture) == colour).all(axis=-1).sum())


def test_a_sheet_is_drawn_beside_nothing_else(video, tmp_path, capsys):
    assert inspect.main([str(video)]) == 0
    assert line(capsys).startswith("clip-inspect.png: 80 frames, 160 x 120, box track, somebody seen in ")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["clip-inspect.png", "clip.avi"]
    with Image.open("clip-inspect.png") as picture:
        assert (picture.format, picture.mode) == ("PNG", "RGB")
        assert count(picture, sheet.SEEN) > 1000 and count(picture, sheet.NOBODY) > 1000


@pytest.mark.parametrize("frames, columns, rows", [(1, 1, 1), (3, 3, 1), (6, 6, 1), (7, 6, 2), (13, 6, 3)])
def test_cells_wrap_into_rows(video, frames, columns, rows):
    assert inspect.main([str(video), "--frames", str(frames), "--out", "a.png"]) == 0
    with Image.open("a.png") as picture:
        wide, tall = picture.size
    assert tall // 490 == rows
    assert wide >= columns * inspection.CELL[0] and (wide < (columns + 1) * inspection.CELL[0] or columns < 4)


def test_more_frames_than_there_are(video, rng):
    encode(video, crossing(rng, 12))
    assert inspect.main([str(video), "--frames", "40", "--out", "many.png"]) == 0
    assert inspect.main([str(video), "--frames", "12", "--out", "all.png"]) == 0
    with Image.open("many.png") as many, Image.open("all.png") as every:
        assert np.array_equal(np.asarray(many), np.asarray(every))


def cell(picture):
    """The only cell of a sheet of one frame: the frame, the crop and the normalised crop as they were drawn."""
    body = np.asarray(picture)[2 * sheet.LINE + 2 * sheet.GAP + sheet.LINE :, sheet.GAP :]
    return body[: inspection.CELL[1], : inspection.CELL[0]], body[
        inspection.CELL[1] + sheet.GAP // 2 :, : inspection.CELL[0]
    ]


def test_what_is_drawn_is_what_the_network_gets(video):
    """The frame at twice its size with the box on it, and below crop and input at four times theirs."""
    from seqdl.video.prepare import prepare
    from seqdl.video.reader import Reader

    config = load()
    with Reader(video) as reader:
        frames = list(reader)
    clip = prepare(frames, "track", config)
    assert inspect.main([str(video), "--frames", "1", "--out", "one.png"]) == 0
    with Image.open("one.png") as picture:
        above, below = cell(picture)
    assert clip.seen[0]
    green = np.argwhere((above == sheet.SEEN).all(axis=-1))
    assert green.min(axis=0).tolist() == [0, 4 * clip.boxes.left[0]]
    assert green.max(axis=0).tolist() == [239, 4 * (clip.boxes.left[0] + 40) - 1]
    pixels = np.repeat(np.repeat(frames[0], 2, axis=0), 2, axis=1).astype(int)
    plain = (above == above[..., :1]).all(axis=-1)
    assert np.abs(above[..., 0].astype(int) - pixels)[plain].mean() < 5

    start = (320 - 74 * 4 - sheet.GAP) // 2
    crop = below[: 60 * 4, start : start + 40 * 4, 0]
    assert np.array_equal(crop[2::4, 2::4], (clip.crops[0] * 255).round())
    at = start + 40 * 4 + sheet.GAP
    drawn = below[3 * 4 : 57 * 4, at : at + 34 * 4, 0][2::4, 2::4]
    assert np.array_equal(drawn, (127.5 + 42.5 * clip.frames[0]).round().clip(0, 255))


def test_damage_is_told(video, capsys):
    data = video.read_bytes()
    video.write_bytes(data[: int(len(data) * 0.6)])
    assert inspect.main([str(video)]) == 0
    said = line(capsys)
    assert " frames of 80 declared, 160 x 120" in said
    assert "the header declares 80 frames" in said


@pytest.mark.parametrize(
    "width, height, settings, rule",
    [
        (160, 120, [], "track"),
        (48, 64, [], "centre"),
        (40, 60, [], "centre"),
        (64, 64, [], "person"),
        (180, 144, [], "person"),
        (120, 160, [], "person"),
        (48, 64, ["convnet.rows=26", "convnet.columns=18"], "person"),
        (48, 64, ["video.box=track"], "track"),
        (160, 120, ["video.box=person"], "person"),
    ],
)
def test_the_rule_for_a_lone_video(width, height, settings, rule):
    config, frames = load(settings=settings), [np.zeros((height, width), np.uint8)] * 2
    assert rules.rule_for(width, height, config) == rule
    same, found = rules.ruled(iter(frames), config)
    assert found == rule and list(map(id, same)) == list(map(id, frames))


def test_the_rule_that_is_asked_for_is_used(video, capsys):
    assert inspect.main([str(video), "--box", "centre", "--set", "video.box=person"]) == 0
    assert "box centre, somebody seen in 100%; no damage" in line(capsys)
    assert inspect.main([str(video), "--set", "video.box=person"]) == 0
    assert "box person," in line(capsys)


def test_small_clips_are_enlarged(tmp_path, rng, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    video = encode(tmp_path / "small.avi", crossing(rng, 20, 64, 48))
    assert inspect.main([str(video), "--frames", "2"]) == 0
    assert "box centre" in line(capsys)
    with Image.open("small-inspect.png") as picture:
        assert picture.height > 480


@pytest.mark.parametrize(
    "arguments, code, message",
    [
        (["absent.avi"], 1, "absent.avi: no such file"),
        (["clip.avi", "--out", "sheet.jpg"], 2, "--out sheet.jpg: the picture is a PNG"),
        (["clip.avi", "--out", "nowhere/sheet.png"], 1, "cannot write nowhere/sheet.png"),
        (["clip.avi", "--frames", "0"], 2, "--frames 0: give a number between 1 and 1000"),
        (["video.png", "--out", "video.png"], 2, "--out video.png: that is the video itself"),
        (["clip.avi", "--out", "link.png"], 2, "--out link.png: that is the video itself"),
        (["short.avi"], 1, "short.avi has 5 frames, a window needs 9"),
        (["clip.avi", "--set", "video.bos=track"], 2, "did you mean video.box?"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(video, rng, tmp_path, capsys, arguments, code, message):
    encode(tmp_path / "short.avi", crossing(rng, 5))
    (tmp_path / "video.png").write_bytes(video.read_bytes())
    (tmp_path / "link.png").symlink_to(video)
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    assert inspect.main(arguments) == code
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1 and err.startswith("seqdl inspect: error: ") and message in err
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_an_unknown_rule_is_wrong_usage(video, capsys):
    with pytest.raises(SystemExit) as caught:
        inspect.main([str(video), "--box", "everything"])
    assert caught.value.code == 2 and "--box" in capsys.readouterr().err


@pytest.mark.parametrize(
    "name, rule",
    [
        ("kth/boxing/person01_boxing_d2_uncomp.mp4", "track"),
        ("weizmann/daria_run.avi", "person"),
        ("ixmas/alba1_10_kick_cam0_frames_0794_0871.avi", "centre"),
    ],
)
def test_real_videos(test_data, tmp_path, capsys, name, rule):
    assert inspect.main([str(test_data / name), "--out", str(tmp_path / "a.png")]) == 0
    assert f"box {rule}, somebody seen in 100%; no damage" in line(capsys)


def test_varied_copies_are_drawn_at_the_ends_of_their_ranges(video, capsys):
    assert inspect.main([str(video), "--copies", "--set", "vary.contrast=1", "--set", "vary.bar=1"]) == 0
    assert line(capsys).startswith("clip-inspect.png: 80 frames, 160 x 120, box track, somebody seen in ")
    with Image.open("clip-inspect.png") as picture:
        drawn = np.asarray(picture.convert("L")).astype(float)
    high, wide, shown = 54 * copies_sheet.ZOOM, 34 * copies_sheet.ZOOM + 2, copies_sheet.SHOWN
    head, tall = 2 * sheet.LINE + 2 * sheet.GAP, high + sheet.LINE

    def strip(row, end):
        top, left = head + row * tall + sheet.LINE, copies_sheet.LABEL + end * (shown * wide + sheet.GAP)
        return drawn[top : top + high, left : left + shown * wide]

    rows = {name: row for row, name in enumerate(varied.RANGES, 1)}
    assert len(drawn) == head + (len(rows) + 2) * tall + sheet.GAP
    plain = strip(0, 0)
    inside = (plain > 70) & (plain < 180)  # white between frames, and what a factor of 2 saturates, aside
    for end, factor in enumerate((0.5, 2)):
        expected = 127.5 + factor * (plain - 127.5)
        assert np.abs(strip(rows["contrast"], end) - expected)[inside].max() <= 2
        assert np.abs(strip(rows["bar"], end)[inside] - 127.5).max() < 1
        assert not np.array_equal(strip(rows["size"], end), plain)


@pytest.mark.parametrize("name", varied.RANGES)
def test_the_ends_of_a_range_are_those_that_can_be_drawn(name):
    most = getattr(copies_sheet.EXAMPLE, name)
    rows = varied.draw(VaryConfig(**{name: most}), np.random.default_rng(1), 400)
    for (words, one), end in zip(copies_sheet.ends(name, most), (rows.min(axis=0), rows.max(axis=0))):
        changed = [field for field, value, usual in zip(one._fields, one, Variation()) if value != usual]
        for field in set(changed) - {"upright"}:
            amount = name in ("brightness", "noise", "blur", "bar", "jitter")
            where = one._fields.index(field)
            assert getattr(one, field) <= most if amount else getattr(one, field) == pytest.approx(end[where], rel=0.05)
        assert changed and words
