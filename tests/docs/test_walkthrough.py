"""The walk-through: its cells run, its notebook is the script's, and what it prints is printed on any processor."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path

import pytest
from script_import import importable

DOCS = Path(__file__).resolve().parents[2] / "docs"
SURE = 0.2
"""By so much the decision must be ahead of all others, of the windows' votes and of the LSTM's mean output."""
NUMBER = re.compile(r"\d+\.\d+e-\d+|\d+\.\d+|\d+%")


@pytest.fixture(scope="module")
def build():
    with importable(DOCS) as load:
        yield load("build_walkthrough")


@pytest.fixture(scope="module")
def kept() -> list[dict]:
    return json.loads((DOCS / "walkthrough.ipynb").read_text(encoding="utf-8"))["cells"]


def printed(cells) -> str:
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    return "".join("".join(output["text"]) for output in outputs if output["output_type"] == "stream")


def tolerance(number: str) -> float:
    """How far another processor's number may be from this one.

    Initial weights that differed by a millionth of themselves, in three trainings, moved losses by 0.05, shares by 6
    points and the LSTM's mean output by 0.01: at most half of what is let pass.
    """
    if "e-" in number:  # the largest difference of two forms of an update, which the cells themselves hold below 1e-4
        return 1e-4
    return 10.0 if number.endswith("%") else 0.1


def differences(said: str, other: str) -> list[tuple[str, str]]:
    """Lines that differ by more than numbers within their tolerance."""
    lines, others = said.splitlines(), other.splitlines()
    found = [] if len(lines) == len(others) else [(f"{len(lines)} lines", f"{len(others)} lines")]
    for one, two in zip(lines, others):
        pairs = zip(NUMBER.findall(one), NUMBER.findall(two))
        near = all(abs(float(a.rstrip("%")) - float(b.rstrip("%"))) <= tolerance(a) for a, b in pairs)
        if not near or NUMBER.sub("#", one) != NUMBER.sub("#", two):
            found.append((one, two))
    return found


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


def test_what_is_decided_is_far_from_undecided(kept):
    text = printed(kept)
    [truth] = re.findall(r"truth: (\w+)", text)
    [(voted, share)] = re.findall(r"voting: (\w+) \((\d+)% of the windows\)", text)
    [(said, mean)] = re.findall(r"LSTM: (\w+) \(mean output (\d\.\d+)\)", text)
    assert truth == voted == said
    # whatever the others are, they share what is left
    assert min(int(share) / 100, float(mean)) > (1 + SURE) / 2


def test_a_difference_is_a_word_or_more_than_rounding():
    text = "pass 1: 90 updates, loss 1.791, right 17%\nLSTM: boxing (mean output 0.93)\nupdate 1: at most 5.3e-07"
    assert differences(text, text.replace("1.791", "1.723").replace("17%", "20%").replace("5.3e-07", "8.0e-07")) == []
    for wrong in (("90", "91"), ("1.791", "1.6"), ("17%", "40%"), ("boxing", "running"), ("0.93", "0.53")):
        assert len(differences(text, text.replace(*wrong))) == 1
    assert differences(text, text + "\nmore") == [("3 lines", "4 lines")]


@pytest.mark.compiled(reason="it trains the paper's networks, which takes minutes without")
def test_the_cells_print_what_the_notebook_has(build, kept):
    """On this processor; the cells' own assertions compare forms, carousels and the update by hand."""
    import matplotlib.pyplot as plt

    with plt.rc_context():
        made = build.notebook(build.SCRIPT.read_text(encoding="utf-8"))["cells"]
    kinds = [
        [[output["output_type"] for output in cell.get("outputs", [])] for cell in cells] for cells in (made, kept)
    ]
    assert kinds[0] == kinds[1]
    assert differences(printed(made), printed(kept)) == []
    assert not plt.get_fignums()
