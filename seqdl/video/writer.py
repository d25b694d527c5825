"""Frames into a video file that every player shows."""

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from seqdl.base.files import replace_atomic
from seqdl.errors import SeqdlError
from seqdl.video.colour import BT601, BT709, HIGH

QUALITY = "14"
"""Of H.264 (crf): an error of about one grey level."""
FINE = 4000
"""At least so many different time stamps a second; a whole number of them lies between frames at a steady rate."""


def write(path: str | Path, frames: Iterable[np.ndarray], rate: float) -> None:
    """Write ``frames``, (height, width) of uint8 with even sides, to ``path`` as an MP4 of a ``rate`` a second.

    The file is whole or absent; a SeqdlError says why it cannot be written.
    """
    write_timed(path, ((frame, k / rate) for k, frame in enumerate(frames)), rate)


def write_timed(
    path: str | Path, timed: Iterable[tuple[np.ndarray, float]], rate: float, options: dict[str, str] | None = None
) -> None:
    """Write frames that come with their seconds, which they keep, to an MP4; else as :func:`write`.

    Parameters
    ----------
    path : path
        The file.
    timed : iterable of (array of uint8, float)
        Each (height, width), or (height, width, 3) in colour, with even sides, and its seconds.
    rate : float
        About so many a second.
    options : dict of str to str, optional
        For the encoder, beside the quality.
    """
    steady = Fraction(rate).limit_denominator(1001)
    tick = 1 / (steady * -(-FINE // steady))
    with replace_atomic(path) as temporary:
        try:
            with av.open(str(temporary), "w", format="mp4") as container:
                stream = container.add_stream("libx264", rate=steady)
                stream.pix_fmt, stream.options = "yuv420p", {"crf": QUALITY, **(options or {})}
                stream.codec_context.time_base = tick
                for number, (image, seconds) in enumerate(timed):
                    if not number:
                        stream.height, stream.width = image.shape[:2]
                        if image.ndim == 3:
                            stream.codec_context.colorspace = _space(image)
                    frame = _frame(image)
                    frame.pts, frame.time_base = round(seconds / tick), tick
                    container.mux(stream.encode(frame))
                container.mux(stream.encode())
        except (av.error.FFmpegError, av.codec.codec.UnknownCodecError) as error:
            raise SeqdlError(f"cannot write {path}: {getattr(error, 'strerror', None) or error}") from error


def _space(image: np.ndarray) -> int:
    """As what colours are written: as those are taken that nothing is said of."""
    return BT709 if len(image) >= HIGH else BT601


def _frame(image: np.ndarray) -> Any:
    if image.ndim == 2:
        return av.VideoFrame.from_ndarray(image, format="gray")
    coloured = av.VideoFrame.from_ndarray(image, format="rgb24")
    return coloured.reformat(format="yuv420p", dst_colorspace=_space(image))
