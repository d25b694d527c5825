"""The single step's update on a sequence, and on a crop of it, beside PyTorch's on the same sequence."""

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from experiments.script import Row, Work, in_turn, row, timed
from experiments.speed.page import SINGLE
from seqdl.config import Config
from seqdl.model.convnet import ConvNet
from seqdl.model.lstm_classifier import LSTMClassifier
from seqdl.model.single_step import SingleStep
from seqdl.model.updates import AdamState, SingleStepUpdates

CROP, WINDOWS, FRAMES, CLASSES, LABEL, SEEDS, UPDATES = 30, 92, 100, 6, 2, 5, 20


def network(algorithm: str = "toom_cook", seed: int = 0, form: str = "numba", dtype: Any = np.float32) -> SingleStep:
    """Both networks of the default configuration."""
    config, rng = Config(backend=form), np.random.default_rng(seed)  # type: ignore[arg-type]
    config = replace(config, convnet=replace(config.convnet, algorithm=algorithm))  # type: ignore[arg-type]
    convnet = ConvNet(config.convnet, CLASSES, rng, form, dtype)
    return SingleStep(config, convnet, LSTMClassifier(config.lstm, convnet.features, CLASSES, rng, form, dtype))


def update(net: SingleStep, frames: np.ndarray, steps: int) -> Work:
    """Updates in a row, as trained, with head and dropout, at rates that change nothing to speak of."""
    ones = np.ones(UPDATES, np.int64)
    copy, rates = np.tile([[1, 0, 1, -2]], (UPDATES, 1)), np.full(UPDATES, 1e-9, np.float32)
    updates = SingleStepUpdates(
        0 * ones, steps * ones, LABEL * ones, copy, 5 * ones, rates, rates, np.ones(UPDATES, np.float32)
    )
    state = AdamState.new(net.parameters.vector)
    return timed(partial(net.run_updates, frames, updates, state), UPDATES)


def sequence(seed: int = 1) -> np.ndarray:
    """Normalised frames."""
    return np.random.default_rng(seed).standard_normal((FRAMES, 54, 34), np.float32)


def race(rounds: int, rivals: Any) -> list[Row]:
    """Ours, whole and cropped, then beside each peer."""
    frames, works = sequence(), {}
    works["whole"], works["crop"] = (update(network(), frames, steps) for steps in (WINDOWS, CROP))
    works["forward"] = timed(partial(network().convnet.read, frames, np.arange(WINDOWS)))
    peers = rivals.single_step(network(), frames, LABEL) if rivals else {}
    works |= {name: timed(work, 1, 2) for name, work in peers.items()}
    found = in_turn(works, rounds)
    share = float(np.median(found["crop"]) / np.median(found["whole"]))
    return [
        row(SINGLE, found["whole"]),
        row(f"single step, update on a crop of {CROP} windows", found["crop"], share_of_whole=share),
        row(f"forward alone, {WINDOWS} windows", found["forward"]),
        *(row(f"{SINGLE}: {name}", found["whole"], found[name]) for name in peers),
    ]


def errors(rivals: Any) -> dict[str, list[float]]:
    """The error of the whole gradient against float64, normwise and of each of some seeds."""
    kept: dict[str, list[float]] = {}
    for seed in range(SEEDS):
        exact, frames = network(seed=seed, form="numpy", dtype=np.float64), sequence(seed)[:40]
        exact.parameters.vector[:] = exact.parameters.vector.astype(np.float32)
        truth = exact.loss_and_gradient(frames.astype(np.float64), LABEL, head=1.0)[1]
        for algorithm in ("toom_cook", "direct"):
            net = network(algorithm, seed)
            gradient = net.loss_and_gradient(frames, LABEL, head=1.0)[1]
            kept.setdefault(algorithm, []).append(_error(gradient, truth))
        if rivals:
            gradient = rivals.single_step_gradient(network(seed=seed), frames, LABEL)
            kept.setdefault("PyTorch float32", []).append(_error(gradient, truth))
    return kept


def _error(gradient: np.ndarray, truth: np.ndarray) -> float:
    return float(np.linalg.norm(gradient - truth) / np.linalg.norm(truth))
