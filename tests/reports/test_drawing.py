"""What all pictures share: the same bytes again, whatever the user's own style; one line without matplotlib."""

from __future__ import annotations

import sys

import pytest

from seqdl.errors import SeqdlError
from seqdl.reports import drawing


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
