"""The single-step model in NumPy: the 3D-ConvNet connected to the LSTM, with one error for both (planned in Section 5).

Every layer runs once over the whole sequence. A unit that many windows share is computed once, and on the way back it
gathers the errors of all of them before they are handed on: the sum over windows is in the backward pass of the
convolutions themselves (docs/equations.md, "One error through time and space")::

    frames -> C1 R1 S1 C2 R2 S2 C3 -> the features of all windows
    features -> dropout -> LSTM -> a loss at every step
    features -> N1 N2 (the head) -> a loss of every window

To be read, and to check a compiled form; no command trains it yet.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np

from seqdl.config import Config
from seqdl.model.convnet_numpy import LayerRow
from seqdl.model.layers import Layer
from seqdl.model.lstm_numpy import NumpyLSTM, step_weights
from seqdl.model.parameters import Parameters
from seqdl.ops import loss, overlap


class NumpySingleStep:
    """Both networks as one; like a backend it checks nothing, and keeps what one call leaves for the next.

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
        self.config = config
        row = LayerRow(config.convnet, parameters)
        self.gradient, self.c3 = row.gradient, row.c3
        end = row.layers.index(row.c3) + 1
        self.maps, self.head = row.layers[:end], row.layers[end:]
        self.lstm = NumpyLSTM(config.lstm, parameters)
        convnet = config.convnet
        kernels = (convnet.c1_kernel, convnet.c2_kernel, convnet.c3_kernel)
        frames = convnet.frames - sum(length - 1 for length, _, _ in kernels)
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
    ) -> tuple[Any, np.ndarray]:
        """The loss of a sequence of features and its gradient by them; that by LSTM and head goes into ``gradient``.

        Parameters
        ----------
        x, label : array, (steps, N), and int
            From :meth:`describe`; the true class.
        weights : array, (steps,), optional
            How much the LSTM's loss at each step counts; without them ``lstm.targets`` decides.
        head : float
            How much the head's loss counts, averaged over all windows.
        mask : array, (steps, N), optional
            Dropout: what the LSTM's inputs are multiplied by, 0 or 1 / (share that is kept).
        """
        kept = np.ones_like(x.real) if mask is None else mask
        trace, z = self.lstm.forward(kept * x)
        weights = step_weights(self.config.lstm.targets, z) if weights is None else weights
        value, dz = loss.sequence(z, label, weights, self.config.lstm.loss)
        dx = kept * self.lstm.backward(dz, trace, self.gradient)
        z = _through(self.head, x)
        shares = head * step_weights("every", z)
        head_value, dz = loss.sequence(z, label, shares, self.config.convnet.loss)
        return value + head_value, dx + _back(self.head, dz)

    def loss_and_gradient(self, frames: np.ndarray, label: int, **choices: Any) -> tuple[Any, np.ndarray]:
        """The loss of one sequence and its gradient (P,) by the parameters of both networks, a new array.

        Parameters
        ----------
        frames, label : array, (F, Y, X), and int
            Normalised frames, at least those of one window; the true class.
        **choices
            Of :meth:`learn_features`: weights, head, mask.
        """
        value, dx = self.learn_features(self.describe(frames), label, **choices)
        self.describe_back(dx)
        return value, self.gradient.vector.copy()


def _through(layers: Iterable[Layer], a: np.ndarray) -> np.ndarray:
    for layer in layers:
        a = layer.forward(a)
    return a


def _back(layers: list[Layer], d: Any) -> Any:
    for layer in reversed(layers):
        d = layer.backward(d)
    return d
