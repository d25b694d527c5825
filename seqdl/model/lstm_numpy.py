"""The NumPy backend of the LSTM classifier: the equations as they stand."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from seqdl.config import LSTMConfig
from seqdl.model.backend import LSTMBackend
from seqdl.model.geometry import decaying
from seqdl.model.parameters import Parameters
from seqdl.model.updates import Learned, SequenceUpdates
from seqdl.ops import dense, dropout, loss, lstm_variants, momentum
from seqdl.ops.lstm import Trace


def hidden(parameters: Mapping[str, np.ndarray]) -> lstm_variants.Weights:
    """The hidden layer's part of an LSTM classifier's parameters, or of its gradient."""
    return lstm_variants.Weights(*(parameters[f"LSTM.{name}"] for name in ("input", "recurrent", "bias", "peephole")))


def step_weights(targets: str, z: np.ndarray, late: float = 0.0) -> np.ndarray:
    """How much the loss of each step of ``z`` (steps, classes) counts, all together 1.

    With ``targets`` = ``every`` step t, from 1, counts as much as t to the power ``late``; with ``last`` the last one
    alone counts.
    """
    last = len(z) - 1
    counts = np.arange(1.0, len(z) + 1) ** late
    weights = counts / counts.sum() if targets == "every" else np.arange(len(z)) == last
    return weights.astype(z.real.dtype)


class NumpyLSTM(LSTMBackend):
    """Runs a classifier by the equations.

    Parameters
    ----------
    config, parameters : LSTMConfig, Parameters
        Geometry and choices; of the network.
    """

    def __init__(self, config: LSTMConfig, parameters: Parameters) -> None:
        self.config, self.parameters, self.weights = config, parameters, hidden(parameters)
        self.shares = (config.weight_decay * decaying(parameters.shapes)).astype(parameters.vector.dtype)
        self.v, self.d = parameters["output.weight"], parameters["output.bias"]

    def forward(self, x: np.ndarray) -> tuple[Trace, np.ndarray]:
        """The hidden layer's trace and the sums of the output neurons (steps, classes), from ``x`` (steps, N)."""
        zero = np.zeros(self.config.cells, x.dtype)
        trace = lstm_variants.forward(x, self.weights, zero, zero, self.config.squash)
        return trace, dense.forward(trace.h[1:], self.v, self.d)

    def backward(self, dz: np.ndarray, trace: Trace, gradient: Parameters) -> np.ndarray:
        """The gradient by the inputs (steps, N), from ``dz`` by the sums and the ``trace`` of :meth:`forward`.

        That by the parameters overwrites ``gradient``.
        """
        dh, dv, dd = dense.backward(dz, trace.h[1:], self.v)
        back = lstm_variants.backward(dh, trace, self.weights, self.config.squash, self.config.truncate)
        for view, part in zip(hidden(gradient), back.weights):
            view[...] = part
        gradient["output.weight"][...] = dv
        gradient["output.bias"][...] = dd
        return back.dx

    def read(self, x: np.ndarray) -> np.ndarray:
        """Outputs at every step of ``x`` (steps, N)."""
        return loss.outputs(self.forward(x)[1], self.config.loss)

    def loss_and_gradient(self, x: np.ndarray, label: int) -> tuple[float, np.ndarray]:
        """Loss and gradient of one sequence."""
        gradient = self.parameters.like()
        return self._learn(x, label, gradient)[0], gradient.vector

    def run_updates(self, features: np.ndarray, updates: SequenceUpdates, velocity: np.ndarray, mu: float) -> Learned:
        """Many online updates."""
        count = len(updates.labels)
        losses, decisions = np.empty(count, features.dtype), np.empty(count, np.int64)
        theta, gradient = self.parameters.vector, self.parameters.like()
        rates = np.ones_like(theta)
        for k, ((start, steps), label, learning_rate) in enumerate(zip(*updates[:3])):
            x = features[start : start + steps]
            if len(updates.seeds):
                x = dropout.mask(int(updates.seeds[k]), x.shape, self.config.dropout) * x
            losses[k], decisions[k] = self._learn(x, label, gradient)
            if not np.isfinite(losses[k]):
                return Learned(k, losses, decisions)
            if self.config.weight_decay:
                momentum.decay(theta, self.shares, learning_rate)
            momentum.update(theta, velocity, gradient.vector, rates, learning_rate, mu)
        return Learned(count, losses, decisions)

    def _learn(self, x: np.ndarray, label: int, gradient: Parameters) -> tuple[Any, int]:
        """The sequence's loss and decision; its gradient overwrites ``gradient``."""
        config = self.config
        trace, z = self.forward(x)
        value, dz = loss.sequence(z, label, step_weights(config.targets, z), config.loss)
        self.backward(dz, trace, gradient)
        return value, int(loss.outputs(z, config.loss).sum(axis=0).real.argmax())
