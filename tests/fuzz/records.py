"""Hostile records: what runs leave, settings, lists and tables that people write, indices of stores, checkpoints."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import made_up
import numpy as np
import tiny_run
from fuzz.mutations import of_json, of_npz, of_safetensors, of_text
from fuzz.watch import CHANGED, Kind

from seqdl.config import from_dict, load, to_dict
from seqdl.datasets import persons, splits
from seqdl.datasets.base import Dataset, Sequence
from seqdl.datasets.kth import archives as kth_archives
from seqdl.datasets.kth import listing
from seqdl.exchange import back, named, outside
from seqdl.model import geometry
from seqdl.model.recogniser import Recogniser
from seqdl.reports import content, html, runs, tables
from seqdl.runs import ledger, manifest, record
from seqdl.runs.folder import RunFolder
from seqdl.runs.summary import Row, groups
from seqdl.stores import frames

VIDEOS = [f"{label}/{person}_{take}.avi" for label in ("wave", "walk") for person in ("ann", "bob") for take in (1, 2)]


def _run(folder: Path) -> RunFolder:
    """A finished run of tiny networks in the folder of a kind, with short timelines."""
    run = tiny_run.leave(folder / "run", tiny_run.recogniser())
    values = json.loads((run.path / "result.json").read_text())
    for one in values["sequences"]:
        del one["timeline"][3:]
    (run.path / "result.json").write_text(json.dumps(values))
    return run


def _of_run(name: str, networks: bool = False):
    """The examples of a file in the folder of a run, which stays there beside it, with its ``networks`` or without."""

    def examples(folder: Path) -> list[bytes]:
        run = _run(folder).path
        content = (run / name).read_bytes()
        for checkpoint in () if networks else run.glob("*.npz"):  # of which a report would draw pictures
            checkpoint.unlink()
        return [content]

    return examples


def _in_run(name: str, use):
    """Put an input into its place in a run, and use that as a whole."""

    def placed(path: Path) -> str | None:
        run = path.parent / "run"
        path.replace(run / name)
        return use(run)

    return placed


def _tables(*places: Path) -> list[Row]:
    """What ``seqdl report`` prints."""
    rows, _ = runs.collect(places)
    tables.plain(runs.rows_table(rows)), tables.plain(runs.groups_table(groups(rows)))
    json.dumps({"runs": [row.to_dict() for row in rows]}, allow_nan=False)
    return rows


def _report(run: Path) -> None:
    """What ``seqdl report`` prints and writes of one run, and of it among others."""
    if rows := _tables(run):
        for blocks in (content.of_run(RunFolder(run)), content.of_runs([*rows, *rows], [])):
            html.write(blocks, run / "report.html")


def _decide(run: Path) -> None:
    """What ``seqdl predict`` does before it opens a video, and a decision."""
    made = Recogniser.load(run)
    frames = np.zeros(
        (made.config.convnet.frames + 3, made.config.convnet.rows, made.config.convnet.columns), np.float32
    )
    made.decide(made.describer.read(frames, np.arange(min(4, len(frames)))))


def _plan(folder: Path) -> list[bytes]:
    config = from_dict({"data": {"dataset": "weizmann", "protocol": "leave-one-person-out"}})
    about = {"name": "weizmann", "variant": "nine", "classes": ["run", "walk"], "sequences": 4, "frames": 400}
    names = []
    for draw, person in ((1, "ann"), (2, "bob")):
        entry = {"person": person, "steps": 30, "probability": 0.75, "timeline": [["run", 0.5], ["walk", 0.75]]}
        decided = [("run", "run", "run"), ("walk", "walk", "run"), ("run", "walk", "walk")]
        entries = [
            entry | {"name": f"{person}_{n}", "label": label, "voting": voting, "lstm": lstm}
            for n, (label, voting, lstm) in enumerate(decided)
        ]
        names.append(f"draw{draw}-seed0")
        made_up.leave_run(folder / "cv" / names[-1], config, about, entries, person, draw)
    made_up.leave_plan(folder / "cv", config, names)
    plan = manifest.read(folder / "cv")
    plan.runs = {name: manifest.finished(folder / "cv" / name) for name in names}
    plan.failed = {"draw3-seed0": "draw 3: out of memory"}
    plan.write()
    return [plan.path.read_bytes()]


def _go_on(path: Path) -> None:
    """What ``seqdl crossval`` does with the file of one that was begun."""
    path.replace(path.parent / "cv" / manifest.MANIFEST)
    plan = manifest.read(path.parent / "cv")
    tables.plain(runs.groups_table(groups(plan.rows)))
    json.dumps(plan.to_dict(), allow_nan=False)


def _packed(folder: Path) -> list[bytes]:
    _plan(folder)
    record.write(folder / "record.json", record.pack(folder / "cv"))
    return [(folder / "record.json").read_bytes()]


def _unpack(path: Path) -> None:
    whole = record.read(path)
    _tables(path)
    record.write(path, whole)


def _looks(folder: Path) -> list[bytes]:
    line = {"date": "2026-11-29", "kind": "test", "run": "runs/a", "persons": ["ann"], "version": "0", "commit": ""}
    lines = [line | {"voting": 0.5, "lstm": 0.75, "config": to_dict(load())}]
    return ["".join(json.dumps(one) + "\n" for one in lines).encode()]


def _look(path: Path) -> None:
    folder = path.parent / "ledger"
    folder.mkdir(exist_ok=True)
    path.replace(folder / ledger.LEDGER)
    ledger.read(folder)


def _toml(folder: Path) -> list[bytes]:
    lines = ['model = "convnet-lstm"', "seed = 3"]
    for section, values in to_dict(load()).items():
        if isinstance(values, dict):
            lines += [f"[{section}]", *(f"{key} = {json.dumps(value)}" for key, value in values.items())]
    small = '# mine\n[convnet]\nepochs = 10 # ten\nc1_kernel = [5, 7, 7]\n\n[video]\nbox = "person"\nrate = 12.5\n'
    return ["\n".join(lines).encode(), small.encode()]


def _settings(path: Path) -> None:
    """What ``seqdl info --config FILE`` looks at."""
    config = load(path)
    geometry.convnet_layers(config.convnet, 6)
    geometry.lstm_layers(config.lstm, 120, 6)
    json.dumps(to_dict(config), allow_nan=False)


def _persons(folder: Path) -> list[bytes]:
    rows = [f"{name},{name.split('/')[1][:3]}" for name in VIDEOS]
    return [
        "\n".join(["file,person", *rows]).encode(),
        "\r\n".join(["sep=;", "Person;File", *(";".join(row.split(",")[::-1]) for row in rows)]).encode("utf-16"),
    ]


def _sequences(folder: Path) -> list[bytes]:
    ranges = dict.fromkeys(listing.VIDEOS[::7], ((0, 94), (95, 184), (185, 245), (246, 359)))
    listing.write_list(folder / "00sequences.txt", ranges, "Training: person11, 12")
    return [(folder / "00sequences.txt").read_bytes()]


def _dataset() -> Dataset:
    who = ("person01", "person02", "Ann Smith", "bob")
    sequences = tuple(Sequence(f"{p}_{c}", None, c, p) for p in who for c in ("run", "walk"))
    return Dataset("folder", "", ("run", "walk"), sequences, "centre")


def _splits(folder: Path) -> list[bytes]:
    return [b"# mine\ntest: person01 person02\n\ntest: Ann Smith, bob # two\ntest: bob\n"]


def _sums(folder: Path) -> list[bytes]:
    return ["".join(f"{sha1} *{name}\n" for name, sha1 in kth_archives.PUBLISHED.sha1.items()).encode()]


# Stores

STORED = ["model=convnet-lstm", *tiny_run.TINY]


def _rendered() -> Dataset:
    """Two short sequences that are made, not read."""

    def render(sequence):
        rng = np.random.default_rng(len(sequence.name))
        yield from rng.integers(0, 256, (12, 60, 50)).astype(np.uint8)

    sequences = tuple(Sequence(name, None, name, "ann") for name in ("run", "walks"))
    return Dataset("made", "", ("run", "walks"), sequences, "centre", render=render, source="made for a test")


def _store(folder: Path) -> list[bytes]:
    shutil.rmtree(folder / "cache", ignore_errors=True)
    made = frames.prepare(_rendered(), load(settings=STORED), folder / "cache")
    np.save(folder / "right.npy", np.concatenate([made.frames[a : a + n] for a, n in made.spans.values()]))
    [index] = (folder / "cache").glob("*/index.jsonl")
    shutil.copytree(index.parent, folder / "kept", dirs_exist_ok=True)
    return [index.read_bytes()]


def _opened(path: Path) -> str | None:
    home = path.parent
    [store] = (home / "cache").iterdir()
    shutil.copytree(home / "kept", store, dirs_exist_ok=True)
    path.replace(store / "index.jsonl")
    for _ in range(2):  # what is mended must stay so
        made = frames.prepare(_rendered(), load(settings=STORED), home / "cache")
        found = np.concatenate([made.frames[first : first + count] for first, count in made.spans.values()])
        if not np.array_equal(found, np.load(home / "right.npy")):
            return CHANGED
    return None


# What comes from elsewhere


def _exported(folder: Path) -> list[bytes]:
    made = tiny_run.recogniser()
    run = tiny_run.leave(folder / "run", made)
    outside.write_safetensors(folder / "net.safetensors", named.arrays(made), named.record(run, made))
    return [(folder / "net.safetensors").read_bytes()]


def _states(folder: Path) -> list[bytes]:
    made = tiny_run.recogniser()
    outside.write_torch(folder / "torch", named.arrays(made), named.record(tiny_run.leave(folder / "run", made), made))
    return [(folder / "torch/state.pt").read_bytes()]


def _import(path: Path) -> None:
    out = path.parent / f"imported-{os.getpid()}"
    try:
        back.import_run(path, out)
        _decide(out)
        _tables(out)
    finally:
        shutil.rmtree(out, ignore_errors=True)


RECORDS = (
    Kind("result.json", "", _of_run("result.json"), of_json, _in_run("result.json", _report), "result.json"),
    Kind("config.json", "", _of_run("config.json", True), of_json, _in_run("config.json", _decide), "config.json"),
    Kind("env.json", "", _of_run("env.json"), of_json, _in_run("env.json", _report), "env.json"),
    Kind("log.csv", "", _of_run("log.csv"), of_text, _in_run("log.csv", _report), "log.csv"),
    Kind("crossval.json", "", _plan, of_json, _go_on, "crossval.json"),
    Kind("record of runs", ".json", _packed, of_json, _unpack),
    Kind("evaluations.jsonl", "", _looks, of_json, _look, "evaluations.jsonl"),
    Kind("settings in TOML", ".toml", _toml, of_text, _settings, r"\.toml|configuration key|\w = |^\w+: |is a section"),
    Kind("persons.csv", ".csv", _persons, of_text, lambda path: persons.read(path, VIDEOS) and None),
    Kind("list of KTH", ".txt", _sequences, of_text, lambda path: listing.read_list(path) and None),
    Kind("file of splits", ".txt", _splits, of_text, lambda path: splits.from_file(path, _dataset()) and None),
    Kind("sums of archives", ".txt", _sums, of_text, lambda path: kth_archives.read_sums(path) and None),
    Kind("index of a store", "", _store, of_text, _opened),
    Kind("checkpoint", "", _of_run("lstm.npz", True), of_npz, _in_run("lstm.npz", _decide), "lstm.npz"),
    Kind("safetensors", ".safetensors", _exported, of_safetensors, _import),
)
