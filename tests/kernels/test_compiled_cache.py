"""Compiled code is kept under the code it was made from; what is damaged, absent or cannot be kept is made anew."""

import json
import os
import shutil
import subprocess
import sys

import pytest

from seqdl.base.sources import PACKAGE

pytestmark = pytest.mark.compiled(reason="nothing is kept where nothing is compiled")

PROGRAM = """

import sys
import numpy as np
from numba.core import event
from seqdl.kernels.layers import dropout, squash
from seqdl.kernels.vector import native

class Count(event.Listener):
    count = 0
    def on_start(self, event): self.count += 1
    def on_end(self, event): pass

def count(*given):
    made.append(given)
    return compiled(*given)

counted, made, compiled = Count(), [], native._compiled
event.register("numba:compile", counted)
native._compiled = count
y = np.linspace(-1, 1, 5, dtype=np.float32)
squash.forward(squash.Kind("plain"), y, len(y))
assert np.allclose(y, np.tanh(np.linspace(-1, 1, 5)), atol=1e-5), y
dropout.mask(3, 0.5, y)
assert set(y) <= {0, 2}, y
print({(True, True): "compiled", (False, False): "kept"}.get((counted.count > 0, bool(made)), "in part"))
"""
"""A kernel that Python calls, and a function that Numba compiles."""

VECTORS = (
    PROGRAM.partition("y = ")[0]
    + """
from seqdl.kernels.layers import copies
window, tables, picture, out = copies.Window(1, 2, 2, True), np.zeros(4, np.int64), np.zeros(4, "f"), np.zeros(4, "f")
copies.copy(window, np.arange(4, dtype="f").reshape(1, 2, 2), 0, False, False, 0, 0, tables, picture, out)
assert out.tolist() == [0, 2, 1, 3], out
print("compiled" if made else "kept")
"""
)


FIRST_IN_THREADS = """
import threading, time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from llvmlite import binding

from seqdl.kernels.layers import squash

made, make, begin = [], binding.create_mcjit_compiler, threading.Barrier(4)

def slowly(*given):
    made.append(given)
    time.sleep(0.05)
    return make(*given)

def squashed(value):
    x = np.full(5, value, np.float32)
    begin.wait()
    squash.forward(squash.Kind("plain"), x, len(x))
    return float(x[0])

binding.create_mcjit_compiler = slowly
with ThreadPoolExecutor(4) as pool:
    found = list(pool.map(squashed, [0, 1, 2, 3]))
assert np.allclose(found, np.tanh([0, 1, 2, 3]), atol=1e-5), found
print(len(made))
"""


FORKING = """

import json, os, sys, traceback
import numba, numpy

for line in sys.stdin:
    program, folder, environment, said, warned = json.loads(line)
    child = os.fork()
    if not child:
        code = 1
        try:
            os.environ.clear()
            os.environ.update(environment)
            os.chdir(folder)
            sys.path.insert(0, folder)
            for stream, path in ((1, said), (2, warned)):
                os.dup2(os.open(path, os.O_CREAT | os.O_WRONLY), stream)
            try:
                exec(compile(program, "program", "exec"), {"__name__": "__main__"})
                code = 0
            except BaseException:
                traceback.print_exc()
            sys.stdout.flush()
            sys.stderr.flush()
        finally:
            os._exit(code)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""
"""Numba is imported once, and nothing of this library: each fork is a new process to whatever it imports then."""


@pytest.fixture(scope="module")
def forking():
    """The process that runs programs in forks of itself."""
    command = [sys.executable, "-B", "-c", FORKING]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield process
        process.stdin.close()


@pytest.fixture
def run(tmp_path, forking):
    """``run(folder, program=PROGRAM, **variables)``: what a process that calls a kernel prints and what it warns of."""

    def run(folder, program=PROGRAM, **variables):
        environment = os.environ | variables
        environment = {name: value for name, value in environment.items() if value is not None}
        said, warned = tmp_path / "said", tmp_path / "warned"
        for path in (said, warned):
            path.write_text("")
        given = [program, str(folder), environment, str(said), str(warned)]
        print(json.dumps(given), file=forking.stdin, flush=True)
        code = forking.stdout.readline()
        assert code == "0\n", warned.read_text()
        return said.read_text().strip(), warned.read_text()

    return run


@pytest.fixture
def source(tmp_path):
    """A copy of the program that may be changed."""
    folder = tmp_path / "source"
    shutil.copytree(PACKAGE, folder / "seqdl", ignore=shutil.ignore_patterns("__pycache__"))
    return folder


@pytest.fixture
def kernel(source):
    """The file of the kernel that is called."""
    [path] = (source / "seqdl" / "kernels").rglob("squash.py")
    return path


@pytest.fixture
def kept(tmp_path, source, run):
    """The folder of compiled code, after a first run."""
    folder = tmp_path / "compiled"
    assert run(source, NUMBA_CACHE_DIR=str(folder)) == ("compiled", "")
    assert run(source, NUMBA_CACHE_DIR=str(folder)) == ("kept", "")
    return folder


def test_words_may_change_and_code_may_not(kept, source, kernel, run):
    text = kernel.read_text()
    kernel.write_text("# a comment\n" + text.replace('"""', '"""Other words. ', 1))
    assert run(source, NUMBA_CACHE_DIR=str(kept)) == ("kept", "")
    os.utime(kernel, (0, 0))
    assert run(source, NUMBA_CACHE_DIR=str(kept)) == ("kept", "")
    for path in (kernel, source / "seqdl" / "ops" / "squash.py"):
        path.write_text(path.read_text() + "\n\nONE_MORE = 1\n")
        assert run(source, NUMBA_CACHE_DIR=str(kept)) == ("compiled", "")
        assert run(source, NUMBA_CACHE_DIR=str(kept)) == ("kept", "")


def test_threads_that_compile_first_share_one_engine(tmp_path, source, run):
    assert run(source, FIRST_IN_THREADS, NUMBA_CACHE_DIR=str(tmp_path / "compiled")) == ("1", "")


DAMAGE = {
    "empty": lambda content: b"",
    "garbage": lambda content: b"garbage" * 100,
    "zeros": lambda content: bytes(len(content)),
    "cut": lambda content: content[:1000],
    "a bit": lambda content: content[:-9] + bytes([content[-9] ^ 1]) + content[-8:],
}


def test_damaged_files_are_made_anew_without_a_word(kept, source, run):
    for damage, made in DAMAGE.items():
        for path in kept.rglob("*.code"):
            path.write_bytes(made(path.read_bytes()))
        assert run(source, NUMBA_CACHE_DIR=str(kept)) == ("compiled", ""), damage
    assert run(source, NUMBA_CACHE_DIR=str(kept)) == ("kept", "")


def test_a_vector_kernel_that_is_lost_is_made_anew_with_what_calls_it(tmp_path, source, run):
    folder = tmp_path / "compiled"
    for expected in ("compiled", "kept", "compiled", "kept"):
        assert run(source, VECTORS, NUMBA_CACHE_DIR=str(folder)) == (expected, "")
        if expected == "kept":
            [lost] = folder.rglob("kernels.layers.copies.cut-*.code")
            lost.unlink()


def test_a_folder_in_the_place_of_a_file_is_named_once(kept, source, run):
    for path in kept.rglob("*.code"):
        path.unlink()
        path.mkdir()
    said, warned = run(source, NUMBA_CACHE_DIR=str(kept))
    assert said == "compiled"
    assert warned.count("is not kept") == 1 and f"{kept}" in warned and "Traceback" not in warned


@pytest.mark.parametrize("variable, words", [("NUMBA_CACHE_DIR", "is not kept"), ("SEQDL_CACHE", "no cache")])
def test_a_folder_that_cannot_be_written_is_named_once(tmp_path, source, variable, words, run):
    """Below a regular file, so that not even root can; and nothing falls back to folders beside the sources."""
    (tmp_path / "file").touch()
    variables = {"NUMBA_CACHE_DIR": None, "SEQDL_CACHE": None, variable: str(tmp_path / "file" / "cache")}
    said, warned = run(source, **variables)
    assert said == "compiled"
    assert warned.count(words) == 1 and f"set {variable}" in warned and "Traceback" not in warned
    assert not list(source.rglob("__pycache__"))


@pytest.mark.parametrize("home", ["file/home", None])
def test_no_home(tmp_path, source, home, run):
    (tmp_path / "file").touch()
    variables = {"HOME": home and str(tmp_path / home), "XDG_CACHE_HOME": str(tmp_path / "file" / "x")}
    said, warned = run(source, NUMBA_CACHE_DIR=None, SEQDL_CACHE=None, **variables)
    assert said == "compiled"
    assert warned.count("no cache") == 1 and "set SEQDL_CACHE" in warned and "Traceback" not in warned
    assert not list(source.rglob("__pycache__"))


def test_nothing_at_all_can_be_written(tmp_path, source, run):
    (tmp_path / "file").touch()
    program = f"import tempfile\ntempfile.tempdir = {str(tmp_path / 'file')!r}\n{PROGRAM}"
    variables = {"HOME": str(tmp_path / "file"), "XDG_CACHE_HOME": None}
    said, warned = run(source, program, NUMBA_CACHE_DIR=None, SEQDL_CACHE=None, **variables)
    assert said == "compiled"
    assert warned.count("is not kept") == 1 and "set SEQDL_CACHE" in warned and "Traceback" not in warned
