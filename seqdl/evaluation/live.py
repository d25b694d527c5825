"""Decisions on the last seconds of a stream, each of which is what ``predict`` says of these frames."""

import math
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from seqdl.base.arrays import check_number
from seqdl.errors import SeqdlError
from seqdl.evaluation.job import silent
from seqdl.model.prediction import Prediction
from seqdl.model.recogniser import Recogniser
from seqdl.stores.footage import rate_of
from seqdl.video.clock import FASTEST, Resampler
from seqdl.video.feed import Feed, Shot, Stream, VanishedError
from seqdl.video.prepare import Reduced
from seqdl.video.reader import ReadReport

BUFFER, EVERY = 4.0, 0.5
"""Seconds that a decision looks at, and from one decision to the next. KTH's cut sequences last about four."""
LONGEST = 600.0
"""Seconds that a buffer may last."""
FIRST_WAIT, LAST_WAIT = 0.5, 8.0
"""Seconds until a camera that has vanished is looked for, at first and at last; each time it is twice as long."""
TINY = 1e-6


@dataclass(frozen=True)
class Said:
    """A decision on the last seconds of a stream.

    Parameters
    ----------
    start, seconds : float
        When the first of its frames came and the last one ended, since the stream began.
    prediction : Prediction
        What is said of the frames in the buffer, whose first one is at 0 seconds.
    latency : float
        Seconds from when the newest of these frames was there until this was said.
    rate : float
        Frames a second that came lately.
    dropped : int
        So many frames nobody had time for, up to now.
    """

    start: float
    seconds: float
    prediction: Prediction
    latency: float
    rate: float
    dropped: int

    def to_dict(self) -> dict[str, Any]:
        """What programs get of it, in plain values."""
        said = self.prediction
        return {
            "seconds": round(self.seconds, 3),
            "answer": said.answer,
            "label": said.label,
            "probability": said.probability,
            "probabilities": said.probabilities,
            "seen": said.seen,
            "doubts": list(said.doubts),
            "frames": said.frames,
            "latency": round(self.latency, 4),
            "rate": round(self.rate, 2),
            "dropped": self.dropped,
        }


class Buffer(Reduced):
    """The last frames of a stream, as footage: what is older than some seconds is let go.

    Parameters
    ----------
    seconds, rate : float
        How long it lasts, and frames a second.
    regular : bool
        Whether frames come at just that rate; else their own seconds are told.
    """

    def __init__(self, seconds: float, rate: float, regular: bool = True) -> None:
        super().__init__()
        self.rate, self._regular, self._span = rate, regular, seconds - 0.5 / rate
        many = max(1, round(seconds * rate)) if regular else math.ceil(seconds * FASTEST)
        self._held: deque[tuple[np.ndarray, float]] = deque(maxlen=many)

    def append(self, shot: Shot, seconds: float) -> None:
        """Add a frame; those of another size than it are forgotten."""
        held = self._held
        if held and held[-1][0].shape != shot.small.shape:
            held.clear()
        self.factor = shot.factor
        held.append((shot.small, seconds))
        while not self._regular and seconds - held[0][1] > self._span:
            held.popleft()

    def __len__(self) -> int:
        return len(self._held)

    def __iter__(self) -> Iterator[np.ndarray]:
        """Each frame, the oldest first."""
        return (image for image, _ in self._held)

    @property
    def full(self) -> bool:
        """Whether it lets go of a frame for the next one."""
        if self._regular:
            return len(self) == self._held.maxlen
        return bool(self._held) and self._held[-1][1] - self._held[0][1] + 1 / self.rate >= self._span

    @property
    def times(self) -> Sequence[float]:
        """The seconds of each frame since the first of them."""
        if self._regular:
            return [k / self.rate for k in range(len(self))]
        return [seconds - self._held[0][1] for _, seconds in self._held]

    @property
    def report(self) -> ReadReport:
        """Nothing was odd about them: what is odd about the stream is said once, and not of each decision."""
        return ReadReport(None, len(self), (), ())


class Live:
    """Decisions on the last seconds of a stream, one after the other: iterate over it, once.

    A stream that is made in real time is kept pace with: where a decision takes longer than it has, the next ones are
    left out, and frames are dropped as soon as more wait than two seconds. Of others each decision is made.

    Parameters
    ----------
    recogniser : Recogniser
        The networks.
    opening : callable
        Opens the stream: ``opening()``; once more where it has vanished.
    box : str
        How the person is found, as for :meth:`seqdl.model.recogniser.Recogniser.predict`.
    buffer, every : float
        Seconds that a decision looks at, and from one decision to the next.
    reconnect : bool
        Whether a stream that has vanished is waited for.
    say : callable
        Told, in a sentence, what is going on.
    watch : callable, optional
        ``watch(frame, seconds)`` is given every frame as it came, before the decision that looks at it.
    threshold : float
        Below this probability the answer is ``uncertain``.

    Attributes
    ----------
    frames, dropped, decisions : int
        So many came, nobody had time for, and were made.
    seconds : float
        Since the first frame.

    Raises
    ------
    SeqdlError
        While it is iterated over: where the stream cannot be opened, or vanishes and is not waited for.
    ValueError
        For numbers that cannot be.
    """

    def __init__(
        self,
        recogniser: Recogniser,
        opening: Callable[[], Stream],
        box: str = "",
        buffer: float = BUFFER,
        every: float = EVERY,
        reconnect: bool = False,
        say: Callable[[str], object] = silent,
        watch: Callable[[np.ndarray, float], object] | None = None,
        threshold: float = 0.0,
    ) -> None:
        rate = rate_of(recogniser.config)
        window = 0.0 if isinstance(rate, str) else recogniser.config.convnet.frames / rate
        check_number(buffer, "buffer", max(0.1, window), LONGEST)
        check_number(every, "every", 0.01, LONGEST)
        check_number(threshold, "threshold", 0, 1)
        recogniser.describer.check_box(box)
        self.recogniser, self.opening, self.box = recogniser, opening, box
        self.buffer, self.every, self.reconnect = buffer, every, reconnect
        self.say, self.watch, self.threshold = say, watch, threshold
        self.frames = self.dropped = self.decisions = 0
        self.seconds = 0.0

    def __iter__(self) -> Generator[Said, None, None]:
        """Each decision, as soon as it is made."""
        self.recogniser.warm(self.box)  # a camera does not wait for a compiler
        wait, stream = FIRST_WAIT, self.opening()
        began, start = time.monotonic(), 0.0
        while True:
            before = self.frames
            try:
                yield from self._one(stream, start)
                return
            except VanishedError as gone:
                if not self.reconnect:
                    raise
                why = str(gone)
            wait = FIRST_WAIT if self.frames > before else wait
            while True:
                self.say(f"{why}; trying again in {wait:g} s")
                time.sleep(wait)
                wait = min(2 * wait, LAST_WAIT)
                try:
                    stream = self.opening()
                except SeqdlError as error:
                    why = str(error)
                else:
                    break
            self.say(f"{stream.name}: is there again")
            start = max(self.seconds, time.monotonic() - began)

    def _one(self, stream: Stream, start: float) -> Iterator[Said]:
        """The decisions on one stream, until it ends, which began at ``start``."""
        rate = rate_of(self.recogniser.config)
        feed = Feed(stream, self.recogniser.describer.factor, self.watch is not None)
        if isinstance(rate, str):
            held, timed = Buffer(self.buffer, 1 / stream.clock.interval, regular=False), iter(feed)
        else:
            held, timed = Buffer(self.buffer, rate), Resampler(rate)(iter(feed), stream.clock)
        frames, dropped, fresh, due = self.frames, self.dropped, False, self.every
        try:
            for shot, seconds in timed:
                if self.watch and shot.whole is not None:
                    self.watch(shot.whole, start + seconds)
                held.append(shot, seconds)
                end, fresh = seconds + 1 / held.rate, True
                self.frames, self.dropped, self.seconds = frames + feed.taken, dropped + feed.dropped, start + end
                if end < due - TINY or (feed.behind and end < due + self.every):
                    continue
                due = (math.floor((end + TINY) / self.every) + 1) * self.every
                said = self._said(held, feed, shot, stream.name)
                if said:  # too few frames are no decision
                    fresh = False
                    yield said
            if fresh and (said := self._said(held, feed, shot, stream.name, last=feed.error is None)):
                yield said
            if feed.error:
                raise feed.error
        finally:
            feed.close()
            for note in stream.notes:
                self.say(f"{stream.name}: note: {note}")

    def _said(self, held: Buffer, feed: Feed, shot: Shot, name: str, last: bool = False) -> Said | None:
        """The decision on the frames that are held; None while they are too few for one and more will come."""
        try:
            prediction = self.recogniser.look(held, name, self.box, threshold=self.threshold)
        except SeqdlError:
            if held.full or last:
                raise
            return None
        self.decisions += 1
        start = self.seconds - held.times[-1] - 1 / held.rate
        return Said(start, self.seconds, prediction, time.monotonic() - shot.arrived, feed.rate, self.dropped)
