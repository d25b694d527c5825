"""Whatever becomes of a store's files, an item is what was written, or is not there."""

import json
import shutil

import numpy as np
import pytest

from seqdl import check as command
from seqdl.stores import arrays
from seqdl.stores.arrays import Column, open_store

COLUMNS = {"frames.f32": Column(np.float32, (1, 2)), "seen.u8": Column(np.bool_)}
FILES = (*COLUMNS, "index.jsonl", "sums.jsonl")


def item(k):
    return np.arange(2 * (k + 1), dtype=np.float32).reshape(-1, 1, 2) + 10 * k, np.arange(k + 1) % 2 == 0


def made(folder, first=0, last=3):
    with open_store(folder, COLUMNS) as store, store.growing() as add:
        for k in range(first, last):
            add(f"key{k}", item(k), [f"note {k}"], f"video {k}")
    return folder


def sound(folder):
    """The items that are there, each of which must be what was written."""
    with open_store(folder, COLUMNS) as store:
        damaged = store.damaged(store.index)
        for key, (first, count, about) in store.index.items():
            if key not in damaged:
                k = int(key[3:])
                rows = [store.array(name)[first : first + count] for name in COLUMNS]
                assert all(np.array_equal(*pair) for pair in zip(rows, item(k), strict=True))
                assert about == [f"note {k}"]
    return sorted(set(store.index) - set(damaged))


@pytest.fixture
def store(tmp_path):
    return made(tmp_path / "store")


def damaged(folder, name, change):
    """The same file with other bytes; a new one, since the old one may be mapped."""
    content = change((folder / name).read_bytes())
    (folder / name).unlink()
    if content is not None:
        (folder / name).write_bytes(content)
    return folder


@pytest.mark.parametrize("name", FILES)
def test_no_bit_that_is_flipped_goes_unnoticed(store, name):
    content = (store / name).read_bytes()
    for at in range(len(content)):
        flipped = content[:at] + bytes([content[at] ^ 1 << at % 8]) + content[at + 1 :]
        (store / name).write_bytes(flipped)
        there = sound(store)
        assert len(there) >= 1 or name == "sums.jsonl"
        if at % 7 == 0:
            with open_store(store, COLUMNS) as opened, opened.growing() as add:
                for k in range(3):
                    if f"key{k}" not in there:
                        add(f"key{k}", item(k), [f"note {k}"], f"video {k}")
            assert sound(store) == ["key0", "key1", "key2"]
            shutil.rmtree(store)
            made(store)


@pytest.mark.parametrize(
    "name, change, names",
    [
        ("frames.f32", lambda data: bytes(len(data)), ["video 0", "video 1", "video 2"]),
        ("frames.f32", lambda data: data[:-4] + bytes(4), ["video 2"]),
        ("frames.f32", lambda data: data[:-5], ["video 2"]),
        ("seen.u8", lambda data: None, ["video 0", "video 1", "video 2"]),
        ("index.jsonl", lambda data: data.replace(b"note 1", b"note 7"), ["video 1"]),
        ("index.jsonl", lambda data: data.replace(b'["key1"', b'["key1'), ["video 1"]),
        ("index.jsonl", lambda data: data.replace(b'"key1", 1', b'"key1", 0'), ["video 1"]),
        ("sums.jsonl", lambda data: data.replace(b"key1", b"key5"), ["key1"]),
        ("sums.jsonl", lambda data: b"\0" * 40 + data, ["sums.jsonl"]),
        ("index.jsonl", lambda data: data, []),
    ],
)
def test_what_is_damaged_is_named(store, name, change, names):
    before = {one: (store / one).read_bytes() for one in FILES}
    damaged(store, name, change)
    assert arrays.check(store) == names
    assert [one for one in FILES if (store / one).exists() and (store / one).read_bytes() != before[one]] in (
        [],
        [name],
    )


@pytest.mark.parametrize("name", FILES)
def test_a_file_of_another_store_is_told_from_its_own(store, tmp_path, name):
    other = made(tmp_path / "other", first=1, last=4)
    shutil.copy(other / name, store / name)
    assert sound(store) in ([], ["key0"] if name == "seen.u8" else []), "one byte of it is the same"


def test_a_store_of_an_earlier_version_is_read_and_given_checksums(store):
    (store / "sums.jsonl").unlink()
    assert arrays.check(store) is None
    assert sound(store) == ["key0", "key1", "key2"]
    assert arrays.check(store) == []
    made(store, 3, 4)
    damaged(store, "frames.f32", lambda data: bytes(8) + data[8:])
    assert arrays.check(store) == ["key0"]
    assert sound(store) == ["key1", "key2", "key3"]


def test_the_command_names_what_is_damaged(cache, capsys):
    whole, bad, older = (made(cache / name) for name in ("a" * 16, "b" * 16, "c" * 16))
    damaged(bad, "frames.f32", lambda data: data[:-8] + bytes(8))
    (older / "sums.jsonl").unlink()
    assert command.main(["--store"]) == 1
    said = sorted(capsys.readouterr().out.splitlines())
    assert said[0] == f"{whole}: whole"
    assert said[1] == f"{bad}: damaged: video 2; prepared anew when needed"
    assert said[2] == f"{older}: without checksums, which its next use gives it"
    assert command.main(["--store", "--json"]) == 1
    assert json.loads(capsys.readouterr().out) == {str(whole): [], str(bad): ["video 2"], str(older): None}
    shutil.rmtree(bad)
    assert command.main(["--store"]) == 0
    assert command.main(["--store", "actors"]) == 2
    assert command.main([]) == 2
