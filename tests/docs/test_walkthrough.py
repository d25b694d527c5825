"""The walk-through: its cells run, its notebook is the script's, with pictures."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from script_import import importable

DOCS = Path(__file__).resolve().parents[2] / "docs"


@pytest.fixture(scope="module")
def build():
    with importable(DOCS) as load:
        yield load("build_walkthrough")


@pytest.fixture(scope="module")
def kept() -> list[dict]:
    return json.loads((DOCS / "walkthrough.ipynb").read_text(encoding="utf-8"))["cells"]


def test_a_script_is_taken_apart(build):
    script = '"""Head."""\n\n# %% [markdown]\n# # Title\n#\n# Text.\n\n# %%\na = 1\n\n\n# %%\nprint(a)\n'
    assert build.cells(script) == [(True, "# Title\n\nText."), (False, "a = 1"), (False, "print(a)")]


def test_the_notebook_is_the_scripts(build, kept):
    cells = build.cells(build.SCRIPT.read_text(encoding="utf-8"))
    assert len(cells) > 20
    stored = [(cell["cell_type"] == "markdown", "".join(cell["source"])) for cell in kept]
    assert stored == cells, "run: python docs/build_walkthrough.py"


def test_every_picture_is_in_the_notebook(kept):
    outputs = [output for cell in kept for output in cell.get("outputs", [])]
    pictures = [base64.b64decode(output["data"]["image/png"]) for output in outputs if "data" in output]
    assert len(pictures) == 8
    assert all(picture.startswith(b"\x89PNG") for picture in pictures)
    assert [output for output in outputs if output["output_type"] == "error"] == []


@pytest.mark.compiled(reason="it trains the paper's networks, which takes minutes without")
def test_the_cells_run(build, kept, monkeypatch):
    """With a handful of updates; the cells' own assertions compare forms, carousels and the update by hand."""
    monkeypatch.setenv("SEQDL_WALKTHROUGH_SHORT", "1")
    import matplotlib.pyplot as plt

    with plt.rc_context():
        made = build.notebook(build.SCRIPT.read_text(encoding="utf-8"))["cells"]
    kinds = [
        [[output["output_type"] for output in cell.get("outputs", [])] for cell in cells] for cells in (made, kept)
    ]
    assert kinds[0] == kinds[1]
    assert "update 2: the steps differ" in "".join(made[-1]["outputs"][0]["text"])
    assert not plt.get_fignums()
