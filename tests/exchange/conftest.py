"""A tiny finished run, made up but with networks that decide."""

from __future__ import annotations

import pytest
from tiny_run import leave, recogniser


@pytest.fixture(scope="session")
def run(tmp_path_factory):
    """A finished run of tiny networks."""
    return leave(tmp_path_factory.mktemp("runs") / "tiny", recogniser("data.data_dir=videos-of-ann"))
