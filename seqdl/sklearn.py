"""The networks as estimators of scikit-learn (extra ``sklearn``): of videos, and the LSTM alone of any sequences.

Such as ``SeqdlClassifier(settings=["convnet.epochs=4"]).fit(paths, labels).predict(others)``.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from seqdl.base.files import temporarily
from seqdl.base.words import some
from seqdl.config import Config, LSTMConfig, load
from seqdl.datasets import choose
from seqdl.datasets.base import Dataset
from seqdl.datasets.base import Sequence as Clip
from seqdl.errors import SeqdlError
from seqdl.evaluation import job
from seqdl.exchange import back, named
from seqdl.model import describers, targets
from seqdl.model.lstm_classifier import LSTMClassifier
from seqdl.model.recogniser import Recogniser
from seqdl.presets import preset as preset_of
from seqdl.runs.folder import RunFolder
from seqdl.stores.base import Store
from seqdl.stores.footage import rate_of, taken
from seqdl.training import loop
from seqdl.training.randomness import generator
from seqdl.training.stages import lstm_stage, scaled

try:
    from sklearn.base import BaseEstimator, ClassifierMixin
    from sklearn.utils.multiclass import check_classification_targets
    from sklearn.utils.validation import check_is_fitted, check_random_state, column_or_1d, validate_data
except ImportError as error:
    raise ImportError('seqdl.sklearn needs scikit-learn: pip install "seqdl[sklearn]"') from error


class SeqdlClassifier(ClassifierMixin, BaseEstimator):
    """The whole system as a classifier of videos.

    X is a list of paths, or of arrays of uint8, (T, height, width) grey or (T, height, width, 3) RGB, of any lengths.

    Parameters
    ----------
    settings : sequence of str
        As ``--set``, such as ``["convnet.epochs=4"]``; of the sections ``data`` nothing has a meaning here.
    preset : str
        The recipe that they change.
    seed, draw : int
        Of all random draws: those of a run with this seed and this draw.
    everybody : sequence
        All persons of a leave-one-out over persons: whoever is missing among ``persons`` in ``fit`` says which draw it
        is, counted from 1 in the order of their names, as ``seqdl crossval`` counts.
    box : {"person", "track", "centre", "whole"}
        How the person is found where the settings leave it open.
    rate : float, optional
        Frames a second of arrays; 25 where absent.
    workers : int
        Processes that prepare video.

    Attributes
    ----------
    classes_ : array, (classes,)
        The labels, sorted.
    arrays_ : dict of str to array
        The trained networks by name.
    config_ : Config
        All settings.
    """

    def __init__(
        self,
        settings: Sequence[str] = (),
        preset: str = "paper",
        seed: int = 0,
        draw: int = 1,
        everybody: Sequence[str] = (),
        box: str = "person",
        rate: float | None = None,
        workers: int = 1,
    ) -> None:
        self.settings, self.preset, self.seed, self.draw = settings, preset, seed, draw
        self.everybody, self.box, self.rate, self.workers = everybody, box, rate, workers

    def __sklearn_tags__(self) -> Any:
        """What scikit-learn must know: X is no matrix."""
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array, tags.no_validation = False, True
        return tags

    def fit(self, X: Sequence[Any], y: Sequence[Any], persons: Sequence[str] | None = None) -> SeqdlClassifier:
        """Train on videos.

        Parameters
        ----------
        X, y : sequence, sequence
            The videos and their labels.
        persons : sequence, optional
            Who acts in each video; only for ``everybody``.

        Raises
        ------
        ValueError
            For X and y of different lengths, or a single class.
        SeqdlError
            For a video that cannot be used, naming it, and settings that cannot be.
        """
        if isinstance(X, str | Path):
            raise ValueError("X: expected a list of paths or arrays, got one path")
        labels = _labels(X, y)
        self.classes_ = np.unique(labels)
        if len(self.classes_) < 2:
            raise ValueError(f"y: a classifier needs at least two classes, got {len(self.classes_)} class")
        draw = self.draw
        if persons is not None and len(self.everybody):
            missing = [n for n, person in enumerate(sorted(set(self.everybody)), 1) if person not in set(persons)]
            draw = missing[0] if len(missing) == 1 else draw
        config = load(settings=self.settings, base=preset_of(self.preset))
        config = load(settings=[f"seed={self.seed}", f"data.draw={draw}"], base=config)
        dataset = _dataset(X, labels, self.classes_, config, self.box, self.rate)
        self.config_ = named.without_places(choose.with_own(config, dataset))
        store = _store(self.config_, dataset, self.workers)
        recogniser = job.new_recogniser(self.config_, dataset)
        with tempfile.TemporaryDirectory() as folder, temporarily(Path(folder)):
            job.train_stages(recogniser, store, list(dataset.sequences), RunFolder(Path(folder)))
        self.arrays_ = {name: a.copy() for name, a in named.arrays(recogniser).items()}
        return self

    @property
    def recogniser_(self) -> Recogniser:
        """The networks, as the Python interface has them."""
        check_is_fitted(self)
        made = Recogniser(self.config_, tuple(map(str, self.classes_)))
        back.fill(made, self.arrays_, "the estimator")
        return made

    def predict_proba(self, X: Sequence[Any]) -> np.ndarray:
        """The probabilities (n, classes) of videos ``X``; a SeqdlError names one that cannot be used."""
        recogniser = self.recogniser_
        if not len(X):
            return np.empty((0, len(self.classes_)))
        dataset = _dataset(X, None, self.classes_, self.config_, self.box, self.rate)
        store = _store(self.config_, dataset, self.workers)
        order = {sequence.name: int(sequence.extra["index"]) for sequence in dataset.sequences}
        found = np.empty((len(X), len(self.classes_)))
        for name, index in order.items():
            decision = recogniser.decide(recogniser.describer.describe(store, name))
            said = recogniser.probabilities(decision.accumulated)
            found[index] = said / said.sum() if recogniser.several else said
        return found

    def predict(self, X: Sequence[Any]) -> np.ndarray:
        """The labels (n,) of videos ``X``; errors as of :meth:`predict_proba`."""
        return self.classes_[self.predict_proba(X).argmax(axis=1)]


class LSTMSequenceClassifier(ClassifierMixin, BaseEstimator):
    """The paper's LSTM alone, trained online, as a classifier of sequences.

    X is a list of arrays (channels, time), of any lengths, or an array (n, channels, time) or (n, time).

    Parameters
    ----------
    cells, epochs : int
        LSTM cells; passes over the sequences.
    learning_rate, momentum : float
        One update a sequence.
    forget_gate : bool
        A later addition to the cell.
    input_scaling : {"standardise", "none"}
        Whether channels are scaled to mean 0 and deviation 1 over the training sequences.
    settings : sequence of str
        More settings of the section ``lstm``, such as ``["lstm.peepholes=true"]``.
    backend : {"numba", "numpy"}
        The compiled form, which takes seconds to compile for new sizes, or the equations.
    random_state : int, RandomState or None
        For initial weights and the order of learning.

    Attributes
    ----------
    classes_, n_channels_ : array, (classes,), and int
        The labels, sorted; channels of a sequence.
    """

    def __init__(
        self,
        cells: int = 50,
        epochs: int = 10,
        learning_rate: float = 0.05,
        momentum: float = 0.9,
        forget_gate: bool = False,
        input_scaling: str = "standardise",
        settings: Sequence[str] = (),
        backend: str = "numba",
        random_state: Any = None,
    ) -> None:
        self.cells, self.epochs, self.learning_rate, self.momentum = cells, epochs, learning_rate, momentum
        self.forget_gate, self.input_scaling, self.settings = forget_gate, input_scaling, settings
        self.backend, self.random_state = backend, random_state

    def __sklearn_tags__(self) -> Any:
        """What scikit-learn must know: a sequence has a past, so that its accuracy on points of a plane is poor."""
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array, tags.classifier_tags.poor_score = True, True
        tags.non_deterministic = False
        return tags

    def fit(self, X: Any, y: Any) -> LSTMSequenceClassifier:
        """Train on sequences ``X`` with labels ``y``; a ValueError for what is none, a SeqdlError for a collapse."""
        if _is_list(X):
            y = _labels(X, y)
        else:
            X, y = validate_data(self, X, y, allow_nd=True, dtype=np.float64, ensure_min_features=1)
            check_classification_targets(y)
        self.classes_, labels = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(f"y: a classifier needs at least two classes, got {len(self.classes_)} class")
        self.n_channels_ = 0
        sequences = self._sequences(X)
        seed = int(check_random_state(self.random_state).randint(2**31 - 1))
        self.n_channels_ = sequences[0].shape[1]
        net = self._net(generator(seed, 1, "initial weights"))
        counts = np.array(list(map(len, sequences)), np.int64)
        spans = np.stack([np.cumsum(counts) - counts, counts], axis=1)
        labels = 1 << labels if targets.sets(net.config.loss) else labels
        material = scaled(net, np.concatenate(sequences), spans, labels.astype(np.int64))
        with tempfile.TemporaryDirectory() as folder, temporarily(Path(folder)):
            stage = lstm_stage(net, lambda: material)
            log = loop.train(stage, Path(folder, "lstm.npz"), (seed, 1), {}, [], job.silent).passes
        self.n_iter_ = len(log)
        self.parameters_, self.mean_, self.deviation_ = net.parameters.vector, net.mean, net.deviation
        return self

    def predict_proba(self, X: Any) -> np.ndarray:
        """The probabilities (n, classes) of sequences ``X``; a ValueError for what is none."""
        check_is_fitted(self)
        if not _is_list(X):
            X = validate_data(self, X, allow_nd=True, dtype=np.float64, reset=False)
        sequences = self._sequences(X)
        net = self._net(None)
        net.parameters.vector[:] = self.parameters_
        net.mean[:], net.deviation[:] = self.mean_, self.deviation_
        config, found = self._config(), []
        for sequence in sequences:
            said = net.read(sequence).astype(np.float64)
            one = said.mean(axis=0) if config.decision == "accumulate" else said[-1]
            one = (one + 1) / 2 + 1e-6 if config.loss == "squared_error" else one
            found.append(one / one.sum())
        return np.array(found)

    def predict(self, X: Any) -> np.ndarray:
        """The labels (n,) of sequences ``X``."""
        probabilities = self.predict_proba(X)
        return self.classes_[probabilities.argmax(axis=1)]

    def _config(self) -> LSTMConfig:
        given = {
            "cells": self.cells,
            "epochs": self.epochs,
            "learning_rate": self.learning_rate,
            "momentum": self.momentum,
            "forget_gate": str(self.forget_gate).lower(),
            "input_scaling": self.input_scaling,
        }
        for setting in self.settings:
            if not setting.startswith("lstm."):
                raise SeqdlError(f"settings={setting}: the LSTM alone has settings of the section lstm only")
        return load(settings=[*(f"lstm.{name}={value}" for name, value in given.items()), *self.settings]).lstm

    def _net(self, rng: np.random.Generator | None) -> LSTMClassifier:
        return LSTMClassifier(self._config(), self.n_channels_, len(self.classes_), rng, self.backend)

    def _sequences(self, X: Any) -> list[np.ndarray]:
        """Sequences as the LSTM reads them, (steps, channels) of float32; a ValueError for others."""
        found: list[np.ndarray] = []
        for number, x in enumerate(X):
            a = np.asarray(x, np.float64)
            a = a[None] if a.ndim == 1 else a
            if a.ndim != 2 or not a.size:
                raise ValueError(f"X[{number}]: expected an array (channels, time), got shape {a.shape}")
            wanted = self.n_channels_ or (found[0].shape[1] if found else len(a))
            if len(a) != wanted:
                raise ValueError(f"X[{number}]: expected {wanted} channels, got {len(a)}")
            if not np.isfinite(a).all():
                raise ValueError(f"X[{number}]: NaN or infinite values")
            found.append(np.ascontiguousarray(a.T, np.float32))
        return found


def _is_list(X: Any) -> bool:
    """Whether X is a list of arrays (channels, time), and no matrix."""
    return isinstance(X, list | tuple) and bool(len(X)) and np.ndim(X[0]) == 2


def _labels(X: Sequence[Any], y: Any) -> np.ndarray:
    """Labels (n,), as many as there are in X."""
    if y is None:
        raise ValueError("y: a classifier needs labels, got None")
    y = column_or_1d(np.asarray(y))
    if not len(X) or len(X) != len(y):
        raise ValueError(f"X, y: expected as many labels as samples, at least one, got {len(X)} and {len(y)}")
    check_classification_targets(y)
    return y


def _dataset(
    X: Sequence[Any], y: np.ndarray | None, classes: np.ndarray, config: Config, box: str, rate: float | None
) -> Dataset:
    """Videos as a dataset: files in the order of their labels and names, as a folder of class folders has them."""
    if isinstance(X, str | Path):
        raise ValueError("X: expected a list of paths or arrays, got one path")
    files = [isinstance(x, str | Path) for x in X]
    if any(files) != all(files):
        raise ValueError("X: expected paths or arrays, got both")
    labels = [str(classes[0])] * len(X) if y is None else [str(label) for label in y]
    clips = []
    for index, (x, label) in enumerate(zip(X, labels)):
        extra = {"index": str(index)} if files[0] else {"index": str(index), "frames": _frames_of(x, index)}
        name = f"{x}#{index}" if files[0] else f"X[{index}]"
        clips.append(Clip(name, Path(x) if files[0] else None, label, name, extra=extra))
    if files[0]:
        clips.sort(key=lambda clip: (clip.label, str(clip.file)))

    def render(clip: Clip) -> Iterator[np.ndarray]:
        with taken(X[int(clip.extra["index"])], rate, config) as frames:
            yield from frames

    wanted = rate_of(config)
    return Dataset(
        "X",
        "",
        tuple(map(str, classes)),
        tuple(clips),
        box,  # type: ignore[arg-type]
        render=None if files[0] else render,
        source=f"arrays at {rate} a second",
        rate=25.0 if isinstance(wanted, str) else wanted,
    )


def _frames_of(x: Any, index: int) -> str:
    """A name for the frames of an array, which tells them from all others."""
    if not isinstance(x, np.ndarray):
        raise ValueError(f"X[{index}]: expected a path, or an array of frames of uint8, got {type(x).__name__}")
    shape = f"{x.dtype.str} {x.shape}".encode()
    return hashlib.sha256(shape + np.ascontiguousarray(x).tobytes()).hexdigest()


def _store(config: Config, dataset: Dataset, workers: int) -> Store:
    """All videos, prepared; a SeqdlError names the first that cannot be."""
    store: Store = describers.kind(config).prepare(config, dataset, workers)
    if store.skipped:
        raise SeqdlError(f"{some(store.skipped.values(), 1)}: leave it out of X and y")
    return store
