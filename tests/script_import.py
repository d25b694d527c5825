"""Scripts of a folder imported for tests by their bare names; those of ``experiments`` are a package of their own."""

from __future__ import annotations

import contextlib
import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest


@contextlib.contextmanager
def importable(folder: Path) -> Iterator[Callable[[str], ModuleType]]:
    """The scripts of a folder can be imported; afterwards they are forgotten, and whatever they imported from there."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(folder))
        yield importlib.import_module
    for name, module in list(sys.modules.items()):
        if Path(getattr(module, "__file__", None) or "").parent == folder:
            del sys.modules[name]
