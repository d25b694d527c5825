"""The cases of the layers: derivatives by complex step, and the promises that a layer makes beyond its op."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from seqdl.checks.case import Buffers, Case
from seqdl.model.layers import Convolution, Dense, Layer, Rectification, Subsampling, TableConvolution
from seqdl.ops import connect

Views = Mapping[str, np.ndarray]
Build = Callable[[Views, Views], Layer]


def layer_case(name: str, build: Build, terms: int, input_gradient: bool = True, **shapes: tuple[int, ...]) -> Case:
    """The layer ``name`` as a case of the table; ``shapes`` are those of the input ``a`` and the parameters.

    As its own second form it is run in float32, after another input went through: it must overwrite its gradients, and
    nothing of the other input may be left. ``build`` makes it from named parameters and gradients, ``terms`` is the
    most summands in any of its sums, ``input_gradient`` whether it gives the gradient by its input.
    """

    def made(x: Views, gradients: dict[str, np.ndarray]) -> Layer:
        full = {f"{name}.{key}": value for key, value in x.items() if key != "a"}
        return build(full, {f"{name}.{key}": gradients[key] for key in x if key != "a"})

    def forward(**x: np.ndarray) -> np.ndarray:
        return made(x, {key: np.zeros_like(value) for key, value in x.items()}).forward(x["a"])

    def run(layer: Layer, d: np.ndarray, gradients: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        da = layer.backward(d)
        found = {key: value for key, value in gradients.items() if key != "a"}
        if not input_gradient:
            return found
        assert da is not None
        return {"a": da, **found}

    def backward(d: np.ndarray, **x: np.ndarray) -> dict[str, np.ndarray]:
        gradients = {key: np.zeros_like(value) for key, value in x.items()}
        layer = made(x, gradients)
        layer.forward(x["a"])
        return run(layer, d, gradients)

    def again(d: np.ndarray, buffers: Buffers, **x: np.ndarray) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        gradients = {key: buffers.over(*value.shape) for key, value in x.items() if key != "a"}
        layer = made(x, gradients)
        layer.forward(buffers.over(*x["a"].shape))
        return layer.forward(x["a"]), run(layer, d, gradients)

    def make(rng: np.random.Generator) -> dict[str, np.ndarray]:
        # Weights as small as in a network, so that few units are saturated.
        fan_in = {key: np.prod(shape[1:]) if key == "weight" else 1 for key, shape in shapes.items()}
        return {key: rng.standard_normal(shape) / np.sqrt(fan_in[key]) for key, shape in shapes.items()}

    return Case(f"layer {name}", make, forward, backward, mirror=again, terms=terms)


def layer_cases() -> list[Case]:
    """A case for each kind of layer."""
    links = connect.table(3)
    return [
        layer_case(
            "C1",
            lambda p, g: Convolution("C1", p, g, "plain", need_dx=False),
            input_gradient=False,
            terms=60,
            a=(1, 4, 6, 7),
            weight=(3, 1, 2, 3, 4),
            bias=(3,),
        ),
        layer_case(
            "C2",
            lambda p, g: TableConvolution("C2", p, g, "scaled", links),
            terms=8 * 24,
            a=(3, 4, 5, 6),
            weight=(len(links), 2, 3, 4),
            bias=(9,),
        ),
        layer_case(
            "C3",
            lambda p, g: Convolution("C3", p, g, "plain"),
            terms=60,
            a=(2, 4, 5, 6),
            weight=(3, 2, 3, 2, 4),
            bias=(3,),
        ),
        layer_case("R1", lambda p, g: Rectification("R1", p, g, "gain"), terms=40, a=(3, 2, 4, 5), gain=(3,)),
        layer_case("R2", lambda p, g: Rectification("R2", p, g, "bias"), terms=40, a=(3, 2, 4, 5), bias=(3,)),
        layer_case(
            "S1",
            lambda p, g: Subsampling("S1", p, g, "plain", 2, "mean"),
            terms=16,
            a=(3, 2, 4, 8),
            coefficient=(3,),
            bias=(3,),
        ),
        layer_case(
            "S2",
            lambda p, g: Subsampling("S2", p, g, "linear", 3, "sum"),
            terms=16,
            a=(3, 2, 6, 12),
            coefficient=(3,),
            bias=(3,),
        ),
        layer_case("N1", lambda p, g: Dense("N1", p, g, "plain"), terms=24, a=(2, 3, 1, 4), weight=(5, 24), bias=(5,)),
        layer_case("N2", lambda p, g: Dense("N2", p, g, "linear"), terms=7, a=(7,), weight=(4, 7), bias=(4,)),
    ]
