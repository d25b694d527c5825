"""docs/figures.md is what its record makes, its pictures are there and small, and show nobody real."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from experiments import figures as script
from experiments import fill

pytest.importorskip("matplotlib", reason="matplotlib is absent: pip install 'seqdl[plot]'")

ROOT = Path(__file__).resolve().parents[2]
EXPERIMENTS, DOCS = ROOT / "experiments", ROOT / "docs"
RECORD = json.loads((EXPERIMENTS / "figures.json").read_text(encoding="utf-8"))
PAGE = (DOCS / "figures.md").read_text(encoding="utf-8")


def page(record):
    """The page as a record makes it."""
    return fill.fill(PAGE, script.blocks(record), "figures.md")


def test_the_page_is_what_its_record_makes():
    assert page(RECORD) == PAGE
    other = json.loads(json.dumps(RECORD))
    other["early"]["lstm"] = [share / 2 for share in other["early"]["lstm"]]
    other["accuracy"]["voting"] /= 2
    other["change"] = [0.1] * 7
    numbers = [set(re.findall(r"\d+\.\d %", text)) for text in (PAGE, page(other))]
    assert len(numbers[0] - numbers[1]) >= 3
    assert "no kernel changes more than noise does" in " ".join(page(other).split())


def test_every_picture_is_there_shown_and_small():
    from seqdl.reports.gallery import NAMES

    shown = re.findall(r"^!\[[^\]]+\]\(figures/([a-z-]+)\.png\)$", PAGE, re.MULTILINE)
    wanted = [*NAMES, *(f"real-{name}" for name in script.WITHOUT_PEOPLE)]
    assert sorted(shown) == sorted(wanted) == sorted(path.stem for path in (DOCS / "figures").iterdir())
    for name in wanted:
        data = (DOCS / "figures" / f"{name}.png").read_bytes()
        assert data.startswith(b"\x89PNG") and len(data) < script.LARGEST == 150_000


@pytest.mark.parametrize(
    "curve, share", [([0.5, 0.6, 0.89, 0.9], 15), ([0.9, 0.9, 0.9, 0.9], 5), ([0.5, 0.9, 0.5, 0.9], 20)]
)
def test_from_where_on_a_curve_stays_near_its_end(curve, share):
    assert script._settled([5, 10, 15, 20], curve) == share


@pytest.mark.parametrize("name", ["actors", "kth"])
def test_of_real_video_only_what_shows_nobody_is_drawn(tmp_path, monkeypatch, name):
    """And what the page had of other runs stays."""
    from types import SimpleNamespace

    class Drawn:
        def __init__(self, shown):
            self.check = self.draw = lambda name: (name, None)

    one = SimpleNamespace(
        folder="runs/mine", run=SimpleNamespace(result=SimpleNamespace(dataset=SimpleNamespace(name=name)))
    )
    monkeypatch.setattr(script.runs, "collect", lambda paths: ([SimpleNamespace(run="runs/mine", settings=())], []))
    monkeypatch.setattr(script.trained, "open_trained", lambda folder: one)
    monkeypatch.setattr(script, "Gallery", Drawn)
    monkeypatch.setattr(script, "small", lambda figure: figure.encode())
    found = {**(RECORD["real"] if name == "kth" else RECORD), "count": 4321}
    monkeypatch.setattr(script, "facts", lambda *args: {k: v for k, v in found.items() if k != "real"})
    monkeypatch.setattr(script, "FIGURES", tmp_path / "figures")
    monkeypatch.setattr(script, "PAGE", tmp_path / "figures.md")
    script.PAGE.write_text(PAGE)
    monkeypatch.setattr(script, "RECORD", tmp_path / "figures.json")
    script.RECORD.write_text(json.dumps(RECORD))
    assert script.main(["runs/mine"]) == 0
    drawn = sorted(path.stem for path in (tmp_path / "figures").iterdir())
    if name == "kth":
        assert drawn == ["real-confusion", "real-early", "real-kernels", "real-learning"]
    else:
        assert drawn == sorted(script.gallery.NAMES)
    record = json.loads(script.RECORD.read_text())
    counts = record["count"], record["real"]["count"]
    assert counts == ((RECORD["count"], 4321) if name == "kth" else (4321, RECORD["real"]["count"]))
    assert (tmp_path / "figures.md").read_text() == page(record) != PAGE


def test_a_picture_keeps_its_colours_in_fewer_shades():
    import io

    import numpy as np
    from PIL import Image

    from seqdl.base.drawing import sheet

    figure = sheet(2, 1, "")
    axes = figure.subplots()
    axes.set_axis_off()
    axes.imshow(np.arange(256).reshape(16, 16), cmap="gray")
    with Image.open(io.BytesIO(script.small(figure))) as picture:
        shades = np.asarray(picture.convert("RGB")).astype(int)
    assert set((shades % script.SHADE).ravel()) <= {0, 3} and len(np.unique(shades)) > 50
