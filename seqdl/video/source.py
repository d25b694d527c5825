"""What a person gives as a video, as a file or folder on this disk: a path is one, and all else is written down.

An address is fetched and a pipe is read to its end; a camera, or a stream that never ends, is recorded for some
seconds, its packets as they come, with their time stamps. So whatever reads files reads all of these, and says the same
of them.
"""

import contextlib
import errno
import glob
import http.client
import re
import secrets
import stat
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import unquote, urlsplit

import av

from seqdl.base import disk
from seqdl.base.files import temporarily
from seqdl.base.progress import progress
from seqdl.errors import SeqdlError
from seqdl.video.container import DAMAGE
from seqdl.video.device import (
    PATIENCE,
    PIPE,
    answer,
    is_endless,
    is_fetched,
    is_live,
    open_stream,
    shown,
    standard_input,
    why,
)

SECONDS, SHORTEST, LONGEST = 10.0, 0.1, 86400.0
"""So long a camera is looked at where nobody says, at least, and at most."""
LARGEST = 2**33
"""So many bytes are fetched from an address at most: about an hour of good HD video."""
BLOCK = 2**18
_DESCRIPTOR = re.compile(r"/dev/(stdin|fd/[0-9]+)")


@contextlib.contextmanager
def local(name: str | Path, seconds: float = SECONDS) -> Iterator[Path]:
    """A file, or a folder of pictures, that holds the video of a ``name``; what was made is removed at the end.

    Errors in the block name what was given, and not the file that was made.

    Parameters
    ----------
    name : str or Path
        A path (which is handed out as it is; a :class:`~pathlib.Path` always is one), ``http://`` or ``https://``
        (fetched), ``-`` or ``/dev/fd/3`` (a pipe, read to its end), ``0``, ``/dev/video0`` or ``rtsp://`` (recorded).
    seconds : float
        So long what never ends is recorded.

    Raises
    ------
    SeqdlError
        Where nothing comes, too much, or the disk is full; a UsageError for an address that nobody can open.
    """
    text, write = str(name), _writer(name, seconds)
    if write is None:
        if isinstance(name, str) and glob.has_magic(name) and not Path(name).exists():
            raise SeqdlError(f"{name}: no such file, and as a pattern it matches none")
        yield Path(name)
        return
    folder = Path(tempfile.gettempdir(), f"seqdl-{secrets.token_hex(8)}")
    with temporarily(folder):
        file = folder / _file_name(text)
        try:
            disk.make_folder(folder, mode=0o700)
            with disk.opened(file) as out:
                write(text, out)
            if not file.stat().st_size:
                raise SeqdlError(f"{shown(text)}: is empty, nothing came")
            yield file
        except SeqdlError as error:
            raise type(error)(str(error).replace(str(file), shown(text))) from error


def is_here(name: str | Path) -> bool:
    """Whether a ``name`` is that of a file on this disk, which :func:`local` hands out as it is."""
    with contextlib.suppress(OSError):  # a name that is too long
        return _writer(name, SECONDS) is None and Path(name).is_file()
    return False


def title(name: str | Path) -> str:
    """How the video of a ``name`` is called in results: as it was given, but for passwords."""
    return shown(str(name))


def _writer(name: str | Path, seconds: float) -> Callable[[str, BinaryIO], None] | None:
    """What writes a video of this name into a file; None for a path, which is there already."""
    text = str(name)
    if isinstance(name, Path) and not _is_descriptor(text):
        return None
    if text == PIPE or _is_descriptor(text):
        return _spool
    if is_fetched(text):
        return lambda name, out: _fetch(name, out, seconds)
    if is_endless(text):
        return lambda name, out: _record(name, out, seconds)
    return None


def _is_descriptor(name: str) -> bool:
    """Whether this is a pipe that a shell has opened, such as ``<(command)`` becomes."""
    if not _DESCRIPTOR.fullmatch(name):
        return False
    with contextlib.suppress(OSError):
        return stat.S_ISFIFO(Path(name).stat().st_mode)
    return False


def _file_name(name: str) -> str:
    """What the file of an address or a pipe is called: as it ends, by which some formats are known."""
    last = unquote(urlsplit(name).path.rpartition("/")[2]) if is_fetched(name) else ""
    kept = re.sub(r"[^A-Za-z0-9._-]", "_", last)[-80:].lstrip(".")
    return kept or "video"


def _spool(name: str, out: BinaryIO) -> None:
    """Read a pipe to its end."""
    with contextlib.ExitStack() as stack:
        pipe = standard_input() if name == PIPE else stack.enter_context(Path(name).open("rb"))
        further = stack.enter_context(progress(None, name, "B"))
        while block := pipe.read(BLOCK):
            _put(out, block)
            further(len(block))


def _fetch(name: str, out: BinaryIO, seconds: float) -> None:
    """Fetch a file; a camera that sends its pictures by ``http``, one after the other, is recorded."""
    with answer(name) as reply:
        live = is_live(reply)
        if not live:
            _fetch_file(name, out, reply)
    if live:
        _record(name, out, seconds)


def _fetch_file(name: str, out: BinaryIO, reply: http.client.HTTPResponse) -> None:
    length = reply.headers.get("Content-Length", "")
    promised = int(length) if length.isdecimal() and len(length) < 19 else None
    if promised is not None and promised > LARGEST:
        raise _too_large(name)
    come = 0
    with progress(promised, _file_name(name), "B") as further:
        while True:
            try:
                block = reply.read1(BLOCK)
            except (OSError, ValueError, http.client.HTTPException) as error:
                raise SeqdlError(f"{shown(name)}: breaks off after {come} bytes: {why(name, error)}") from error
            if not block:
                break
            come += len(block)
            if come > LARGEST:
                raise _too_large(name)
            _put(out, block)
            further(len(block))
    if promised is not None and come < promised:
        raise SeqdlError(f"{shown(name)}: breaks off after {come} of {promised} bytes: try again")


def _too_large(name: str) -> SeqdlError:
    return SeqdlError(f"{shown(name)}: is larger than {LARGEST / 2**30:g} GB: fetch it yourself, and give the file")


def _record(name: str, out: BinaryIO, seconds: float) -> None:
    """Write down what a camera or a stream sends, from the first picture that stands alone on, for some seconds."""
    last = None
    with contextlib.closing(open_stream(name)) as stream:
        try:
            with av.open(out, "w", format="nut") as file, progress(None, shown(name), "frame") as further:
                copy = file.add_stream_from_template(stream.main)
                for packet in _first(stream.packets(), seconds):
                    packet.dts = packet.pts if packet.dts is None else packet.dts
                    if last is not None and packet.dts <= last:  # two at once: a file's order must rise
                        packet.dts = last + 1
                        packet.pts = None if packet.pts is None else max(packet.pts, packet.dts)
                    last = packet.dts
                    packet.stream = copy
                    file.mux(packet)
                    further()
        except DAMAGE as error:
            _refuse_full(error)
            raise SeqdlError(f"{shown(name)}: {getattr(error, 'strerror', None) or error}") from error
    if last is None:
        raise SeqdlError(f"{shown(name)}: sends no picture: see whether it is the right one")


def _first(packets: Iterable[Any], seconds: float) -> Iterator[Any]:
    """Those with a time stamp, from the first that stands alone on, by their time stamps for some seconds."""
    began, start = time.monotonic(), None
    for packet in packets:
        stamp = packet.dts if packet.pts is None else packet.pts
        if stamp is not None and (start is not None or packet.is_keyframe):
            now = float(stamp * packet.time_base)
            start = now if start is None else start
            if now - start >= seconds:
                return
            yield packet
        if time.monotonic() - began > seconds + PATIENCE:
            return


def _put(out: BinaryIO, block: bytes) -> None:
    try:
        out.write(block)
    except OSError as error:
        _refuse_full(error)
        raise


def _refuse_full(error: BaseException) -> None:
    if getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        raise SeqdlError(
            f"cannot hold the video in {tempfile.gettempdir()}: {getattr(error, 'strerror', error)}; free some space, "
            "or set TMPDIR to a folder that has more"
        ) from error
