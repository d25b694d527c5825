"""Scripts imported for tests by their bare names, as they import one another."""

from __future__ import annotations

import contextlib
import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

EXPERIMENTS = Path(__file__).resolve().parents[1] / "experiments"


@contextlib.contextmanager
def importable(folder: Path = EXPERIMENTS) -> Iterator[Callable[[str], ModuleType]]:
    """The scripts of a folder can be imported; afterwards they are forgotten, and whatever they imported from there."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(folder))
        yield importlib.import_module
    for name, module in list(sys.modules.items()):
        if Path(getattr(module, "__file__", None) or "").parent == folder:
            del sys.modules[name]
