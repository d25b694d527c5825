"""How the LSTM's error gets through steps and layers: norms of the gradient before, halfway and after training."""

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from experiments import access
from experiments.single_step import pictures, plan
from seqdl.base import cli, drawing, files
from seqdl.config import Config
from seqdl.datasets import choose
from seqdl.evaluation import job
from seqdl.model.recogniser import Recogniser
from seqdl.model.single_step_numpy import NumpySingleStep
from seqdl.reports.tables import Table, markdown
from seqdl.runs.folder import RunFolder
from seqdl.runs.result import Epoch

if TYPE_CHECKING:
    from matplotlib.figure import Figure

STEPS = 40
"""Windows of a crop, from the beginning of a sequence."""
WHEN = ("before training", "halfway", "after training")
Crops = Mapping[str, tuple[np.ndarray, int]]


def measure(config: Config, steps: int = STEPS) -> dict[str, Any]:
    """Train once, and before, halfway and after take the gradients of a crop of each class."""
    dataset, split = choose.choose(config)
    config = choose.with_own(config, dataset)
    recogniser, store = job.new_recogniser(config, dataset), job.prepare(config, dataset, 1)
    learning = [one for one in store.usable(dataset) if one.person in split.train]
    crops = crops_of(recogniser, store, learning, steps)
    passes = config.single_step.epochs
    found = {0: norms(recogniser, crops)}

    def on_pass(epoch: Epoch) -> None:
        if epoch.stage == recogniser.last and epoch.epoch in (passes // 2, passes):
            found[epoch.epoch] = norms(recogniser, crops)

    with tempfile.TemporaryDirectory() as folder:
        job.train_stages(recogniser, store, learning, RunFolder(Path(folder)), cli.say, on_pass)
    states = [{"pass": number, **values} for number, values in found.items()]
    return {"environment": access.environment(), "steps": steps, "crops": list(crops), "states": states}


def crops_of(recogniser: Recogniser, store: Any, sequences: list[Any], steps: int) -> dict[str, tuple[np.ndarray, int]]:
    """The frames of the first windows, and the class, of the first sequence of each class that is so long."""
    found: dict[str, tuple[np.ndarray, int]] = {}
    step, frames = recogniser.config.lstm.window_step, recogniser.config.convnet.frames
    length = (steps - 1) * step + frames
    for label, name in enumerate(recogniser.classes):
        for one in sequences:
            starts = recogniser.describer.starts_of(store, one.name)
            if one.label == name and len(starts) >= steps and starts[steps - 1] - starts[0] == (steps - 1) * step:
                found[one.name] = np.array(store.frames[starts[0] : starts[0] + length]), label
                break
    return found


def norms(recogniser: Recogniser, crops: Crops) -> dict[str, Any]:
    """Of the LSTM alone its mean loss, and the norms of its gradient by steps' features and by layers' parameters.

    Norms are root mean squares over the crops.
    No head, no dropout, and the error as it comes. The gradient by a step's features is times the number of steps, that
    of a loss which is not averaged over them.
    """
    both = recogniser.both
    assert both is not None
    network = NumpySingleStep(recogniser.config, both.parameters)
    layers = [layer.name for layer in both.layers if layer.shapes and layer.name not in ("N1", "N2")]
    losses, by_step, by_layer = [], [], []
    for frames, label in crops.values():
        value, dx = network.learn_features(network.describe(frames), label)
        network.describe_back(dx)
        losses.append(float(value))
        by_step.append(len(dx) * np.linalg.norm(dx, axis=1))
        squares = dict.fromkeys(layers, 0.0)
        for name, gradient in network.gradient.items():
            layer = name.partition(".")[0]
            if layer in squares:
                squares[layer] += float((gradient**2).sum())
        by_layer.append(np.sqrt(list(squares.values())))
    return {
        "loss": _short(np.mean(losses)),
        "steps": [_short(value) for value in _root_mean_square(by_step)],
        "layers": dict(zip(layers, map(_short, _root_mean_square(by_layer)))),
    }


def _root_mean_square(rows: list[Any]) -> np.ndarray:
    return np.sqrt(np.mean(np.square(rows), axis=0))


def _short(value: Any) -> float:
    return float(f"{value:.3g}")


def block(record: Mapping[str, Any]) -> str:
    """What the page says: norms by layer, and how much more error the first steps get than the last."""
    states = record["states"]
    rows = [["mean loss", *(f"{state['loss']:.3g}" for state in states)]]
    rows += [[name, *(f"{state['layers'][name]:.2g}" for state in states)] for name in states[0]["layers"]]
    third = record["steps"] // 3
    for name, part in (("first", slice(None, third)), ("last", slice(-third, None))):
        means = [np.mean(state["steps"][part]) for state in states]
        rows.append([f"features of the {name} third of the steps", *(f"{mean:.2g}" for mean in means)])
    passes = [f"{when} (pass {state['pass']})" for when, state in zip(WHEN, states, strict=True)]
    picture = f"![Norms of the gradient by step and by layer]({plan.PICTURES}/gradients.png)"
    return f"{picture}\n\n{markdown(Table(['norm of the gradient by', *passes], rows))}"


def curves(record: Mapping[str, Any]) -> "Figure":
    """Norms by step and by layer."""
    figure = drawing.sheet(6.4, 3.4, "The LSTM's error on its way back")
    left, right = figure.subplots(1, 2)
    colours = (drawing.GREY, drawing.BLUE, drawing.VERMILLION)
    for when, state, colour, mark in zip(WHEN, record["states"], colours, "^os"):
        look = {"color": colour, "marker": mark, "markersize": 3, "linewidth": 1.2, "label": when}
        left.plot(range(1, record["steps"] + 1), state["steps"], **look)
        right.plot(list(state["layers"]), list(state["layers"].values()), **look)
    left.set(xlabel="step", ylabel="norm of the gradient", yscale="log", title="by the features of a step")
    right.set(yscale="log", title="by the parameters of a layer")
    right.tick_params(axis="x", labelrotation=60)
    for axes in (left, right):
        drawing.light_grid(axes)
        axes.title.set_fontsize(9)
    left.legend(fontsize=7)
    return figure


def source(record: Mapping[str, Any]) -> str:
    """What the picture is drawn from, in few letters."""
    return files.digest(record["states"])


def draw(folder: Path, record: Mapping[str, Any]) -> None:
    """Draw the record."""
    with drawing.style():
        pictures.save(curves(record), folder / "gradients.png", source(record))
