"""Whatever fails, the work goes on to the same bytes, or one line says what is wrong: a sample of every operation.

All of them are tried by ``make soak``.
"""

from __future__ import annotations

import shutil

import pytest
from injection import ERRORS, SIGNALS
from trying import WORKS, place, tried, undisturbed
from work import left, quietly

from seqdl import train

SHARES = {"preparing": 23, "training": 47, "evaluation": 17}
"""Every so-many-th fault of a job is tried here: about 20 seconds in all."""


@pytest.fixture(scope="module")
def where(tmp_path_factory):
    with place(tmp_path_factory.mktemp("faults")) as made:
        yield made


@pytest.mark.parametrize("work", [work for work in WORKS if SHARES.get(work.name)], ids=lambda work: work.name)
def test_after_any_fault_the_work_goes_on(work, where, tmp_path_factory):
    folder = where.videos.parent / "work"
    expected = undisturbed(work, where, folder)
    faults = [(kind, n + 1) for n in range(len(expected.operations)) for kind in (*ERRORS, *SIGNALS)]
    wrong = []
    for kind, at in faults[:: SHARES[work.name]]:
        if why := tried(work, where, folder, expected, kind, at):
            wrong.append(f"{kind} at {at} {expected.operations[at - 1]}: {why}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    "job, what, name, kinds",
    [
        ("preparing", "put", "", ("ENOSPC", "MemoryError")),  # no sequence was left out, which the training would miss
        ("evaluation", "write", "evaluations.jsonl", ("short", "short, then ENOSPC", "SIGKILL after")),  # half a line
        ("training", "rename", "config.json", ("KeyboardInterrupt", "SIGKILL after")),  # a run folder half made
    ],
)
def test_faults_that_were_found_once_stay_away(where, job, what, name, kinds):
    work, folder = next(one for one in WORKS if one.name == job), where.videos.parent / "work"
    expected = undisturbed(work, where, folder)
    at = next(n for n, (one, path) in enumerate(expected.operations, 1) if one == what and path.endswith(name))
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
