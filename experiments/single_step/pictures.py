"""The pictures of docs/single-step.md: accuracy against the seconds of a run, a picture for each dataset."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from experiments.single_step import page, plan
from experiments.single_step.kept import Kept
from seqdl.base import drawing, files

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WAYS = {"lstm": ("LSTM", "-"), "voting": ("voting", ":")}
OTHERS = {recipe: title for recipe, title in plan.SINGLE_STEP.items() if recipe not in plan.FROM_SCRATCH}
KINDS = (
    ("two steps", plan.TWO_STEPS, drawing.BLUE, "o"),
    ("single step", plan.FROM_SCRATCH, drawing.VERMILLION, "s"),
    ("after other training", OTHERS, drawing.INK, "D"),
)
"""What is drawn alike; the first two are curves."""
SHORT = {
    "single single_step.epochs=14": "14",
    "single single_step.crops=1": "one crop",
    "single": "55",
    "warm": "warm",
    "frozen": "frozen",
    "single single_step.warm=best": "tuned",
} | {recipe: title.split()[2] for recipe, title in plan.TWO_STEPS.items()}
"""What stands beside a mark: passes, or a word."""
TICKS = [digit * 10**power for power in range(5) for digit in (1, 1.5, 2, 3, 5, 7)]
SOURCE = "Source"
"""The entry of a picture's file that tells what it was drawn from."""


class Point(NamedTuple):
    """A recipe in a picture: seconds, accuracy and its standard error over persons in per cent, and the runs."""

    recipe: str
    seconds: float
    accuracy: float
    error: float
    runs: int


def points(name: str, way: str, kept: Mapping[str, Kept], costs: Mapping[str, float]) -> list[Point]:
    """What is drawn of a dataset, for one way to a decision."""
    found, seconds = [], page.of(name, costs)
    for recipe, one in page.of(name, kept).items():
        if recipe in seconds and recipe not in plan.CONTROLS:
            error = page.error(list(one.by_person(way).values()))
            mean = float(one.accuracies(way).mean())
            found.append(
                Point(recipe, round(seconds[recipe], 1), round(100 * mean, 2), round(100 * error, 2), len(one.runs))
            )
    return found


def curves(name: str, kept: Mapping[str, Kept], costs: Mapping[str, float]) -> "Figure":
    """Accuracy of the LSTM and of voting against the seconds of a run."""
    figure = drawing.sheet(6.4, 3.9, plan.EXPERIMENTS[name].title)
    axes = figure.subplots()
    drawing.light_grid(axes)
    for way, (said, line) in WAYS.items():
        known = points(name, way, kept, costs)
        for kind, recipes, colour, mark in KINDS:
            here = [point for point in known if point.recipe in recipes]
            if not here:
                continue
            joined = "none" if recipes is OTHERS else line
            axes.errorbar(
                [point.seconds for point in here],
                [point.accuracy for point in here],
                [point.error for point in here],
                color=colour,
                ecolor=colour + "55",
                marker=mark,
                markerfacecolor=colour if way == "lstm" else "white",
                linestyle=joined,
                markersize=5,
                linewidth=1.2,
                label=f"{kind}: {said}",
            )
            if way == "lstm":
                for point in here:
                    where = {"xytext": (4, 4), "textcoords": "offset points", "fontsize": 7}
                    axes.annotate(SHORT[point.recipe], (point.seconds, point.accuracy), color=colour, **where)
    axes.set_xscale("log")
    axes.set(xlabel="seconds of the processor for one run", ylabel="accuracy on unseen persons, %")
    low, high = axes.get_xlim()
    axes.set_xticks([], minor=True)
    axes.set_xticks([tick for tick in TICKS if low <= tick <= high], labels=None)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    figure.legend(fontsize=7, loc="outside lower center", ncols=len(KINDS))
    return figure


def source(name: str, kept: Mapping[str, Kept], costs: Mapping[str, float]) -> str:
    """What a picture is drawn from, in few letters."""
    return files.digest({way: points(name, way, kept, costs) for way in WAYS})


def save(figure: "Figure", path: Path, drawn_from: str) -> None:
    """Write a picture that tells what it was drawn from."""
    metadata: dict[str, Any] = drawing.UNDATED["png"] | {SOURCE: drawn_from}
    with files.replace_atomic(path) as temporary:
        figure.savefig(temporary, format="png", metadata=metadata)


def draw(folder: Path, kept: Mapping[str, Kept], costs: Mapping[str, float]) -> None:
    """Draw every dataset of which something is measured, and leave no picture of another."""
    folder.mkdir(exist_ok=True)
    with drawing.style():
        for name in plan.DATASETS:
            path = folder / f"{name}.png"
            if page.drawn(name, kept, costs):
                save(curves(name, kept, costs), path, source(name, kept, costs))
            else:
                path.unlink(missing_ok=True)
