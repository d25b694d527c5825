"""Figure 1 of the paper, drawn from any configuration: the layers of the 3D-ConvNet, their maps, sizes and kernels."""

from __future__ import annotations

import itertools
from math import prod
from typing import TYPE_CHECKING, Any

from seqdl.base.drawing import BLUE, INK, VERMILLION, sheet
from seqdl.config import ConvNetConfig
from seqdl.model.geometry import LayerSpec, convnet_layers

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PITCH, MARGIN = 0.96, 0.86
"""Width of a layer's place, and of the names of the rows before the first, in inches."""
FLOOR, TALL, HEIGHT = 1.0, 2.1, 4.1
"""Where the maps stand, how tall a layer may be drawn, and the whole figure, in inches."""
FRAME = 0.022
"""How far each frame of a map is drawn to the right of and above the one before, in inches."""
MAPS, NEURONS = 40, 13
"""At most so many maps and neurons of a layer are drawn; the number stands below."""
SMALLEST = 0.04
"""Side of the smallest map that is drawn, in inches."""

Corner = tuple[float, float]


def architecture(config: ConvNetConfig, classes: int) -> Figure:
    """The layers of the 3D-ConvNet from left to right; a GeometryError for sizes that cannot be.

    Each map is a stack of its frames, its rows and columns to one scale; the maps of a layer stand one above the other.
    What one unit of the next layer sees of the front map is outlined: a kernel, or a window of the sub-sampling.
    """
    layers = convnet_layers(config, classes)
    total = sum(layer.count for layer in layers)
    width = MARGIN + PITCH * len(layers)
    figure = sheet(width, HEIGHT, f"3D-ConvNet: {total:,} trainable parameters")
    axes = figure.add_axes((0, 0, 1, 1), xlim=(0, width), ylim=(0, HEIGHT))
    axes.set_axis_off()
    figure.set_layout_engine("none")
    _, frames, rows, columns = layers[0].output
    scale = min((TALL - 0.5) / rows, (PITCH - 0.14 - min(0.2, FRAME * frames)) / columns)
    spans = []
    for number, layer in enumerate(layers):
        middle = MARGIN + PITCH * (number + 0.5)
        spans.append(_maps(axes, layer, middle, scale) if len(layer.output) > 1 else _neurons(axes, layer, middle))
        _words(axes, layer, middle)
    for number, (source, target) in enumerate(itertools.pairwise(layers)):
        place = MARGIN + PITCH * (number + 1)
        axes.text(place, HEIGHT - 0.43, _operation(source, target, config), ha="center", va="top", fontsize=7.2)
        _link(axes, spans[number], spans[number + 1], _seen(target, config), scale)
    for place, text in ((0.62, "maps"), (0.38, "columns × rows\n× frames"), (0.14, "trainable")):
        axes.text(0.1, place, text, va="center", fontsize=7, color="#5A5A5A")
    key = "outlined: what one unit of the next layer sees of the front map"
    axes.text(width - 0.1, HEIGHT - 0.13, key, ha="right", va="center", fontsize=7.2, color="#5A5A5A")
    return figure


Span = tuple[Corner, Corner, float]
"""A layer on the sheet: lower left and upper right corner of its front map, or of all its neurons, and its top."""


def _maps(axes: Axes, layer: LayerSpec, middle: float, scale: float) -> Span:
    from matplotlib.patches import Rectangle

    maps, frames, rows, columns = layer.output
    wide, tall = max(SMALLEST, columns * scale), max(SMALLEST, rows * scale)
    step = min(FRAME, 0.2 / frames)
    line = 0.5 * step / FRAME
    deep = step * (frames - 1)
    shown = min(maps, MAPS)
    between = min(1.25 * (tall + deep), (TALL - tall - deep) / max(1, shown - 1))
    left = middle - (wide + deep) / 2
    bottom = FLOOR + (TALL - tall - deep - between * (shown - 1)) / 2
    for m in reversed(range(shown)):
        for t in reversed(range(frames)):
            corner = (left + t * step, bottom + m * between + t * step)
            shade = "#FFFFFF" if t == 0 else "#D9D9D9"
            axes.add_patch(Rectangle(corner, wide, tall, facecolor=shade, edgecolor=INK, linewidth=line))
    return (left, bottom), (left + wide, bottom + tall), bottom + between * (shown - 1) + tall + deep


def _neurons(axes: Axes, layer: LayerSpec, middle: float) -> Span:
    from matplotlib.patches import Circle

    count = layer.output[0]
    shown = min(count, NEURONS)
    between = 0.15
    bottom = FLOOR + (TALL - between * (shown - 1)) / 2
    for n in range(shown):
        centre = (middle, bottom + n * between)
        if count > shown and n == shown // 2:
            axes.text(*centre, "⋮", ha="center", va="center", fontsize=10)
        else:
            axes.add_patch(Circle(centre, 0.055, facecolor="white", edgecolor=INK, linewidth=0.6))
    top = bottom + between * (shown - 1)
    return (middle - 0.055, bottom - 0.055), (middle + 0.055, top + 0.055), top + 0.055


def _words(axes: Axes, layer: LayerSpec, middle: float) -> None:
    maps, *size = layer.output
    numbers = " × ".join(map(str, reversed(size)))
    several = "maps" if maps > 1 else "map"
    axes.text(middle, 0.85, layer.name, ha="center", va="center", fontsize=9, fontweight="bold")
    axes.text(middle, 0.62, f"{maps} {several if size else 'neurons'}", ha="center", va="center", fontsize=8)
    axes.text(middle, 0.38, numbers, ha="center", va="center", fontsize=min(8, 96 / max(1, len(numbers))))
    axes.text(middle, 0.14, f"{layer.count:,}" if layer.count else "", ha="center", va="center", fontsize=8)


def _operation(source: LayerSpec, target: LayerSpec, config: ConvNetConfig) -> str:
    """What leads to a layer, in a few words."""
    if target.name.startswith("C"):
        weights = dict(target.shapes)["weight"]
        kernels, kernel = prod(weights[:-3]), weights[-3:]
        return f"convolution\n{kernels} kernels\n{' × '.join(map(str, reversed(kernel)))}"
    if target.name.startswith("R"):
        return f"rectification\n{'|g · y|' if config.rectification == 'gain' else '|y + b|'}"
    if target.name.startswith("S"):
        return f"sub-sampling\n{config.pooling} of {config.pool} × {config.pool}"
    return f"{prod(source.output):,} values\nfully connected"


def _seen(target: LayerSpec, config: ConvNetConfig) -> tuple[int, ...]:
    """What a unit of the target sees of one map of its source, as (frames, rows, columns); nothing for all of it."""
    if target.name.startswith("C"):
        return dict(target.shapes)["weight"][-3:]
    if target.name.startswith("S"):
        return 1, config.pool, config.pool
    return (1, 1, 1) if target.name.startswith("R") else ()


def _link(axes: Axes, source: Span, target: Span, seen: tuple[int, ...], scale: float) -> None:
    from matplotlib.patches import Rectangle

    (left, bottom), (right, top), highest = source
    (into, low), (_, high), target_highest = target
    thin: dict[str, Any] = {"color": VERMILLION, "linewidth": 0.7, "zorder": 4}
    if not seen:  # everything to every neuron
        axes.plot([right + 0.03, into - 0.02], [highest, target_highest], color=BLUE, linewidth=0.7, linestyle="--")
        axes.plot([right + 0.03, into - 0.02], [bottom, low], color=BLUE, linewidth=0.7, linestyle="--")
        return
    _, rows, columns = seen
    wide, tall = min(right - left, columns * scale), min(top - bottom, rows * scale)
    corner = (right - wide - 0.12 * (right - left - wide), bottom + 0.6 * (top - bottom - tall))
    unit = (into + 0.12 * (right - left - wide), low + 0.6 * (high - low))
    axes.add_patch(Rectangle(corner, wide, tall, fill=False, edgecolor=VERMILLION, linewidth=1, zorder=4))
    for end in (corner[1], corner[1] + tall):
        axes.plot([corner[0] + wide, unit[0]], [end, unit[1]], **thin)
    axes.plot(*unit, marker="s", markersize=1.6, **thin)
