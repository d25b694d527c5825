"""The compiled backend of the LSTM classifier."""

from __future__ import annotations

import numpy as np

from seqdl.kernels import lstm, lstm_classifier
from seqdl.model.lstm_classifier import Backend, LSTMClassifier, hidden
from seqdl.model.updates import Learned, SequenceUpdates


class CompiledLSTM(Backend):
    """Runs a classifier by :mod:`seqdl.kernels.lstm_classifier`.

    Parameters
    ----------
    net : LSTMClassifier
        Geometry and parameters.
    """

    def __init__(self, net: LSTMClassifier) -> None:
        if net.parameters.vector.dtype != np.float32:
            raise ValueError(f"dtype: the compiled network is float32, not {net.parameters.vector.dtype}")
        config, p = net.config, net.parameters
        self.net = net
        self.gradient = g = p.like()
        self.views = (hidden(p), p["output.weight"], p["output.bias"])
        self.gradients = (hidden(g), g["output.weight"], g["output.bias"])
        cross_entropy = config.loss == "cross_entropy"
        every = config.targets == "every"
        self.plan = lstm_classifier.Plan(lstm.constants(config.squash), config.truncate, every, cross_entropy)

    def read(self, x: np.ndarray) -> np.ndarray:
        """Outputs at every step of ``x`` (steps, N)."""
        outputs = np.empty((len(x), self.net.classes), np.float32)
        lstm_classifier.read(x, *self.views, self.plan, outputs)
        return outputs

    def loss_and_gradient(self, x: np.ndarray, label: int) -> tuple[float, np.ndarray]:
        """Loss and gradient of one sequence; see :meth:`LSTMClassifier.loss_and_gradient`."""
        self.gradient.vector[:] = 0
        summed, dx = np.empty(self.net.classes, np.float32), np.empty_like(x)
        value = lstm_classifier.loss_and_gradient(x, label, *self.views, *self.gradients, self.plan, summed, dx)
        return value, self.gradient.vector.copy()

    def run_updates(self, features: np.ndarray, updates: SequenceUpdates, velocity: np.ndarray, mu: float) -> Learned:
        """Many online updates; see :meth:`LSTMClassifier.run_updates`."""
        losses = np.empty(len(updates.labels), np.float32)
        decisions = np.empty(len(updates.labels), np.int64)
        done = lstm_classifier.run_updates(
            features,
            *updates,
            np.float32(mu),
            self.net.parameters.vector,
            velocity,
            self.gradient.vector,
            *self.views,
            *self.gradients,
            self.plan,
            losses,
            decisions,
        )
        return Learned(done, losses, decisions)
