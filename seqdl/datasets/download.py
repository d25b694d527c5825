"""Files over HTTP: a cut download is gone on with, what arrives is checked, and the next address is tried.

What has arrived lies in ``NAME.part`` beside its place and takes the name when it is whole and has passed its check. So
whatever ends a download, the next call goes on where it was.
"""

# Not pooch: it knows no Range and deletes what has arrived of a cut download, so a gigabyte would begin anew each time.

import contextlib
import hashlib
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from http.client import HTTPException, HTTPMessage, HTTPResponse
from pathlib import Path
from urllib import request
from urllib.error import HTTPError, URLError

from tqdm import tqdm

from seqdl import __version__
from seqdl.base import disk, files, locks
from seqdl.errors import SeqdlError

TIMEOUT = 30.0
"""Seconds without a byte after which a connection counts as cut."""
PAUSES = (1.0, 4.0, 15.0)
"""Seconds before each new try; whenever more of the file has arrived they are counted anew."""
LARGEST = 2 << 30
"""No file may be larger, in bytes."""
CHUNK = 1 << 18

_PASSING = {408, 429, 500, 502, 503, 504}

Check = Callable[[Path], None]
Say = Callable[[str], None]


class _RefusedError(Exception):
    """This address will not give the file; another may."""


def fetch(urls: Sequence[str], target: Path, check: Check, largest: int = LARGEST, say: Say = lambda _: None) -> None:
    """Fetch a file to ``target``, in a folder that exists, from the first of ``urls`` that has it.

    ``check`` is given the file that arrived and raises a SeqdlError where it is not the right one, which is then
    removed; it may have ``largest`` bytes; ``say`` is told, in sentences. Where no address gives the right file, or the
    disk is full, a SeqdlError says so; what has arrived is kept.
    """
    part = target.with_name(f"{target.name}.part")
    reasons = []
    for url in urls:
        say(f"fetching {url}" + (f" from byte {_size(part):,} on" if _size(part) else ""))
        try:
            _arrive(url, part, check, largest, say)
        except _RefusedError as refused:
            reasons.append(f"{url}: {refused}")
            say(f"not from there: {refused}")
            continue
        files.flush(part)
        disk.rename(part, target)
        disk.sync_folder(target.parent)
        return
    raise SeqdlError(
        f"cannot fetch {target.name} ({'; '.join(reasons)}): try again later, what has arrived is kept; or name "
        "another address (seqdl prepare --url)"
    )


def size(url: str) -> int | None:
    """How many bytes a file has that lies on a server, without fetching it; None where the server does not say."""
    with contextlib.suppress(OSError, HTTPException), _open(url, method="HEAD") as response:
        return _length(response.headers)
    return None


def check_sha1(path: Path, sha1: str) -> None:
    """Refuse a file with another SHA-1 sum, in hexadecimal digits."""
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha1").hexdigest()
    if found != sha1.lower():
        raise SeqdlError(f"its SHA-1 sum is {found}, not {sha1.lower()}")


def check_space(folder: Path, need: int) -> None:
    """Refuse to begin what needs more free bytes than the disk of a folder, which need not exist yet, has."""
    there = next(place for place in (folder.absolute(), *folder.absolute().parents) if place.exists())
    free = shutil.disk_usage(there).free
    if free < need:
        raise SeqdlError(
            f"no space for {folder}: {megabytes(need)} needed, {megabytes(free)} free; free some, or choose "
            "another folder"
        )


def write(out: disk.File, data: bytes, path: Path) -> None:
    """Write all of ``data`` to ``out``, unbuffered so that nothing fails later, or say why ``path`` cannot take it."""
    try:
        disk.write(out, data)
    except OSError as error:
        raise SeqdlError(
            f"cannot write {path}: {error.strerror or error}; what has arrived is kept: free some space and run the "
            "same command again"
        ) from error


def megabytes(count: int) -> str:
    """A number of bytes for people, such as ``1,148 MB``."""
    return f"{-(-count // 1_000_000):,} MB"


@contextlib.contextmanager
def alone(folder: Path, say: Say) -> Iterator[None]:
    """Hold a folder for this process; another one that fills it waits. Whatever ends the process gives it free."""
    lock = folder / ".lock"
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(locks.held(lock, wait=False))
        except locks.HeldError:
            say(f"another process fills {folder}: waiting for it")
            stack.enter_context(locks.held(lock))
        yield


def _arrive(url: str, part: Path, check: Check, largest: int, say: Say) -> None:
    """Complete a part, and once more from its beginning where the beginning was there before and was not right."""
    went_on = _size(part) > 0
    _complete(url, part, largest, say)
    try:
        check(part)
    except SeqdlError as error:
        disk.remove(part)
        if not went_on:
            raise _RefusedError(str(error)) from error
        _arrive(url, part, check, largest, say)


def _complete(url: str, part: Path, largest: int, say: Say) -> None:
    """Go on until the whole file is there, however often the connection is cut."""
    farthest, tries = _size(part), 0
    while True:
        try:
            if _go_on(url, part, largest):
                return
            reason = f"the connection was cut after {_size(part):,} bytes"
        except HTTPError as error:
            reason = f"the server answers {error.code} {error.reason}"
            if error.code not in _PASSING:
                raise _RefusedError(reason) from error
        except URLError as error:
            reason = str(error.reason)
        except (OSError, HTTPException) as error:
            reason = str(error) or type(error).__name__
        if _size(part) > farthest:
            farthest, tries = _size(part), 0
        if tries == len(PAUSES):
            raise _RefusedError(reason)
        say(f"{reason}: once more in {PAUSES[tries]:.0f} s")
        time.sleep(PAUSES[tries])
        tries += 1


def _go_on(url: str, part: Path, largest: int) -> bool:
    """One connection; whether the file is whole afterwards."""
    have = _size(part)
    try:
        response = _open(url, have)
    except HTTPError as error:
        if error.code == 416 and have:  # nothing is left to send; the check tells whether all is right
            return True
        raise
    with response:
        if response.status == 206 and not response.headers.get("Content-Range", "").startswith(f"bytes {have}-"):
            disk.remove(part)
            return False
        have = have if response.status == 206 else 0  # a server may ignore what it is asked to leave out
        chunk = response.read1(CHUNK)
        if not have and chunk.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
            raise _RefusedError("a web page came instead of the file")
        length = _length(response.headers)
        total = None if length is None else have + length
        if total is not None and total > largest:
            raise _RefusedError(f"{total:,} bytes are too many for it")
        check_space(part.parent, length or 0)
        shown = tqdm(total=total, initial=have, desc=part.stem, unit="B", unit_scale=True, disable=None, leave=False)
        try:
            out = disk.unbuffered(part, "ab" if have else "wb")
        except OSError as error:
            raise SeqdlError(f"cannot write {part}: {error.strerror}; choose another folder") from error
        with out, shown as bar:
            while chunk:
                have += len(chunk)
                if have > largest:
                    raise _RefusedError(f"more than {largest:,} bytes are too many for it")
                write(out, chunk, part)
                bar.update(len(chunk))
                chunk = response.read1(CHUNK)
    return total is None or have == total


def _open(url: str, start: int = 0, method: str = "GET") -> HTTPResponse:
    headers = {"User-Agent": f"seqdl/{__version__}"} | ({"Range": f"bytes={start}-"} if start else {})
    try:
        return _opener().open(request.Request(url, headers=headers, method=method), timeout=TIMEOUT)
    except HTTPError as error:
        error.close()
        raise


def _opener() -> request.OpenerDirector:
    """HTTP and HTTPS alone: no address and no redirection leads to a file of this machine."""
    opener = request.OpenerDirector()
    web = (request.HTTPHandler, request.HTTPSHandler, request.HTTPRedirectHandler, request.ProxyHandler)
    errors = (request.HTTPErrorProcessor, request.HTTPDefaultErrorHandler, request.UnknownHandler)
    for handler in (*web, *errors):
        opener.add_handler(handler())
    return opener


def _length(headers: HTTPMessage) -> int | None:
    text = headers.get("Content-Length", "")
    return int(text) if text.isdecimal() and len(text) < 19 else None


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
