"""Cameras, addresses and pipes as open streams: what is opened how, and one clear line where that fails."""

from __future__ import annotations

import contextlib
import errno
import http.client
import re
import sys
import time
import urllib.error
import urllib.request
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple
from urllib.parse import unquote, urlsplit, urlunsplit

import av
import av.device

from seqdl.errors import SeqdlError, UsageError
from seqdl.video.container import DAMAGE, MAX_PIXELS, Container, cause, listen

PIPE = "-"
"""The name of standard input."""
PATIENCE = 10.0
"""Seconds in which an address has to answer, or a camera to send a frame."""
WAIT = 0.005
"""Seconds until a camera that has no frame yet is asked again."""
SYSTEM: str = sys.platform
_CAMERA = re.compile(r"[0-9]{1,2}|/dev/(video[0-9]+|v4l/.+)")
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_FETCHED, _STREAMED = ("http", "https"), ("rtsp", "rtsps")
_ABSENT = {errno.ENOENT, errno.ENODEV, errno.ENXIO, errno.ENOTTY, errno.EINVAL}


class Opening(NamedTuple):
    """How libav opens a device.

    Parameters
    ----------
    file, form, options
        What :func:`av.open` is given; an empty ``form`` lets libav find it out.
    """

    file: str
    form: str
    options: dict[str, str]


def is_camera(name: str) -> bool:
    """Whether this is a camera: a number of up to two digits (a file of that name is ``./0``) or ``/dev/video0``."""
    return bool(_CAMERA.fullmatch(name))


def is_address(name: str) -> bool:
    """Whether this is an address, of whatever kind."""
    return bool(_ADDRESS.match(name))


def is_fetched(name: str) -> bool:
    """Whether this is the address of a file, by ``http`` or ``https``; a UsageError for an address nobody can open."""
    if not is_address(name):
        return False
    scheme = name.partition("://")[0].lower()
    if scheme not in _FETCHED + _STREAMED:
        raise UsageError(f"{shown(name)}: an address begins with {', '.join(_FETCHED + _STREAMED)}, not with {scheme}")
    return scheme in _FETCHED


def is_endless(name: str) -> bool:
    """Whether this is a camera or a stream, which end when nobody looks any more."""
    return is_camera(name) or (is_address(name) and not is_fetched(name))


def shown(name: str) -> str:
    """A name for messages and results: an address without the password in it."""
    if not is_address(name) or "@" not in name:
        return name
    return re.sub(r"(?<=://)([^/@:]*):[^/@]*@", r"\1:***@", name)


def open_stream(name: str) -> Stream:
    """A camera, an address or a pipe (``-``), opened; ``Reader(open_stream(name)).timed()`` gives its grey frames.

    A SeqdlError says why it cannot be opened; a UsageError, that it is none of these.
    """
    return Stream(name)


class Stream(Container):
    """An open camera, address or pipe, whose frames come as they are made.

    Where it ends, ``cut`` says whether it broke off, and the last of ``notes`` why.

    Parameters
    ----------
    name : str
        ``0`` or ``/dev/video0`` (a camera), ``http://``, ``https://``, ``rtsp://`` or ``-``.
    """

    what = "the stream"

    def __init__(self, name: str) -> None:
        self.name = name
        self._flow: _Flow | None = None
        super().__init__(shown(name))
        self.others = 0

    def _opened(self) -> Any:
        listen()
        live = False
        if self.name == PIPE:
            self._flow = _Flow(standard_input())
        elif is_fetched(self.name):
            reply = answer(self.name)
            self._flow, live = _Flow(reply), is_live(reply)
        elif not is_endless(self.name):
            raise UsageError(f"{self.name}: is no camera (0, /dev/video0), no address and no pipe (-)")
        opening = camera(self.name) if is_camera(self.name) else Opening(self.name, "", {"rtsp_transport": "tcp"})
        whitelist = "none" if self._flow else "file,rtsp,rtsps,rtp,srtp,tcp,udp,tls"
        options, began = {} if self._flow else opening.options, time.monotonic()
        if live:  # pictures without time stamps: they are of when they come
            options = {"use_wallclock_as_timestamps": "1"}
        try:
            return av.open(
                self._flow or opening.file,
                format=opening.form or None,
                options=options | {"protocol_whitelist": whitelist, "max_pixels": str(MAX_PIXELS)},
                timeout=None if self._flow else PATIENCE,
            )
        except (*DAMAGE, http.client.HTTPException) as error:
            if self._flow:
                self._flow.close()
            silent = not self._flow and time.monotonic() - began >= PATIENCE  # which libav calls by many names
            raise SeqdlError(f"{self.path}: {why(self.name, TimeoutError() if silent else error)}") from error

    @property
    def main(self) -> Any:
        """Its video as libav has it."""
        return self._stream

    def close(self) -> None:
        """Close it."""
        super().close()
        if self._flow:
            self._flow.close()

    def packets(self) -> Iterator[Any]:
        """What it sends, as it comes; an error where nothing comes any more, which is told as it is of files."""
        since = time.monotonic()
        while True:
            try:
                for packet in self._container.demux(self._stream):
                    yield packet
                    since = time.monotonic()
                return
            except av.error.BlockingIOError as error:  # a camera without a frame yet
                if time.monotonic() - since > PATIENCE:
                    raise OSError(0, why(self.name, TimeoutError())) from error
                time.sleep(WAIT)
            except (*DAMAGE, http.client.HTTPException) as error:
                raise OSError(getattr(error, "errno", None) or 0, why(self.name, error)) from error


class _Flow:
    """Bytes as they come: libav asks for many, and is given those that are there."""

    def __init__(self, source: Any) -> None:
        self._source = source

    def read(self, size: int) -> bytes:
        """At most so many bytes; none at the end."""
        data: bytes = self._source.read1(size)
        if not data and getattr(self._source, "length", None):
            raise http.client.HTTPException("it breaks off")
        return data

    def close(self) -> None:
        """Close what they come from, but for standard input."""
        if self._source is not getattr(sys.stdin, "buffer", None):
            self._source.close()


def standard_input() -> BinaryIO:
    """The bytes of standard input; a UsageError where nothing is piped into it."""
    if sys.stdin is None or sys.stdin.closed:
        raise UsageError(f"{PIPE}: there is no standard input: pipe a video into it, or name a file")
    if sys.stdin.isatty():
        raise UsageError(f"{PIPE}: standard input is a terminal: pipe a video into it, such as cat a.mp4 | ... -")
    return sys.stdin.buffer


def answer(address: str) -> http.client.HTTPResponse:
    """The answer of an ``http`` or ``https`` address, to be read and closed; a SeqdlError says why there is none."""
    try:
        parts = urlsplit(address)
        if not parts.hostname:
            raise ValueError("names no host")
        request = urllib.request.Request(
            urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2])), headers={"User-Agent": "seqdl"}
        )
        if parts.username is not None:
            secret = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
            request.add_unredirected_header("Authorization", f"Basic {b64encode(secret.encode()).decode()}")
        return urllib.request.urlopen(request, timeout=PATIENCE)  # type: ignore[no-any-return]
    except (OSError, ValueError, http.client.HTTPException) as error:
        if isinstance(error, urllib.error.HTTPError):
            error.close()
        raise SeqdlError(f"{shown(address)}: {why(address, error)}") from error


def is_live(reply: http.client.HTTPResponse) -> bool:
    """Whether an answer is a camera's, which sends picture after picture."""
    return reply.headers.get_content_maintype() == "multipart"


def camera(name: str) -> Opening:
    """How the camera of a name is opened on this system."""
    if SYSTEM == "darwin":
        return Opening(f"{name}:none", "avfoundation", {"framerate": "30"})
    if SYSTEM == "win32":
        found = _listed("dshow")
        number = int(name) if name.isdigit() else -1
        if not 0 <= number < len(found):
            raise SeqdlError(f"{name}: no such camera{_there()}")
        return Opening(f"video={found[number]}", "dshow", {})
    return Opening(f"/dev/video{int(name)}" if name.isdigit() else name, "v4l2", {})


def why(name: str, error: BaseException) -> str:
    """Why a camera, an address or a pipe cannot be read, in a line that says what to do."""
    number = getattr(error, "errno", None)
    if is_camera(name):
        return _why_no_camera(number, error)
    if isinstance(error, urllib.error.HTTPError):
        return f"the server answers {error.code} {error.reason}: see whether the address is right"
    inner = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(inner, TimeoutError | av.error.ExitError):
        return f"nothing came for {PATIENCE:g} seconds: see whether the address is right and its server runs"
    if isinstance(inner, http.client.HTTPException):
        return f"the server's answer is damaged ({cause(inner) or type(inner).__name__})"
    if isinstance(inner, av.error.InvalidDataError | av.error.EOFError):
        return f"cannot be read as a video: {cause(inner)}"
    return f"{'cannot be read' if name == PIPE else 'does not answer'}: {cause(inner)}"  # type: ignore[arg-type]


def _why_no_camera(number: int | None, error: BaseException) -> str:
    if isinstance(error, av.error.ExitError | TimeoutError):
        return f"the camera sends no picture for {PATIENCE:g} seconds: plug it in again"
    if number == errno.EBUSY:
        return "the camera is in use by another program: close that first"
    if number in (errno.EACCES, errno.EPERM):
        return "the camera may not be used: allow it, on Linux by adding yourself to the group video"
    if number == errno.EIO:
        return "the camera was unplugged, or fails: plug it in again"
    if isinstance(error, ValueError) and not isinstance(error, OSError | av.error.FFmpegError):
        return f"cameras cannot be read by this installation of PyAV ({cause(error)})"
    if number in _ABSENT:
        return f"no such camera{_there()}"
    return f"the camera cannot be read: {cause(error)}"


def _there() -> str:
    """Which cameras there are, as the end of a message."""
    if SYSTEM == "linux":
        found = sorted(map(str, Path("/dev").glob("video*")))
    else:
        found = [str(number) for number in range(len(_listed("dshow" if SYSTEM == "win32" else "avfoundation")))]
    return f"; there {'is' if len(found) == 1 else 'are'} {', '.join(found)}" if found else ": none is plugged in"


def _listed(form: str) -> list[str]:
    """The names of the cameras that a format of libav finds."""
    with contextlib.suppress(*DAMAGE):
        devices = av.device.enumerate_input_devices(form)
        return [one.name for one in devices if "video" in (getattr(one, "media_types", None) or ["video"])]
    return []
