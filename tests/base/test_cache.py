"""The cache's folder, and what is kept in it, whole or not at all."""

import subprocess
import sys
from pathlib import Path

import pytest

from seqdl.base import cache
from seqdl.errors import SeqdlError


def test_where_the_cache_is(tmp_path, monkeypatch):
    monkeypatch.setenv("SEQDL_CACHE", "somewhere")
    assert cache.folder() == Path("somewhere")
    monkeypatch.delenv("SEQDL_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "elsewhere"))
    assert cache.folder() == tmp_path / "elsewhere" / "seqdl"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert cache.folder() == tmp_path / "home" / ".cache" / "seqdl"


@pytest.fixture
def nowhere(tmp_path, monkeypatch):
    """A home below a regular file, which not even root can make."""
    (tmp_path / "file").touch()
    for name in ("SEQDL_CACHE", "XDG_CACHE_HOME", "NUMBA_CACHE_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "file" / "home"))
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    return tmp_path


PROGRAM = """
import os, sys, subprocess
from seqdl.base import cache
for _ in range(2):
    made = cache.folder()
    (made / "x").touch()
child = "from seqdl.base import cache; print((cache.folder() / 'x').exists())"
subprocess.run([sys.executable, "-c", child], check=True)
print(made)
"""


def test_without_a_home_it_is_a_temporary_folder_said_once(nowhere):
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=60, check=True)
    there, made = done.stdout.split()
    assert there == "True" and not Path(made).exists()
    assert done.stderr.count("no cache") == 1 and "SEQDL_CACHE" in done.stderr and "Traceback" not in done.stderr


def test_a_folder_that_was_chosen_and_cannot_be_made_is_another_one(nowhere, monkeypatch):
    monkeypatch.setenv("SEQDL_CACHE", str(nowhere / "file" / "cache"))
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.split()[0] == "True"
    assert done.stderr.count("no cache") == 1 and "set SEQDL_CACHE" in done.stderr and "Traceback" not in done.stderr


def test_where_nothing_can_be_written_it_is_an_error_that_names_the_variable(nowhere, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(nowhere / "file"))
    with pytest.raises(SeqdlError, match="SEQDL_CACHE"):
        cache.folder()


def test_compiled_code_has_a_folder_of_its_own(monkeypatch):
    monkeypatch.setenv("SEQDL_CACHE", "here")
    monkeypatch.setenv("NUMBA_CACHE_DIR", "there")
    name = cache.compiled_folder().name
    assert name.startswith("seqdl-")
    assert cache.compiled_folder() == Path("there") / name
    monkeypatch.delenv("NUMBA_CACHE_DIR")
    assert cache.compiled_folder() == Path("here") / "compiled" / name


@pytest.mark.parametrize("damage", [lambda b: b"", lambda b: b[:20], lambda b: b[:-1], lambda b: b"x" * len(b)])
def test_what_is_damaged_is_not_there(tmp_path, damage):
    path = tmp_path / "new" / "a.code"
    assert cache.kept(path) is None
    cache.keep(path, b"content")
    assert cache.kept(path) == b"content"
    assert [p.name for p in path.parent.iterdir()] == ["a.code"]
    path.write_bytes(damage(path.read_bytes()))
    assert cache.kept(path) is None
    cache.keep(path, b"content")
    assert cache.kept(path) == b"content"


def test_what_cannot_be_kept_leaves_nothing_behind(tmp_path):
    (tmp_path / "a.code").mkdir()
    with pytest.raises(OSError):
        cache.keep(tmp_path / "a.code", b"content")
    assert [p.name for p in tmp_path.iterdir()] == ["a.code"]
