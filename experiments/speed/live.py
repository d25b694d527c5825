"""How many seconds of a camera's video a second of one core decides on: 160 x 120, 25 frames a second, as by default.

Frames are decoded before; everything from there on is counted, the thread that would read them too. What is counted is
the processor's time and not the clock's, so that other work on the machine adds little to it.
"""

import itertools
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from experiments.script import Row, row
from experiments.speed import video
from seqdl.config import load
from seqdl.evaluation.live import EVERY, Live
from seqdl.model.recogniser import Recogniser
from seqdl.video.clock import USUAL_RATE, Clock
from seqdl.video.reader import Reader

CLASSES = ("walking", "jogging", "running", "boxing", "handwaving", "handclapping")
SECONDS = 60
RULES = ("track", "person")


class Decoded:
    """Frames that were decoded before, as :class:`seqdl.video.feed.Stream`."""

    name, broken_off, endless, realtime = "decoded", "", False, False
    notes: tuple[str, ...] = ()

    def __init__(self, frames: list[np.ndarray]) -> None:
        self.clock, self._frames = Clock(USUAL_RATE), frames

    def timed(self) -> Iterator[tuple[np.ndarray, float]]:
        """Each frame with its seconds."""
        for k, frame in enumerate(self._frames):
            yield frame, self.clock(k / USUAL_RATE)

    def stop(self) -> None:
        """Nothing is waited for."""

    def close(self) -> None:
        """Nothing is open."""


def some_frames(paths: list[Path]) -> list[np.ndarray]:
    """A minute of video, of as many files as it takes, again and again where they are short."""
    frames: list[np.ndarray] = []
    for path in itertools.cycle(paths):
        with Reader(path) as reader:
            frames += itertools.islice(reader, 250)
        if len(frames) >= SECONDS * USUAL_RATE:
            return frames[: round(SECONDS * USUAL_RATE)]
    raise AssertionError


def rows(rounds: int) -> list[Row]:
    """For each rule of the box the times a frame, and how many times faster than the camera (``real_time``)."""
    with video.clips() as paths:
        frames = some_frames(paths)
    recogniser = Recogniser(load(settings=["video.box=track"]), CLASSES, np.random.default_rng(0))
    times: dict[str, list[float]] = {rule: [] for rule in RULES}
    for _, rule in itertools.product(range(rounds + 1), RULES):
        start = time.process_time()
        for _ in Live(recogniser, lambda: Decoded(frames), rule):
            """What is said does not matter."""
        times[rule].append((time.process_time() - start) / len(frames))
    found = []
    for rule, seconds in times.items():
        name = f"live: a decision on 4 s every {EVERY:g} s, box {rule}"
        found.append(row(name, seconds[1:], real_time=1 / (USUAL_RATE * float(np.median(seconds[1:])))))
    return found
