"""Unpacking archives of unknown origin: only the files that are asked for, of bounded sizes, where they belong.

What an archive says about itself is believed only as far as it does no harm: a name decides whether a file is wanted
and never where it is written, and a declared size bounds what is read.
"""

import contextlib
import stat
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

from seqdl.base import disk
from seqdl.datasets.download import CHUNK, check_space, write
from seqdl.errors import SeqdlError

LARGEST_FILE = 256 << 20
"""Bytes that one unpacked file may have."""
LARGEST_WHOLE = 4 << 30
"""Bytes that all files of an archive may have together."""
LARGEST_DIRECTORY = 4 << 20
"""Bytes of an archive's directory, which is read at once: some ten thousand files."""

_END, _LOCATOR = b"PK\x05\x06", b"PK\x06\x07"
_SPECIAL = (stat.S_IFLNK, stat.S_IFBLK, stat.S_IFCHR, stat.S_IFIFO, stat.S_IFSOCK)
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def unpack(archive: Path, wanted: Mapping[str, Path], work: Path) -> list[str]:
    """Unpack those of the wanted files of a zip ``archive`` that are not yet there.

    ``wanted`` says where a file goes, by its name in lower case; folders inside the archive are looked through and not
    kept, and everything else stays in it. In ``work``, a folder on the same disk, files grow before they are moved to
    their place whole. Returns the names in the archive that are not wanted, folders not counted.

    A damaged archive, one that holds links, unsafe or doubled names or impossible sizes, one in which nothing is
    wanted, and a full disk are a SeqdlError. Nothing is unpacked then, but for a damaged archive what precedes the
    damage.
    """
    with _opened(archive) as opened:
        chosen, others = _chosen(archive, opened.infolist(), wanted)
        missing = {path: entry for path, entry in chosen.items() if not path.exists()}
        check_space(work, sum(entry.file_size for entry in missing.values()))
        for path, entry in missing.items():
            _unpack_one(opened, entry, path, work)
    return others


def verify(archive: Path, wanted: Mapping[str, Path]) -> None:
    """Refuse an archive that :func:`unpack` would refuse, without writing anything."""
    with _opened(archive) as opened:
        for entry in _chosen(archive, opened.infolist(), wanted)[0].values():
            with opened.open(entry) as packed:
                while packed.read(CHUNK):
                    pass


@contextlib.contextmanager
def _opened(archive: Path) -> Iterator[zipfile.ZipFile]:
    try:
        _check_directory(archive)
        with zipfile.ZipFile(archive) as opened:
            yield opened
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError) as error:
        raise SeqdlError(f"{archive} is damaged ({error}): get it again") from error
    except OSError as error:
        raise SeqdlError(
            f"cannot unpack {archive}: {error.strerror or error}; free some space, or get it again"
        ) from error


def _chosen(
    archive: Path, entries: list[zipfile.ZipInfo], wanted: Mapping[str, Path]
) -> tuple[dict[Path, zipfile.ZipInfo], list[str]]:
    """The wanted entries by where they go, and the names of the others."""
    chosen: dict[Path, zipfile.ZipInfo] = {}
    others = []
    for entry in entries:
        _refuse_unsafe(archive, entry)
        if entry.is_dir():
            continue
        path = wanted.get(PurePosixPath(entry.filename).name.lower())
        if path is None:
            others.append(entry.filename)
            continue
        if path in chosen:
            raise SeqdlError(f"{archive} holds {path.name} twice: not unpacked; get it again")
        if entry.flag_bits & 1 or entry.compress_type not in _METHODS:
            raise SeqdlError(f"{archive}: {path.name} is encrypted or packed in a way that no such archive uses")
        chosen[path] = entry
    if not chosen:
        first = f", the first is {others[0]}" if others else ""
        raise SeqdlError(f"{archive} holds none of the files expected ({next(iter(wanted))} ...){first}")
    too_large = [entry for entry in chosen.values() if entry.file_size > LARGEST_FILE]
    if too_large or sum(entry.file_size for entry in chosen.values()) > LARGEST_WHOLE:
        raise SeqdlError(f"{archive} would unpack to more than any such archive can hold: not unpacked")
    return chosen, others


def _refuse_unsafe(archive: Path, entry: zipfile.ZipInfo) -> None:
    """Honest archives have no such names, so the whole is refused, although nothing would be written there."""
    name, mode = entry.orig_filename, entry.external_attr >> 16
    parts = name.replace("\\", "/").split("/")
    if not parts[0] or ".." in parts or parts[0].endswith(":") or any(ord(letter) < 32 for letter in name):
        raise SeqdlError(f"{archive} holds the unsafe name {name!r}: not unpacked")
    if stat.S_IFMT(mode) in _SPECIAL:
        raise SeqdlError(f"{archive} holds a link or a device, {name!r}: not unpacked")


def _check_directory(archive: Path) -> None:
    """Refuse what is no zip, or one with a directory of dangerous size, before it is read."""
    with archive.open("rb") as file:
        file.seek(max(0, archive.stat().st_size - (1 << 16) - 22))
        tail = file.read()
    at = tail.rfind(_END)
    if at < 0 or len(tail) < at + 22:
        raise SeqdlError(f"{archive} is no zip archive, or only a part of one: get it again")
    length = int.from_bytes(tail[at + 12 : at + 16], "little")
    if length > LARGEST_DIRECTORY or tail[max(0, at - 20) :].startswith(_LOCATOR):
        raise SeqdlError(f"{archive} lists more files than any such archive can hold: not unpacked")


def _unpack_one(opened: zipfile.ZipFile, entry: zipfile.ZipInfo, path: Path, work: Path) -> None:
    """Through a file beside, which is on the disk before it takes its name."""
    growing = work / f"{path.name}.part"
    with opened.open(entry) as packed, disk.unbuffered(growing) as out:
        while data := packed.read(CHUNK):  # never more than the declared size; the end is where the sum is checked
            write(out, data, growing)
        disk.sync(growing, out.fileno())
    disk.make_folders(path.parent)
    disk.rename(growing, path)
