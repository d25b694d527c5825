"""Nobody changes a disk but by :mod:`seqdl.base.disk`, where each operation can be made to fail."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "seqdl"
SEAM = PACKAGE / "base" / "disk.py"
METHODS = re.compile(
    "write_bytes|write_text|unlink|rmdir|mkdir|makedirs|renames?|touch|ftruncate|fsync|fdatasync|utime|rmtree|mkfifo|"
    "savez|savez_compressed|savetxt|tofile|memmap|open_memmap|FileIO|mkstemp|mkdtemp|removedirs|chmod|savefig|imsave|"
    "(Named|Spooled)?TemporaryFile|TemporaryDirectory|symlink_to|hardlink_to|symlink"
)
"""Last words of calls that write."""
WHOLE = re.compile(
    r"os\.(open|write|remove|replace|link|truncate)|np\.save|torch\.save|shutil\.(move|copy|copyfile|copytree)"
)
"""Whole names of others."""
OTHERS = {
    ("base/drawing.py", "savefig"): "matplotlib writes into a file of the seam",
    ("model/checkpoint.py", "savez"): "NumPy writes into a file of the seam",
    ("exchange/outside.py", "save"): "PyTorch writes into a file of the seam",
    ("video/source.py", "av.open"): "FFmpeg writes into a file of the seam",
    ("video/writer.py", "av.open"): "FFmpeg writes into a temporary file, which takes its name by the seam",
    ("base/files.py", "os.open"): "of what is there already, to flush it",
}
"""What may stand outside, and why."""


def _calls(tree: ast.AST) -> list[tuple[ast.Call, str, str]]:
    """All calls, with what they call in full and its last word."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            whole = ast.unparse(node.func)
            found.append((node, whole, whole.rpartition(".")[2]))
    return found


def _mode(call: ast.Call, at: int) -> str:
    """The mode that a file is opened in, or r; ``?`` where it is worked out."""
    named = [word.value for word in call.keywords if word.arg == "mode"] + call.args[at : at + 1]
    if not named:
        return "r"
    return str(named[0].value) if isinstance(named[0], ast.Constant) else "?"


def _writing(tree: ast.AST) -> list[tuple[int, str]]:
    """Line and name of each call that changes something on a disk."""
    found = []
    for call, whole, last in _calls(tree):
        if whole in ("open", "io.open", "av.open", "gzip.open", "np.lib.format.open_memmap"):
            wrong = set(_mode(call, 1)) & set("wax+?")
        elif last == "open" and whole != "os.open":
            wrong = set(_mode(call, 0)) & set("wax+") and len(_mode(call, 0)) <= 3
        elif last == "replace":  # of a path takes one argument, of a text two, of a record names
            wrong = whole == "os.replace" or (len(call.args) == 1 and not call.keywords)
        else:
            wrong = WHOLE.fullmatch(whole) or (METHODS.fullmatch(last) and not whole.startswith("disk."))
        if wrong:
            found.append((call.lineno, whole if last == "open" else last))
    return found


def test_all_writing_goes_through_the_seam():
    wrong, needed = [], set()
    for path in sorted(PACKAGE.rglob("*.py")):
        name = path.relative_to(PACKAGE).as_posix()
        for line, call in _writing(ast.parse(path.read_text(encoding="utf-8"))) if path != SEAM else ():
            if (name, call) in OTHERS:
                needed.add((name, call))
            else:
                wrong.append(f"seqdl/{name}:{line}: {call} (use seqdl.base.disk or seqdl.base.files)")
    assert not wrong, "\n".join(wrong)
    assert needed == set(OTHERS), "what is excepted and not there"


@pytest.mark.parametrize(
    "source, seen",
    [
        ("open(name, 'w')", True),
        ("open(name)", False),
        ("path.open('rb')", False),
        ("path.open('ab', buffering=0)", True),
        ("path.open(mode='x')", True),
        ("path.replace(target)", True),
        ("text.replace('a', 'b')", False),
        ("replace(record, a=1)", False),
        ("os.replace(a, b)", True),
        ("path.write_text('x')", True),
        ("np.savez(file, a=a)", True),
        ("np.memmap(file)", True),
        ("disk.touch(path)", False),
        ("av.open(name, 'w', format='nut')", True),
        ("names.remove(name)", False),
    ],
)
def test_the_test_of_writing_sees(source, seen):
    assert bool(_writing(ast.parse(source))) == seen
