"""The single-step model as rows of the table: its gradient along random directions, and window by window."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from seqdl.base.doors import inside
from seqdl.checks import complex_step
from seqdl.checks.case import EXACT, Result, compare
from seqdl.checks.networks import LEARNED, RATE, bounds, gradients, off_the_kink, shake, sums_in_blocks
from seqdl.config import Config, ConvNetConfig, LSTMConfig
from seqdl.model import targets
from seqdl.model.backend import SingleStepBackend
from seqdl.model.convnet import ConvNet
from seqdl.model.convnet_numpy import LayerRow
from seqdl.model.geometry import shapes, single_step_layers
from seqdl.model.lstm_classifier import LSTMClassifier
from seqdl.model.parameters import Parameters
from seqdl.model.single_step_compiled import CompiledSingleStep
from seqdl.model.single_step_numpy import NumpySingleStep
from seqdl.model.updates import AdamState, SingleStepUpdates
from seqdl.ops import dense, loss, squash

TINY = ConvNetConfig(
    frames=5, rows=11, columns=9, c1_maps=2, c1_kernel=(2, 4, 2), c2_kernel=(2, 3, 3), c3_kernel=(2, 1, 1), c3_maps=3,
    hidden=4,
)  # fmt: skip
"""Windows of two frames in C3, which overlap there too."""

SAME = 1e-12
"""Two ways to add up the same float64 numbers."""

HEAD, DROPOUT = 0.6, 0.25


@dataclass(frozen=True)
class SingleStepCase:
    """Both networks as one, on a whole sequence, with everything that weighs an error: steps, head, dropout.

    Parameters
    ----------
    name, config : str, Config
        The row's name; geometry and choices.
    classes, frames : int
        Number of actions; length of the sequence.
    compiled : bool
        Whether the compiled form is held against the equations too; each configuration is compiled on its own.
    """

    name: str
    config: Config
    classes: int
    frames: int
    compiled: bool = False

    def results(self, rng: np.random.Generator) -> list[Result]:
        """Complex step, the same gradient window by window, float32 and stale gradients."""
        parameters = drawn(self.config, self.classes, rng)
        model = NumpySingleStep(self.config, parameters)
        shape = self.frames, self.config.convnet.rows, self.config.convnet.columns
        frames = off_the_kink(model.maps, shape, self.frames, rng).astype(np.complex128)
        label, x = int(rng.integers(targets.highest(self.config.lstm.loss, self.classes) + 1)), model.describe(frames)
        choices: dict[str, Any] = {
            "weights": rng.random(len(x)),
            "head": HEAD,
            "mask": (rng.random(x.shape) >= DROPOUT) / (1 - DROPOUT),
        }
        value, dx = model.learn_features(x, label, **choices)
        model.describe_back(dx)
        gradient = {name: view.real.copy() for name, view in model.gradient.items()}
        named = {name: view.copy() for name, view in parameters.items()}

        def run(moved: dict[str, np.ndarray]) -> np.ndarray:
            for name, view in parameters.items():
                view[...] = moved[name]
            x = moved["features"] if "features" in moved else model.describe(frames)
            return self._loss(x, moved, label, **choices)

        found = complex_step.errors(run, named, gradient, 1.0, rng)
        found |= complex_step.errors(run, named | {"features": x}, {"features": dx.real}, 1.0, rng)
        results = [
            Result(self.name, "complex step", what, gradient.get(what, dx).size, error, EXACT)
            for what, error in found.items()
            if gradient.get(what, dx).size
        ]
        by_hand = run(named)
        results.append(compare(self.name, "by hand", "loss", np.asarray(value), by_hand, EXACT))
        results += self._by_windows(parameters, frames, dx, gradient)
        results += self._again(parameters, frames, label, choices, gradient)
        return results + (self._compiled(parameters, frames.real.astype(np.float32), label) if self.compiled else [])

    def _loss(
        self, x: np.ndarray, named: Mapping[str, np.ndarray], label: int, weights: np.ndarray, head: float, mask: Any
    ) -> np.ndarray:
        """The loss from the features of all windows, said in another way; the LSTM's state is cut as the error is."""
        convnet, lstm = self.config.convnet, self.config.lstm
        by_lstm = [loss.loss(z, label, lstm.loss)[0] for z in sums_in_blocks(lstm, x * mask, named)]
        neurons = (
            squash.forward(dense.forward(x_t, named["N1.weight"], named["N1.bias"]), convnet.squash) for x_t in x
        )
        sums = (dense.forward(y, named["N2.weight"], named["N2.bias"]) for y in neurons)
        by_head = [loss.loss(z, label, convnet.loss)[0] for z in sums]
        return np.dot(weights, by_lstm) + head * np.mean(by_head)

    def _by_windows(
        self, parameters: Parameters, frames: np.ndarray, dx: np.ndarray, gradient: dict[str, np.ndarray]
    ) -> list[Result]:
        """The ConvNet's part once more: each window on its own, and their gradients added."""
        convnet, total = self.config.convnet, parameters.like()
        row = LayerRow(convnet, parameters)
        maps = row.layers[: row.layers.index(row.c3) + 1]
        for k, error in enumerate(dx):
            first = k * self.config.lstm.window_step
            a: Any = frames[None, first : first + convnet.frames]
            for layer in maps:
                a = layer.forward(a)
            d: Any = error.reshape(a.shape)
            for layer in reversed(maps):
                d = layer.backward(d)
            total.vector += row.gradient.vector
        names = [name for name in gradient if name.partition(".")[0] in {layer.name for layer in maps}]
        return [
            compare(self.name, "by hand", f"{name}, by windows", gradient[name], total[name].real, SAME)
            for name in names
        ]

    def _again(
        self, exact: Parameters, frames: np.ndarray, label: int, choices: dict, gradient: dict[str, np.ndarray]
    ) -> list[Result]:
        """In float32, over a gradient of NaN, twice: it stays float32, overwrites, and leaves its input as it was."""
        parameters = exact.like(np.float32)
        parameters.vector[:] = exact.vector.real
        model = NumpySingleStep(self.config, parameters)
        low, kept = frames.real.astype(np.float32), frames.real.astype(np.float32)
        low_choices = choices | {name: choices[name].astype(np.float32) for name in ("weights", "mask")}
        model.gradient.vector[:] = np.nan
        model.loss_and_gradient(-low, label, **low_choices)
        value, found = model.loss_and_gradient(low, label, **low_choices)
        wanted = np.concatenate([view.reshape(-1) for view in gradient.values()])
        limit = max(bounds(single_step_layers(self.config, self.classes), len(choices["weights"])).values())
        result = compare(self.name, "float32", "gradient", found, wanted, limit)
        single = found.dtype == value.dtype == np.float32
        changed = float(not np.array_equal(low, kept))
        return [
            result if single else result._replace(error=np.inf),
            Result(self.name, "inputs", "frames", low.size, changed, 0.0),
        ]

    def _compiled(self, exact: Parameters, frames: np.ndarray, label: int) -> list[Result]:
        """The compiled form: loss, gradient, and three updates, of which one leaves the ConvNet alone."""
        layers = single_step_layers(self.config, self.classes)
        both = [exact.like(np.float32) for _ in range(2)]
        nets = [CompiledSingleStep(self.config, layers, parameters) for parameters in both]
        both[0].vector[:] = np.nan
        nets[0].loss_and_gradient(-frames, label, HEAD, 2)  # poison
        slow_parameters = exact.like(np.float64)
        slow = NumpySingleStep(self.config, slow_parameters)
        for parameters in (*both, slow_parameters):
            parameters.vector[:] = exact.vector.real
        found = [net.loss_and_gradient(frames, label, HEAD, 1) for net in nets]
        expected = slow.loss_and_gradient(frames.astype(float), label, HEAD, 1)
        length, step = self.config.convnet.frames, self.config.lstm.window_step
        steps = (len(frames) - length) // step + 1
        results = gradients(self.name, exact, found, expected, bounds(layers, steps))
        crops = np.array([0, 0, 0]), np.array([steps, 1, max(1, steps - 1)]), np.arange(3) % self.classes
        copy, rates = np.array([[0, 0, 0, 0], [1, 0, 1, -2], [0, 1, 0, 0]]), np.full(3, RATE, np.float32)
        updates = SingleStepUpdates(
            *crops, copy, np.array([3, -1, 4]), rates, rates * np.array([1, 0, 1], np.float32), rates / RATE
        )
        states = [AdamState.new(parameters.vector) for parameters in (both[0], slow_parameters)]
        forms: tuple[SingleStepBackend, ...] = nets[0], slow
        with inside():
            told = [
                net.run_updates(frames.astype(state.mean.dtype), updates, state) for net, state in zip(forms, states)
            ]
        said = {name: [np.asarray(getattr(one, name)) for one in told] for name in ("losses", "norms")}
        said |= {f"running {name}s": [getattr(one, name) for one in states] for name in ("mean", "square")}
        return results + [
            compare(self.name, "kernel", f"three updates: {what}", value, wanted, LEARNED)
            for what, (value, wanted) in said.items()
        ]


def drawn(config: Config, classes: int, rng: np.random.Generator, dtype: Any = np.complex128) -> Parameters:
    """Parameters of the single-step model: both networks' initial ones, by ``rng``, and no bias or gain left at 0 or 1.

    ``config`` and ``classes`` are the model's, ``dtype`` the parameters'.
    """
    parameters = Parameters(shapes(single_step_layers(config, classes)), dtype)
    convnet = ConvNet(config.convnet, classes, rng, "numpy")
    lstm = LSTMClassifier(config.lstm, convnet.features, classes, rng, "numpy")
    parameters.vector[:] = np.concatenate([convnet.parameters.vector, lstm.parameters.vector])
    shake(parameters, rng)
    return parameters


def single_step_cases() -> list[SingleStepCase]:
    """The model in small, in every variant of both networks; two of them compiled, with each of the two algorithms."""
    return [
        _case(
            "compiled, bias, sum, squared error, scaled, peepholes, 1997",
            8,
            LSTMConfig(cells=4, peepholes=True, squash="1997", loss="squared_error"),
            True,
            rectification="bias",
            pooling="sum",
            loss="squared_error",
            squash="scaled",
            initial_scale=0.5,
            activation_c="linear",
        ),
        _case("default", 9, LSTMConfig(cells=4)),
        _case("one window, linear sub-sampling", 5, LSTMConfig(cells=4), activation_s="linear"),
        _case(
            "compiled, logistic, one frame of C3, every second, cut every 2",
            12,
            LSTMConfig(cells=4, window_step=2, truncate=2, forget_gate=True, loss="logistic"),
            True,
            c3_kernel=(3, 1, 1),
            activation_c3="linear",
            algorithm="direct",
            loss="logistic",
        ),
        _case(
            "linear, forget gate, peepholes, cut every 3",
            11,
            LSTMConfig(cells=4, forget_gate=True, peepholes=True, squash="1997", truncate=3),
            activation_c="linear",
            activation_s="linear",
            activation_c3="linear",
            rectification="bias",
        ),
    ]


def _case(what: str, frames: int, lstm: LSTMConfig, compiled: bool = False, **choices: object) -> SingleStepCase:
    """The single-step model on ``frames`` frames: ``what`` is special, the ``lstm``, the ConvNet's ``choices``."""
    config = Config(convnet=replace(TINY, **choices), lstm=lstm)  # type: ignore[arg-type]
    return SingleStepCase(f"single-step, {what}", config, 2 if compiled else 3, frames, compiled)
