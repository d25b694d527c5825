"""Figure 3 of the paper with real frames: one sequence goes through the ConvNet and the LSTM."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from seqdl.base.doors import REALS, Array, Kind, door
from seqdl.base.drawing import BLUE, GREY, INK, VERMILLION, label, light_grid, picture, sheet
from seqdl.config import LSTMConfig
from seqdl.model.recogniser import Recogniser
from seqdl.reports.maps import INPUT
from seqdl.reports.tables import percent
from seqdl.reports.trained import Look, convnet_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LINES: tuple[dict[str, Any], ...] = (
    {"color": INK, "linewidth": 2.2},
    {"color": BLUE, "linewidth": 1.5, "linestyle": (0, (5, 1.5))},
    {"color": VERMILLION, "linewidth": 1.5, "linestyle": (0, (1.5, 1))},
)
"""Of the classes with the largest outputs, in this order; the others are thin and grey."""


def two_steps(recogniser: Recogniser, look: Look) -> Figure:
    """From the frames of a sequence, in its chosen windows, to its decision.

    From top to bottom: frames with the box, the network's input, the values of C3 for all windows, the LSTM's outputs
    at all steps, and these added up over time.
    """
    from matplotlib.ticker import MaxNLocator

    config, convnet, columns = recogniser.config, convnet_of(recogniser), len(look.chosen)
    named = label(look.name, 60) + (f" ({label(look.label)})" if look.label else "")
    first, second = ("Step 1, ", "Step 2, ") if recogniser.both is None else ("", "")
    figure = sheet(9.6, 8.4, f"{'Two steps' if first else 'A single step'}: {named}")
    grid = figure.add_gridspec(5, columns, height_ratios=(1.0, 1.35, 1.5, 1.0, 1.0))
    for column, step in enumerate(look.chosen.tolist()):
        top, below = figure.add_subplot(grid[0, column]), figure.add_subplot(grid[1, column])
        _frame(top, look, step, config.convnet.frames)
        picture(below, look.clip.frames[look.middle(step)], -INPUT, INPUT)
        if not column:
            top.set_ylabel("frame and box", fontsize=8)
            below.set_ylabel("input", fontsize=8)
    features, outputs, summed = (figure.add_subplot(grid[row, :]) for row in (2, 3, 4))
    described = look.view.steps.features
    high = float(np.abs(described).max()) or 1.0
    last = len(described) - 0.5
    extent = (-0.5, last, described.shape[1], 0)
    maps, *size = convnet.layer("C3").output
    style: dict[str, Any] = {"cmap": "gray", "vmin": -high, "vmax": high, "aspect": "auto", "interpolation": "nearest"}
    features.imshow(described.T, extent=extent, **style)
    heading: dict[str, Any] = {"loc": "left", "fontsize": 9}
    features.set_title(f"{first}3D-ConvNet: each window becomes {described.shape[1]} values", **heading)
    features.set_yticks((np.arange(maps) + 0.5) * np.prod(size), [f"map {m + 1}" for m in range(maps)])
    features.set_ylabel("C3", fontsize=8)
    steps = recogniser.probabilities(look.decision.steps)
    so_far = running(steps, config.lstm)
    order = np.argsort(-so_far[-1], kind="stable")
    for axes, values in ((outputs, steps), (summed, so_far)):
        _lines(axes, values, order, recogniser.classes)
    outputs.set_title(f"{second}LSTM: its outputs at each step", **heading)
    outputs.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), fontsize=8, frameon=False, reverse=True)
    summed.set_title(_decided(recogniser, look, so_far[-1]), **heading)
    summed.set_xlabel("step (window)")
    summed.xaxis.set_major_locator(MaxNLocator(integer=True))
    for axes in (features, outputs, summed):
        axes.set_xlim(-0.5, last)
        axes.tick_params(labelsize=8, labelbottom=axes is summed)
        for step in look.chosen:
            axes.axvline(step, color=VERMILLION if axes is features else GREY, linewidth=1, linestyle=":")
    return figure


@door(outputs=Array("steps classes", REALS), config=Kind((LSTMConfig,)))
def running(outputs: np.ndarray, config: LSTMConfig) -> np.ndarray:
    """What the decision rests on at each step: the mean of the outputs up to it, or where the last decides, its own."""
    if config.decision == "last":
        return outputs
    return np.cumsum(outputs, axis=0) / np.arange(1, len(outputs) + 1)[:, None]


def _frame(axes: Axes, look: Look, step: int, length: int) -> None:
    """The frame in the middle of a window, with the box."""
    middle = look.middle(step)
    start = middle - length // 2
    picture(axes, look.frames[middle], 0, 255, f"step {step}\nframes {start}–{start + length - 1}")
    outline(axes, look, middle)


def outline(axes: Axes, look: Look, frame: int) -> None:
    """Draw the box around the person on ``axes`` that show a ``frame``, by its number, of a ``look``."""
    from matplotlib.patches import Rectangle

    box, factor = look.clip.boxes, look.clip.factor
    corner = factor * box.left[frame] - 0.5, factor * box.top[frame] - 0.5
    size = factor * box.width[frame], factor * box.height[frame]
    for colour, width in (("black", 2.6), ("white", 1.2)):
        axes.add_patch(Rectangle(corner, *size, fill=False, edgecolor=colour, linewidth=width, clip_on=True))


def _lines(axes: Axes, values: np.ndarray, order: np.ndarray, classes: Sequence[str]) -> None:
    for rank, k in reversed(list(enumerate(order.tolist()))):
        known = rank < len(LINES)
        name = label(classes[k]) if known else "others" if rank == len(LINES) else None
        style: dict[str, Any] = LINES[rank] if known else {"color": GREY, "linewidth": 0.7}
        axes.plot(values[:, k], label=name, marker="." if len(values) == 1 else None, **style)
    axes.set_ylim(-0.04, 1.04)
    axes.set_ylabel("output", fontsize=8)
    light_grid(axes)


def _decided(recogniser: Recogniser, look: Look, last: np.ndarray) -> str:
    """The decision in words."""
    decision, classes = look.decision, recogniser.classes
    kind = "the last step decides" if recogniser.config.lstm.decision == "last" else "the mean so far decides"

    def named(chosen: int, share: float, of: str) -> str:
        verdict = "" if not look.label else ", right" if classes[chosen] == look.label else ", wrong"
        return f"{label(classes[chosen])} ({percent(share)}{of}{verdict})"

    by_lstm = named(decision.lstm, float(last[decision.lstm]), "")
    voted = decision.ways["voting"]
    by_voting = named(voted, float(decision.votes[voted]), " of the windows")
    return f"Decision: {kind}: {by_lstm}\nWithout the LSTM, by voting: {by_voting}"
