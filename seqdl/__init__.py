"""Sequential Deep Learning for Human Action Recognition (Baccouche, Mamalet, Wolf, Garcia, Baskurt, 2011).

The equations are in :mod:`seqdl.ops`, their compiled twins in :mod:`seqdl.kernels`. The Python interface is here, from
:mod:`seqdl.interface`, which is imported when one of its names is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from seqdl.interface import Prediction, Recogniser, Run, cross_validate, fit, load_config, open_run

__version__ = "0.1.0.dev0"
__all__ = ["Prediction", "Recogniser", "Run", "cross_validate", "fit", "load_config", "open_run"]


def __getattr__(name: str) -> Any:
    """A name of the interface, imported now."""
    if name not in __all__:
        raise AttributeError(f"module 'seqdl' has no attribute {name!r}")
    from seqdl import interface

    return getattr(interface, name)


def __dir__() -> list[str]:
    """The names of the interface too."""
    return [*globals(), *__all__]
