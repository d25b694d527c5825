"""Figure 1: every layer with its numbers, every map to scale, and nothing written over anything else."""

from __future__ import annotations

import pytest
from drawn_text import overlaps, texts

from seqdl.config import load
from seqdl.errors import GeometryError

pytest.importorskip("matplotlib", reason="matplotlib is absent: pip install 'seqdl[plot]'")
from matplotlib.patches import Circle, Rectangle

from seqdl.reports.architecture import architecture

LARGE = ["rows=122", "columns=80", "frames=16", "c1_maps=12", "pool=1", "hidden=9", "rectification=bias"]
SMALL = ["rows=30", "columns=26", "c1_maps=2", "c1_kernel=[5,3,3]", "c2_kernel=[3,1,1]", "hidden=8", "pooling=sum"]


def drawn(settings=(), classes=6):
    return architecture(load(settings=[f"convnet.{setting}" for setting in settings]).convnet, classes)


def test_the_papers_numbers_stand_below_its_layers():
    seen = texts(drawn())
    said = [t.get_text() for t in seen]
    assert "3D-ConvNet: 17,169 trainable parameters" in said
    for name in ("input", "C1", "R1", "S1", "C2", "R2", "S2", "C3", "N1", "N2"):
        assert name in said
    places = {t.get_text(): t.get_position()[0] for t in seen}
    below = {
        name: {t.get_text() for t in seen if t.get_position()[0] == pytest.approx(places[name])} - {name}
        for name in ("input", "C1", "C2", "S2", "C3", "N1")
    }
    assert below == {
        "input": {"1 map", "34 × 54 × 9"},
        "C1": {"7 maps", "28 × 48 × 5", "1,722"},
        "C2": {"35 maps", "10 × 20 × 3", "4,235"},
        "S2": {"35 maps", "5 × 10 × 3", "70"},
        "C3": {"5 maps", "3 × 8 × 1", "4,730"},
        "N1": {"50 neurons", "6,050", "⋮"},
    }
    for operation in (
        "convolution\n7 kernels\n7 × 7 × 5",
        "convolution\n56 kernels\n5 × 5 × 3",
        "convolution\n175 kernels\n3 × 3 × 3",
        "rectification\n|g · y|",
        "sub-sampling\nmean of 2 × 2",
        "120 values\nfully connected",
    ):
        assert operation in said


def test_every_frame_of_every_map_is_drawn_to_scale():
    patches = drawn(SMALL, 3).axes[0].patches
    frames = [p for p in patches if isinstance(p, Rectangle) and p.get_fill()]
    outlines = [p for p in patches if isinstance(p, Rectangle) and not p.get_fill()]
    assert len(frames) == 9 + 3 * 2 * 5 + 3 * 5 * 3 + 5 * 1
    assert len(outlines) == 7, "what a unit sees of the layer before, up to C3"
    assert sum(isinstance(p, Circle) for p in patches) == 8 + 3
    sizes = [frames[n] for n in (0, 9, 9 + 2 * 10)]
    scale = sizes[0].get_width() / 26
    for frame, (rows, columns) in zip(sizes, ((30, 26), (28, 24), (14, 12)), strict=True):
        assert (frame.get_height(), frame.get_width()) == pytest.approx((rows * scale, columns * scale))
    assert outlines[0].get_height() == pytest.approx(3 * scale), "C1's kernel"


@pytest.mark.parametrize("settings, classes", [((), 6), ((), 101), (LARGE, 12), (SMALL, 2)])
def test_nothing_is_written_over_anything_else(settings, classes):
    assert overlaps(drawn(settings, classes)) == []


def test_choices_are_said_and_impossible_sizes_refused():
    said = [t.get_text() for t in texts(drawn(LARGE))]
    assert "rectification\n|y + b|" in said
    assert "sub-sampling\nsum of 2 × 2" in [t.get_text() for t in texts(drawn(SMALL))]
    with pytest.raises(GeometryError, match="S1"):
        drawn(["rows=55"])
