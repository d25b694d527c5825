import numpy as np
import pytest

from seqdl.errors import SeqdlError
from seqdl.model import checkpoint


@pytest.fixture
def saved(tmp_path):
    path = tmp_path / "net.npz"
    checkpoint.save(path, {"theta": np.arange(5, dtype=np.float32)}, {"epoch": 3})
    return path


def test_what_is_saved_comes_back(saved):
    arrays, values = checkpoint.read(saved)
    assert arrays["theta"].tolist() == [0, 1, 2, 3, 4]
    assert values["epoch"] == 3
    assert [path.name for path in saved.parent.iterdir()] == ["net.npz"]


def damage(path, kind):
    data = bytearray(path.read_bytes())
    if kind == "torn":
        data = data[: len(data) // 2]
    elif kind == "empty":
        data = b""
    elif kind == "junk":
        data = b"no archive at all" * 50
    else:
        data[data.index(b"\x93NUMPY") + 140] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize("kind", ["torn", "empty", "junk", "flipped"])
def test_a_damaged_checkpoint_is_named_in_one_line(saved, kind):
    damage(saved, kind)
    with pytest.raises(SeqdlError, match=r"net\.npz") as error:
        checkpoint.read(saved)
    assert "\n" not in str(error.value)


def test_an_absent_one_too(tmp_path):
    with pytest.raises(SeqdlError, match=r"none\.npz"):
        checkpoint.read(tmp_path / "none.npz")


def test_another_programs_archive(tmp_path):
    np.savez(tmp_path / "other.npz", theta=np.ones(3))
    with pytest.raises(SeqdlError, match=r"other\.npz"):
        checkpoint.read(tmp_path / "other.npz")


def test_a_vector_must_fit_and_be_finite(saved):
    with pytest.raises(SeqdlError, match="does not fit"):
        checkpoint.fill({"theta": np.zeros(4)}, {"theta": np.zeros(5)}, saved)
    with pytest.raises(SeqdlError, match="finite"):
        checkpoint.fill({"theta": np.zeros(2)}, {"theta": np.array([1.0, np.nan])}, saved)


def test_another_networks_checkpoint_lacks_what_is_needed(saved):
    with pytest.raises(SeqdlError, match=r"net\.npz lacks classes, schedule"):
        checkpoint.read(saved, "epoch", "classes", "schedule")
    with pytest.raises(SeqdlError, match=r"net\.npz lacks mean"):
        checkpoint.fill({"theta": np.zeros(5), "mean": np.zeros(2)}, checkpoint.read(saved)[0], saved)


def test_a_failed_write_leaves_the_old_file(saved, monkeypatch):
    def full(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(SeqdlError, match="No space left"):
        checkpoint.save(saved, {"theta": np.zeros(5)}, {})
    monkeypatch.undo()
    assert checkpoint.read(saved)[1]["epoch"] == 3


def test_the_one_before_is_kept(saved):
    first = saved.read_bytes()
    checkpoint.save(saved, {"theta": np.zeros(5)}, {"epoch": 4})
    assert checkpoint.before(saved).name == "net.before.npz"
    assert checkpoint.before(saved).read_bytes() == first
    checkpoint.restore(saved)
    assert checkpoint.read(saved)[1]["epoch"] == 3


def test_the_checksum_tells_a_change_that_the_archive_does_not(saved):
    with np.load(saved) as content:
        arrays = dict(content)
    arrays["theta"] = arrays["theta"] + 1
    np.savez(saved, **arrays)
    with pytest.raises(SeqdlError, match="damaged"):
        checkpoint.read(saved)


def test_one_of_an_earlier_version_has_no_checksum_and_is_read(saved):
    with np.load(saved) as content:
        arrays = dict(content)
    del arrays[checkpoint.DIGEST]
    np.savez(saved, **arrays)
    assert checkpoint.read(saved)[0]["theta"].tolist() == [0, 1, 2, 3, 4]
