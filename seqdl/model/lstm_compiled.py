"""The compiled backend of the LSTM classifier: sizes made once, a workspace a call, one call for many sequences."""

import numpy as np

from seqdl.base.arrays import check_float32
from seqdl.config import LSTMConfig
from seqdl.kernels.layers import lstm
from seqdl.kernels.layers.layout import aligned
from seqdl.kernels.networks import lstm_classifier as kernel
from seqdl.kernels.vector.records import record
from seqdl.kernels.vector.simd import target
from seqdl.model.backend import LSTMBackend
from seqdl.model.geometry import decaying
from seqdl.model.parameters import Parameters
from seqdl.model.updates import Learned, SequenceUpdates
from seqdl.model.workspaces import Pool
from seqdl.ops.loss import KINDS

TOGETHER = 32
"""Updates that are done by one call of compiled code: so many sequences are kept that dropout has left something of."""


class Workspace:
    """What a call works with.

    Parameters
    ----------
    sizes, classes : seqdl.kernels.networks.lstm_classifier.Classifier, int
        The sizes; actions.
    """

    def __init__(self, sizes: kernel.Classifier, classes: int) -> None:
        self.sizes, self.classes = sizes, classes
        self.theta, self.velocity, self.gradient = (aligned(kernel.size(sizes, classes)) for _ in range(3))
        self.longest = 0
        self.fit(1)

    def fit(self, steps: int) -> kernel.Workspace:
        """The kernels' own workspace, made anew where a sequence is longer than all before."""
        if steps > self.longest:
            self.longest, self.work = steps, kernel.workspace(self.sizes, self.classes, steps)
            self.given = record(self.work)
        return self.given


class CompiledLSTM(LSTMBackend):
    """Runs a classifier by :mod:`seqdl.kernels.networks.lstm_classifier`.

    The kernels keep the parameters in an order of their own; a call brings them, gradients and velocities into it and
    back.

    Parameters
    ----------
    config, inputs, classes, parameters : LSTMConfig, int, int, Parameters
        Geometry and choices; values of a step, and actions; of the network.
    """

    def __init__(self, config: LSTMConfig, inputs: int, classes: int, parameters: Parameters) -> None:
        check_float32(parameters.vector)
        self.parameters = parameters
        self.sizes, self.dropout = classifier(config, inputs), config.dropout
        self.positions = kernel.positions(self.sizes, classes)
        self.shares = aligned(kernel.size(self.sizes, classes)) if config.weight_decay else None
        if self.shares is not None:
            self.shares[self.positions] = config.weight_decay * decaying(parameters.shapes)
        self.workspaces = Pool(lambda: Workspace(self.sizes, classes))

    def read(self, x: np.ndarray) -> np.ndarray:
        """Outputs at every step of ``x`` (steps, N)."""
        with self.workspaces.workspace() as w:
            w.theta[self.positions] = self.parameters.vector
            work = w.fit(len(x))
            kernel.read(self.sizes, x, w.theta, work, w.classes, w.work.y.shape[1], len(x))
            return np.ascontiguousarray(w.work.y[: w.classes, : len(x)].T)

    def loss_and_gradient(self, x: np.ndarray, label: int) -> tuple[float, np.ndarray]:
        """Loss and gradient of one sequence: those of an update at no rate, so that nothing is compiled for them."""
        updates = SequenceUpdates(np.array([[0, len(x)]]), np.array([label]), np.zeros(1, np.float32))
        with self.workspaces.workspace() as w:
            learned = self._run(w, x, updates, np.zeros_like(self.parameters.vector), 0.0)
            return float(learned.losses[0]), w.gradient[self.positions]

    def run_updates(self, features: np.ndarray, updates: SequenceUpdates, velocity: np.ndarray, mu: float) -> Learned:
        """Many online updates."""
        with self.workspaces.workspace() as w:
            learned = self._run(w, features, updates, velocity, mu)
            self.parameters.vector[:], velocity[:] = w.theta[self.positions], w.velocity[self.positions]
        return learned

    def _run(
        self, w: Workspace, features: np.ndarray, updates: SequenceUpdates, velocity: np.ndarray, mu: float
    ) -> Learned:
        n, finished = len(updates.labels), 0
        losses, decisions = np.empty(n, np.float32), np.empty(n, np.int64)
        w.theta[self.positions], w.velocity[self.positions] = self.parameters.vector, velocity
        work = w.fit(int(updates.spans[:, 1].max(initial=1)))
        vectors = np.float32(mu), w.theta, w.velocity, w.gradient, np.ones_like(w.theta), self.shares
        for first in range(0, n, TOGETHER):
            some = slice(first, min(first + TOGETHER, n))
            x, spans, done = features, updates.spans[some], np.zeros(1, np.int64)
            if len(updates.seeds):
                x, spans = self._left(features, spans, updates.seeds[some])
            given, sizes = (
                (x, spans, updates.labels[some], updates.learning_rates[some]),
                (w.classes, w.work.y.shape[1]),
            )
            kernel.run_updates(
                self.sizes, *given, *vectors, work, *sizes, losses[some], decisions[some], len(spans), done
            )
            finished += int(done[0])
            if done[0] < len(spans):
                break
        return Learned(finished, losses, decisions)

    def _left(self, features: np.ndarray, spans: np.ndarray, seeds: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """What dropout leaves of each sequence, one after the other, and where they are."""
        from seqdl.kernels.layers import dropout

        ends = np.cumsum(spans[:, 1])
        left = np.empty((ends[-1], features.shape[1]), np.float32)
        for (first, steps), end, seed in zip(spans, ends, seeds):
            dropout.leave_out(features[first : first + steps], seed, self.dropout, left[end - steps : end])
        return left, np.stack([ends - spans[:, 1], spans[:, 1]], axis=1)


def classifier(config: LSTMConfig, inputs: int) -> kernel.Classifier:
    """The sizes of a classifier."""
    cells = lstm.Cells(inputs, config.cells, config.forget_gate, config.peepholes, config.squash, *target())
    return kernel.Classifier(cells, KINDS.index(config.loss), config.targets == "every", config.truncate)
