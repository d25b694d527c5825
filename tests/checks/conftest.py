"""What the tests of the checks share."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator

import pytest

import seqdl.kernels


@pytest.fixture
def plain_kernels(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every kernel as plain Python, as with NUMBA_DISABLE_JIT=1: slow, and open to being looked at and changed."""
    kernels = [info.name for info in pkgutil.walk_packages(seqdl.kernels.__path__, "seqdl.kernels.")]
    callers = [
        "seqdl.checks.mirror_maps",
        "seqdl.model.convnet_compiled",
        "seqdl.model.lstm_compiled",
        "seqdl.model.single_step_compiled",
    ]
    # all before the first change: a module that is imported later would keep what it finds
    for module in [importlib.import_module(path) for path in kernels + callers]:
        for name, value in list(vars(module).items()):
            if hasattr(value, "py_func"):
                monkeypatch.setattr(module, name, value.py_func)
    yield
