"""The LSTM that labels sequences of features (Section 3), in its NumPy form and its compiled one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np

from seqdl.base import files
from seqdl.config import LSTMConfig
from seqdl.model.arrays import check, check_finite
from seqdl.model.geometry import lstm_layers, shapes
from seqdl.model.parameters import Parameters
from seqdl.model.updates import Learned, SequenceUpdates
from seqdl.ops import dense, loss, lstm, momentum

PART = 10_000
"""So many steps are read at a time: together they may be larger than memory."""


class Backend(Protocol):
    """What runs a classifier: the NumPy form or the compiled one; :class:`LSTMClassifier` checks what it hands on."""

    def read(self, x: np.ndarray) -> np.ndarray:
        """Outputs at every step.

        Parameters
        ----------
        x : array, (steps, N)
            Scaled features.

        Returns
        -------
        array, (steps, classes)
        """

    def loss_and_gradient(self, x: np.ndarray, label: int) -> tuple[float, np.ndarray]:
        """Loss of one sequence and its gradient by all parameters.

        Parameters
        ----------
        x : array, (steps, N)
            Scaled features.
        label : int
            The true class.

        Returns
        -------
        loss : float
        gradient : array, (P,)
        """

    def run_updates(self, features: np.ndarray, updates: SequenceUpdates, velocity: np.ndarray, mu: float) -> Learned:
        """Many online updates.

        Parameters
        ----------
        features : array, (steps of all sequences, N)
            Scaled features.
        updates : SequenceUpdates
            The sequences.
        velocity : array, (P,)
            The running step; changed.
        mu : float
            The momentum.

        Returns
        -------
        Learned
        """


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

    def __init__(
        self,
        config: LSTMConfig,
        inputs: int,
        classes: int,
        rng: np.random.Generator | None = None,
        backend: str = "numba",
        dtype: np.dtype | type = np.float32,
    ) -> None:
        self.config, self.inputs, self.classes = config, inputs, classes
        self.layers = lstm_layers(config, inputs, classes)
        self.parameters = Parameters(shapes(self.layers), dtype)
        self.mean = np.zeros(inputs, dtype)
        self.deviation = np.ones(inputs, dtype)
        if rng is not None:
            self.initialise(rng)
        if backend == "numpy":
            self._backend: Backend = NumpyLSTM(self)
        else:
            from seqdl.model.lstm_compiled import CompiledLSTM

            self._backend = CompiledLSTM(self)

    def initialise(self, rng: np.random.Generator) -> None:
        """Draw the initial parameters: uniform in +- ``initial_range``, biases 0 but for the input gates'.

        Parameters
        ----------
        rng : numpy.random.Generator
            Where the numbers come from.
        """
        wide = self.config.initial_range
        for name, shape in self.parameters.shapes:
            self.parameters[name][...] = 0 if name.endswith("bias") else rng.uniform(-wide, wide, shape)
        self.parameters["LSTM.bias"][: self.config.cells] = self.config.input_gate_bias

    def fit_scaling(self, features: np.ndarray) -> None:
        """Take the inputs' mean and deviation from training features, where ``input_scaling`` asks for it.

        Parameters
        ----------
        features : array, (steps, N)
            Of all training sequences.
        """
        if self.config.input_scaling == "standardise":
            self.mean[:] = _mean_of(features, lambda part: part)
            self.deviation[:] = np.maximum(np.sqrt(_mean_of(features, lambda part: (part - self.mean) ** 2)), 1e-6)

    def scaled(self, features: np.ndarray) -> np.ndarray:
        """Features as the network reads them.

        Parameters
        ----------
        features : array, (steps, N)
            As the ConvNet gives them.

        Returns
        -------
        array, (steps, N)
        """
        if getattr(features, "ndim", 0) != 2 or features.shape[1] != self.inputs:
            given = getattr(features, "shape", type(features).__name__)
            raise ValueError(f"features: expected shape (steps, {self.inputs}), got {given}")
        check_finite(features, "features")
        return np.ascontiguousarray((features - self.mean) / self.deviation, self.mean.dtype)

    def read(self, features: np.ndarray) -> np.ndarray:
        """Read one sequence.

        Parameters
        ----------
        features : array, (steps, N)
            As the ConvNet gives them.

        Returns
        -------
        array, (steps, classes)
            The outputs at every step.
        """
        return self._backend.read(self.scaled(features))

    def loss_and_gradient(self, features: np.ndarray, label: int) -> tuple[float, np.ndarray]:
        """The loss of one sequence and its gradient by all parameters.

        Parameters
        ----------
        features : array, (steps, N)
            As the ConvNet gives them.
        label : int
            The true class.

        Returns
        -------
        loss : float
        gradient : array, (P,)
        """
        if not 0 <= label < self.classes:
            raise ValueError(f"label: expected 0 to {self.classes - 1}, got {label}")
        return self._backend.loss_and_gradient(self.scaled(features), label)

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

        Returns
        -------
        Learned
        """
        count, parameters = len(updates.labels), self.parameters.vector
        check(scaled, "scaled", parameters.dtype, (None, self.inputs))
        check(updates.spans, "spans", np.int64, (count, 2))
        check(updates.labels, "labels", np.int64, (count,))
        check(updates.learning_rates, "learning_rates", np.float32, (count,))
        check(velocity, "velocity", parameters.dtype, parameters.shape, writable=True)
        ends = updates.spans.sum(axis=1)
        if len(ends) and (updates.spans[:, 1].min() < 1 or updates.spans.min() < 0 or ends.max() > len(scaled)):
            raise ValueError(f"spans: empty, or outside the {len(scaled)} steps")
        if len(ends) and (updates.labels.min() < 0 or updates.labels.max() >= self.classes):
            raise ValueError(f"labels: expected 0 to {self.classes - 1}")
        return self._backend.run_updates(scaled, updates, velocity, mu)


def _mean_of(features: np.ndarray, value: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """The mean over all steps, part by part and in float64."""
    total = np.zeros(features.shape[1])
    for first in range(0, len(features), PART):
        total += value(features[first : first + PART]).sum(axis=0, dtype=np.float64)
        files.release(features)
    return total / len(features)


def hidden(parameters: Parameters) -> lstm.Weights:
    """The hidden layer's views of a flat vector.

    Parameters
    ----------
    parameters : Parameters
        Of an :class:`LSTMClassifier`, or its gradient.

    Returns
    -------
    seqdl.ops.lstm.Weights
    """
    return lstm.Weights(*(parameters[f"LSTM.{name}"] for name in ("input", "recurrent", "bias", "peephole")))


class NumpyLSTM(Backend):
    """The classifier by the equations.

    Parameters
    ----------
    net : LSTMClassifier
        Geometry and parameters.
    """

    def __init__(self, net: LSTMClassifier) -> None:
        self.net = net
        self.weights = hidden(net.parameters)
        self.v, self.d = net.parameters["output.weight"], net.parameters["output.bias"]
        self.gradient = net.parameters.like()

    def _forward(self, x: np.ndarray) -> tuple[lstm.Trace, np.ndarray]:
        zero = np.zeros(self.net.config.cells, x.dtype)
        trace = lstm.forward(x, self.weights, zero, zero, self.net.config.squash)
        return trace, dense.forward(trace.h[1:], self.v, self.d)

    def read(self, x: np.ndarray) -> np.ndarray:
        """Outputs at every step of ``x`` (steps, N)."""
        return loss.outputs(self._forward(x)[1], self.net.config.loss)

    def loss_and_gradient(self, x: np.ndarray, label: int) -> tuple[float, np.ndarray]:
        """Loss and gradient of one sequence; see :meth:`LSTMClassifier.loss_and_gradient`."""
        return self._learn(x, label)[0], self.gradient.vector.copy()

    def run_updates(self, features: np.ndarray, updates: SequenceUpdates, velocity: np.ndarray, mu: float) -> Learned:
        """Many online updates; see :meth:`LSTMClassifier.run_updates`."""
        count = len(updates.labels)
        losses, decisions = np.empty(count, features.dtype), np.empty(count, np.int64)
        theta = self.net.parameters.vector
        rates = np.ones_like(theta)
        for k, ((start, steps), label, learning_rate) in enumerate(zip(*updates)):
            losses[k], decisions[k] = self._learn(features[start : start + steps], label)
            if not np.isfinite(losses[k]):
                return Learned(k, losses, decisions)
            momentum.update(theta, velocity, self.gradient.vector, rates, learning_rate, mu)
        return Learned(count, losses, decisions)

    def _learn(self, x: np.ndarray, label: int) -> tuple[float, int]:
        """The sequence's loss and decision; leaves its gradient in ``self.gradient``."""
        config = self.net.config
        trace, z = self._forward(x)
        steps = range(len(x)) if config.targets == "every" else [len(x) - 1]
        dz = np.zeros_like(z)
        value = z.dtype.type(0)
        for t in steps:
            step_loss, dz_t = loss.loss(z[t], label, config.loss)
            value += step_loss / len(steps)
            dz[t] = dz_t / len(steps)
        dh, dv, dd = dense.backward(dz, trace.h[1:], self.v)
        back = lstm.backward(dh, trace, self.weights, config.squash, config.truncate)
        for view, part in zip(hidden(self.gradient), back.weights):
            view[...] = part
        self.gradient["output.weight"][...] = dv
        self.gradient["output.bias"][...] = dd
        return value, int(loss.outputs(z, config.loss).sum(axis=0).real.argmax())
