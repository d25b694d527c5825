"""Boxes that come with a dataset: what is made of them, and what is refused or told."""

import numpy as np
import pytest

from seqdl.config import Config, load
from seqdl.datasets import boxes, choose, folder
from seqdl.errors import SeqdlError, UsageError
from seqdl.stores import footage
from seqdl.video.given import MARGIN, boxes_of, placed
from seqdl.video.prepare import find
from seqdl.video.reader import Reader
from tests.video_files import timed_video

SIZE = (60, 40)


def still(frames, box=(100.0, 50.0, 40.0, 80.0)):
    return boxes_of(dict.fromkeys(frames, box))


def test_a_box_that_stands_still_is_drawn_out_to_the_crops_proportion():
    found, notes = placed(still(range(20)), (20, 120, 160), 2, SIZE, "clip")
    assert notes == () and found.seen.all()
    assert np.allclose(found.height, MARGIN * 40) and np.allclose(found.width, found.height * 2 / 3)
    assert np.allclose(found.top + found.height / 2, 45) and np.allclose(found.left + found.width / 2, 60)
    wide, _ = placed(still(range(20), (0, 40, 120, 40)), (20, 120, 160), 1, SIZE, "clip")
    assert np.allclose(wide.width, MARGIN * 120) and np.allclose(wide.height, wide.width * 1.5)
    assert np.allclose(wide.left, 0), "moved into the picture"
    assert np.allclose(wide.top, (120 - wide.height) / 2), "too high for it: around its middle"


def test_between_boxes_a_line_is_drawn_and_nobody_is_seen_beyond(rng):
    path = {t: (3.0 * t, 30.0, 40.0, 60.0) for t in range(5, 36) if not 14 < t < 25}
    found, notes = placed(boxes_of(path), (50, 120, 200), 1, SIZE, "clip")
    assert notes == ("10 of 31 frames without a box: a line between others",)
    assert np.flatnonzero(found.seen).tolist() == list(range(5, 36))
    centre = found.left + found.width / 2
    assert np.allclose(centre[5:36], np.arange(5, 36) * 3 + 20, atol=0.3)
    shaken = {t: (3 * t + rng.normal(0, 4), 30, 40, 60) for t in range(50)}
    found, _ = placed(boxes_of(shaken), (50, 120, 240), 1, SIZE, "clip")
    error = found.left + found.width / 2 - (np.arange(50) * 3 + 20)
    assert error.std() < 2, "smoothed"


def test_what_lies_outside_does_not_count():
    rows = dict.fromkeys(range(12), (10.0, 20.0, 30.0, 60.0)) | {3: (500.0, 20.0, 30.0, 60.0), 40: (0.0, 0.0, 5.0, 5.0)}
    found, notes = placed(boxes_of(rows), (12, 120, 160), 1, SIZE, "clip")
    assert notes == ("1 box outside of the picture", "1 of 12 frames without a box: a line between others")
    assert np.allclose(found.left + found.width / 2, 25)
    with pytest.raises(SeqdlError, match="clip: none of the boxes that come with it lies in its frames"):
        placed(boxes_of({40: (0.0, 0.0, 5.0, 5.0)}), (12, 120, 160), 1, SIZE, "clip")


@pytest.fixture
def own(tmp_path):
    """Two videos of one's own, one with boxes beside it."""
    for label in ("sit", "wave"):
        (tmp_path / label).mkdir()
        timed_video(tmp_path / label / "ann.avi", [np.full((120, 160), 90, np.uint8)] * 20, np.arange(20) / 25)
    rows = "".join(f"{t}; 40; 20; 30; 60\n" for t in range(20))
    (tmp_path / "sit" / "ann.boxes.csv").write_text(f"Frame; x; y; width; height\n{rows}")
    (tmp_path / "wave" / "bob.boxes.csv").touch()
    return tmp_path


def test_boxes_of_ones_own_videos_lie_beside_them(own):
    data = folder.load(own)
    assert "1 file left out in class wave, boxes of no video that is there: bob.boxes.csv." in data.notes
    sit, wave = data.sequences
    config = choose.with_own(load(settings=["video.box=given", "video.rate=50"]), data)
    with Reader(sit.file, rate=50.0) as reader:
        later = footage.boxed(reader, data.boxes(sit), reader.rate, config, 4)
        assert later.given.frames[:3].tolist() == [-4, -2, 0], "counted at the rate that a network sees"
        clip = find(footage.boxed(reader, data.boxes(sit), reader.rate, config), "given", config)
    assert clip.notes == () and len(clip.seen) == 40 and np.allclose(clip.boxes.left + clip.boxes.width / 2, 27.5)
    with pytest.raises(SeqdlError, match=r"wave/ann\.avi: no ann\.boxes\.csv beside it"):
        data.boxes(wave)
    (own / "sit" / "ann.boxes.csv").unlink()
    with pytest.raises(
        UsageError, match=r"video\.box = given: no boxes come with folder; take track, person, centre or wh"
    ):
        choose.with_own(config, folder.load(own))


@pytest.mark.parametrize(
    "text, message",
    [
        ("", "its first line must name the columns frame,x,y,width,height, and lacks frame, x"),
        ("frame,x,y,w,height\n", "and lacks width: 'frame,x,y,w,height'"),
        ("frame,x,y,width,height\n", "no row below the first"),
        ("frame,x,y,width,height\n0,1,2,3\n", "line 2: '0 1 2 3 nothing' is no box: 5 numbers"),
        ("frame,x,y,width,height\n0,1,2,3,x\n", "line 2: '0 1 2 3 x' is no box"),
        ("frame,x,y,width,height\n0,1,2,3,-4\n", "line 2: a box of 3 x -4 pixels holds nothing"),
        ("frame,x,y,width,height\n0.5,1,2,3,4\n", "line 2: frame 0.5 is no whole number from 0"),
        ("frame,x,y,width,height\n1,1,2,3,4\n1,1,2,3,5\n", "line 3: frame 1 has another box above"),
    ],
)
def test_a_list_of_boxes_that_is_wrong_is_refused_with_its_line(tmp_path, text, message):
    (tmp_path / "a.boxes.csv").write_text(text)
    with pytest.raises(SeqdlError) as error:
        boxes.read_list(tmp_path / "a.avi")
    assert message in str(error.value) and str(error.value).startswith(str(tmp_path / "a.boxes.csv"))


def test_boxes_of_ucf_sports_are_counted_by_their_files(tmp_path):
    for number in (9, 10, 100):
        (tmp_path / f"{number}.tif.txt").write_text(f"{number}\t2\t30\t40\tWalk\t\r\n")
    assert boxes.read_files(tmp_path).left.tolist() == [9, 10, 100]
    (tmp_path / "10.tif.txt").write_text("Walk")
    with pytest.raises(SeqdlError, match=r"10\.tif\.txt: 'Walk' is no box: 4 numbers"):
        boxes.read_files(tmp_path)
    with pytest.raises(SeqdlError, match=r"/none: no boxes \(a \.txt for each frame\)"):
        boxes.read_files(tmp_path / "none")


def test_frames_of_a_folder_of_pictures_are_counted_as_they_are(tmp_path):
    (tmp_path / "a").mkdir()
    data = folder.RECORD.dataset("all", ("a",), (footage.Sequence("a", tmp_path / "a", "a", "a", 5, 9),))
    [same] = footage.at_rate(data, 50.0).sequences
    assert (same.first, same.last) == (5, 9)
    assert choose.with_own(Config(), data).video.box == "person"
