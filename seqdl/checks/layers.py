"""The cases of the layers: derivatives by complex step, and the promises that a layer makes beyond its op."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from seqdl.base.doors import inside
from seqdl.checks.case import Buffers, Case
from seqdl.model.layers import Convolution, Dense, Layer, Rectification, Subsampling, TableConvolution
from seqdl.ops import connect

Views = Mapping[str, np.ndarray]
Kind = Callable[..., Layer]


def layer_case(kind: Kind, name: str, *choices: Any, terms: int, **shapes: tuple[int, ...]) -> Case:
    """The layer ``kind(name, parameters, gradients, *choices)`` as a case of the table.

    As its own second form it is run in float32, after another input went through: it must overwrite its gradients, and
    nothing of the other input may be left. ``kind`` is its class, ``name`` the paper's, ``choices`` what else it takes;
    ``terms`` is the most summands in any of its sums, ``shapes`` are those of the input ``a`` and the parameters. C1
    alone gives no gradient by its input.
    """

    def made(x: Views, gradients: dict[str, np.ndarray]) -> Layer:
        full = {f"{name}.{key}": value for key, value in x.items() if key != "a"}
        return kind(name, full, {f"{name}.{key}": gradients[key] for key in x if key != "a"}, *choices)

    def forward(**x: np.ndarray) -> np.ndarray:
        return made(x, {key: np.zeros_like(value) for key, value in x.items()}).forward(x["a"])

    def run(layer: Layer, d: np.ndarray, gradients: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        da = layer.backward(d)
        found = {key: value for key, value in gradients.items() if key != "a"}
        assert (da is None) == (name == "C1")
        return found if da is None else {"a": da, **found}

    def backward(d: np.ndarray, **x: np.ndarray) -> dict[str, np.ndarray]:
        gradients = {key: np.zeros_like(value) for key, value in x.items()}
        layer = made(x, gradients)
        layer.forward(x["a"])
        return run(layer, d, gradients)

    def again(d: np.ndarray, buffers: Buffers, **x: np.ndarray) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        gradients = {key: buffers.over(*value.shape) for key, value in x.items() if key != "a"}
        layer = made(x, gradients)
        with inside():  # where NaN may stand
            layer.forward(buffers.over(*x["a"].shape))
            return layer.forward(x["a"]), run(layer, d, gradients)

    def make(rng: np.random.Generator) -> dict[str, np.ndarray]:
        # Weights as small as in a network, so that few units are saturated.
        fan_in = {key: np.prod(shape[1:]) if key == "weight" else 1 for key, shape in shapes.items()}
        return {key: rng.standard_normal(shape) / np.sqrt(fan_in[key]) for key, shape in shapes.items()}

    return Case(f"layer {name}", make, forward, backward, mirror=again, terms=terms)


def layer_cases() -> list[Case]:
    """A case for each kind of layer."""
    links, maps, pooled = connect.table(3), (3, 2, 4, 5), {"coefficient": (3,), "bias": (3,)}
    c2, c3 = (len(links), 2, 3, 4), (3, 2, 3, 2, 4)
    return [
        layer_case(Convolution, "C1", "plain", False, terms=60, a=(1, 4, 6, 7), weight=(3, 1, 2, 3, 4), bias=(3,)),
        layer_case(TableConvolution, "C2", "scaled", links, terms=8 * 24, a=(3, 4, 5, 6), weight=c2, bias=(9,)),
        layer_case(Convolution, "C3", "plain", terms=60, a=(2, 4, 5, 6), weight=c3, bias=(3,)),
        layer_case(Rectification, "R1", "gain", terms=40, a=maps, gain=(3,)),
        layer_case(Rectification, "R2", "bias", terms=40, a=maps, bias=(3,)),
        layer_case(Subsampling, "S1", "plain", 2, "mean", terms=16, a=(3, 2, 4, 8), **pooled),
        layer_case(Subsampling, "S2", "linear", 3, "sum", terms=16, a=(3, 2, 6, 12), **pooled),
        layer_case(Dense, "N1", "plain", terms=24, a=(2, 3, 1, 4), weight=(5, 24), bias=(5,)),
        layer_case(Dense, "N1 of many windows", "plain", terms=12, a=(5, 7), weight=(4, 7), bias=(4,)),
        layer_case(
            Dense,
            "N1 with dropout",
            "plain",
            np.array([0, 2, 2, 0], np.float32),
            terms=7,
            a=(7,),
            weight=(4, 7),
            bias=(4,),
        ),
        layer_case(Dense, "N2", "linear", terms=7, a=(7,), weight=(4, 7), bias=(4,)),
    ]
