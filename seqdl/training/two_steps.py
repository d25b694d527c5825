"""The paper's training: first the ConvNet on windows, then the LSTM on the features it gives (Sections 2.2 and 3).

Of the model ``stip-lstm`` the second step is all there is.
"""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
from tqdm import tqdm

from seqdl.base import files
from seqdl.datasets.base import Sequence
from seqdl.errors import SeqdlError
from seqdl.model.recogniser import Recogniser
from seqdl.model.updates import Learned, SequenceUpdates, Updates
from seqdl.runs.result import Epoch
from seqdl.stores.frames import Prepared
from seqdl.stores.points import Points
from seqdl.training import loop, samples
from seqdl.training.randomness import generator
from seqdl.training.schedule import Schedule

CHUNK = 200
"""Updates between two looks at the clock: half a second."""


def train_convnet(
    recogniser: Recogniser,
    prepared: Prepared,
    sequences: Iterable[Sequence],
    folder: Path,
    log: list[Epoch],
    after_pass: Callable[[], None],
) -> Schedule:
    """Train the ConvNet online on windows of the training sequences.

    Parameters
    ----------
    recogniser : Recogniser
        Its ConvNet is trained.
    prepared : Prepared
        The store.
    sequences : iterable of Sequence
        The training sequences.
    folder : Path
        The run folder; training goes on from ``convnet.npz`` where that is.
    log : list of Epoch
        A row is added for every pass.
    after_pass : callable
        Called after every pass.

    Returns
    -------
    Schedule
        As it was when training stopped.
    """
    config, net = recogniser.config, recogniser.convnet
    assert net is not None
    section = config.convnet
    velocity, rates = net.parameters.like().vector, net.rates()
    sequences = list(sequences)

    def draw(epoch: int, schedule: Schedule) -> Updates:
        rng = generator(config.seed, config.data.draw, "convnet", epoch)
        return samples.convnet_pass(rng, prepared, sequences, recogniser.classes, section, config.video.empty, schedule)

    def learn(updates: Updates) -> Learned:
        learned = net.run_updates(prepared.frames, updates, velocity, rates, section.momentum)
        files.release(prepared.frames)
        return learned

    stage = loop.Stage(
        name="convnet",
        path=folder / "convnet.npz",
        theta=net.parameters.vector,
        velocity=velocity,
        schedule=Schedule(section),
        draw=draw,
        run=learn,
        extra=dict,
        values={"classes": list(recogniser.classes)},
        settle=5000,
        advice="lower convnet.learning_rate or try another --seed",
        chunk=CHUNK,
    )
    loop.run(stage, log, after_pass)
    return stage.schedule


def train_lstm(
    recogniser: Recogniser,
    prepared: Prepared | Points,
    sequences: Iterable[Sequence],
    folder: Path,
    log: list[Epoch],
    after_pass: Callable[[], None],
) -> Schedule:
    """Train the LSTM online on the trained ConvNet's features of the training sequences, or on their descriptors.

    Parameters
    ----------
    recogniser : Recogniser
        Its LSTM is trained.
    prepared : Prepared or Points
        The store of this model.
    sequences : iterable of Sequence
        The training sequences.
    folder : Path
        The run folder; training goes on from ``lstm.npz`` where that is.
    log : list of Epoch
        A row is added for every pass.
    after_pass : callable
        Called after every pass.

    Returns
    -------
    Schedule
        As it was when training stopped.
    """
    config, net = recogniser.config, recogniser.lstm
    sequences = list(sequences)
    velocity = net.parameters.like().vector
    labels = [recogniser.classes.index(sequence.label) for sequence in sequences]
    recogniser.prior[:] = np.bincount(labels, minlength=len(recogniser.prior)) / len(labels)

    @functools.cache
    def material() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Scaled features, spans and labels: made when a pass needs them, and not for a training that is done."""
        features, spans, labels = training_features(recogniser, prepared, sequences, folder)
        net.fit_scaling(features)
        for first, count in spans:
            features[first : first + count] = net.scaled(features[first : first + count])
            files.release(features)
        return features, spans, labels

    def draw(epoch: int, schedule: Schedule) -> SequenceUpdates:
        _, spans, labels = material()
        return samples.lstm_pass(generator(config.seed, config.data.draw, "lstm", epoch), spans, labels, schedule)

    def learn(updates: SequenceUpdates) -> Learned:
        features, *_ = material()
        learned = net.run_updates(features, updates, velocity, config.lstm.momentum)
        files.release(features)
        return learned

    stage = loop.Stage(
        name="lstm",
        path=folder / "lstm.npz",
        theta=net.parameters.vector,
        velocity=velocity,
        schedule=Schedule(config.lstm),
        draw=draw,
        run=learn,
        extra=recogniser.beside,
        values={"classes": list(recogniser.classes)},
        settle=1000,
        advice="lower lstm.learning_rate or try another --seed",
        chunk=CHUNK,
    )
    loop.run(stage, log, after_pass)
    return stage.schedule


def training_features(
    recogniser: Recogniser, prepared: Prepared | Points, sequences: list[Sequence], folder: Path | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The features of all training sequences and their copies, one after the other; those without a step are left out.

    They may be larger than memory, so they are in a file without a name, which is gone when nobody needs them any more.

    Choice: all copies that ``lstm.copies`` and ``lstm.shift`` ask for are copies of the video, which the ConvNet
    describes anew; of points the descriptors are turned (:func:`seqdl.baseline.stip.turned`).

    Parameters
    ----------
    recogniser : Recogniser
        As for :func:`seqdl.training.samples.steps`.
    prepared : Prepared or Points
        The store of this model.
    sequences : list of Sequence
        The training sequences.
    folder : Path, optional
        On the disk that takes them; absent, the system's for temporary files.

    Returns
    -------
    features : array, (steps, 120) or (steps, 90)
        Memory-mapped; may be written.
    spans : array of int64, (n, 2)
        First step and number of steps of each.
    labels : array of int64, (n,)

    Raises
    ------
    SeqdlError
        Where no sequence has any step, or the disk is full.
    """
    versions = samples.lstm_versions(recogniser.config)
    steps, labels = [], []
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            for sequence in tqdm(sequences, desc="features", unit="seq", disable=None, leave=False):
                for version in versions:
                    features, _ = samples.steps(recogniser, prepared, sequence.name, version)
                    if len(features):
                        file.write(features.tobytes())
                        steps.append(len(features))
                        labels.append(recogniser.classes.index(sequence.label))
            if not steps:
                raise SeqdlError(
                    "no training sequence has any interest point: look at one with seqdl stip VIDEO --overlay"
                )
            file.flush()
            mapped = np.memmap(file, features.dtype, "r+", shape=(sum(steps), features.shape[1]))
    except OSError as error:
        where = folder or tempfile.gettempdir()
        raise SeqdlError(f"cannot write features into {where}: {error.strerror or error}; free some space") from error
    counts = np.array(steps, np.int64)
    return np.asarray(mapped), np.stack([np.cumsum(counts) - counts, counts], axis=1), np.array(labels, np.int64)
