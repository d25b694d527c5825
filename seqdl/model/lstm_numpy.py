"""The NumPy backend of the LSTM classifier: the equations as they stand."""

from collections.abc import Mapping

import numpy as np

from seqdl.config import LSTMConfig
from seqdl.model.backend import LSTMBackend
from seqdl.model.parameters import Parameters
from seqdl.model.updates import Learned, SequenceUpdates
from seqdl.ops import dense, loss, lstm_variants, momentum
from seqdl.ops.lstm import Trace


def hidden(parameters: Mapping[str, np.ndarray]) -> lstm_variants.Weights:
    """The hidden layer's part of an LSTM classifier's parameters, or of its gradient."""
    return lstm_variants.Weights(*(parameters[f"LSTM.{name}"] for name in ("input", "recurrent", "bias", "peephole")))


class NumpyLSTM(LSTMBackend):
    """Runs a classifier by the equations.

    Parameters
    ----------
    config, parameters : LSTMConfig, Parameters
        Geometry and choices; of the network.
    """

    def __init__(self, config: LSTMConfig, parameters: Parameters) -> None:
        self.config, self.parameters, self.weights = config, parameters, hidden(parameters)
        self.v, self.d = parameters["output.weight"], parameters["output.bias"]

    def _forward(self, x: np.ndarray) -> tuple[Trace, np.ndarray]:
        zero = np.zeros(self.config.cells, x.dtype)
        trace = lstm_variants.forward(x, self.weights, zero, zero, self.config.squash)
        return trace, dense.forward(trace.h[1:], self.v, self.d)

    def read(self, x: np.ndarray) -> np.ndarray:
        """Outputs at every step of ``x`` (steps, N)."""
        return loss.outputs(self._forward(x)[1], self.config.loss)

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
        for k, ((start, steps), label, learning_rate) in enumerate(zip(*updates)):
            losses[k], decisions[k] = self._learn(features[start : start + steps], label, gradient)
            if not np.isfinite(losses[k]):
                return Learned(k, losses, decisions)
            momentum.update(theta, velocity, gradient.vector, rates, learning_rate, mu)
        return Learned(count, losses, decisions)

    def _learn(self, x: np.ndarray, label: int, gradient: Parameters) -> tuple[float, int]:
        """The sequence's loss and decision; its gradient overwrites ``gradient``."""
        config = self.config
        trace, z = self._forward(x)
        steps = range(len(x)) if config.targets == "every" else [len(x) - 1]
        dz = np.zeros_like(z)
        value = z.dtype.type(0)
        for t in steps:
            step_loss, dz_t = loss.loss(z[t], label, config.loss)
            value += step_loss / len(steps)
            dz[t] = dz_t / len(steps)
        dh, dv, dd = dense.backward(dz, trace.h[1:], self.v)
        back = lstm_variants.backward(dh, trace, self.weights, config.squash, config.truncate)
        for view, part in zip(hidden(gradient), back.weights):
            view[...] = part
        gradient["output.weight"][...] = dv
        gradient["output.bias"][...] = dd
        return value, int(loss.outputs(z, config.loss).sum(axis=0).real.argmax())
