"""What all pictures share: the same bytes again, whatever the user's own style; one line without matplotlib."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from seqdl.base import drawing
from seqdl.errors import SeqdlError


def test_without_matplotlib_one_line_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(SeqdlError, match=r"^figures need matplotlib, .*: pip install 'seqdl\[plot\]'$"):
        drawing.require()


@pytest.mark.parametrize("kind", drawing.FORMATS)
def test_the_same_figure_is_the_same_bytes(kind, tmp_path):
    pytest.importorskip("matplotlib", reason="matplotlib is absent: pip install 'seqdl[plot]'")
    import matplotlib

    drawing.require()
    files = []
    for number, style in enumerate(({}, {"font.size": 23, "axes.facecolor": "red"})):
        with matplotlib.rc_context(style):
            with drawing.style():
                figure = drawing.sheet(3, 2, "A title")
                figure.subplots().plot([1, 2, 1], marker="o")
                files.append(tmp_path / f"{number}.{kind}")
                drawing.save(figure, files[-1])
            assert not style or matplotlib.rcParams["font.size"] == 23, "the user's style is back"
    assert files[0].read_bytes() == files[1].read_bytes()
    assert files[0].read_bytes().startswith({"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}[kind])


def test_labels_are_short_and_hold_no_formula():
    assert drawing.label("walking") == "walking"
    assert drawing.label("$5 a walk") == r"\$5 a walk"
    assert drawing.label("a" * 30) == "a" * 17 + "…"


@pytest.mark.parametrize("backend", ["module://nonexistent", "module://matplotlib_inline.backend_inline", "nonsense"])
def test_pictures_need_no_backend(backend, tmp_path):
    """A notebook or a desktop leaves one behind that this Python may not have."""
    program = (
        "import sys\n"
        "from pathlib import Path\n"
        "from seqdl.base import drawing\n"
        "drawing.require()\n"
        "from matplotlib.ticker import MaxNLocator\n"
        "with drawing.style():\n"
        "    figure = drawing.sheet(3, 2, 'title')\n"
        "    figure.add_subplot().plot([1, 2])\n"
        "    for kind in drawing.FORMATS:\n"
        "        drawing.save(figure, Path(sys.argv[1], f'a.{kind}'))\n"
        "assert 'matplotlib.pyplot' not in sys.modules\n"
    )
    environment = os.environ | {"MPLBACKEND": backend}
    command = [sys.executable, "-c", program, str(tmp_path)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert {path.name for path in tmp_path.iterdir()} == {f"a.{kind}" for kind in drawing.FORMATS}
