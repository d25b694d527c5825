"""Films that differ in something that few have: several streams, sizes and orientations that change, odd matrices."""

from __future__ import annotations

import struct
from functools import partial
from itertools import cycle

import av
import films
import imageio.v3 as iio
import numpy as np
from films import (
    EXACTLY,
    FRAMES,
    FULL,
    LIVE,
    LOSSY,
    NEARLY,
    SIDEWAYS,
    SIZE,
    TURNS,
    Film,
    colours,
    drawn,
    light,
    negative,
    orientation,
    patch_box,
    patch_matroska,
    rotated,
    scaled,
    shown,
    write,
    write_frames,
)

PLAIN, DEFAULT = av.stream.Disposition(0), av.stream.Disposition.default
LARGE = (96, 72)
FRAGMENTS = {"movflags": "frag_keyframe+empty_moov"}
EXIF = ("upright", "mirrored", "180", "upside-down", "transposed", "90", "other-diagonal", "270")


def several(path, streams):
    """A file of several streams, each (picture, size, disposition, frames)."""
    with av.open(str(path), "w") as container:
        written = []
        for picture, size, disposition, _ in streams:
            written.append(films.added(container, "mpeg4", "yuv420p", drawn(picture, 0, size)))
            written[-1].disposition = disposition
        for stream, (picture, size, _, frames) in zip(written, streams):
            mux(container, stream, [drawn(picture, k, size) for k in range(frames)], "yuv420p")


def mux(container, stream, images, pixels):
    for k, image in enumerate(images):
        container.mux(stream.encode(films.frame_of(image, pixels, k)))
    container.mux(stream.encode())


def with_cover(path):
    """A still picture beside the video, larger than it."""
    cover, frames = drawn(negative, 0, LARGE), [drawn(light, k, SIZE) for k in range(FRAMES)]
    with av.open(str(path), "w") as container:
        stream = films.added(container, "mpeg4", "yuv420p", frames[0])
        if path.suffix == ".mkv":
            container.add_attachment("cover.png", "image/png", iio.imwrite("<bytes>", cover, extension=".png"))
        else:
            still = films.added(container, "png", "gray", cover)
            still.disposition = av.stream.Disposition.attached_pic
            mux(container, still, [cover], "gray")
        mux(container, stream, frames, "yuv420p")


def joined(path, parts):
    """Raw streams, one after the other; each gives its settings."""
    data = b""
    for settings in parts:
        write(path, **settings)
        data += path.read_bytes()
    path.write_bytes(data)


def h264(**settings):
    return {"codec": "libx264", "pixels": "yuv420p", **settings}


def told(turn, times=FRAMES):
    """The message of the first frames."""
    return [orientation("libx264", turn)] * times + [b""] * (FRAMES - times)


def patched(patch, codec="png", pixels="gray", **settings):
    """What makes a film and changes it afterwards."""

    def make(path):
        write(path, codec, pixels, **settings)
        patch(path)

    return make


def turned(a, b, c, d, **settings):
    return patched(lambda path: films.patch_matrix(path, a, b, c, d), **settings)


def by(degrees, **settings):
    cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return turned(cos, sin, -sin, cos, **settings)


def shaped(numerator, denominator, **settings):
    """Pixels of a shape that no encoder would write."""
    return patched(lambda path: patch_box(path, b"pasp", 0, numerator, denominator), aspect=(2, 1), **settings)


def posed(*elements, codec="ffv1", **settings):
    return patched(lambda path: patch_matroska(path, *elements), codec, muxing=LIVE, **settings)


def transparent(path):
    """The picture shows although nothing of it is opaque on the left."""
    opaque = np.tile(np.arange(64, dtype=np.uint8) * 4, (48, 1))
    write_frames(path, [np.dstack([drawn(colours, k, SIZE), opaque]) for k in range(FRAMES)], "png", "rgba")


def bottom_up(path, pixels, size):
    """Rows stored from below, as AVI has always had them: PyAV's line size is then negative."""
    frames = [np.ascontiguousarray(np.flipud(drawn(light, k, size))) for k in range(FRAMES)]
    write_frames(path, frames, "rawvideo", pixels, muxing={"flipped_raw_rgb": "1"})


def photographed(number):
    """What photographs say of their orientation: the segment of a JPEG for it."""
    exif = b"Exif\0\0MM" + struct.pack(">HIHHHIHHI", 42, 8, 1, 0x0112, 3, 1, number, 0, 0)
    return b"\xff\xe1" + struct.pack(">H", 2 + len(exif)) + exif


def y4m(path):
    write(path, "wrapped_avframe", "gray")
    path.write_bytes(path.read_bytes().replace(b" A0:0 ", b" A2:1 ", 1))


def cut(path):
    """An edit list that begins with the third frame."""
    write(path, "libx264", "yuv420p")
    patch_box(path, b"elst", 12, 2 * 512)


def seen(*arguments, **settings):
    return lambda: [shown(k, *arguments, **settings) for k in range(FRAMES)]


def seen_turned(degrees, size=SIZE):
    return lambda: [rotated(k, size, degrees) for k in range(FRAMES)]


def seen_scaled(first, *sizes):
    """Parts of several sizes, each scaled to that of the first image."""
    return lambda: [scaled(light, k, size, first.shape[::-1]) for size in sizes for k in range(FRAMES)]


def seen_parts(*turns, aspect=(1, 1)):
    """Parts of several orientations, each scaled to the size of the first."""
    first = shown(0, turn=turns[0], aspect=aspect)
    sizes = [TURNS[turn].of(first).shape[::-1] for turn in turns]
    return lambda: [
        TURNS[turn].of(scaled(light, k, SIZE, size)) for turn, size in zip(turns, sizes) for k in range(FRAMES)
    ]


def odd_films():
    """Each with what is special as its name."""
    two = {
        "second-is-default.mkv": ((negative, LARGE, PLAIN, 6), (light, SIZE, DEFAULT, 6)),
        "second-is-default.mp4": ((negative, LARGE, PLAIN, 6), (light, SIZE, DEFAULT, 6)),
        "second-is-larger.avi": ((negative, SIZE, PLAIN, 6), (light, LARGE, PLAIN, 6)),
        "second-is-larger.ts": ((negative, SIZE, PLAIN, 6), (light, LARGE, PLAIN, 6)),
        "both-are-alike.mkv": ((light, SIZE, PLAIN, 6), (negative, SIZE, PLAIN, 6)),
        "both-are-default.mov": ((negative, SIZE, DEFAULT, 6), (light, LARGE, DEFAULT, 6)),
        "larger-is-empty.mkv": ((negative, LARGE, PLAIN, 0), (light, SIZE, PLAIN, 6)),
    }
    for name, parts in two.items():
        size = next(size for picture, size, *_ in parts if picture is light)
        yield Film(f"streams_{name}", partial(several, streams=parts), seen(size), LOSSY)
    for suffix in ("mp4", "mkv"):
        yield Film(f"streams_cover.{suffix}", with_cover, seen(), LOSSY)

    for name, codec, pixels, aspect, sizes in (
        ("size-grows.mjpeg", "mjpeg", "yuvj420p", (1, 1), (SIZE, (80, 64))),
        ("size-shrinks.mjpeg", "mjpeg", "yuvj420p", (1, 1), ((80, 64), SIZE)),
        ("size-grows-and-shrinks.h264", "libx264", "yuv420p", (1, 1), (SIZE, (90, 70), SIZE)),
        ("size-grows-wide.h264", "libx264", "yuv420p", (2, 1), (SIZE, (90, 70))),
    ):
        parts = [{"codec": codec, "pixels": pixels, "size": size, "aspect": aspect} for size in sizes]
        yield Film(name, partial(joined, parts=parts), seen_scaled(shown(0, sizes[0], aspect=aspect), *sizes), LOSSY)
    for turns in (("upright", "180"), ("upright", "90"), ("270", "180", "transposed"), ("mirrored", "upside-down")):
        parts = [h264(messages=None if turn == "upright" else told(turn)) for turn in turns]
        within = EXACTLY if len({turn in SIDEWAYS for turn in turns}) == 1 else NEARLY
        make = partial(joined, parts=parts)
        yield Film(f"turn-changes_{'_'.join(turns)}.h264", make, seen_parts(*turns), within)
    for suffix in ("mkv", "mp4"):
        make = partial(write, **h264(messages=told("90", 1)))
        yield Film(f"turn-told-once.{suffix}", make, seen(turn="90"))
    parts = [h264(messages=told(turn), aspect=(2, 1)) for turn in ("mirrored", "90")]
    make = partial(joined, parts=parts)
    yield Film("turn-changes-wide.h264", make, seen_parts("mirrored", "90", aspect=(2, 1)), NEARLY)
    make = partial(joined, parts=[h264(messages=told("mirrored")), h264()])
    yield Film("turn-told-no-more.h264", make, seen_parts("mirrored", "mirrored"))

    for degrees in (45, 30, 10, 100, 300, 89.4):
        yield Film(f"angle-{degrees}.mov", by(degrees), seen_turned(round(degrees)), NEARLY)
    yield Film("angle-45-h264.mp4", by(45, **h264()), seen_turned(45), NEARLY)
    yield Film("angle-45.mkv", posed(films.pose(0, -45)), seen_turned(45), NEARLY)
    for pixels, size in (("yuv420p", SIZE), ("yuv422p", (90, 70))):
        make = posed(films.pose(0, -45), pixels=pixels, size=size, values=FULL)
        yield Film(f"angle-45-full-{pixels}.mkv", make, seen_turned(45, size), NEARLY)
    yield Film("angle-1.mov", by(1), seen())
    yield Film("angle-180.4.mov", by(180.4), seen(turn="180"))
    yield Film("matrix-twice.mov", turned(0, 2, -2, 0), seen(turn="90"))
    yield Film("matrix-half.mov", turned(-0.5, 0, 0, 0.5), seen(turn="mirrored"))
    yield Film("matrix-nothing.mov", turned(0, 0, 0, 0), seen())
    yield Film("matrix-wide.mov", turned(2, 0, 0, 1), seen(aspect=(2, 1)), NEARLY)
    yield Film("matrix-wide-turned.mov", turned(0, 2, -1, 0), seen(turn="90", aspect=(1, 2)), NEARLY)
    movie = patched(lambda path: films.patch_matrix(path, 0, 1, -1, 0, box=b"mvhd"))
    yield Film("matrix-of-the-movie.mov", movie, seen(turn="90"))
    yield Film("matrix-fragments.mp4", turned(0, 1, -1, 0, **h264(muxing=FRAGMENTS)), seen(turn="90"))

    suffixes = cycle(("mjpeg", "avi", "mov"))
    for number, turn in enumerate(EXIF, 1):
        make = partial(write, codec="mjpeg", pixels="yuvj420p", messages=[photographed(number)] * FRAMES)
        yield Film(f"exif-{number}.{next(suffixes)}", make, seen(turn=turn), LOSSY)

    raw = {"codec": "rawvideo", "pixels": "rgb24"}
    for numerator, denominator in ((0, 0), (1, 0), (0, 1), (1, 1000), (-1, 1)):
        yield Film(f"shape-{numerator}to{denominator}.mov", shaped(numerator, denominator, **raw), seen())
    yield Film("shape-15to1.mov", shaped(15, 1, **raw), seen(aspect=(15, 1)), NEARLY)
    yield Film("shape-65535to65536.mov", shaped(65535, 65536, **raw), seen(aspect=(65535, 65536)), NEARLY)
    yield Film("shape-of-two-minds.mp4", shaped(4, 3, **h264()), seen(aspect=(4, 3)), NEARLY)
    sizes = lambda path: patch_box(path, b"tkhd", 76, 128 << 16, 48 << 16)  # noqa: E731
    yield Film("shape-by-display-size.mov", patched(sizes, **raw), seen(aspect=(2, 1)), NEARLY)
    yield Film("shape-of-the-whole.mkv", posed(films.display(16, 9, unit=3)), seen(aspect=(4, 3)), NEARLY)
    yield Film("shape-unknown.mkv", posed(films.display(16, 9, unit=4)), seen())
    yield Film("shape-y4m.y4m", y4m, seen(aspect=(2, 1)), NEARLY)
    dv = (720, 576)
    yield Film("shape-dv.dv", lambda path: write(path, "dvvideo", "yuv420p", dv), seen(dv, aspect=(16, 15)), LOSSY)

    odd = (67, 49)
    for pixels, within in (("bgr24", EXACTLY), ("pal8", EXACTLY), ("rgb555le", (1.0, 9))):
        yield Film(f"bottom-up_{pixels}.avi", partial(bottom_up, pixels=pixels, size=odd), seen(odd), within)
    yield Film("bottom-up_amv.avi", partial(write, codec="amv", pixels="yuvj420p"), seen(), LOSSY)
    for turn, codec, pixels in (
        ("90", "ffv1", "yuv420p"),
        ("mirrored", "ffv1", "yuv410p"),
        ("270", "libx264", "yuv444p"),
    ):
        make = posed(films.pose(*TURNS[turn].pose), codec=codec, pixels=pixels, size=odd)
        yield Film(f"odd-size_{codec}_{pixels}_{turn}.mkv", make, seen(odd, turn))
    interlaced = {"x264-params": "tff=1:qp=0"}
    yield Film("interlaced.mp4", partial(write, **h264(encoding=interlaced)), seen())
    ilme = {"flags": "+ilme+ildct"}
    make = partial(write, codec="mpeg2video", pixels="yuv420p", aspect=(4, 3), encoding=ilme)
    yield Film("interlaced.mpg", make, seen(aspect=(4, 3)), LOSSY)
    times = [0, 1, 2, 9, 10, 40]
    for suffix in ("mkv", "mp4"):
        yield Film(f"rate-varies.{suffix}", partial(write, **h264(times=times)), seen())
    reordered = {"g": "12", "bf": "2"}
    yield Film("reordered.mp4", partial(write, **h264(encoding=reordered)), seen())
    yield Film("edited.mp4", cut, lambda: seen()()[2:])
    yield Film("full-range-grey.mp4", partial(write, **h264(pixels="gray", values=FULL)), seen())
    yield Film("coloured.mp4", partial(write, **h264(picture=colours)), seen(picture=colours), (1.0, 3))
    yield Film("transparent.mov", transparent, seen(picture=colours))
