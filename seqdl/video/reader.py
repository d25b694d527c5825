"""A streaming reader of grey video: one frame at a time, and an honest account of what was damaged.

Only PyAV is used and never a whole-file read: a truncated file then ends where it ends, a lying header costs nothing,
and a clip of any length needs the memory of one frame.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import av
import av.logging
import numpy as np

from seqdl.base.arrays import check_choice
from seqdl.errors import SeqdlError

MAX_PIXELS = 4096 * 4096
"""A frame with more pixels is refused before anything of its size is allocated."""

_EXPAND = bytes(min(max(round((luma - 16) * 255 / 219), 0), 255) for luma in range(256))
_FULL_RANGE = 2  # AVCOL_RANGE_JPEG
_STILL = av.stream.Disposition.attached_pic | av.stream.Disposition.still_image


@dataclass(frozen=True)
class ReadReport:
    """What was read, and what was wrong with it.

    Parameters
    ----------
    declared, decoded : int
        Frames that the file's header promises, None where it promises nothing, and those handed out so far.
    corrupt : tuple of int
        Indices of the frames that the decoder marked as damaged.
    notes : tuple of str
        A sentence on each thing that is odd; that the header lies is only known once the end was reached.
    """

    declared: int | None
    decoded: int
    corrupt: tuple[int, ...]
    notes: tuple[str, ...]


class Reader:
    """The grey frames of a video file, in order, once.

    The luma plane is taken as it lies in the decoder's memory, which is about ten times faster than a conversion.
    MPEG-4 and its like store luma in 16..235; ``grey="full"`` expands that to 0..255, so that such a video and one
    stored as plain grey agree. Other formats (RGB, more than 8 bits) are converted to grey, which a note records.

    A frame whose size differs from the first one's ends the stream with a note, as the end of a truncated file does:
    what came before is sound. Packets that cannot be decoded are skipped and counted in a note.

    Parameters
    ----------
    path : str or Path
        The video file.
    grey : {"full", "limited"}
        Range of the grey values: 0..255, or as stored.
    max_frames : int, optional
        A video with more frames is an error.

    Attributes
    ----------
    width, height, rate : int, int, float
        Size of the frames in pixels, and frames per second, 0 where the file does not say.

    Raises
    ------
    SeqdlError
        If the file is missing, empty, damaged beyond reading, no video, or too large.
    ValueError
        For another range of grey values.
    """

    def __init__(self, path: str | Path, grey: str = "full", max_frames: int | None = None) -> None:
        check_choice(grey, "grey", ("full", "limited"))
        self.path, self.grey, self.max_frames = Path(path), grey, max_frames
        self._decoded = self._broken = 0
        self._corrupt: list[int] = []
        self._notes: list[str] = []
        self._container = _opened(self.path)
        try:
            self._stream = _video_stream(self._container, self.path)
            codec = self._stream.codec_context
            if codec is None:
                raise SeqdlError(
                    f"{self.path}: its video is in a format that cannot be decoded; convert it, or fetch it again"
                )
            codec.thread_count = 1  # small frames: parallel files beat parallel slices
            self.width, self.height = codec.width, codec.height
            _check_size(self.width, self.height, self.path)
            self.rate = float(self._stream.average_rate or 0)
            self._declared: int | None = self._stream.frames or None
        except BaseException:
            self._container.close()
            raise

    def __enter__(self) -> Reader:
        """Return the reader itself."""
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Close the file."""
        self.close()

    def close(self) -> None:
        """Close the file; the report stays."""
        self._container.close()

    @property
    def report(self) -> ReadReport:
        """What was read up to now."""
        notes = list(self._notes)
        if self._broken:
            notes.append(f"packets that could not be decoded and were left out: {self._broken}")
        if self._corrupt:
            notes.append(f"frames marked as damaged: {len(self._corrupt)}, the first is frame {self._corrupt[0]}")
        return ReadReport(self._declared, self._decoded, tuple(self._corrupt), tuple(notes))

    def __iter__(self) -> Iterator[np.ndarray]:
        """Yield each frame, (height, width) uint8, in C order."""
        for frame in self._frames():
            if (frame.width, frame.height) != (self.width, self.height):
                if self._decoded:
                    self._note(
                        f"the frame size changes from {self.width} x {self.height} to {frame.width} x {frame.height} "
                        f"at frame {self._decoded}: reading stops there"
                    )
                    break
                self.width, self.height = frame.width, frame.height
            if self.max_frames is not None and self._decoded >= self.max_frames:
                raise SeqdlError(
                    f"{self.path}: more than {self.max_frames} frames; cut the video, or raise video.max_frames"
                )
            if frame.is_corrupt:
                self._corrupt.append(self._decoded)
            image = self._image(frame)
            self._decoded += 1
            yield image
        self._conclude()

    def _frames(self) -> Iterator[Any]:
        """Decoded frames; packets that do not decode are counted and left out."""
        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets)
            except StopIteration:
                return
            except (av.error.FFmpegError, OSError, ValueError) as error:
                self._note(f"the file cannot be read further: {_reason(error)}")
                return
            try:
                frames = packet.decode()
            except (av.error.FFmpegError, OSError, ValueError):
                self._broken += 1
                continue
            for frame in frames:
                _check_size(frame.width, frame.height, self.path)
                yield frame

    def _image(self, frame: Any) -> np.ndarray:
        kind = frame.format.name
        if not kind.startswith(("yuv", "gray", "nv12", "nv21")) or frame.format.components[0].bits != 8:
            self._note(f"frames of format {kind} were converted to grey")
            return np.ascontiguousarray(frame.to_ndarray(format="gray"))
        plane = frame.planes[0]
        # The decoder pads its rows: what is copied and expanded are the pixels alone.
        image = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)[: frame.height, : frame.width]
        limited = not kind.startswith(("yuvj", "gray")) and frame.color_range != _FULL_RANGE
        if limited and self.grey == "full":
            return np.frombuffer(bytearray(image).translate(_EXPAND), np.uint8).reshape(image.shape)
        return image.copy()

    def _conclude(self) -> None:
        if not self._decoded:
            raise SeqdlError(f"{self.path}: no frame can be decoded; the file is damaged, fetch it again")
        if self._declared is not None and self._declared != self._decoded:
            self._note(f"the header declares {self._declared} frames, {self._decoded} decode")

    def _note(self, text: str) -> None:
        if text not in self._notes:
            self._notes.append(text)


def _opened(path: Path) -> Any:
    """The file as a libav container, every failure being one clear line."""
    if path.is_dir():
        raise SeqdlError(f"{path}: is a folder, not a video file")
    if not path.is_file():
        raise SeqdlError(f"{path}: no such file")
    av.logging.set_level(None)  # libav prints to stderr by itself otherwise
    # A playlist disguised as a video must not make libav open anything but files.
    options = {"protocol_whitelist": "file", "max_pixels": str(MAX_PIXELS)}
    try:
        if path.stat().st_size == 0:
            raise SeqdlError(f"{path}: the file is empty; fetch it again")
        return av.open(str(path.resolve()), options=options)
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise SeqdlError(f"{path}: cannot be read as a video: {_reason(error)}") from error


def _video_stream(container: Any, path: Path) -> Any:
    name = container.format.name
    streams = [stream for stream in container.streams.video if not stream.disposition & _STILL]
    if not streams or name == "tty":
        raise SeqdlError(f"{path}: holds no video")
    if name == "image2" or name.endswith("_pipe"):
        raise SeqdlError(f"{path}: is a single picture ({name.removesuffix('_pipe')}), not a video")
    return streams[0]


def _check_size(width: int, height: int, path: Path) -> None:
    if width * height > MAX_PIXELS:
        raise SeqdlError(f"{path}: frames of {width} x {height} pixels are too large; scale the video down first")


def _reason(error: BaseException) -> str:
    return (getattr(error, "strerror", None) or str(error) or type(error).__name__).splitlines()[0]
