"""A warm start: a finished run's networks in place of initial weights (``convnet.warm``, or ``single_step.warm``)."""

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
from seqdl.runs import manifest
from seqdl.runs.folder import RunFolder
from seqdl.runs.manifest import MANIFEST, run_name

OF_TRAINING = {
    "initial", "initial_scale", "initial_subsample_bias", "initial_range", "input_gate_bias", "learning_rate",
    "momentum", "rate_rule", "schedule", "final_rate", "epochs", "patience", "window_step", "copies", "shift",
    "algorithm", "targets", "truncate", "decision", "weight_decay", "dropout", "average", "warm",
}  # fmt: skip
"""Settings of the two networks that may be others than those of the run whose weights are taken."""
OF_CLASSES = ("N2.", "output.")
"""Parameters of which there are as many as classes."""


def start(recogniser: Recogniser, dataset: Dataset, split: Split) -> None:
    """Give a ``recogniser`` the weights of the run that its configuration names.

    In two steps that run may know other classes: then the output layers of both networks begin as they are.

    A UsageError says where that run is no use: of a model without a ConvNet, of other networks, in a single step of
    other actions, or trained on somebody whom the ``split`` of the ``dataset`` tests; a SeqdlError where it is not
    finished, or damaged.
    """
    config, both = recogniser.config, recogniser.both is not None
    run = source(config)
    named = f"{setting(config)} = {run}"
    if not run.there:
        raise UsageError(f"{named}: is no run folder (it has no config.json): name a finished run")
    own = run.config
    if both and own.lstm.input_scaling != "none":
        raise UsageError(
            f"{named}: its LSTM reads features that are scaled (lstm.input_scaling = "
            f"{own.lstm.input_scaling}), which a single step has not: name another run"
        )
    if "convnet" not in model(own.model).sections:
        raise UsageError(f"{named}: a run of {own.model} has no ConvNet: name one of convnet-lstm")
    other = Recogniser.load(run)
    same = other.classes == recogniser.classes
    if both and not same:
        raise UsageError(
            f"{named}: it knows {some(other.classes)}, and here {some(recogniser.classes)} are "
            "learned: name a run on the same classes"
        )
    for section in ("convnet", "lstm", "lcn"):  # the last says what the others see
        here, there = getattr(config, section), getattr(own, section)
        for field in fields(here):
            name = field.name
            if name not in OF_TRAINING and getattr(here, name) != getattr(there, name):
                raise UsageError(
                    f"{named}: its networks are others: {section}.{name} = {getattr(there, name)}, "
                    f"not {getattr(here, name)}: set the same here, or name another run"
                )
    tested, learned = {*split.test, *split.held_back}, set(_learned(run, dataset.name))
    if known := sorted(tested & learned):
        raise UsageError(
            f"{named}: it has learned from {some(known)}, who {'are' if len(known) > 1 else 'is'} "
            "tested here: name a run of the same draw"
        )
    for ours, theirs in (
        (recogniser.lstm, other.lstm),
        (recogniser.describer.networks["convnet"], other.describer.networks["convnet"]),
    ):
        for name, values in theirs.parameters.items():
            if same or not name.startswith(OF_CLASSES):
                ours.parameters[name][...] = values


def setting(config: Config) -> str:
    """The setting that names the run with which a model begins; nothing for a model that has none."""
    kind = model(config.model)
    return "single_step.warm" if kind.as_one else "convnet.warm" if kind.trained else ""


def wanted(config: Config) -> str:
    """The folder that this setting names, empty for initial weights; a UsageError where it has no meaning."""
    if config.convnet.warm and setting(config) != "convnet.warm":
        raise UsageError(f"convnet.warm = {config.convnet.warm}: is for the model convnet-lstm, not for {config.model}")
    if config.convnet.warm and not config.convnet.epochs:
        raise UsageError(
            "convnet.epochs = 0 leaves the ConvNet untrained, convnet.warm begins with a trained one: drop one"
        )
    return config.single_step.warm if model(config.model).as_one else config.convnet.warm


def source(config: Config) -> RunFolder:
    """The run that a configuration begins with; of a cross-validation's folder the one of the same draw and seed.

    Where that has but one draw, which is not that of this run, it is the one of the same seed.
    """
    folder = Path(wanted(config))
    if not (folder / MANIFEST).is_file():
        return RunFolder(folder)
    names, own = manifest.read(folder).draws, run_name(config)
    alone = [name for name in names if name.endswith(own[own.rindex("-") :])]
    return RunFolder(folder / (alone[0] if own not in names and len(alone) == 1 else own))


def _learned(run: RunFolder, dataset: str) -> Iterator[str]:
    """Who of a dataset a run has learned from, and the run that it began with itself."""
    if run.result.dataset.name == dataset:
        yield from run.result.split.train_persons
    if wanted(run.config):
        before = source(run.config)
        if not before.there:
            raise UsageError(
                f"{run} began with {before}, which is gone, and so nobody knows whom that has learned from: bring it "
                "back, or name another run"
            )
        yield from _learned(before, dataset)
