"""docs/hostile-input.md says what its record does, and the record that nothing was lost."""

from __future__ import annotations

from pathlib import Path

import pytest
from fuzz.__main__ import KINDS, PAGE, RECORD, table

from experiments import fill
from seqdl.base import files

MOST_SECONDS, MOST_MEGABYTES = 5, 500


@pytest.fixture(scope="module")
def record():
    return files.read_json(RECORD)


def test_the_page_is_filled_in_from_its_record(record):
    text = Path(PAGE).read_text(encoding="utf-8")
    assert fill.fill(text, {"hostile": table(record["kinds"])}, PAGE.name) == text


def test_a_thousand_of_each_kind_were_answered_or_refused_in_a_line(record):
    names = [kind.name for kind in KINDS]
    assert [one["kind"] for one in record["kinds"]] == names
    for one in record["kinds"]:
        assert one["faults"] == {} and one["inputs"] >= 1000, one["kind"]
        assert one["answered"] + one["noted"] + one["changed"] + one["refused"] == one["inputs"]
        assert one["seconds"] <= MOST_SECONDS and one["megabytes"] <= MOST_MEGABYTES
