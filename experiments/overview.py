"""Draw docs/overview.png: one sequence of each of KTH's six actions, from its frames to the decision over time.

python -m experiments.overview RUN     RUN: a finished run on the embedded dataset
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from experiments import script
from seqdl.base import drawing, files
from seqdl.reports import trained
from seqdl.reports.maps import INPUT
from seqdl.reports.two_steps import outline
from seqdl.runs.folder import RunFolder

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TARGET = script.DOCS / "overview.png"


def draw(run: Path) -> Figure:
    """Four rows: a frame with its box, the network's input, C3's 120 values and the LSTM's outputs over time."""
    one = trained.open_trained(RunFolder(run))
    dataset, recogniser = trained.tested(one), one.recogniser
    config, classes = recogniser.config, recogniser.classes
    figure = drawing.sheet(11, 6.5, "One sequence of each action, from its frames to the decision")
    axes = figure.subplots(4, len(classes), height_ratios=[1.25, 1.25, 0.9, 0.9])
    for column, label in enumerate(classes):
        person = dataset.persons[column % len(dataset.persons)]
        sequence = next(s for s in dataset.sequences if (s.label, s.person) == (label, person))
        look = trained.look(one, dataset, sequence, 3)
        middle = sorted(look.frames)[1]
        top, second, third, last = axes[:, column]
        drawing.picture(top, look.frames[middle], 0, 255)
        outline(top, look, middle)
        top.set_title(label, fontsize=10)
        drawing.picture(second, look.clip.frames[middle], -INPUT, INPUT)
        third.imshow(look.view.steps.features.T, cmap="gray", vmin=-1, vmax=1, aspect="auto", interpolation="nearest")
        for k, name in enumerate(classes):
            style = {"color": drawing.BLUE, "linewidth": 2, "zorder": 3} if name == label else {"color": drawing.GREY}
            last.plot(look.decision.steps[:, k], **{"linewidth": 0.8, **style})
        last.set(ylim=(-0.03, 1.03), xlim=(0, len(look.view.times) - 1), yticks=[0, 1] if column == 0 else [])
        right = "right" if look.decision.lstm == column else f"wrong: {classes[look.decision.lstm]}"
        last.set_xlabel(right, fontsize=9)
        for plain in (third, last):
            plain.set_xticks([])
        third.set_yticks([])
    rows, columns = config.convnet.rows, config.convnet.columns
    names = ["frame and box", f"input, {rows} x {columns}", "120 values\nover time", "LSTM's outputs\nover time"]
    for axis, name in zip(axes[:, 0], names):
        axis.set_ylabel(name, fontsize=9)
    return figure


def work(args: argparse.Namespace) -> int:
    """Draw it."""
    with drawing.style(), files.replace_atomic(TARGET) as temporary:
        draw(args.run).savefig(temporary, dpi=90, metadata=drawing.UNDATED["png"])
    print(TARGET)
    return 0


main = script.command(
    "overview",
    "Draw the README's picture from a finished run on the embedded dataset.",
    work,
    script.option("run", type=Path, metavar="RUN"),
)

if __name__ == "__main__":
    sys.exit(main())
