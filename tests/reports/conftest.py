"""A finished run, made up."""

from __future__ import annotations

import pytest
from made_up_run import leave_run, made_up_result


@pytest.fixture
def result():
    """A result.json of six actions and 48 test sequences."""
    return made_up_result()


@pytest.fixture
def run_folder(tmp_path, result):
    """A run folder without a report."""
    return leave_run(tmp_path / "run", result)
