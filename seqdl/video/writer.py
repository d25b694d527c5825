"""Frames into a video file that every player shows."""

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from seqdl.base.files import replace_atomic
from seqdl.errors import SeqdlError

QUALITY = "14"
"""Of H.264 (crf): an error of about one grey level."""


def write(path: str | Path, frames: Iterable[np.ndarray], rate: float) -> None:
    """Write grey ``frames``, (height, width) of uint8 with even sides, to ``path`` as an MP4 of a ``rate`` a second.

    The file is whole or absent; a SeqdlError says why it cannot be written.
    """
    with replace_atomic(path) as temporary:
        try:
            with av.open(str(temporary), "w", format="mp4") as container:
                stream = container.add_stream("libx264", rate=Fraction(rate).limit_denominator(1001))
                stream.pix_fmt, stream.options = "yuv420p", {"crf": QUALITY}
                for number, frame in enumerate(frames):
                    if not number:
                        stream.height, stream.width = frame.shape
                    container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="gray")))
                container.mux(stream.encode())
        except (av.error.FFmpegError, av.codec.codec.UnknownCodecError) as error:
            raise SeqdlError(f"cannot write {path}: {getattr(error, 'strerror', None) or error}") from error
