"""Hostile input of every kind, a few of each: an answer or a line, and never more; ``make fuzz`` tries thousands.

The second half keeps what it has found, made by code.
"""

from __future__ import annotations

import json
import os
import zipfile

import imageio.v3 as iio
import numpy as np
import pytest
import served
from fuzz.__main__ import KINDS, main
from fuzz.mutations import of_bytes, zipped
from fuzz.watch import ANSWERED, Kind, made, run, stained
from tiny_run import leave, recogniser
from video import films

from seqdl import config
from seqdl.base import npz
from seqdl.datasets import download
from seqdl.datasets.kth import listing
from seqdl.errors import LONGEST, SeqdlError, UsageError
from seqdl.model import checkpoint
from seqdl.model.recogniser import Recogniser
from seqdl.runs import ledger, manifest
from seqdl.runs.summary import groups
from seqdl.stores.arrays import INDEX, ArrayStore, Column
from seqdl.video import source
from seqdl.video.device import PIPE, open_stream
from seqdl.video.reader import Reader

A_FEW = 12


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("hostile")


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_hostile_input_is_answered_or_refused_in_a_line(kind, folder):
    outcomes = list(run(kind, folder, range(A_FEW), seed=7))
    assert [outcome.number for outcome in outcomes] == list(range(A_FEW))
    assert [outcome for outcome in outcomes if outcome.fault] == []


def _trial(use):
    return Kind("trial", ".bin", lambda folder: [b"x" * 100], of_bytes, use)


def _grow(path):
    np.ones(520 << 20, np.uint8)


def _stop(path):
    os._exit(3)


@pytest.mark.parametrize(
    ("use", "verdict"),
    [
        (lambda path: [][1], "IndexError"),
        (lambda path: _raised(SeqdlError("it is broken")), "does not name the file"),
        (_grow, "memory"),
        (_stop, "crash"),
    ],
)
def test_what_must_not_be_is_counted(use, verdict, tmp_path):
    def harmless_first(path):
        return None if path.stem.startswith("valid") else use(path)

    [outcome] = run(_trial(harmless_first), tmp_path, range(1), seed=0)
    assert outcome.fault and outcome.verdict.startswith(verdict)


def _raised(error):
    raise error


def test_an_input_can_be_made_again():
    kind = _trial(lambda path: ANSWERED)
    inputs = [made(kind, [b"y" * 500], number, 3) for number in range(20)]
    assert inputs == [made(kind, [b"y" * 500], number, 3) for number in range(20)]
    assert len(set(inputs)) > 15


def test_memory_that_nobody_has_written_shows():
    seen = []
    for value in (0x55, 0xAA):
        with stained(value):
            seen.append(int(np.empty(20_000, np.uint8)[7777]))
    assert seen[0] != seen[1]


def test_the_long_form_counts(capsys):
    assert main(["--only", "sums of archives", "--inputs", "5"]) == 0
    counted = json.loads(capsys.readouterr().out)
    assert (counted["inputs"], counted["faults"]) == (5, {})


# What was found


@pytest.mark.parametrize("text", ["seed = " + "9" * 5000, "seed = " + "[" * 5000, "seed = 1979-05-27", "\ud800"])
def test_settings_that_no_parser_can_bear(text, tmp_path):
    path = tmp_path / "mine.toml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(UsageError):
        config.load(path)
    with pytest.raises(UsageError):
        config.load(settings=[text.replace("seed = ", "seed=")])


def test_a_message_is_one_line_whatever_a_file_says():
    message = str(SeqdlError("a.json: two\nlines,\u2028three " + "x" * 100_000 + " at last"))
    assert len(message.splitlines()) == 1 and len(message) <= LONGEST
    assert message.startswith("a.json: two\\nlines") and message.endswith("at last")


def test_ranges_of_thousands_of_digits(tmp_path):
    (tmp_path / "list.txt").write_text(f"person01_boxing_d1\tframes\t{'1' * 5000}-{'2' * 5000}\n")
    with pytest.raises(SeqdlError, match=r"line 1: .* is no range"):
        listing.read_list(tmp_path / "list.txt")


@pytest.mark.parametrize("length", ["9" * 5000, "\u00b2", "-1", "1e9"])
def test_a_server_that_promises_nonsense(length, tmp_path):
    def answer(handler):
        handler.wfile.write(f"HTTP/1.0 200 OK\r\nContent-Length: {length}\r\n\r\nall".encode("latin-1"))

    with served.served(answer) as address:
        download.fetch([address], tmp_path / "there", lambda _: None)
        assert (tmp_path / "there").read_bytes() == b"all"
        with source.local(address) as file:
            assert file.read_bytes() == b"all"


@pytest.mark.parametrize("line", ["[" * 50_000, '[["k"], 0, 0, []]', '["k", 0.0, 0.5, []]', '["k", false, 0, []]'])
def test_an_index_of_brackets_or_of_other_types(line, tmp_path):
    (tmp_path / "a.f4").write_bytes(bytes(8))
    (tmp_path / INDEX).write_text(line + "\n")
    assert ArrayStore(tmp_path, {"a.f4": Column(np.float32)}).index == {}


def test_a_ledger_of_brackets(tmp_path):
    (tmp_path / ledger.LEDGER).write_text("[" * 50_000 + "\n")
    with pytest.raises(SeqdlError, match=ledger.LEDGER):
        ledger.read(tmp_path)


def _read(path):
    with Reader(path) as reader:
        return [frame.copy() for frame in reader], reader.report


def test_a_film_of_which_the_half_is_gone_is_told_where_nothing_counts_frames(tmp_path):
    films.write(tmp_path / "whole.mkv", "mjpeg", "yuvj420p")
    frames, report = _read(tmp_path / "whole.mkv")
    assert len(frames) == films.FRAMES and report.notes == () and not report.damaged
    whole = (tmp_path / "whole.mkv").read_bytes()
    (tmp_path / "half.mkv").write_bytes(whole[: len(whole) // 2])
    frames, report = _read(tmp_path / "half.mkv")
    assert 0 < len(frames) < films.FRAMES - 2 and report.damaged
    assert any(note.startswith("the header declares 0.24 s") for note in report.notes)


def test_what_libav_complains_of_is_told_each_time_and_printed_nowhere(tmp_path, capfd):
    films.write(tmp_path / "a.mkv", "ffv1", "gray")
    data = bytearray((tmp_path / "a.mkv").read_bytes())
    data[len(data) // 2] ^= 0xFF
    (tmp_path / "a.mkv").write_bytes(data)
    told = [_read(tmp_path / "a.mkv")[1].notes for _ in range(2)]
    assert told[0] == told[1] and any(note.startswith("libav complains of it ") for note in told[0])
    assert capfd.readouterr() == ("", "")


def test_pictures_one_after_the_other_are_a_video(tmp_path):
    pictures = [iio.imwrite("<bytes>", films.drawn(films.light, k, films.SIZE), extension=".png") for k in range(3)]
    (tmp_path / "three").write_bytes(b"".join(pictures))
    frames, _ = _read(tmp_path / "three")
    assert [np.array_equal(frame, films.drawn(films.light, k, films.SIZE)) for k, frame in enumerate(frames)] == [
        True
    ] * 3


def test_a_moving_png_that_asks_for_a_gigabyte(tmp_path):
    films.write(tmp_path / "a.apng", "apng", "rgb24", picture=films.colours)
    data = (tmp_path / "a.apng").read_bytes()
    (tmp_path / "cut.apng").write_bytes(data[:-40])
    assert len(_read(tmp_path / "cut.apng")[0]) >= films.FRAMES - 1
    at = data.index(b"fcTL", data.index(b"IDAT")) - 4
    (tmp_path / "a.apng").write_bytes(data[:at] + (1 << 30).to_bytes(4, "big") + b"abcd" + data[at + 8 :])
    with pytest.raises(SeqdlError, match=r"a\.apng: is damaged: a part of it says"):
        Reader(tmp_path / "a.apng")


def test_a_pipe_whose_pictures_are_damaged_is_one_line(tmp_path, monkeypatch, rng):
    picture = iio.imwrite("<bytes>", films.drawn(films.light, 0, films.SIZE), extension=".png")
    served.piped(monkeypatch, picture[:60] + rng.bytes(300) + picture[60:] * 2)
    with pytest.raises(SeqdlError, match=r"^-: "):
        Reader(open_stream(PIPE))


def _npz(head, data=b"", method=zipfile.ZIP_STORED, name="theta.npy"):
    text = head.encode().ljust(117) + b"\n"
    return zipped([(name, b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + data)], method)


@pytest.mark.parametrize(
    "content",
    [
        _npz("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999,)}"),
        _npz("{'descr': '<U9999999', 'fortran_order': False, 'shape': (1323,)}"),
        _npz("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}", bytes(4)),
        _npz("{'descr': '<f4', 'fortran_order': False, 'shape': (True,)}", bytes(4)),
        _npz("{'descr': '|O', 'fortran_order': False, 'shape': (1,)}", bytes(8)),
        _npz("'descr': '<f4', 'fortran_order': False, 'shape': (1,)}", bytes(4)),
        _npz("(" * 100),
        _npz("{'descr': '<f4', 'fortran_order': False, 'shape': (1,)}", bytes(4), zipfile.ZIP_DEFLATED),
        _npz("{'descr': '<f4', 'fortran_order': False, 'shape': (1,)}", bytes(4), name="theta"),
        zipped([("theta.npy", b"no array")]),
        zipped([], zipfile.ZIP_STORED),
    ],
)
def test_arrays_that_are_not_what_they_say(content, tmp_path):
    (tmp_path / "net.npz").write_bytes(content)
    with pytest.raises(SeqdlError, match=r"net\.npz is damaged or no checkpoint"):
        checkpoint.read(tmp_path / "net.npz")


def test_arrays_of_every_plain_kind_come_back(tmp_path, rng):
    arrays = {
        "a": rng.normal(size=(2, 3)).astype(np.float32),
        "b": np.asfortranarray(rng.normal(size=(3, 2))),
        "c": np.arange(4, dtype=np.uint8),
        "d": np.array(5),
        "e": np.zeros((0, 7)),
        "f": np.array([True, False]),
    }
    np.savez(tmp_path / "all.npz", **arrays)
    with (tmp_path / "all.npz").open("rb") as file:
        found = npz.read(file)
    assert list(found) == list(arrays)
    for name, array in arrays.items():
        np.testing.assert_array_equal(found[name], array)
        assert found[name].dtype == array.dtype and found[name].flags.writeable


def test_networks_that_are_no_numbers(tmp_path):
    run = leave(tmp_path / "run", recogniser())
    path = run.checkpoint("lstm")
    arrays, values = checkpoint.read(path)
    checkpoint.save(path, {name: np.zeros(a.shape, np.int32) for name, a in arrays.items()}, values)
    with pytest.raises(SeqdlError, match=r"lstm\.npz is damaged"):
        Recogniser.load(run)


@pytest.mark.parametrize(
    ("section", "name", "value", "match"),
    [
        ("convnet", "columns", 0, "convnet.columns = 0"),
        ("convnet", "c1_maps", 2**53, "convnet.c1_maps = .*at most 500"),
        ("convnet", "rows", 10**7 * 2, "input: .* a layer has at most"),
        ("convnet", "hidden", 10**9, "N1: .* a layer has at most"),
        ("lstm", "cells", 10**9, "LSTM: .* a layer has at most"),
    ],
)
def test_sizes_that_cannot_be_name_the_file(section, name, value, match, tmp_path):
    run = leave(tmp_path / "run", recogniser())
    values = json.loads((run.path / "config.json").read_text())
    values[section][name] = value
    (run.path / "config.json").write_text(json.dumps(values))
    with pytest.raises(SeqdlError, match=rf"config\.json is damaged or of another version: {match}"):
        Recogniser.load(run.path)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (lambda values: values.update(draws=["../../elsewhere"]), "draws names a folder elsewhere"),
        (lambda values: values["runs"]["draw1-seed0"]["lstm"].update(confusion=[[1]]), "lstm is no score"),
        (lambda values: values["runs"]["draw1-seed0"]["lstm"].update(accuracy=float("nan")), "no number"),
        (lambda values: values["runs"]["draw1-seed0"]["lstm"].update(accuracy=10**400), "no number"),
        (lambda values: values["runs"]["draw1-seed0"].update(voting=None), "other scores than its model"),
        (lambda values: values["runs"]["draw1-seed0"]["persons"].update(ann=[1, 5, 1]), "persons.ann"),
        (lambda values: values["runs"]["draw2-seed0"].update(classes=["a", "b"]), "different models or classes"),
        (lambda values: values.update(draws=[]), ""),
    ],
)
def test_a_cross_validation_that_contradicts_itself(change, match, tmp_path):
    kind = next(kind for kind in KINDS if kind.name == "crossval.json")
    values = json.loads(kind.examples(tmp_path)[0])
    change(values)
    path = tmp_path / "cv" / manifest.MANIFEST
    path.write_text(json.dumps(values))
    if match:
        with pytest.raises(SeqdlError, match=f"crossval.json is damaged.*{match}"):
            manifest.read(tmp_path / "cv")
    else:
        assert manifest.read(tmp_path / "cv").to_dict()["draws"] == []


def test_a_run_of_which_no_sequence_is_known_has_its_row(tmp_path):
    from seqdl.reports import runs

    run = leave(tmp_path / "run", recogniser())
    values = json.loads((run.path / "result.json").read_text())
    (run.path / "result.json").write_text(json.dumps(values | {"sequences": []}))
    rows, _ = runs.collect([run.path])
    [(_, summary)] = groups(rows)
    assert summary.lstm_against_voting is None
