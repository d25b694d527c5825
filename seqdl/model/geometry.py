"""The layers of both networks: sizes, parameter shapes and counts, from the configuration (Section 2.2, Figure 1)."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import prod, sqrt

import numpy as np

from seqdl.base.arrays import check_whole
from seqdl.config import Config, ConvNetConfig, LSTMConfig
from seqdl.errors import GeometryError
from seqdl.ops import connect

MOST = 1_000_000
"""No network has more classes, or inputs at a step."""

MOST_UNITS = 20_000_000
"""No layer has more parameters, or units: the memory of a training is a few times that."""
MOST_MAPS = 500
"""C1 has no more maps: C2 has one for each pair of them."""

CONNECTING = (".weight", ".input", ".recurrent", ".peephole")
"""Parameters that lead from one unit to another."""


@dataclass(frozen=True)
class LayerSpec:
    """One layer of a network.

    Parameters
    ----------
    name, output : str, tuple of int
        As in the paper: C1, R1, S1, ...; its size: (maps, frames, rows, columns) or (neurons,).
    shapes : tuple of (str, tuple of int)
        Its parameters.
    fan_in, uses : int
        How many inputs a unit has; how many units share each weight.
    what : str
        A description in words.
    """

    name: str
    output: tuple[int, ...]
    shapes: tuple[tuple[str, tuple[int, ...]], ...]
    fan_in: int
    uses: int
    what: str

    @property
    def count(self) -> int:
        """Number of trainable parameters."""
        return sum(prod(shape) for _, shape in self.shapes)


def convnet_layers(config: ConvNetConfig, classes: int) -> list[LayerSpec]:
    """The layers of the 3D-ConvNet; a GeometryError for sizes that cannot be names the layer and the sizes."""
    check_whole(classes, "classes", most=MOST)
    _at_least_one(config, ("frames", "rows", "columns", "c1_maps", "pool", "c3_maps", "hidden"))
    if config.c1_maps > MOST_MAPS:
        raise GeometryError(f"convnet.c1_maps = {config.c1_maps}: give at most {MOST_MAPS}")
    if classes < 2:
        raise GeometryError(f"N2: a network needs at least 2 classes, not {classes}")
    source: tuple[int, ...] = (1, config.frames, config.rows, config.columns)
    layers = [LayerSpec("input", source, (), 0, 1, "normalised frames")]
    stages = [("1", config.c1_maps, config.c1_kernel), ("2", _c2_maps(config.c1_maps), config.c2_kernel)]
    for stage, maps, kernel in stages:
        layers.append(_convolution("C" + stage, source, maps, kernel, table=stage == "2"))
        size = layers[-1].output
        per_map = (maps,)
        layers.append(LayerSpec("R" + stage, size, ((config.rectification, per_map),), 1, prod(size[1:]), "rectified"))
        source = _pooled("S" + stage, size, config.pool)
        shapes = (("coefficient", per_map), ("bias", per_map))
        what = f"{config.pool} x {config.pool} {config.pooling}, trainable"
        layers.append(LayerSpec("S" + stage, source, shapes, config.pool**2, prod(source[1:]), what))
    layers.append(_convolution("C3", source, config.c3_maps, config.c3_kernel))
    features = prod(layers[-1].output)
    layers.append(_dense("N1", features, config.hidden))
    layers.append(_dense("N2", config.hidden, classes))
    return _bounded(layers)


def lstm_layers(config: LSTMConfig, inputs: int, classes: int) -> list[LayerSpec]:
    """The layers of the LSTM classifier (Section 3) that reads ``inputs`` values at each step, 120 in the paper.

    ``config`` gives the geometry, ``classes`` the number of actions; a GeometryError for sizes that cannot be.
    """
    check_whole(classes, "classes", most=MOST)
    check_whole(inputs, "inputs", 1, MOST)
    _at_least_one(config, ("cells", "window_step"))
    if classes < 2:
        raise GeometryError(f"output: a network needs at least 2 classes, not {classes}")
    cells, blocks = config.cells, 4 if config.forget_gate else 3
    shapes = (
        ("input", (blocks * cells, inputs)),
        ("recurrent", (blocks * cells, cells)),
        ("bias", (blocks * cells,)),
        ("peephole", (blocks - 1 if config.peepholes else 0, cells)),
    )
    gates = "input, output and forget gates" if config.forget_gate else "input and output gates"
    what = f"CEC with {gates}{', peepholes' if config.peepholes else ''}"
    layers = [
        LayerSpec("input", (inputs,), (), 0, 1, "features of a step"),
        LayerSpec("LSTM", (cells,), shapes, inputs + cells, 1, what),
        _dense("output", cells, classes),
    ]
    return _bounded(layers)


def single_step_layers(config: Config, classes: int) -> list[LayerSpec]:
    """The layers of the single-step model (Section 5), the ConvNet's, of which N1 and N2 are a head, and the LSTM's.

    ``config`` gives both geometries, ``classes`` the number of actions; a GeometryError for sizes that cannot be.
    """
    convnet = convnet_layers(config.convnet, classes)
    features = next(prod(layer.output) for layer in convnet if layer.name == "C3")
    return convnet + lstm_layers(config.lstm, features, classes)[1:]


def shapes(layers: list[LayerSpec]) -> list[tuple[str, tuple[int, ...]]]:
    """Names and shapes of all parameters of some layers, such as ``("C1.weight", (7, 1, 5, 7, 7))``."""
    return [(f"{layer.name}.{name}", shape) for layer in layers for name, shape in layer.shapes]


def decaying(named: Iterable[tuple[str, tuple[int, ...]]]) -> np.ndarray:
    """1 for each parameter (P,) that weight decay makes smaller, 0 for the others.

    ``named`` are their names and shapes, from :func:`shapes`.

    Choice: weights decay, also those of peepholes; biases, gains and coefficients, which are few, do not.
    """
    return np.concatenate([np.full(prod(shape), float(name.endswith(CONNECTING))) for name, shape in named])


def rate_factors(layers: list[LayerSpec], rule: str) -> np.ndarray:
    """A factor on the learning rate for each parameter (P,) of ``layers``, by a ``rule`` as ``convnet.rate_rule``."""
    factors = [1 / sqrt(layer.uses) if rule == "sharing" else 1.0 for layer in layers]
    return np.repeat(factors, [layer.count for layer in layers])


def _c2_maps(n: int) -> int:
    return 2 * n + n * (n - 1) // 2


def _bounded(layers: list[LayerSpec]) -> list[LayerSpec]:
    """The layers, of which none is too large; a GeometryError names one that is."""
    for layer in layers:
        if max(layer.count, prod(layer.output)) > MOST_UNITS:
            sizes = f"{layer.count} parameters, {' x '.join(map(str, layer.output))} units"
            raise GeometryError(f"{layer.name}: {sizes}: a layer has at most {MOST_UNITS:,}")
    return layers


def _at_least_one(config: ConvNetConfig | LSTMConfig, names: tuple[str, ...]) -> None:
    section = "convnet" if isinstance(config, ConvNetConfig) else "lstm"
    for name in names:
        if getattr(config, name) < 1:
            raise GeometryError(f"{section}.{name} = {getattr(config, name)}: give at least 1")


def _convolution(
    name: str, source: tuple[int, ...], maps: int, kernel: tuple[int, ...], table: bool = False
) -> LayerSpec:
    size = tuple(n - k + 1 for n, k in zip(source[1:], kernel))
    sizes = f"{' x '.join(map(str, kernel))} kernels on {' x '.join(map(str, source[1:]))} input"
    if min(kernel) < 1 or min(size) < 1:
        raise GeometryError(f"{name}: {sizes} (frames x rows x columns) leave nothing")
    if table:
        kernels = len(connect.table(source[0]))
        shapes: tuple = (("weight", (kernels, *kernel)), ("bias", (maps,)))
        fan_in, what = 2 * prod(kernel), f"{kernels} {sizes} through the connection table"
    else:
        shapes = (("weight", (maps, source[0], *kernel)), ("bias", (maps,)))
        fan_in, what = source[0] * prod(kernel), f"{maps * source[0]} {sizes}"
    return LayerSpec(name, (maps, *size), shapes, fan_in, prod(size), what)


def _pooled(name: str, size: tuple[int, ...], n: int) -> tuple[int, ...]:
    maps, frames, rows, columns = size
    if rows % n or columns % n:
        raise GeometryError(
            f"{name}: {rows} x {columns} units (rows x columns) cannot be divided into {n} x {n} windows"
        )
    return maps, frames, rows // n, columns // n


def _dense(name: str, inputs: int, neurons: int) -> LayerSpec:
    shapes = (("weight", (neurons, inputs)), ("bias", (neurons,)))
    return LayerSpec(name, (neurons,), shapes, inputs, 1, "fully connected")
