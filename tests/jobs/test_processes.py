"""Jobs in processes of their own: what each may do, and what that means for it and for the others."""

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from seqdl.errors import SeqdlError
from seqdl.jobs.processes import THREADS, Job, run

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals")


def environment(number):
    print("a word")
    return number, {name: os.environ.get(name) for name in THREADS}, os.getpid()


def die(path, times):
    with Path(path).open("a") as file:
        file.write("x")
    if Path(path).stat().st_size <= times:
        os.kill(os.getpid(), signal.SIGKILL)
    return "alive"


def refuse():
    raise SeqdlError("no such thing: give another")


def stumble():
    return 1 / 0


def sleep(path):
    Path(path).write_text(str(os.getpid()))
    time.sleep(300)


def place():
    return str(Path.cwd()), os.environ["SEQDL_CACHE"]


def end_parent(when):
    wait_for(when.exists)
    os.kill(os.getppid(), signal.SIGKILL)
    time.sleep(60)  # it ends with its parent


def last(path):
    """Long enough to be ended by a neighbour: at the first time in any case, at the second if there still is one."""
    first = not path.exists()
    path.touch()
    time.sleep(60 if first else 4)


def jobs(folder, *calls):
    return [
        Job(f"job{n}", function, arguments, folder / "logs" / f"{n}") for n, (function, *arguments) in enumerate(calls)
    ]


def ended(events):
    return {event.name: event for event in events if event.kind in ("done", "failed")}


def gone(pid):
    """Whether a process has ended; one that nobody has fetched yet counts."""
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (ProcessLookupError, FileNotFoundError):
        return True


def wait_for(what):
    until = time.monotonic() + 60
    while not what():
        assert time.monotonic() < until
        time.sleep(0.05)


def test_each_job_has_a_process_with_one_thread_and_a_log(tmp_path):
    before = {name: os.environ.get(name) for name in THREADS}
    found = ended(run(jobs(tmp_path, *[(environment, n) for n in range(4)]), 2, 0))
    assert [found[f"job{n}"].value[:2] for n in range(4)] == [(n, dict.fromkeys(THREADS, "1")) for n in range(4)]
    assert len({event.value[2] for event in found.values()} | {os.getpid()}) == 5
    assert all(file.read_text() == "a word\n" for file in (tmp_path / "logs").iterdir())
    assert {name: os.environ.get(name) for name in THREADS} == before


def test_a_job_is_done_where_it_says(tmp_path):
    [job] = jobs(tmp_path, (place,))
    job = job._replace(folder=str(tmp_path), environment={"SEQDL_CACHE": "there"})
    assert ended(run([job], 1, 0))["job0"].value == (str(tmp_path), "there")


def test_the_same_job_is_not_done_twice_at_once(tmp_path):
    """Whoever comes second, on another machine, waits until the first has ended and its log is free."""
    first, second = jobs(tmp_path, (sleep, tmp_path / "a"), (place,))
    ours = run([first], 1, 0)
    for event in ours:
        if event.kind == "tick" and (tmp_path / "a").exists():
            break
    seen = []
    for event in run([second._replace(log=first.log)], 1, 0):
        seen.append(event.kind)
        if seen == ["started", "tick", "tick", "tick", "tick"]:
            ours.close()
    assert seen[-2:] == ["done", "tick"] and len(seen) > 6


def test_who_dies_is_tried_again_alone(tmp_path):
    calls = [(die, tmp_path / "twice", 2), (environment, 1), (die, tmp_path / "ever", 99)]
    events = list(run(jobs(tmp_path, *calls), 2, 2))
    found = ended(events)
    assert (found["job0"].kind, found["job0"].value) == ("done", "alive")
    assert found["job1"].kind == "done"
    assert found["job2"].kind == "failed"
    assert "died 3 times, at last by SIGKILL" in found["job2"].value
    assert [(tmp_path / name).stat().st_size for name in ("twice", "ever")] == [3, 3]
    assert [event.name for event in events if event.kind == "started"].count("job1") == 1


def test_what_a_job_raises_is_not_tried_again(tmp_path):
    events = list(run(jobs(tmp_path, (refuse,), (stumble,), (environment, 1)), 1, 5))
    found = ended(events)
    assert (found["job0"].kind, found["job0"].value) == ("failed", "no such thing: give another")
    assert found["job1"].kind == "failed"
    assert "ZeroDivisionError: division by zero" in found["job1"].value
    assert "Traceback" in (tmp_path / "logs" / "1").read_text()
    assert "Traceback" not in (tmp_path / "logs" / "0").read_text()
    assert found["job2"].kind == "done"
    assert [event.kind for event in events].count("started") == 3


def test_closing_ends_all(tmp_path):
    events = run(jobs(tmp_path, (sleep, tmp_path / "a"), (sleep, tmp_path / "b"), (sleep, tmp_path / "c")), 2, 5)
    for event in events:
        if event.kind == "tick" and (tmp_path / "a").exists() and (tmp_path / "b").exists():
            break
    assert len(multiprocessing.active_children()) == 2
    events.close()
    assert multiprocessing.active_children() == []
    assert not (tmp_path / "c").exists()


def test_a_killed_parent_leaves_nobody_behind(tmp_path):
    program = (
        f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
        "from pathlib import Path\nfrom test_processes import jobs, sleep, run\n"
        f"folder = {str(tmp_path)!r}\n"
        "if __name__ == '__main__':\n    list(run(jobs(Path(folder), (sleep, folder + '/a')), 1, 0))\n"
    )
    (tmp_path / "parent.py").write_text(program)
    with subprocess.Popen([sys.executable, str(tmp_path / "parent.py")]) as parent:
        wait_for(lambda: (tmp_path / "a").exists() and (tmp_path / "a").read_text())
        child = int((tmp_path / "a").read_text())
        assert not gone(child)
        parent.kill()
        parent.wait(30)
    wait_for(lambda: gone(child))
