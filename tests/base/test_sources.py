"""What is kept is named after the code that makes it: words beside the code, and other code, may change."""

import shutil

import pytest

from seqdl.base.sources import PACKAGE, code_hash
from seqdl.stores import frames, points

KERNELS = ("kernels",)


@pytest.fixture
def changed(tmp_path):
    """The hash of modules after a fragment of a file was exchanged, and of the same files unchanged."""

    def hashes(modules, file, old, new):
        copy = tmp_path / "seqdl"
        shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
        [path] = [path for path in copy.rglob("*.py") if path.as_posix().endswith(file)]
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new, 1))
        return code_hash(*modules), code_hash(*modules, package=copy)

    return hashes


@pytest.mark.parametrize(
    "file, old, new",
    [
        ("lcn.py", '"""', '"""Other words.  '),
        ("lcn.py", "import numpy as np", "import numpy as np  # arrays"),
        ("vocabulary.py", "\n\n\nclass", "\n\n\n\n# a class\n\n\nclass"),
        ("video/prepare.py", "\n\n\ndef prepare(", "\n\n\n# it is here\ndef prepare("),
    ],
)
@pytest.mark.parametrize("modules", [KERNELS, frames.MAKERS, points.MAKERS])
def test_comments_docstrings_and_empty_lines_change_nothing(changed, modules, file, old, new):
    if file == "lcn.py":
        file = "kernels/lcn.py" if (PACKAGE / "kernels" / "lcn.py").exists() else "layers/lcn.py"
    before, after = changed(modules, file, old, new)
    assert before == after


CODE = ("import numpy as np", "import numpy as np\n\nONE_MORE = 1")


@pytest.mark.parametrize(
    "modules, file, counts",
    [
        (frames.MAKERS, "video/reader.py", True),
        (frames.MAKERS, "video/person.py", True),
        (frames.MAKERS, "ops/lcn.py", True),
        (frames.MAKERS, "s/lcn.py", True),
        (frames.MAKERS, "/simd.py", True),
        (frames.MAKERS, "/convnet.py", False),
        (frames.MAKERS, "/harris3d.py", False),
        (frames.MAKERS, "ops/loss.py", False),
        (frames.MAKERS, "base/files.py", False),
        (frames.MAKERS, "seqdl/config.py", False),
        (points.MAKERS, "/harris3d.py", True),
        (points.MAKERS, "baseline/equations.py", True),
        (points.MAKERS, "video/person.py", False),
        (points.MAKERS, "/lstm.py", False),
        (KERNELS, "/harris3d.py", True),
        (KERNELS, "ops/squash.py", True),
        (KERNELS, "base/files.py", False),
    ],
)
def test_code_counts_where_it_makes_the_content(tmp_path, modules, file, counts):
    copy = tmp_path / "seqdl"
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    paths = [path for path in copy.rglob("*.py") if path.as_posix().endswith(file) and "model" not in path.parts]
    for path in paths:
        path.write_text(path.read_text() + "\n\nONE_MORE = 1\n")
    assert paths
    assert (code_hash(*modules, package=copy) != code_hash(*modules)) == counts


SOURCE = '''"""Words."""

from . import b


def f(x: int, *, y=(1, 2.5), **z):
    """More."""
    try:
        return [k**2 for k in x if k < 1] + [f"{y!r}: {x:.2f}"]
    finally:
        pass
'''


def test_the_hash_of_a_piece_of_code_is_the_same_with_every_python(tmp_path):
    (tmp_path / "seqdl" / "ops").mkdir(parents=True)
    (tmp_path / "seqdl" / "ops" / "a.py").write_text(SOURCE)
    (tmp_path / "seqdl" / "ops" / "b.py").write_text("class C:\n    x = 'a' 'b'\n")
    assert code_hash("ops.a", package=tmp_path / "seqdl")[:16] == "01a064f07d283d9a"


def test_every_import_of_a_maker_is_one_that_can_be_followed():
    for package in ("ops", "kernels", "video", "baseline"):
        for path in (PACKAGE / package).rglob("*.py"):
            text = path.read_text()
            assert "importlib" not in text and "__import__" not in text, path
