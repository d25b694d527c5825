"""One long film: a drawn minute again and again, prepared in a process of its own."""

import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from experiments import script
from seqdl.base import files
from seqdl.config import load
from seqdl.datasets.actors.take import Take
from seqdl.stores.footage import opened
from seqdl.video.prepare import prepare

FILMS = {"an hour of 1080p": (1920, 1080, 60), "a minute of 8K": (7680, 4320, 1)}
"""Width, height and minutes of each."""
RATE, MINUTE, SEED = 25, 1500, 2011


def write(path: Path, width: int, height: int, minutes: int) -> None:
    """A figure of the dataset ``actors``, enlarged, as H.264 in MP4."""
    if path.is_file():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with files.replace_atomic(path) as target, av.open(str(target), "w") as container:
        stream = container.add_stream("libx264", rate=RATE, options={"preset": "ultrafast", "crf": "30"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.codec_context.time_base = Fraction(1, RATE)
        packets = [packet for frame in _minute(width, height) for packet in stream.encode(frame)]
        packets += stream.encode()
        for minute in range(minutes):
            for packet in packets:
                again = av.Packet(bytes(packet))
                again.stream, again.time_base, again.is_keyframe = stream, packet.time_base, packet.is_keyframe
                ahead = round(minute * MINUTE / (RATE * packet.time_base))
                again.pts, again.dts = packet.pts + ahead, packet.dts + ahead
                container.mux(again)


def _minute(width: int, height: int) -> Iterator[av.VideoFrame]:
    take = Take(SEED, 1, "walking", "d1")
    drawn = list(take.frames(0, take.path.spans[-1][1]))
    noise = np.random.default_rng(SEED).integers(0, 4, (height, width), dtype=np.uint8)
    for t in range(MINUTE):
        small = av.VideoFrame.from_ndarray(drawn[t % len(drawn)], format="gray")
        large = small.reformat(width=width, height=height).to_ndarray()
        yield av.VideoFrame.from_ndarray(np.minimum(large, 250) + np.roll(noise, t * 7), format="gray")


def measure(path: Path) -> dict[str, float]:
    """Frames, frames a second of the processor's time, and the most memory in megabytes, of preparing one file."""
    config, begun = load(), time.process_time()
    with opened(path, config) as reader:
        count = len(prepare(reader, "person", config).frames)
    seconds = time.process_time() - begun
    return {"frames": count, "rate": count / seconds, "memory": script.peak() / 1e6}
