"""A file is whole or as it was before, whatever happens in the middle."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import tracemalloc

import numpy as np
import pytest

from seqdl.base import files
from seqdl.errors import SeqdlError


def _names(folder):
    return sorted(p.name for p in folder.iterdir())


def test_bytes_and_text_are_written_and_replaced(tmp_path):
    target = tmp_path / "a.bin"
    files.write_atomic(target, b"\x00\xff")
    assert target.read_bytes() == b"\x00\xff"
    files.write_atomic(str(target), "größer")
    assert target.read_bytes() == "größer".encode()
    assert _names(tmp_path) == ["a.bin"]


def test_json_round_trip(tmp_path):
    value = {"classes": ["gehen", "können"], "accuracy": 0.1 + 0.2, "none": None, "rows": [[1, 2], [3, 4]]}
    files.write_json(tmp_path / "r.json", value)
    assert files.read_json(tmp_path / "r.json") == value


def test_names_that_are_no_utf8_are_escaped_and_json_has_them_again(tmp_path):
    name = os.fsdecode("ö".encode() + b"\xe9\xff.avi")
    files.write_json(tmp_path / "r.json", {name: [name]})
    assert files.read_json(tmp_path / "r.json") == {name: [name]}
    assert (tmp_path / "r.json").read_bytes().decode().count(r"ö\udce9\udcff.avi") == 2
    files.write_atomic(tmp_path / "r.md", name)
    assert (tmp_path / "r.md").read_text(encoding="utf-8") == r"ö\udce9\udcff.avi"


def test_json_refuses_nan_and_keeps_the_old_file(tmp_path):
    files.write_json(tmp_path / "r.json", {"loss": 1.0})
    with pytest.raises(ValueError):
        files.write_json(tmp_path / "r.json", {"loss": float("nan")})
    assert files.read_json(tmp_path / "r.json") == {"loss": 1.0}


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe\x00", b"[" * 200_000])
def test_damaged_json_is_one_line_that_names_the_file(tmp_path, content):
    (tmp_path / "r.json").write_bytes(content)
    with pytest.raises(SeqdlError, match=r"r\.json is damaged") as caught:
        files.read_json(tmp_path / "r.json")
    assert "\n" not in str(caught.value)


def test_absent_json_names_the_file(tmp_path):
    with pytest.raises(SeqdlError, match=r"cannot read .*gone\.json: No such file"):
        files.read_json(tmp_path / "gone.json")


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, RuntimeError, OSError])
def test_an_interrupted_block_leaves_the_old_file_and_nothing_else(tmp_path, interruption):
    target = tmp_path / "a.txt"
    files.write_atomic(target, "old")
    expected = SeqdlError if interruption is OSError else interruption
    with pytest.raises(expected), files.replace_atomic(target) as temporary:
        temporary.write_text("half")
        assert target.read_text() == "old"
        raise interruption("stop")
    assert target.read_text() == "old"
    assert _names(tmp_path) == ["a.txt"]


def test_numpy_writes_through_it(tmp_path):
    with files.replace_atomic(tmp_path / "theta.npz") as temporary:
        np.savez(temporary, theta=np.arange(3.0))
    with np.load(tmp_path / "theta.npz") as stored:
        assert stored["theta"].tolist() == [0.0, 1.0, 2.0]
    assert _names(tmp_path) == ["theta.npz"]


def test_the_temporary_file_is_in_the_same_folder(tmp_path):
    with files.replace_atomic(tmp_path / "a.txt") as temporary:
        temporary.write_text("x")
        assert temporary.parent == tmp_path


def test_a_block_that_writes_nothing_is_an_error_and_not_an_empty_file(tmp_path):
    with pytest.raises(SeqdlError, match=r"cannot write .*a\.txt"), files.replace_atomic(tmp_path / "a.txt"):
        pass
    assert _names(tmp_path) == []


def test_flushed_before_renamed_and_the_folder_after(tmp_path, monkeypatch):
    order = []
    fsync, replace = os.fsync, os.replace

    def noted_fsync(descriptor):
        order.append("folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file")
        fsync(descriptor)

    def noted_replace(old, new):
        order.append("rename")
        replace(old, new)

    monkeypatch.setattr(os, "fsync", noted_fsync)
    monkeypatch.setattr(os, "replace", noted_replace)
    files.write_atomic(tmp_path / "a.txt", "x")
    assert order == ["file", "rename", "folder"]


def test_folders_links_and_pipes_are_refused(tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "real").write_text("kept")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    os.mkfifo(tmp_path / "pipe")
    before = _names(tmp_path)
    for name in ("folder", "link", "dangling", "pipe"):
        with pytest.raises(SeqdlError, match=f"{name}: it exists and is no regular file"):
            files.write_atomic(tmp_path / name, "x")
    assert _names(tmp_path) == before
    assert (tmp_path / "real").read_text() == "kept"


def test_a_missing_folder_and_a_file_as_folder_are_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(SeqdlError, match=r"cannot write .*gone/a\.txt: No such file"):
        files.write_atomic(tmp_path / "gone" / "a.txt", "x")
    with pytest.raises(SeqdlError, match=r"cannot write .*file/a\.txt: Not a directory"):
        files.write_atomic(tmp_path / "file" / "a.txt", "x")


def test_a_full_disk_keeps_the_old_file(tmp_path):
    """RLIMIT_FSIZE stands for the full disk; in a process of its own, since the limit cannot be raised again."""
    (tmp_path / "a.txt").write_text("old")
    program = (
        "import resource, signal, sys\n"
        "from seqdl import errors\nfrom seqdl.base import files\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "try:\n"
        "    files.write_atomic(sys.argv[1], b'x' * 5000)\n"
        "except errors.SeqdlError as error:\n"
        "    print(error)\n"
    )
    command = [sys.executable, "-B", "-c", program, str(tmp_path / "a.txt")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert "cannot write" in done.stdout and "a.txt: File too large" in done.stdout, done.stderr
    assert (tmp_path / "a.txt").read_text() == "old"
    assert _names(tmp_path) == ["a.txt"]


def test_json_is_written_piece_by_piece(tmp_path):
    value = {str(number): [number] * 20 for number in range(2000)}
    tracemalloc.start()
    try:
        files.write_json(tmp_path / "r.json", value)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    text = (tmp_path / "r.json").read_text()
    assert text == json.dumps(value, indent=2) + "\n"
    assert peak < len(text) / 2
