"""A file is held by one process at a time, and what stands in the way is said as it is."""

import errno
import os
import threading

import pytest

from seqdl.base import locks
from seqdl.errors import SeqdlError
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


@pytest.mark.parametrize("wait", [True, False])
def test_a_disk_without_locks_is_named(tmp_path, monkeypatch, wait):
    import fcntl

    def flock(*_):
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", flock)
    with (
        pytest.raises(SeqdlError, match=r"cannot lock .*No locks available") as caught,
        locks.held(tmp_path / "lock", wait=wait),
    ):
        pass
    assert not isinstance(caught.value, locks.HeldError)
    with pytest.raises(SeqdlError, match=r"cannot lock .*No locks available"), open_store(tmp_path / "store", {}):
        pass
