"""The 3D-ConvNet of Section 2.2: built from its configuration, run by one of two backends."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from seqdl.config import ConvNetConfig
from seqdl.model.arrays import check, check_finite
from seqdl.model.geometry import LayerSpec, convnet_layers, shapes
from seqdl.model.layers import Convolution, Dense, Rectification, Subsampling, TableConvolution
from seqdl.model.parameters import Parameters
from seqdl.model.updates import Learned, Updates
from seqdl.ops import connect, copies, loss, momentum


class Backend(Protocol):
    """What runs a network: the NumPy form or the compiled one; :class:`ConvNet` checks what it hands on."""

    def read(self, frames: np.ndarray, starts: np.ndarray, mirror: bool, flip: bool) -> tuple[np.ndarray, np.ndarray]:
        """Features and outputs of windows.

        Parameters
        ----------
        frames : array of float32, (F, Y, X)
            Normalised frames.
        starts : array of int64, (n,)
            First frame of each window.
        mirror, flip : bool
            Which copy of the windows.

        Returns
        -------
        features : array, (n, 120)
        outputs : array, (n, classes)
        """

    def loss_and_gradient(self, window: np.ndarray, label: int) -> tuple[float, np.ndarray]:
        """Loss of one window and its gradient by all parameters.

        Parameters
        ----------
        window : array of float32, (T, Y, X)
            Normalised frames.
        label : int
            The true class.

        Returns
        -------
        loss : float
        gradient : array, (P,)
        """

    def run_updates(
        self, frames: np.ndarray, updates: Updates, velocity: np.ndarray, rates: np.ndarray, mu: float
    ) -> Learned:
        """Many online updates.

        Parameters
        ----------
        frames : array of float32, (F, Y, X)
            Normalised frames.
        updates : Updates
            The windows.
        velocity : array, (P,)
            The running step; changed.
        rates : array, (P,)
            A factor on the rate for each parameter.
        mu : float
            The momentum.

        Returns
        -------
        Learned
        """


class ConvNet:
    """The 3D-ConvNet.

    Parameters
    ----------
    config : ConvNetConfig
        Geometry and choices.
    classes : int
        Number of actions.
    rng : numpy.random.Generator, optional
        For the initial weights; without it all parameters are zero.
    backend : {"numba", "numpy"}
        Which form runs.
    dtype : dtype
        Of the parameters; the compiled form is float32.

    Raises
    ------
    GeometryError
        For impossible sizes.
    """

    def __init__(
        self,
        config: ConvNetConfig,
        classes: int,
        rng: np.random.Generator | None = None,
        backend: str = "numba",
        dtype: np.dtype | type = np.float32,
    ) -> None:
        self.config, self.classes = config, classes
        self.layers = convnet_layers(config, classes)
        self.parameters = Parameters(shapes(self.layers), dtype)
        self.features = int(np.prod(self.layer("C3").output))
        if rng is not None:
            self.initialise(rng)
        if backend == "numpy":
            self._backend: Backend = NumpyConvNet(self)
        else:
            from seqdl.model.convnet_compiled import CompiledConvNet

            self._backend = CompiledConvNet(self)

    def layer(self, name: str) -> LayerSpec:
        """One layer's sizes.

        Parameters
        ----------
        name : str
            As in the paper.

        Returns
        -------
        LayerSpec
        """
        return next(layer for layer in self.layers if layer.name == name)

    def initialise(self, rng: np.random.Generator) -> None:
        """Draw the initial parameters.

        Weights have variance ``initial_scale**2`` / fan-in, gains and coefficients are 1, biases 0.

        Parameters
        ----------
        rng : numpy.random.Generator
            Where the numbers come from.
        """
        config = self.config
        for layer in self.layers:
            for name, shape in layer.shapes:
                view = self.parameters[f"{layer.name}.{name}"]
                if name == "weight":
                    scale = config.initial_scale / np.sqrt(layer.fan_in)
                    wide = np.sqrt(3.0) * scale
                    normal = config.initial == "normal"
                    view[...] = rng.normal(0, scale, shape) if normal else rng.uniform(-wide, wide, shape)
                elif name in ("gain", "coefficient"):
                    view[...] = 1
                else:
                    view[...] = config.initial_subsample_bias if layer.name.startswith("S") else 0

    def rates(self) -> np.ndarray:
        """A factor on the learning rate for each parameter, by ``rate_rule``.

        Returns
        -------
        array, (P,)
        """
        factors = Parameters(self.parameters.shapes, self.parameters.vector.dtype)
        for layer in self.layers:
            for name, _ in layer.shapes:
                shared = self.config.rate_rule == "sharing"
                factors[f"{layer.name}.{name}"][...] = 1 / np.sqrt(layer.uses) if shared else 1
        return factors.vector

    def read(
        self, frames: np.ndarray, starts: np.ndarray, mirror: bool = False, flip: bool = False
    ) -> tuple[np.ndarray, np.ndarray]:
        """Describe and classify windows of a clip, or of a whole store of frames.

        Parameters
        ----------
        frames : array of float32, (F, Y, X)
            Normalised frames.
        starts : array of int, (n,)
            First frame of each window.
        mirror, flip : bool
            Which copy of the windows.

        Returns
        -------
        features : array, (n, 120)
            C3 of each window.
        outputs : array, (n, classes)
            Probabilities (or, with the squared error, values in -1..1).

        Raises
        ------
        ValueError
            For frames of another shape or type, or windows outside them.
        """
        starts = np.ascontiguousarray(starts, np.int64)
        self._check(frames, starts)
        if len(starts):
            check_finite(frames[starts.min() : starts.max() + self.config.frames], "frames")
        return self._backend.read(frames, starts, mirror, flip)

    def loss_and_gradient(self, window: np.ndarray, label: int) -> tuple[float, np.ndarray]:
        """The loss of one window and its gradient by all parameters.

        Parameters
        ----------
        window : array of float32, (T, Y, X)
            Normalised frames.
        label : int
            The true class.

        Returns
        -------
        loss : float
        gradient : array, (P,)
        """
        self._check(window, np.zeros(1, np.int64))
        self._check_labels(np.array([label]))
        check_finite(window, "window")
        return self._backend.loss_and_gradient(window, label)

    def run_updates(
        self, frames: np.ndarray, updates: Updates, velocity: np.ndarray, rates: np.ndarray, mu: float
    ) -> Learned:
        """Learn online from many windows, one update each.

        Parameters
        ----------
        frames : array of float32, (F, Y, X)
            Normalised frames.
        updates : Updates
            The windows.
        velocity : array, (P,)
            The running step; changed.
        rates : array, (P,)
            From :meth:`rates`.
        mu : float
            The momentum.

        Returns
        -------
        Learned

        Raises
        ------
        ValueError
            For arrays of another shape or type, windows outside the frames, labels that are none, or a window with NaN;
            what was learned from the windows before it is kept.
        """
        self._check(frames, updates.starts)
        count, parameters = len(updates.starts), self.parameters.vector
        check(updates.labels, "labels", np.int64, (count,))
        check(updates.copy, "copy", np.int64, (count, 4))
        check(updates.learning_rates, "learning_rates", np.float32, (count,))
        self._check_labels(updates.labels)
        check(velocity, "velocity", parameters.dtype, parameters.shape, writable=True)
        check(rates, "rates", parameters.dtype, parameters.shape)
        learned = self._backend.run_updates(frames, updates, velocity, rates, mu)
        if learned.done < count:
            start = updates.starts[learned.done]
            check_finite(frames[start : start + self.config.frames], f"frames, window from {start}")
        return learned

    def _check(self, frames: np.ndarray, starts: np.ndarray) -> None:
        length, *size = self.layers[0].output[1:]
        check(frames, "frames", self.parameters.vector.dtype, (None, *size))
        check(starts, "starts", np.int64, (None,))
        if len(starts) and (starts.min() < 0 or starts.max() + length > len(frames)):
            raise ValueError(f"starts: windows of {length} frames reach outside the {len(frames)} frames")

    def _check_labels(self, labels: np.ndarray) -> None:
        if len(labels) and (labels.min() < 0 or labels.max() >= self.classes):
            raise ValueError(f"labels: expected 0 to {self.classes - 1}, got {labels.min()} to {labels.max()}")


class NumpyConvNet(Backend):
    """The network as a row of layers, for reading and for checking the compiled one.

    Parameters
    ----------
    net : ConvNet
        Geometry and parameters.
    """

    def __init__(self, net: ConvNet) -> None:
        config, p = net.config, net.parameters
        self.net = net
        self.gradient = p.like()
        squashing = {
            name: config.squash if value == "tanh" else "linear"
            for name, value in [("c", config.activation_c), ("s", config.activation_s), ("c3", config.activation_c3)]
        }
        g = self.gradient
        links = connect.table(config.c1_maps)
        self.c3 = Convolution("C3", p, g, squashing["c3"])
        self.row = [
            Convolution("C1", p, g, squashing["c"], need_dx=False),
            Rectification("R1", p, g, config.rectification),
            Subsampling("S1", p, g, squashing["s"], config.pool, config.pooling),
            TableConvolution("C2", p, g, squashing["c"], links),
            Rectification("R2", p, g, config.rectification),
            Subsampling("S2", p, g, squashing["s"], config.pool, config.pooling),
            self.c3,
            Dense("N1", p, g, config.squash),
            Dense("N2", p, g, "linear"),
        ]

    def _forward(self, window: np.ndarray) -> np.ndarray:
        """The sums of the output neurons, from ``window`` (T, Y, X)."""
        a = window[None]
        for layer in self.row:
            a = layer.forward(a)
        return a

    def read(self, frames: np.ndarray, starts: np.ndarray, mirror: bool, flip: bool) -> tuple[np.ndarray, np.ndarray]:
        """Features and outputs of windows; see :meth:`ConvNet.read`."""
        net = self.net
        features = np.empty((len(starts), net.features), frames.dtype)
        outputs = np.empty((len(starts), net.classes), frames.dtype)
        for k, start in enumerate(starts):
            z = self._forward(copies.copy(frames[start : start + net.config.frames], mirror, flip))
            features[k], outputs[k] = self.c3.y.reshape(-1), loss.outputs(z, net.config.loss)
        return features, outputs

    def loss_and_gradient(self, window: np.ndarray, label: int) -> tuple[float, np.ndarray]:
        """Loss and gradient of one window; see :meth:`ConvNet.loss_and_gradient`."""
        return self._learn(window, label)[0], self.gradient.vector.copy()

    def run_updates(
        self, frames: np.ndarray, updates: Updates, velocity: np.ndarray, rates: np.ndarray, mu: float
    ) -> Learned:
        """Many online updates; see :meth:`ConvNet.run_updates`."""
        count = len(updates.starts)
        losses, decisions = np.empty(count, frames.dtype), np.empty(count, np.int64)
        theta = self.net.parameters.vector
        for k, (start, label, copy, learning_rate) in enumerate(zip(*updates)):
            mirror, flip, *shift = copy
            window = copies.copy(frames[start : start + self.net.config.frames], mirror, flip, tuple(shift))
            losses[k], decisions[k] = self._learn(window, label)
            if not np.isfinite(losses[k]):
                return Learned(k, losses, decisions)
            momentum.update(theta, velocity, self.gradient.vector, rates, learning_rate, mu)
        return Learned(count, losses, decisions)

    def _learn(self, window: np.ndarray, label: int) -> tuple[float, int]:
        """The window's loss and decision; leaves its gradient in ``self.gradient``."""
        self.gradient.vector[:] = 0
        z = self._forward(window)
        value, d = loss.loss(z, label, self.net.config.loss)
        for layer in reversed(self.row):
            d = layer.backward(d)
        return value, int(z.real.argmax())
