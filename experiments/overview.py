"""Draw docs/overview.png: one sequence of each of KTH's six actions, from its frames to the decision over time.

python experiments/overview.py RUN     RUN: a finished run on the embedded dataset
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from seqdl import files
from seqdl.datasets import registry
from seqdl.model.recogniser import Recogniser
from seqdl.video.prepare import prepare
from seqdl.video.windows import usable_starts

TARGET = Path(__file__).resolve().parents[1] / "docs" / "overview.png"


def draw(run: Path) -> Figure:
    """Four rows: a frame with its box, the network's input, C3's 120 values and the LSTM's outputs over time."""
    recogniser = Recogniser.load(run)
    config, classes = recogniser.config, recogniser.classes
    dataset = registry.load(config.data.dataset, variant=config.data.variant)
    tested = files.read_json(run / "result.json")["split"]["test_persons"]
    figure = Figure(figsize=(11, 6.3), layout="constrained")
    axes = figure.subplots(4, len(classes), height_ratios=[1.25, 1.25, 0.9, 0.9])
    for column, label in enumerate(classes):
        sequence = next(s for s in dataset.sequences if s.label == label and s.person == tested[column % len(tested)])
        frames = list(dataset.render(sequence))
        clip = prepare(frames, config.video.box, config, sequence.name)
        starts = usable_starts(clip.seen, config.convnet.frames, 1, 0, config.video.empty)
        features, _ = recogniser.convnet.read(clip.frames, starts)
        decision = recogniser.decide(clip.frames, starts)
        middle, box = len(frames) // 2, clip.boxes
        top, second, third, last = axes[:, column]
        top.imshow(frames[middle], cmap="gray", vmin=0, vmax=255)
        corner = clip.factor * box.left[middle], clip.factor * box.top[middle]
        size = clip.factor * box.width[middle] - 1, clip.factor * box.height[middle] - 1
        top.add_patch(Rectangle(corner, *size, fill=False, edgecolor="limegreen", linewidth=1.5))
        top.set_title(label, fontsize=10)
        second.imshow(clip.frames[middle], cmap="gray", vmin=-3, vmax=3)
        third.imshow(features.T, cmap="coolwarm", vmin=-1, vmax=1, aspect="auto", interpolation="nearest")
        for k, name in enumerate(classes):
            true = name == label
            last.plot(decision.steps[:, k], color="tab:blue" if true else "tab:orange", linewidth=2 if true else 0.8)
        last.set(ylim=(-0.03, 1.03), xlim=(0, len(starts) - 1), yticks=[0, 1] if column == 0 else [])
        right = "right" if decision.lstm == column else f"wrong: {classes[decision.lstm]}"
        last.set_xlabel(right, fontsize=9)
        last.set_xticks([])
        for plain in (top, second, third):
            plain.set(xticks=[], yticks=[])
    names = ["frame and box", "input, 54 x 34", "120 values\nover time", "LSTM's outputs\nover time"]
    for axis, name in zip(axes[:, 0], names):
        axis.set_ylabel(name, fontsize=9)
    return figure


def main(argv: list[str] | None = None) -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path)
    args = parser.parse_args(argv)
    with files.replace_atomic(TARGET) as temporary:
        draw(args.run).savefig(temporary, dpi=90)
    print(TARGET)
    return 0


if __name__ == "__main__":
    sys.exit(main())
