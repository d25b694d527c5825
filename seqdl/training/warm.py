"""A warm start: the networks of a finished run in place of initial weights (``single_step.warm``)."""

from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

from seqdl.base.words import some
from seqdl.config import Config
from seqdl.datasets.base import Dataset
from seqdl.datasets.splits import Split
from seqdl.errors import UsageError
from seqdl.model.recogniser import Recogniser
from seqdl.models import model
from seqdl.runs.folder import RunFolder
from seqdl.runs.manifest import MANIFEST, run_name

OF_TRAINING = {
    "initial", "initial_scale", "initial_subsample_bias", "initial_range", "input_gate_bias", "learning_rate",
    "momentum", "rate_rule", "schedule", "final_rate", "epochs", "patience", "window_step", "copies", "shift",
    "algorithm", "targets", "truncate", "decision",
}  # fmt: skip
"""Settings of the two networks that may be others than those of the run whose weights are taken."""


def start(recogniser: Recogniser, dataset: Dataset, split: Split) -> None:
    """Give a ``recogniser`` the weights of the run that its configuration names.

    A UsageError says where that run is no use: of a model without a ConvNet, of other actions or other networks, or
    trained on somebody whom the ``split`` of the ``dataset`` tests; a SeqdlError where it is not finished, or damaged.
    """
    config = recogniser.config
    run = source(config)
    if not run.there:
        raise UsageError(f"single_step.warm = {run}: is no run folder (it has no config.json): name a finished run")
    own = run.config
    if own.lstm.input_scaling != "none":
        raise UsageError(
            f"single_step.warm = {run}: its LSTM reads features that are scaled (lstm.input_scaling = "
            f"{own.lstm.input_scaling}), which a single step has not: name another run"
        )
    if "convnet" not in model(own.model).sections:
        raise UsageError(f"single_step.warm = {run}: a run of {own.model} has no ConvNet: name one of convnet-lstm")
    other = Recogniser.load(run)
    if other.classes != recogniser.classes:
        raise UsageError(
            f"single_step.warm = {run}: it knows {some(other.classes)}, and here {some(recogniser.classes)} are "
            "learned: name a run on the same classes"
        )
    for section in ("convnet", "lstm", "lcn"):  # the last says what the others see
        here, there = getattr(config, section), getattr(own, section)
        for field in fields(here):
            name = field.name
            if name not in OF_TRAINING and getattr(here, name) != getattr(there, name):
                raise UsageError(
                    f"single_step.warm = {run}: its networks are others: {section}.{name} = {getattr(there, name)}, "
                    f"not {getattr(here, name)}: set the same here, or name another run"
                )
    tested, learned = {*split.test, *split.held_back}, set(_learned(run, dataset.name))
    if known := sorted(tested & learned):
        raise UsageError(
            f"single_step.warm = {run}: it has learned from {some(known)}, who {'are' if len(known) > 1 else 'is'} "
            "tested here: name a run of the same draw"
        )
    for ours, theirs in (
        (recogniser.lstm, other.lstm),
        (recogniser.describer.networks["convnet"], other.describer.networks["convnet"]),
    ):
        ours.parameters.vector[:] = theirs.parameters.vector


def source(config: Config) -> RunFolder:
    """The run that a configuration begins with; of a cross-validation's folder the one of the same draw and seed."""
    folder = Path(config.single_step.warm)
    return RunFolder(folder / run_name(config) if (folder / MANIFEST).is_file() else folder)


def _learned(run: RunFolder, dataset: str) -> Iterator[str]:
    """Who of a dataset a run has learned from, and the run that it began with itself."""
    if run.result.dataset.name == dataset:
        yield from run.result.split.train_persons
    if model(run.config.model).as_one and run.config.single_step.warm:
        before = source(run.config)
        if not before.there:
            raise UsageError(
                f"single_step.warm = {run}: it began with {before}, which is gone, and so nobody knows whom that has "
                "learned from: bring it back, or name another run"
            )
        yield from _learned(before, dataset)
