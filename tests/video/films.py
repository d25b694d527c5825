"""A moving picture: films of it in any format, and what a person sees when they are played.

A film is made with PyAV; what PyAV has no word for (display matrices, poses, orientation messages, shapes of pixels) is
written into its bytes. What is seen follows from the picture by NumPy alone.
"""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from itertools import count
from pathlib import Path
from typing import NamedTuple

import av
import numpy as np

FRAMES = 6
SIZE = (64, 48)


class Turn(NamedTuple):
    """An orientation as the boxes, Matroska (yaw, roll) and codecs (degrees, mirrored, upside down) write it."""

    matrix: tuple[float, float, float, float]
    pose: tuple[float, float]
    message: tuple[int, int, int]
    of: Callable[[np.ndarray], np.ndarray]


TURNS = {
    "upright": Turn((1, 0, 0, 1), (0, 0), (0, 0, 0), lambda image: image),
    "90": Turn((0, 1, -1, 0), (0, -90), (270, 0, 0), lambda image: np.rot90(image, -1)),
    "180": Turn((-1, 0, 0, -1), (0, 180), (180, 0, 0), lambda image: np.rot90(image, 2)),
    "270": Turn((0, -1, 1, 0), (0, 90), (90, 0, 0), np.rot90),
    "mirrored": Turn((-1, 0, 0, 1), (180, 0), (0, 1, 0), np.fliplr),
    "upside-down": Turn((1, 0, 0, -1), (180, 180), (0, 0, 1), np.flipud),
    "transposed": Turn((0, 1, 1, 0), (180, 90), (90, 1, 0), np.transpose),
    "other-diagonal": Turn((0, -1, -1, 0), (180, -90), (90, 0, 1), lambda image: np.rot90(image.T, 2)),
}
SIDEWAYS = ("90", "270", "transposed", "other-diagonal")


EXACTLY, NEARLY, LOSSY = (1.0, 1), (0.9, 3), (0.9, 24)
"""How close what is seen lies to the picture: a part of the pixels, and their greatest difference in grey levels."""


@dataclass(frozen=True)
class Film:
    """A file: its name, which says what is special; what writes it to a path; the images that are seen."""

    name: str
    make: Callable[[Path], None]
    seen: Callable[[], list[np.ndarray]]
    within: tuple[float, int] = EXACTLY


# What is filmed, and what is seen of it. A picture is a function of the place, so stretching it asks for other places.


def light(k, y, x):
    """Grey values of frame ``k`` at rows ``y`` and columns ``x``: no turn, mirror or shift leaves them as they are."""
    waves = 128 + 70 * np.sin((x + 3 * k) / 7) + 50 * np.cos(y / 6 + x / 23) + y / 2
    mark = 255.0 * ((x + y + k) // 2 % 2)
    return np.where((y < 6) & (x < 8), mark, waves).clip(0, 255).round()


def colours(k, y, x):
    """Red, green and blue."""
    return np.stack([light(k, y, x), light(k + 2, y + 9, x), 255 - light(k, y, x + 11)], axis=-1)


def negative(k, y, x):
    """What is not to be seen."""
    return 255 - light(k, y, x)


def drawn(picture, k, size):
    """A frame to be filmed, uint8, of a width and height."""
    return picture(k, *np.mgrid[: size[1], : size[0]]).astype(np.uint8)


def middles(length, parts):
    """Where the middles of equal parts of a row of pixels lie."""
    return (np.arange(parts) + 0.5) * length / parts - 0.5


def scaled(picture, k, size, to):
    """A frame of one size, seen in another: grey, float."""
    image = picture(k, *np.meshgrid(middles(size[1], to[1]), middles(size[0], to[0]), indexing="ij"))
    return image if image.ndim == 2 else image @ (0.299, 0.587, 0.114)


def shown(k, size=SIZE, turn="upright", aspect=(1, 1), picture=light):
    """A frame turned first, then as wide as its pixels are; a width below one pixel leaves it as it is."""
    width, height = size
    if turn in SIDEWAYS:
        to = width, int(height * (aspect[1] / aspect[0])) or height
    else:
        to = int(width * (aspect[0] / aspect[1])) or width, height
    return TURNS[turn].of(scaled(picture, k, size, to))


def rotated(k, size, degrees):
    """A frame turned clockwise about its middle, cut to the size it had; black outside."""
    middle = np.reshape([(size[1] - 1) / 2, (size[0] - 1) / 2], (2, 1, 1))
    y, x = np.mgrid[: size[1], : size[0]] - middle
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    y, x = np.stack([cos * y - sin * x, cos * x + sin * y]) + middle
    return np.where((y > -1) & (y < size[1]) & (x > -1) & (x < size[0]), light(k, y, x), 0)


# Writing

ENCODING = {
    "libx264": {"qp": "0", "g": "1", "bf": "0", "preset": "ultrafast"},
    "libx264rgb": {"qp": "0", "preset": "ultrafast"},
    "libx265": {"x265-params": "lossless=1:keyint=1:bframes=0:repeat-headers=1:log-level=none", "preset": "ultrafast"},
    "libvpx-vp9": {"lossless": "1", "cpu-used": "8", "deadline": "realtime"},
    "libvpx": {"crf": "4", "cpu-used": "8", "deadline": "realtime"},
}
START = {
    "libx264": rb"\x00\x00\x00?\x01[\x65\x25\x41\x61]",
    "libx265": rb"\x00\x00\x00?\x01[\x26\x28\x2a]\x01",
    "mjpeg": rb"(?<=\xff\xd8)",
}
"""Where the picture of a packet begins, and messages end."""
LIMITED, FULL = 1, 2


def write(path, codec, pixels, size=SIZE, picture=light, **settings):
    """A film of a picture."""
    write_frames(path, [drawn(picture, k, size) for k in range(FRAMES)], codec, pixels, **settings)


def write_frames(
    path,
    frames,
    codec,
    pixels,
    *,
    aspect=(1, 1),
    values=None,
    messages=None,
    times=None,
    form=None,
    muxing=None,
    encoding=None,
):
    """Encode frames: ``values`` are LIMITED or FULL, ``messages`` what is said before the picture of each frame."""
    with av.open(str(path), "w", format=form, options=muxing or {}) as container:
        stream = added(container, codec, pixels, frames[0], encoding)
        if aspect != (1, 1):
            stream.codec_context.sample_aspect_ratio = Fraction(*aspect)
        if values:
            stream.codec_context.color_range = values
        packets = []
        for image, time in zip(frames, times or count()):
            packets += stream.encode(frame_of(image, pixels, time, values))
        for packet, message in zip(packets + stream.encode(), messages or [b""] * len(frames)):
            container.mux(with_message(packet, message, START[codec]) if message else packet)


def added(container, codec, pixels, image, encoding=None):
    stream = container.add_stream(codec, rate=25, options={**ENCODING.get(codec, {}), **(encoding or {})})
    stream.height, stream.width = image.shape[:2]
    stream.pix_fmt, stream.bit_rate = pixels, 6_000_000
    return stream


def frame_of(image, pixels, time, values=None):
    if pixels == "pal8":
        palette = np.repeat(np.arange(256, dtype=np.uint8)[:, None], 4, axis=1)
        frame = av.VideoFrame.from_ndarray((image, palette), format="pal8")
    else:
        form = {2: "gray", 3: "rgb24", 4: "rgba"}[image.ndim if image.ndim == 2 else image.shape[2]]
        frame = av.VideoFrame.from_ndarray(image, format=form).reformat(format=pixels, dst_color_range=values)
    frame.pts = time
    return frame


def with_message(packet, message, start):
    data = bytes(packet)
    at = re.search(start, data).start()
    longer = av.Packet(data[:at] + message + data[at:])
    longer.stream, longer.time_base, longer.is_keyframe = packet.stream, packet.time_base, packet.is_keyframe
    longer.pts, longer.dts, longer.duration = packet.pts, packet.dts, packet.duration
    return longer


def orientation(codec, turn):
    """The message of H.264 and H.265 that says how the picture is to be turned."""
    degrees, mirrored, upside_down = TURNS[turn].message
    lasting = {"libx264": "0100", "libx265": "1"}[codec]
    bits = f"0{mirrored}{upside_down}{degrees * 65536 // 360:016b}{lasting}1"
    body = int(bits.ljust(24, "0"), 2).to_bytes(3, "big")
    return b"\0\0\0\1" + {"libx264": b"\x06", "libx265": b"\x4e\x01"}[codec] + b"\x2f\x03" + body + b"\x80"


# Patching: boxes (MP4 and its like) and Matroska

BOXES, MATROSKA = ("mov", "mp4", "m4v", "3gp", "3g2"), ("mkv", "webm")
LIVE = {"live": "1"}  # a Matroska file without an index: what follows may move
VIDEO = (b"\x18\x53\x80\x67", b"\x16\x54\xae\x6b", b"\xae", b"\xe0")  # Segment, Tracks, TrackEntry, Video


def patch_box(path, name, offset, *numbers):
    """Overwrite 32-bit numbers in the first box of this name."""
    data = bytearray(path.read_bytes())
    struct.pack_into(f">{len(numbers)}I", data, data.index(name) + 4 + offset, *(n % (1 << 32) for n in numbers))
    path.write_bytes(data)


def patch_matrix(path, a, b, c, d, box=b"tkhd"):
    a, b, c, d = (round(number * 65536) for number in (a, b, c, d))
    patch_box(path, box, {b"tkhd": 40, b"mvhd": 36}[box], a, b, 0, c, d, 0, 0, 0, 1 << 30)


def patch_matroska(path, *more):
    path.write_bytes(grown(path.read_bytes(), VIDEO, b"".join(more)))


def grown(data, masters, more):
    """Matroska data with elements added to the first one that these lead to."""
    at, name = 0, b""
    while name != masters[0]:
        width = 9 - data[at].bit_length()
        name, at = data[at : at + width], at + width
        width = 9 - data[at].bit_length()
        endless = (1 << 7 * width) - 1
        size, body = int.from_bytes(data[at : at + width], "big") & endless, at + width
        begin, at = at, len(data) if size == endless else body + size
    inner = grown(data[body:at], masters[1:], more) if len(masters) > 1 else data[body:at] + more
    return data[:begin] + (1 << 56 | len(inner)).to_bytes(8, "big") + inner + data[at:]


def element(name, body):
    return name + bytes([0x80 | len(body)]) + body


def pose(yaw, roll):
    angles = element(b"\x76\x73", struct.pack(">f", yaw)) + element(b"\x76\x75", struct.pack(">f", roll))
    return element(b"\x76\x70", element(b"\x76\x71", b"\0") + angles)


def display(width, height, unit=0):
    size = element(b"\x54\xb0", struct.pack(">H", width)) + element(b"\x54\xba", struct.pack(">H", height))
    return size + element(b"\x54\xb2", bytes([unit]))
