"""The compiled backend of the LSTM classifier."""

from __future__ import annotations

import numpy as np

from seqdl.kernels.layers import lstm
from seqdl.kernels.layers.conv3d import aligned
from seqdl.kernels.networks import lstm_classifier
from seqdl.kernels.vector.simd import target
from seqdl.model.lstm_classifier import Backend, LSTMClassifier
from seqdl.model.updates import Learned, SequenceUpdates


class CompiledLSTM(Backend):
    """Runs a classifier by :mod:`seqdl.kernels.networks.lstm_classifier`.

    The parameters are brought into the kernels' order at the door and back, once for many updates.

    Parameters
    ----------
    net : LSTMClassifier
        Geometry and parameters.
    """

    def __init__(self, net: LSTMClassifier) -> None:
        if net.parameters.vector.dtype != np.float32:
            raise ValueError(f"dtype: the compiled network is float32, not {net.parameters.vector.dtype}")
        config = net.config
        cells = lstm.Cells(net.inputs, config.cells, config.forget_gate, config.peepholes, config.squash, *target())
        every, cross_entropy = config.targets == "every", config.loss == "cross_entropy"
        self.net = net
        self.sizes = lstm_classifier.Classifier(cells, net.classes, cross_entropy, every, config.truncate)
        self.positions = lstm_classifier.positions(self.sizes)
        self.theta, self.velocity, self.gradient = (aligned(self.sizes.size) for _ in range(3))
        self.factors = np.ones_like(self.theta)
        self.room, self.longest = lstm_classifier.room(self.sizes, 1), 1

    def _prepare(self, longest: int) -> None:
        """Pack the parameters, and make room for a sequence."""
        self.theta[:] = 0
        self.theta[self.positions] = self.net.parameters.vector
        if longest > self.longest:
            self.room, self.longest = lstm_classifier.room(self.sizes, longest), longest

    def read(self, x: np.ndarray) -> np.ndarray:
        """Outputs at every step of ``x`` (steps, N)."""
        self._prepare(len(x))
        lstm_classifier.read(self.sizes, x, self.theta, self.room)
        return np.ascontiguousarray(self.room.y[: self.net.classes, : len(x)].T)

    def loss_and_gradient(self, x: np.ndarray, label: int) -> tuple[float, np.ndarray]:
        """Loss and gradient of one sequence; see :meth:`LSTMClassifier.loss_and_gradient`."""
        self._prepare(len(x))
        value = lstm_classifier.loss_and_gradient(self.sizes, x, label, self.theta, self.room, self.gradient)
        return value, self.gradient[self.positions]

    def run_updates(self, features: np.ndarray, updates: SequenceUpdates, velocity: np.ndarray, mu: float) -> Learned:
        """Many online updates; see :meth:`LSTMClassifier.run_updates`."""
        self._prepare(updates.spans[:, 1].max(initial=1))
        self.velocity[:] = 0
        self.velocity[self.positions] = velocity
        losses = np.empty(len(updates.labels), np.float32)
        decisions = np.empty(len(updates.labels), np.int64)
        done = lstm_classifier.run_updates(
            self.sizes,
            features,
            *updates,
            np.float32(mu),
            self.theta,
            self.velocity,
            self.gradient,
            self.factors,
            self.room,
            losses,
            decisions,
        )
        self.net.parameters.vector[:] = self.theta[self.positions]
        velocity[:] = self.velocity[self.positions]
        return Learned(done, losses, decisions)
