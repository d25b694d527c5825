"""What is named on the command line, as single videos."""

import shutil
from pathlib import Path

import av
import numpy as np
import pytest

from seqdl.datasets.named import videos


@pytest.fixture
def folder(walkers, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("clips/b.avi", "clips/deep/a.avi", "clips/deep/c.AVI", "clips/.hidden.avi", "other/[1].avi"):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(walkers / "moving" / "ann_0.avi", name)
    Path("clips/pictures").mkdir()
    for number in range(3):
        picture = av.VideoFrame.from_ndarray(np.zeros((32, 48), np.uint8), format="gray")
        with av.open(f"clips/pictures/{number:03}.png", "w", format="image2", options={"update": "1"}) as container:
            stream = container.add_stream("png", rate=25)
            stream.width, stream.height, stream.pix_fmt = 48, 32, "gray"
            container.mux(stream.encode(picture))
            container.mux(stream.encode())
    (tmp_path / "clips/notes.txt").write_text("no video")
    (tmp_path / "empty").mkdir()


ALL = ["clips/b.avi", "clips/deep/a.avi", "clips/deep/c.AVI", "clips/pictures"]
MEANT = {
    "clips": ALL,
    "clips/": ALL,
    "clips/b.avi": ["clips/b.avi"],
    "clips/pictures": ["clips/pictures"],
    "clips/*.avi": ["clips/b.avi"],
    "clips/**/*.avi": ["clips/b.avi", "clips/deep/a.avi"],
    "clips/d*": ["clips/deep/a.avi", "clips/deep/c.AVI"],
    "other/[1].avi": ["other/[1].avi"],
    **{name: [name] for name in ("empty", "nothing*.avi", "absent.avi", "-", "0", "http://a/b*.avi")},
}


def test_folders_and_patterns_are_the_videos_that_they_mean(folder):
    said = []
    assert {name: videos([name], said.append) for name in MEANT} == MEANT
    assert set(said) == {f"left out of {name}, no videos: 1 file (notes.txt)" for name in ("clips", "clips/")}
    assert videos(["clips/b.avi", "clips/deep", "-"], said.append) == [
        "clips/b.avi",
        "clips/deep/a.avi",
        "clips/deep/c.AVI",
        "-",
    ]
