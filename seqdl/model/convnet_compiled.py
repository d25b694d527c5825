"""The compiled backend of the 3D-ConvNet: sizes made once, a workspace a call, one call for many windows."""

from dataclasses import replace

import numpy as np

from seqdl.base.arrays import check_float32
from seqdl.config import ConvNetConfig
from seqdl.kernels.layers import conv3d, group_gradient, layout, plane_gradient, toom_cook
from seqdl.kernels.layers.copies import Window
from seqdl.kernels.layers.group_gradient import Groups
from seqdl.kernels.layers.layout import Convolution, aligned
from seqdl.kernels.layers.rectify_subsample import Stage
from seqdl.kernels.networks import convnet as kernel
from seqdl.kernels.networks import sequence
from seqdl.kernels.vector import simd
from seqdl.kernels.vector.records import record
from seqdl.model import varied
from seqdl.model.backend import ConvNetBackend
from seqdl.model.geometry import LayerSpec, decaying
from seqdl.model.parameters import Parameters
from seqdl.model.updates import Learned, Updates, VariedUpdates
from seqdl.model.workspaces import Pool
from seqdl.ops import connect
from seqdl.ops.loss import KINDS

TOGETHER, VARIED = 32, 8
"""Updates that are done by one call of compiled code: what dropout's masks are made for, and varied windows, of which
no more fit into the cache beside the network."""


class Reading:
    """What a call that reads windows works with.

    Parameters
    ----------
    tiles, described : seqdl.kernels.networks.convnet.Network, Convolution
        The sizes, from :func:`seqdl.kernels.networks.sequence.tiles`; C3 of one window.
    parameters : Parameters
        Of the network.
    """

    def __init__(self, tiles: kernel.Network, described: Convolution, parameters: Parameters) -> None:
        self.theta = aligned(len(parameters.vector))
        self.weights = views(self.theta, parameters)
        self.activations, self.work = activations(tiles, len(self.weights.bo)), workspace(tiles, described)
        self.given = record(self.weights), record(self.activations), record(self.work)


class Learning:
    """What a call that learns works with.

    Parameters
    ----------
    sizes, parameters : seqdl.kernels.networks.convnet.Network, Parameters
        Of the network.
    """

    def __init__(self, sizes: kernel.Network, parameters: Parameters) -> None:
        self.theta, self.velocity, self.gradient = (aligned(len(parameters.vector)) for _ in range(3))
        self.weights, self.gradients = (views(vector, parameters) for vector in (self.theta, self.gradient))
        self.activations, deltas = (activations(sizes, len(self.weights.bo)) for _ in range(2))
        # Gradients take the place of what is not needed any more: less memory, more of it in the cache.
        deltas = deltas._replace(z2=self.activations.z2)
        self.deltas = deltas._replace(z1=self.activations.z1) if sizes.stage1.c.by_rows else deltas
        self.work = workspace(sizes, sizes.groups3.c)
        self.varied = np.empty((VARIED * sizes.window.frames, sizes.window.rows, sizes.window.columns), np.float32)
        networks = self.weights, self.gradients, self.activations, self.deltas
        self.given = *map(record, networks), record(self.work)


class CompiledConvNet(ConvNetBackend):
    """Runs a network by :mod:`seqdl.kernels.networks`.

    The kernels keep the parameters in an order of their own; a call brings them, gradients and velocities into it and
    back.

    Parameters
    ----------
    config, layers, parameters : ConvNetConfig, list of LayerSpec, Parameters
        Geometry and choices; the network's sizes; its parameters.
    """

    def __init__(self, config: ConvNetConfig, layers: list[LayerSpec], parameters: Parameters) -> None:
        check_float32(parameters.vector)
        self.parameters = parameters
        self.sizes, self.dropout = rows_transformed(network(config, layers)), config.dropout
        self.tiles = sequence.tiles(self.sizes, config.algorithm == "toom_cook")
        self.positions = positions(self.sizes, parameters)
        self.shares = config.weight_decay * decaying(parameters.shapes)
        self.reading = Pool(lambda: Reading(self.tiles, self.sizes.groups3.c, parameters))
        self.learning = Pool(lambda: Learning(self.sizes, parameters))

    def read(self, frames: np.ndarray, starts: np.ndarray, mirror: bool, flip: bool) -> tuple[np.ndarray, np.ndarray]:
        """Features and outputs of windows."""
        groups = sequence.together(starts)
        with self.reading.workspace() as w:
            sizes = len(w.activations.f), len(w.activations.o)
            features, outputs = (np.empty((len(starts), size), np.float32) for size in sizes)
            w.theta[self.positions] = self.parameters.vector
            which = starts, groups, len(groups), mirror, flip
            sequence.read(self.tiles, frames, *which, *w.given, features, outputs, sizes[1])
        return features, outputs

    def loss_and_gradient(self, window: np.ndarray, label: int) -> tuple[float, np.ndarray]:
        """Loss and gradient of one window: those of an update at no rate, so that nothing is compiled for them."""
        one, nothing = np.zeros(1, np.int64), np.zeros_like(self.parameters.vector)
        updates = Updates(one, one + label, np.zeros((1, 4), np.int64), np.zeros(1, np.float32))
        with self.learning.workspace() as w:
            learned = self._run(w, window, updates, nothing, nothing, 0.0)
            return float(learned.losses[0]), w.gradient[self.positions]

    def run_updates(
        self, frames: np.ndarray, updates: Updates | VariedUpdates, velocity: np.ndarray, rates: np.ndarray, mu: float
    ) -> Learned:
        """Many online updates."""
        with self.learning.workspace() as w:
            learned = self._run(w, frames, updates, velocity, rates, mu)
            self.parameters.vector[:], velocity[:] = w.theta[self.positions], w.velocity[self.positions]
        return learned

    def _run(
        self,
        w: Learning,
        frames: np.ndarray,
        updates: Updates | VariedUpdates,
        velocity: np.ndarray,
        rates: np.ndarray,
        mu: float,
    ) -> Learned:
        n, classes, window = len(updates.starts), len(w.activations.o), self.sizes.window.frames
        losses, decisions, finished = np.empty(n, np.float32), np.empty(n, np.int64), 0
        packed_rates, shares = aligned(len(rates)), aligned(len(rates)) if self.shares.any() else None
        packed_rates[self.positions] = rates
        if shares is not None:
            shares[self.positions] = self.shares * rates
        w.theta[self.positions], w.velocity[self.positions] = self.parameters.vector, velocity
        vectors = packed_rates, shares, w.theta, w.velocity, w.gradient, len(rates)
        together = VARIED if isinstance(updates, VariedUpdates) else TOGETHER
        for first in range(0, n, together):
            some = slice(first, min(first + together, n))
            part = type(updates)(*(of[some] for of in updates))
            seen = frames
            if isinstance(part, VariedUpdates):
                seen, part = varied.windows(frames, part, window, out=w.varied)
            done, given = np.zeros(1, np.int64), (seen, *part[:4], self._masks(part.seeds), np.float32(mu))
            said = losses[some], decisions[some], len(part.starts), done
            kernel.run_updates(self.sizes, *given, *vectors, *w.given, classes, *said)
            finished += int(done[0])
            if done[0] < len(part.starts):
                break
        w.activations.m[:] = 1
        return Learned(finished, losses, decisions)

    def _masks(self, seeds: np.ndarray) -> np.ndarray | None:
        """What dropout multiplies N1 by at each update (n, hidden); None where there is no dropout."""
        if not len(seeds):
            return None
        from seqdl.kernels.layers import dropout

        masks = np.empty((len(seeds), self.sizes.hidden), np.float32)
        for seed, mask in zip(seeds, masks):
            dropout.mask(seed, self.dropout, mask)
        return masks


def views(vector: np.ndarray, parameters: Parameters) -> kernel.Weights:
    """The layers' parts of a packed vector."""
    values = list(parameters.values())
    parts = np.split(vector, np.cumsum([value.size for value in values])[:-1])
    return kernel.Weights(*(part.reshape(v.shape) if v.ndim == 2 else part for part, v in zip(parts, values)))


def network(config: ConvNetConfig, layers: list[LayerSpec]) -> kernel.Network:
    """The sizes of a network, which looks at transposed pictures where that is less work."""
    return min((_sizes(config, layers, transposed) for transposed in (False, True)), key=_vectors)


def rows_transformed(g: kernel.Network) -> kernel.Network:
    """The same network with C1's rows transformed as well as time, where that saves.

    It does not where sequences are learned from as one: the points of all their tiles are kept, and do not fit into the
    cache any more.
    """
    return replace(g, stage1=replace(g.stage1, c=g.stage1.c.transformed()))


def _vectors(sizes: kernel.Network) -> int:
    """Vectors of products that C1 and C2 take: the measure of a network's cost."""
    layers = (sizes.stage1.c, sizes.stage2.c)
    return sum(c.products * c.summed * c.sources * c.taps * c.runs * c.vectors for c in layers)


def _sizes(config: ConvNetConfig, layers: list[LayerSpec], transposed: bool) -> kernel.Network:
    """The sizes of a network, or of one that looks at transposed pictures."""
    size = {layer.name: layer.output for layer in layers}

    def squashing(activation: str) -> str:
        return config.squash if activation == "tanh" else "linear"

    def convolution(name: str, source: str, kernels: int, shape: tuple[int, int, int], activation: str) -> Convolution:
        (sources, frames, rows, columns), (depth, height, width) = size[source], shape
        if transposed:
            rows, columns, height, width = columns, rows, width, height
        transformed = config.algorithm == "toom_cook" and toom_cook.applies(frames - depth + 1, depth)
        sizes = (sources, kernels, size[name][0], frames, rows, columns, depth, height, width)
        return Convolution(*sizes, squashing(activation), transformed, *simd.target())

    def stage(c: Convolution) -> Stage:
        gain, mean = config.rectification == "gain", config.pooling == "mean"
        return Stage(c, config.pool, mean, gain, squashing(config.activation_s))

    c1 = convolution("C1", "input", config.c1_maps, config.c1_kernel, config.activation_c)
    c2 = convolution("C2", "S1", config.c1_maps + 1, config.c2_kernel, config.activation_c)
    c3 = convolution("C3", "S2", config.c3_maps, config.c3_kernel, config.activation_c3)
    _, frames, rows, columns = size["input"]
    return kernel.Network(
        window=Window(frames, rows, columns, transposed),
        stage1=stage(c1),
        stage2=stage(c2),
        groups2=Groups(c2),
        groups3=Groups(c3),
        features=int(np.prod(size["C3"])),
        hidden=config.hidden,
        squashing_n=config.squash,
        loss=KINDS.index(config.loss),
    )


def _convolutions(g: kernel.Network) -> list[tuple[Convolution, np.ndarray]]:
    """C1, C2 and C3, and which of their sources feeds which of their maps."""
    c1, c2, c3 = g.stage1.c, g.stage2.c, g.groups3.c
    links = layout.all_links(1, c1.maps), connect.table(c1.maps), layout.all_links(c3.sources, c3.maps)
    return list(zip((c1, c2, c3), links))


def positions(g: kernel.Network, parameters: Parameters) -> np.ndarray:
    """Where each parameter of the flat vector lies in the packed one, which has the layers in the same order."""
    positions = parameters.like(np.int64)
    positions.vector[:] = np.arange(len(positions.vector))
    for name, (c, links) in zip(("C1", "C2", "C3"), _convolutions(g)):
        view = positions[f"{name}.weight"]
        places = layout.weights(c, links)
        view[...] = view.min() + (places.swapaxes(2, 3) if g.window.transposed else places).reshape(view.shape)
    return positions.vector


def activations(g: kernel.Network, classes: int) -> kernel.Activations:
    """Zeros for the activations of all layers, to tell so many classes apart, without dropout."""
    c1, c2, c3 = g.stage1.c, g.stage2.c, g.groups3.c
    x1, x2, x3 = (c.sources * c.frames * c.plane + c.slack for c in (c1, c2, c3))
    z1, z2, z3 = (c.frames_out * c.maps * c.plane_out for c in (c1, c2, c3))
    counts = [x1, z1, x2, x2, z2, x3, x3, z3, g.features, g.hidden, g.hidden, g.hidden, classes, classes]
    made = kernel.Activations(*map(aligned, counts))
    made.m[:] = 1
    return made


def workspace(g: kernel.Network, described: Convolution) -> kernel.Workspace:
    """Tables and memory; ``described`` is C3 of one window."""
    place = layout.outputs(described)
    c1, c2, c3 = (conv3d.workspace(c) for c, _ in _convolutions(g))
    targets1, targets2, targets3 = (layout.targets(links) for _, links in _convolutions(g))
    back1 = plane_gradient.workspace(g.stage1.c)
    back2, back3 = group_gradient.workspace(g.groups2), group_gradient.workspace(g.groups3)
    shared = aligned(max(c2.products.size, back1.dz.size))  # never needed at the same time
    s1, s2 = map(aligned, sequence.lengths(g))
    return kernel.Workspace(
        targets1=targets1,
        targets2=targets2,
        targets3=targets3,
        place=(place.swapaxes(2, 3) if g.window.transposed else place).reshape(-1),
        tables=np.empty(g.window.rows + g.window.columns, np.int64),
        picture=aligned(g.window.rows * g.window.columns),
        s1=s1,
        s2=s2,
        c1=c1,
        c2=c2._replace(products=shared[: c2.products.size]),
        c3=c3,
        back1=back1._replace(dz=shared[: back1.dz.size]),
        back2=back2,
        back3=back3,
    )
