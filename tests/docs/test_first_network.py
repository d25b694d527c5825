"""docs/first-network.md: every line of its Python runs, in order, and its assertions hold."""

from __future__ import annotations

import re
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs" / "first-network.md"


def test_every_line_runs():
    text = PAGE.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 150
    found = list(re.finditer(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL))
    assert len(found) == text.count("```") // 2 >= 6
    names: dict = {}
    for block in found:
        before = text[: block.start(1)].count("\n")  # so that a failure names the page's line
        exec(compile("\n" * before + block.group(1), str(PAGE), "exec"), names)
    assert {"forward", "gradient", "read"} <= set(names)
