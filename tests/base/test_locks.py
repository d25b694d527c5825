"""A file is held by one process at a time, and what stands in the way is said as it is."""

import errno
import multiprocessing
import os
import threading

import pytest

from seqdl.base import cache, disk, locks
from seqdl.config import load
from seqdl.errors import SeqdlError
from seqdl.evaluation import crossval
from seqdl.stores.arrays import open_store

pytestmark = pytest.mark.skipif(os.name == "nt", reason="file locks")


def test_who_does_not_wait_is_refused(tmp_path):
    path = tmp_path / "new" / "lock"
    with locks.held(path), pytest.raises(locks.HeldError, match="another process holds"), locks.held(path, wait=False):
        pass
    with locks.held(path, wait=False) as file:
        file.write("a line\n")
    with locks.held(path) as file:
        file.write("another\n")
    assert path.read_text() == "a line\nanother\n"


def test_who_waits_gets_the_file_that_stands_there_then(tmp_path):
    path, got = tmp_path / "store" / "lock", []

    def wait():
        with locks.held(path) as file:
            got.append(os.path.samestat(os.fstat(file.fileno()), path.stat()))

    with locks.held(path):
        waiting = threading.Thread(target=wait)
        waiting.start()
        waiting.join(0.2)
        assert waiting.is_alive() and not got
        path.unlink()
        path.parent.rmdir()
    waiting.join(10)
    assert got == [True]


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EIO, errno.EACCES])
def test_a_disk_without_locks_is_named(tmp_path, monkeypatch, number):
    import fcntl

    def flock(*_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", flock)
    why = rf"cannot lock .*{os.strerror(number)}"
    for wait in (True, False):
        with pytest.raises(locks.NoLocksError, match=why), locks.held(tmp_path / "lock", wait=wait):
            pass
    with pytest.raises(SeqdlError, match=rf"{why}.*SEQDL_CACHE"), open_store(tmp_path / "store", {}):
        pass
    with pytest.raises(SeqdlError, match=why) as caught, crossval._alone(tmp_path):
        pass
    assert "at work" not in str(caught.value)


def test_a_file_that_may_not_be_opened_is_named_with_its_reason(tmp_path, monkeypatch):
    def refused(path, *_):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    monkeypatch.setattr(disk, "File", refused)
    with pytest.raises(SeqdlError, match=r"cannot write the store .*Permission denied"), open_store(tmp_path, {}):
        pass
    with pytest.raises(SeqdlError, match=r"cannot write into .*Permission denied"), crossval._alone(tmp_path):
        pass


def test_draws_are_made_where_compiled_code_cannot_be_kept(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "file"))
    monkeypatch.setattr(crossval.job, "rehearse", pytest.fail)
    cache._warn.cache_clear()
    with pytest.warns(UserWarning, match=r"is not kept .*file.*set NUMBA_CACHE_DIR"):
        crossval._compile(load(settings=["backend=numba"]))


def test_a_program_without_a_guard_does_not_wait_for_itself(tmp_path, monkeypatch):
    monkeypatch.setattr(multiprocessing.current_process(), "_inheriting", True, raising=False)
    with pytest.raises(SeqdlError, match="below  if __name__"), open_store(tmp_path, {}):
        pass
