"""What all jobs start from is made once."""

from __future__ import annotations

import pytest
from trying import place


@pytest.fixture(scope="package")
def where(tmp_path_factory):
    """Videos, a filled cache and a finished run; while it lasts no time passes."""
    with place(tmp_path_factory.mktemp("faults")) as made:
        yield made
