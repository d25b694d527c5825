"""How a decision goes over time, as a figure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from seqdl.base.drawing import GREY, INK, label, light_grid, require, sheet, style
from seqdl.show.course import Course

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LINES = (
    ("#0072B2", "-"),
    ("#D55E00", "--"),
    ("#009E73", "-."),
    ("#CC79A7", ":"),
    ("#E69F00", (0, (5, 1, 1, 1, 1, 1))),
)
"""Colours and dashes of the classes that have a line of their own; others share a thin grey one."""
Stretch = tuple[float, float, str]
"""From when to when there was one label, and which."""


def curves(course: Course, stretches: Sequence[Stretch], title: str) -> Figure:
    """The probabilities over time: of each step above, and decided so far below; between them the ``stretches``.

    A SeqdlError where matplotlib, an optional dependency, is absent.
    """
    require()
    with style():
        figure = sheet(7.2, 4.6, title)
        above, band, below = figure.subplots(3, 1, sharex=True, height_ratios=(5, 1, 5))
        peaks = np.vstack([course.total[None], course.steps, course.so_far]).max(axis=0)
        order = np.argsort(-peaks, kind="stable").tolist()
        named = dict(zip(order, LINES))
        for axes, values, what in ((above, course.steps, "each step"), (below, course.so_far, "so far")):
            for k in reversed(order):
                colour, dash = named.get(k, (GREY, "-"))
                text = label(course.classes[k]) if k in named and axes is above else None
                width = 1.6 if k in named else 0.6
                axes.plot(course.times, values[:, k], color=colour, linestyle=dash, linewidth=width, label=text)
            axes.set(ylim=(-0.02, 1.02), ylabel=f"{what}:\nprobability")
            light_grid(axes)
        if not len(course.steps):
            above.text(
                0.5, 0.5, "no step: decided by how frequent each action was", transform=above.transAxes, ha="center"
            )
        colours = {label(course.classes[k]): colour for k, (colour, _) in named.items()}
        for first, last, name in stretches:
            band.axvspan(first, last, color=colours.get(label(name), GREY), alpha=0.35, linewidth=0)
            band.axvline(first, color=INK, linewidth=0.6)
            band.text((first + last) / 2, 0.5, label(name, 12), ha="center", va="center", fontsize=7, clip_on=True)
        band.set(yticks=[], ylim=(0, 1))
        below.set_xlabel("seconds")
        figure.legend(loc="outside lower center", ncols=5, frameon=False)
        return figure
