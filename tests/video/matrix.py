"""Films that differ in container, codec, pixel format, orientation, shape and range of the pixels."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import product

from films import (
    BOXES,
    EXACTLY,
    FRAMES,
    LIVE,
    LOSSY,
    MATROSKA,
    NEARLY,
    SIZE,
    TURNS,
    Film,
    colours,
    display,
    light,
    orientation,
    patch_matrix,
    patch_matroska,
    pose,
    shown,
    write,
)

SIZES = (SIZE, (66, 50), (90, 70), (80, 64))
ASPECTS = ((1, 1), (2, 1), (1, 2), (16, 15), (8, 9), (64, 45), (10, 11), (4, 3))
"""How wide a pixel is to how high."""

# A container that can say all about the picture; a codec that says the shape of its pixels; neither.
ANYTHING = """
    mov png gray|mkv ffv1 gray|mp4 libx264 yuv420p|mkv ffv1 yuv420p|mov rawvideo rgb24|mkv libx264 yuv420p
    mov rawvideo yuyv422|mkv ffv1 yuv422p|mp4 libx264 yuv422p|mkv ffv1 yuv444p|mov png rgba|mp4 libx264 yuv444p
    mov mjpeg yuvj420p|mkv ffv1 gray10le|mp4 libx264 yuv420p10le|mkv ffv1 yuv420p10le|mov rawvideo gray
    webm libvpx-vp9 yuv420p|mov qtrle rgb24|mkv ffv1 yuv422p10le|mp4 mpeg4 yuv420p|mkv ffv1 yuv444p12le
    mov v308 yuv444p|mkv ffv1 gray16le|mp4 libx264 yuvj420p|mkv ffv1 yuva420p|3gp mpeg4 yuv420p|mkv ffv1 bgr0
    mov png rgb48be|mkv libx264rgb rgb24|mov prores_ks yuv422p10le|webm libvpx yuv420p|mov png rgb24
    mkv ffv1 gbrp10le|m4v libx264 yuv420p|mkv mpeg4 yuv420p|mov png gray16be|mkv ffv1 yuv420p16le|mov v408 yuva444p
    mkv ffv1 rgb48le|3g2 mpeg4 yuv420p|webm libvpx-vp9 yuv444p|mov r210 gbrp10le|mkv mjpeg yuvj444p
    mov qtrle argb|mkv ffv1 bgra|mp4 libx265 yuv420p10le
"""
SHAPED = """
    avi mpeg4 yuv420p|avi mjpeg yuvj420p|asf mpeg4 yuv420p|ts libx264 yuv420p|flv libx264 yuv420p|nut mpeg4 yuv420p
    wmv wmv2 yuv420p|gif gif gray|h264 libx264 yuv444p|hevc libx265 yuv420p|mts libx264 yuv420p10le
"""
PLAIN = """
    avi ffv1 yuv420p|avi huffyuv yuv422p|avi huffyuv rgb24|avi ffvhuff yuv420p|avi utvideo gbrp|avi utvideo yuv444p
    avi magicyuv gbrp|avi rawvideo yuyv422|avi rawvideo uyvy422|avi rawvideo rgb555le|avi msvideo1 rgb555le
    avi jpegls gray|avi asv1 yuv420p|nut rawvideo nv12|nut rawvideo nv21|nut rawvideo gbrp|nut rawvideo rgb565le
    nut rawvideo yuv411p|nut rawvideo ya8|nut ffv1 yuv410p|y4m wrapped_avframe yuv420p|y4m wrapped_avframe gray
    y4m wrapped_avframe yuv444p|apng apng rgb24|flv flv yuv420p|flv flashsv bgr24|wmv wmv1 yuv420p|asf msmpeg4 yuv420p
    mpg mpeg1video yuv420p|mpg mpeg2video yuv420p|m1v mpeg1video yuv420p|m2v mpeg2video yuv422p|ts mpeg2video yuv420p
    m2ts mpeg2video yuv420p|mxf mpeg2video yuv422p|mxf ffv1 yuv420p|vob mpeg2video yuv420p|ogv libvpx yuv420p
    mjpeg mjpeg yuvj420p|rm rv10 yuv420p|swf flv yuv420p|ivf libvpx yuv420p|mp4 libx265 gray|mp4 libx265 gbrp
    mp4 libx265 yuv444p12le|mov cfhd yuv422p10le
"""
TOLD = "h264 libx264|ts libx264|mkv libx264|flv libx264|hevc libx265|avi libx264|mp4 libx264|mov libx264"
LOSSLESS = """
    png ffv1 libx264 rawvideo qtrle libx264rgb v308 v408 r210 huffyuv ffvhuff utvideo magicyuv jpegls gif apng flashsv
    wrapped_avframe libx265 libvpx-vp9
"""
COARSE = {"rgb555le": 9, "rgb565le": 9}
FORMS = {"m2ts": "mpegts", "mts": "mpegts"}


def rows(table):
    return [row.split() for row in table.replace("\n", "|").split("|") if row.strip()]


def film(row, size=SIZE, turn="upright", aspect=(1, 1), values=None, told=False):
    """A film of the matrix; ``told``: a message of the codec says the turn, not the container."""
    suffix, codec, pixels = row
    picture = colours if any(word in pixels for word in ("rgb", "bgr", "gbr")) else light
    words = [codec, pixels, f"{size[0]}x{size[1]}", turn, f"{aspect[0]}to{aspect[1]}"]
    words += [("limited", "full")[values - 1]] if values else []
    within = LOSSY if codec not in LOSSLESS.split() else EXACTLY if aspect == (1, 1) else NEARLY
    return Film(
        f"{'_'.join(words)}{'_told' if told else ''}.{suffix}",
        partial(make, row=row, size=size, picture=picture, turn=turn, aspect=aspect, values=values, told=told),
        lambda: [shown(k, size, turn, aspect, picture) for k in range(FRAMES)],
        (1.0, COARSE[pixels]) if pixels in COARSE and within == EXACTLY else within,
    )


def make(path, row, size, picture, turn, aspect, values, told):
    suffix, codec, pixels = row
    written = partial(write, path, codec, pixels, size, picture, form=FORMS.get(suffix), values=values)
    if told:
        written(aspect=aspect, messages=[orientation(codec, turn)] * FRAMES)
    elif suffix in MATROSKA:
        written(muxing=LIVE)
        patch_matroska(path, pose(*TURNS[turn].pose), display(size[0] * aspect[0], size[1] * aspect[1]))
    else:
        written(aspect=aspect)
        if suffix in BOXES:
            patch_matrix(path, *TURNS[turn].matrix)


def matrix() -> Iterator[Film]:
    """Every turn with every shape of pixels, every format upright or turned, every range that a file can tell."""
    anything, turns = rows(ANYTHING), list(TURNS)
    for k, (aspect, turn) in enumerate(product(ASPECTS, turns)):
        yield film(anything[k % len(anything)], SIZES[k % 3], turn, aspect)
    for k, row in enumerate(anything):
        values = k % 3 if row[2].startswith("yuv4") and row[1] in ("ffv1", "libx264") else None
        yield film(row, SIZES[(k + 1) % 4], turns[(5 * k + 3) % 8], values=values)
    for k, row in enumerate(rows(SHAPED)):
        yield film(row, SIZES[k % 4], aspect=ASPECTS[1 + k % 7])
    for row in rows(PLAIN):
        yield film(row)
    for k, turn in enumerate(turns[1:] * 2):
        yield film([*rows(TOLD)[(3 * k) % 8], "yuv420p"], SIZES[k % 3], turn, ASPECTS[k % 4], told=True)
