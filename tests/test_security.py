"""Nothing that is read is ever run: no way from data or model files to code; what few exceptions there are for."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from seqdl.jobs import cluster
from seqdl.live_page import build

ROOT = Path(__file__).parents[1]
MODULES = sorted([*ROOT.glob("seqdl/**/*.py"), *ROOT.glob("experiments/**/*.py")])

UNPACKING = {"pickle", "cPickle", "_pickle", "marshal", "shelve", "dill", "cloudpickle", "joblib", "jsonpickle"}
"""Modules that make anything of bytes, and run what these say."""
RUNNING = {"eval", "exec", "compile", "__import__", "execfile"}
COMMANDS = {"os.system", "os.popen", "os.startfile", "subprocess.getoutput", "subprocess.getstatusoutput", "pty.spawn"}
SHELLS = ("os.exec", "os.spawn", "os.posix_spawn")
ALLOWED = {
    ("seqdl/jobs/cluster.py", "pickle"): "jobs between machines that trust each other, as Dask itself sends them",
    ("seqdl/kernels/vector/jit.py", "pickle"): "machine code that this program put into the user's own cache",
    ("seqdl/base/doors.py", "eval"): "conditions that stand in the source, of lengths",
    ("seqdl/exercises/source.py", "exec"): "what a student writes, to be run, in a process of its own",
    ("seqdl/exercises/source.py", "compile"): "the same",
}
"""Where one of these is, and what for."""


def dangers(source: str) -> Iterator[str]:
    """What in a source makes code of data, or gives a command to a shell."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.split(".")[0] in UNPACKING)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in UNPACKING:
            yield str(node.module)
        elif isinstance(node, ast.Call):
            yield from _in_a_call(node)


def _in_a_call(node: ast.Call) -> Iterator[str]:
    name = ast.unparse(node.func)
    given = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
    if name in RUNNING or name.removeprefix("builtins.") in RUNNING:
        yield name.removeprefix("builtins.")
    if name in COMMANDS or name.startswith(SHELLS):
        yield name
    if given.get("shell", "False") != "False":
        yield "shell="
    if "allow_pickle" in given and given["allow_pickle"] != "False":
        yield "allow_pickle="
    if name in ("np.load", "numpy.load") and "allow_pickle" not in given:
        yield "np.load without allow_pickle=False"
    if name == "torch.load" and given.get("weights_only") != "True":
        yield "torch.load without weights_only=True"
    if name.endswith((".extractall", ".unpack_archive")) or name in ("yaml.load", "yaml.unsafe_load"):
        yield name


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import pickle", "pickle"),
        ("from pickle import loads", "pickle"),
        ("import seqdl, joblib.numpy_pickle as p", "joblib.numpy_pickle"),
        ("eval('1')", "eval"),
        ("import builtins\nbuiltins.exec('x')", "exec"),
        ("subprocess.run('x', shell=True)", "shell="),
        ("subprocess.run('x', shell=flag)", "shell="),
        ("os.system('x')", "os.system"),
        ("os.execv('x', [])", "os.execv"),
        ("np.load(p)", "np.load without allow_pickle=False"),
        ("np.load(p, allow_pickle=True)", "allow_pickle="),
        ("torch.load(p)", "torch.load without weights_only=True"),
        ("tarfile.open(p).extractall()", "tarfile.open(p).extractall"),
    ],
)
def test_what_is_looked_for_is_found(source, found):
    assert found in list(dangers(source))


def test_what_is_harmless_is_not():
    source = "net.eval(); re.compile('x'); np.load(p, allow_pickle=False); subprocess.run(['x'], check=False)"
    assert list(dangers(source)) == []


def test_nothing_that_is_read_is_run():
    found = {(str(path.relative_to(ROOT)), danger) for path in MODULES for danger in dangers(path.read_text("utf-8"))}
    assert sorted(found) == sorted(ALLOWED)


def test_every_page_that_is_written_has_a_policy():
    """What the policies forbid is tested with the pages: tests/reports/test_html.py and tests/test_page_command.py."""
    pages = [text for path in MODULES if "<html" in (text := path.read_text("utf-8")) and "seqdl" in path.parts]
    assert len(pages) == 1  # the frame of all of them
    for text in pages:
        [policy] = re.findall(r'Content-Security-Policy" content="([^"]+)"', text.replace("\\\n", ""))
        rules = dict(rule.split(maxsplit=1) for rule in policy.replace("{sources}", build.CAMERA).split("; "))
        assert {rules[name] for name in ("default-src", "base-uri", "form-action")} == {"'none'"}
        assert "http" not in policy and "unsafe" not in policy and "connect-src" not in rules
        assert rules["script-src"] == "'{script_hash}'" and rules["style-src"] == "'{style_hash}'"


def test_a_cluster_says_whom_it_trusts():
    assert "trusted networks only" in cluster.trusted("tcp://node:1")
    assert "certificate" in cluster.trusted("tls://node:1")
