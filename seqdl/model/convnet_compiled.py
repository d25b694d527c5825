"""The compiled backend of the 3D-ConvNet: buffers made once, one call for many windows."""

from __future__ import annotations

import numpy as np

from seqdl.kernels import convnet as kernel
from seqdl.kernels import squash
from seqdl.kernels.rectify_subsample import Stage
from seqdl.model.convnet import Backend, ConvNet
from seqdl.model.updates import Learned, Updates
from seqdl.ops import connect


class CompiledConvNet(Backend):
    """Runs a network by :mod:`seqdl.kernels.convnet`.

    Parameters
    ----------
    net : ConvNet
        Geometry and parameters.
    """

    def __init__(self, net: ConvNet) -> None:
        if net.parameters.vector.dtype != np.float32:
            raise ValueError(f"dtype: the compiled network is float32, not {net.parameters.vector.dtype}")
        self.net = net
        self.gradient = net.parameters.like()
        self.plan = _plan(net)
        self.units, self.deltas = _units(net), _units(net)
        self.weights = kernel.Weights(*net.parameters.values())
        self.gradients = kernel.Weights(*self.gradient.values())

    def read(self, frames: np.ndarray, starts: np.ndarray, mirror: bool, flip: bool) -> tuple[np.ndarray, np.ndarray]:
        """Features and outputs of windows; see :meth:`ConvNet.read`."""
        features = np.empty((len(starts), self.net.features), np.float32)
        outputs = np.empty((len(starts), self.net.classes), np.float32)
        kernel.read(_read_only(frames), starts, mirror, flip, self.weights, self.units, self.plan, features, outputs)
        return features, outputs

    def loss_and_gradient(self, window: np.ndarray, label: int) -> tuple[float, np.ndarray]:
        """Loss and gradient of one window; see :meth:`ConvNet.loss_and_gradient`."""
        self.units.x[0] = window
        self.gradient.vector[:] = 0
        value = kernel.loss_and_gradient(self.weights, self.units, self.deltas, self.gradients, label, self.plan)
        return value, self.gradient.vector.copy()

    def run_updates(
        self, frames: np.ndarray, updates: Updates, velocity: np.ndarray, rates: np.ndarray, mu: float
    ) -> Learned:
        """Many online updates; see :meth:`ConvNet.run_updates`."""
        losses = np.empty(len(updates.starts), np.float32)
        decisions = np.empty(len(updates.starts), np.int64)
        done = kernel.run_updates(
            _read_only(frames),
            *updates,
            np.float32(mu),
            rates,
            self.net.parameters.vector,
            velocity,
            self.gradient.vector,
            self.weights,
            self.gradients,
            self.units,
            self.deltas,
            self.plan,
            losses,
            decisions,
        )
        return Learned(done, losses, decisions)


def _read_only(frames: np.ndarray) -> np.ndarray:
    """Frames as those of a store are, so that one compiled version serves them all."""
    view = frames.view()
    view.flags.writeable = False
    return view


def _plan(net: ConvNet) -> kernel.Plan:
    config = net.config

    def squashing(activation: str) -> tuple[np.float32, np.float32]:
        return squash.shape(config.squash if activation == "tanh" else "linear")

    def stage(name: str) -> Stage:
        columns = net.layer(name).output[3]
        weight = np.float32(1 / config.pool**2 if config.pooling == "mean" else 1)
        gain = config.rectification == "gain"
        return Stage(
            columns, config.pool, weight, gain, *squashing(config.activation_c), *squashing(config.activation_s)
        )

    return kernel.Plan(
        connect.table(config.c1_maps),
        stage("C1"),
        stage("C2"),
        net.layer("C3").output[3],
        *squashing(config.activation_c3),
        *squash.shape(config.squash),
        config.loss == "cross_entropy",
    )


def _units(net: ConvNet) -> kernel.Units:
    """Zeroed arrays for all layers; the maps of a convolution are as wide as its input."""
    size = {layer.name: layer.output for layer in net.layers}

    def wide(name: str, source: str) -> tuple[int, ...]:
        return (*size[name][:3], size[source][3])

    made = [
        size["input"],
        *(wide("C1", "input"), size["S1"], size["S1"]),
        *(wide("C2", "S1"), size["S2"], size["S2"]),
        *(wide("C3", "S2"), (net.features,)),
        *(size["N1"], size["N2"], size["N2"]),
    ]
    return kernel.Units(*(np.zeros(shape, np.float32) for shape in made))
