"""What looking into a file says of it."""

import os

import av
import numpy as np
import pytest

from seqdl.video.probe import HEAD, why_no_video


def write(path, frames, codec, form=None):
    rng = np.random.default_rng(3)
    with av.open(str(path), "w", format=form) as container:
        stream = container.add_stream(codec, rate=25)
        stream.width, stream.height = 64, 48
        stream.pix_fmt = "rgb8" if codec == "gif" else "yuv420p"
        for _ in range(frames):
            picture = rng.integers(0, 255, (48, 64, 3), np.uint8)
            container.mux(
                stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(format=stream.pix_fmt))
            )
        container.mux(stream.encode())
    return path


@pytest.mark.parametrize(
    "name, codec, form",
    [("clip", "mpeg4", "mp4"), ("a.ts", "mpeg2video", "mpegts"), ("b.GIF", "gif", "gif"), ("c.bin", "mpeg4", "avi")],
)
def test_a_video_of_any_name(tmp_path, name, codec, form):
    assert why_no_video(write(tmp_path / name, 12, codec, form)) == ""


def test_a_single_picture_that_moves(tmp_path):
    assert why_no_video(write(tmp_path / "a.gif", 1, "gif")) == "single pictures"


@pytest.mark.parametrize(
    "data, reason",
    [
        (b"export const frames: number = 3;\n", "texts"),
        (b"ffconcat version 1.0\nfile clip.avi\n", "texts"),
        ("é".encode() * HEAD, "texts"),
        (b"a" * (HEAD - 1) + "é".encode(), "texts"),
        (b"", "the file is empty"),
        (b"\x00\x01\xfe" * 999, "cannot be read as a video"),
        ("é".encode("latin-1") * 99, "cannot be read as a video"),
    ],
)
def test_what_is_no_video_says_why(tmp_path, data, reason):
    write(tmp_path / "clip.avi", 4, "mpeg4")
    (tmp_path / "file").write_bytes(data)
    assert why_no_video(tmp_path / "file").startswith(reason)


def test_a_file_that_cannot_be_opened(tmp_path):
    assert why_no_video(tmp_path / os.fsdecode(b"gone\xff")) == "cannot be read: No such file or directory"
