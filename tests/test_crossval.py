"""Cross-validation: the same as run by run, whatever is killed, interrupted or given wrongly on the way."""

import contextlib
import json
import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from seqdl import crossval, train
from seqdl.config import from_dict
from seqdl.evaluation import crossval as job
from seqdl.jobs import processes
from seqdl.jobs.spread import serially
from seqdl.model import checkpoint
from seqdl.reports import watcher
from seqdl.runs.progress import Progress, progress
from seqdl.runs.summary import Row

UNCOMPILED = os.environ.get("NUMBA_DISABLE_JIT", "0") != "0"
# long enough to be killed in the middle: a pass over these few windows takes a few milliseconds
SHORT = ["--set", "convnet.epochs=80", "--set", "convnet.patience=99", "--set", "lstm.epochs=4", "--workers", "2"]
if UNCOMPILED:  # a network that is quick in NumPy
    SMALL = ("rows=30", "columns=26", "c1_maps=2", "c1_kernel=[5,3,3]", "c2_kernel=[3,1,1]", "hidden=8")
    SHORT += ["--set", "backend=numpy", *(part for setting in SMALL for part in ("--set", f"convnet.{setting}"))]
DRAWS = ["draw1-seed0", "draw2-seed0", "draw3-seed0"]


def options(walkers, out, *more):
    data = ["--dataset", "folder", "--data-dir", str(walkers), "--protocol", "leave-one-person-out"]
    return [*data, *SHORT, *(["--out", str(out)] if out else []), *more]


def vectors(folder):
    return [checkpoint.read(folder / name)[0]["theta"].tobytes() for name in ("convnet.npz", "lstm.npz")]


def same_results(folder, other):
    """But for dates and times."""
    results = [json.loads((one / "result.json").read_text()) for one in (folder, other)]
    for result in results:
        del result["seconds"], result["evaluated"], result["convnet"]["seconds"], result["lstm_training"]["seconds"]
    return results[0] == results[1] and vectors(folder) == vectors(other)


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.fixture(scope="module")
def finished(walkers, tmp_path_factory):
    out = tmp_path_factory.mktemp("crossval") / "whole"
    assert crossval.main(options(walkers, out)) == 0
    return out


@pytest.fixture
def here(monkeypatch):
    """Draws are run in this process."""
    monkeypatch.setattr(processes, "run", lambda jobs, workers, retries: serially(jobs))


def test_every_draw_is_a_run_of_its_own(finished):
    record = json.loads((finished / "crossval.json").read_text())
    assert record["complete"] and record["failed"] == {}
    assert record["draws"] == list(record["runs"]) == DRAWS
    tested = []
    for name in DRAWS:
        assert (finished / name / "report.md").exists()
        result = json.loads((finished / name / "result.json").read_text())
        row = record["runs"][name]
        assert row["lstm"] == result["lstm"] and row["test_persons"] == result["split"]["test_persons"]
        assert [counts[0] for counts in row["persons"].values()] == [4]
        tested += row["test_persons"]
    assert tested == ["ann", "bob", "cec"]
    accuracies = [row["lstm"]["accuracy"] for row in record["runs"].values()]
    assert record["summary"]["mean"]["lstm"] == pytest.approx(np.mean(accuracies))
    assert record["summary"]["pooled"]["lstm"]["count"] == 12
    assert np.sum(record["summary"]["pooled"]["voting"]["confusion"]) == 12
    assert record["summary"]["lstm_against_voting"]["persons"] == 3


def test_every_look_at_test_persons_is_in_one_file(finished):
    noted = lines(finished / "evaluations.jsonl")
    assert sorted(line["persons"][0] for line in noted) == ["ann", "bob", "cec"]
    assert {line["kind"] for line in noted} == {"test"}
    assert {line["config"]["data"]["draw"] for line in noted} == {1, 2, 3}


@pytest.mark.compiled(reason="what its processes do is not seen by coverage, and slow without compiled kernels")
def test_the_results_are_those_of_single_runs(walkers, finished, tmp_path):
    serial = options(walkers, tmp_path / "run", "--draw", "2")
    assert train.main(serial) == 0
    assert same_results(finished / "draw2-seed0", tmp_path / "run")


def test_all_runs_are_on_one_page(finished):
    text = (finished / "report.html").read_text(encoding="utf-8")
    assert "3 runs on folder" in text and "<td>draw2-seed0</td>" in text and (finished / "report.md").exists()


def test_what_is_finished_is_never_run_again(walkers, finished, capsys):
    before = {path: path.stat().st_mtime_ns for path in finished.glob("draw*/*")}
    assert crossval.main(options(walkers, finished, "--json")) == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["complete"]
    assert "3 draws, 3 of them finished" in err
    assert before == {path: path.stat().st_mtime_ns for path in finished.glob("draw*/*")}
    (finished / DRAWS[1] / "report.md").unlink()
    assert crossval.main(options(walkers, finished)) == 0
    assert (finished / DRAWS[1] / "report.md").exists()
    out = capsys.readouterr().out
    assert "3D-ConvNet + LSTM" in out and "permutation test" in out and "ann" in out


@pytest.mark.skipif(os.name == "nt", reason="signals")
@pytest.mark.compiled(reason="what its processes do is not seen by coverage, and slow without compiled kernels")
def test_a_killed_draw_resumes_alone(walkers, finished, tmp_path, monkeypatch, capsys):
    """One is killed while it trains, one before it has written anything but a part of its first file."""
    torn = tmp_path / "out" / "draw3-seed0"
    torn.mkdir(parents=True)
    (tmp_path / "out" / "crossval.json").write_text((finished / "crossval.json").read_text())
    (torn / ".0123.tmp.json").write_text("{")
    killed = []
    original = watcher.Watcher.watch

    def watch(self, event):
        original(self, event)
        one = tmp_path / "out" / "draw2-seed0"
        for process in multiprocessing.active_children():
            if process.name == one.name and not killed and (one / "convnet.npz").exists():
                killed.append(process.pid)
                os.kill(process.pid, signal.SIGKILL)

    monkeypatch.setattr(watcher.Watcher, "watch", watch)
    assert crossval.main(options(walkers, tmp_path / "out")) == 0
    err = capsys.readouterr().err
    assert len(killed) == 1
    assert err.count("its process ended by SIGKILL") == 1
    assert [err.count(f"{name}: begun") for name in DRAWS] == [1, 2, 1]
    for name in DRAWS:
        assert same_results(finished / name, tmp_path / "out" / name)


def alive(group):
    """The processes of a group that are at work, where the system tells; nobody may have fetched those that ended."""
    found = []
    for file in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, _, of = file.read_text().rpartition(")")[2].split()[:3]
            found += [file.parent.name] if int(of) == group and state != "Z" else []
    return found


@pytest.mark.compiled(reason="runs in a process of its own, which is not measured")
@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_terminated_and_interrupted_twice_it_goes_on(walkers, finished, tmp_path, here):
    out = tmp_path / "out"
    for number, code in ((signal.SIGTERM, 143), (signal.SIGINT, 130)):
        end_by(number, code, walkers, out, tmp_path / f"log{code}")
    assert crossval.main(options(walkers, out)) == 0
    assert all(same_results(finished / name, out / name) for name in DRAWS)


def end_by(number, code, walkers, out, said):
    """Begin, or go on, and send a signal when something was learned; an interrupt as a terminal does, and twice."""
    command = [sys.executable, "-m", "seqdl", "crossval", *options(walkers, out)]
    before = checkpoints(out)
    with (
        said.open("w") as log,
        subprocess.Popen(command, stderr=log, stdout=log, start_new_session=True, preexec_fn=heed) as process,
    ):
        until = time.monotonic() + 100
        while checkpoints(out) == before:
            assert process.poll() is None, said.read_text()
            assert time.monotonic() < until
            time.sleep(0.05)
        if number == signal.SIGINT:
            os.killpg(process.pid, number)
            os.killpg(process.pid, number)
        else:
            process.send_signal(number)
        assert process.wait(40) == code
        while alive(process.pid):
            assert time.monotonic() < until
            time.sleep(0.05)
    assert "Traceback" not in said.read_text()
    goes_on = f"nothing is lost: the same command goes on where it was (its folder is {out})"
    assert goes_on in said.read_text() or number == signal.SIGINT
    assert not list(out.glob("draw*/.*"))
    assert not json.loads((out / "crossval.json").read_text())["complete"]


def checkpoints(out):
    return {path: path.stat().st_mtime_ns for path in out.glob("draw*/convnet.npz")}


def heed():
    """A shell's background jobs ignore interrupts, and so would their children."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def plan(walkers, **data):
    values = {"dataset": "folder", "data_dir": str(walkers), "protocol": "leave-one-person-out", **data}
    return job.plan(from_dict({"data": values}), [0, 7, 0])[1]


def test_the_plan_has_every_split_with_every_seed(walkers):
    draws = plan(walkers)
    assert [draw.name for draw in draws] == [f"draw{n}-seed{seed}" for seed in (0, 7) for n in (1, 2, 3)]
    assert [(draw.config.data.draw, draw.config.seed) for draw in draws[2:4]] == [(3, 0), (1, 7)]
    assert {draw.config.video.box for draw in draws} == {"person"}
    inner = plan(walkers, inner="leave-one-person-out")
    assert len(inner) == 3 * 2 * 2
    assert inner[1].name == "draw1-inner2-seed0"
    assert (inner[1].config.data.draw, inner[1].config.data.inner_draw) == (1, 2)
    assert len(plan(walkers, only=["ann", "cec"])) == 2 * 2
    assert len(plan(walkers, protocol="draws", draws=3)) == 3 * 2


def test_inner_splits_do_not_read_who_is_tested(walkers, tmp_path):
    """Not even to prepare their videos."""
    split = tmp_path / "split.txt"
    split.write_text("test: cec\n")
    values = {"dataset": "folder", "data_dir": str(walkers), "protocol": f"file:{split}"}
    for inner, persons in (("", ("ann", "bob", "cec")), ("leave-one-person-out", ("ann", "bob"))):
        dataset, draws = job.plan(from_dict({"data": {**values, "inner": inner}}), [0])
        assert dataset.persons == persons
        assert len(draws) == (2 if inner else 1)


@pytest.mark.compiled(reason="what its processes do is not seen by coverage, and slow without compiled kernels")
def test_the_unit_of_work_is_plain_and_may_be_done_twice(walkers, finished, tmp_path, capsys):
    """What another machine would be sent and send back, and what it finds when it is sent there again."""
    config = json.loads((finished / "draw1-seed0" / "config.json").read_text())
    row = job.run_draw(config, str(tmp_path / "run"))
    before = (tmp_path / "run" / "result.json").stat().st_mtime_ns
    assert job.run_draw(config, str(tmp_path / "run")) == row == pickle.loads(pickle.dumps(row))
    assert (tmp_path / "run" / "result.json").stat().st_mtime_ns == before
    assert same_results(finished / "draw1-seed0", tmp_path / "run")
    assert progress(tmp_path / "run").share == 1
    log = (tmp_path / "run" / "log.csv").read_text().splitlines(keepends=True)
    (tmp_path / "run" / "log.csv").write_text("".join(log[:-1]))  # as if it had stopped sooner
    assert progress(tmp_path / "run").share == 1
    (tmp_path / "run" / "log.csv").write_text("".join(log))
    assert "lstm pass 4/4" in progress(tmp_path / "run").text
    assert progress(tmp_path) == Progress(0, "")


def test_inner_splits_and_a_control(walkers, tmp_path, capsys, here):
    more = ["--inner", "leave-one-person-out", "--only-persons", "ann", "bob", "cec", "--control", "--seeds", "3"]
    monkey = ["--set", "lstm.epochs=1"]
    assert crossval.main(options(walkers, tmp_path / "out", *more, *monkey, "--protocol", "draws", "--draws", "1")) == 0
    out = capsys.readouterr().out
    assert "no test person was read" in out
    assert "A control" in out and "voting" not in out.partition("decision by")[2]
    record = json.loads((tmp_path / "out" / "crossval.json").read_text())
    assert list(record["runs"]) == ["draw1-inner1-seed3", "draw1-inner2-seed3"]
    assert {row["kind"] for row in record["runs"].values()} == {"inner"}
    assert all(row["control"] for row in record["runs"].values())
    assert [line["kind"] for line in lines(tmp_path / "out" / "evaluations.jsonl")] == ["inner", "inner"]


def one_line(capsys, *words):
    found = [line for line in capsys.readouterr().err.splitlines() if "error:" in line]
    assert len(found) == 1
    assert all(word in found[0] for word in words), found


def code_of(arguments):
    try:
        return crossval.main(arguments)
    except SystemExit as stopped:
        return stopped.code


@pytest.mark.parametrize(
    "more, words",
    [
        (["--seeds", "-1"], ["--seeds", "-1"]),
        (["--seeds", "one"], ["--seeds", "one"]),
        (["--seeds"], ["--seeds"]),
        (["--retries", "-1"], ["--retries"]),
        (["--workers", "-2"], ["--workers"]),
        (["--draw", "1"], ["--draw"]),
        (["--protocol", "draws", "--draws", "0"], ["draws", "0"]),
        (["--protocol", "magic"], ["magic"]),
        (["--inner", "magic"], ["magic"]),
        (["--only-persons", "nobody"], ["nobody"]),
        (["--data-dir", "nowhere"], ["nowhere"]),
        (["--set", "convnet.rows=53"], ["S1"]),
        (["--config", "nothing.toml"], ["nothing.toml"]),
    ],
)
def test_wrong_usage_is_one_line_and_leaves_nothing(walkers, tmp_path, monkeypatch, capsys, more, words):
    monkeypatch.chdir(tmp_path)
    assert code_of(options(walkers, "", *more)) == 2
    one_line(capsys, *words)
    assert list(tmp_path.iterdir()) == []


def test_a_split_that_cannot_be_trained_is_found_before_the_first(walkers, tmp_path, capsys):
    (tmp_path / "splits.txt").write_text("test: ann\ntest: ann bob\n")
    alone = ["--protocol", f"file:{tmp_path / 'splits.txt'}", "--inner", "leave-one-person-out"]
    assert crossval.main(options(walkers, tmp_path / "out", *alone)) == 1
    one_line(capsys, "two persons or more", "cec")
    assert not (tmp_path / "out").exists()


def test_folders_that_do_not_fit(walkers, finished, tmp_path, capsys):
    (tmp_path / "file").write_text("")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.tex").write_text("")
    for out, word in (("file", "is no folder"), ("full", "something else")):
        assert crossval.main(options(walkers, tmp_path / out)) == 2
        one_line(capsys, out, word)
    assert crossval.main(options(walkers, tmp_path / "file" / "in")) == 1
    one_line(capsys, "file")
    assert crossval.main(options(walkers, finished, "--set", "convnet.shift=2")) == 2
    one_line(capsys, "convnet.shift = 0, not 2", "choose another")
    (tmp_path / "full" / "crossval.json").write_text('{"config": {"x": 1}, "seeds": []}')
    assert crossval.main(options(walkers, tmp_path / "full")) == 1
    one_line(capsys, "crossval.json", "damaged")
    assert {path.name for path in (tmp_path / "full").iterdir()} == {"thesis.tex", "crossval.json"}


def test_a_damaged_result_is_named(walkers, finished, tmp_path, capsys):
    out = tmp_path / "out"
    (out / "draw2-seed0").mkdir(parents=True)
    (out / "crossval.json").write_text((finished / "crossval.json").read_text())
    (out / "draw2-seed0" / "config.json").write_text((finished / "draw2-seed0" / "config.json").read_text())
    (out / "draw2-seed0" / "result.json").write_text('{"x": 1}')
    assert crossval.main(options(walkers, out)) == 1
    one_line(capsys, "draw2-seed0", "damaged", "delete")


@pytest.mark.skipif(os.name == "nt", reason="file locks")
def test_two_at_once_are_refused(walkers, finished, capsys):
    import fcntl

    with (finished / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)  # stricter than holding it alone: nobody may share it
        assert crossval.main(options(walkers, finished)) == 1
    one_line(capsys, "another seqdl crossval is at work", str(finished))


def test_draws_that_fail_are_named_and_the_others_go_on(walkers, finished, tmp_path, monkeypatch, capsys):
    row = Row.from_dict(json.loads((finished / "crossval.json").read_text())["runs"]["draw1-seed0"], finished)

    def run(jobs, workers, retries):
        assert (workers, retries, [one.name for one in jobs]) == (2, 1, DRAWS)
        for kind, name, value in (
            ("started", "draw1-seed0", None),
            ("started", "draw2-seed0", None),
            ("died", "draw2-seed0", "by SIGKILL"),
            ("started", "draw2-seed0", None),
            ("tick", "", None),
            ("failed", "draw2-seed0", "its process died 2 times, at last by SIGKILL"),
            ("started", "draw3-seed0", None),
            ("failed", "draw3-seed0", "the convnet collapsed in pass 2"),
        ):
            yield processes.Event(kind, name, value)
        (tmp_path / "out" / "draw1-seed0").symlink_to(finished / "draw1-seed0")
        yield processes.Event("done", "draw1-seed0", row)

    monkeypatch.setattr(processes, "run", run)
    assert crossval.main(options(walkers, tmp_path / "out", "--retries", "1")) == 1
    out, err = capsys.readouterr()
    assert "3D-ConvNet + LSTM" in out
    assert "draw2-seed0: its process ended by SIGKILL; it is tried again" in err
    assert "draw3-seed0: failed: the convnet collapsed" in err
    [error] = [line for line in err.splitlines() if "error:" in line]
    assert "not finished: draw2-seed0, draw3-seed0" in error
    record = json.loads((tmp_path / "out" / "crossval.json").read_text())
    assert list(record["failed"]) == ["draw2-seed0", "draw3-seed0"] and not record["complete"]


def test_the_folder_is_named_after_the_configuration(walkers, tmp_path):
    from seqdl.config import load

    base = ["data.dataset=weizmann", "data.protocol=leave-one-person-out"]
    name = job.default_folder(load(settings=base))
    assert name.as_posix().startswith("runs/crossval-weizmann-leave-one-person-out-")
    assert job.default_folder(load(settings=[*base, "seed=3", "data.data_dir=elsewhere"])) == name
    assert job.default_folder(load(settings=[*base, "convnet.shift=1"])) != name


@pytest.mark.skipif(os.name == "nt", reason="file locks")
def test_a_lock_that_the_disk_cannot_give_is_not_another_command(walkers, finished, monkeypatch, capsys):
    import errno
    import fcntl

    def flock(*_):
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", flock)
    assert crossval.main(options(walkers, finished)) == 1
    one_line(capsys, "cannot lock", "No locks available", str(finished))
