"""Hostile archives, and servers that answer what they should not."""

from __future__ import annotations

import contextlib
import io
import re
import shutil
import socket
import stat
import tarfile
import threading
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

from fuzz.mutations import EDGES, of_bytes, of_chunks, of_text, pages, pick, zipped
from fuzz.watch import ANSWERED, Kind

from seqdl.datasets import archives, download
from seqdl.errors import SeqdlError
from seqdl.video import source

FILES = {f"v{k}.avi": bytes(range(k, 200)) * 20 for k in range(3)}
BODY = b"RIFF" + bytes(range(256)) * 8
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: video/x-msvideo\r\nContent-Length: %d\r\nConnection: close\r\n\r\n"
PART = b"HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-%d/%d\r\nContent-Length: %d\r\n\r\n"


def _archives(folder: Path) -> list[bytes]:
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w:gz") as archive:
        for name, content in FILES.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    plain = zipped(FILES.items(), zipfile.ZIP_STORED)
    return [plain, zipped([(f"sub/{name}", data) for name, data in FILES.items()]), plain, tar.getvalue()]


def _of_archive(rng, data):
    """Names that lead elsewhere, links, bombs, names there twice, sums that lie; else of chunks."""
    if data[:2] != b"PK" or rng.random() < 0.5:
        return of_chunks(pages)(rng, data)
    members: list[tuple] = list(FILES.items())
    at = int(rng.integers(len(members)))
    name, content = members[at]
    entry = zipfile.ZipInfo(name)
    match int(rng.integers(8)):
        case 0:
            entry.filename = (
                pick(rng, ("../", "/", "C:\\", "..\\", "a/../../", "\\\\server\\", "./", "a\0", "\n", "é" * 300)) + name
            )
        case 1:
            kinds = (stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFDIR, stat.S_IFREG)
            entry.external_attr = (pick(rng, kinds) | 0o777) << 16
            content = pick(rng, (b"/etc/passwd", b"../../x", content))
        case 2:
            content = bytes(20 << 20)  # a bomb: 20 KB that are 20 MB
        case 3:
            members += [(pick(rng, (name, name.upper(), f"sub/{name}")), pick(rng, (content, b"other")))]
        case 4:
            members += [(f"more/{k}.txt", b"") for k in range(int(rng.integers(1, 3000)))]
        case 5:
            entry.filename = f"x/{name}/"
        case 6:
            entry.extra = rng.bytes(int(rng.integers(4, 200)))
        case _:
            entry.comment = rng.bytes(100)
    method = pick(rng, (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA))
    entry.compress_type = method
    members[at] = (entry, content)
    out = bytearray(zipped(members, method))
    if rng.random() < 0.5:  # what the directory says of a file: its sum, its sizes, where it is
        entries = [m.start() for m in re.finditer(rb"PK\x01\x02", out)]
        field = pick(rng, entries) + pick(rng, (8, 10, 16, 20, 24, 42)) if entries else 0
        out[field : field + 4] = (pick(rng, EDGES) % 2**32).to_bytes(4, "little")
    return bytes(out)


def _unpacked(path: Path) -> None:
    """Check and unpack: nothing is anywhere but where it belongs, and what is there is whole."""
    home = path.parent
    out, work = home / "out", home / "work"
    for folder in (out, work):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
    wanted = {name: out / name for name in FILES}
    before = {found.name for found in home.iterdir()}
    try:
        with mock.patch.object(archives, "LARGEST_FILE", 8 << 20):
            with contextlib.suppress(SeqdlError):
                archives.verify(path, wanted)
            archives.unpack(path, wanted, work)
    finally:
        assert {found.name for found in home.iterdir()} == before
        assert {found.name for found in out.iterdir()} <= set(FILES)
        assert not any(found.is_symlink() or not found.is_file() for found in out.iterdir())


# Servers


def _answers(folder: Path) -> list[bytes]:
    whole = len(BODY)
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in (BODY[:1000], BODY[1000:], b""))
    return [
        HEAD % whole + BODY,
        HEAD.replace(b"Content-Length: %d\r\n", b"") + BODY,
        HEAD.replace(b"Content-Length: %d", b"Transfer-Encoding: chunked") + chunks,
        PART % (whole - 1, whole, whole) + BODY,
        b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\n\r\n",
        b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
    ]


def _of_answer(rng, data):
    """Heads of other words and numbers, a body that ends early or never; else of bytes."""
    head, gap, body = data.partition(b"\r\n\r\n")
    if rng.random() < 0.25:
        return of_bytes(rng, data)
    if rng.random() < 0.3:
        body = pick(rng, (body[: len(body) // 2], body * 600, b"<html>" + body, b"", of_bytes(rng, body)))
    if rng.random() < 0.3:
        value = pick(
            rng, (*map(str, EDGES), "-1", "1e9", "0x10", "9" * 5000, "", " 5", "٣", "bytes 5-1/2", "bytes */*")
        )
        field = pick(rng, ("Content-Length", "Content-Range", "Transfer-Encoding", "Location", "Content-Encoding"))
        head += f"\r\n{field}: {value}".encode()
    if rng.random() < 0.2:
        head += pick(
            rng, (b"\r\nX: y" * 200, b"\r\nX: " + b"y" * 70_000, b"\r\n folded", b"\r\nLocation: file:///etc/passwd")
        )
    return (of_text(rng, head) if rng.random() < 0.6 else head) + gap + body


@contextlib.contextmanager
def _serving(answer: bytes) -> Iterator[str]:
    """The address of a server that says these bytes to whoever comes, whatever it is asked."""

    def serve() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with contextlib.suppress(OSError), connection:
                connection.settimeout(1)
                connection.recv(4096)
                connection.sendall(answer)
                connection.shutdown(socket.SHUT_WR)

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}/v.avi"
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join()


def _fetched(path: Path) -> str | None:
    """What ``seqdl prepare --download`` does: only the right file ever takes its place."""
    target = path.parent / "fetched.avi"
    for left in path.parent.glob("fetched*"):
        left.unlink()

    def check(arrived: Path) -> None:
        if zlib.crc32(arrived.read_bytes()) != zlib.crc32(BODY):
            raise SeqdlError("its sum is another")

    short = mock.patch.multiple(download, PAUSES=(0.0,), TIMEOUT=1.0)
    with _serving(path.read_bytes()) as address, short:
        try:
            download.fetch([address], target, check, 1 << 20)
        finally:
            assert not target.exists() or target.read_bytes() == BODY
    return ANSWERED


def _given(path: Path) -> str | None:
    """What ``seqdl predict ADDRESS`` does before it reads a video: what came is whole, or told not to be."""
    small = mock.patch.object(source, "LARGEST", 1 << 20)
    with _serving(path.read_bytes()) as address, small, source.local(address, 0.2) as file:
        assert file.stat().st_size <= 1 << 20
    return ANSWERED


ARRIVALS = (
    Kind("archives", ".zip", _archives, _of_archive, _unpacked),
    Kind("answers to a download", ".http", _answers, _of_answer, _fetched, "fetched.avi"),
    Kind("answers to an address", ".http", _answers, _of_answer, _given, "127.0.0.1"),
)
