"""The page's JavaScript names the equations that it says again: each of them is there."""

import importlib
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCE = (ROOT / "seqdl" / "live_page" / "ops.js").read_text(encoding="utf-8")


def test_every_equation_that_is_named_exists():
    named = re.findall(r"\b(ops|seqdl\.model)\.(\w+)\.(\w+)", SOURCE)
    assert len(named) >= 20
    for package, module, name in named:
        found = importlib.import_module(f"{package.replace('ops', 'seqdl.ops')}.{module}")
        assert hasattr(found, name), f"{module}.{name}"


def test_every_function_names_its_section():
    headings = re.findall(r"^#+ ([\d.]+)", (ROOT / "docs" / "equations.md").read_text(encoding="utf-8"), re.MULTILINE)
    known = {heading.rstrip(".") for heading in headings}
    told = re.findall(r"/\*\* (.*?)\*/\n(?:function|const) (\w+)", SOURCE, re.DOTALL)
    assert {section for text, _ in told for section in re.findall(r"Sections? ([\d.]*\d)", text)} <= known
    named = {name for text, name in told if "Section" in text}
    plain = {"at", "each", "largest", "lstmForward", "made", "clamp"}
    assert set(re.findall(r"^function (\w+)", SOURCE, re.MULTILINE)) <= named | plain
