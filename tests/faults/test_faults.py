"""Whatever fails, the work goes on to the same bytes, or one line says what is wrong: a sample of every operation.

All of them are tried by ``make soak``.
"""

from __future__ import annotations

import shutil

import pytest
from injection import ERRORS, SIGNALS
from trying import WORKS, cuts, powerless, tried, undisturbed
from work import cleared, left, quietly

from seqdl import train

pytestmark = pytest.mark.compiled(reason="what breaks is found by the first of two passes")

SAMPLES = {"preparing": 20, "training": 30, "evaluation": 15}
"""So many faults of a job are tried here, and half as many power cuts."""


def job(name):
    return next(work for work in WORKS if work.name == name)


def some(things, count):
    """So many of them, evenly."""
    return [things[k * len(things) // count] for k in range(count)]


@pytest.mark.parametrize("name", SAMPLES)
def test_after_any_fault_the_work_goes_on(where, name):
    work, folder = job(name), where.videos.parent / "work"
    expected = undisturbed(work, where, folder)
    faults = [(kind, n + 1) for n in range(len(expected.operations)) for kind in (*ERRORS, *SIGNALS)]
    wrong = []
    for kind, at in some(faults, SAMPLES[name]):
        if why := tried(work, where, folder, expected, kind, at):
            wrong.append(f"{kind} at {at} {expected.operations[at - 1]}: {why}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("name", SAMPLES)
def test_after_any_power_cut_the_work_goes_on(where, name):
    work, folder = job(name), where.videos.parent / "work"
    expected = undisturbed(work, where, folder)
    wrong = []
    for operation, what_is_left in some(cuts(work, where, folder), SAMPLES[name] // 2):
        if why := powerless(work, where, folder, expected, what_is_left):
            wrong.append(f"after {operation}: {why}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    "name, what, ending, kinds",
    [
        ("preparing", "put", "", ("ENOSPC", "MemoryError")),  # no sequence was left out, which the training would miss
        ("evaluation", "write", "evaluations.jsonl", ("short", "short, then ENOSPC", "SIGKILL after")),  # half a line
        ("training", "rename", "config.json", ("KeyboardInterrupt", "SIGKILL after")),  # a run folder half made
        ("training", "rename", "env.json", ("SIGTERM", "SIGKILL after")),
        ("report", "map", "seen.u8", ("EIO",)),  # pictures were missing, and only the page said so
    ],
)
def test_faults_that_were_found_once_stay_away(where, name, what, ending, kinds):
    work, folder = job(name), where.videos.parent / "work"
    expected = undisturbed(work, where, folder)
    at = next(n for n, (one, path) in enumerate(expected.operations, 1) if one == what and path.endswith(ending))
    assert [why for kind in kinds if (why := tried(work, where, folder, expected, kind, at))] == []


@pytest.mark.parametrize("damage", ["cut short", "empty", "zeros", "one bit"])
def test_after_a_damaged_checkpoint_training_goes_on_from_the_one_before(where, tmp_path, damage):
    run = shutil.copytree(where.finished, tmp_path / "run")
    expected = left(where.finished)
    for name in ("convnet.npz", "lstm.npz"):
        content = bytearray((run / name).read_bytes())
        middle = len(content) // 2
        content[middle] ^= damage == "one bit"
        content = {"cut short": content[:middle], "empty": b"", "zeros": bytes(len(content))}.get(damage, content)
        (run / name).write_bytes(content)
    code, said = quietly(lambda: train.main(["--resume", str(run)]))
    assert code == 0, said
    assert said.count("going on from the one before it") == 2
    found = left(run)
    assert [name for name in expected if name.endswith((".npz", ".csv")) and found[name] != expected[name]] == []


def test_another_trainings_checkpoint_is_refused_with_the_difference(where, tmp_path):
    run = shutil.copytree(where.finished, tmp_path / "run")
    shutil.copy(run / "lstm.npz", run / "convnet.npz")
    before = left(run)
    code, said = quietly(lambda: train.main(["--resume", str(run)]))
    assert code == 1
    assert "convnet.npz does not fit its configuration: theta is" in said
    assert left(run) == before


@pytest.mark.parametrize("damage", ["zeros", "one bit", "torn"])
def test_damaged_prepared_video_is_named_and_prepared_anew(where, tmp_path, monkeypatch, damage):
    cache, work, folder = tmp_path / "cache", job("training"), where.videos.parent / "work"
    expected = undisturbed(work, where, folder)
    shutil.copytree(where.cache, cache)
    [frames] = cache.rglob("frames.f32")
    content = bytearray(frames.read_bytes())
    content[len(content) // 2] ^= damage == "one bit"
    frames.write_bytes({"zeros": bytes(len(content)), "torn": content[: len(content) // 2]}.get(damage, content))
    monkeypatch.setenv("SEQDL_CACHE", str(cache))
    folder.mkdir()
    code, said = quietly(lambda: work.run(where, folder))
    found = left(folder)
    cleared(folder)
    assert (code, found) == (0, expected.files)
    assert said.count("is damaged in the store") == {"zeros": 4, "one bit": 1, "torn": 0}[damage]
