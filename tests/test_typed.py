"""py.typed holds: a user's program is checked as strictly as mypy can, against the package as it is installed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PROGRAM = Path(__file__).with_name("typed_program.py")


@pytest.mark.compiled(reason="no line of the package runs")
def test_a_users_program_is_checked_strictly_and_what_is_wrong_is_refused(tmp_path, monkeypatch):
    api = pytest.importorskip("mypy.api", reason="mypy is not installed")
    monkeypatch.chdir(tmp_path)  # no settings of this repository, and no sources but by the path of imports
    said, failed, _ = api.run(["--strict", "--config-file=", "--cache-dir=cache", str(PROGRAM)])
    lines = PROGRAM.read_text(encoding="utf-8").splitlines()
    wrong = [number for number, line in enumerate(lines, 1) if line.endswith("# wrong")]
    found = [int(number) for number in re.findall(rf"{PROGRAM.name}:(\d+): error:", said)]
    assert failed == "" and len(wrong) == 5 and sorted(set(found)) == wrong, said
