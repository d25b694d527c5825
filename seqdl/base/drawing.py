"""What all pictures share: the style, the colours, how a sheet is made and how it is written.

Figures are made as objects and never through pyplot: nothing here depends on, or leaves behind, global state, and no
screen is needed. Colours are those of Okabe and Ito, which colour-blind readers tell apart; no statement is made by
colour alone, so that a grey print says the same.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from seqdl.base import disk
from seqdl.base.arrays import check_choice, check_path
from seqdl.base.doors import TEXT, Number, Whole, door
from seqdl.base.files import replace_atomic
from seqdl.base.words import printable
from seqdl.errors import SeqdlError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BLUE, VERMILLION, GREY, INK = "#0072B2", "#D55E00", "#8C8C8C", "#1A1A1A"
FORMATS = ("png", "svg", "pdf")
UNDATED: dict[str, dict[str, Any]] = {
    "png": {"Software": None},
    "svg": {"Date": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}
"""What is left out of a file, so that the same picture is the same bytes."""


def import_matplotlib() -> None:
    """Import matplotlib, or raise an ImportError, before anything of it is imported, whatever MPLBACKEND names.

    A notebook or a desktop leaves a backend there that this Python need not know: the import would fail, and pictures
    that are never shown need none.
    """
    chosen = os.environ.pop("MPLBACKEND", None)
    try:
        import matplotlib  # noqa: F401
    finally:
        if chosen is not None:
            os.environ["MPLBACKEND"] = chosen


def require() -> None:
    """Raise a SeqdlError where matplotlib, an optional dependency, is absent."""
    try:
        import_matplotlib()
    except ImportError as error:
        raise SeqdlError("figures need matplotlib, which is not installed: pip install 'seqdl[plot]'") from error


@contextlib.contextmanager
def style() -> Iterator[None]:
    """matplotlib's own defaults while the block draws and writes, whatever the user's matplotlibrc says."""
    import_matplotlib()
    import matplotlib

    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update({"font.size": 9, "svg.hashsalt": "seqdl", "pdf.fonttype": 42})
        yield


@door(width=Number(0.1, 200), height=Number(0.1, 200), title=TEXT)
def sheet(width: float, height: float, title: str) -> Figure:
    """An empty figure of some ``width`` and ``height``, in inches, with a ``title`` above it, to the left."""
    import_matplotlib()
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), dpi=100, layout="constrained")
    FigureCanvasAgg(figure)
    figure.suptitle(title, fontsize=11, x=0.01, ha="left", fontweight="bold")
    return figure


def save(figure: Figure, path: Path) -> None:
    """Write a figure in the format that the file's name says, of ``FORMATS``; the same figure gives the same bytes."""
    check_path(path, "path")
    kind = Path(path).suffix.removeprefix(".")
    check_choice(kind, "path", FORMATS)
    with replace_atomic(path) as temporary, disk.opened(temporary) as file:
        figure.savefig(file, format=kind, metadata=UNDATED[kind])


@door(text=TEXT, longest=Whole(1))
def label(text: str, longest: int = 18) -> str:
    """A name short enough for an axis, with a dollar sign as it is: it would start a formula."""
    text = printable(text)
    short = text if len(text) <= longest else text[: longest - 1] + "\N{HORIZONTAL ELLIPSIS}"
    return short.replace("$", r"\$")


def picture(axes: Axes, values: np.ndarray, low: float, high: float, title: str = "") -> None:
    """Draw ``values`` (rows, columns) in grey on ``axes``, ``low`` black and ``high`` white, under a ``title``."""
    axes.imshow(values, cmap="gray", vmin=low, vmax=high, interpolation="nearest")
    axes.set(xticks=[], yticks=[])
    axes.set_title(title, fontsize=8)


def light_grid(axes: Axes) -> None:
    """Faint lines behind what is plotted."""
    axes.grid(color="#E4E4E4", linewidth=0.7)
    axes.set_axisbelow(True)
