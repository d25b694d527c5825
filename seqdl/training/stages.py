"""The stages of a training: the describer's own, then the LSTM's on what it says (Sections 2.2 and 3).

With the single-step model both are then trained as one: :mod:`seqdl.training.single_step`.
"""

import functools
import tempfile
from collections.abc import Callable, Mapping
from collections.abc import Sequence as Ordered
from pathlib import Path

import numpy as np

from seqdl.base import disk, files
from seqdl.base.progress import followed
from seqdl.datasets.base import Sequence
from seqdl.errors import SeqdlError
from seqdl.model import targets
from seqdl.model.describers.base import Passes, Stage
from seqdl.model.lstm_classifier import LSTMClassifier
from seqdl.model.recogniser import Recogniser
from seqdl.model.updates import Learned, SequenceUpdates, seeds
from seqdl.stores.base import Store
from seqdl.training import single_step
from seqdl.training.randomness import generator


def stages(recogniser: Recogniser, store: Store, sequences: list[Sequence], folder: Path | None = None) -> list[Stage]:
    """What is trained, in order: the networks of a ``recogniser``, on ``sequences`` of a ``store``.

    What an LSTM learns from is written into a ``folder``, or among the system's temporary files.
    """
    own = recogniser.describer.stages(store, sequences)
    if recogniser.both is None:
        return [*own, _lstm(recogniser, store, sequences, folder)]
    config = recogniser.config
    left_alone = not config.convnet.epochs and (config.single_step.convnet_rate or config.single_step.warm)
    return [*([] if left_alone else own), single_step.stage(recogniser, recogniser.both, store, sequences)]


def _lstm(recogniser: Recogniser, store: Store, sequences: list[Sequence], folder: Path | None) -> Stage:
    """Learn online from sequences of features and all their copies, in random order."""
    net = recogniser.lstm
    shown = [
        recogniser.classes.index(label)
        for sequence in sequences
        for label in (sequence.labels if recogniser.several else sequence.labels[:1])
    ]
    recogniser.prior[:] = np.bincount(shown, minlength=len(recogniser.prior)) / len(sequences)

    @functools.cache
    def material() -> Material:
        """Made when a pass needs it, and not for a training that is done."""
        return scaled(net, *training_features(recogniser, store, sequences, folder))

    return lstm_stage(net, material, recogniser.classes, recogniser.beside())


Material = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Scaled features (steps, N), spans (n, 2) and labels (n,) of sequences, as :func:`training_features` says."""


def scaled(net: LSTMClassifier, features: np.ndarray, spans: np.ndarray, labels: np.ndarray) -> Material:
    """Take the scaling of ``net`` from ``features``, and scale them in place, by their ``spans``; ``labels`` stay."""
    net.fit_scaling(features)
    for first, count in spans:
        features[first : first + count] = net.scaled(features[first : first + count])
        files.release(features)
    return features, spans, labels


def lstm_stage(
    net: LSTMClassifier,
    material: Callable[[], Material],
    classes: Ordered[object],
    beside: Mapping[str, np.ndarray] | None = None,
) -> Stage:
    """Online learning of ``net`` alone from ``material`` of ``classes``, which are for messages.

    ``beside`` is kept in the checkpoint with its parameters.
    """
    section = net.config

    def draw(rng: np.random.Generator, passes: Passes) -> SequenceUpdates:
        _, spans, labels = material()
        order = rng.permutation(len(spans))
        return SequenceUpdates(
            spans[order], labels[order], passes.rates(len(order)), seeds(rng, section.dropout, len(order))
        )

    def learn(updates: SequenceUpdates, velocity: np.ndarray) -> Learned:
        features, *_ = material()
        learned = net.run_updates(features, updates, velocity, section.momentum)
        files.release(features)
        return learned

    def place(updates: SequenceUpdates, k: int) -> str:
        shown = targets.in_words(int(updates.labels[k]), classes, section.loss)
        return f"a copy of a sequence of {shown}, of {updates.spans[k, 1]} steps"

    rate, kept, several = "lstm.learning_rate", dict(beside or {}), targets.sets(section.loss)
    return Stage(
        "lstm", section, net.parameters, draw, learn, rate, settle=1000, beside=kept, place=place, several=several
    )


def training_features(
    recogniser: Recogniser, store: Store, sequences: list[Sequence], folder: Path | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The features of all training sequences and their copies, one after the other; those without a step are left out.

    Features (steps, N) may be written. They may be larger than memory, so they are in a file without a name, which is
    gone when nobody needs them any more. With them come spans (n, 2), the first step and number of steps of each, and
    labels (n,), in int64. The parameters ``recogniser``, ``store``, ``sequences`` and ``folder`` are those of
    :func:`stages`. A SeqdlError says where no sequence has any step, or the disk is full.

    Choice: all copies that ``lstm.copies``, ``lstm.shift`` and ``vary.sequences`` ask for are copies of the video,
    which the ConvNet describes anew; of points the descriptors are turned (:func:`seqdl.baseline.stip.turned`).
    """
    describer, config = recogniser.describer, recogniser.config
    copies, rng = describer.copies(), generator(config.seed, config.data.draw, "vary")
    steps, labels = [], []
    try:
        with disk.nameless(folder) as file:
            versions = (
                (sequence, copy)
                for sequence in followed(sequences, "features", "seq")
                for copy in [*copies, *describer.varied_copies(rng)]
            )
            for sequence, (features, _) in recogniser.describe_all(store, versions):
                if len(features):
                    disk.put(file, features.tobytes())
                    steps.append(len(features))
                    labels.append(targets.target(sequence.labels, recogniser.classes, config.lstm.loss))
            if not steps:
                raise SeqdlError(describer.nothing or "no training sequence has any step")
            file.flush()
            mapped = disk.mapped(file, features.dtype, (sum(steps), features.shape[1]), "r+")
    except OSError as error:
        where = folder or tempfile.gettempdir()
        raise SeqdlError(f"cannot write features into {where}: {error.strerror or error}; free some space") from error
    counts = np.array(steps, np.int64)
    return mapped, np.stack([np.cumsum(counts) - counts, counts], axis=1), np.array(labels, np.int64)
