"""The LSTM that labels sequences of features (Section 3): built from its configuration, run by one of two backends."""

from collections.abc import Callable

import numpy as np

from seqdl.base import files
from seqdl.base.arrays import (
    check_dtype,
    check_exact,
    check_finite,
    check_indices,
    check_kind,
    check_labels,
    check_number,
    check_whole,
    described,
    is_array,
)
from seqdl.base.doors import BACKENDS, GENERATOR, Kind, door, inside
from seqdl.config import LSTMConfig
from seqdl.model import targets
from seqdl.model.backend import LSTMBackend
from seqdl.model.geometry import lstm_layers, shapes
from seqdl.model.parameters import Parameters
from seqdl.model.updates import Learned, SequenceUpdates, check_seeds

PART = 10_000
"""So many steps are read at a time: together they may be larger than memory."""


class LSTMClassifier:
    """One hidden layer of LSTM cells, fully connected to the features, and output neurons at each step.

    Parameters
    ----------
    config : LSTMConfig
        Geometry and choices.
    inputs : int
        Values of each step.
    classes : int
        Number of actions.
    rng : numpy.random.Generator, optional
        For the initial weights; without it all parameters are zero.
    backend : {"numba", "numpy"}
        Which form runs.
    dtype : dtype
        Of the parameters; the compiled form is float32.
    """

    @door(config=Kind((LSTMConfig,)), rng=GENERATOR, backend=BACKENDS)
    def __init__(
        self,
        config: LSTMConfig,
        inputs: int,
        classes: int,
        rng: np.random.Generator | None = None,
        backend: str = "numba",
        dtype: np.dtype | type = np.float32,
    ) -> None:
        self.config, self.inputs, self.classes, self._form = config, inputs, classes, backend
        self.layers = lstm_layers(config, inputs, classes)
        check_dtype(dtype, "dtype")
        targets.check_classes(config.loss, classes, "lstm.loss")
        self.parameters = Parameters(shapes(self.layers), dtype)
        self.mean = np.zeros(inputs, dtype)
        self.deviation = np.ones(inputs, dtype)
        if rng is not None:
            self.initialise(rng)
        self._backend = _backend(backend, config, inputs, classes, self.parameters)

    def keep_in(self, vector: np.ndarray) -> None:
        """Keep the parameters, with the values that they have, in a ``vector`` (P,) from now on."""
        vector[:] = self.parameters.vector
        self.parameters = Parameters(self.parameters.shapes, vector=vector)
        self._backend = _backend(self._form, self.config, self.inputs, self.classes, self.parameters)

    def initialise(self, rng: np.random.Generator) -> None:
        """Draw the initial parameters: uniform in +- ``initial_range``, biases 0 but for the input gates'."""
        wide = self.config.initial_range
        for name, shape in self.parameters.shapes:
            self.parameters[name][...] = 0 if name.endswith("bias") else rng.uniform(-wide, wide, shape)
        self.parameters["LSTM.bias"][: self.config.cells] = self.config.input_gate_bias

    def fit_scaling(self, features: np.ndarray) -> None:
        """Take the inputs' mean and deviation from training features, where ``input_scaling`` asks for it."""
        self._check(features)
        if self.config.input_scaling == "standardise":
            with np.errstate(over="ignore", invalid="ignore"):
                mean = _mean_of(features, lambda part: part)
                variance = _mean_of(features, lambda part: (part - mean.astype(self.mean.dtype)) ** 2)
            if not np.isfinite(variance).all():
                raise ValueError("features: NaN, infinite or huge values in some step")
            self.mean[:], self.deviation[:] = mean, np.maximum(np.sqrt(variance), 1e-6)

    def scaled(self, features: np.ndarray) -> np.ndarray:
        """Features (steps, N) from the ConvNet, as the network reads them; a ValueError for others."""
        self._check(features)
        check_finite(features, "features")
        return np.ascontiguousarray((features - self.mean) / self.deviation, self.mean.dtype)

    def read(self, features: np.ndarray) -> np.ndarray:
        """Read one sequence."""
        scaled = self.scaled(features)
        with inside():
            return self._backend.read(scaled)

    def loss_and_gradient(self, features: np.ndarray, label: int) -> tuple[float, np.ndarray]:
        """The loss of one sequence and its gradient by all parameters."""
        check_whole(label, "label", 0, targets.highest(self.config.loss, self.classes))
        scaled = self.scaled(features)
        with inside():
            return self._backend.loss_and_gradient(scaled, int(label))

    def run_updates(self, scaled: np.ndarray, updates: SequenceUpdates, velocity: np.ndarray, mu: float) -> Learned:
        """Learn online from many sequences, one update each.

        Parameters
        ----------
        scaled : array, (steps of all sequences, N)
            From :meth:`scaled`.
        updates : SequenceUpdates
            The sequences.
        velocity : array, (P,)
            The running step; changed.
        mu : float
            The momentum.
        """
        check_kind(updates, "updates", SequenceUpdates)
        check_indices(updates.labels, "labels")
        count, parameters = len(updates.labels), self.parameters.vector
        check_exact(scaled, "scaled", parameters.dtype, (None, self.inputs))
        check_exact(updates.spans, "spans", np.int64, (count, 2))
        check_exact(updates.labels, "labels", np.int64, (count,))
        check_exact(updates.learning_rates, "learning_rates", np.float32, (count,))
        check_exact(velocity, "velocity", parameters.dtype, parameters.shape, writable=True)
        ends = updates.spans.sum(axis=1)
        if len(ends) and (updates.spans[:, 1].min() < 1 or updates.spans.min() < 0 or ends.max() > len(scaled)):
            raise ValueError(f"spans: empty, or outside the {len(scaled)} steps of scaled")
        check_labels(updates.labels, "labels", targets.highest(self.config.loss, self.classes) + 1)
        check_seeds(updates.seeds, count)
        check_finite(updates.learning_rates, "learning_rates")
        check_finite(velocity, "velocity")
        check_number(mu, "mu", 0)
        for start, steps in updates.spans:
            check_finite(scaled[start : start + steps], f"scaled, sequence from {start}")
        with inside():
            return self._backend.run_updates(scaled, updates, velocity, mu)

    def _check(self, features: np.ndarray) -> None:
        real = is_array(features) and features.dtype.kind in ("f", self.mean.dtype.kind) and features.dtype.isnative
        if not real or features.ndim != 2 or features.shape[1] != self.inputs:
            raise ValueError(
                f"features: expected an array of floats, (steps, {self.inputs}), got {described(features)}"
            )
        if not len(features):
            raise ValueError("features: is empty, there is no step")


def _mean_of(features: np.ndarray, value: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """The mean over all steps, part by part and in float64."""
    total = np.zeros(features.shape[1])
    for first in range(0, len(features), PART):
        total += value(features[first : first + PART]).sum(axis=0, dtype=np.float64)
        files.release(features)
    return total / len(features)


def _backend(form: str, config: LSTMConfig, inputs: int, classes: int, parameters: Parameters) -> LSTMBackend:
    """The form of the network that was asked for; what compiles is imported only where it runs."""
    if form == "numpy":
        from seqdl.model.lstm_numpy import NumpyLSTM

        return NumpyLSTM(config, parameters)
    from seqdl.model.lstm_compiled import CompiledLSTM

    return CompiledLSTM(config, inputs, classes, parameters)
