"""Ctrl-C and SIGTERM, sent as a terminal does: to a whole group of processes, at several moments, once and twice."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from seqdl.base import interrupts

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="counts processes by /proc")

PROGRAM = """
import argparse, hashlib, sys, time
from pathlib import Path
from seqdl.base import cli, files, interrupts, pool

def stay(group):
    with files.replace_atomic(f"{group[0]}.txt") as temporary:
        temporary.write_text("a part")
        Path(f"{group[0]}.begun").touch()
        time.sleep(300)

def work(args):
    with interrupts.nothing_lost(cli.say, "go on"), files.replace_atomic("whole.txt") as temporary:
        temporary.write_text("a part")
        Path("begun").touch()
        if args.where == "in C":  # Python hears no signal before it is over
            hashlib.pbkdf2_hmac("sha256", b"", b"", 2**31 - 1)
        with pool.in_groups(stay, [[k] for k in range(9)], 2, "test") as pairs:
            list(pairs)

if __name__ == "__main__":
    parser = cli.parser("test", "", configurable=False)
    parser.add_argument("where")
    sys.exit(cli.execute(work, parser))
"""


def alive(group):
    """The processes of a group that are at work; nobody may have fetched those that ended."""
    found = []
    for file in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, _, of = file.read_text().rpartition(")")[2].split()[:3]
            found += [file.parent.name] if int(of) == group and state != "Z" else []
    return found


def heed():
    """A shell's background jobs ignore interrupts, and so would their children."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.fixture(autouse=True)
def _interrupts_are_not_ignored():
    """As they are in what a shell runs in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def wait_for(what):
    until = time.monotonic() + 60
    while not what():
        assert time.monotonic() < until
        time.sleep(0.01)


@pytest.mark.parametrize(
    "where, begun, number, times",
    [
        ("in C", "begun", signal.SIGINT, 2),
        ("starting", "begun", signal.SIGINT, 2),
        ("in processes", "1.begun", signal.SIGINT, 1),
        ("in processes", "1.begun", signal.SIGTERM, 2),
    ],
)
def test_nobody_and_nothing_half_written_is_left(tmp_path, where, begun, number, times):
    (tmp_path / "program.py").write_text(PROGRAM)
    words, environment = [sys.executable, "program.py", where], {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with (
        (tmp_path / "said").open("w") as said,
        subprocess.Popen(
            words, cwd=tmp_path, env=environment, stderr=said, start_new_session=True, preexec_fn=heed
        ) as process,
    ):
        wait_for((tmp_path / begun).exists)
        if where == "starting":
            wait_for(lambda: len(alive(process.pid)) > 1)
        os.killpg(process.pid, number)
        if where == "in C":
            wait_for(lambda: "interrupted: finishing" in (tmp_path / "said").read_text())
        if times == 2:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, number)
        assert process.wait(60) == 128 + number
        wait_for(lambda: not alive(process.pid))
    said = (tmp_path / "said").read_text()
    assert "Traceback" not in said
    assert ("nothing is lost: go on" in said) or times == 2
    assert {path.suffix for path in tmp_path.iterdir()} <= {"", ".py", ".begun"}
    assert not list(tmp_path.glob(".*"))


def test_an_interrupt_waits_while_a_process_is_started():
    there = []
    with interrupts.heeded(), pytest.raises(KeyboardInterrupt), interrupts.starting():
        signal.pthread_kill(threading.get_ident(), signal.SIGINT)  # any thread may get what the process is sent
        there.append(signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, []))
    assert there == [True]
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, [])


def test_an_interrupt_that_is_raised_where_nobody_hears_it_is_raised_again():
    class Dying:
        def __del__(self):
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.01)

    with interrupts.heeded(), pytest.raises(KeyboardInterrupt):
        dying = Dying()
        del dying
        time.sleep(60)


def test_what_is_ignored_stays_ignored():
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with interrupts.heeded():
        os.kill(os.getpid(), signal.SIGINT)
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
