"""The single-step model in NumPy: the 3D-ConvNet connected to the LSTM, with one error for both (planned in Section 5).

Every layer runs once over the whole sequence. A unit that many windows share is computed once, and on the way back it
gathers the errors of all of them before they are handed on: the sum over windows is in the backward pass of the
convolutions themselves (docs/equations.md, "One error through time and space")::

    frames -> C1 R1 S1 C2 R2 S2 C3 -> the features of all windows
    features -> dropout -> LSTM -> a loss at every step
    features -> N1 N2 (the head) -> a loss of every window

To be read, and to check the compiled form.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np

from seqdl.config import Config
from seqdl.model.backend import SingleStepBackend
from seqdl.model.convnet_numpy import LayerRow
from seqdl.model.geometry import convnet_layers, rate_factors
from seqdl.model.layers import Layer
from seqdl.model.lstm_numpy import NumpyLSTM, step_weights
from seqdl.model.parameters import Parameters
from seqdl.model.updates import AdamState, Learned, SingleStepUpdates
from seqdl.ops import adam, copies, dropout, evening, loss, overlap


class NumpySingleStep(SingleStepBackend):
    """Both networks as one; it checks nothing, and keeps what one call leaves for the next.

    The head reads the features before dropout, and all its windows count the same. The LSTM reads the features as they
    are: ``lstm.input_scaling`` has no meaning while they change.

    Parameters
    ----------
    config : Config
        Geometry and choices of both networks; ``lstm.window_step`` is that of the windows.
    parameters : Parameters
        Of both, in one vector, with the shapes of :func:`~seqdl.model.geometry.single_step_layers`.
    """

    def __init__(self, config: Config, parameters: Parameters) -> None:
        self.config, self.parameters = config, parameters
        row = LayerRow(config.convnet, parameters)
        self.gradient, self.c3 = row.gradient, row.c3
        end = row.layers.index(row.c3) + 1
        self.maps, self.head = row.layers[:end], row.layers[end:]
        self.lstm = NumpyLSTM(config.lstm, parameters)
        convnet = config.convnet
        kernels = (convnet.c1_kernel, convnet.c2_kernel, convnet.c3_kernel)
        frames = convnet.frames - sum(length - 1 for length, _, _ in kernels)
        section = config.single_step
        self.adam = {name: getattr(section, name) for name in ("decay", "decay_square", "weight_decay")}
        self.window = frames, config.lstm.window_step  # frames of C3 in a window, 1 in the paper, and to the next one

    def describe(self, frames: np.ndarray) -> np.ndarray:
        """The features of all windows (steps, N), from the normalised ``frames`` (F, Y, X) of a sequence."""
        return overlap.forward(_through(self.maps, frames[None]), *self.window)

    def describe_back(self, dx: np.ndarray) -> None:
        """The gradient by the parameters of C1 to C3, into ``gradient``, from ``dx`` by the features of all windows."""
        _back(self.maps, overlap.backward(dx, self.c3.y.shape, *self.window))

    def learn_features(
        self,
        x: np.ndarray,
        label: int,
        weights: np.ndarray | None = None,
        head: float = 0.0,
        mask: np.ndarray | None = None,
        evened: np.ndarray | None = None,
    ) -> tuple[Any, np.ndarray]:
        """The loss of a sequence of features and its gradient by them; that by LSTM and head goes into ``gradient``.

        What the LSTM's outputs, added over the steps, decide is kept as ``decision``.

        Parameters
        ----------
        x, label : array, (steps, N), and int
            From :meth:`describe`; the true class.
        weights : array, (steps,), optional
            How much the LSTM's loss at each step counts; without them ``lstm.targets`` and ``single_step.late`` decide.
        head : float
            How much the head's loss counts, averaged over all windows.
        mask : array, (steps, N), optional
            Dropout: what the LSTM's inputs are multiplied by, 0 or 1 / (share that is kept).
        evened : array, (EVENED,), optional
            See :func:`seqdl.ops.evening.even`; without it the error of the LSTM is left as it is.
        """
        kept = np.ones_like(x.real) if mask is None else mask
        trace, z = self.lstm.forward(kept * x)
        self.decision = int(loss.outputs(z, self.config.lstm.loss).sum(axis=0).real.argmax())
        late = self.config.single_step.late
        weights = step_weights(self.config.lstm.targets, z, late) if weights is None else weights
        value, dz = loss.sequence(z, label, weights, self.config.lstm.loss)
        dx = kept * self.lstm.backward(dz, trace, self.gradient)
        if evened is not None:
            evening.even(dx, evened)
        z = _through(self.head, x)
        shares = head * step_weights("every", z)
        head_value, dz = loss.sequence(z, label, shares, self.config.convnet.loss)
        return value + head_value, dx + _back(self.head, dz)

    def loss_and_gradient(
        self, frames: np.ndarray, label: int, head: float = 0.0, seed: int = -1, **choices: Any
    ) -> tuple[Any, np.ndarray]:
        """The loss of one sequence and its gradient (P,) by the parameters of both networks, a new array.

        Parameters
        ----------
        frames, label : array, (F, Y, X), and int
            Normalised frames, at least those of one window; the true class.
        head, seed : float, int
            How much the head's loss counts; for dropout, without any where negative.
        **choices
            Of :meth:`learn_features`: weights, and a mask in place of the seed's.
        """
        x = self.describe(frames)
        value, dx = self.learn_features(x, label, **{"head": head, "mask": self._mask(seed, x), **choices})
        self.describe_back(dx)
        return value, self.gradient.vector.copy()

    def run_updates(self, frames: np.ndarray, updates: SingleStepUpdates, state: AdamState) -> Learned:
        """Many online updates."""
        convnet, single_step, length = self.config.convnet, self.config.single_step, self.config.convnet.frames
        count, classes = len(updates.labels), len(self.parameters["N2.bias"])
        losses, decisions = np.empty(count, frames.dtype), np.empty(count, np.int64)
        norms = np.zeros(count, np.float32)
        factors = rate_factors(convnet_layers(convnet, classes), convnet.rate_rule).astype(state.mean.dtype)
        by_convnet, by_lstm = slice(len(factors)), slice(len(factors), None)
        vectors = self.parameters.vector, state.mean, state.square, self.gradient.vector
        parts = (by_convnet, factors), (by_lstm, np.ones_like(state.mean[by_lstm]))
        for k, (start, steps, label, copy, seed, learning_rate, convnet_rate, head) in enumerate(zip(*updates)):
            mirror, flip, *shift = copy
            crop = frames[start : start + (steps - 1) * self.window[1] + length]
            x = self.describe(copies.copy(crop, mirror, flip, tuple(shift)))
            learning = convnet_rate > 0  # else the head's loss counts for nothing
            evened = state.evened if learning and single_step.evening else None
            mask = self._mask(seed, x)
            losses[k], dx = self.learn_features(x, label, head=head if learning else 0.0, mask=mask, evened=evened)
            decisions[k] = self.decision
            if not np.isfinite(losses[k]):
                return Learned(k, losses, decisions, norms)
            if learning:
                self.describe_back(dx)
                norms[k] = np.linalg.norm(self.gradient.vector[by_convnet])
            for n, (rate, (part, rates)) in enumerate(zip((convnet_rate, learning_rate), parts)):
                if rate > 0:  # else it is left alone
                    state.counts[n] += 1
                    theta, mean, square, gradient = (vector[part] for vector in vectors)
                    adam.update(theta, mean, square, gradient, rates, rate, int(state.counts[n]), **self.adam)
        return Learned(count, losses, decisions, norms)

    def _mask(self, seed: int, x: np.ndarray) -> np.ndarray | None:
        """That of dropout for features ``x``."""
        return None if seed < 0 else dropout.mask(int(seed), x.shape, self.config.single_step.dropout)


def _through(layers: Iterable[Layer], a: np.ndarray) -> np.ndarray:
    for layer in layers:
        a = layer.forward(a)
    return a


def _back(layers: list[Layer], d: Any) -> Any:
    for layer in reversed(layers):
        d = layer.backward(d)
    return d
