"""A video file as libav opens it: which of its streams is the video, and its decoded frames with their time stamps."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Callable, Generator, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeVar

import av
import av.logging

from seqdl.base.words import count, printable, some
from seqdl.errors import SeqdlError
from seqdl.video.clock import sane_rate
from seqdl.video.upright import sane_shape

MAX_PIXELS = 8192 * 4352
"""A frame with more pixels, which is 8K in either direction, is refused before anything of its size is allocated."""
TURNING = ("h264", "hevc", "vvc", "mjpeg", "mjpegb", "png", "webp", "tiff", "jpegls", "jpegxl", "exr")
"""Formats whose frames may say themselves how they are turned."""
DAMAGE = (av.error.FFmpegError, OSError, ValueError)
"""What libav raises for files that are not what they should be."""
STATED = ("matroska,webm", "flv", "asf", "ivf")
"""Formats whose header says how long they last and not how many frames they have; of others libav guesses it."""
PNG = b"\x89PNG\r\n\x1a\n"
LONGEST_PART = 2**26
"""So many bytes are asked for whatever there is: a file may be cut short."""
_KINDS = av.stream.Disposition
_STILL = _KINDS.attached_pic | _KINDS.still_image | _KINDS.timed_thumbnails
_BESIDE = _KINDS.dependent | _KINDS.non_diegetic
T = TypeVar("T")


class Container:
    """The frames of a video file's main stream; see :class:`seqdl.video.reader.Reader`, which has the errors.

    Parameters
    ----------
    path : Path or str
        The file; what else is opened as one says how in ``_opened``.
    passed_over : int
        So many of its streams, in the order of what a player would show, hold no frame.

    Attributes
    ----------
    others : int
        So many streams could be read in its place.
    turns : {"all", "first", "none"}
        Which frames may say how they are turned: an AVI tells nothing of it, other files do once.
    shape, rate, declared, lasts, stated
        A stored pixel's width by its height; frames a second as the header says, how many, and how many seconds they
        last, None where it promises nothing; whether their length is what the header says of them alone.
    notes : list of str
        A sentence on each thing that is odd.
    broken, marked, cut : int, int, bool
        Packets that could not be decoded up to now, those that the container marks as damaged, such as behind a gap in
        a transport stream, and whether the file could not be read to its end.
    """

    what = "the file"

    def __init__(self, path: Path | str, passed_over: int = 0) -> None:
        self.path, self.passed_over, self.broken, self.marked, self.cut = path, passed_over, 0, 0, False
        self.notes: list[str] = []
        self._complaints, self._complaint = 0, ""
        self._container = self._heard(self._opened)
        try:
            for video in self._container.streams.video:
                if video.codec_context is not None:
                    video.codec_context.thread_count = 1  # small frames: parallel files beat parallel slices
            stream = self._stream = self._chosen(passed_over)
            codec = stream.codec_context
            if codec is None:
                raise SeqdlError(
                    f"{path}: its video is in a format that cannot be decoded; convert it, or fetch it again"
                )
            check_size(codec.width, codec.height, path)
            self.rate = sane_rate(stream.guessed_rate, stream.average_rate, stream.base_rate)
            self.declared: int | None = stream.frames or None
            self._tick = float(stream.time_base or 0)
            whole = self._container.duration / av.time_base if self._container.duration else None
            self.lasts = stream.duration * self._tick if stream.duration else whole
            alone = len(self._container.streams) == 1 or bool(stream.duration)
            begins = self._container.start_time or 0  # some writers count from there, others from 0
            self.stated = alone and self._container.format.name in STATED and abs(begins) < av.time_base / 10
            # An AVI numbers its frames and knows no other time; what libav makes of B-frames there is out of order.
            self._numbered = self._container.format.name == "avi"
            self.turns = "all" if codec.name in TURNING else "none" if self._numbered else "first"
        except BaseException as error:
            self.close()
            if isinstance(error, DAMAGE):
                raise SeqdlError(f"{path}: cannot be read as a video: {cause(error)}") from error
            raise

    def _opened(self) -> Any:
        return _opened(Path(self.path))

    def close(self) -> None:
        """Close the file."""
        self._container.close()

    def packets(self) -> Iterator[Any]:
        """What the main stream holds, as it lies there."""
        return self._container.demux(self._stream)  # type: ignore[no-any-return]

    @property
    def shape(self) -> Fraction:
        """A stored pixel's width by its height, as far as is known by now."""
        given = self._stream.sample_aspect_ratio
        if given and sane_shape(given) != given:
            self._note(f"pixels of {given.numerator}:{given.denominator} cannot be: taken as square")
        return sane_shape(given)

    @property
    def complaint(self) -> str:
        """What libav had to complain of, in a sentence: it shows what it can of a damaged file, and marks only some."""
        if not self._complaints:
            return ""
        return f"libav complains of it {count(self._complaints, 'time')}, first of all: {self._complaint}"

    def _heard(self, call: Callable[..., T], *given: Any) -> T:
        """What libav gives for a ``call``, in whatever thread; its complaints are counted."""
        with av.logging.Capture() as said:
            try:
                return call(*given)
            finally:
                errors = [(name, text) for level, name, text in said if level <= av.logging.ERROR]
                if errors and not self._complaint:
                    self._complaint = f"{errors[0][0]}: {' '.join(printable(errors[0][1]).split())}"[:200]
                self._complaints += len(errors)

    def frames(self) -> Generator[tuple[Any, float | None], None, None]:
        """Decoded frames with their time stamps in seconds; packets that do not decode are left out and counted."""
        packets = self.packets()
        while True:
            try:
                packet = self._heard(next, packets)
            except StopIteration:
                return
            except DAMAGE as error:
                self._note(f"{self.what} cannot be read further: {cause(error)}")
                self.cut = True
                return
            self.marked += packet.is_corrupt
            try:
                frames = self._heard(packet.decode)
            except DAMAGE:
                self.broken += 1
                continue
            while frames:
                check_size(frames[0].width, frames[0].height, self.path)
                ticks = frames[0].dts if self._numbered or frames[0].pts is None else frames[0].pts
                yield frames.pop(0), None if ticks is None else ticks * self._tick

    def _chosen(self, passed_over: int) -> Any:
        """The stream that a player shows: one marked as default, of several the largest; no picture beside sound."""
        name, streams = self._container.format.name, list(self._container.streams.video)
        videos = [stream for stream in streams if not stream.disposition & _STILL]
        if not videos or name == "tty":
            raise SeqdlError(f"{self.path}: holds no video")
        if name == "image2" or (name.endswith("_pipe") and not _several(self._container)):
            raise SeqdlError(f"{self.path}: is a single picture ({name.removesuffix('_pipe')}), not a video")
        videos.sort(key=_rank, reverse=True)
        if {"concat", "hls", "dash", "imf"} & set(name.split(",")):
            raise SeqdlError(f"{self.path}: is a list of other files, not a video: give these")
        best, self.others = videos[passed_over], len(videos) - passed_over - 1
        if len(videos) > 1:
            others = [f"the {_ordinal(streams.index(one))} ({_size(one)})" for one in videos if one is not best]
            self._note(
                f"holds {len(videos)} video streams: the {_ordinal(streams.index(best))} ({_size(best)}) is read, "
                f"left out {'is' if len(others) == 1 else 'are'} {some(others)}"
            )
        return best

    def _note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)


def _several(container: Any) -> bool:
    """Whether pictures one after the other are in a file, and not one alone; it begins anew then."""
    several = sum(1 for _ in itertools.islice(container.decode(video=0), 2)) == 2
    container.seek(0)
    return several


def _rank(stream: Any) -> tuple[bool, bool, bool, bool, int]:
    """How likely a stream is the one to look at."""
    known = stream.codec_context is not None
    pixels = stream.codec_context.width * stream.codec_context.height if known else 0
    kind = stream.disposition
    return known, stream.frames != 1, not kind & _BESIDE, bool(kind & _KINDS.default), pixels


def _size(stream: Any) -> str:
    codec = stream.codec_context
    return f"{codec.width} x {codec.height}" if codec else "of an unknown format"


def _ordinal(index: int) -> str:
    return ("first", "second", "third")[index] if index < 3 else f"{index + 1}th"


def _opened(path: Path) -> Any:
    """The file as a libav container, every failure being one clear line."""
    if not path.is_file():
        raise SeqdlError(f"{path}: " + ("is no regular file" if path.exists() else "no such file"))
    listen()
    # A playlist disguised as a video must not make libav open anything but files.
    options = {"protocol_whitelist": "file", "max_pixels": str(MAX_PIXELS)}
    try:
        if path.stat().st_size == 0:
            raise SeqdlError(f"{path}: the file is empty; fetch it again")
        _check_parts(path)
        return av.open(str(path.resolve()), options=options)
    except DAMAGE as error:
        raise SeqdlError(f"{path}: cannot be read as a video: {cause(error)}") from error


def _check_parts(path: Path) -> None:
    """Refuse a PNG that moves with a part that is longer than all of it: libav asks for the memory before it looks."""
    left = path.stat().st_size - len(PNG)
    with path.open("rb") as file:
        if file.read(len(PNG)) != PNG:
            return
        while len(head := file.read(8)) == 8 and head[4:] != b"IEND":  # behind which another picture may begin
            length = int.from_bytes(head[:4], "big")
            if length > max(left, LONGEST_PART):
                raise SeqdlError(
                    f"{path}: is damaged: a part of it says that it is longer than the file; fetch it again"
                )
            file.seek(length + 4, 1)


def listen() -> None:
    """Have libav tell its errors to whoever captures them, each time, and print nothing."""
    logger = logging.getLogger("libav")
    logger.propagate = False
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
    av.logging.set_skip_repeated(False)
    av.logging.set_level(av.logging.ERROR)


def check_size(width: int, height: int, path: Path | str) -> None:
    """Refuse frames that are too large to be held."""
    if width * height > MAX_PIXELS:
        raise SeqdlError(f"{path}: frames of {width} x {height} pixels are too large; scale the video down first")


def cause(error: BaseException) -> str:
    """What libav says of an error, in a line."""
    return (getattr(error, "strerror", None) or str(error) or type(error).__name__).splitlines()[0]
