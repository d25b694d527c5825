"""Cross-validation on a Dask cluster: the same as on this machine, interrupted and with a worker that is killed."""

import contextlib
import json
import os
import signal
from pathlib import Path

import pytest
from test_cluster import Dask
from test_crossval import one_line, options, same_results
from test_processes import wait_for

from seqdl import crossval
from seqdl.evaluation.crossval import run_draw
from seqdl.jobs import cluster
from seqdl.reports import watcher

DRAWS = ["draw1-seed0", "draw2-seed0"]
pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals")


@pytest.fixture
def watched(monkeypatch):
    """Do something once, as soon as a file is there."""
    original = watcher.Watcher.watch

    def when(file, action):
        done = []

        def watch(self, event):
            original(self, event)
            if event.kind == "tick" and not done and file.exists():
                done.append(file)
                action()

        monkeypatch.setattr(watcher.Watcher, "watch", watch)
        return done

    return when


def interrupt():
    raise KeyboardInterrupt


def kill_worker_of(name, address):
    with cluster.connect(address) as client:
        for worker, keys in client.processing().items():
            if any(name in key for key in keys):
                os.kill(client.run(os.getpid, workers=[worker])[worker], signal.SIGKILL)


@pytest.mark.compiled(reason="the draws run in processes of their own, which are not measured")
def test_a_cross_validation_on_a_cluster_is_the_same(walkers, tmp_path, monkeypatch, capsys, watched):
    """Begun on one worker and interrupted, gone on with two of which one is killed; names are relative throughout."""
    monkeypatch.chdir(tmp_path)
    with contextlib.closing(Dask(tmp_path)) as dask:
        dask.worker()
        two = ("--only-persons", "ann", "bob")
        command = options(os.path.relpath(walkers), "out", *two, "--cluster", dask.address)
        watched(Path("out", DRAWS[0], "convnet.npz"), interrupt)
        assert crossval.main(command) == 130
        said = capsys.readouterr().err
        assert "cluster: 1 worker, 1 draw at once" in said
        assert "nothing is lost: the same command goes on where it was (its folder is out)" in said
        assert [said.count(f"{name}: begun") for name in DRAWS] == [1, 0]

        dask.worker()
        with cluster.connect(dask.address) as client:
            wait_for(lambda: len(client.nthreads()) == 2)
        killed = watched(Path("out", DRAWS[1], "convnet.npz"), lambda: kill_worker_of(DRAWS[1], dask.address))
        assert crossval.main(command) == 0
        said = capsys.readouterr().err
        assert killed and said.count(f"{DRAWS[1]}: its process ended with its worker tcp://127.0.0.1:") == 1
        assert "cluster: 2 workers, 2 draws at once" in said
        assert f"{DRAWS[1]}: lstm pass" in said  # what a killed worker said last may be lost with it
    assert crossval.main(command) == 0  # nobody is asked for what is finished
    for name in DRAWS:
        run_draw(json.loads(Path("out", name, "config.json").read_text()), f"local/{name}")
        assert same_results(Path("out", name), Path("local", name))
    assert len(Path("out", "evaluations.jsonl").read_text().splitlines()) == 2


@pytest.mark.parametrize(
    "more, words",
    [
        (["--cluster", "node1"], ["--cluster", "node1", "tcp://HOST:PORT"]),
        (["--cluster", "http://node1:80"], ["--cluster", "http://node1:80"]),
        (["--cluster", "tcp://node1:1", "--cluster-tls", "a", "b", "c"], ["--cluster-tls", "tls://", "tcp://node1:1"]),
        (["--cluster", "tls://node1:1", "--cluster-tls", "nothing.pem", "b", "c"], ["--cluster-tls", "nothing.pem"]),
        (["--cluster-tls", "a", "b", "c"], ["--cluster-tls", "--cluster"]),
    ],
)
def test_wrong_usage_is_one_line_and_leaves_nothing(walkers, tmp_path, monkeypatch, capsys, more, words):
    monkeypatch.chdir(tmp_path)
    assert crossval.main(options(walkers, "", *more)) == 2
    one_line(capsys, *words)
    assert list(tmp_path.iterdir()) == []
