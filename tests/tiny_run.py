"""Tiny networks and a finished run of them, for what leaves the house."""

from __future__ import annotations

import numpy as np
from made_up_run import leave_run, made_up_result

from seqdl.config import load
from seqdl.model import checkpoint
from seqdl.model.recogniser import Recogniser

TINY = (
    "backend=numpy",
    "video.rate=25",
    "video.box=person",
    "convnet.frames=9",
    "convnet.rows=20",
    "convnet.columns=18",
    "convnet.c1_maps=2",
    "convnet.c1_kernel=[3,3,3]",
    "convnet.c2_kernel=[3,2,1]",
    "convnet.c3_kernel=[3,2,2]",
    "convnet.c3_maps=3",
    "convnet.hidden=6",
    "lstm.cells=5",
)
"""Windows of 9 frames of which C3 leaves 3, so that the order of the features counts."""


def recogniser(*settings: str, seed: int = 0, classes=("boxing", "running", "walking")) -> Recogniser:
    """Networks of random weights, all different from their beginning."""
    rng = np.random.default_rng(seed)
    made = Recogniser(load(settings=[*TINY, *settings]), tuple(classes), rng)
    for network in {**made.describer.networks, "lstm": made.lstm}.values():
        network.parameters.vector[:] += rng.normal(0, 0.05, network.parameters.vector.size)
    if made.config.lstm.input_scaling == "standardise":
        made.lstm.mean[:] = rng.normal(0, 0.1, made.lstm.inputs)
        made.lstm.deviation[:] = rng.uniform(0.5, 2, made.lstm.inputs)
    return made


def leave(folder, made: Recogniser):
    """A finished run with these networks."""
    result = made_up_result(made.classes) | {"model": made.config.model}
    if made.both:
        result |= {"stages": ["single-step"], "single-step": result["lstm_training"]}
    if made.config.model == "stip-lstm":
        result |= {"convnet": None, "windows": None, "voting": None}
        result["sequences"] = [entry | {"voting": None} for entry in result["sequences"]]
    run = leave_run(folder, result, made.config)
    for name, network in ({made.last: made.both} if made.both else made.networks).items():
        beside = made.beside() if name == made.last else {}
        checkpoint.save(
            run.checkpoint(name), {"theta": network.parameters.vector, **beside}, {"classes": list(made.classes)}
        )
    return run
