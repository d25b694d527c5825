"""Hostile videos in every container at hand, as files, through a pipe, and as folders of pictures."""

from __future__ import annotations

import hashlib
import io
import itertools
import json
import shutil
import sys
from pathlib import Path
from unittest import mock

import imageio.v3 as iio
import numpy as np
import tiny_run
from fuzz.mutations import Mutate, boxes, elements, of_bytes, of_chunks, packets, pages, riff
from fuzz.watch import ANSWERED, CHANGED, NOTED, Kind, stained
from video import films

from seqdl.model.recogniser import Recogniser
from seqdl.video.device import PIPE, open_stream
from seqdl.video.reader import Reader

LONGEST = 3000
"""So many frames are looked at: a file of six may say that each lasts ten seconds."""

FORMS: dict[str, tuple[Mutate, str]] = {
    "AVI": (
        of_chunks(riff),
        "avi mpeg4 yuv420p|avi mjpeg yuvj420p|avi rawvideo yuyv422|avi huffyuv yuv422p|avi ffv1 gray",
    ),
    "MP4 and MOV": (
        of_chunks(boxes),
        "mp4 libx264 yuv420p|mp4 mpeg4 yuv420p|mov mjpeg yuvj420p|mov qtrle rgb24|mov png gray|mp4 libx265 yuv420p"
        "|mov rawvideo gray|mov prores_ks yuv422p10le",
    ),
    "Matroska and WebM": (
        of_chunks(elements),
        "mkv ffv1 yuv420p|mkv libx264 yuv420p|webm libvpx-vp9 yuv420p|webm libvpx yuv420p|mkv mpeg4 yuv420p"
        "|mkv mjpeg yuvj420p",
    ),
    "MPEG transport streams": (of_chunks(packets(188)), "ts mpeg2video yuv420p|ts libx264 yuv420p"),
    "MPEG programs, bare streams": (
        of_chunks(pages),
        "mpg mpeg1video yuv420p|vob mpeg2video yuv420p|m2v mpeg2video yuv420p|h264 libx264 yuv420p|hevc libx265 yuv420p"
        "|mjpeg mjpeg yuvj420p",
    ),
    "FLV, SWF, RealMedia": (of_chunks(pages), "flv flv yuv420p|flv libx264 yuv420p|swf flv yuv420p|rm rv10 yuv420p"),
    "ASF and WMV": (of_bytes, "wmv wmv2 yuv420p|wmv wmv1 yuv420p|asf mpeg4 yuv420p|asf msmpeg4 yuv420p"),
    "Ogg, NUT, MXF, IVF, Y4M": (
        of_chunks(pages),
        "ogv libvpx yuv420p|nut mpeg4 yuv420p|nut rawvideo gbrp|mxf mpeg2video yuv422p|ivf libvpx yuv420p"
        "|y4m wrapped_avframe yuv420p",
    ),
    "GIF and APNG": (of_bytes, "gif gif gray|apng apng rgb24"),
}


def _files(folder: Path, table: str, count: int = films.FRAMES) -> list[bytes]:
    """A film of each format; what their frames are is noted down beside them."""
    made: list[bytes] = []
    right: dict[str, list[str]] = {"frames": [], "notes": []}
    for suffix, codec, pixels in (row.split() for row in table.split("|")):
        path = folder / f"{codec}-{pixels}.{suffix}"
        picture = films.colours if "rgb" in pixels or "gbr" in pixels else films.light
        films.write_frames(path, [films.drawn(picture, k, films.SIZE) for k in range(count)], codec, pixels)
        made.append(path.read_bytes())
        seen, notes = _looked_at(Reader(path))
        right["frames"].append(seen)
        right["notes"] += notes
    (folder / "right.json").write_text(json.dumps(right))
    return made


def _looked_at(reader: Reader) -> tuple[str, tuple[str, ...]]:
    """A digest of all frames, and what was said to be odd."""
    seen = hashlib.sha256()
    with reader:
        for frame in itertools.islice(reader, LONGEST):
            seen.update(repr(frame.shape).encode() + frame.tobytes())
        report = reader.report
    return seen.hexdigest(), report.notes or ("damaged",) * report.damaged


def _read(path: Path) -> str:
    """Read a file twice: frames that differ hold what nobody has written."""
    found = []
    for stain in (0x55, 0xAA):
        with stained(stain):
            found.append(_looked_at(Reader(path)))
    (first, notes), (second, _) = found
    right = json.loads((path.parent / "right.json").read_text())
    if not {*notes} <= {*right["notes"]}:  # some of the valid ones are of odd formats
        return NOTED
    if first != second:
        return "frames of memory that nobody has written"
    return ANSWERED if first in right["frames"] else CHANGED


def _piped(path: Path) -> str:
    class Pipe(io.BytesIO):
        def seekable(self):
            return False

        def seek(self, *_):
            raise io.UnsupportedOperation

    with mock.patch.object(sys, "stdin", mock.Mock(closed=False, isatty=lambda: False, buffer=Pipe(path.read_bytes()))):
        return NOTED if _looked_at(Reader(open_stream(PIPE)))[1] else ANSWERED


def _several(folder: Path) -> list[bytes]:
    return _files(folder, "avi mpeg4 yuv420p|mkv libx264 yuv420p|ts mpeg2video yuv420p|mjpeg mjpeg yuvj420p")


def _for_networks(folder: Path) -> list[bytes]:
    tiny_run.leave(folder / "run", tiny_run.recogniser())
    return _files(folder, "avi mpeg4 yuv420p|mp4 libx264 yuv420p|mov mjpeg yuvj420p", 14)


def _predicted(path: Path) -> str:
    """What ``seqdl predict`` says of a file."""
    return NOTED if Recogniser.load(path.parent / "run").predict(path).notes else ANSWERED


def _pictures(folder: Path) -> list[bytes]:
    image = films.drawn(films.light, 0, films.SIZE)
    return [iio.imwrite("<bytes>", image, extension=f".{kind}") for kind in ("png", "jpg", "bmp", "webp")]


def _in_folder(path: Path) -> str:
    """One of three pictures is hostile."""
    folder = path.parent / "pictures"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    iio.imwrite(folder / "img_00001.png", films.drawn(films.light, 1, films.SIZE))
    path.rename(folder / "img_00002.png")
    iio.imwrite(folder / "img_00003.png", films.drawn(films.light, 3, films.SIZE))
    with Reader(folder) as reader:
        frames = np.stack(list(reader))
    assert frames.shape[1:] == films.SIZE[::-1]
    return NOTED if len(reader.report.notes) > 1 else ANSWERED


def _kind(name: str) -> Kind:
    mutate, table = FORMS[name]
    return Kind(name, ".avi", lambda folder: _files(folder, table), mutate, _read)


VIDEOS = (
    *map(_kind, FORMS),
    Kind("videos through a pipe", ".avi", _several, of_bytes, _piped, "^-"),
    Kind("videos, predicted", ".avi", _for_networks, of_bytes, _predicted),
    Kind("numbered pictures", ".png", _pictures, of_bytes, _in_folder, "pictures"),
)
