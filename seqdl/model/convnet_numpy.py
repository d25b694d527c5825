"""The NumPy backend of the 3D-ConvNet: a row of layers, for reading and for checking the compiled one."""

from typing import Any

import numpy as np

from seqdl.config import ConvNetConfig
from seqdl.model import varied
from seqdl.model.backend import ConvNetBackend
from seqdl.model.geometry import decaying
from seqdl.model.layers import Convolution, Dense, Layer, Rectification, Subsampling, TableConvolution
from seqdl.model.parameters import Parameters
from seqdl.model.updates import Learned, Updates, VariedUpdates
from seqdl.model.workspaces import Pool
from seqdl.ops import connect, copies, dropout, loss, momentum


class LayerRow:
    """The network as a row of layers, with a gradient of its own.

    Parameters
    ----------
    config, parameters : ConvNetConfig, Parameters
        Geometry and choices; of the network.
    """

    def __init__(self, config: ConvNetConfig, parameters: Parameters) -> None:
        self.config, self.gradient = config, parameters.like()
        p, g = parameters, self.gradient
        c, s, c3 = (
            config.squash if value == "tanh" else "linear"
            for value in (config.activation_c, config.activation_s, config.activation_c3)
        )
        self.c3, self.n1 = Convolution("C3", p, g, c3), Dense("N1", p, g, config.squash)
        self.layers: list[Layer] = [
            Convolution("C1", p, g, c, need_dx=False),
            Rectification("R1", p, g, config.rectification),
            Subsampling("S1", p, g, s, config.pool, config.pooling),
            TableConvolution("C2", p, g, c, connect.table(config.c1_maps)),
            Rectification("R2", p, g, config.rectification),
            Subsampling("S2", p, g, s, config.pool, config.pooling),
            self.c3,
            self.n1,
            Dense("N2", p, g, "linear"),
        ]

    def forward(self, window: np.ndarray) -> np.ndarray:
        """The sums of the output neurons, from a normalised window (T, Y, X)."""
        a = window[None]
        for layer in self.layers:
            a = layer.forward(a)
        return a

    def learn(self, window: np.ndarray, label: int, mask: np.ndarray | None = None) -> tuple[Any, int]:
        """The loss and the decision of one ``window`` of class ``label``; leaves its gradient in ``self.gradient``.

        With a ``mask`` (hidden,) of dropout, N1 is multiplied by it.
        """
        self.n1.mask = mask
        z = self.forward(window)
        d: Any
        value, d = loss.loss(z, label, self.config.loss)
        for layer in reversed(self.layers):
            d = layer.backward(d)
        self.n1.mask = None
        return value, int(z.real.argmax())


class NumpyConvNet(ConvNetBackend):
    """Runs a network by its layers.

    Parameters
    ----------
    config, parameters : ConvNetConfig, Parameters
        Geometry and choices; of the network.
    """

    def __init__(self, config: ConvNetConfig, parameters: Parameters) -> None:
        self.config, self.parameters = config, parameters
        self.shares = (config.weight_decay * decaying(parameters.shapes)).astype(parameters.vector.dtype)
        self.rows = Pool(lambda: LayerRow(config, parameters))

    def read(self, frames: np.ndarray, starts: np.ndarray, mirror: bool, flip: bool) -> tuple[np.ndarray, np.ndarray]:
        """Features and outputs of windows."""
        features = np.empty((len(starts), len(self.parameters["N1.weight"][0])), frames.dtype)
        outputs = np.empty((len(starts), len(self.parameters["N2.bias"])), frames.dtype)
        with self.rows.workspace() as row:
            for k, start in enumerate(starts):
                z = row.forward(copies.copy(frames[start : start + self.config.frames], mirror, flip))
                features[k], outputs[k] = row.c3.y.reshape(-1), loss.outputs(z, self.config.loss)
        return features, outputs

    def loss_and_gradient(self, window: np.ndarray, label: int) -> tuple[float, np.ndarray]:
        """Loss and gradient of one window."""
        with self.rows.workspace() as row:
            return row.learn(window, label)[0], row.gradient.vector.copy()

    def run_updates(
        self, frames: np.ndarray, updates: Updates | VariedUpdates, velocity: np.ndarray, rates: np.ndarray, mu: float
    ) -> Learned:
        """Many online updates."""
        if isinstance(updates, VariedUpdates):
            frames, updates = varied.windows(frames, updates, self.config.frames, "numpy")
        count = len(updates.starts)
        losses, decisions = np.empty(count, frames.dtype), np.empty(count, np.int64)
        theta, shares = self.parameters.vector, self.shares * rates
        with self.rows.workspace() as row:
            for k, (start, label, copy, learning_rate) in enumerate(zip(*updates[:4])):
                mirror, flip, *shift = copy
                window = copies.copy(frames[start : start + self.config.frames], mirror, flip, tuple(shift))
                mask = self._mask(int(updates.seeds[k])) if len(updates.seeds) else None
                losses[k], decisions[k] = row.learn(window, label, mask)
                if not np.isfinite(losses[k]):
                    return Learned(k, losses, decisions)
                if self.config.weight_decay:
                    momentum.decay(theta, shares, learning_rate)
                momentum.update(theta, velocity, row.gradient.vector, rates, learning_rate, mu)
        return Learned(count, losses, decisions)

    def _mask(self, seed: int) -> np.ndarray:
        return dropout.mask(seed, (1, self.config.hidden), self.config.dropout)[0]
