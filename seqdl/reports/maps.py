"""Figure 2 of the paper: what the first layer makes of four actions; and the kernels that make it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from seqdl.base.doors import REALS, Array, door
from seqdl.base.drawing import label, picture, sheet
from seqdl.model.convnet import ConvNet
from seqdl.model.convnet_numpy import LayerRow
from seqdl.reports.trained import Look

if TYPE_CHECKING:
    from matplotlib.figure import Figure

INPUT = 3.0
"""The normalised value that is drawn white; its negative is black."""


def c1_maps(convnet: ConvNet, looks: Sequence[Look]) -> Figure:
    """The maps of C1 for a window of each of a few sequences, a row each; the first chosen window of a look is shown.

    Columns: the crop and the network's input in the middle of the window, then the middle frame of each map of C1.
    Black is negative, white is positive; all maps are to one scale.
    """
    length = convnet.config.frames
    c1 = LayerRow(convnet.config, convnet.parameters).layers[0]
    starts = [look.middle(look.chosen[0]) - length // 2 for look in looks]
    outputs = [c1.forward(look.clip.frames[start : start + length][None]) for look, start in zip(looks, starts)]
    shown = np.stack([output[:, output.shape[1] // 2] for output in outputs])
    high = float(np.abs(shown).max())
    figure = sheet(9.2, 0.7 + 1.5 * len(looks), "Maps of C1")
    grid = figure.subplots(len(looks), 2 + shown.shape[1], squeeze=False)
    for axes, look, start, maps in zip(grid, looks, starts, shown):
        first = axes[0] is grid[0, 0]
        middle = start + length // 2
        rows, columns = look.clip.frames.shape[1:]
        border = (look.clip.size[0] - rows) // 2
        crop = look.clip.cut(middle, middle + 1)[0, border : border + rows, border : border + columns]
        picture(axes[0], crop, 0, 1, "frame, cut out" if first else "")
        picture(axes[1], look.clip.frames[middle], -INPUT, INPUT, "network's input" if first else "")
        for m, values in enumerate(maps):
            picture(axes[2 + m], values, -high, high, f"map {m + 1}" if first else "")
        axes[0].set_ylabel(label(look.label))
    figure.supxlabel(f"the middle of one window of {length} frames for each action; maps: black -, white +", fontsize=8)
    return figure


@door(weights=Array("maps frames rows columns", REALS))
def kernels(weights: np.ndarray) -> Figure:
    """The kernels of C1 (maps, frames, rows, columns), each a film of a few frames.

    A row for each kernel, time goes to the right. Grey is 0; black and white are minus and plus the kernel's largest
    weight. Beside it is :func:`change`.
    """
    maps, frames = weights.shape[:2]
    figure = sheet(max(3.6, 1.6 + 0.75 * frames), 0.9 + 0.75 * maps, "Kernels of C1 over time")
    grid = figure.subplots(maps, frames, squeeze=False)
    for m, axes in enumerate(grid):
        high = float(np.abs(weights[m]).max()) or 1.0
        for t, one in enumerate(axes):
            picture(one, weights[m, t], -high, high, f"frame {t + 1}" if m == 0 else "")
        beside = f"map {m + 1}\nchange {change(weights[m]):.0%}"
        axes[0].set_ylabel(beside, rotation=0, ha="right", va="center", fontsize=8)
    noise = f"{1 - 1 / frames:.0%}"
    figure.supxlabel(
        f"grey is 0; change: share of a kernel that is\nnot the same in all frames ({noise} in noise)", fontsize=8
    )
    return figure


@door(kernel=Array("frames rows columns", REALS))
def change(kernel: np.ndarray) -> float:
    """How much of a kernel (frames, rows, columns) answers to change: the share of its squares not in its mean frame.

    It is 0 for a kernel that is the same in all frames, 1 for one whose frames add up to nothing.

    Examples
    --------
    >>> change(np.array([[[1.0]], [[-1.0]]]))
    1.0
    """
    whole = float((kernel**2).sum())
    return 1 - len(kernel) * float((kernel.mean(axis=0) ** 2).sum()) / whole if whole else 0.0
