"""Small videos as files, with time stamps of one's own."""

from fractions import Fraction

import av


def timed_video(path, frames, seconds, rate=25):
    """Grey frames (Y, X) without loss, each at its seconds, in milliseconds as Matroska has them."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=Fraction(rate).limit_denominator(1001))
        stream.height, stream.width = frames[0].shape
        stream.pix_fmt, stream.codec_context.time_base = "gray", Fraction(1, 1000)
        for image, time in zip(frames, seconds, strict=True):
            frame = av.VideoFrame.from_ndarray(image, format="gray")
            frame.pts, frame.time_base = round(time * 1000), Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path
