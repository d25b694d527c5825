"""The table of docs/reliability.md is that of its record, in which nothing is lost."""

from __future__ import annotations

import soak

from experiments import fill
from seqdl.base import files


def test_the_page_has_the_records_table():
    record, text = files.read_json(soak.RECORD), soak.PAGE.read_text(encoding="utf-8")
    assert fill.fill(text, {"reliability": soak.table(record)}, soak.PAGE.name) == text
    assert record["lost"] == []
