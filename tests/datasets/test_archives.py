"""Archives that are honest, damaged, foreign, or made to do harm."""

import io
import random
import shutil
import stat
import warnings
import zipfile
from collections import namedtuple

import pytest
from kth_mirror import zipped

from seqdl.base import disk
from seqdl.datasets import archives
from seqdl.errors import SeqdlError

FILES = {f"v{k}.avi": random.Random(k).randbytes(5000) for k in range(3)}


@pytest.fixture
def place(tmp_path):
    """The archive's place, where its files belong, and the folder to work in."""
    (tmp_path / "work").mkdir()
    return tmp_path / "a.zip", {name: tmp_path / "out" / name for name in FILES}, tmp_path / "work"


def refused(place, data, match):
    """Both checking and unpacking refuse, and nothing is written anywhere."""
    archive, wanted, work = place
    archive.write_bytes(data)
    before = sorted(archive.parent.rglob("*"))
    for call in (lambda: archives.verify(archive, wanted), lambda: archives.unpack(archive, wanted, work)):
        with pytest.raises(SeqdlError, match=match) as raised:
            call()
        assert str(archive) in str(raised.value) and "\n" not in str(raised.value)
    assert sorted(archive.parent.rglob("*")) == before


def found(place):
    return {path.name: path.read_bytes() for path in place[1].values() if path.exists()}


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_the_wanted_files_go_where_they_belong(place, method):
    archive, wanted, work = place
    inside = {f"sub/dir/{name.upper()}": data for name, data in FILES.items()}
    archive.write_bytes(zipped(inside | {"readme.txt": b"x", "more/": b"", "v9.avi": b"y"}, compression=method))
    archives.verify(archive, wanted)
    assert archives.unpack(archive, wanted, work) == ["readme.txt", "v9.avi"]
    assert found(place) == FILES
    assert list(work.iterdir()) == []


def test_what_is_there_is_kept_and_the_rest_added(place):
    archive, wanted, work = place
    wanted["v1.avi"].parent.mkdir()
    wanted["v1.avi"].write_bytes(b"mine")
    archive.write_bytes(zipped(FILES))
    archives.unpack(archive, wanted, work)
    assert found(place) == FILES | {"v1.avi": b"mine"}


@pytest.mark.parametrize(
    "name",
    ["../v0.avi", "sub/../../v0.avi", "/v0.avi", "..\\v0.avi", "\\v0.avi", "C:\\v0.avi", "c:/v0.avi", "x\n/v0.avi"],
)
def test_a_name_that_leads_elsewhere(place, name):
    refused(place, zipped(FILES | {name: b"x"}), "unsafe name")


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR])
def test_links_and_devices(place, kind):
    entry = zipfile.ZipInfo("more/v2.avi")
    entry.external_attr = (kind | 0o777) << 16
    refused(place, zipped({"v0.avi": b"x", entry: b"/etc/passwd"}), "link or a device")


def test_a_file_that_comes_twice(place):
    refused(place, zipped(FILES | {"other/V1.AVI": b"x"}), "holds v1.avi twice")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # zipfile's own word on it
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as made:
            made.writestr("v0.avi", b"x")
            made.writestr("v0.avi", b"y")
    refused(place, buffer.getvalue(), "holds v0.avi twice")


def test_bombs(place, monkeypatch):
    zeros = dict.fromkeys(FILES, bytes(1_000_000))
    bomb = zipped(zeros, compression=zipfile.ZIP_DEFLATED)
    assert len(bomb) < 10_000
    with monkeypatch.context() as patch:
        patch.setattr(archives, "LARGEST_FILE", 999_999)
        refused(place, bomb, "more than any such archive can hold")
    with monkeypatch.context() as patch:
        patch.setattr(archives, "LARGEST_WHOLE", 2_999_999)
        refused(place, bomb, "more than any such archive can hold")
    with monkeypatch.context() as patch:
        patch.setattr(archives, "LARGEST_DIRECTORY", 100)
        refused(place, zipped(FILES), "lists more files")


def test_a_directory_of_64_bits_is_not_read(place, monkeypatch):
    monkeypatch.setattr(zipfile, "ZIP_FILECOUNT_LIMIT", 2)
    data = zipped(FILES)
    assert b"PK\x06\x07" in data
    refused(place, data, "lists more files")


def test_a_size_that_lies_bounds_what_is_read(place, monkeypatch):
    """The directory promises ten bytes, a million come out: no more than ten are written, and those are not taken."""
    data = bytearray(zipped({"v0.avi": bytes(1_000_000)}, compression=zipfile.ZIP_DEFLATED))
    at = data.index(b"PK\x01\x02") + 24
    data[at : at + 4] = (10).to_bytes(4, "little")
    archive, wanted, work = place
    archive.write_bytes(data)
    with pytest.raises(SeqdlError, match="damaged"):
        archives.unpack(archive, wanted, work)
    assert found(place) == {}
    assert sum(file.stat().st_size for file in work.iterdir()) <= 10


def _with(data, at, values):
    return data[:at] + values + data[at + len(values) :]


def _all_flags(data):
    """Every entry of the archive marked as encrypted."""
    data = bytearray(data)
    for sign, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.find(sign)
        while at >= 0:
            data[at + offset] |= 1
            at = data.find(sign, at + 1)
    return bytes(data)


GOOD = zipped(FILES)


@pytest.mark.parametrize(
    "data, match",
    [
        (b"", "no zip archive"),
        (b"<html>", "no zip archive"),
        (GOOD[: len(GOOD) // 2], "or only a part of one"),
        (GOOD[:-30], "no zip archive"),
        (_with(GOOD, len(GOOD) - 6, b"\xff\xff\xff\x7f"), "damaged"),
        (_with(GOOD, GOOD.index(b"PK\x01\x02"), b"XXXX"), "damaged"),
        (_with(GOOD, 0, b"XXXX"), "damaged"),
        (_all_flags(GOOD), "encrypted"),
        (zipped(FILES, compression=zipfile.ZIP_BZIP2), "packed in a way"),
        (zipped(FILES, compression=zipfile.ZIP_LZMA), "packed in a way"),
        (
            zipped({"daria_walk.avi": b"x", "b": b"y"}),
            r"none of the files expected \(v0.avi ...\), the first is daria_walk",
        ),
        (zipped({}), r"none of the files expected \(v0.avi ...\)$"),
    ],
)
def test_damaged_and_foreign_archives(place, data, match):
    refused(place, data, match)


def test_a_damaged_file_leaves_those_before_it(place):
    archive, wanted, work = place
    data = bytearray(GOOD)
    data[GOOD.index(FILES["v1.avi"]) + 2500] ^= 1
    archive.write_bytes(data)
    with pytest.raises(SeqdlError, match=r"damaged .*CRC"):
        archives.verify(archive, wanted)
    with pytest.raises(SeqdlError, match=r"damaged .*CRC"):
        archives.unpack(archive, wanted, work)
    assert found(place) == {"v0.avi": FILES["v0.avi"]}
    archive.write_bytes(GOOD)
    archives.unpack(archive, wanted, work)
    assert found(place) == FILES
    assert list(work.iterdir()) == []


def test_an_archive_that_is_not_there(place):
    with pytest.raises(SeqdlError, match="No such file"):
        archives.verify(place[0], place[1])


def test_no_room_is_said_before_anything_is_written(place, monkeypatch):
    archive, wanted, work = place
    archive.write_bytes(GOOD)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: namedtuple("usage", "free")(14_999))
    with pytest.raises(SeqdlError, match="no space for"):
        archives.unpack(archive, wanted, work)
    assert found(place) == {} and list(work.iterdir()) == []


def test_a_disk_that_becomes_full(place, monkeypatch):
    archive, wanted, work = place
    archive.write_bytes(GOOD)

    class Full(disk.File):
        def write(self, data):
            if "v1" in str(self.name):
                raise OSError(28, "No space left on device")
            return super().write(data)

    with monkeypatch.context() as patch:
        patch.setattr(disk, "File", Full)
        with pytest.raises(SeqdlError, match="No space left on device"):
            archives.unpack(archive, wanted, work)
    assert set(found(place)) == {"v0.avi"}
    archives.unpack(archive, wanted, work)
    assert found(place) == FILES
