"""Jobs on a real Dask cluster on this machine: the same results, whoever dies, leaves or was never there."""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from test_processes import (
    die,
    end_parent,
    ended,
    environment,
    gone,
    jobs,
    last,
    place,
    refuse,
    sleep,
    stumble,
    wait_for,
)

import seqdl
from seqdl.errors import SeqdlError
from seqdl.jobs import cluster
from seqdl.jobs.processes import THREADS

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals")
pytest.importorskip("distributed", reason="Dask is absent: install the extra cluster")


class Dask:
    """A scheduler and workers, in processes of their own that know nothing of where the tests are called."""

    def __init__(self, folder, *tls):
        self.folder, self.tls = folder, tls
        self.processes = []
        self.scheduler = self.start("scheduler", "--port", "0", "--scheduler-file", folder / "scheduler.json")

    @property
    def address(self):
        file = self.folder / "scheduler.json"
        wait_for(lambda: file.exists() and file.read_text().endswith("}"))  # it is written when it is there already
        return json.loads(file.read_text())["address"]

    def worker(self, *more, **environment):
        """Start one; ``kill`` the group to kill it together with who would start it again."""
        local = ["--scheduler-file", self.folder / "scheduler.json", "--local-directory", self.folder]
        return self.start("worker", *local, "--nthreads", "1", *more, **environment)

    def start(self, what, *arguments, **environment):
        paths = [Path(seqdl.__file__).parents[1], Path(__file__).parent, Path(__file__).parents[1]]
        environment = {"PYTHONPATH": os.pathsep.join(map(str, paths)), **environment}
        command = [sys.executable, "-m", f"distributed.cli.dask_{what}", "--host", "127.0.0.1", "--no-dashboard"]
        with (self.folder / f"{what}{len(self.processes)}.log").open("w") as log:
            process = subprocess.Popen(
                [str(part) for part in (*command, *self.tls, *arguments)],
                stdout=log,
                stderr=log,
                cwd=self.folder,
                env={**os.environ, "SEQDL_CACHE": "elsewhere", "OMP_NUM_THREADS": "3", **environment},
                start_new_session=True,
            )
        self.processes.append(process)
        return process

    def close(self):
        for process in self.processes:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(30)


@pytest.fixture(scope="module")
def dask(tmp_path_factory):
    """Two workers: one as they are by default, with a nanny, and one alone that does two things at once."""
    with contextlib.closing(Dask(tmp_path_factory.mktemp("dask"))) as started:
        started.worker()
        started.worker("--no-nanny", "--nthreads", "2")
        yield started


@pytest.fixture
def lone(tmp_path_factory):
    """A scheduler alone."""
    with contextlib.closing(Dask(tmp_path_factory.mktemp("lone"))) as started:
        yield started


@pytest.fixture
def client(dask):
    with cluster.connect(dask.address) as connected:
        wait_for(lambda: len(connected.nthreads()) >= 2)
        yield connected


@pytest.fixture
def wanted(tmp_path):
    return cluster.demand(tmp_path, [])


def test_a_worker_does_a_job_as_this_machine_does(client, wanted, tmp_path):
    """In a process of its own with one thread, also where a worker does two at once."""
    assert sum(cluster.workers(client, wanted)) == 2 + 3
    here = {"folder": str(tmp_path), "environment": {"SEQDL_CACHE": "there"}}
    given = [job._replace(**here) for job in jobs(tmp_path, *[(environment, n) for n in range(3)], (place,))]
    events = list(cluster.run(given, client, wanted, 0))
    found = ended(events)
    assert [found[f"job{n}"].value[:2] for n in range(3)] == [(n, dict.fromkeys(THREADS, "1")) for n in range(3)]
    assert len({found[f"job{n}"].value[2] for n in range(3)}) == 3
    assert found["job3"].value == (str(tmp_path), "there")
    assert [(tmp_path / "logs" / str(n)).read_text() for n in range(4)] == ["a word\n"] * 3 + [""]
    for n in range(4):
        assert [event.kind for event in events if event.name == f"job{n}"] == ["started", "done"]


def test_who_dies_or_raises_does_so_alone(client, wanted, tmp_path):
    before = client.nthreads()
    calls = [(die, tmp_path / "once", 1), (die, tmp_path / "ever", 99), (refuse,), (stumble,)]
    events = list(cluster.run(jobs(tmp_path, *calls), client, wanted, 1))
    found = ended(events)
    assert (found["job0"].kind, found["job0"].value) == ("done", "alive")
    assert found["job1"].kind == "failed" and "its process died 2 times, at last by SIGKILL" in found["job1"].value
    assert (found["job2"].kind, found["job2"].value) == ("failed", "no such thing: give another")
    assert found["job3"].kind == "failed" and "ZeroDivisionError: division by zero" in found["job3"].value
    assert [event.name for event in events if event.kind == "died"].count("job0") == 1
    assert [event.name for event in events if event.kind == "started"].count("job2") == 1
    assert client.nthreads() == before


def test_who_takes_its_worker_along_fails_alone(lone, wanted, tmp_path):
    """With one worker that its nanny starts again, and that does something innocent meanwhile.

    It seldom looks who is still wanted: what it is given once more, by the scheduler alone, must not begin.
    """
    lone.worker("--nthreads", "2", "--preload", "from seqdl.jobs import processes; processes.TICK = 4.0")
    calls = [(end_parent, tmp_path / "begun"), (last, tmp_path / "begun")]
    with cluster.connect(lone.address) as client:
        events = list(cluster.run(jobs(tmp_path, *calls), client, wanted, 1))
    found = ended(events)
    assert (found["job0"].kind, found["job1"].kind) == ("failed", "done")
    assert "its process died 2 times, at last with its worker tcp://127.0.0.1:" in found["job0"].value
    assert [event.name for event in events if event.kind == "died"] in (["job0", "job1"], ["job1", "job0"])


def test_closing_ends_all(client, wanted, tmp_path):
    files = [tmp_path / name for name in "abcd"]
    events = cluster.run(jobs(tmp_path, *[(sleep, file) for file in files]), client, wanted, 5)
    for event in events:
        if event.kind == "tick" and all(file.exists() and file.read_text() for file in files[:3]):
            break
    events.close()
    for file in files[:3]:
        wait_for(lambda file=file: gone(int(file.read_text())))
    assert not files[3].exists()


def test_nobody_works_on_for_who_is_gone(lone, wanted, tmp_path):
    """First for a command that is killed, then for a scheduler: what is lost with it is said in one line."""
    lone.worker()
    program = (
        "import sys; from pathlib import Path; from test_processes import jobs, sleep\n"
        "from seqdl.jobs import cluster\n"
        "folder = Path(sys.argv[2])\n"
        "with cluster.connect(sys.argv[1]) as client:\n"
        "    list(cluster.run(jobs(folder, (sleep, folder / 'a')), client, cluster.demand(folder, []), 0))\n"
    )
    (tmp_path / "client").mkdir()
    command = [sys.executable, "-c", program, lone.address, tmp_path / "client"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    with subprocess.Popen(command, env=environment) as process:
        path = tmp_path / "client" / "a"
        wait_for(lambda: path.exists() and path.read_text())
        process.kill()
    wait_for(lambda: gone(int(path.read_text())))

    path = tmp_path / "a"
    with (
        cluster.connect(lone.address) as client,
        pytest.raises(SeqdlError, match=r"scheduler .* gone: nothing is lost"),
    ):
        for event in cluster.run(jobs(tmp_path, (sleep, path)), client, wanted, 2):
            assert event.kind in ("started", "tick")
            if path.exists() and path.read_text():
                lone.scheduler.kill()
    wait_for(lambda: gone(int(path.read_text())))


def test_a_cluster_that_is_not_there(lone, monkeypatch):
    """Nobody listens; somebody does and says nothing; a scheduler without workers: each within a bounded time."""
    monkeypatch.setattr(cluster, "CONNECT", 1.0)
    monkeypatch.setattr(cluster, "WORKERS", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"tcp://127.0.0.1:{silent.getsockname()[1]}"
        absent(address, "no Dask scheduler answers at", address)
    absent(address, "no Dask scheduler answers at", address)
    monkeypatch.setattr(cluster, "CONNECT", 10.0)
    absent(lone.address, "no worker", f"dask worker {lone.address}")


def absent(address, *words, tls=()):
    started = time.monotonic()
    with pytest.raises(SeqdlError) as error, cluster.connect(address, tls):
        pass
    assert time.monotonic() - started < 30
    assert all(word in str(error.value) for word in words), str(error.value)
    assert "\n" not in str(error.value)


def test_workers_of_another_seqdl_or_without_the_files_are_refused(dask, client, wanted, tmp_path):
    other = wanted._replace(versions={**wanted.versions, "numba": "0.1"})
    with pytest.raises(SeqdlError, match=r"the worker tcp://.* has numba .*, and here is 0.1: install the same"):
        cluster.workers(client, other)
    with pytest.raises(SeqdlError, match=r"the worker tcp://.* has numba"):  # one that came after the check
        list(cluster.run(jobs(tmp_path, (environment, 1)), client, other, 0))
    missing = wanted._replace(paths=(*wanted.paths, str(tmp_path / "videos")))
    with pytest.raises(SeqdlError, match=r"the worker tcp://.* does not see .*videos: .* all machines share"):
        cluster.workers(client, missing)
    with pytest.raises(SeqdlError, match=r"the worker tcp://.* does not see .*shared: out="):
        cluster.workers(client, wanted._replace(content="of a folder that only has the same name"))
    older = tmp_path / "older" / "seqdl"
    shutil.copytree(Path(seqdl.__file__).parent, older, ignore=shutil.ignore_patterns("__pycache__", "cluster.py"))
    count = len(client.nthreads())
    process = dask.worker("--no-nanny", PYTHONPATH=str(older.parent))
    wait_for(lambda: len(client.nthreads()) > count)
    with pytest.raises(SeqdlError, match=r"the worker tcp://.* cannot work for this seqdl .*cluster"):
        cluster.workers(client, wanted)
    process.kill()
    wait_for(lambda: len(client.nthreads()) == count)


def test_versions_tell_sources_apart(monkeypatch, tmp_path):
    before = cluster.versions()["seqdl"]
    (tmp_path / "evaluation").mkdir()
    monkeypatch.setattr(cluster, "__file__", str(tmp_path / "evaluation" / "cluster.py"))
    assert cluster.versions()["seqdl"] != before
    assert set(cluster.versions()) >= {"seqdl", "numpy", "numba", "llvmlite", "av"}


def certificates(folder):
    """An authority, and a certificate of it for everybody."""
    if not shutil.which("openssl"):
        pytest.skip("openssl is absent: no certificates can be made")

    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)

    folder.mkdir()
    new = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    openssl("req", "-x509", *new, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=authority", "-days", "2")
    openssl("req", *new, "-keyout", "key.pem", "-out", "request", "-subj", "/CN=all")
    signed = ("-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2")
    openssl("x509", "-req", "-in", "request", *signed, "-out", "cert.pem")
    return [str(folder / name) for name in ("ca.pem", "cert.pem", "key.pem")]


def test_certificates_let_in_who_has_them(tmp_path, wanted):
    ours, others = certificates(tmp_path / "ours"), certificates(tmp_path / "others")
    given = [part for pair in zip(("--tls-ca-file", "--tls-cert", "--tls-key"), ours) for part in pair]
    with contextlib.closing(Dask(tmp_path, "--protocol", "tls", *given)) as dask:
        dask.worker()
        assert dask.address.startswith("tls://")
        with cluster.connect(dask.address, ours) as client:
            found = ended(cluster.run(jobs(tmp_path, (environment, 1)), client, wanted, 0))
            assert found["job0"].kind == "done"
        absent(dask.address, "no Dask scheduler answers", "certificate", tls=others)
        absent(dask.address, "no Dask scheduler answers")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(cluster, "CONNECT", 2.0)
            absent(dask.address.replace("tls:", "tcp:"), "no Dask scheduler answers")


def test_without_dask_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    absent("tcp://127.0.0.1:1", "seqdl[cluster]")
