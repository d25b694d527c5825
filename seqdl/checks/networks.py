"""Both networks as rows of the table: every parameter of every layer, the compiled form beside the equations.

The same rows check the small networks of the table and, for ``seqdl gradcheck``, those of any configuration.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from seqdl.checks import complex_step
from seqdl.checks.case import EPS, EXACT, Result, bound, compare
from seqdl.config import ConvNetConfig, LSTMConfig
from seqdl.model import targets
from seqdl.model.convnet import ConvNet
from seqdl.model.convnet_numpy import LayerRow
from seqdl.model.geometry import LayerSpec
from seqdl.model.layers import Layer, Rectification
from seqdl.model.lstm_classifier import LSTMClassifier
from seqdl.model.lstm_numpy import hidden
from seqdl.model.parameters import Parameters
from seqdl.model.updates import SequenceUpdates, Updates, seeds
from seqdl.ops import dense, loss, lstm_variants

KINK = 1e-6
"""Units nearer to the kink of |x| may lie on either side of it in float32."""

LEARNED = 1e-2
"""For a few updates, where windows are not drawn anew until no unit lies at a kink: one unit of 47,040 may differ."""

RATE, MU = 0.01, 0.9


def bounds(layers: list[LayerSpec], steps: int = 1) -> dict[str, float]:
    """How far the compiled network's gradient by each parameter may be from the exact one, normwise.

    A layer adds the error of an op (:func:`seqdl.checks.case.bound`). An error made anywhere reaches every gradient, on
    the way to the loss and on the way back, so twice the sum over all layers counts, and the sum over a weight's own
    uses. Through time, a sum has as many terms as all steps together. By name of the parameter; ``output`` is for what
    the network says.
    """
    through = sum(bound(steps * layer.fan_in) for layer in layers if layer.fan_in)
    named = {
        f"{layer.name}.{name}": 2 * through + bound(steps * layer.uses) for layer in layers for name, _ in layer.shapes
    }
    return named | {"output": through}


@dataclass(frozen=True)
class ConvNetCase:
    """A whole 3D-ConvNet.

    Parameters
    ----------
    name, config, classes : str, ConvNetConfig, int
        The row's name; geometry and choices; number of actions.
    """

    name: str
    config: ConvNetConfig
    classes: int

    def results(self, rng: np.random.Generator) -> list[Result]:
        """Complex step, compiled form, stale buffers and a few updates."""
        exact = ConvNet(self.config, self.classes, rng, "numpy", np.complex128)
        shake(exact.parameters, rng)
        config = self.config
        shape = config.frames + 2, config.rows, config.columns
        frames = off_the_kink(LayerRow(config, exact.parameters).layers, shape, config.frames, rng)
        label = int(rng.integers(targets.highest(config.loss, self.classes) + 1))
        return self._complex_step(exact, frames, label, rng) + self._compiled(exact, frames, label)

    def _complex_step(self, net: ConvNet, frames: np.ndarray, label: int, rng: np.random.Generator) -> list[Result]:
        """Each parameter moved; only its layer and those after it are run again."""
        window = frames[: self.config.frames].astype(np.complex128)
        gradient = _named(net.parameters, net.loss_and_gradient(window, label)[1].real)
        row, a, results = LayerRow(self.config, net.parameters), window[None], []
        for k, layer in enumerate(row.layers):
            start, rest = a, row.layers[k:]
            names = [name for name in net.parameters if name.startswith(f"{layer.name}.")]
            kept = {name: net.parameters[name].copy() for name in names}

            def tail(moved: dict, start: np.ndarray = start, rest: list = rest) -> np.ndarray:
                for name, value in moved.items():
                    net.parameters[name][...] = value
                z = start
                for later in rest:
                    z = later.forward(z)
                return loss.loss(z, label, self.config.loss)[0]

            found = complex_step.errors(tail, kept, {n: gradient[n] for n in names}, 1.0, rng)
            tail(kept)
            results += [_exact(self.name, name, kept[name].size, error) for name, error in found.items()]
            a = layer.forward(start)
        return results

    def _compiled(self, exact: ConvNet, frames: np.ndarray, label: int) -> list[Result]:
        config = self.config
        nets = [ConvNet(self.config, self.classes) for _ in range(2)]
        slow = ConvNet(self.config, self.classes, backend="numpy", dtype=np.float64)
        window, limits = frames[: self.config.frames], bounds(slow.layers)
        nets[0].parameters.vector[:] = np.nan
        nets[0].loss_and_gradient(-window, label)  # poison
        nets[0].read(-frames, np.arange(3), False, False)
        for net in (*nets, slow):
            net.parameters.vector[:] = exact.parameters.vector.real
        found = [net.loss_and_gradient(window, label) for net in nets]
        expected = slow.loss_and_gradient(window.astype(float), label)
        results = gradients(self.name, slow.parameters, found, expected, limits)
        starts = np.array([1, 2, 0])  # fewer together than before, so that what was there would be seen
        for mirror, flip in ((False, False), (True, False), (False, True), (True, True)):
            said = nets[0].read(frames, starts, mirror, flip)
            right = slow.read(frames.astype(float), starts, mirror, flip)
            for what, value, wanted in zip(("features", "outputs"), said, right):
                what = f"{what}{', mirrored' * mirror}{', flipped' * flip}"
                results.append(compare(self.name, "kernel", what, value, wanted, limits["output"]))
        copy = np.array([[0, 0, 0, 0], [1, 0, 1, -2], [0, 1, 0, 0]])
        updates = Updates(
            np.array([0, 2, 1]),
            np.arange(3) % self.classes,
            copy,
            np.array([RATE, RATE / 2, RATE / 3], np.float32),
            seeds(np.random.default_rng(0), config.dropout, 3),
        )
        results += _learned(self.name, (nets[0], slow), frames, updates, LEARNED)
        unchanged = np.array_equal(window, frames[: self.config.frames])
        return [*results, Result(self.name, "inputs", "frames", frames.size, float(not unchanged), 0.0)]


@dataclass(frozen=True)
class LSTMCase:
    """A whole LSTM classifier.

    Parameters
    ----------
    name, config : str, LSTMConfig
        The row's name; geometry and choices.
    inputs, classes, steps : int
        Values of each step, number of actions, length of the sequence.
    """

    name: str
    config: LSTMConfig
    inputs: int
    classes: int
    steps: int

    def results(self, rng: np.random.Generator) -> list[Result]:
        """Complex step, compiled form, stale buffers and a few updates."""
        exact = LSTMClassifier(self.config, self.inputs, self.classes, rng, "numpy", np.complex128)
        shake(exact.parameters, rng)
        features = rng.standard_normal((self.steps + 3, self.inputs)).astype(np.float32)
        label = int(rng.integers(targets.highest(self.config.loss, self.classes) + 1))
        x = features[: self.steps]
        gradient = _named(exact.parameters, exact.loss_and_gradient(x, label)[1].real)
        kept = {name: view.copy() for name, view in exact.parameters.items()}

        def run(moved: dict[str, np.ndarray]) -> np.ndarray:
            return self._loss(x, moved, label)

        found = complex_step.errors(run, kept, gradient, 1.0, rng)
        results = [_exact(self.name, name, kept[name].size, error) for name, error in found.items() if kept[name].size]
        return results + self._compiled(exact, features, label)

    def _loss(self, x: np.ndarray, named: dict[str, np.ndarray], label: int) -> np.ndarray:
        z = sums_in_blocks(self.config, x, named)
        losses = [loss.loss(z_t, label, self.config.loss)[0] for z_t in z]
        return np.mean(losses) if self.config.targets == "every" else losses[-1]

    def _compiled(self, exact: LSTMClassifier, features: np.ndarray, label: int) -> list[Result]:
        def make(*form: Any) -> LSTMClassifier:
            net = LSTMClassifier(self.config, self.inputs, self.classes, None, *form)
            net.parameters.vector[:] = exact.parameters.vector.real
            return net

        nets, slow = [make(), make()], make("numpy", np.float64)
        x, kept, limits = features[: self.steps], features.copy(), bounds(slow.layers, self.steps)
        nets[0].parameters.vector[:] = np.nan
        nets[0].loss_and_gradient(-x, label)  # poison
        nets[0].parameters.vector[:] = exact.parameters.vector.real
        found = [net.loss_and_gradient(x, label) for net in nets]
        results = gradients(self.name, slow.parameters, found, slow.loss_and_gradient(x, label), limits)
        results.append(compare(self.name, "kernel", "outputs", nets[0].read(x), slow.read(x), limits["output"]))
        spans = np.array([[0, self.steps], [2, self.steps], [1, 1]])
        rates = np.array([RATE, RATE / 2, RATE / 3], np.float32)
        updates = SequenceUpdates(
            spans, np.arange(3) % self.classes, rates, seeds(np.random.default_rng(0), self.config.dropout, 3)
        )
        results += _learned(self.name, (nets[0], slow), features, updates, 3 * max(limits.values()))
        changed = float(not np.array_equal(features, kept))
        return [*results, Result(self.name, "inputs", "features", features.size, changed, 0.0)]


def sums_in_blocks(config: LSTMConfig, x: np.ndarray, named: Mapping[str, np.ndarray]) -> np.ndarray:
    """An LSTM classifier's sums at each step of ``x``; where the error is cut, the state is a constant to what follows.

    ``config`` says where, ``named`` are the parameters.
    """
    (h, c), read, length = np.zeros((2, config.cells)), [], config.truncate or len(x)
    for start in range(0, len(x), length):
        trace = lstm_variants.forward(x[start : start + length], hidden(named), h, c, config.squash)
        h, c = trace.h[-1].real, trace.c[-1].real
        read.append(trace.h[1:])
    return dense.forward(np.concatenate(read), named["output.weight"], named["output.bias"])


def off_the_kink(layers: list[Layer], shape: tuple[int, int, int], seen: int, rng: np.random.Generator) -> np.ndarray:
    """Frames for ``layers`` of a ``shape``, drawn by ``rng`` again while a unit lies at a kink.

    The layers are given the first ``seen`` frames.
    """
    for _ in range(20):
        frames = rng.standard_normal(shape).astype(np.float32)
        a, nearest = frames[None, :seen].astype(float), np.inf
        for layer in layers:
            a = layer.forward(a)
            if isinstance(layer, Rectification):
                nearest = min(nearest, a.real.min())
        if nearest > KINK:
            break
    return frames


def shake(parameters: Parameters, rng: np.random.Generator) -> None:
    """No bias or gain stays 0 or 1; then numbers that float32 holds exactly."""
    for name, view in parameters.items():
        if not name.endswith(("weight", "input", "recurrent")):
            view += rng.normal(0, 0.3, view.shape)
    parameters.vector[:] = parameters.vector.real.astype(np.float32)


def _named(parameters: Parameters, vector: np.ndarray) -> Parameters:
    named = Parameters(parameters.shapes, vector.dtype)
    named.vector[:] = vector
    return named


def _exact(row: str, name: str, count: int, error: float) -> Result:
    return Result(row, "complex step", name, count, error, EXACT)


def gradients(row: str, parameters: Parameters, found: list, expected: tuple, limits: dict[str, float]) -> list[Result]:
    """The compiled form's loss and gradients, the same from a network with poisoned buffers as from a fresh one.

    Parameters
    ----------
    row, parameters : str, Parameters
        The row's name; the names of what gradients are by.
    found, expected : list of tuple, tuple
        Loss and gradient of the poisoned network and of the fresh one; the exact ones.
    limits : dict of str to float
        From :func:`bounds`.
    """
    (value, gradient), (fresh_value, fresh) = found
    results = [
        compare(row, "stale", "loss", np.asarray(value), np.asarray(fresh_value), limits["output"]),
        compare(row, "stale", "gradient", gradient, fresh, max(limits.values())),
        compare(row, "kernel", "loss", np.asarray(value), np.asarray(expected[0]), limits["output"]),
    ]
    exact, compiled = _named(parameters, expected[1]), _named(parameters, gradient)
    return results + [
        compare(row, "kernel", name, compiled[name], exact[name], limits[name]) for name in exact if exact[name].size
    ]


def _learned(row: str, nets: tuple[Any, Any], values: np.ndarray, updates: Any, limit: float) -> list[Result]:
    """Three updates, compiled and not: losses, velocities, and that the parameters moved by the velocities."""
    before, both = nets[1].parameters.vector.copy(), []
    for net in nets:
        velocity = np.zeros_like(net.parameters.vector)
        rates = [net.rates()] if isinstance(net, ConvNet) else []
        learned = net.run_updates(values.astype(velocity.dtype), updates, velocity, *rates, MU)
        both.append((learned.losses, velocity, net.parameters.vector - before))
    rounding = EPS * float(np.linalg.norm(before) / np.linalg.norm(both[1][2]))
    rows = zip(("losses", "velocities", "moves"), *both, (limit, limit, limit + rounding))
    return [compare(row, "kernel", f"three {what}", value, exact, most) for what, value, exact, most in rows]
