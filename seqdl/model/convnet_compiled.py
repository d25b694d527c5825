"""The compiled backend of the 3D-ConvNet: sizes and buffers made once, one call for many windows.

The kernels keep weights in their own order, the targets of a map innermost; parameters, gradients and velocities are
brought into that order at the door and back.
"""

from __future__ import annotations

import numpy as np

from seqdl.kernels.layers import copies, group_gradient, plane_gradient, squash, toom_cook
from seqdl.kernels.layers.conv3d import Convolution, aligned
from seqdl.kernels.layers.conv3d import room as convolution_room
from seqdl.kernels.layers.copies import Window
from seqdl.kernels.layers.group_gradient import Groups
from seqdl.kernels.layers.rectify_subsample import Stage
from seqdl.kernels.networks import convnet as kernel
from seqdl.kernels.networks import sequence
from seqdl.kernels.vector import simd
from seqdl.model.convnet import Backend, ConvNet
from seqdl.model.parameters import Parameters
from seqdl.model.updates import Learned, Updates
from seqdl.ops import connect


class CompiledConvNet(Backend):
    """Runs a network by :mod:`seqdl.kernels.networks.convnet`.

    Parameters
    ----------
    net : ConvNet
        Geometry and parameters.
    """

    def __init__(self, net: ConvNet) -> None:
        if net.parameters.vector.dtype != np.float32:
            raise ValueError(f"dtype: the compiled network is float32, not {net.parameters.vector.dtype}")
        self.net = net
        self.sizes = min((_network(net, turned) for turned in (False, True)), key=_vectors)
        self.order = _order(net, self.sizes)
        self.theta, self.velocity, self.gradient = (aligned(len(self.order)) for _ in range(3))
        self.weights, self.gradients = (self._views(vector) for vector in (self.theta, self.gradient))
        self.units, self.deltas = _units(self.sizes), _units(self.sizes)
        # Gradients take the place of what is not needed any more: less memory, more of it in the cache.
        self.deltas = self.deltas._replace(z2=self.units.z2)
        if self.sizes.stage1.c.by_rows:
            self.deltas = self.deltas._replace(z1=self.units.z1)
        self.rooms = _rooms(self.sizes, self.sizes.groups3.c)
        self.tiles = sequence.tiles(self.sizes, net.config.algorithm == "toom_cook")
        self.tile_units, self.tile_rooms = _units(self.tiles), _rooms(self.tiles, self.sizes.groups3.c)

    def _views(self, vector: np.ndarray) -> kernel.Weights:
        values = list(self.net.parameters.values())
        ends = np.cumsum([value.size for value in values])
        parts = (vector[end - value.size : end] for value, end in zip(values, ends))
        matrices = (part.reshape(value.shape) if value.ndim == 2 else part for value, part in zip(values, parts))
        return kernel.Weights(*matrices)

    def read(self, frames: np.ndarray, starts: np.ndarray, mirror: bool, flip: bool) -> tuple[np.ndarray, np.ndarray]:
        """Features and outputs of windows; see :meth:`ConvNet.read`."""
        features = np.empty((len(starts), self.net.features), np.float32)
        outputs = np.empty((len(starts), self.net.classes), np.float32)
        self.theta[:] = self.net.parameters.vector[self.order]
        frames = _read_only(frames)
        units, rooms = self.tile_units, self.tile_rooms
        sequence.read(self.tiles, frames, starts, mirror, flip, self.weights, units, rooms, features, outputs)
        return features, outputs

    def loss_and_gradient(self, window: np.ndarray, label: int) -> tuple[float, np.ndarray]:
        """Loss and gradient of one window; see :meth:`ConvNet.loss_and_gradient`."""
        gradient = self.net.parameters.like()
        self.theta[:] = self.net.parameters.vector[self.order]
        self.gradient[:] = 0
        rooms, g = self.rooms, self.sizes
        copies.copy(g.window, _read_only(window), 0, False, False, 0, 0, rooms.tables, rooms.picture, self.units.x)
        value = kernel.loss_and_gradient(g, self.weights, self.units, self.deltas, self.gradients, label, rooms)
        gradient.vector[self.order] = self.gradient
        return value, gradient.vector

    def run_updates(
        self, frames: np.ndarray, updates: Updates, velocity: np.ndarray, rates: np.ndarray, mu: float
    ) -> Learned:
        """Many online updates; see :meth:`ConvNet.run_updates`."""
        losses = np.empty(len(updates.starts), np.float32)
        decisions = np.empty(len(updates.starts), np.int64)
        theta = self.net.parameters.vector
        self.theta[:], self.velocity[:] = theta[self.order], velocity[self.order]
        done = kernel.run_updates(
            self.sizes,
            _read_only(frames),
            *updates,
            np.float32(mu),
            rates[self.order],
            self.theta,
            self.velocity,
            self.gradient,
            self.weights,
            self.gradients,
            self.units,
            self.deltas,
            self.rooms,
            losses,
            decisions,
        )
        theta[self.order], velocity[self.order] = self.theta, self.velocity
        return Learned(done, losses, decisions)


def _read_only(frames: np.ndarray) -> np.ndarray:
    """Frames as those of a store are, so that one compiled version serves them all."""
    view = frames.view()
    view.flags.writeable = False
    return view


def _vectors(sizes: kernel.Network) -> int:
    """Vectors of products that C1 and C2 take: the measure of a network's cost."""
    layers = (sizes.stage1.c, sizes.stage2.c)
    return sum(c.products * c.summed * c.sources * c.taps * c.runs * c.vectors for c in layers)


def _network(net: ConvNet, turned: bool) -> kernel.Network:
    """The sizes of a network, or of one that looks at turned pictures."""
    config = net.config
    size = {layer.name: layer.output for layer in net.layers}

    def squashing(activation: str) -> str:
        return config.squash if activation == "tanh" else "linear"

    def convolution(name: str, source: str, kernels: int, shape: tuple[int, int, int], activation: str) -> Convolution:
        sources, frames, *picture = size[source]
        depth, *kernel_picture = shape
        if turned:
            picture, kernel_picture = picture[::-1], kernel_picture[::-1]
        transformed = config.algorithm == "toom_cook" and toom_cook.applies(frames - depth + 1, depth)
        maps = size[name][0]
        sizes = (sources, kernels, maps, frames, *picture, depth, *kernel_picture)
        return Convolution(*sizes, squashing(activation), transformed, *simd.target())

    def stage(c: Convolution) -> Stage:
        gain, mean = config.rectification == "gain", config.pooling == "mean"
        return Stage(c, config.pool, mean, gain, squashing(config.activation_s))

    c1 = convolution("C1", "input", config.c1_maps, config.c1_kernel, config.activation_c)
    c2 = convolution("C2", "S1", config.c1_maps + 1, config.c2_kernel, config.activation_c)
    c3 = convolution("C3", "S2", config.c3_maps, config.c3_kernel, config.activation_c3)
    return kernel.Network(
        Window(*size["input"][1:], turned),
        stage(c1),
        stage(c2),
        Groups(c2),
        Groups(c3),
        net.features,
        config.hidden,
        net.classes,
        *map(float, squash.shape(squashing(config.activation_c3))),
        *map(float, squash.shape(config.squash)),
        config.loss == "cross_entropy",
    )


def _sources(links: np.ndarray) -> np.ndarray:
    """Which links leave each source, in the order of the table: (sources, kernels)."""
    return np.stack([np.flatnonzero(links[:, 0] == source) for source in range(links[:, 0].max() + 1)])


def _order(net: ConvNet, sizes: kernel.Network) -> np.ndarray:
    """Where in the flat vector of parameters each of the kernels' weights is."""
    places = Parameters(net.parameters.shapes, np.int64)
    places.vector[:] = np.arange(len(places.vector))
    order = []
    for name, value in places.items():
        if name in ("C1.weight", "C3.weight"):
            value = value.transpose(1, 2, 3, 4, 0)  # sources, frames, rows, columns, targets
        elif name == "C2.weight":
            value = value[_sources(connect.table(net.config.c1_maps))].transpose(0, 2, 3, 4, 1)
        if value.ndim == 5 and sizes.window.turned:
            value = value.swapaxes(2, 3)
        order.append(value.reshape(-1))
    return np.concatenate(order)


def _units(g: kernel.Network) -> kernel.Units:
    c1, c2, c3 = g.stage1.c, g.stage2.c, g.groups3.c

    def inputs(c: Convolution) -> int:
        return c.sources * c.frames * c.plane + c.slack

    def outputs(c: Convolution) -> int:
        return c.frames_out * c.maps * c.plane_out

    counts = [inputs(c1), outputs(c1), inputs(c2), inputs(c2), outputs(c2), inputs(c3), inputs(c3), outputs(c3)]
    return kernel.Units(*map(aligned, [*counts, g.features, g.hidden, g.classes, g.classes]))


def _rooms(g: kernel.Network, described: Convolution) -> kernel.Rooms:
    """Tables and memory; ``described`` is C3 of one window."""
    c1, c2, c3 = g.stage1.c, g.stage2.c, g.groups3.c
    links = connect.table(c1.maps)
    m, t, y, x = np.indices((c3.maps, described.frames_out, c3.rows_out, c3.columns_out))
    place = (t * c3.maps + m) * c3.plane_out + y * c3.pitch + x
    if g.window.turned:
        place = place.swapaxes(2, 3)
    rooms = [convolution_room(c) for c in (c1, c2, c3)]
    back1, back2, back3 = plane_gradient.room(c1), group_gradient.room(g.groups2), group_gradient.room(g.groups3)
    # never needed at the same time
    shared = aligned(max(rooms[1].products.size, back2.dz.size, back1.dz.size))
    rooms[1] = rooms[1]._replace(products=shared[: rooms[1].products.size])
    back1, back2 = (back._replace(dz=shared[: back.dz.size]) for back in (back1, back2))
    return kernel.Rooms(
        np.arange(c1.maps),
        links[_sources(links), 1].reshape(-1),
        np.tile(np.arange(c3.maps), c3.sources),
        place.reshape(-1),
        np.empty(g.window.rows + g.window.columns, np.int64),
        aligned(g.window.rows * g.window.columns),
        *map(aligned, sequence.lengths(g)),
        *rooms,
        back1,
        back2,
        back3,
    )
